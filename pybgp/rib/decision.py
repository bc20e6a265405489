"""The decision process: which of several paths to a prefix is best (RFC 4271 §9.1.2, RFC 4456 §9).

The steps, by the ids of the conformance list:

=======  ==============================================================================
DEC-02   eligible before not eligible
DEC-20   source preference (``rib.preference``)
DEC-13   LLGR_STALE last (RFC 9494)
DEC-01   highest LOCAL_PREF
DEC-03   shortest AS_PATH
DEC-04   lowest ORIGIN
DEC-05   lowest MED among paths of the same neighbouring AS
DEC-07   external before internal
DEC-08   lowest cost to the next hop
DEC-19   the oldest external path (RFC 5004; an option)
DEC-09   lowest ORIGINATOR_ID or BGP Identifier
DEC-10   shortest CLUSTER_LIST
DEC-11   lowest peer address
DEC-12   lowest received path identifier
=======  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Final

from ..constants import AttributeCode, Community
from ..messages.attributes.block import Block
from ..messages.context import PeerKind
from .path import Path
from .preference import Preference
from .rank import Rank

MAX_MED: Final = 0xFFFFFFFF
UNREACHABLE: Final = 0xFFFFFFFF

_BEFORE: Final = (
    ("DEC-02", "only one of them is eligible"),
    ("DEC-20", "higher source preference"),
    ("DEC-13", "not stale beside a stale one"),
    ("DEC-01", "higher LOCAL_PREF"),
    ("DEC-03", "shorter AS_PATH"),
    ("DEC-04", "lower ORIGIN"),
)
_AFTER: Final = (
    ("DEC-07", "external before internal"),
    ("DEC-08", "lower cost to the next hop"),
    ("DEC-19", "the older external path"),
    ("DEC-09", "lower BGP Identifier"),
    ("DEC-10", "shorter CLUSTER_LIST"),
    ("DEC-11", "lower peer address"),
    ("DEC-11", "lower peer address"),
    ("DEC-12", "lower path identifier"),
)
_OLDEST_AT: Final = 2
_LLGR_STALE: Final = Community.LLGR_STALE.to_bytes(4)
_COMMUNITIES_BIT: Final = 1 << AttributeCode.COMMUNITIES


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which step decided between two paths, for people: the row of the conformance list and both values."""

    step: str
    words: str
    winner: object
    loser: object


