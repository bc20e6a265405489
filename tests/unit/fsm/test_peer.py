"""One peer over its sessions: starting, stopping, falling, getting up; two connections (RFC 4271 §8.2.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.constants import CeaseSubcode
from pybgp.errors import BadMessageLength, Cease, UpdateError
from pybgp.fsm.actions import Close, Connect, Down, Send, StateChange, Up
from pybgp.fsm.settings import FamilySettings
from pybgp.fsm.states import State
from pybgp.messages.capabilities import MultiProtocol
from pybgp.messages.header import KEEPALIVE, message
from pybgp.messages.notification import Notification
from pybgp.messages.open import Open

from .driven import HIGH_ID, LOW_ID, RESTARTABLE, V4, Peer, both_in_open_sent, established
from .rig import OUR_ID, PEER_AS, PEER_ID, peer_open, said, settings
from .wire import Wire


@pytest.mark.row("FSM-01", "FSM-02", "FSM-17")
def test_an_active_peer_dials_and_a_passive_one_never_does() -> None:
    """RFC 4271 §8.1.2, events 1 and 4."""
    active, passive = Peer(), Peer(passive=True)
    for peer in (active, passive):
        peer.start()
        peer.pass_time(1000)

    assert "connect" in active.said()
    assert passive.said() == []
    assert passive.fsm.state is State.ACTIVE


@pytest.mark.row("FSM-05")
@pytest.mark.parametrize("stopped", [False, True], ids=["never-started", "stopped"])
def test_a_connection_while_idle_is_refused(stopped: bool) -> None:
    """RFC 4271 §8.2.2, Idle: never an OPEN."""
    peer = Peer()
    if stopped:
        peer.start()
        peer.fsm.stop(peer.now)
        peer.fsm.take_output()

    peer.incoming(100)
    peer.receive(100, peer_open().encode())

    assert peer.said() == ["abort"]
    assert peer.fsm.state is State.IDLE


@pytest.mark.row("FSM-49", "FSM-54")
def test_the_peers_connection_is_tracked_beside_our_dial() -> None:
    """RFC 4271 §8.2.1: a state machine for each connection."""
    peer = Peer()
    peer.start()
    ours = peer.dialled()

    peer.incoming(100)
    assert peer.said() == ["send OPEN"]
    peer.connected(ours)

    assert peer.said() == ["send OPEN"]
    assert peer.fsm.state is State.OPEN_SENT


@pytest.mark.row("FSM-49", "COL-06")
def test_an_open_on_one_connection_ends_a_dial_that_is_still_under_way() -> None:
    """Nothing was said there, so nobody misses it."""
    peer = Peer()
    peer.start()
    ours = peer.dialled()
    peer.incoming(100)
    peer.fsm.take_output()

    peer.receive(100, peer_open().encode(), KEEPALIVE)
    peer.connected(ours)  # too late

    assert peer.said_on() == [(ours, "abort"), (100, "send KEEPALIVE"), (100, "up")]
    assert peer.fsm.conn == 100


@pytest.mark.row("FSM-48", "FSM-49")
def test_a_peer_whose_session_dies_with_the_dial_given_up_gets_up_again() -> None:
    """OPEN and an error in one chunk: the dial was dropped for a session that did not last."""
    peer = Peer()
    peer.start()
    peer.incoming(100)

    peer.receive(100, peer_open().encode(), bytes(19))
    assert peer.fsm.state is State.IDLE
    peer.fsm.take_output()
    peer.pass_time(5)

    assert peer.said() == ["connect"]


@pytest.mark.row("FSM-18")
def test_a_peer_that_waits_takes_the_connection_without_dialling() -> None:
    """RFC 4271 §8.2.2, Active, event 17."""
    peer = Peer(passive=True)
    peer.start()

    peer.incoming(100)
    peer.receive(100, peer_open().encode(), KEEPALIVE)

    assert peer.said() == ["send OPEN", "send KEEPALIVE", "up"]


@pytest.mark.row("COL-01", "COL-02")
@pytest.mark.parametrize("peer_is_high", [True, False])
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_a_collision_leaves_the_connection_of_the_larger_identifier(peer_is_high: bool, first: str) -> None:
    """RFC 4271 §6.8, in both orders of the two OPENs; the loser gets 6/7."""
    peer, ours, theirs = both_in_open_sent(router_id=LOW_ID if peer_is_high else HIGH_ID)
    order = [ours, theirs] if first == "ours" else [theirs, ours]
    winner, loser = (theirs, ours) if peer_is_high else (ours, theirs)

    for conn in order:
        peer.receive(conn, peer_open().encode())
    words = peer.said_on()

    assert (loser, "send NOTIFICATION 6/7") in words
    assert (loser, "close") in words
    assert (winner, "send KEEPALIVE") in words
    assert (loser, "send KEEPALIVE") not in words or order[0] == loser
    peer.receive(winner, KEEPALIVE)
    assert peer.fsm.conn == winner
    assert peer.fsm.status().last_error == ""


@pytest.mark.row("COL-03")
def test_equal_identifiers_leave_it_to_the_as_number() -> None:
    """RFC 6286 §2.3: the peer's AS is larger."""
    peer, ours, theirs = both_in_open_sent(router_id=PEER_ID)

    for conn in (ours, theirs):
        peer.receive(conn, peer_open().encode())

    assert (ours, "send NOTIFICATION 6/7") in peer.said_on()


