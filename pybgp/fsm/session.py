"""One TCP connection with a peer, from connect to close: octets and the time go in, events reach the table."""

from __future__ import annotations

from typing import Final

from ..constants import MessageType, OpenSubcode, RefreshSubtype
from ..errors import HeaderError, OpenError, ProtocolError
from ..messages.errors import NotificationTooShort
from ..messages.notification import Notification
from ..messages.open import Open
from ..messages.refresh import RouteRefresh
from .actions import Refresh, Updates
from .collision import Contender, Identity, Outcome, resolve
from .detail import NO_DETAIL, Detail
from .handlers import Handlers
from .negotiate import Negotiated, negotiate
from .states import Event, State, Timer
from .timers import DECISION_TIME
from .transitions import handler

_OPEN: Final = MessageType.OPEN.value
_UPDATE: Final = MessageType.UPDATE.value
_NOTIFICATION: Final = MessageType.NOTIFICATION.value
_KEEPALIVE: Final = MessageType.KEEPALIVE.value


class Session(Handlers):
    """A state machine of RFC 4271 §8 over at most one TCP connection at a time."""

    __slots__ = ()

    @property
    def conn(self) -> int | None:
        """The number of the connection that we have or are making."""
        return None if self.link is None else self.link.conn

    def handle(self, event: Event, now: float, detail: Detail = NO_DETAIL) -> None:
        """One event of RFC 4271 §8.1, with what came with it."""
        old = self.state
        self.event = event
        self.why = detail.why
        new = handler(old, event)(self, now, detail)
        if new is old:
            return
        self.state = new
        if new is State.IDLE:
            self.fell_from = old
            self.was_up_for = now - self.established_at if self.established_at is not None else 0.0
            self.established_at = None
        self.peering.moved(event, self.why, now)

    # Octets

    def received(self, data: bytes, now: float) -> None:
        """Octets of our connection, in any chunks."""
        # HOT, once a read: 0.05 µs an UPDATE over the framer, when there are only UPDATEs as in a table's transfer. The
        # hold timer moves by a field write for all of them.
        framer = self.framer
        messages = framer.feed(data)
        self.peering.messages_in += len(messages)
        updates = [body for kind, body in messages if kind == _UPDATE]
        if self.state is State.ESTABLISHED and len(updates) == len(messages):
            self._hand_over(updates, now)
        else:
            self._one_by_one(messages, now)
        if framer.error is not None and self.framer is framer:
            self._bad_header(framer.error, now)

    def _one_by_one(self, messages: list[tuple[int, bytes]], now: float) -> None:
        """Messages of any kind; consecutive UPDATEs are still gathered, and nothing overtakes them."""
        framer = self.framer
        updates: list[bytes] = []
        for kind, body in messages:
            if kind == _UPDATE and self.state is State.ESTABLISHED:
                updates.append(body)
                continue
            updates = self._hand_over(updates, now)
            self._message(kind, body, now)
            if self.framer is not framer:  # the connection has ended
                return
        self._hand_over(updates, now)

    def _hand_over(self, updates: list[bytes], now: float) -> list[bytes]:
        """Event 27 for all of them at once; an empty list to go on with."""
        if updates and self.link is not None:
            self.heard = now
            self.peering.output.append(Updates(self.link.conn, updates))
            return []
        return updates

    def _message(self, kind: int, body: bytes, now: float) -> None:
        if kind == _KEEPALIVE:
            self.handle(Event.KEEPALIVE_MSG, now, Detail(message_type=kind))
        elif kind == _OPEN:
            self._open(body, now)
        elif kind == _NOTIFICATION:
            self._notification_received(Notification.decode(body), now)
        elif kind == _UPDATE or self.state is not State.ESTABLISHED:
            # RFC 2918 gives ROUTE-REFRESH no event: outside Established it is as unexpected as an UPDATE.
            self.handle(Event.UPDATE_MSG, now, Detail(message_type=kind))
        else:
            self._refresh(body, now)

    def _bad_header(self, error: HeaderError, now: float) -> None:
        if isinstance(error, NotificationTooShort):  # RFC 4271 §6.4: no answer to a NOTIFICATION, good or bad
            self.handle(Event.NOTIF_MSG, now, Detail(why=str(error)))
        else:
            self.handle(Event.BGP_HEADER_ERR, now, Detail(error=error))

    def _notification_received(self, notification: Notification, now: float) -> None:
        version = (notification.code, notification.subcode) == (
            OpenError.code,
            OpenSubcode.UNSUPPORTED_VERSION_NUMBER,
        )
        event = Event.NOTIF_MSG_VER_ERR if version else Event.NOTIF_MSG
        self.handle(event, now, Detail(notification=notification))

    def _refresh(self, body: bytes, now: float) -> None:
        """RFC 2918 §4, RFC 7313 §4 and §5: hand on what our capabilities and families allow, drop the rest."""
        negotiated, link = self.negotiated, self.link
        if negotiated is None or link is None or not negotiated.answers_refresh:
            return
        try:
            message = RouteRefresh.decode(body, negotiated.enhanced_refresh)
        except ProtocolError as error:
            self.handle(Event.BGP_HEADER_ERR, now, Detail(error=error))
            return
        if not negotiated.enhanced_refresh:
            message = RouteRefresh(message.family)  # the subtype was a reserved octet then
        if message.family in negotiated.families and message.subtype in RefreshSubtype.__members__.values():
            self.peering.output.append(Refresh(link.conn, message))

    # OPEN and collisions

    def _open(self, body: bytes, now: float) -> None:
        waiting = self.timers.running(Timer.DELAY_OPEN)
        if self.state is not State.OPEN_SENT and not waiting:
            self.handle(Event.BGP_OPEN, now, Detail(message_type=_OPEN))
            return
        try:
            loopback = self.link is not None and self.link.loopback
            negotiated = negotiate(self.peering.settings, self.offer(), Open.decode(body), loopback=loopback)
        except OpenError as error:
            self.handle(Event.BGP_OPEN_MSG_ERR, now, Detail(error=error))
            return
        except HeaderError as error:
            self.handle(Event.BGP_HEADER_ERR, now, Detail(error=error))
            return
        outcome = self._meet(negotiated, now)
        if outcome is Outcome.NEW_LOSES:
            self.handle(Event.OPEN_COLLISION_DUMP, now)
            return
        event = Event.BGP_OPEN_WITH_DELAY_OPEN_TIMER if waiting else Event.BGP_OPEN
        held_back = outcome is Outcome.NEW_WAITS
        self.handle(event, now, Detail(negotiated=negotiated, message_type=_OPEN, held_back=held_back))
        if outcome is Outcome.PEER_DECIDES:
            self.timers.start(Timer.COLLISION, now + DECISION_TIME)

    def _meet(self, negotiated: Negotiated, now: float) -> Outcome | None:
        """Settle with the other connection, if there is one (RFC 4271 §6.8); what becomes of ourselves is left."""
        settings = self.peering.settings
        rival = next((session for session in self.peering.sessions if session is not self), None)
        if rival is None:
            return None
        outcome = resolve(
            self.contender(),
            rival.contender(),
            local=Identity(settings.router_id, settings.local_as),
            remote=Identity(negotiated.remote_router_id, negotiated.remote_as),
            detect_established=settings.collision_detect_established,
        )
        if outcome is Outcome.OLD_LOSES:
            rival.handle(Event.OPEN_COLLISION_DUMP, now)
        elif outcome is Outcome.OLD_IS_REPLACED:
            why = "replaced by a new connection of the restarted peer"
            rival.handle(Event.TCP_CONNECTION_FAILS, now, Detail(why=why, replaced=True))
        elif outcome is Outcome.OLD_IS_ABANDONED:
            rival.abandon()
        return outcome

    def lose(self, now: float) -> None:
        """The peer, who had the choice, goes on with the other connection."""
        detail = Detail(why="the peer has chosen its other connection", replaced=True)
        self.handle(Event.OPEN_COLLISION_DUMP, now, detail)

    def alone(self, now: float) -> None:
        """The other connection is gone: there is nothing to wait for any more."""
        self.timers.stop(Timer.COLLISION)
        if self.holding_back:
            self.handle(Event.KEEPALIVE_TIMER_EXPIRES, now)

    def contender(self) -> Contender:
        """What collision detection must know of this session."""
        restart = self.negotiated.graceful_restart if self.negotiated is not None else None
        return Contender(
            self.state,
            incoming=self.link is not None and self.link.incoming,
            restartable=restart is not None and bool(restart.families),
            confirmed=self.state >= State.OPEN_CONFIRM and not self.holding_back,
            after_established=self.link is not None and self.link.after_established,
        )

    def abandon(self) -> None:
        """Another session takes over before this one has said anything: not an event, it just isn't needed."""
        self.timers.stop_all()
        self._drop()
        self.peering.sessions.remove(self)

    # The time, and what the transport tells

    def tick(self, now: float) -> None:
        """Raise the events of the timers that have expired."""
        for timer in self.timers.due(now):
            deadline = self.timers.deadline(timer)
            if deadline is None or deadline > now:  # an earlier one of this tick has stopped or restarted it
                continue
            real = self._real_deadline(timer, deadline, now)
            if real > now:
                self.timers.start(timer, real)
                continue
            self.timers.stop(timer)
            self.handle(self._expiry(timer), now)

    def _real_deadline(self, timer: Timer, deadline: float, now: float) -> float:
        """Where a timer really ends that is moved by a field write (HOLD, KEEPALIVE, SEND_HOLD)."""
        if timer is Timer.HOLD and self.negotiated is not None:
            return self.heard + self.negotiated.hold_time
        if timer is Timer.KEEPALIVE:
            return self.spoke + self.keepalive_interval
        if timer is Timer.SEND_HOLD:
            return (self.left if self.blocked else now) + self.send_hold_time
        return deadline

    def _expiry(self, timer: Timer) -> Event:
        settings = self.peering.settings
        if timer is Timer.IDLE_HOLD and not settings.damp_peer_oscillations:
            return Event.AUTOMATIC_START_PASSIVE if settings.passive else Event.AUTOMATIC_START
        return timer.event

    @property
    def next_deadline(self) -> float | None:
        """When to tick; may be earlier than anything happens."""
        return self.timers.next_deadline

    def sent(self, now: float) -> None:
        """An UPDATE went to the transport, or octets that were stuck have left it: both timers start anew (KAL-02)."""
        self.spoke = self.left = now
        self.blocked = False

    def told(self, messages: int, now: float | None) -> None:
        """So many messages of the speaker's own went to the transport; ``now``: they start the timers anew."""
        # HOT, once a flush and member.
        self.peering.messages_out += messages
        if now is not None:
            self.spoke = self.left = now
            self.blocked = False

    def stuck(self, now: float) -> None:
        """The transport takes no more: from the last octets that left, the send hold time runs (RFC 9687 §4.3)."""
        if not self.blocked:
            self.blocked = True
            if self.send_hold_time and self.state is State.ESTABLISHED:
                self.timers.start(Timer.SEND_HOLD, max(self.left + self.send_hold_time, now))
