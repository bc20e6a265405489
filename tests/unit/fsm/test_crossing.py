"""Both ends dial at once, and one sees its session come up before the other has chosen (RFC 4271 §6.8).

The end with the larger BGP Identifier chooses the connection that it opened itself, unless it is Established on the
other one. Nothing must be closed at one end that the other end keeps.
"""

from __future__ import annotations

import pytest

from pybgp.fsm.actions import Down, StateChange, Up
from pybgp.fsm.states import State
from pybgp.fsm.timers import CROSSING_TIME, DECISION_TIME, HOLD_BACK_TIME
from pybgp.messages.capabilities import MultiProtocol
from pybgp.messages.header import KEEPALIVE, message
from pybgp.messages.notification import Notification

from .driven import HIGH_ID, LOW_ID, RESTARTABLE, V4, Peer, both_in_open_sent, established
from .rig import peer_open, said

COLLISION = Notification(6, 7).encode()
THEIRS = 100


def undecided(**changes: object) -> tuple[Peer, int]:
    """We have the smaller identifier and are Established on our connection; the peer's came late, its OPEN is here."""
    peer, ours = established(router_id=LOW_ID, **changes)
    peer.now += CROSSING_TIME / 2
    peer.incoming(THEIRS)
    peer.receive(THEIRS, peer_open().encode())
    assert peer.said() == ["send OPEN", "send KEEPALIVE"]
    assert peer.fsm.conn == ours
    return peer, ours


@pytest.mark.row("COL-01", "COL-04")
def test_the_peer_that_has_the_say_may_choose_its_connection_after_ours_came_up() -> None:
    """It was not Established on ours: it closes that one, and there is no idle hold, no error, nothing to count."""
    peer, ours = undecided()

    peer.receive(ours, COLLISION)
    assert peer.said() == ["close", "down"]
    peer.receive(THEIRS, KEEPALIVE)

    assert peer.said() == ["up"]
    status = peer.fsm.status()
    assert (status.conn, status.last_error, status.connect_retry_counter) == (THEIRS, "", 0)
    assert peer.fsm.next_deadline is not None
    assert peer.fsm.next_deadline > peer.now + DECISION_TIME


@pytest.mark.row("COL-04")
def test_the_peer_that_has_the_say_may_keep_the_established_connection() -> None:
    """It is Established on ours, too, and refuses its own: ours is left alone."""
    peer, ours = undecided()

    peer.receive(THEIRS, COLLISION)
    assert peer.said() == ["close"]
    peer.pass_time(2 * DECISION_TIME)
    peer.receive(ours, message(2, bytes(4)))

    assert peer.said() == ["updates"]
    assert peer.fsm.status().last_error == ""


@pytest.mark.row("COL-01", "COL-02", "COL-04")
def test_a_keepalive_says_that_the_peer_has_chosen() -> None:
    """A peer that is Established on our connection would have refused its own. What came on ours may stay, as stale."""
    peer, ours = undecided()

    peer.receive(THEIRS, KEEPALIVE)
    actions = [action for action in peer.fsm.take_output() if not isinstance(action, StateChange)]

    assert said(actions) == ["send NOTIFICATION 6/7", "close", "down", "up"]
    down, up = actions[2:]
    assert isinstance(down, Down)
    assert (down.conn, down.replaced) == (ours, True)
    assert isinstance(up, Up)
    assert peer.fsm.conn == up.conn == THEIRS
    assert peer.fsm.status().connect_retry_counter == 0


@pytest.mark.row("COL-02", "COL-04")
def test_a_peer_that_never_chooses_keeps_what_it_has() -> None:
    """Not even until the hold time: seconds."""
    peer, ours = undecided()

    peer.pass_time(DECISION_TIME - 0.1)
    assert peer.said() == []
    peer.pass_time(0.2)

    assert peer.said_on() == [(THEIRS, "send NOTIFICATION 6/7"), (THEIRS, "close")]
    assert peer.fsm.conn == ours


@pytest.mark.row("COL-01")
def test_the_other_connection_outlives_a_lost_one() -> None:
    """Then there is no choice left, and no hurry."""
    peer, ours = undecided()

    peer.fsm.connection_failed(ours, peer.now, "connection reset")
    peer.pass_time(2 * DECISION_TIME)
    peer.receive(THEIRS, KEEPALIVE)

    assert peer.said() == ["down", "up"]
    assert peer.fsm.conn == THEIRS