@pytest.mark.row("COL-04")
def test_a_second_connection_does_not_disturb_an_established_session() -> None:
    """RFC 4271 §6.8: it is tracked until its OPEN, then gets 6/7."""
    peer, ours = established()
    peer.pass_time(2)

    peer.incoming(100)
    assert peer.said() == ["send OPEN"]
    peer.receive(100, peer_open().encode())

    assert peer.said() == ["send NOTIFICATION 6/7", "close"]
    assert peer.fsm.conn == ours
    peer.receive(ours, message(2, bytes(4)))
    assert peer.said() == ["updates"]


@pytest.mark.row("COL-04", "FSM-55")
def test_with_detection_an_established_session_can_lose() -> None:
    """RFC 4271 §8.1.1, CollisionDetectEstablishedState."""
    peer, ours = established(collision_detect_established=True, router_id=LOW_ID)
    peer.incoming(100)
    peer.fsm.take_output()

    peer.receive(100, peer_open().encode(), KEEPALIVE)

    assert peer.said_on() == [
        (ours, "send NOTIFICATION 6/7"),
        (ours, "close"),
        (ours, "down"),
        (100, "send KEEPALIVE"),
        (100, "up"),
    ]


@pytest.mark.row("COL-05")
def test_a_restarted_peer_takes_its_own_place() -> None:
    """RFC 4724 §5: the old session fails without a word, its routes are for the new one to renew."""
    peer, ours = established(RESTARTABLE, graceful_restart="helper")
    peer.pass_time(2)
    peer.incoming(100)
    peer.fsm.take_output()

    peer.receive(100, peer_open(capabilities=(MultiProtocol(V4), RESTARTABLE)).encode(), KEEPALIVE)
    actions = [action for action in peer.fsm.take_output() if not isinstance(action, StateChange)]

    assert said(actions) == ["close", "down", "send KEEPALIVE", "up"]
    down = actions[1]
    assert isinstance(down, Down)
    assert (down.conn, down.replaced, down.sent, down.received) == (ours, True, None, None)
    assert peer.fsm.conn == 100


@pytest.mark.row("COL-05")
def test_the_old_session_lives_until_the_new_ones_open() -> None:
    """Anybody can connect; only the peer's OPEN says that it has restarted."""
    peer, ours = established(RESTARTABLE, graceful_restart="helper")
    peer.pass_time(2)

    peer.incoming(100)
    peer.receive(100, peer_open(my_as=1, capabilities=()).encode())

    assert peer.said() == ["send OPEN", "send NOTIFICATION 2/2", "close"]
    assert peer.fsm.conn == ours


