"""Multipath: which paths are as good as the best one, and how much of the traffic each gets.

Equal is what the decision process can't tell apart up to and including the cost to the next hop (RFC 4271 §9.1.2.2 e):
what follows it only breaks ties. Peers are still told the best path alone (or all, with ADD-PATH); this is for the
kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, isfinite, lcm
from struct import unpack
from typing import Final

from ..constants import AttributeCode
from ..messages.attributes.base import pieces
from ..messages.context import PeerKind
from ..routes import SourceKind
from .decision import Decision
from .kernel import NextHop
from .path import Entry, Path

MAX_WEIGHT: Final = 256
_COMMUNITY_SIZE: Final = 8
_LINK_BANDWIDTH: Final = frozenset({b"\x40\x04", b"\x00\x04"})
"""Type and subtype, non-transitive and transitive (draft-ietf-idr-link-bandwidth §2)."""
_LINK_LOCAL: Final = b"\xfe\x80"
_TIES: Final = 2
"""Where, in ``Rank.after``, the values begin that only break ties."""


class Multipath:
    """The rules of one speaker; ``[decision] max_paths``, ``as_path_relax``, ``link_bandwidth``."""

    __slots__ = ("_by_bandwidth", "_decision", "_limits", "_relax", "active")

    def __init__(
        self, decision: Decision, *, ebgp: int = 1, ibgp: int = 1, as_path_relax: bool = False, bandwidth: bool = False
    ) -> None:
        """``ebgp`` and ``ibgp`` are how many next hops at most, 1..64; confederation peers count as internal."""
        self.active = ebgp > 1 or ibgp > 1
        self._decision = decision
        self._limits = {PeerKind.EXTERNAL: ebgp}
        self._limits[PeerKind.INTERNAL] = self._limits[PeerKind.CONFEDERATION] = ibgp
        self._relax = as_path_relax
        self._by_bandwidth = bandwidth

    def members(self, entry: Entry | None) -> tuple[Path, ...]:
        """The paths that go to the kernel together, the best one first; none without a best path.

        Each has a next hop of its own: another way to the same one adds nothing, and doesn't count for the limit.
        """
        # HOT while routes are learned, for prefixes with several candidates.
        if entry is None:
            return ()
        if isinstance(entry, Path):
            return (entry,) if entry.accepted is not None else ()
        best = entry[0]
        if best.accepted is None:
            return ()
        limit = self._limits[best.source.peer_kind]
        if limit == 1 or best.source.kind is not SourceKind.BGP:
            return (best,)
        members = [best]
        seen = {_way(best)}
        for path in self._equal(entry):
            way = _way(path)
            if way not in seen and len(members) < limit:
                seen.add(way)
                members.append(path)
        return tuple(members)

    def _equal(self, paths: Sequence[Path]) -> list[Path]:
        """What the decision process can't tell from the best one before it breaks ties, best first."""
        rank = self._decision.rank
        first = rank(paths[0])
        equal, lowest = [], dict[int, int]()  # neighbouring AS -> the MED that its paths must have to be still there
        for path in paths:
            own = rank(path)
            if own.before != first.before:
                break
            lowest[own.neighbor_as] = min(own.med, lowest.get(own.neighbor_as, own.med))
            if own.after[:_TIES] == first.after[:_TIES] and self._same_as_path(paths[0], path):
                equal.append((path, own))
        return [path for path, own in equal if own.med == lowest[own.neighbor_as]]

    def _same_as_path(self, best: Path, path: Path) -> bool:
        """Unless relaxed: through one neighbouring AS, inside our AS by the same path."""
        one, other = best.accepted, path.accepted
        if self._relax or one is None or other is None:
            return True
        if best.source.peer_kind is PeerKind.EXTERNAL:
            return one.neighbor_as == other.neighbor_as
        return one.as_path_octets == other.as_path_octets

    def weights(self, members: Sequence[Path]) -> tuple[Fraction, ...]:
        """Each member's share; all the same, unless each says what its link carries."""
        if self._by_bandwidth and len(members) > 1:
            found = [bandwidth(path) for path in members]
            known = [rate for rate in found if rate is not None]
            if len(known) == len(found):
                return tuple(map(Fraction, known))
        return (Fraction(1),) * len(members)


def bandwidth(path: Path) -> float | None:
    """Octets a second, by the path's link bandwidth community; None without one that makes sense."""
    block = path.accepted
    value = block.value(AttributeCode.EXTENDED_COMMUNITIES) if block is not None else None
    for item in pieces(value or b"", _COMMUNITY_SIZE):
        if item[:2] in _LINK_BANDWIDTH:
            (rate,) = unpack("!f", item[4:])
            return rate if isfinite(rate) and rate > 0 else None
    return None


def kernel_weights(shares: Sequence[Fraction]) -> tuple[int, ...]:
    """Shares as the small whole numbers that a kernel takes, 1..256: exact if they can be, else to the nearest."""
    scale = lcm(*(share.denominator for share in shares))
    numbers = [int(share * scale) for share in shares]
    common = gcd(*numbers)
    numbers = [number // common for number in numbers]
    largest = max(numbers)
    if largest <= MAX_WEIGHT:
        return tuple(numbers)
    return tuple(max(1, round(Fraction(number * MAX_WEIGHT, largest))) for number in numbers)


def spread(parts: Iterable[tuple[Fraction, tuple[NextHop, ...]]]) -> tuple[NextHop, ...]:
    """Several ways as one set, each of them with its part of the traffic: a share, and what has that share together.

    Sorted, as it is no matter to a kernel which comes first.
    """
    shares: dict[NextHop, Fraction] = {}
    for share, ways in parts:
        whole = sum(way.weight for way in ways)
        for way in ways:
            alone = way._replace(weight=1)
            shares[alone] = shares.get(alone, Fraction(0)) + share * way.weight / whole
    ordered = sorted(shares, key=lambda way: (way.gateway or b"", way.device or "", way.onlink))
    weights = kernel_weights([shares[way] for way in ordered])
    return tuple(way._replace(weight=weight) for way, weight in zip(ordered, weights, strict=True))


def _way(path: Path) -> tuple[bytes, str]:
    """What tells next hops apart; a link-local one means something on its own link only."""
    next_hop = path.accepted.next_hop if path.accepted is not None else b""
    return next_hop, path.source.interface if next_hop[-16:].startswith(_LINK_LOCAL) else ""
