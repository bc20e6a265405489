"""Timers on a virtual clock: hold, keepalive, send hold, idle hold, jitter (RFC 4271 §8.1.1, §10, RFC 9687)."""

from __future__ import annotations

from random import Random

import pytest

from pybgp.config.model import PeerConfig, TimersConfig
from pybgp.fsm.settings import SessionSettings
from pybgp.fsm.states import Event, State
from pybgp.fsm.timers import IdleHold, jittered, keepalive_interval, send_hold_time
from pybgp.messages.header import KEEPALIVE, message

from .rig import CRT, HOLD, KEEP, SEND_HOLD, Rig, peer_open, reach, settings

UPDATE = message(2, bytes(4))
REFRESH = message(5, bytes.fromhex("0001 00 01"))


def established(**changes: object) -> Rig:
    """Established with a hold time of 90 s, unless said otherwise."""
    return reach(State.ESTABLISHED, **changes)


def run(rig: Rig, seconds: float, step: float = 0.05) -> list[str]:
    """What is said while the time passes and nothing comes."""
    words: list[str] = []
    for _ in range(round(seconds / step)):
        rig.tick(step)
        words += rig.said()
    return words


@pytest.mark.row("TMR-01")
def test_the_defaults_are_the_rfcs() -> None:
    """RFC 4271 §10; MRAI is 0 as in BIRD."""
    ours = SessionSettings(name="p", local_as=1, router_id=bytes(4))
    configured = PeerConfig("192.0.2.2")

    assert (ours.connect_retry_time, ours.hold_time, ours.idle_hold_time) == (120, 90, 5)
    assert (configured.timers, configured.hold_time) == (TimersConfig(connect_retry=120, idle_hold=5, mrai=0), 90)


@pytest.mark.row("TMR-02")
def test_jitter_is_uniform_between_three_quarters_and_the_whole() -> None:
    """RFC 4271 §10."""
    random = Random(4271)

    draws = sorted(jittered(100, random) for _ in range(10_000))

    assert draws[0] >= 75
    assert draws[-1] <= 100
    deciles = [draws[n * 1000] for n in range(1, 10)]
    assert deciles == pytest.approx([75 + 2.5 * n for n in range(1, 10)], abs=0.5)


@pytest.mark.row("TMR-02")
@pytest.mark.parametrize("timer", [CRT, KEEP], ids=["connect-retry", "keepalive"])
def test_every_start_draws_its_own_jitter(timer: object) -> None:
    """RFC 4271 §10: "anew"."""
    rig = established() if timer is KEEP else reach(State.CONNECT)
    event = Event.KEEPALIVE_TIMER_EXPIRES if timer is KEEP else Event.CONNECT_RETRY_TIMER_EXPIRES
    whole = 30 if timer is KEEP else 120

    waits = set()
    for _ in range(50):
        rig.event(event)
        waits.add(rig.due_in(timer))

    assert len(waits) == 50
    assert all(0.75 * whole <= wait <= whole for wait in waits)


@pytest.mark.row("KAL-01")
def test_keepalives_never_come_faster_than_one_a_second() -> None:
    """RFC 4271 §4.4: clamped after the jitter."""
    random = Random(1)

    assert {keepalive_interval(1.0, random) for _ in range(100)} == {1.0}
    assert min(keepalive_interval(1.2, random) for _ in range(100)) == 1.0


@pytest.mark.row("KAL-01")
def test_a_hold_time_of_three_seconds_gives_about_one_keepalive_a_second() -> None:
    rig = established(hold_time=3)
    words = []
    for _ in range(40):
        rig.octets(KEEPALIVE)
        words += run(rig, 0.25)

    assert set(words) == {"send KEEPALIVE"}
    assert 9 <= len(words) <= 10


@pytest.mark.row("KAL-01", "OPN-08")
def test_without_a_hold_time_there_are_no_timers() -> None:
    """RFC 4271 §4.2: none after the KEEPALIVE that confirms the OPEN."""
    rig = established(hold_time=0)

    assert rig.timers == set()
    assert rig.session.next_deadline is None
    assert run(rig, 6) == []


@pytest.mark.row("NTF-10", "FSM-40")
def test_the_hold_timer_closes_a_silent_session() -> None:
    """RFC 4271 §6.5."""
    rig = established(hold_time=3)

    words = run(rig, 2.9)
    assert rig.state is State.ESTABLISHED
    words += run(rig, 0.2)

    assert rig.state is State.IDLE
    assert words[-3:] == ["send NOTIFICATION 4/0", "close", "down"]
    assert rig.peering.last_error == "nothing heard for 3 s"


@pytest.mark.row("KAL-02", "FSM-43")
@pytest.mark.parametrize(("octets", "counts"), [(KEEPALIVE, True), (UPDATE, True), (REFRESH, False)])
def test_keepalive_and_update_restart_the_hold_timer_and_refresh_does_not(octets: bytes, counts: bool) -> None:
    """RFC 4271 §8.2.2, Established, events 26 and 27."""
    rig = established(hold_time=30)
    rig.tick(20)

    rig.octets(octets)
    rig.tick(20)

    assert rig.state is (State.ESTABLISHED if counts else State.IDLE)


@pytest.mark.row("FSM-43")
def test_the_hold_time_is_moved_by_a_field_write() -> None:
    """No timer is touched for an UPDATE; the deadline that comes too early finds the real one."""
    rig = established(hold_time=30)
    first = rig.session.timers.deadline(HOLD)
    rig.tick(10)

    rig.octets(UPDATE)
    assert rig.session.timers.deadline(HOLD) == first
    rig.tick(20)

    assert rig.due_in(HOLD) == 10
    rig.tick(9.9)
    assert rig.state is State.ESTABLISHED
    rig.tick(0.1)
    assert rig.state is State.IDLE