@pytest.mark.row("COL-06", "FSM-49")
def test_a_third_connection_takes_the_place_of_one_that_got_nowhere() -> None:
    """The peer opens one at a time: it has given up the older one."""
    peer, _, theirs = both_in_open_sent()

    peer.incoming(101)

    assert peer.said_on() == [(theirs, "close"), (101, "send OPEN")]
    peer.receive(theirs, peer_open().encode())
    assert peer.said() == []


@pytest.mark.row("CAP-18")
def test_the_capabilities_are_those_of_the_connection_that_lives() -> None:
    """RFC 4271 §6.8: what was agreed on the other one is gone with it."""
    peer, ours, theirs = both_in_open_sent(
        router_id=LOW_ID, families={V4: FamilySettings(), Family.IPV6_UNICAST: FamilySettings()}
    )
    peer.receive(ours, peer_open(capabilities=(MultiProtocol(Family.IPV6_UNICAST),)).encode())

    peer.receive(theirs, peer_open(capabilities=(MultiProtocol(V4),)).encode(), KEEPALIVE)

    assert peer.fsm.negotiated is not None
    assert peer.fsm.negotiated.families == {V4}


@pytest.mark.row("FSM-22", "NTF-02", "NTF-03")
def test_stopping_says_why_and_lasts() -> None:
    """RFC 9003 §2: length and text in the data; RFC 4271 §8.1.2, event 2."""
    peer, _ = established()

    peer.fsm.stop(peer.now, text="maintenance, back at 10")
    peer.pass_time(10_000)
    peer.incoming(100)

    sent, close, down, change, refused = peer.fsm.take_output()
    assert isinstance(sent, Send)
    assert sent.data[19:] == b"\x06\x02\x17maintenance, back at 10"
    assert said([close, down, refused]) == ["close", "down", "abort"]
    assert isinstance(change, StateChange)
    assert isinstance(down, Down)
    assert down.sent is not None
    assert (down.sent.code, down.sent.subcode) == (6, 2)
    assert peer.fsm.next_deadline is None


@pytest.mark.row("NTF-03")
@pytest.mark.parametrize("text", ["x" * 300, "é" * 200, "本" * 100])
def test_a_long_text_is_cut_between_characters(text: str) -> None:
    """RFC 9003 §2: at most 255 octets of UTF-8."""
    peer, _ = established()

    peer.fsm.stop(peer.now, text=text)

    sent = peer.fsm.take_output()[0]
    assert isinstance(sent, Send)
    heard = Notification.decode(sent.data[19:])
    assert 252 <= heard.data[0] == len(heard.data) - 1 <= 255
    assert text.startswith(heard.shutdown_text or "?")


@pytest.mark.row("NTF-02")
@pytest.mark.parametrize("subcode", [CeaseSubcode.PEER_DECONFIGURED, CeaseSubcode.OTHER_CONFIGURATION_CHANGE])
def test_stopping_for_another_reason(subcode: CeaseSubcode) -> None:
    peer, _ = established()

    peer.fsm.stop(peer.now, Cease(subcode=subcode), text="no room for it")

    assert peer.said()[0] == f"send NOTIFICATION 6/{subcode.value}"


@pytest.mark.row("FSM-39")
def test_a_silent_stop_only_closes() -> None:
    """RFC 4724 §4.1: the peer is to see a lost connection and keep our routes."""
    peer, _ = established()

    peer.fsm.shutdown_silently(peer.now)
    peer.pass_time(1000)

    assert peer.said() == ["close", "down"]
    assert peer.fsm.state is State.IDLE


@pytest.mark.row("FSM-39", "NTF-02")
def test_a_reset_comes_back_after_the_idle_hold_time() -> None:
    """RFC 4271 §8.1.2, event 8."""
    peer, _ = established()

    peer.fsm.reset(peer.now, Cease(subcode=CeaseSubcode.ADMINISTRATIVE_RESET))
    assert peer.said() == ["send NOTIFICATION 6/4", "close", "down"]
    peer.pass_time(5)

    assert peer.said() == ["connect"]


