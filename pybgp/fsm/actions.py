"""What comes out of a peer's state machine: plain values, drained by ``PeerFsm.take_output()``.

``conn`` numbers one TCP connection for the life of the speaker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..errors import ProtocolError
from ..messages.notification import Notification
from ..messages.refresh import RouteRefresh
from .negotiate import Negotiated
from .states import Event, State


@dataclass(frozen=True, slots=True)
class Connect:
    """Start a TCP connection; answer with ``PeerFsm.connected`` or ``connection_failed``."""

    conn: int


class Send(NamedTuple):
    """Write these octets."""

    # HOT, once a flush and member: made in half the time of a frozen dataclass.

    conn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Let what was sent leave (NOTIFICATION before FIN), then close; ``abort`` resets the connection instead."""

    conn: int
    abort: bool = False


@dataclass(frozen=True, slots=True)
class Up:
    """The session is Established."""

    conn: int
    negotiated: Negotiated
    local_address: str
    remote_address: str


@dataclass(frozen=True, slots=True)
class Down:
    """An Established session has ended.

    ``sent`` is the error we sent, ``received`` the peer's NOTIFICATION; both None means that the connection was lost.
    ``replaced`` is true when the peer's new connection took this one's place (RFC 4724 §4.2); an ``Up`` follows.
    """

    conn: int
    why: str
    sent: ProtocolError | None = None
    received: Notification | None = None
    replaced: bool = False


class Updates(NamedTuple):
    """Bodies of consecutive UPDATEs (without the 19 octets of header), in order of arrival."""

    conn: int
    bodies: list[bytes]


@dataclass(frozen=True, slots=True)
class Refresh:
    """A ROUTE-REFRESH that the session's capabilities allow."""

    conn: int
    message: RouteRefresh


@dataclass(frozen=True, slots=True)
class StateChange:
    """For the log, one line each."""

    old: State
    new: State
    event: Event | None
    why: str


Action = Connect | Send | Close | Up | Down | Updates | Refresh | StateChange
