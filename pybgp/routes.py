"""What policy and RIB both speak of: where a route comes from, a route, and what a policy says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .addresses import Family, address_text, key_network, key_text
from .messages.attributes.block import Block
from .messages.context import PeerKind

if TYPE_CHECKING:
    from netaddr import IPNetwork


class SourceKind(StrEnum):
    """What put a route into the table; spelled as policies match it."""

    LOCAL = "local"
    KERNEL = "kernel"
    BGP = "bgp"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Source:
    """One origin of routes: a session with a peer (each session is a new Source), our own routes, the kernel.

    Compared by identity. ``preference`` decides before all BGP steps: direct 240, static and own 200, BGP 100,
    kernel-learned 10, as Calico's BIRD has it. ``address`` is the peer's transport address, 4 or 16 octets.
    """

    kind: SourceKind
    name: str
    preference: int = 100
    peer_kind: PeerKind = PeerKind.INTERNAL
    address: bytes = b""
    router_id: bytes = b"\0\0\0\0"
    remote_as: int = 0
    client: bool = False
    """A route reflector client of ours (RFC 4456)."""
    epoch: int = 0
    """Counts the peer's sessions and enhanced refreshes: a smaller one marks what has not been renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelHints:
    """What a FIB policy adds to a route: the device to go through, ``onlink``, the kernel metric."""

    device: str | None = None
    onlink: bool = False
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A prefix with its attributes and its source, as policies and users see it. Immutable and cheap."""

    family: Family
    key: bytes
    block: Block
    source: Source
    hints: KernelHints | None = field(default=None, kw_only=True)

    @property
    def prefix(self) -> IPNetwork:
        return key_network(self.family, self.key)

    @property
    def prefix_text(self) -> str:
        return key_text(self.family, self.key)

    @property
    def next_hop(self) -> str:
        return address_text(self.block.next_hop) if self.block.next_hop else ""


@dataclass(frozen=True, slots=True)
class Accept:
    """The policy lets the route pass, with these attributes (the same object when nothing changed)."""

    block: Block
    hints: KernelHints | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """The policy stops the route; ``reason`` is what ``explain`` shows."""

    reason: str


Verdict = Accept | Reject
