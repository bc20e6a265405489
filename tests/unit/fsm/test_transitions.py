"""Every state and every event of RFC 4271 §8.2.2: next state, what is sent, what runs, what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from pybgp.fsm.detail import Detail
from pybgp.fsm.states import Event, State, Timer

from .rig import CRT, DOT, HOLD, IDLE_HOLD, KEEP, SEND_HOLD, cease, reach

IDLE, CONNECT, ACTIVE, OPEN_SENT, OPEN_CONFIRM, ESTABLISHED = State
STARTS = (1, 3, 4, 5, 6, 7)
RETRIES = 5
"""ConnectRetryCounter before the event."""


class Case(NamedTuple):
    row: str
    state: State
    event: Event
    to: State
    does: list[str]
    timers: set[Timer]
    retries: int
    delaying: bool
    detail: Detail | None
    settings: dict[str, Any]

    @property
    def name(self) -> str:
        extra = "-delaying" * self.delaying + "".join(f"-{key}={value}" for key, value in self.settings.items())
        if self.detail is not None and self.detail.error is not None:
            extra += f"-{self.detail.error.code}/{self.detail.error.subcode}"
        return f"{self.row}-{self.state}-{self.event.value}{extra}"


def cases(
    row: str,
    state: State,
    events: tuple[int, ...],
    to: State,
    does: list[str],
    timers: set[Timer],
    retries: int,
    *,
    delaying: bool = False,
    detail: Detail | None = None,
    **settings: Any,
) -> Iterator[Case]:
    """One line of the matrix: ``retries`` is what ConnectRetryCounter becomes, from 5."""
    for event in events:
        yield Case(row, state, Event(event), to, does, timers, retries, delaying, detail, settings)


def table() -> Iterator[Case]:
    # Idle
    yield from cases("FSM-01", IDLE, (1, 3), CONNECT, ["connect"], {CRT}, 0)
    yield from cases("FSM-02", IDLE, (4, 5), ACTIVE, [], {CRT}, 0)
    yield from cases("FSM-03", IDLE, (6, 7), IDLE, [], {IDLE_HOLD}, 5)
    yield from cases("FSM-03", IDLE, (13,), CONNECT, ["connect"], {CRT}, 0)
    yield from cases("FSM-03", IDLE, (13,), ACTIVE, [], {CRT}, 0, passive=True)
    yield from cases("FSM-04", IDLE, (2, *range(8, 13), *range(15, 30)), IDLE, [], set(), 5)
    yield from cases("FSM-52", IDLE, (13,), IDLE, [], set(), 5, damp_peer_oscillations=False)
    yield from cases("FSM-52", IDLE, (14,), IDLE, [], set(), 5)
    # Connect
    yield from cases("FSM-21", CONNECT, STARTS, CONNECT, [], {CRT}, 5)
    yield from cases("FSM-06", CONNECT, (2,), IDLE, ["abort"], set(), 0)
    yield from cases("FSM-06", CONNECT, (2,), IDLE, ["close"], set(), 0, delaying=True)
    yield from cases("FSM-07", CONNECT, (9,), CONNECT, ["abort", "connect"], {CRT}, 5)
    yield from cases("FSM-07", CONNECT, (9,), CONNECT, ["close", "connect"], {CRT}, 5, delaying=True)
    yield from cases("FSM-08", CONNECT, (16,), OPEN_SENT, ["send OPEN"], {HOLD}, 5)
    yield from cases("FSM-08", CONNECT, (17,), OPEN_SENT, ["abort", "send OPEN"], {HOLD}, 5)
    yield from cases("FSM-09", CONNECT, (16,), CONNECT, [], {DOT}, 5, delay_open_time=7.0)
    yield from cases("FSM-09", CONNECT, (17,), CONNECT, ["abort"], {DOT}, 5, delay_open_time=7.0)
    yield from cases("FSM-10", CONNECT, (12,), OPEN_SENT, ["send OPEN"], {HOLD}, 5, delaying=True)
    yield from cases("FSM-11", CONNECT, (18,), ACTIVE, [], {CRT}, 5, delaying=True)
    yield from cases("FSM-11", CONNECT, (18,), IDLE, [], set(), 5)
    opens = ["send OPEN", "send KEEPALIVE"]
    yield from cases("FSM-12", CONNECT, (20,), OPEN_CONFIRM, opens, {HOLD, KEEP}, 5, delaying=True)
    yield from cases("FSM-14", CONNECT, (24,), IDLE, ["close"], set(), 5, delaying=True)
    yield from cases("FSM-14", CONNECT, (24,), IDLE, ["abort"], set(), 6)
    downs = (8, 10, 11, 13, 19, 23, 25, 26, 27, 28, 29)
    yield from cases("FSM-15", CONNECT, downs, IDLE, ["abort"], set(), 6)
    yield from cases("FSM-15", CONNECT, downs, IDLE, ["close"], set(), 6, delaying=True)
    yield from cases("FSM-53", CONNECT, (14, 15), CONNECT, [], {CRT}, 5)
    # Active
    yield from cases("FSM-21", ACTIVE, STARTS, ACTIVE, [], {CRT}, 5)
    shutdown = ["send NOTIFICATION 6/2", "close"]
    yield from cases("FSM-16", ACTIVE, (2,), IDLE, shutdown, set(), 0, delaying=True)
    yield from cases(
        "FSM-16", ACTIVE, (2,), IDLE, ["close"], set(), 0, delaying=True, send_notification_without_open=False
    )
    yield from cases("FSM-16", ACTIVE, (2,), IDLE, [], set(), 0)
    yield from cases("FSM-17", ACTIVE, (9,), CONNECT, ["connect"], {CRT}, 5)
    yield from cases("FSM-17", ACTIVE, (9,), ACTIVE, [], {CRT}, 5, passive=True)
    yield from cases("FSM-18", ACTIVE, (16, 17), OPEN_SENT, ["send OPEN"], {HOLD}, 5)
    yield from cases("FSM-18", ACTIVE, (16, 17), ACTIVE, [], {DOT}, 5, delay_open_time=7.0)
    yield from cases("FSM-10", ACTIVE, (12,), OPEN_SENT, ["send OPEN"], {HOLD}, 5, delaying=True)
    yield from cases("FSM-12", ACTIVE, (20,), OPEN_CONFIRM, opens, {HOLD, KEEP}, 5, delaying=True)
    yield from cases("FSM-14", ACTIVE, (24,), IDLE, ["close"], set(), 5, delaying=True)
    yield from cases("FSM-14", ACTIVE, (24,), IDLE, [], set(), 6)
    yield from cases("FSM-19", ACTIVE, (18,), IDLE, [], set(), 6, delaying=True)
    yield from cases("FSM-20", ACTIVE, downs, IDLE, ["close"], set(), 6, delaying=True)
    yield from cases("FSM-53", ACTIVE, (14, 15), ACTIVE, [], {CRT}, 5)
    for state in (CONNECT, ACTIVE):
        header, bad_open = ["send NOTIFICATION 1/2 0012", "close"], ["send NOTIFICATION 2/6 0001", "close"]
        yield from cases("FSM-13", state, (21,), IDLE, header, set(), 6, delaying=True)
        yield from cases("FSM-13", state, (22,), IDLE, bad_open, set(), 6, delaying=True)
        silent = {"send_notification_without_open": False}
        yield from cases("FSM-13", state, (21, 22), IDLE, ["close"], set(), 6, delaying=True, **silent)
    # OpenSent
    yield from cases("FSM-21", OPEN_SENT, STARTS, OPEN_SENT, [], {HOLD}, 5)
    yield from cases("FSM-22", OPEN_SENT, (2,), IDLE, shutdown, set(), 0)
    yield from stops("FSM-22", OPEN_SENT)
    expired = ["send NOTIFICATION 4/0", "close"]
    yield from cases("FSM-23", OPEN_SENT, (10,), IDLE, expired, set(), 6)
    yield from cases("FSM-24", OPEN_SENT, (18,), ACTIVE, [], {CRT}, 5)
    yield from cases("FSM-25", OPEN_SENT, (19,), OPEN_CONFIRM, ["send KEEPALIVE"], {HOLD, KEEP}, 5)
    yield from cases("FSM-25", OPEN_SENT, (19,), OPEN_CONFIRM, ["send KEEPALIVE"], set(), 5, hold_time=0)
    yield from cases("FSM-26", OPEN_SENT, (21,), IDLE, header, set(), 6)
    yield from cases("FSM-26", OPEN_SENT, (22,), IDLE, bad_open, set(), 6)
    yield from cases("FSM-27", OPEN_SENT, (24,), IDLE, ["close"], set(), 5)
    yield from cases("FSM-28", OPEN_SENT, (25,), IDLE, ["close"], set(), 6)
    yield from unexpected("FSM-29", OPEN_SENT, "5/1", (9, 11, 12, 13, 20, 26, 27, 28))
    yield from unexpected("FSM-29", OPEN_SENT, "5/1", (29,))
    yield from cases("FSM-54", OPEN_SENT, (14, 15, 16, 17), OPEN_SENT, [], {HOLD}, 5)
    collision = ["send NOTIFICATION 6/7", "close"]
    yield from cases("FSM-55", OPEN_SENT, (23,), IDLE, collision, set(), 6)
    # OpenConfirm
    running = {HOLD, KEEP}
    yield from cases("FSM-21", OPEN_CONFIRM, STARTS, OPEN_CONFIRM, [], running, 5)
    yield from cases("FSM-30", OPEN_CONFIRM, (2,), IDLE, shutdown, set(), 0)
    yield from stops("FSM-30", OPEN_CONFIRM)
    yield from cases("FSM-31", OPEN_CONFIRM, (10,), IDLE, expired, set(), 6)
    yield from cases("FSM-32", OPEN_CONFIRM, (11,), OPEN_CONFIRM, ["send KEEPALIVE"], running, 5)
    yield from cases("FSM-33", OPEN_CONFIRM, (18,), IDLE, [], set(), 6)
    yield from cases("FSM-33", OPEN_CONFIRM, (25,), IDLE, ["close"], set(), 6)
    yield from cases("FSM-34", OPEN_CONFIRM, (24,), IDLE, ["close"], set(), 5)
    yield from unexpected("FSM-35", OPEN_CONFIRM, "5/2", (19,))
    yield from cases("FSM-36", OPEN_CONFIRM, (21,), IDLE, header, set(), 6)
    yield from cases("FSM-36", OPEN_CONFIRM, (22,), IDLE, bad_open, set(), 6)
    yield from cases("FSM-37", OPEN_CONFIRM, (26,), ESTABLISHED, ["up"], {*running, SEND_HOLD}, 5)
    yield from unexpected("FSM-38", OPEN_CONFIRM, "5/2", (9, 12, 13, 20, 27, 28, 29))
    yield from cases("FSM-54", OPEN_CONFIRM, (14, 15, 16, 17), OPEN_CONFIRM, [], running, 5)
    yield from cases("FSM-55", OPEN_CONFIRM, (23,), IDLE, collision, set(), 6)
    # Established
    running = {HOLD, KEEP, SEND_HOLD}
    yield from cases("FSM-21", ESTABLISHED, STARTS, ESTABLISHED, [], running, 5)
    yield from cases("FSM-39", ESTABLISHED, (2,), IDLE, [*shutdown, "down"], set(), 0)
    yield from stops("FSM-39", ESTABLISHED)
    yield from cases("FSM-40", ESTABLISHED, (10,), IDLE, [*expired, "down"], set(), 6)
    yield from cases("FSM-41", ESTABLISHED, (11,), ESTABLISHED, ["send KEEPALIVE"], running, 5)
    yield from cases("FSM-42", ESTABLISHED, (18,), IDLE, ["down"], set(), 6)
    yield from cases("FSM-42", ESTABLISHED, (24, 25), IDLE, ["close", "down"], set(), 6)
    yield from cases("FSM-43", ESTABLISHED, (26, 27), ESTABLISHED, [], running, 5)
    yield from cases("FSM-44", ESTABLISHED, (28,), IDLE, ["send NOTIFICATION 3/1", "close", "down"], set(), 6)
    yield from unexpected("FSM-45", ESTABLISHED, "5/3", (9, 12, 13, 19, 20, 22), "down")
    yield from cases("FSM-46", ESTABLISHED, (21,), IDLE, [*header, "down"], set(), 6)
    yield from cases("FSM-47", ESTABLISHED, (29,), IDLE, ["send NOTIFICATION 8/0", "abort", "down"], set(), 6)
    yield from cases("FSM-54", ESTABLISHED, (14, 15, 16, 17), ESTABLISHED, [], running, 5)
    yield from cases("FSM-55", ESTABLISHED, (23,), ESTABLISHED, [], running, 5)
    dump = [*collision, "down"]
    yield from cases("FSM-55", ESTABLISHED, (23,), IDLE, dump, set(), 6, collision_detect_established=True)


def stops(row: str, state: State) -> Iterator[Case]:
    """AutomaticStop by its causes (RFC 4486)."""
    for subcode in (1, 3, 4, 6, 8):
        does = [f"send NOTIFICATION 6/{subcode}", "close", *["down"] * (state is ESTABLISHED)]
        yield from cases(row, state, (8,), IDLE, does, set(), 6, detail=Detail(error=cease(subcode)))


def unexpected(row: str, state: State, error: str, events: tuple[int, ...], *more: str) -> Iterator[Case]:
    """An FSM error with the type of the message, if it was one (RFC 6608 §3)."""
    types = {19: " 01", 20: " 01", 26: " 04", 27: " 02"}
    for event in events:
        does = [f"send NOTIFICATION {error}{types.get(event, '')}", "close", *more]
        yield from cases(row, state, (event,), IDLE, does, set(), 6)


CASES = list(table())


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name, marks=pytest.mark.row(case.row)) for case in CASES])
def test_a_transition(case: Case) -> None:
    """RFC 4271 §8.2.2."""
    rig = reach(case.state, delaying=case.delaying, **case.settings)
    rig.peering.connect_retry_counter = RETRIES

    rig.event(case.event, case.detail)

    assert rig.state is case.to
    assert rig.said() == case.does
    assert rig.timers == case.timers
    assert rig.peering.connect_retry_counter == case.retries


def test_every_state_and_event_has_a_case() -> None:
    """Nothing of 6 states by 29 events is left to chance."""
    assert {(case.state, case.event) for case in CASES} == {(state, event) for state in State for event in Event}


@pytest.mark.parametrize("state", [CONNECT, ACTIVE, OPEN_SENT], ids=str)
@pytest.mark.row("FSM-07", "FSM-17", "FSM-24")
def test_the_connect_retry_timer_is_restarted(state: State) -> None:
    """RFC 4271 §8.2.2: restarted, so that it has its whole time again, with jitter (§10)."""
    rig = reach(state, connect_retry_time=100.0)
    rig.now += 60

    rig.event(Event.TCP_CONNECTION_FAILS if state is OPEN_SENT else Event.CONNECT_RETRY_TIMER_EXPIRES)

    assert 75 <= rig.due_in(CRT) <= 100


@pytest.mark.parametrize(
    ("state", "event", "delaying"),
    [(CONNECT, 16, False), (ACTIVE, 17, False), (CONNECT, 12, True), (ACTIVE, 12, True)],
    ids=["connect-16", "active-17", "connect-12", "active-12"],
)
@pytest.mark.row("FSM-08", "FSM-10", "FSM-18")
def test_the_first_hold_time_is_four_minutes(state: State, event: int, delaying: bool) -> None:
    """RFC 4271 §8.2.2: "a large value"; "4 minutes is suggested"."""
    rig = reach(state, delaying=delaying)

    rig.event(Event(event))

    assert rig.due_in(HOLD) == 240


@pytest.mark.row("FSM-25", "FSM-37", "TMR-03")
def test_the_hold_time_becomes_the_negotiated_one_without_jitter() -> None:
    """RFC 4271 §4.2 and §8.2.2, OpenSent, event 19."""
    rig = reach(OPEN_SENT, hold_time=30)

    rig.event(Event.BGP_OPEN)

    assert rig.due_in(HOLD) == 30


@pytest.mark.row("FSM-03")
def test_a_damped_start_waits_for_the_idle_hold_timer() -> None:
    """RFC 4271 §8.1.3, event 13."""
    rig = reach(IDLE, idle_hold_time=5.0)
    rig.event(Event.AUTOMATIC_START_DAMPED)
    waited = rig.due_in(IDLE_HOLD)

    rig.tick(waited - 0.01)
    assert rig.state is IDLE
    rig.tick(0.01)

    assert rig.state is CONNECT
    assert 3.75 <= waited <= 5


@pytest.mark.row("FSM-52")
def test_without_damping_the_end_of_the_idle_time_is_an_automatic_start() -> None:
    """RFC 4271 §8.1.2, events 3 and 5."""
    for passive, state in ((False, CONNECT), (True, ACTIVE)):
        rig = reach(IDLE, damp_peer_oscillations=False, passive=passive)
        rig.session.wait_idle(rig.now)

        rig.tick(5)

        assert rig.state is state