@pytest.mark.row("NTF-02")
@pytest.mark.parametrize("seconds", [300.0, None])
def test_too_many_prefixes_keep_the_peer_down(seconds: float | None) -> None:
    """RFC 4486: 6/1, for a time or until somebody starts it."""
    peer, _ = established()

    peer.fsm.hold_down(peer.now, seconds, Cease(subcode=1, data=bytes(7)))
    assert peer.said()[0] == f"send NOTIFICATION 6/1 {'00' * 7}"
    peer.pass_time(299)
    assert peer.said() == []
    peer.pass_time(2)

    assert peer.said() == ([] if seconds is None else ["connect"])
    peer.start()
    assert peer.fsm.state is State.CONNECT


def test_the_status_says_since_when_a_peer_is_kept_down() -> None:
    peer, _ = established()
    assert (peer.fsm.status().down_since, peer.fsm.status().held_down) == (None, False)

    peer.fsm.stop(peer.now)
    stopped = peer.now
    peer.pass_time(10)
    peer.fsm.stop(peer.now)

    assert (peer.fsm.status().down_since, peer.fsm.status().held_down) == (stopped, False)
    peer.start()
    assert peer.fsm.status().down_since is None


def test_a_peer_is_held_down_no_more_when_its_time_is_over() -> None:
    """Also where it falls again before a session is up."""
    peer, _ = established()

    peer.fsm.hold_down(peer.now, 300.0, Cease(subcode=1, data=bytes(7)))
    held = peer.now

    peer.pass_time(200)
    assert (peer.fsm.status().down_since, peer.fsm.status().held_down) == (held, True)
    peer.said()
    peer.pass_time(101)
    conn = peer.dialled()
    assert peer.fsm.status().held_down is False
    peer.fsm.connection_failed(conn, peer.now, "Connection refused")
    assert (peer.fsm.status().down_since, peer.fsm.status().held_down) == (None, False)


@pytest.mark.row("FSM-44", "FSM-46")
@pytest.mark.parametrize(
    ("error", "sent"),
    [(UpdateError(subcode=1), "3/1"), (BadMessageLength(data=b"\0\x16"), "1/2 0016"), (Cease(subcode=8), "6/8")],
)
def test_an_error_that_the_speaker_found_ends_the_session(error: Any, sent: str) -> None:
    peer, conn = established()

    peer.fsm.fail(conn, error, peer.now)

    assert peer.said() == [f"send NOTIFICATION {sent}", "close", "down"]
    assert peer.fsm.status().last_sent is not None


@pytest.mark.row("FSM-48")
def test_a_peer_that_keeps_falling_waits_longer_each_time() -> None:
    """RFC 4271 §8.1.1: 5, 10, 20, 40, 80, 120 s, each with jitter."""
    peer = Peer(passive=False)
    peer.start()

    for wait in (5, 10, 20, 40, 80, 120, 120):
        conn = peer.dialled()
        peer.connected(conn)
        peer.receive(conn, peer_open(my_as=1, capabilities=()).encode())
        retry = peer.fsm.status().next_retry
        assert retry is not None
        assert 0.75 * wait <= retry - peer.now <= wait
        peer.fsm.take_output()
        peer.pass_time(retry - peer.now)


@pytest.mark.row("FSM-48")
def test_the_operators_start_forgets_the_falls_and_waits_for_nothing() -> None:
    """RFC 4271 §8.1.2, event 1: ConnectRetryCounter is 0 again, and so is our patience."""
    peer = Peer()
    peer.start()
    for _ in range(4):
        conn = peer.dialled()
        peer.connected(conn)
        peer.receive(conn, peer_open(my_as=1, capabilities=()).encode())
        peer.fsm.take_output()
        peer.start()

    peer.fsm.connection_failed(conn := peer.dialled(), peer.now, "refused")
    assert (peer.fsm.status().next_retry or 0) <= 5
    peer.start()
    peer.connected(conn := peer.dialled())
    peer.receive(conn, peer_open(my_as=1, capabilities=()).encode())

    assert (peer.fsm.status().next_retry or 0) <= 5


