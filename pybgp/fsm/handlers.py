"""What a session does when something happens: the right-hand side of RFC 4271 §8.2.2.

``transitions`` says which handler belongs to which state and event. A handler gets the time and what came with the
event, and returns the next state. The first paragraph of its docstring is what ``docs/reference/fsm.md`` shows.
"""

from __future__ import annotations

from typing import Final

from ..constants import CeaseSubcode, ErrorCode, FsmSubcode, MessageType, OpenSubcode
from ..errors import Cease, FsmError, HoldTimerExpired, ProtocolError, SendHoldTimerExpired
from ..messages.notification import Notification
from .actions import Up
from .connection import Connection
from .detail import NO_DETAIL, Detail
from .states import State, Timer
from .timers import INITIAL_HOLD_TIME, send_hold_time

_FSM_SUBCODE: Final = {
    State.OPEN_SENT: FsmSubcode.IN_OPEN_SENT,
    State.OPEN_CONFIRM: FsmSubcode.IN_OPEN_CONFIRM,
    State.ESTABLISHED: FsmSubcode.IN_ESTABLISHED,
}
_CAPABILITY_ERRORS: Final = (OpenSubcode.UNSUPPORTED_OPTIONAL_PARAMETER, OpenSubcode.UNSUPPORTED_CAPABILITY)


class Handlers(Connection):
    """All that a session can do; ``Session`` says when."""

    __slots__ = ()

    # Any state

    def ignored(self, now: float, detail: Detail) -> State:
        """nothing changes"""
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
        return self._down(now, detail.why or "stopped", retries="none")

    def stopped_in_active(self, now: float, detail: Detail) -> State:
        """drop TCP, ConnectRetryCounter = 0 → Idle; before that NOTIFICATION 6/2 if DelayOpenTimer runs and
        SendNOTIFICATIONwithoutOPEN is set
        """
        speak = self.timers.running(Timer.DELAY_OPEN) and self.peering.settings.send_notification_without_open
        error = _cease(detail) if speak and not detail.silent else None
        return self._down(now, detail.why or "stopped", error=error, retries="none")

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
        return self._down(now, detail.why or "connect failed", retries="same", lost=detail.lost)

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
        return self._down(now, _heard(detail), received=detail.notification, retries="same" if waiting else "more")

    def down(self, now: float, detail: Detail) -> State:
        """drop TCP, ConnectRetryCounter + 1 → Idle"""
        why = detail.why or f"{self._event_name()} in {self.state}"
        return self._down(now, why, received=detail.notification, lost=detail.lost)

    # OpenSent and later

    def stopped(self, now: float, detail: Detail) -> State:
        """NOTIFICATION 6/2 (or what the stop says), drop TCP, ConnectRetryCounter = 0 → Idle"""
        error = None if detail.silent else _cease(detail)
        return self._down(now, detail.why or str(error or "stopped"), error=error, retries="none")

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
        self.peering.ended(self.why, now, closed=self._closed_early())
        self._drop(lost=detail.lost)
        self.timers.stop_all()
        self._start_connect_retry(now)
        return State.ACTIVE

    def opened(self, now: float, detail: Detail) -> State:
        """KEEPALIVE, KeepaliveTimer and HoldTimer as negotiated (both off when 0) → OpenConfirm; KEEPALIVE is held back
        a moment if the peer's OPEN on the other connection would close this one
        """
        self.negotiated = detail.negotiated
        if self.negotiated is None:  # nothing to agree on: only a caller's mistake
            return self.fsm_error(now, detail)
        self.framer.max_receive = self.negotiated.context.max_receive
        self.timers.stop(Timer.CONNECT_RETRY)
        if detail.held_back:
            self._hold_back(now)
        else:
            self._send_keepalive(now)
        self._restart_hold(now, self.negotiated.hold_time)
        return State.OPEN_CONFIRM

    def protocol_error(self, now: float, detail: Detail) -> State:
        """NOTIFICATION with the error's code, subcode and data, drop TCP, ConnectRetryCounter + 1 → Idle"""
        return self._down(now, detail.why or str(detail.error), error=detail.error)

    def collision_lost(self, now: float, detail: Detail) -> State:
        """NOTIFICATION 6/7, drop TCP, ConnectRetryCounter + 1 → Idle"""
        error = Cease("connection collision", subcode=CeaseSubcode.CONNECTION_COLLISION_RESOLUTION)
        return self._down(now, detail.why or str(error), error=error, replaced=detail.replaced)

    def collision_lost_in_established(self, now: float, detail: Detail) -> State:
        """with CollisionDetectEstablishedState, or when the peer has chosen the other connection, as in OpenConfirm;
        else nothing changes
        """
        if not (detail.replaced or self.peering.settings.collision_detect_established):
            return self.state
        return self.collision_lost(now, detail)

    def version_refused(self, now: float, detail: Detail) -> State:
        """drop TCP → Idle"""
        return self._down(now, _heard(detail), received=detail.notification, retries="same")

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

    def keepalive_due_in_confirm(self, now: float, detail: Detail) -> State:
        """KEEPALIVE, restart KeepaliveTimer; stays; → Established if this one was held back and the peer's is here"""
        self._send_keepalive(now)
        return self.confirmed(now, NO_DETAIL) if self.answered else self.state

    def confirmed(self, now: float, detail: Detail) -> State:
        """restart HoldTimer, start SendHoldTimer, event 23 for the other connection if the peer was to choose
        → Established; stays while our own KEEPALIVE is held back
        """
        negotiated, link = self.negotiated, self.link
        if negotiated is None or link is None:
            return self.fsm_error(now, detail)
        if self.holding_back:
            self.answered = True
            self.heard = now
            return self.state
        if self.timers.running(Timer.COLLISION):
            self._was_chosen(now)
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