@pytest.mark.row("KAL-02")
def test_sending_an_update_restarts_the_keepalive_timer() -> None:
    """RFC 4271 §8.2.2, Established: "Each time the local system sends a KEEPALIVE or UPDATE message"."""
    rig = established(hold_time=9)
    rig.tick(2)

    rig.session.sent(rig.now)
    rig.octets(KEEPALIVE)

    assert run(rig, 2.2) == []
    assert run(rig, 0.9) == ["send KEEPALIVE"]


@pytest.mark.row("KAL-03")
def test_a_flood_from_the_peer_does_not_move_our_keepalives() -> None:
    """What comes in never delays when the next KEEPALIVE is due."""
    rig = established(hold_time=9)
    due = rig.session.timers.deadline(KEEP)

    for _ in range(20):
        rig.now += 0.1
        rig.octets(UPDATE * 200)

    assert rig.session.timers.deadline(KEEP) == due
    assert rig.session.next_deadline == due


@pytest.mark.row("FSM-47", "NTF-11")
def test_a_peer_that_takes_nothing_is_reset() -> None:
    """RFC 9687 §4.3: 8/0 if it can leave, and the connection is reset, not closed."""
    rig = established(send_hold_time=100.0)
    rig.now += 1
    rig.session.stuck(rig.now)
    words = []
    for _ in range(11):
        rig.octets(KEEPALIVE)
        rig.tick(10)
        words += rig.said()

    assert [word for word in words if word != "send KEEPALIVE"] == ["send NOTIFICATION 8/0", "abort", "down"]
    assert rig.peering.last_error == "nothing could be sent for 101 s"


@pytest.mark.row("FSM-47")
def test_octets_that_leave_restart_the_send_hold_timer() -> None:
    """RFC 9687 §4.3."""
    rig = established(send_hold_time=100.0)
    rig.session.stuck(rig.now)
    for _ in range(30):
        rig.tick(10)
        rig.octets(KEEPALIVE)
        if rig.now % 90 < 10:
            rig.session.sent(rig.now)
            rig.session.stuck(rig.now)

    assert rig.state is State.ESTABLISHED


@pytest.mark.row("FSM-47")
def test_a_peer_that_reads_never_meets_the_send_hold_timer() -> None:
    rig = established(send_hold_time=100.0)
    for _ in range(50):
        rig.tick(10)
        rig.octets(KEEPALIVE)

    assert rig.state is State.ESTABLISHED
    rig.session.stuck(rig.now)
    assert 50 < rig.due_in(SEND_HOLD) <= 100


@pytest.mark.row("FSM-47")
@pytest.mark.parametrize(
    ("configured", "hold", "expected"), [(None, 90, 480), (None, 300, 600), (None, 0, 0), (0, 90, 0), (120, 90, 120)]
)
def test_the_send_hold_time(configured: float | None, hold: float, expected: float) -> None:
    """RFC 9687 §5: 8 minutes or twice the hold time; off without a hold time."""
    assert send_hold_time(settings(send_hold_time=configured), hold) == expected


@pytest.mark.row("FSM-48")
def test_the_idle_hold_time_doubles_with_every_fall() -> None:
    """RFC 4271 §8.1.1, DampPeerOscillations."""
    ours, idle = settings(idle_hold_time=5.0, idle_hold_time_max=120.0), IdleHold()

    waits = []
    for _ in range(7):
        idle.fell(State.OPEN_SENT, 0, ours)
        waits.append(idle.seconds(ours))

    assert waits == [5, 10, 20, 40, 80, 120, 120]


@pytest.mark.row("FSM-48")
def test_a_refused_connect_waits_the_first_time_and_counts_for_nothing() -> None:
    ours, idle = settings(), IdleHold()
    for _ in range(4):
        idle.fell(State.ESTABLISHED, 1, ours)
        idle.fell(State.CONNECT, 0, ours)

    assert idle.seconds(ours) == 40
    assert idle.seconds(ours, refused=True) == 5


@pytest.mark.row("FSM-48")
@pytest.mark.parametrize(("lived", "wait"), [(100, 80), (121, 5)])
def test_a_stable_session_is_forgiven_the_past(lived: float, wait: float) -> None:
    """Stable is what outlives the longest wait."""
    ours, idle = settings(), IdleHold()
    for _ in range(4):
        idle.fell(State.OPEN_CONFIRM, 0, ours)

    idle.fell(State.ESTABLISHED, lived, ours)

    assert idle.seconds(ours) == wait


@pytest.mark.row("FSM-48")
def test_without_damping_every_wait_is_the_same() -> None:
    ours, idle = settings(damp_peer_oscillations=False), IdleHold()
    for _ in range(9):
        idle.fell(State.ESTABLISHED, 0, ours)

    assert idle.seconds(ours) == 5


@pytest.mark.row("TMR-04")
@pytest.mark.parametrize("epoch", [0.0, 1e9, -1e6])
def test_the_clock_has_no_zero(epoch: float) -> None:
    """Only differences count: the shell hands a monotonic clock in, whatever it starts from."""
    rig = Rig(hold_time=3)
    rig.now = epoch
    for event in (Event.MANUAL_START, Event.TCP_CR_ACKED):
        rig.event(event)
    rig.octets(peer_open().encode() + KEEPALIVE)
    rig.take()

    words = run(rig, 3.2)

    assert words == ["send KEEPALIVE", "send KEEPALIVE", "send NOTIFICATION 4/0", "close", "down"]