@pytest.mark.row("FSM-11", "FSM-48")
def test_a_refused_connect_is_tried_again_every_few_seconds() -> None:
    peer = Peer()
    peer.start()

    for _ in range(10):
        peer.fsm.connection_failed(peer.dialled(), peer.now, "connection refused")
        assert peer.fsm.state is State.IDLE
        assert peer.fsm.status().last_error == "connection refused"
        peer.pass_time(5)


@pytest.mark.row("OPN-12", "CAP-03")
@pytest.mark.parametrize("subcode", [4, 7])
def test_a_peer_that_chokes_on_capabilities_gets_one_open_without(subcode: int) -> None:
    """RFC 5492 §3: 2/4 and 2/7; what BIRD does. If that is no help, the next one has them again."""
    peer = Peer(local_as=64000)
    sizes = []
    peer.start()

    for _ in range(3):
        conn = peer.dialled()
        peer.connected(conn)
        opened = peer.fsm.take_output()[0]
        assert isinstance(opened, Send)
        sizes.append(len(Open.decode(opened.data[19:]).capabilities) > 0)
        peer.receive(conn, Notification(2, subcode).encode())
        peer.fsm.take_output()
        peer.pass_time(10)

    assert sizes == [True, False, True]


@pytest.mark.row("OPN-12")
def test_a_peer_that_needs_its_capabilities_always_sends_them() -> None:
    """Without them there is only IPv4 unicast and two octets of AS."""
    peer = Peer(families={Family.IPV6_UNICAST: FamilySettings()})
    peer.start()
    conn = peer.dialled()
    peer.connected(conn)
    peer.receive(conn, Notification(2, 7).encode())
    peer.fsm.take_output()

    peer.pass_time(10)
    peer.connected(peer.dialled())

    opened = peer.fsm.take_output()[0]
    assert isinstance(opened, Send)
    assert Open.decode(opened.data[19:]).capabilities


@pytest.mark.row("FSM-12", "FSM-09")
def test_with_delay_open_the_peer_speaks_first() -> None:
    """RFC 4271 §8.1.1, DelayOpen: no OPEN before the timer, unless the peer's is there."""
    waits, answers = Peer(passive=True, delay_open_time=7.0), Peer(passive=True, delay_open_time=7.0)
    for peer in (waits, answers):
        peer.start()
        peer.incoming(100)
        peer.pass_time(6)
        assert peer.said() == []

    waits.pass_time(1)
    answers.receive(100, peer_open().encode())

    assert waits.said() == ["send OPEN"]
    assert answers.said() == ["send OPEN", "send KEEPALIVE"]
    assert answers.fsm.state is State.OPEN_CONFIRM


@pytest.mark.row("FSM-24")
def test_a_connection_that_ends_in_open_sent_is_tried_again_later() -> None:
    """RFC 4271 §8.2.2, OpenSent, event 18: Active, and ConnectRetryTimer."""
    peer = Peer(connect_retry_time=60.0)
    peer.start()
    conn = peer.dialled()
    peer.connected(conn)

    peer.fsm.connection_failed(conn, peer.now, "closed by the peer")
    peer.fsm.take_output()

    assert peer.fsm.state is State.ACTIVE
    assert 45 <= (peer.fsm.status().next_retry or 0) <= 60
    peer.pass_time(60)
    assert peer.said() == ["connect"]


def test_what_comes_for_a_connection_that_has_ended_is_ignored() -> None:
    """Late events of the transport."""
    peer, conn = established()
    peer.fsm.stop(peer.now)
    peer.fsm.take_output()

    peer.receive(conn, KEEPALIVE)
    peer.connected(conn)
    peer.fsm.connection_failed(conn, peer.now, "closed")
    peer.fsm.fail(conn, UpdateError(), peer.now)
    peer.fsm.sent(conn, peer.now)
    peer.fsm.blocked(conn, peer.now)
    peer.fsm.tick(peer.now + 1000)

    assert peer.said() == []


