"""What a session does when something happens: the right-hand side of RFC 4271 §8.2.2.

``transitions`` says which handler belongs to which state and event. A handler gets the time and what came with the
event, and returns the next state. The first paragraph of its docstring is what ``docs/reference/fsm.md`` shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..constants import CeaseSubcode, ErrorCode, FsmSubcode, MessageType, OpenSubcode
from ..errors import Cease, FsmError, HoldTimerExpired, ProtocolError, SendHoldTimerExpired
from ..messages.header import KEEPALIVE, Framer
from ..messages.notification import Notification
from ..messages.open import Open
from .actions import Close, Connect, Down, Send, Up
from .cease import is_final
from .negotiate import Negotiated
from .peering import Link, Peering
from .states import Event, State, Timer
from .timers import INITIAL_HOLD_TIME, Timers, keepalive_interval, send_hold_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What came with an event."""

    why: str = ""
    error: ProtocolError | None = None
    """What the peer did wrong, or the Cease of a stop."""
    notification: Notification | None = None
    negotiated: Negotiated | None = None
    """What our OPEN and the peer's come to."""
    message_type: int | None = None
    link: Link | None = None
    """The connection that is there now."""
    lost: bool = False
    """The connection is gone already, nobody need close it."""
    silent: bool = False
    """Stop without a NOTIFICATION."""
    replaced: bool = False
    """The peer's new connection takes this one's place."""


NO_DETAIL: Final = Detail()
_FSM_SUBCODE: Final = {
    State.OPEN_SENT: FsmSubcode.IN_OPEN_SENT,
    State.OPEN_CONFIRM: FsmSubcode.IN_OPEN_CONFIRM,
    State.ESTABLISHED: FsmSubcode.IN_ESTABLISHED,
}
_CAPABILITY_ERRORS: Final = (OpenSubcode.UNSUPPORTED_OPTIONAL_PARAMETER, OpenSubcode.UNSUPPORTED_CAPABILITY)


