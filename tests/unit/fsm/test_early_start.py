"""A peer that waits to start again takes the connection of a peer that is back, unless the wait is a penalty."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.constants import CeaseSubcode
from pybgp.errors import Cease, UpdateError
from pybgp.fsm.states import State
from pybgp.fsm.timers import MANY_FALLS
from pybgp.messages.header import KEEPALIVE
from pybgp.messages.notification import Notification

from .driven import Peer, established
from .rig import peer_open

HIT = 100


def came_up(**changes: Any) -> tuple[Peer, int]:
    """Established, on the peer's connection if we are passive."""
    if not changes.get("passive"):
        return established(**changes)
    peer = Peer(**changes)
    peer.start()
    peer.incoming(1)
    peer.receive(1, peer_open().encode(), KEEPALIVE)
    return peer, 1


def waiting(end: str, **changes: Any) -> Peer:
    """Idle, and going to start again by itself."""
    peer, conn = came_up(**changes)
    match end:
        case "lost":
            peer.fsm.connection_failed(conn, peer.now, "connection reset")
        case "reset":
            peer.fsm.reset(peer.now, Cease(subcode=CeaseSubcode.ADMINISTRATIVE_RESET))
        case "too many prefixes":
            peer.fsm.hold_down(peer.now, 300.0, Cease(subcode=1))
        case "hold timer":
            peer.pass_time(90)
        case "our error":
            peer.receive(conn, bytes(19))
        case "bad update":
            peer.fsm.fail(conn, UpdateError(subcode=1), peer.now)
        case "peer's error":
            peer.receive(conn, Notification(3, 1).encode())
        case "peer's cease":
            peer.receive(conn, Notification(6, 4).encode())
    assert peer.fsm.state is State.IDLE
    assert peer.fsm.status().next_retry is not None
    peer.fsm.take_output()
    return peer


@pytest.mark.row("FSM-05", "FSM-11", "FSM-18")
def test_a_peer_whose_dial_was_refused_takes_the_other_ends() -> None:
    """RFC 4271 §8.1.2, event 5: what would start by itself may start now."""
    peer = Peer()
    peer.start()
    peer.fsm.connection_failed(peer.dialled(), peer.now, "connection refused")

    peer.incoming(HIT)
    peer.receive(HIT, peer_open().encode(), KEEPALIVE)

    assert peer.said() == ["send OPEN", "send KEEPALIVE", "up"]
    peer.pass_time(20)
    assert "connect" not in peer.said()


@pytest.mark.row("FSM-05", "FSM-18")
@pytest.mark.parametrize("end", ["lost", "peer's cease", "reset"])
@pytest.mark.parametrize("passive", [True, False])
@pytest.mark.parametrize("damped", [True, False])
def test_a_peer_whose_session_ended_without_a_fault_is_back_at_once(end: str, passive: bool, damped: bool) -> None:
    peer = waiting(end, passive=passive, damp_peer_oscillations=damped)

    peer.incoming(HIT)
    peer.receive(HIT, peer_open().encode(), KEEPALIVE)

    assert peer.said() == ["send OPEN", "send KEEPALIVE", "up"]


@pytest.mark.row("FSM-05", "FSM-48")
@pytest.mark.parametrize("end", ["our error", "bad update", "peer's error", "hold timer", "too many prefixes"])
def test_a_penalty_is_sat_out(end: str) -> None:
    """RFC 4271 §8.1.1, DampPeerOscillations; RFC 4486 for too many prefixes."""
    peer = waiting(end)
    retry = peer.fsm.status().next_retry

    peer.incoming(HIT)

    assert peer.said() == ["abort"]
    assert peer.fsm.status().next_retry == retry


@pytest.mark.row("FSM-05", "FSM-48")
def test_a_peer_that_falls_time_and_again_has_to_wait() -> None:
    """RFC 4271 §8.1.1: whatever ends the sessions, it oscillates."""
    peer = Peer(passive=True)
    peer.start()
    for conn in range(MANY_FALLS + 1):
        peer.incoming(conn)
        peer.receive(conn, peer_open().encode(), KEEPALIVE)
        assert peer.fsm.conn == conn
        peer.fsm.connection_failed(conn, peer.now, "connection reset")
    peer.fsm.take_output()

    peer.incoming(HIT)

    assert peer.said() == ["abort"]
    peer.pass_time(120)
    peer.incoming(HIT + 1)
    assert peer.said() == ["send OPEN"]


@pytest.mark.row("FSM-05")
def test_a_peer_that_was_stopped_while_it_waited_takes_nothing() -> None:
    peer = waiting("lost")
    peer.fsm.stop(peer.now)

    peer.incoming(HIT)

    assert peer.said() == ["abort"]
    assert peer.fsm.state is State.IDLE
