"""What comes out of the core: plain values, drained by ``SpeakerCore.take_outputs()`` and performed by a shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ..addresses import Family
from ..fsm.actions import Close, Send
from ..rib.path import Path
from .fib import FibChanges

__all__ = [
    "Accept",
    "BestChange",
    "Close",
    "Connect",
    "Event",
    "Listen",
    "Output",
    "Rekey",
    "RouteChanges",
    "Send",
    "SendAll",
    "SweepFib",
    "TransportOptions",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportOptions:
    """How a TCP connection with a peer is to be made."""

    local_address: str | None = None
    interface: str | None = None
    ttl: int = 64
    """Hops our packets may make: 1 for a directly connected external peer, 255 with TTL security."""
    min_ttl: int = 0
    """Packets that arrive with less are dropped by the kernel (RFC 5082), 0 for no check."""
    dscp: int = 48
    """Of our packets (RFC 2474); 48 is CS6."""
    user_timeout: float = 0
    """Seconds that what was sent may stay unacknowledged (RFC 5482), 0 for the kernel's own limit."""
    password: str | None = field(default=None, repr=False)
    """TCP-MD5 (RFC 2385)."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen on exactly these (host, port)s, with these passwords by peer address or prefix."""

    endpoints: tuple[tuple[str, int], ...]
    passwords: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a TCP connection and report ``connected`` or ``connection_failed``."""

    conn: int
    address: str
    port: int
    options: TransportOptions


@dataclass(frozen=True, slots=True)
class Accept:
    """A connection that came in belongs to a peer: apply these options to it."""

    conn: int
    options: TransportOptions


@dataclass(frozen=True, slots=True)
class Rekey:
    """Give a live connection another TCP-MD5 password, or none."""

    conn: int
    address: str
    password: str | None = field(repr=False)


class SendAll(NamedTuple):
    """Write these octets to each of these connections."""

    # HOT, once a flush: made in half the time of a frozen dataclass.

    conns: list[int]
    data: bytes


@dataclass(frozen=True, slots=True)
class SweepFib:
    """All first End-of-RIBs of the family are in: what an earlier run left and nobody wants may go."""

    family: Family


@dataclass(frozen=True, slots=True)
class BestChange:
    """The best route of a prefix changed; None is "no route"."""

    family: Family
    key: bytes
    old: Path | None
    new: Path | None


@dataclass(frozen=True, slots=True)
class RouteChanges:
    """Best-route changes of one flush, only made while somebody watches."""

    changes: tuple[BestChange, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something an operator may want to know; one line in the log."""

    kind: str
    level: Literal["debug", "info", "warn", "error"]
    fields: Mapping[str, object]


Output = Listen | Connect | Accept | Rekey | Send | SendAll | Close | FibChanges | SweepFib | RouteChanges | Event