@pytest.mark.row("KAL-02", "FSM-47")
def test_the_transport_moves_the_timers_of_the_established_session() -> None:
    peer, conn = established(hold_time=9, send_hold_time=20.0)
    told = peer.fsm.when_told(conn)
    assert told is not None
    for _ in range(20):
        peer.now += 2
        peer.receive(conn, KEEPALIVE)
        told(3, peer.now)
        peer.fsm.tick(peer.now)
    assert peer.said() == []
    assert peer.fsm.status().messages_out == 2 + 60

    peer.fsm.blocked(conn, peer.now)
    told(1, None)
    assert peer.fsm.status().messages_out == 2 + 60 + 1
    for _ in range(10):
        peer.receive(conn, KEEPALIVE)
        peer.pass_time(2)

    assert peer.said()[-3:] == ["send NOTIFICATION 8/0", "abort", "down"]


def test_new_settings_count_from_the_next_start_of_a_timer() -> None:
    """No session is reset for a timer."""
    peer, conn = established()

    peer.fsm.update_settings(replace(peer.fsm.settings, idle_hold_time=50.0), peer.now)
    assert peer.fsm.state is State.ESTABLISHED
    peer.fsm.connection_failed(conn, peer.now, "closed")

    assert 37.5 <= (peer.fsm.status().next_retry or 0) <= 50


def test_the_status_tells_what_happened() -> None:
    peer, conn = established()
    peer.now = 10
    peer.receive(conn, Notification(6, 4).encode())

    status = peer.fsm.status()

    assert (status.state, status.since, status.up_since) == (State.IDLE, 10, None)
    assert status.last_error == "peer says: Cease/Administrative Reset"
    assert status.last_error_at == 10
    assert status.last_received == Notification(6, 4)
    assert (status.negotiated, status.conn) == (None, None)
    assert (status.messages_in, status.messages_out) == (3, 2)
    assert status.connect_retry_counter == 1


BAD_AS = peer_open(my_as=1, capabilities=()).encode()


def refused(*said: bytes) -> tuple[Peer, str]:
    """A peer whose first connection ended with these messages, and the reason."""
    peer = Peer()
    peer.start()
    conn = peer.dialled()
    peer.connected(conn)
    peer.receive(conn, *said)
    return peer, peer.fsm.status().last_error


def closed(peer: Peer) -> float:
    """Its next connection is made and closed at once; when that was."""
    peer.pass_time(30)
    conn = peer.dialled()
    peer.connected(conn)
    peer.fsm.connection_failed(conn, peer.now, "connection lost")
    return peer.now


@pytest.mark.parametrize("said", [BAD_AS, Notification(2, 2).encode()], ids=["by-us", "by-the-peer"])
def test_a_closed_connection_hides_no_notification(said: bytes) -> None:
    """A peer that waits after an error closes our next connection without a word: why is what was said before."""
    peer, why = refused(said)

    closed(peer)

    status = peer.fsm.status()
    assert "AS" in why
    assert (status.last_error, status.last_error_at) == (why, 0)


@pytest.mark.parametrize("said", [BAD_AS, Notification(2, 2).encode()], ids=["by-us", "by-the-peer"])
def test_a_failed_connect_is_the_reason_after_a_notification(said: bytes) -> None:
    """Nobody is there any more, and what was said before is old; from then on closed connections count again."""
    peer, _ = refused(said)
    peer.pass_time(30)
    peer.fsm.connection_failed(peer.dialled(), peer.now, "connection refused")
    assert peer.fsm.status().last_error == "connection refused"

    at = closed(peer)

    assert (peer.fsm.status().last_error, peer.fsm.status().last_error_at) == ("connection lost", at)


def test_a_lost_session_is_the_reason_after_a_notification() -> None:
    """What ended an earlier one is not why this one is gone, nor why the next one doesn't come up."""
    peer, _ = refused(BAD_AS)
    peer.pass_time(30)
    conn = peer.dialled()
    peer.connected(conn)
    peer.receive(conn, peer_open().encode(), KEEPALIVE)

    peer.fsm.connection_failed(conn, peer.now, "no route to host")
    assert peer.fsm.status().last_error == "no route to host"
    closed(peer)

    assert peer.fsm.status().last_error == "connection lost"


