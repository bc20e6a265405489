"""One peer: at most two sessions, when to start again after a fall, and who may end what (RFC 4271 §8.2.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from ..errors import Cease, OpenError, ProtocolError, UpdateError
from .actions import Action, Close
from .cease import shutdown
from .detail import NO_DETAIL, Detail
from .negotiate import Negotiated
from .peering import Link, Peering
from .session import Session
from .settings import SessionSettings
from .states import Event, State, Timer
from .status import SessionStatus
from .timers import CROSSING_TIME


class PeerFsm:
    """The state machine of one peer, as the speaker drives it.

    Inputs return nothing; what they cause waits in ``take_output()``. Every connection that we asked for or accepted
    ends once: by a ``Close`` from here, or by ``connection_failed`` from the transport. What comes for a connection
    that has ended is ignored.
    """

    __slots__ = ("_down_since", "_held_down", "_peering", "_sessions", "_wanted")

    def __init__(
        self, settings: SessionSettings, *, conn_ids: Iterator[int], random: Random, since: float = 0.0
    ) -> None:
        self._peering = Peering(settings, conn_ids, random, since)
        self._sessions = self._peering.sessions  # never empty: the last one stays, Idle
        self._sessions.append(Session(self._peering))
        self._wanted = False  # the operator wants the session up
        self._down_since: float | None = since  # when it was told to stay down; None: it is to be up
        self._held_down = False  # that was ``hold_down``

    # What the operator and the speaker want

    def start(self, now: float) -> None:
        """ManualStart: connect and listen, or only listen; at once, also where it was to stay Idle for a while."""
        self._wanted = True
        self._down_since, self._held_down = None, False
        self._peering.explained = False
        if self.state is State.IDLE:
            self._peering.idle_hold.forget()
            self._sessions[0].handle(self._by_role(Event.MANUAL_START, Event.MANUAL_START_PASSIVE), now)

    def stop(self, now: float, error: Cease | None = None, text: str = "") -> None:
        """ManualStop: say why (by default 6/2, with ``text`` as RFC 9003 has it), and stay down until ``start``."""
        self._stay_down(now)
        self._everywhere(Event.MANUAL_STOP, now, Detail(error=shutdown(error, text)))

    def shutdown_silently(self, now: float) -> None:
        """Close without a NOTIFICATION, so that the peer keeps our routes (RFC 4724 §4.1); down until ``start``."""
        self._stay_down(now)
        self._everywhere(Event.MANUAL_STOP, now, Detail(why="closed for a graceful restart", silent=True))

    def reset(self, now: float, error: Cease) -> None:
        """AutomaticStop: say why, and start again after the idle hold time."""
        self._everywhere(Event.AUTOMATIC_STOP, now, Detail(error=error))

    def hold_down(self, now: float, seconds: float | None, error: Cease) -> None:
        """AutomaticStop, and Idle for ``seconds``, None until ``start``; for a peer with too many prefixes."""
        wanted = self._wanted
        self._stay_down(now, held=True)
        self._everywhere(Event.AUTOMATIC_STOP, now, Detail(error=error))
        if seconds is not None and wanted:
            self._wanted = True
            self._sessions[0].may_return = False
            self._sessions[0].timers.start(Timer.IDLE_HOLD, now + seconds)

    def update_settings(self, settings: SessionSettings, now: float) -> None:
        """New settings: timers count from their next start, what is in the OPEN from the next session."""
        self._peering.settings = settings

    # What the transport tells

    def incoming(self, conn: int, now: float, *, local_address: str, remote_address: str) -> None:
        """The peer has opened a connection: take it, track it beside another one, or close it (RFC 4271 §8.2.1)."""
        link = Link(
            conn=conn,
            incoming=True,
            local_address=local_address,
            remote_address=remote_address,
            after_established=self._peering.established_for(now) > CROSSING_TIME,
        )
        session = self._seat(now)
        if session is None:
            self._peering.output.append(Close(conn, abort=True))
            return
        session.handle(Event.TCP_CONNECTION_CONFIRMED, now, Detail(link=link))
        self._settle(now)

    def connected(self, conn: int, now: float, *, local_address: str, remote_address: str) -> None:
        """The connection that we asked for is there."""
        session = self._find(conn)
        if session is None or not session.connecting:
            return
        link = Link(conn=conn, incoming=False, local_address=local_address, remote_address=remote_address)
        session.handle(Event.TCP_CR_ACKED, now, Detail(link=link))
        self._settle(now)

    def connection_failed(self, conn: int, now: float, why: str) -> None:
        """The connection could not be made, or has ended."""
        session = self._find(conn)
        if session is not None:
            session.handle(Event.TCP_CONNECTION_FAILS, now, Detail(why=why, lost=True))
            self._settle(now)

    def received(self, conn: int, data: bytes, now: float) -> None:
        """Octets from the peer, in any chunks."""
        session = self._find(conn)
        if session is not None:
            session.received(data, now)
            self._settle(now)

    def fail(self, conn: int, error: ProtocolError, now: float) -> None:
        """The speaker found an error in what came: NOTIFICATION and down."""
        session = self._find(conn)
        if session is not None:
            session.handle(_event_of(error), now, Detail(error=error))
            self._settle(now)

    def sent(self, conn: int, now: float) -> None:
        """Octets that were stuck have left the transport (RFC 9687)."""
        session = self._peering.established
        if session is not None and session.conn == conn:
            session.sent(now)

    def when_told(self, conn: int) -> Callable[[int, float | None], None] | None:
        """``told`` of an Established connection, for a speaker that calls it once a flush; None of any other."""
        session = self._peering.established
        return session.told if session is not None and session.conn == conn else None

    def blocked(self, conn: int, now: float) -> None:
        """The transport takes no more octets: the send hold timer runs until ``sent`` (RFC 9687 §4.3)."""
        session = self._find(conn)
        if session is not None:
            session.stuck(now)

    def tick(self, now: float) -> None:
        """The time is ``now``."""
        for session in tuple(self._sessions):
            session.tick(now)
        self._settle(now)

    # What comes out

    def take_output(self) -> list[Action]:
        """What is to be done, in order; empties the list."""
        output, self._peering.output = self._peering.output, []
        return output

    @property
    def next_deadline(self) -> float | None:
        """When to call ``tick``, None for never; it may turn out that nothing was due."""
        if len(self._sessions) == 1:
            return self._sessions[0].next_deadline
        deadlines = [session.next_deadline for session in self._sessions]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    @property
    def state(self) -> State:
        """The state of the most advanced session."""
        return self._peering.state

    @property
    def negotiated(self) -> Negotiated | None:
        """What the Established session can do, None if there is none."""
        return self._peering.established.negotiated if self._peering.established is not None else None

    @property
    def conn(self) -> int | None:
        """The connection of the Established session."""
        return self._peering.established.conn if self._peering.established is not None else None

    @property
    def settings(self) -> SessionSettings:
        return self._peering.settings

    def status(self) -> SessionStatus:
        """A copy of how it stands, for people."""
        peering = self._peering
        return SessionStatus(
            state=self.state,
            since=peering.since,
            up_since=peering.up_since,
            last_error=peering.last_error,
            last_error_at=peering.last_error_at,
            last_sent=peering.last_sent,
            last_received=peering.last_received,
            next_retry=self._next_retry(),
            negotiated=self.negotiated,
            conn=self.conn,
            messages_in=peering.messages_in,
            messages_out=peering.messages_out,
            connect_retry_counter=peering.connect_retry_counter,
            down_since=self._down_since if self.state is State.IDLE else None,
            held_down=self._held_down and self.state is State.IDLE,
        )

    # How it is done

    def _stay_down(self, now: float, *, held: bool = False) -> None:
        if self._down_since is None or held is not self._held_down:
            self._down_since = now
        self._wanted, self._held_down = False, held

    def _next_retry(self) -> float | None:
        timers = self._sessions[0].timers
        if self.state is State.IDLE:
            return timers.deadline(Timer.IDLE_HOLD)
        if self.state is State.ACTIVE and not self._peering.settings.passive:
            return timers.deadline(Timer.CONNECT_RETRY)
        return None

    def _by_role(self, active: Event, passive: Event) -> Event:
        return passive if self._peering.settings.passive else active

    def _find(self, conn: int) -> Session | None:
        for session in self._sessions:
            if session.link is not None and session.link.conn == conn:
                return session
        return None

    def _seat(self, now: float) -> Session | None:
        """The session that an incoming connection is for, None to refuse it."""
        if self.state is State.IDLE and not self._starts_early(now):
            return None
        for session in self._sessions:
            if session.state is State.ACTIVE and session.link is None:
                return session
        if len(self._sessions) > 1:
            # The peer opens one connection at a time, so it has given up an older one that got no further.
            stale = [s for s in self._sessions if s.link is not None and s.link.incoming and s.negotiated is None]
            if not stale:
                return None
            stale[0].abandon()
        session = Session(self._peering)
        session.state = State.ACTIVE  # RFC 4271 §8.2.1: an incoming connection has a state machine that listens
        self._sessions.append(session)
        return session

    def _starts_early(self, now: float) -> bool:
        """An incoming connection is as good a start as the end of the idle hold time, unless that is a penalty."""
        session = self._sessions[0]
        waits = self._wanted and session.timers.running(Timer.IDLE_HOLD)
        if not waits or not session.may_return or self._peering.idle_hold.oscillates:
            return False
        session.handle(Event.AUTOMATIC_START_PASSIVE, now)
        return True

    def _everywhere(self, event: Event, now: float, detail: Detail = NO_DETAIL) -> None:
        for session in tuple(self._sessions):
            session.handle(event, now, detail)
        if not self._wanted:
            for session in self._sessions:
                session.timers.stop_all()
        self._settle(now)

    def _settle(self, now: float) -> None:
        """After any event: no session too many, and a fallen one gets up again."""
        if len(self._sessions) > 1:
            self._drop_the_useless(now)
        session = self._sessions[0]
        if session.state is State.IDLE and self._wanted and not session.timers.running(Timer.IDLE_HOLD):
            self._get_up_later(session, now)

    def _drop_the_useless(self, now: float) -> None:
        """A session without a connection is of no use beside one that has one."""
        useful = [session for session in self._sessions if session.link is not None]
        if not useful:
            useful = [max(self._sessions, key=lambda session: (session.state, session.fell_from))]
        self._sessions[:] = useful
        self._peering.moved(None, "the other connection goes on", now)
        if len(useful) == 1:
            useful[0].alone(now)

    def _get_up_later(self, session: Session, now: float) -> None:
        self._down_since, self._held_down = None, False  # the time that it was held down is over: that was another fall
        peering = self._peering
        if not peering.plain_open_next:  # that was no fall: we know what to do better
            peering.idle_hold.fell(session.fell_from, session.was_up_for, peering.settings)
        if peering.settings.damp_peer_oscillations:
            passive = Event.AUTOMATIC_START_DAMPED_PASSIVE
            session.handle(self._by_role(Event.AUTOMATIC_START_DAMPED, passive), now)
        else:
            session.wait_idle(now)


def _event_of(error: ProtocolError) -> Event:
    """What an error found outside the state machine is to it."""
    if isinstance(error, Cease):
        return Event.AUTOMATIC_STOP
    if isinstance(error, UpdateError):
        return Event.UPDATE_MSG_ERR
    return Event.BGP_OPEN_MSG_ERR if isinstance(error, OpenError) else Event.BGP_HEADER_ERR
