"""Octets into one session: framing, errors, NOTIFICATIONs and refreshes (matrix sections 6 and 7, RFC 4271 §6)."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.errors import UpdateError
from pybgp.fsm.actions import Down, Refresh, Send, StateChange, Up, Updates
from pybgp.fsm.detail import Detail
from pybgp.fsm.states import Event, State
from pybgp.messages.capabilities import (
    EnhancedRouteRefresh,
    ExtendedMessage,
    GracefulRestart,
    MultiProtocol,
    RouteRefresh,
)
from pybgp.messages.header import KEEPALIVE, message
from pybgp.messages.notification import Notification

from .rig import Rig, cease, peer_open, reach, said

UPDATE = message(2, bytes(4))
REFRESH = message(5, bytes.fromhex("0001 00 01"))
V4 = Family.IPV4_UNICAST
LATER = [State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED]


def established(*capabilities: object, **changes: Any) -> Rig:
    """An Established session with a peer of these capabilities."""
    rig = reach(State.OPEN_SENT, **changes)
    rig.octets(peer_open(capabilities=(MultiProtocol(V4), *capabilities)).encode() + KEEPALIVE)
    assert rig.state is State.ESTABLISHED
    rig.take()
    return rig


@pytest.mark.row("NTF-08", "FSM-29", "FSM-35", "FSM-38", "FSM-45")
@pytest.mark.parametrize(
    ("state", "octets", "error"),
    [
        (State.OPEN_SENT, KEEPALIVE, "5/1 04"),
        (State.OPEN_SENT, UPDATE, "5/1 02"),
        (State.OPEN_SENT, REFRESH, "5/1 05"),
        (State.OPEN_CONFIRM, UPDATE, "5/2 02"),
        (State.OPEN_CONFIRM, peer_open().encode(), "5/2 01"),
        (State.OPEN_CONFIRM, REFRESH, "5/2 05"),
        (State.ESTABLISHED, peer_open().encode(), "5/3 01"),
    ],
)
def test_a_message_out_of_turn_is_an_fsm_error_with_its_type(state: State, octets: bytes, error: str) -> None:
    """RFC 6608 §3."""
    rig = reach(state)

    rig.octets(octets)

    assert rig.said()[:2] == [f"send NOTIFICATION {error}", "close"]
    assert rig.state is State.IDLE


@pytest.mark.row("FSM-26", "FSM-36", "FSM-46", "HDR-12")
@pytest.mark.parametrize("state", LATER, ids=str)
@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (bytes(19), "1/1"),
        (b"\xff" * 16 + bytes.fromhex("0012 04"), "1/2 0012"),
        (b"\xff" * 16 + bytes.fromhex("0013 06"), "1/3 06"),
        (b"\xff" * 16 + bytes.fromhex("0014 04 00"), "1/2 0014"),
    ],
    ids=["marker", "length", "type", "keepalive"],
)
def test_a_header_error_is_told(state: State, octets: bytes, error: str) -> None:
    """RFC 4271 §6.1."""
    rig = reach(state)

    rig.octets(octets)

    assert rig.said()[:2] == [f"send NOTIFICATION {error}", "close"]


@pytest.mark.row("OPN-01", "OPN-02", "OPN-07", "FSM-26", "OPN-12", "OPN-13", "OPN-14", "OPN-17")
@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (peer_open(hold_time=1).encode(), "2/6 0001"),
        (peer_open(version=3).encode(), "2/1 0004"),
        (peer_open(my_as=1, capabilities=()).encode(), "2/2"),
        (message(1, bytes.fromhex("04 fc01 005a c0000202 03 63 01 00")), "2/4 630100"),
        (message(1, bytes.fromhex("04 fc01 005a c0000202 03 02 20 00")), "2/0"),
        (message(1, bytes.fromhex("04 fc01 005a c0000202 00 010203")), "2/0"),
        (message(1, bytes.fromhex("04 fc01 005a c0000202 ff ff 0004 02 0020 00")), "2/0"),
    ],
    ids=["hold-time", "version", "as", "parameter", "overrun", "behind", "extended-overrun"],
)
def test_an_open_error_is_told(octets: bytes, error: str) -> None:
    """RFC 4271 §6.2."""
    rig = reach(State.OPEN_SENT)

    rig.octets(octets)

    assert rig.said() == [f"send NOTIFICATION {error}", "close"]


@pytest.mark.row("NTF-01", "FSM-28", "FSM-33", "FSM-42", "HDR-07")
@pytest.mark.parametrize("state", LATER, ids=str)
@pytest.mark.parametrize(
    "octets",
    [Notification(99, 99, b"junk").encode(), Notification(6, 9, b"\6").encode(), message(3, b"\6")],
    ids=["unknown", "hard-reset-cut", "too-short"],
)
def test_a_notification_is_never_answered(state: State, octets: bytes) -> None:
    """RFC 4271 §6.4, whatever it says and however it is broken."""
    rig = reach(state)

    rig.octets(octets)

    assert rig.said() == (["close", "down"] if state is State.ESTABLISHED else ["close"])
    assert rig.state is State.IDLE


@pytest.mark.row("NTF-01", "NTF-04", "NTF-06", "NTF-07")
@pytest.mark.parametrize(
    ("notification", "words"),
    [
        (Notification(99, 99, b"junk"), "99/99"),
        (Notification(6, 2, b"\x05maint"), 'Administrative Shutdown "maint"'),
        (Notification(6, 2, b"\xff\xfe\x07"), "Administrative Shutdown"),
        (Notification(6, 9, b"\6\2\3bye"), 'Hard Reset (Cease/Administrative Shutdown) "bye"'),
        (Notification(6, 10), "BFD Down"),
    ],
)
def test_what_the_peer_said_is_kept_in_words(notification: Notification, words: str) -> None:
    """RFC 9003, RFC 8538, RFC 9384."""
    rig = reach(State.ESTABLISHED)

    rig.octets(notification.encode())

    assert words in rig.peering.last_error
    assert rig.peering.last_received == notification
    down = next(action for action in rig.take() if isinstance(action, Down))
    assert (down.received, down.sent) == (notification, None)


@pytest.mark.row("NTF-05")
def test_an_administrative_shutdown_needs_no_words() -> None:
    """RFC 8203: 6/2 without data is valid."""
    rig = reach(State.ESTABLISHED)

    rig.octets(Notification(6, 2).encode())

    assert rig.peering.last_error == "peer says: Cease/Administrative Shutdown"


@pytest.mark.row("NTF-02")
@pytest.mark.parametrize("subcode", range(1, 9))
def test_a_cease_goes_out_with_its_subcode(subcode: int) -> None:
    """RFC 4486 §3."""
    rig = reach(State.ESTABLISHED)

    rig.event(Event.AUTOMATIC_STOP, Detail(error=cease(subcode)))

    assert rig.said() == [f"send NOTIFICATION 6/{subcode}", "close", "down"]


@pytest.mark.row("NTF-09")
def test_a_notification_never_exceeds_the_message_limit() -> None:
    """RFC 4271 §4.5: its data is cut."""
    rig = reach(State.ESTABLISHED)

    rig.event(Event.UPDATE_MSG_ERR, Detail(error=UpdateError(data=bytes(65000))))

    sent = next(action for action in rig.take() if isinstance(action, Send))
    assert len(sent.data) == 4096


@pytest.mark.row("NTF-06", "GRS-09")
@pytest.mark.parametrize(
    ("subcode", "theirs", "sent"), [(2, True, "6/9 0602"), (3, True, "6/9 0603"), (6, True, "6/6"), (2, False, "6/2")]
)
def test_an_end_that_is_meant_to_last_is_a_hard_reset(subcode: int, theirs: bool, sent: str) -> None:
    """RFC 8538 §3: with N on both sides anything less would be taken for graceful."""
    rig = established(GracefulRestart(notification=theirs), graceful_restart="helper")

    rig.event(Event.MANUAL_STOP, Detail(error=cease(subcode)))

    assert rig.said()[0] == f"send NOTIFICATION {sent}"


@pytest.mark.row("FSM-43")
def test_consecutive_updates_come_as_one_and_in_order() -> None:
    """RFC 4271 §8.2.2, Established, event 27; nothing overtakes anything."""
    rig = established(RouteRefresh())
    bodies = [bytes(4) + bytes((n,)) for n in range(4)]
    stream = [message(2, body) for body in bodies]

    rig.octets(b"".join(stream[:2]) + REFRESH + b"".join(stream[2:]) + KEEPALIVE)

    updates, refresh, more = rig.take()
    assert isinstance(updates, Updates)
    assert isinstance(refresh, Refresh)
    assert isinstance(more, Updates)
    assert [*updates.bodies, *more.bodies] == bodies


@pytest.mark.row("FSM-37", "FSM-43", "HDR-09")
def test_a_chunk_may_hold_all_from_open_to_notification() -> None:
    """RFC 4271 §4.1: TCP has no borders. What is behind the NOTIFICATION is not read."""
    rig = reach(State.OPEN_SENT)

    rig.octets(peer_open().encode() + KEEPALIVE + UPDATE + UPDATE + Notification(6, 2).encode() + UPDATE + KEEPALIVE)

    assert rig.said() == ["send KEEPALIVE", "up", "updates", "close", "down"]


@pytest.mark.row("HDR-09")
def test_the_chunks_make_no_difference() -> None:
    """RFC 4271 §4.1."""
    stream = peer_open().encode() + KEEPALIVE + UPDATE + Notification(6, 2).encode()
    whole, single = reach(State.OPEN_SENT), reach(State.OPEN_SENT)

    whole.octets(stream)
    for octet in stream:
        single.octets(bytes((octet,)))

    assert said(whole.take()) == said(single.take())


@pytest.mark.row("HDR-11")
def test_updates_before_an_error_are_handed_over_first() -> None:
    """The NOTIFICATION is the last thing that is sent."""
    rig = established()

    rig.octets(UPDATE + b"\xff" * 16 + bytes.fromhex("0013 09") + UPDATE)

    assert rig.said() == ["updates", "send NOTIFICATION 1/3 09", "close", "down"]


@pytest.mark.row("HDR-13", "EXM-03")
@pytest.mark.parametrize("offered", [True, False])
def test_a_large_message_is_taken_when_we_said_so(offered: bool) -> None:
    """RFC 8654 §4."""
    rig = established(ExtendedMessage(), extended_messages=offered)

    rig.octets(message(2, bytes(5000)))

    assert rig.said() == (["updates"] if offered else ["send NOTIFICATION 1/2 139b", "close", "down"])


@pytest.mark.row("FSM-51", "FSM-37")
def test_established_says_what_was_agreed() -> None:
    """The speaker sends the initial routes and End-of-RIB of these families on ``Up``."""
    rig = reach(State.OPEN_CONFIRM)

    rig.octets(KEEPALIVE)

    up, change = rig.take()
    assert isinstance(up, Up)
    assert up.negotiated.families == {V4}
    assert up.conn == rig.session.conn
    assert change == StateChange(State.OPEN_CONFIRM, State.ESTABLISHED, Event.KEEPALIVE_MSG, "")


def refresh(octets: str) -> bytes:
    return message(5, bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "enhanced", "outcome"),
    [
        pytest.param("0001 00 01", False, ["refresh"], id="RFR-01", marks=pytest.mark.row("RFR-01")),
        pytest.param("0002 00 01", False, [], id="RFR-02", marks=pytest.mark.row("RFR-02")),
        pytest.param("0001 01 01", True, ["refresh"], id="RFR-04-begin", marks=pytest.mark.row("RFR-04")),
        pytest.param("0001 02 01", True, ["refresh"], id="RFR-04-end", marks=pytest.mark.row("RFR-04")),
        pytest.param("0001 01 01 00", True, "7/1", id="RFR-06-begin", marks=pytest.mark.row("RFR-06")),
        pytest.param("0001 02", True, "7/1", id="RFR-06-cut", marks=pytest.mark.row("RFR-06")),
        pytest.param("0001 09 01", True, [], id="RFR-07", marks=pytest.mark.row("RFR-07")),
        pytest.param("0001 00 01 00", False, "1/2 0018", id="RFR-08", marks=pytest.mark.row("RFR-08")),
    ],
)
def test_a_route_refresh(octets: str, enhanced: bool, outcome: list[str] | str) -> None:
    """RFC 2918 §4, RFC 7313 §4 and §5."""
    rig = established(RouteRefresh(), *[EnhancedRouteRefresh()] * enhanced)

    rig.octets(refresh(octets))

    if isinstance(outcome, str):
        assert rig.said()[0].startswith(f"send NOTIFICATION {outcome}")
    else:
        assert rig.said() == outcome


@pytest.mark.row("RFR-02")
def test_a_refresh_that_we_never_offered_is_ignored() -> None:
    """RFC 2918 §4."""
    rig = established(RouteRefresh(), route_refresh=False)

    rig.octets(REFRESH)

    assert rig.said() == []


@pytest.mark.row("RFR-01")
def test_without_the_enhanced_capability_the_subtype_is_a_reserved_octet() -> None:
    """RFC 2918 §3: "set to 0 by the sender and ignored by the receiver"."""
    rig = established(RouteRefresh())

    rig.octets(refresh("0001 01 01"))

    (action,) = rig.take()
    assert isinstance(action, Refresh)
    assert action.message.subtype == 0


@pytest.mark.row("CAP-09")
def test_a_capability_belongs_to_the_connection_it_came_on() -> None:
    """RFC 5492: the next connection starts from nothing."""
    rig = established(ExtendedMessage(), RouteRefresh())
    rig.event(Event.TCP_CONNECTION_FAILS)
    rig.event(Event.MANUAL_START)
    rig.event(Event.TCP_CR_ACKED)

    rig.octets(peer_open().encode() + KEEPALIVE)

    assert rig.session.negotiated is not None
    assert rig.session.negotiated.context.max_send == 4096
    assert not rig.session.negotiated.route_refresh
