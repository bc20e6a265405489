"""What policy and RIB both speak of: where a route comes from, a route, and what a policy says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from types import EllipsisType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from .addresses import Family, address_text, key_network
from .constants import AttributeCode, Origin
from .messages.attributes import community_pattern
from .messages.attributes.as_path import AsPath
from .messages.attributes.base import pieces
from .messages.attributes.block import Block
from .messages.attributes.edit import BlockEdit, Unchanged, as_numbers
from .messages.attributes.extended_community_text import extended_community_text
from .messages.context import PeerKind
from .messages.families.registry import route_text

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
    group: str = ""
    """The peer group that the peer is in, "" for none."""
    interface: str = ""
    """The device of the link that we share with the peer, on which its link-local addresses mean something."""
    honors_blackhole: bool = False
    """What it marks as BLACKHOLE is discarded here (RFC 7999)."""
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


SET_MED: Final = 1 << AttributeCode.MULTI_EXIT_DISC
SET_NEXT_HOP: Final = 1 << AttributeCode.NEXT_HOP
NEXT_HOP_SELF: Final = 1
"""Bits of ``explicit``: what a policy has set in so many words, if only to the value it had; ``NEXT_HOP_SELF``
(together with ``SET_NEXT_HOP``) is "our own address on the session"."""
NEXT_HOPS: Final = ("self", "peer", "keep")
"""What may stand for an address where a next hop is set: our own address on the session, on the way out; that of the
peer that the route came from; the one that the route has, whatever the peer's options say."""


def explicit_of(*, med: bool, next_hop: str | None) -> int:
    """The bits of ``explicit`` for what is set."""
    said = SET_MED if med else 0
    if next_hop is not None:
        said |= SET_NEXT_HOP
    return said | NEXT_HOP_SELF if next_hop == "self" else said


def peer_address(source: Source) -> bytes:
    """
    Raises:
        ValueError: the route is our own.
    """
    if not source.address:
        raise ValueError('next_hop = "peer": the route came from no peer')
    return source.address


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
    explicit: int = field(default=0, kw_only=True, repr=False)
    """``SET_MED``, ``SET_NEXT_HOP``, ``NEXT_HOP_SELF``: what has been set although it may be what it was."""
    validator: Validator | None = field(default=None, kw_only=True, repr=False, compare=False)
    """The ROAs that ``rpki`` asks; None knows none."""

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
        return route_text(self.family, self._known_key())

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
    def as_path_length(self) -> int:
        """As the decision counts it: a set is one, confederation segments are none (RFC 4271 §9.1.2.2 a)."""
        return self.block.path_length

    @property
    def neighbor_as(self) -> int:
        """The first AS of the path, 0 if there is none."""
        return self.block.neighbor_as

    @property
    def origin_as(self) -> int | None:
        """The AS that the route comes from: the path's last one, None if it ends in a set, 0 for our own AS."""
        return self.block.origin_as

    @property
    def rpki(self) -> str:
        """``"valid"``, ``"invalid"`` or ``"not_found"`` (RFC 6811 §2).

        Raises:
            LookupError: the policy is run once for many prefixes.
        """
        key = self._known_key()
        if self.validator is None:
            return RpkiState.NOT_FOUND
        return self.validator.state(self.family, key, self.block.origin_as)

    @property
    def peer(self) -> str:
        """The name of the peer it came from; "local", "kernel" and the like for our own."""
        return self.source.name

    @property
    def peer_group(self) -> str:
        """The group of the peer it came from, "" for none."""
        return self.source.group

    @property
    def peer_as(self) -> int:
        """The AS of the peer it came from, 0 for our own routes."""
        return self.source.remote_as

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
        med: int | str | Unchanged | None = ...,
        origin: str | None = None,
        next_hop: str | None = None,
        as_path: Iterable[int] | None = None,
        remove_as: Iterable[int | str] = (),
        prepend: Iterable[int | str] = (),
        communities: Iterable[str] | Unchanged = ...,
        remove_communities: Iterable[str] = (),
        add_communities: Iterable[str] = (),
        hints: KernelHints | Unchanged | None = ...,
    ) -> Route:
        """A copy with other attributes; itself, if nothing changes. What isn't given stays.

        ``local_pref`` and ``med`` are 0..4294967295, None takes the attribute away; ``med`` may be a change: "+10".
        ``next_hop`` is an address, "self" (ours on the session, when the route is exported), "peer" (that of the peer
        it came from) or "keep" (as it is, whatever the peer's options say). ``as_path`` replaces the whole path by one
        AS_SEQUENCE, ``remove_as`` takes AS numbers, "private" ones or "all" out of it, then ``prepend`` is put in
        front as it stands, "last_as" for the path's own first number.

        Communities of all kinds are given as text; ``communities`` replaces the standard ones, and those of another
        kind if it has some of that kind; it comes first, then ``remove_communities``, in which "*" stands for any
        number, then ``add_communities``.

        Raises:
            ValueError: a value that the attribute can't have; a next hop that can't carry the route's family.
        """
        block = self.block
        if as_path is not None:
            block = block.replace(set=(AsPath.sequence(as_numbers("as_path", as_path)),))
        wanted = BlockEdit.of(
            local_pref=local_pref,
            med=med,
            origin=origin,
            next_hop=None if next_hop in NEXT_HOPS else next_hop,
            remove_as=remove_as,
            prepend=prepend,
            communities=communities,
            remove_communities=remove_communities,
            add_communities=add_communities,
        )
        block = wanted.apply(block, self.family)
        if next_hop == "peer":
            block = BlockEdit(next_hop=peer_address(self.source)).apply(block, self.family)
        kept = self.hints if isinstance(hints, EllipsisType) else hints
        explicit = self.explicit & ~NEXT_HOP_SELF if next_hop is not None else self.explicit
        explicit |= explicit_of(med=med is not ..., next_hop=next_hop)
        if block is self.block and kept == self.hints and explicit == self.explicit:
            return self
        return Route(self.family, self.key, block, self.source, hints=kept, explicit=explicit, validator=self.validator)

    def _known_key(self) -> bytes:
        if not self.key:
            raise LookupError("this policy is run once for many prefixes: it must not look at the prefix")
        return self.key


class Accept(NamedTuple):
    """The policy lets the route pass, with these attributes (the same object when nothing changed)."""

    block: Block
    hints: KernelHints | None = None
    explicit: int = 0
    """``SET_MED``, ``SET_NEXT_HOP``, ``NEXT_HOP_SELF``: what was set in so many words, if only to the value it had."""


@dataclass(frozen=True, slots=True)
class Reject:
    """The policy stops the route; ``reason`` is what ``explain`` shows."""

    reason: str


Verdict = Accept | Reject
