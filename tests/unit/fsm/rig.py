"""One session on a bench: brought into a state, given an event, and read like a column of the RFC's table."""

from __future__ import annotations

import itertools
from dataclasses import replace
from random import Random

from pybgp.addresses import Family
from pybgp.errors import BadMessageLength, Cease, UnacceptableHoldTime, UpdateError
from pybgp.fsm.actions import Close, Connect, Down, Refresh, Send, StateChange, Up, Updates
from pybgp.fsm.detail import NO_DETAIL, Detail
from pybgp.fsm.negotiate import negotiate
from pybgp.fsm.peering import Link, Peering
from pybgp.fsm.session import Session
from pybgp.fsm.settings import SessionSettings
from pybgp.fsm.states import Event, State, Timer
from pybgp.messages.capabilities import FourOctetAs, MultiProtocol
from pybgp.messages.context import PeerKind
from pybgp.messages.header import KEEPALIVE, Framer
from pybgp.messages.notification import Notification
from pybgp.messages.open import Open

OUR_AS, PEER_AS = 64512, 64513
OUR_ID, PEER_ID = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
CRT, HOLD, KEEP, DOT, IDLE_HOLD, SEND_HOLD = (
    Timer.CONNECT_RETRY,
    Timer.HOLD,
    Timer.KEEPALIVE,
    Timer.DELAY_OPEN,
    Timer.IDLE_HOLD,
    Timer.SEND_HOLD,
)
NAMES = {1: "OPEN", 2: "UPDATE", 4: "KEEPALIVE", 5: "ROUTE-REFRESH"}


def settings(**changes: object) -> SessionSettings:
    """An external peer without graceful restart, which would turn a shutdown into a Hard Reset."""
    ours = SessionSettings(
        name="peer",
        local_as=OUR_AS,
        router_id=OUR_ID,
        remote_as=PEER_AS,
        kind=PeerKind.EXTERNAL,
        graceful_restart="off",
    )
    return replace(ours, **changes)


def peer_open(**changes: object) -> Open:
    """The peer's OPEN, as a plain speaker of two families' first would send it."""
    capabilities = (MultiProtocol(Family.IPV4_UNICAST), FourOctetAs(PEER_AS))
    return replace(Open(4, PEER_AS, 90, PEER_ID, capabilities), **changes)


def said(actions: list[object]) -> list[str]:
    """Actions in words: "send NOTIFICATION 6/2", "close", "up"; state changes are left out."""
    words: list[str] = []
    for action in actions:
        match action:
            case Send(_, data):
                words += [f"send {_message(kind, body)}" for kind, body in Framer(65535).feed(data)]
            case Close(_, abort):
                words.append("abort" if abort else "close")
            case StateChange():
                pass
            case Connect() | Up() | Down() | Updates() | Refresh():
                words.append(type(action).__name__.lower())
    return words


def _message(kind: int, body: bytes) -> str:
    if kind != 3:
        return NAMES[kind]
    heard = Notification.decode(body)
    return f"NOTIFICATION {heard.code}/{heard.subcode}" + (f" {heard.data.hex()}" if heard.data else "")


class Rig:
    """A session, its clock, and what came out since the last look."""

    def __init__(self, **changes: object) -> None:
        self.now = 1000.0
        self.peering = Peering(settings(**changes), itertools.count(1), Random(7))
        self.session = Session(self.peering)
        self.peering.sessions.append(self.session)

    @property
    def state(self) -> State:
        return self.session.state

    @property
    def timers(self) -> set[Timer]:
        return {timer for timer in Timer if self.session.timers.running(timer)}

    def due_in(self, timer: Timer) -> float:
        """Seconds from now to a timer's deadline."""
        deadline = self.session.timers.deadline(timer)
        assert deadline is not None, f"{timer} does not run"
        return deadline - self.now

    def event(self, event: Event, detail: Detail | None = None) -> None:
        self.session.handle(event, self.now, self.usual(event) if detail is None else detail)

    def octets(self, data: bytes) -> None:
        self.session.received(data, self.now)

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.session.tick(self.now)

    def take(self) -> list[object]:
        out, self.peering.output = self.peering.output, []
        return list(out)

    def said(self) -> list[str]:
        return said(self.take())

    def usual(self, event: Event) -> Detail:
        """What comes with an event when a test doesn't care."""
        match event:
            case Event.TCP_CR_ACKED:
                return Detail(link=Link(conn=self.session.conn or 50, incoming=False))
            case Event.TCP_CONNECTION_CONFIRMED:
                return Detail(link=Link(conn=60, incoming=True))
            case Event.TCP_CONNECTION_FAILS:
                return Detail(why="connection refused", lost=True)
            case Event.BGP_OPEN | Event.BGP_OPEN_WITH_DELAY_OPEN_TIMER:
                agreed = negotiate(self.peering.settings, self.session.offer(), peer_open())
                return Detail(negotiated=agreed, message_type=1)
            case Event.BGP_HEADER_ERR:
                return Detail(error=BadMessageLength(data=b"\0\x12"))
            case Event.BGP_OPEN_MSG_ERR:
                return Detail(error=UnacceptableHoldTime(data=b"\0\1"))
            case Event.UPDATE_MSG_ERR:
                return Detail(error=UpdateError(subcode=1))
            case Event.NOTIF_MSG_VER_ERR:
                return Detail(notification=Notification(2, 1, b"\0\4"))
            case Event.NOTIF_MSG:
                return Detail(notification=Notification(6, 2))
            case Event.KEEPALIVE_MSG:
                return Detail(message_type=4)
            case Event.UPDATE_MSG:
                return Detail(message_type=2)
        return NO_DETAIL


def reach(state: State, *, delaying: bool = False, **changes: object) -> Rig:
    """A rig in ``state``, its output taken; ``delaying``: with a connection and DelayOpenTimer running."""
    if delaying:
        changes.setdefault("delay_open_time", 7.0)
    rig = Rig(**changes)
    if state is not State.IDLE:
        rig.event(Event.MANUAL_START_PASSIVE if state is State.ACTIVE else Event.MANUAL_START)
    if delaying or state >= State.OPEN_SENT:
        rig.event(Event.TCP_CR_ACKED)
    if state >= State.OPEN_CONFIRM:
        rig.octets(peer_open().encode())
    if state is State.ESTABLISHED:
        rig.octets(KEEPALIVE)
    assert rig.state is state, f"{rig.state} instead of {state}: {rig.session.why}"
    rig.take()
    return rig


def cease(subcode: int) -> Cease:
    return Cease("as the test wants", subcode=subcode)
