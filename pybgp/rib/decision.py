"""The decision process: which of several paths to a prefix is best (RFC 4271 §9.1.2, RFC 4456 §9, RFC 7311 §4).

The steps, by the ids of the conformance list:

=======  ==============================================================================
DEC-02   eligible before not eligible
DEC-20   source preference (``rib.preference``)
DEC-13   LLGR_STALE last (RFC 9494)
DEC-01   highest LOCAL_PREF
AIG-01   lowest AIGP and cost to the next hop together; with AIGP before without
DEC-03   shortest AS_PATH
DEC-04   lowest ORIGIN
DEC-05   lowest MED among paths of the same neighbouring AS
DEC-07   external before internal
DEC-08   lowest cost to the next hop
DEC-19   the external path that is best already (RFC 5004; an option)
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
from typing import Any, Final, NamedTuple

from ..addresses import address_text
from ..constants import AttributeCode, Community, Origin
from ..messages.attributes.aigp import Aigp
from ..messages.attributes.block import Block
from ..messages.context import PeerKind
from .path import Path
from .preference import Preference
from .rank import Rank

MAX_MED: Final = 0xFFFFFFFF
NO_AIGP: Final = 1 << 65
"""Worse than any AIGP with any cost (RFC 7311 §4)."""


class Step(NamedTuple):
    """One comparison, for people: its row of the conformance list, its RFC, and how its values are written."""

    id: str
    rfc: str
    words: str
    text: Callable[[Any], str | int]


def _negative(value: int) -> int:
    return -value


def _number(value: int) -> int:
    return value


def _aigp(value: int) -> str | int:
    return "no AIGP" if value >= NO_AIGP else value


def _choice(first: str, second: str) -> Callable[[int], str]:
    return lambda value: second if value else first


def _address(value: bytes) -> str:
    return address_text(value) if value else "none"


_BEFORE: Final = (
    Step("DEC-02", "RFC 4271 §9.1.2", "only one of them can be used", _choice("usable", "not usable")),
    Step("DEC-20", "", "higher preference of its source", _negative),
    Step("DEC-13", "RFC 9494 §4.3", "not stale", _choice("fresh", "LLGR_STALE")),
    Step("DEC-01", "RFC 4271 §9.1.2", "higher LOCAL_PREF", _negative),
    Step("AIG-01", "RFC 7311 §4", "lower AIGP with the cost to the next hop", _aigp),
    Step("DEC-03", "RFC 4271 §9.1.2.2 a", "shorter AS_PATH", _number),
    Step("DEC-04", "RFC 4271 §9.1.2.2 b", "lower ORIGIN", lambda value: Origin(value).name.lower()),
)
_MED: Final = Step("DEC-05", "RFC 4271 §9.1.2.2 c", "lower MED of the same neighbouring AS", _number)
_ANY_MED: Final = _MED._replace(words="lower MED")
_AFTER: Final = (
    Step("DEC-07", "RFC 4271 §9.1.2.2 d", "external before internal", _choice("external", "internal")),
    Step("DEC-08", "RFC 4271 §9.1.2.2 e", "lower cost to the next hop", _number),
    Step("DEC-19", "RFC 5004 §2", "it was best before, prefer_oldest keeps it", _choice("older", "newer")),
    Step("DEC-09", "RFC 4271 §9.1.2.2 f", "lower BGP Identifier", _address),
    Step("DEC-10", "RFC 4456 §9", "shorter CLUSTER_LIST", _number),
    Step("DEC-11", "RFC 4271 §9.1.2.2 g", "lower peer address", lambda value: _address(value[1:])),
    Step("DEC-12", "RFC 7911 §3", "lower path identifier", _number),
)
_OLDEST_AT: Final = 2
_ORIGINATOR: Final = Step("DEC-09", "RFC 4456 §9", "lower ORIGINATOR_ID or BGP Identifier", _address)
_SAME: Final = Step("DEC-12", "RFC 7911 §3", "the same path", _number)
_LLGR_STALE: Final = Community.LLGR_STALE.to_bytes(4)
_COMMUNITIES_BIT: Final = 1 << AttributeCode.COMMUNITIES
_AIGP_BIT: Final = 1 << AttributeCode.AIGP
_CLUSTER_LIST_BIT: Final = 1 << AttributeCode.CLUSTER_LIST
_EXTERNAL: Final = PeerKind.EXTERNAL  # by the name of its class an enum's member costs 0.1 µs (CPython 3.11)
_SIZES: Final = tuple(bytes((size,)) for size in range(17))
"""Before an address, so that a shorter one comes first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which step decided between two paths, for people: the row of the conformance list and both values."""

    step: str
    words: str
    winner: str | int
    loser: str | int
    rfc: str = ""
    """The section, "" for a rule that no RFC has."""

    def __str__(self) -> str:
        source = f" ({self.rfc})" if self.rfc else ""
        return f"{self.words}: {self.winner} against {self.loser}{source}"


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
            ranked = [(_aged(rank, _stays(path, current)), path) for rank, path in ranked]
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
        """The step at which ``winner`` is preferred to ``loser``, from the values that decided.

        They are neighbours in ``order``, the better one first.
        """
        a, b = self.rank(winner), self.rank(loser)
        for step, left, right in zip(_BEFORE, a.before, b.before, strict=True):
            if left != right:
                return _verdict(step, left, right)
        if a.neighbor_as == b.neighbor_as and a.med != b.med:
            return _verdict(_ANY_MED if self._one_neighbor else _MED, a.med, b.med)
        if self._oldest and a.after[0] == 0 and a.after[:_OLDEST_AT] == b.after[:_OLDEST_AT] and a.after > b.after:
            return _verdict(_AFTER[_OLDEST_AT], 0, 1)  # only its age can have kept it in front
        for step, one, other in zip(_AFTER, a.after, b.after, strict=True):
            if one != other:
                reflected = step.id == _ORIGINATOR.id and (_is_reflected(winner) or _is_reflected(loser))
                return _verdict(_ORIGINATOR if reflected else step, one, other)
        return _verdict(_SAME, winner.path_id, loser.path_id)

    def _make_rank(self, path: Path) -> Rank:
        # HOT: once a path that has a rival.
        block = path.block
        source = path.source
        local_pref = block.local_pref
        if local_pref is None:
            local_pref = self._default_local_pref
        cost = self._cost(block.next_hop)
        med = block.med
        address = source.address
        return Rank(
            (
                0 if path.accepted is not None else 1,
                -self._preference.of(source),
                1 if block.mask & _COMMUNITIES_BIT and _is_llgr_stale(block) else 0,
                -local_pref,
                _accumulated(block, cost) if block.mask & _AIGP_BIT else NO_AIGP,
                0 if self._as_path_ignore else block.path_length,
                block.origin,
            ),
            med if med is not None else self._missing_med,
            0 if self._one_neighbor else block.neighbor_as,
            (
                0 if source.peer_kind is _EXTERNAL else 1,
                cost,
                0,
                block.originator_id or source.router_id,
                len(block.cluster_list) // 4 if block.mask & _CLUSTER_LIST_BIT else 0,
                _SIZES[len(address)] + address,
                path.path_id,
            ),
        )


def _before(item: tuple[Rank, Path]) -> tuple[int, ...]:
    return item[0].before


def _after(item: tuple[Rank, Path]) -> tuple[int | bytes, ...]:
    return item[0].after


def _stays(path: Path, current: Path) -> bool:
    """RFC 5004 §2: the best path so far, also when its peer has renewed it; the rule is not for parallel sessions with
    one router, which are told apart as ever."""
    if current.source.peer_kind is not PeerKind.EXTERNAL:
        return False
    return path.same_origin(current) or path.source.router_id == current.source.router_id


def _aged(rank: Rank, stays: bool) -> Rank:
    """RFC 5004 §2: among external paths that nothing else has told apart, the present best one stays."""
    if rank.after[0] != 0:
        return rank
    after = (*rank.after[:_OLDEST_AT], 0 if stays else 1, *rank.after[_OLDEST_AT + 1 :])
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


def _verdict(step: Step, winner: Any, loser: Any) -> Verdict:
    return Verdict(step.id, step.words, step.text(winner), step.text(loser), step.rfc)


def _is_reflected(path: Path) -> bool:
    return path.block.originator_id is not None


def _accumulated(block: Block, cost: int) -> int:
    """RFC 7311 §4: the metric so far and our own cost to the next hop."""
    found = block.get(AttributeCode.AIGP)
    metric = found.metric if isinstance(found, Aigp) else None
    return NO_AIGP if metric is None else metric + cost


def _is_llgr_stale(block: Block) -> bool:
    octets = block.value(AttributeCode.COMMUNITIES) or b""
    return any(octets[at : at + 4] == _LLGR_STALE for at in range(0, len(octets), 4))
