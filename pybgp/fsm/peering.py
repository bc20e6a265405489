"""What the sessions with one peer share: its settings, its history, and the actions that wait to be taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random
from typing import TYPE_CHECKING

from ..messages.notification import Notification
from ..messages.open import Open
from .actions import Action, StateChange
from .offer import can_do_without_capabilities, open_message
from .settings import SessionSettings
from .states import Event, State
from .timers import IdleHold, jittered

if TYPE_CHECKING:
    from .session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One TCP connection as it was made: its number, who opened it, and both addresses."""

    conn: int
    incoming: bool
    local_address: str = ""
    remote_address: str = ""
    after_established: bool = False
    """It came when another session had been Established for a while (RFC 4724 §5)."""

    @property
    def loopback(self) -> bool:
        """Both ends are on this host, over loopback addresses."""
        try:
            return ip_address(self.remote_address.partition("%")[0]).is_loopback
        except ValueError:  # a virtual link has names of its own
            return False


class Peering:
    """One peer's part that outlives its sessions. ``sessions`` are at most two, but for a moment."""

    __slots__ = (
        "conn_ids",
        "connect_retry_counter",
        "established",
        "explained",
        "idle_hold",
        "last_error",
        "last_error_at",
        "last_received",
        "last_sent",
        "messages_in",
        "messages_out",
        "output",
        "plain_open_next",
        "random",
        "sessions",
        "settings",
        "since",
        "state",
        "up_since",
    )

    def __init__(self, settings: SessionSettings, conn_ids: Iterator[int], random: Random, since: float = 0.0) -> None:
        self.settings = settings
        self.conn_ids = conn_ids  # numbers for the connections that we open
        self.random = random  # for jitter only
        self.output: list[Action] = []
        self.sessions: list[Session] = []
        self.established: Session | None = None  # the one that is Established
        self.state = State.IDLE  # of the most advanced session
        self.since = since  # when that state was entered
        self.up_since: float | None = None  # when Established was entered
        self.connect_retry_counter = 0  # ConnectRetryCounter (RFC 4271 §8.1.1)
        self.idle_hold = IdleHold()
        self.plain_open_next = False  # the peer choked on our capabilities: one try without them
        self.last_error = ""
        self.last_error_at: float | None = None
        self.explained = False  # a NOTIFICATION said that: a closed connection says less
        self.last_sent: Notification | None = None
        self.last_received: Notification | None = None
        self.messages_in = 0
        self.messages_out = 0

    def offer(self) -> Open:
        """The OPEN for a new connection."""
        plain, self.plain_open_next = self.plain_open_next, False
        return open_message(self.settings, plain=plain)

    def capabilities_refused(self, sent: Open) -> None:
        """The peer answered our OPEN with 2/4 or 2/7: the next one goes without capabilities, once (RFC 5492 §3)."""
        self.plain_open_next = bool(sent.capabilities) and can_do_without_capabilities(self.settings)

    def connect_retry_time(self) -> float:
        """ConnectRetryTime with its jitter, in seconds."""
        return jittered(self.settings.connect_retry_time, self.random)

    def idle_hold_time(self, *, refused: bool = False) -> float:
        """IdleHoldTime with its jitter, in seconds; ``refused``: after a connect that failed."""
        return jittered(self.idle_hold.seconds(self.settings, refused=refused), self.random)

    def established_for(self, now: float) -> float:
        """Seconds since the session came up, negative if there is none."""
        return now - self.up_since if self.established is not None and self.up_since is not None else -1.0

    def ended(self, why: str, now: float, *, explained: bool = False, closed: bool = False) -> None:
        """A session ended for that reason.

        ``explained``: a NOTIFICATION said why, ours or the peer's. ``closed``: a connection ended below Established
        without one, as a peer does that waits after an error: until a session comes up, or no connection, what was
        said before is the better reason.
        """
        if closed and self.explained:
            return
        self.last_error = why
        self.last_error_at = now
        self.explained = explained

    def moved(self, event: Event | None, why: str, now: float) -> None:
        """A session changed its state: tell it if the most advanced state changed."""
        new = max((session.state for session in self.sessions), default=State.IDLE)
        if new is self.state:
            return
        self.established = next((session for session in self.sessions if session.state is State.ESTABLISHED), None)
        self.output.append(StateChange(self.state, new, event, why))
        self.state = new
        self.since = now
        self.up_since = now if new is State.ESTABLISHED else None
        if new is State.ESTABLISHED:
            self.explained = False