@pytest.mark.row("COL-01", "COL-04")
def test_before_our_session_is_up_the_peer_may_be_established_already() -> None:
    """Our KEEPALIVE was on its way before the peer's connection came: only the peer knows what it has."""
    peer = Peer(router_id=LOW_ID)
    peer.start()
    ours = peer.dialled()
    peer.connected(ours)
    peer.receive(ours, peer_open().encode())
    peer.incoming(THEIRS)
    peer.receive(THEIRS, peer_open().encode())
    assert peer.said() == ["send OPEN", "send KEEPALIVE", "send OPEN", "send KEEPALIVE"]

    peer.receive(ours, KEEPALIVE)
    peer.receive(THEIRS, COLLISION)

    assert peer.said() == ["up", "close"]
    assert peer.fsm.conn == ours


@pytest.mark.row("COL-04")
def test_who_has_the_say_refuses_at_once() -> None:
    """The peer cannot choose against us, and knows that an Established session is not closed."""
    peer, ours = established(router_id=HIGH_ID)

    peer.incoming(THEIRS)
    peer.receive(THEIRS, peer_open().encode())

    assert peer.said() == ["send OPEN", "send NOTIFICATION 6/7", "close"]
    assert peer.fsm.conn == ours


@pytest.mark.row("COL-04", "COL-05")
@pytest.mark.parametrize("router_id", [LOW_ID, HIGH_ID], ids=["we-are-low", "we-are-high"])
def test_a_connection_that_comes_with_established_is_no_restart(router_id: bytes) -> None:
    """RFC 4724 §5 speaks of a peer that has lost its session; this one dialled before there was any."""
    peer, ours = established(RESTARTABLE, graceful_restart="helper", router_id=router_id)
    peer.now += CROSSING_TIME / 2

    peer.incoming(THEIRS)
    peer.receive(THEIRS, peer_open(capabilities=(MultiProtocol(V4), RESTARTABLE)).encode())

    assert "down" not in peer.said()
    assert peer.fsm.conn == ours


@pytest.mark.row("COL-01", "COL-06")
@pytest.mark.parametrize("high", [True, False], ids=["we-are-high", "we-are-low"])
def test_our_keepalive_waits_for_the_open_that_would_win(high: bool) -> None:
    """Without it the peer cannot come up on the connection that is going to lose."""
    peer, ours, theirs = both_in_open_sent(router_id=HIGH_ID if high else LOW_ID)
    winner, loser = (ours, theirs) if high else (theirs, ours)

    peer.receive(loser, peer_open().encode(), KEEPALIVE)
    assert peer.said() == []
    assert peer.fsm.state is State.OPEN_CONFIRM
    peer.receive(winner, peer_open().encode(), KEEPALIVE)

    assert peer.said_on() == [
        (loser, "send NOTIFICATION 6/7"),
        (loser, "close"),
        (winner, "send KEEPALIVE"),
        (winner, "up"),
    ]


@pytest.mark.row("COL-01", "COL-06")
def test_the_connection_that_would_win_does_not_wait() -> None:
    peer, ours, _ = both_in_open_sent(router_id=HIGH_ID)

    peer.receive(ours, peer_open().encode(), KEEPALIVE)

    assert peer.said() == ["send KEEPALIVE", "up"]


@pytest.mark.row("COL-06")
@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("hold_time", [90, 0])
def test_the_wait_ends_soon(answered: bool, hold_time: int) -> None:
    """A connection on which nothing is said doesn't keep the other one from coming up."""
    peer, ours, _ = both_in_open_sent(router_id=LOW_ID, hold_time=hold_time)
    peer.receive(ours, peer_open().encode(), *[KEEPALIVE] * answered)

    peer.pass_time(HOLD_BACK_TIME - 0.1)
    assert peer.said() == []
    peer.pass_time(0.2)

    assert peer.said() == ["send KEEPALIVE"] + ["up"] * answered
    peer.receive(ours, KEEPALIVE)
    assert peer.fsm.conn == ours
    peer.fsm.take_output()
    peer.pass_time(40)
    assert ("send KEEPALIVE" in peer.said()) == bool(hold_time)


@pytest.mark.row("COL-06")
@pytest.mark.parametrize("end", ["lost", "refused"])
def test_the_wait_ends_with_the_other_connection(end: str) -> None:
    peer, ours, theirs = both_in_open_sent(router_id=LOW_ID)
    peer.receive(ours, peer_open().encode(), KEEPALIVE)

    if end == "lost":
        peer.fsm.connection_failed(theirs, peer.now, "closed by the peer")
    else:
        peer.receive(theirs, COLLISION)

    assert peer.said_on() == [(theirs, "close")] * (end == "refused") + [(ours, "send KEEPALIVE"), (ours, "up")]
    assert peer.fsm.conn == ours