class Decision:
    """The rules of one speaker; options as in the configuration's ``[decision]`` table."""

    __slots__ = (
        "_as_path_ignore",
        "_cost",
        "_default_local_pref",
        "_missing_med",
        "_oldest",
        "_one_neighbor",
        "_preference",
    )

    def __init__(
        self,
        *,
        default_local_pref: int = 100,
        always_compare_med: bool = False,
        missing_med_as_worst: bool = False,
        as_path_ignore: bool = False,
        prefer_oldest: bool = False,
        preference: Preference | None = None,
        cost: Callable[[bytes], int] = lambda next_hop: 0,
    ) -> None:
        """``cost`` gives the interior cost to a next hop (4, 16 or 32 octets); unknown costs are equal."""
        self._default_local_pref = default_local_pref
        self._one_neighbor = always_compare_med
        self._missing_med = MAX_MED if missing_med_as_worst else 0
        self._as_path_ignore = as_path_ignore
        self._oldest = prefer_oldest
        self._preference = preference or Preference()
        self._cost = cost

    @property
    def depends_on_current(self) -> bool:
        """Does the order depend on which path is the best so far (``prefer_oldest``)?"""
        return self._oldest

    def order(self, paths: Sequence[Path], current: Path | None = None) -> tuple[Path, ...]:
        """The paths from best to worst; ``current`` is the best so far, for ``prefer_oldest``.

        The order of ``paths`` never matters, unless ``prefer_oldest`` is on.
        """
        ranked = [(self.rank(path), path) for path in paths]
        if self._oldest and current is not None:
            ranked = [(_aged(rank, path is current), path) for rank, path in ranked]
        ranked.sort(key=_before)
        ordered: list[Path] = []
        at = 0
        while at < len(ranked):
            before = ranked[at][0].before
            end = at + 1
            while end < len(ranked) and ranked[end][0].before == before:
                end += 1
            if end - at == 1:
                ordered.append(ranked[at][1])
            else:
                ordered += _tie_break(ranked[at:end])
            at = end
        return tuple(ordered)

    def rank(self, path: Path) -> Rank:
        """The path's values; kept with it, because they follow from what never changes."""
        rank = path.rank
        if rank is None:
            rank = path.rank = self._make_rank(path)
        return rank

    def why(self, winner: Path, loser: Path) -> Verdict:
        """The step at which ``winner`` is preferred to ``loser``, from the values that decided."""
        a, b = self.rank(winner), self.rank(loser)
        for (step, words), left, right in zip(_BEFORE, a.before, b.before, strict=True):
            if left != right:
                return Verdict(step, words, abs(left), abs(right))
        if a.neighbor_as == b.neighbor_as and a.med != b.med:
            return Verdict("DEC-05", "lower MED of the same neighbouring AS", a.med, b.med)
        for (step, words), one, other in zip(_AFTER, a.after, b.after, strict=True):
            if one != other:
                return Verdict(step, words, one, other)
        return Verdict("DEC-12", "the same path", 0, 0)

    def _make_rank(self, path: Path) -> Rank:
        block = path.accepted if path.accepted is not None else path.received
        source = path.source
        local_pref = block.local_pref if block.local_pref is not None else self._default_local_pref
        cluster_list = block.cluster_list
        return Rank(
            before=(
                0 if path.accepted is not None else 1,
                -self._preference.of(source),
                1 if block.mask & _COMMUNITIES_BIT and _is_llgr_stale(block) else 0,
                -local_pref,
                0 if self._as_path_ignore else block.path_length,
                block.origin,
            ),
            med=block.med if block.med is not None else self._missing_med,
            neighbor_as=0 if self._one_neighbor else block.neighbor_as,
            after=(
                0 if source.peer_kind is PeerKind.EXTERNAL else 1,
                self._cost(block.next_hop),
                0,
                block.originator_id or source.router_id,
                len(cluster_list) // 4,
                len(source.address),
                source.address,
                path.path_id,
            ),
        )


def _before(item: tuple[Rank, Path]) -> tuple[int, ...]:
    return item[0].before


def _after(item: tuple[Rank, Path]) -> tuple[int | bytes, ...]:
    return item[0].after


def _aged(rank: Rank, is_current: bool) -> Rank:
    """RFC 5004 §2: among external paths that nothing else has told apart, the present best one stays."""
    if rank.after[0] != 0:
        return rank
    after = (*rank.after[:_OLDEST_AT], 0 if is_current else 1, *rank.after[_OLDEST_AT + 1 :])
    return rank._replace(after=after)


def _tie_break(tied: list[tuple[Rank, Path]]) -> list[Path]:
    """Orders paths that are equal up to ORIGIN: MED group by group, then the rest (RFC 4271 §9.1.2.2 c-g)."""
    neighbors: dict[int, list[tuple[Rank, Path]]] = {}
    for item in tied:
        neighbors.setdefault(item[0].neighbor_as, []).append(item)
    for group in neighbors.values():
        group.sort(key=lambda item: (item[0].med, item[0].after))
    # The best of what is left is the best of each neighbour's first; ``merge`` looks at no more than that either.
    return [path for _, path in merge(*neighbors.values(), key=_after)]


def _is_llgr_stale(block: Block) -> bool:
    octets = block.value(AttributeCode.COMMUNITIES) or b""
    return any(octets[at : at + 4] == _LLGR_STALE for at in range(0, len(octets), 4))
