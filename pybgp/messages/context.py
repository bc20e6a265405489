"""What the codec must know of a session before it can read or write an UPDATE."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from ..addresses import Family
from ..constants import MAX_MESSAGE


class PeerKind(IntEnum):
    """How a peer stands to us; decides which attributes may come and go (RFC 4271 §5, RFC 5065)."""

    INTERNAL = 0
    EXTERNAL = 1
    CONFEDERATION = 2
    """Another member AS of our confederation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The codec's view of an Established session; ``fsm.negotiate`` makes it.

    ``add_path_receive`` and ``add_path_send`` are the families whose NLRI carry a path identifier in that
    direction (RFC 7911); ``extended_next_hop`` those that may have an IPv6 next hop for IPv4 NLRI (RFC 8950);
    ``multiple_labels`` those whose keys may have more than one label (RFC 8277 §2.1);
    ``max_receive`` and ``max_send`` are message sizes in octets (RFC 8654). ``loopback``: the session itself runs over
    loopback addresses, so they are hosts, and valid next hops. ``same_domain``: an external peer is one of our own
    administration, and may send what is for that only: AIGP (RFC 7311 §3.3), the prefix SID (RFC 8669 §4) and tunnels
    (RFC 9012 §11).
    """

    kind: PeerKind = PeerKind.INTERNAL
    four_octet_as: bool = True
    families: frozenset[Family] = frozenset({Family.IPV4_UNICAST})
    add_path_receive: frozenset[Family] = frozenset()
    add_path_send: frozenset[Family] = frozenset()
    extended_next_hop: frozenset[Family] = frozenset()
    multiple_labels: frozenset[Family] = frozenset()
    max_receive: int = MAX_MESSAGE
    max_send: int = MAX_MESSAGE
    loopback: bool = False
    same_domain: bool = False
    classic: bool = field(init=False, repr=False, compare=False)
    """IPv4 unicast may come; this and the next are worked out once, since every UPDATE asks."""
    block_class: int = field(init=False, repr=False, compare=False)
    """Contexts with equal numbers make equal blocks of equal octets; 0..``BLOCK_CLASSES`` - 1."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "classic", Family.IPV4_UNICAST in self.families)
        number = (self.kind * 2 + self.four_octet_as) * 2 + self.loopback
        object.__setattr__(self, "block_class", number * 2 + self.same_domain)


BLOCK_CLASSES: Final = len(PeerKind) * 2 * 2 * 2
