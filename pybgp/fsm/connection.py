"""The state of one session, and what its handlers are made of: connecting, sending, the timers, going down."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ..constants import CeaseSubcode, ErrorCode
from ..errors import ProtocolError
from ..messages.header import KEEPALIVE, Framer
from ..messages.notification import Notification
from ..messages.open import Open
from .actions import Close, Connect, Down, Send
from .cease import is_final
from .negotiate import Negotiated
from .peering import Link, Peering
from .states import Event, State, Timer
from .timers import HOLD_BACK_TIME, Timers, keepalive_interval

Retries: TypeAlias = Literal["more", "none", "same"]
"""What becomes of ConnectRetryCounter (RFC 4271 §8.1.1)."""
_FAULTLESS: Final = (Event.TCP_CONNECTION_FAILS, Event.AUTOMATIC_STOP)
"""Ends for which the peer needs no penalty, like its own Cease."""


class Connection:
    """One session's state, over at most one TCP connection at a time; the moves that the handlers share."""

    __slots__ = (
        "answered",
        "blocked",
        "connecting",
        "established_at",
        "event",
        "fell_from",
        "framer",
        "heard",
        "holding_back",
        "keepalive_interval",
        "left",
        "link",
        "may_return",
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
        self.holding_back = False  # our KEEPALIVE waits for the peer's OPEN on the other connection
        self.answered = False  # the peer's KEEPALIVE came meanwhile
        self.may_return = False  # the last end was no fault: an incoming connection ends the idle hold time
        self.keepalive_interval = 0.0  # seconds to the next KEEPALIVE, with jitter
        self.send_hold_time = 0.0  # 0: off

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
        self.holding_back = self.answered = False

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
        self.holding_back = False
        self.spoke = now
        seconds = self.negotiated.keepalive_time if self.negotiated is not None else 0.0
        if seconds:
            self.keepalive_interval = keepalive_interval(seconds, self.peering.random)
            self.timers.start(Timer.KEEPALIVE, now + self.keepalive_interval)
        else:
            self.timers.stop(Timer.KEEPALIVE)

    def _hold_back(self, now: float) -> None:
        """KEEPALIVE waits, at most ``HOLD_BACK_TIME``: without it the peer cannot be Established here (§6.8)."""
        self.holding_back = True
        self.spoke = now
        self.keepalive_interval = HOLD_BACK_TIME
        self.timers.start(Timer.KEEPALIVE, now + HOLD_BACK_TIME)

    def _was_chosen(self, now: float) -> None:
        """The peer had the choice between two connections and goes on with this one."""
        self.timers.stop(Timer.COLLISION)
        for rival in list(self.peering.sessions):
            if rival is not self:
                rival.lose(now)

    def _down(
        self,
        now: float,
        why: str,
        *,
        error: ProtocolError | None = None,
        received: Notification | None = None,
        retries: Retries = "more",
        lost: bool = False,
        abort: bool = False,
        replaced: bool = False,
    ) -> State:
        """Say why, stop the timers, give up the connection, tell of an Established session's end; → Idle.

        ``retries``: ConnectRetryCounter + 1, = 0, or the same.
        """
        self.why = why
        link, peering, closed = self.link, self.peering, self._closed_early()
        if error is not None and link is not None and not self.connecting:
            peering.last_sent = self._notification(error)
            self._send(peering.last_sent.encode(), now)
        if received is not None:
            peering.last_received = received
        self.timers.stop_all()
        self._drop(lost=lost, abort=abort)
        if self.state is State.ESTABLISHED and link is not None:
            peering.output.append(Down(link.conn, why, error, received, replaced))
        self.may_return = self.event in _FAULTLESS or (received is not None and received.code == ErrorCode.CEASE)
        if retries == "none":
            peering.connect_retry_counter = 0
        if not (_is_collision(error, received) and len(peering.sessions) > 1):  # else nothing has ended
            peering.connect_retry_counter += retries == "more"
            peering.ended(why, now, explained=error is not None or received is not None, closed=closed)
        return State.IDLE

    def _closed_early(self) -> bool:
        """A connection that was made is gone, and had not come to Established."""
        early = self.state is not State.ESTABLISHED and not self.connecting
        return self.event is Event.TCP_CONNECTION_FAILS and early

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