def test_a_lost_session_is_the_reason_though_another_connection_was_refused_meanwhile() -> None:
    peer, conn = established()
    peer.incoming(100)
    peer.receive(100, BAD_AS)
    assert peer.fsm.status().state is State.ESTABLISHED

    peer.fsm.connection_failed(conn, peer.now, "no route to host")

    assert peer.fsm.status().last_error == "no route to host"


def test_what_was_said_before_a_session_is_no_reason_after_it_though_that_lost_a_collision() -> None:
    """A session that makes room for another connection has no reason of its own (RFC 4271 §6.8)."""
    peer = Peer(router_id=LOW_ID, collision_detect_established=True)
    peer.start()
    peer.connected(conn := peer.dialled())
    peer.receive(conn, BAD_AS)
    peer.pass_time(30)
    peer.connected(conn := peer.dialled())
    peer.receive(conn, peer_open().encode(), KEEPALIVE)
    assert peer.fsm.state is State.ESTABLISHED
    peer.incoming(100)
    peer.receive(100, peer_open().encode())
    assert peer.fsm.state is State.OPEN_CONFIRM

    peer.fsm.connection_failed(100, peer.now, "connection lost")

    assert peer.fsm.status().last_error == "connection lost"


def test_a_start_forgets_what_was_said_before_it() -> None:
    peer = Peer()
    peer.start()
    peer.connected(peer.dialled())
    peer.fsm.stop(peer.now)
    peer.start()
    peer.connected(conn := peer.dialled())

    peer.fsm.connection_failed(conn, peer.now, "connection lost")

    assert peer.fsm.status().last_error == "connection lost"


def test_state_changes_are_those_of_the_most_advanced_session() -> None:
    """One line each in the log, none for a collision's loser."""
    peer = Peer(router_id=LOW_ID)
    peer.start()
    actions = peer.fsm.take_output()
    (ours,) = [action.conn for action in actions if isinstance(action, Connect)]
    peer.incoming(100)
    peer.connected(ours)
    peer.receive(ours, peer_open().encode())
    peer.receive(100, peer_open().encode(), KEEPALIVE)

    changes = [(str(a.old), str(a.new)) for a in actions + peer.fsm.take_output() if isinstance(a, StateChange)]

    states = [changes[0][0], *(new for _, new in changes)]
    assert [old for old, _ in changes] == states[:-1]
    assert states[-1] == "established"
    assert len(changes) <= 6


@pytest.mark.row("FSM-49", "COL-01", "COL-02")
@pytest.mark.parametrize("seed", range(30))
def test_two_speakers_that_both_dial_end_up_with_one_session(seed: int) -> None:
    """RFC 4271 §6.8 over a wire, in thirty orders of arrival."""
    a = settings(graceful_restart="helper")
    b = replace(a, local_as=PEER_AS, remote_as=a.local_as, router_id=PEER_ID)
    wire = Wire(a, b, seed=seed)

    wire.start()

    assert wire.run(600, wire.both_up)
    wire.run(5)
    assert wire.tcp("a") is wire.tcp("b") is not None
    assert wire.tcps == [wire.tcp("a")]


@pytest.mark.row("FSM-40")
def test_a_cut_ends_the_session_on_both_sides_and_it_comes_back() -> None:
    a = settings(hold_time=3)
    wire = Wire(a, replace(a, local_as=PEER_AS, remote_as=a.local_as, router_id=OUR_ID))
    wire.start()
    assert wire.run(60, wire.both_up)

    wire.cut = True
    wire.run(5)
    assert [len(wire.seen(side, Down)) for side in ("a", "b")] == [1, 1]
    wire.heal()

    assert wire.run(600, wire.both_up)
    assert len(wire.seen("a", Up)) >= 2
    assert wire.seen("a", Close)
