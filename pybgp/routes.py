"""What policy and RIB both speak of: where a route comes from, a route, and what a policy says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from types import EllipsisType
from typing import TYPE_CHECKING, Protocol

from .addresses import Family, address_text, key_network, key_text
from .constants import Origin
from .messages.attributes import community_pattern
from .messages.attributes.base import pieces
from .messages.attributes.block import Block
from .messages.attributes.edit import BlockEdit, Unchanged
from .messages.attributes.extended_community_text import extended_community_text
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

    Compared by identity. ``preference`` decides before all BGP steps, the higher wins; None is what ``[preference]``
    says of its kind. ``address`` is the peer's transport address, 4 or 16 octets.
    """

    kind: SourceKind
    name: str
    preference: int | None = None
    peer_kind: PeerKind = PeerKind.INTERNAL
    address: bytes = b""
    router_id: bytes = b"\0\0\0\0"
    remote_as: int = 0
    client: bool = False
    """A route reflector client of ours (RFC 4456)."""
    cluster_id: bytes = b""
    """The cluster of a client (RFC 4456 §7), empty for every other source."""
    interface: str = ""
    """The device of the link that we share with the peer, on which its link-local addresses mean something."""
    epoch: int = 0
    """Counts the peer's sessions and enhanced refreshes: a smaller one marks what has not been renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelHints:
    """What a FIB policy adds to a route: the device to go through, ``onlink``, the kernel metric."""

    device: str | None = None
    onlink: bool = False
    metric: int | None = None


class RpkiState(StrEnum):
    """What the RPKI says of a route's origin (RFC 6811 §2); spelled as policies match it."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_FOUND = "not_found"


class Validator(Protocol):
    """A table of ROAs that never changes: a new table is another validator, compared by identity."""

    def state(self, family: Family, key: bytes, origin_as: int | None) -> RpkiState:
        """The state of a route whose path's last AS is ``origin_as`` (RFC 6811 §2).

        0 is our own AS: the path is empty, or of our confederation. None: it ends in a set, so that no ROA can match.
        Of a family that ROAs don't exist for, every route is ``NOT_FOUND``.
        """


@dataclass(frozen=True, slots=True)
class Route:
    """A prefix with its attributes and its source, as policies and users see it. Immutable and cheap.

    Everything is read from ``block`` when it is asked for; ``replace`` makes a changed copy.
    """

    family: Family
    key: bytes
    block: Block
    source: Source
    hints: KernelHints | None = field(default=None, kw_only=True)

    @property
    def prefix(self) -> IPNetwork:
        """
        Raises:
            LookupError: the policy is run once for many prefixes (``once_per_block``), and must not ask.
        """
        return key_network(self.family, self._known_key())

    @property
    def prefix_text(self) -> str:
        """``prefix`` as text, which is cheaper."""
        return key_text(self.family, self._known_key())

    @property
    def prefix_length(self) -> int:
        return self._known_key()[0]

    @property
    def next_hop(self) -> str:
        """The address, "" for a route of our own; of a global and a link-local one (RFC 2545) the global one."""
        return address_text(self.block.next_hop) if self.block.next_hop else ""

    @property
    def as_path(self) -> tuple[int, ...]:
        """All AS numbers in order, the neighbour's first, those of sets and confederation segments included."""
        return self.block.as_path

    @property
    def as_path_text(self) -> str:
        """What AS-path expressions are matched on: "64512 65001 {65010,65011}"."""
        return self.block.as_path_text

    @property
    def origin(self) -> str:
        """``"igp"``, ``"egp"`` or ``"incomplete"``."""
        return Origin(self.block.origin).name.lower()

    @property
    def local_pref(self) -> int | None:
        return self.block.local_pref

    @property
    def med(self) -> int | None:
        return self.block.med

    @property
    def communities(self) -> tuple[str, ...]:
        """Standard communities in numbers ("65535:65281", never "no-export"); see ``has_community``."""
        return tuple(f"{value >> 16}:{value & 0xFFFF}" for value in self.block.communities)

    @property
    def large_communities(self) -> tuple[str, ...]:
        return tuple(map(str, self.block.large_communities))

    @property
    def extended_communities(self) -> tuple[str, ...]:
        """Extended communities: "rt:65001:1", "ro:192.0.2.1:7", others in hexadecimal."""
        return tuple(map(extended_community_text, self.block.extended_communities))

    @property
    def originator_id(self) -> str | None:
        """The router that brought the route into our AS, if it was reflected (RFC 4456 §8)."""
        octets = self.block.originator_id
        return None if octets is None else address_text(octets)

    @property
    def cluster_list(self) -> tuple[str, ...]:
        """The reflectors that the route has passed, the latest first (RFC 4456 §8)."""
        return tuple(map(address_text, pieces(self.block.cluster_list, 4)))

    def has_community(self, community: str) -> bool:
        """Does the route carry it? Any notation: "64512:7", "64512:7:*", "rt:65001:1", "no-export".

        Raises:
            ValueError: not a community.
        """
        pattern = community_pattern.parse(community)
        return any(map(pattern.matches, community_pattern.numbers_of(self.block, pattern.code)))

    def replace(
        self,
        *,
        local_pref: int | Unchanged | None = ...,
        med: int | Unchanged | None = ...,
        origin: str | None = None,
        next_hop: str | None = None,
        prepend: Iterable[int] = (),
        communities: Iterable[str] | Unchanged = ...,
        remove_communities: Iterable[str] = (),
        add_communities: Iterable[str] = (),
        hints: KernelHints | Unchanged | None = ...,
    ) -> Route:
        """A copy with other attributes; itself, if nothing changes. What isn't given stays.

        ``local_pref`` and ``med`` are 0..4294967295, None takes the attribute away. ``prepend`` is put in front of the
        AS path as it stands. Communities of all three kinds are given as text; ``communities`` replaces the standard
        ones, and those of another kind if it has some of that kind; it comes first, then ``remove_communities``, in
        which "*" stands for any number, then ``add_communities``.

        Raises:
            ValueError: a value that the attribute can't have; a next hop that can't carry the route's family.
        """
        wanted = BlockEdit.of(
            local_pref=local_pref,
            med=med,
            origin=origin,
            next_hop=next_hop,
            prepend=prepend,
            communities=communities,
            remove_communities=remove_communities,
            add_communities=add_communities,
        )
        block = wanted.apply(self.block, self.family)
        kept = self.hints if isinstance(hints, EllipsisType) else hints
        if block is self.block and kept == self.hints:
            return self
        return Route(self.family, self.key, block, self.source, hints=kept)

    def _known_key(self) -> bytes:
        if not self.key:
            raise LookupError("this policy is run once for many prefixes: it must not look at the prefix")
        return self.key


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