class Handlers:
    """The state of one session, and all that it can do; ``Session`` says when."""

    __slots__ = (
        "blocked",
        "connecting",
        "established_at",
        "event",
        "fell_from",
        "framer",
        "heard",
        "keepalive_interval",
        "left",
        "link",
        "negotiated",
        "our_open",
        "peering",
        "send_hold_time",
        "spoke",
        "state",
        "timers",
        "was_up_for",
        "why",
    )

    def __init__(self, peering: Peering) -> None:
        self.peering = peering
        self.state = State.IDLE
        self.timers = Timers()
        self.event: Event | None = None  # the one being handled
        self.why = ""  # in words, for the log and the status
        self.link: Link | None = None  # our connection, made or being made
        self.connecting = False  # it is being made
        self.framer = Framer()
        self.our_open: Open | None = None  # the one of this connection
        self.negotiated: Negotiated | None = None  # from OpenConfirm on
        self.established_at: float | None = None
        self.fell_from = State.IDLE  # the state from which it went Idle last
        self.was_up_for = 0.0  # how many seconds it was Established then
        self.heard = 0.0  # when a KEEPALIVE or UPDATE came last: the hold time counts from here
        self.spoke = 0.0  # when we sent one last: the keepalive time counts from here
        self.left = 0.0  # when octets left us last: the send hold time counts from here
        self.blocked = False  # the transport takes no more octets
        self.keepalive_interval = 0.0  # seconds to the next KEEPALIVE, with jitter
        self.send_hold_time = 0.0  # 0: off

    # Any state

    def ignored(self, now: float, detail: Detail) -> State:
        """Nothing changes."""
        return self.state

    # Idle

    def start_active(self, now: float, detail: Detail) -> State:
        """ConnectRetryCounter = 0, start ConnectRetryTimer, connect and listen → Connect"""
        self.peering.connect_retry_counter = 0
        self.timers.stop(Timer.IDLE_HOLD)
        self._start_connect_retry(now)
        self._connect()
        return State.CONNECT

    def start_passive(self, now: float, detail: Detail) -> State:
        """ConnectRetryCounter = 0, start ConnectRetryTimer, listen → Active"""
        self.peering.connect_retry_counter = 0
        self.timers.stop(Timer.IDLE_HOLD)
        self._start_connect_retry(now)
        return State.ACTIVE

    def start_later(self, now: float, detail: Detail) -> State:
        """start IdleHoldTimer; stays in Idle"""
        if not self.timers.running(Timer.IDLE_HOLD):
            self.wait_idle(now)
        return State.IDLE

    def idle_hold_expired(self, now: float, detail: Detail) -> State:
        """with DampPeerOscillations: as event 3, or 5 when passive; else nothing changes"""
        if not self.peering.settings.damp_peer_oscillations:
            return State.IDLE
        if self.peering.settings.passive:
            return self.start_passive(now, detail)
        return self.start_active(now, detail)

    # Connect and Active

    def stopped_early(self, now: float, detail: Detail) -> State:
        """drop TCP, ConnectRetryCounter = 0 → Idle"""
        return self._down(now, detail.why or "stopped", retry=False)

    def stopped_in_active(self, now: float, detail: Detail) -> State:
        """drop TCP, ConnectRetryCounter = 0 → Idle; before that NOTIFICATION 6/2 if DelayOpenTimer runs and
        SendNOTIFICATIONwithoutOPEN is set
        """
        speak = self.timers.running(Timer.DELAY_OPEN) and self.peering.settings.send_notification_without_open
        error = _cease(detail) if speak and not detail.silent else None
        return self._down(now, detail.why or "stopped", error=error, retry=False)

    def connect_again(self, now: float, detail: Detail) -> State:
        """drop TCP, restart ConnectRetryTimer, stop DelayOpenTimer, connect; stays"""
        self._drop()
        self.timers.stop(Timer.DELAY_OPEN)
        self._start_connect_retry(now)
        self._connect()
        return State.CONNECT

    def connect_from_active(self, now: float, detail: Detail) -> State:
        """restart ConnectRetryTimer, connect → Connect; a passive peer stays in Active"""
        if self.peering.settings.passive:
            self._start_connect_retry(now)
            return State.ACTIVE
        return self.connect_again(now, detail)

    def delay_is_over(self, now: float, detail: Detail) -> State:
        """send OPEN, HoldTimer 4 minutes → OpenSent"""
        self.timers.stop(Timer.CONNECT_RETRY)
        self.timers.stop(Timer.DELAY_OPEN)
        self._send_open(now)
        self._restart_hold(now, INITIAL_HOLD_TIME)
        return State.OPEN_SENT

    def connected(self, now: float, detail: Detail) -> State:
        """stop ConnectRetryTimer, send OPEN, HoldTimer 4 minutes → OpenSent; with DelayOpen instead start
        DelayOpenTimer, stays
        """
        self._take(detail.link)
        self.timers.stop(Timer.CONNECT_RETRY)
        delay = self.peering.settings.delay_open_time
        if not delay:
            return self.delay_is_over(now, detail)
        self.timers.start(Timer.DELAY_OPEN, now + delay)
        return self.state

    def connect_failed(self, now: float, detail: Detail) -> State:
        """DelayOpenTimer running: restart ConnectRetryTimer, stop DelayOpenTimer → Active; else drop → Idle"""
        if self.timers.running(Timer.DELAY_OPEN):
            return self.connect_later(now, detail)
        return self._down(now, detail.why or "connect failed", retry=False, lost=detail.lost)

    def lost_in_active(self, now: float, detail: Detail) -> State:
        """ConnectRetryCounter + 1, IdleHoldTimer → Idle"""
        return self._down(now, detail.why or "connection lost", lost=detail.lost)

    def opened_while_waiting(self, now: float, detail: Detail) -> State:
        """stop ConnectRetryTimer and DelayOpenTimer, send OPEN and KEEPALIVE, timers as negotiated → OpenConfirm"""
        self.delay_is_over(now, detail)
        return self.opened(now, detail)

    def error_without_open(self, now: float, detail: Detail) -> State:
        """NOTIFICATION with the error if SendNOTIFICATIONwithoutOPEN, drop TCP, ConnectRetryCounter + 1 → Idle"""
        error = detail.error if self.peering.settings.send_notification_without_open else None
        return self._down(now, detail.why or str(detail.error), error=error)

    def version_refused_early(self, now: float, detail: Detail) -> State:
        """drop TCP → Idle; ConnectRetryCounter + 1 unless DelayOpenTimer runs"""
        waiting = self.timers.running(Timer.DELAY_OPEN)
        return self._down(now, _heard(detail), received=detail.notification, retry=None if waiting else True)

    def down(self, now: float, detail: Detail) -> State:
        """drop TCP, ConnectRetryCounter + 1 → Idle"""
        why = detail.why or f"{self._event_name()} in {self.state}"
        return self._down(now, why, received=detail.notification, lost=detail.lost)

    # OpenSent and later

    def stopped(self, now: float, detail: Detail) -> State:
        """NOTIFICATION 6/2 (or what the stop says), drop TCP, ConnectRetryCounter = 0 → Idle"""
        error = None if detail.silent else _cease(detail)
        return self._down(now, detail.why or str(error or "stopped"), error=error, retry=False)

    def stopped_automatically(self, now: float, detail: Detail) -> State:
        """NOTIFICATION 6/s by cause, drop TCP, ConnectRetryCounter + 1 → Idle"""
        error = _cease(detail)
        return self._down(now, detail.why or str(error), error=error)

    def hold_expired(self, now: float, detail: Detail) -> State:
        """NOTIFICATION 4/0, drop TCP, ConnectRetryCounter + 1 → Idle"""
        error = HoldTimerExpired(f"nothing heard for {now - self.heard:.0f} s")
        return self._down(now, str(error), error=error)

    def connect_later(self, now: float, detail: Detail) -> State:
        """drop TCP, restart ConnectRetryTimer, listen → Active"""
        self.why = detail.why or "connection lost"
        self.peering.ended(self.why, now)
        self._drop(lost=detail.lost)
        self.timers.stop_all()
        self._start_connect_retry(now)
        return State.ACTIVE

    def opened(self, now: float, detail: Detail) -> State:
        """KEEPALIVE, KeepaliveTimer and HoldTimer as negotiated (both off when 0) → OpenConfirm"""
        self.negotiated = detail.negotiated
        if self.negotiated is None:  # nothing to agree on: only a caller's mistake
            return self.fsm_error(now, detail)
        self.framer.max_receive = self.negotiated.context.max_receive
        self.timers.stop(Timer.CONNECT_RETRY)
        self._send_keepalive(now)
        self._restart_hold(now, self.negotiated.hold_time)
        return State.OPEN_CONFIRM

    def protocol_error(self, now: float, detail: Detail) -> State:
        """NOTIFICATION with the error's code, subcode and data, drop TCP, ConnectRetryCounter + 1 → Idle"""
        return self._down(now, detail.why or str(detail.error), error=detail.error)

    def collision_lost(self, now: float, detail: Detail) -> State:
        """NOTIFICATION 6/7, drop TCP, ConnectRetryCounter + 1 → Idle"""
        error = Cease("connection collision", subcode=CeaseSubcode.CONNECTION_COLLISION_RESOLUTION)
        return self._down(now, str(error), error=error)

    def collision_lost_in_established(self, now: float, detail: Detail) -> State:
        """with CollisionDetectEstablishedState as in OpenConfirm; else nothing changes"""
        if not self.peering.settings.collision_detect_established:
            return self.state
        return self.collision_lost(now, detail)

    def version_refused(self, now: float, detail: Detail) -> State:
        """drop TCP → Idle"""
        return self._down(now, _heard(detail), received=detail.notification, retry=None)

    def notified(self, now: float, detail: Detail) -> State:
        """drop TCP without an answer, ConnectRetryCounter + 1 → Idle"""
        heard = detail.notification
        if self.our_open is not None and self.state is not State.ESTABLISHED and _is_about_capabilities(heard):
            self.peering.capabilities_refused(self.our_open)
        return self._down(now, _heard(detail), received=heard)

    def lost(self, now: float, detail: Detail) -> State:
        """drop TCP, ConnectRetryCounter + 1 → Idle"""
        return self._down(now, detail.why or "connection lost", lost=detail.lost, replaced=detail.replaced)

    def fsm_error(self, now: float, detail: Detail) -> State:
        """NOTIFICATION 5/1, 5/2 or 5/3 by state, with the message type, drop TCP, ConnectRetryCounter + 1 → Idle"""
        data = b"" if detail.message_type is None else bytes((detail.message_type,))
        what = self._event_name() if detail.message_type is None else _type_name(detail.message_type)
        error = FsmError(f"{what} in {self.state}", data=data, subcode=_FSM_SUBCODE.get(self.state, 0))
        return self._down(now, str(error), error=error)

    # OpenConfirm and Established

    def keepalive_due(self, now: float, detail: Detail) -> State:
        """KEEPALIVE, restart KeepaliveTimer; stays"""
        self._send_keepalive(now)
        return self.state

    def confirmed(self, now: float, detail: Detail) -> State:
        """restart HoldTimer, start SendHoldTimer → Established"""
        negotiated, link = self.negotiated, self.link
        if negotiated is None or link is None:
            return self.fsm_error(now, detail)
        self.heard = self.left = self.established_at = now
        self.send_hold_time = send_hold_time(self.peering.settings, negotiated.hold_time)
        if self.send_hold_time:
            self.timers.start(Timer.SEND_HOLD, now + self.send_hold_time)
        self.peering.output.append(Up(link.conn, negotiated, link.local_address, link.remote_address))
        return State.ESTABLISHED

    def alive(self, now: float, detail: Detail) -> State:
        """restart HoldTimer unless the hold time is 0; stays"""
        self.heard = now
        return self.state

    def send_hold_expired(self, now: float, detail: Detail) -> State:
        """NOTIFICATION 8/0 if that needs no waiting, reset TCP, ConnectRetryCounter + 1 → Idle"""
        error = SendHoldTimerExpired(f"nothing could be sent for {now - self.left:.0f} s")
        return self._down(now, str(error), error=error, abort=True)

    # What the handlers are made of

    def offer(self) -> Open:
        """Our OPEN for this connection, sent or still to be sent."""
        if self.our_open is None:
            self.our_open = self.peering.offer()
        return self.our_open

    def wait_idle(self, now: float) -> None:
        """Start IdleHoldTimer; after a connect that failed the wait doesn't grow (RFC 4271 §8.1.1)."""
        refused = self.fell_from < State.OPEN_SENT or self.peering.plain_open_next
        self.timers.start(Timer.IDLE_HOLD, now + self.peering.idle_hold_time(refused=refused))

    def _event_name(self) -> str:
        return self.event.name.lower() if self.event is not None else "an unknown event"

    def _start_connect_retry(self, now: float) -> None:
        self.timers.start(Timer.CONNECT_RETRY, now + self.peering.connect_retry_time())

    def _restart_hold(self, now: float, seconds: float) -> None:
        self.heard = now
        if seconds:
            self.timers.start(Timer.HOLD, now + seconds)
        else:
            self.timers.stop(Timer.HOLD)

    def _connect(self) -> None:
        """Ask for a TCP connection of our own."""
        self._forget_connection()
        self.link = Link(conn=next(self.peering.conn_ids), incoming=False)
        self.connecting = True
        self.peering.output.append(Connect(self.link.conn))

    def _take(self, link: Link | None) -> None:
        """``link`` is our connection from now on, whatever we had before."""
        if link is None:
            return
        if self.link is not None and self.link.conn != link.conn:
            self._drop()
        self._forget_connection()
        self.link = link

    def _drop(self, *, lost: bool = False, abort: bool = False) -> None:
        """Give the connection up; ``lost``: it is gone already."""
        if self.link is not None and not lost:
            self.peering.output.append(Close(self.link.conn, abort=abort or self.connecting))
        self._forget_connection()

    def _forget_connection(self) -> None:
        self.link = None
        self.connecting = False
        self.framer = Framer()
        self.our_open = None
        self.negotiated = None
        self.blocked = False

    def _send(self, data: bytes, now: float) -> None:
        if self.link is None or self.connecting:
            return
        self.peering.output.append(Send(self.link.conn, data))
        self.peering.messages_out += 1
        if not self.blocked:
            self.left = now

    def _send_open(self, now: float) -> None:
        self._send(self.offer().encode(), now)

    def _send_keepalive(self, now: float) -> None:
        """Send one and say when the next is due; without a hold time there is no next (RFC 4271 §4.4)."""
        self._send(KEEPALIVE, now)
        self.spoke = now
        seconds = self.negotiated.keepalive_time if self.negotiated is not None else 0.0
        if seconds:
            self.keepalive_interval = keepalive_interval(seconds, self.peering.random)
            self.timers.start(Timer.KEEPALIVE, now + self.keepalive_interval)
        else:
            self.timers.stop(Timer.KEEPALIVE)

    def _down(
        self,
        now: float,
        why: str,
        *,
        error: ProtocolError | None = None,
        received: Notification | None = None,
        retry: bool | None = True,
        lost: bool = False,
        abort: bool = False,
        replaced: bool = False,
    ) -> State:
        """Say why, stop the timers, give up the connection, tell of an Established session's end; → Idle.

        ``retry``: ConnectRetryCounter + 1 (True), = 0 (False), unchanged (None).
        """
        self.why = why
        link, peering = self.link, self.peering
        if error is not None and link is not None and not self.connecting:
            peering.last_sent = self._notification(error)
            self._send(peering.last_sent.encode(), now)
        if received is not None:
            peering.last_received = received
        self.timers.stop_all()
        self._drop(lost=lost, abort=abort)
        if self.state is State.ESTABLISHED and link is not None:
            peering.output.append(Down(link.conn, why, error, received, replaced))
        if retry is not None:
            peering.connect_retry_counter = peering.connect_retry_counter + 1 if retry else 0
        if not (_is_collision(error, received) and len(peering.sessions) > 1):
            peering.ended(why, now)
        return State.IDLE

    def _notification(self, error: ProtocolError) -> Notification:
        """What to send; a Hard Reset where the peer would take anything less for graceful (RFC 8538 §4)."""
        notification = Notification.from_error(error)
        restart = self.negotiated.graceful_restart if self.negotiated is not None else None
        if self.state is State.ESTABLISHED and restart is not None and restart.notification and is_final(error):
            return notification.as_hard_reset()
        return notification


def _is_collision(error: ProtocolError | None, received: Notification | None) -> bool:
    said = error or received
    return said is not None and (said.code, said.subcode) == (
        ErrorCode.CEASE,
        CeaseSubcode.CONNECTION_COLLISION_RESOLUTION,
    )


def _is_about_capabilities(heard: Notification | None) -> bool:
    return heard is not None and heard.code == ErrorCode.OPEN_MESSAGE and heard.subcode in _CAPABILITY_ERRORS


def _cease(detail: Detail) -> ProtocolError:
    if detail.error is not None:
        return detail.error
    return Cease("administrative shutdown", subcode=CeaseSubcode.ADMINISTRATIVE_SHUTDOWN)


def _heard(detail: Detail) -> str:
    """The peer's NOTIFICATION in words."""
    if detail.why or detail.notification is None:
        return detail.why or "notification"
    return f"peer says: {detail.notification}"


def _type_name(message_type: int) -> str:
    try:
        return MessageType(message_type).name
    except ValueError:
        return f"message of type {message_type}"
