"""Which of a prefix's paths a group's members are told, where that isn't just the best one.

What a member may have is told by the paths' exports; so a selection goes through the candidates and keeps to those that
have one. The usual groups have no selection, and pay nothing for this module.

- All paths, or the best N of those that may be told (RFC 7911, draft-ietf-idr-add-paths-guidelines).
- The best one for this client of a route server: another one where policy keeps the very best from it, or where that is
  its own (RFC 7947 §2.3.2).
- The best external one for internal peers that may not be told the best, because it is internal itself
  (draft-ietf-idr-best-external).
- The best one as seen from the client's place in the network (RFC 9107).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from itertools import islice
from typing import Final, NamedTuple

from ..addresses import address_text
from ..messages.context import PeerKind
from ..routes import SourceKind
from .decision import Decision
from .export import Export, ExportRules, Position
from .path import Entry, Path, best_of, paths_of
from .rank import Rank

ExportOf = Callable[[Path], Export | None]


class Choice(NamedTuple):
    """What all are told, and what the one is told that this came from."""

    path: Path
    sent: Export
    other: Path | None = None
    other_sent: Export | None = None

    def to(self, name: str) -> tuple[Path, Export] | None:
        """What a member is told."""
        if name != self.path.source.name:
            return self.path, self.sent
        if self.other is None or self.other_sent is None:
            return None
        return self.other, self.other_sent


class Selection:
    """The rules of one group; made only for groups that need one."""

    __slots__ = ("_all_alternatives", "_best_external", "_limit", "_view")

    def __init__(self, rules: ExportRules, decision: Callable[[], Decision]) -> None:
        """``decision`` gives that of the table, which a new configuration replaces."""
        self._view = _View(rules.position, decision) if rules.position is not None else None
        self._limit = rules.add_path_limit or None
        self._best_external = rules.best_external
        self._all_alternatives = rules.route_server_client

    def several(self, entry: Entry | None, export: ExportOf) -> tuple[Path, ...]:
        """With ADD-PATH: the paths that members are told, less those that are their own."""
        paths = self._candidates(entry)
        if self._limit is None:
            return tuple(paths)
        return tuple(islice((path for path in paths if export(path) is not None), self._limit))

    def one(self, entry: Entry | None, export: ExportOf) -> Choice | None:
        """Without ADD-PATH."""
        found: Choice | None = None
        for path in self._in_order(entry):
            if found is not None and path.source.name == found.path.source.name:
                continue
            sent = export(path)
            if sent is None:
                continue
            if found is not None:
                return found._replace(other=path, other_sent=sent)
            found = Choice(path, sent)
        return found

    def _in_order(self, entry: Entry | None) -> Iterable[Path]:
        """The best, and those that take its place where it can't be told."""
        paths = self._candidates(entry)
        if self._all_alternatives or not paths:
            return paths
        best, *others = paths
        if self._best_external and _is_internal(best):
            return (best, *(path for path in others if not _is_internal(path)))
        return (best,)

    def _candidates(self, entry: Entry | None) -> tuple[Path, ...]:
        """Those that are eligible, best first."""
        if best_of(entry) is None:
            return ()
        paths = tuple(path for path in paths_of(entry) if path.accepted is not None)
        return paths if self._view is None else self._view.order(paths)

    def reaches(self, path: Path) -> bool:
        """Can the client get to the path's next hop? Always, where nobody is asked for costs from its place."""
        return self._view is None or self._view.reaches(path)

    def renewed(self) -> Selection:
        """The same rules; costs are asked for again."""
        selection = copy(self)
        selection._view = self._view.renewed() if self._view is not None else None
        return selection

    def stays(self) -> None:
        """Costs and decision stay what they were when they were used last."""
        if self._view is not None:
            self._view.stays()

    @property
    def is_known(self) -> bool:
        """Are all costs that were used still there?"""
        return self._view is None or self._view.is_known


def told_to(
    rules: ExportRules, selection: Selection | None, export: ExportOf, entry: Entry | None, name: str
) -> Iterator[tuple[Path, Export]]:
    """What the member with this name is told of a prefix that has ``entry``."""
    if selection is not None and not rules.add_path:
        choice = selection.one(entry, export)
        one = choice.to(name) if choice is not None else None
        if one is not None:
            yield one
        return
    if rules.add_path:
        paths = paths_of(entry) if selection is None else selection.several(entry, export)
    else:
        best = best_of(entry)
        paths = (best,) if best is not None else ()
    for path in paths:
        sent = export(path) if path.source.name != name else None
        if sent is not None:
            yield path, sent


def selection_of(rules: ExportRules, decision: Callable[[], Decision]) -> Selection | None:
    """None for the usual groups: the best path, or all of them."""
    if rules.position is not None or (
        rules.add_path_limit if rules.add_path else rules.best_external or rules.route_server_client
    ):
        return Selection(rules, decision)
    return None


def _is_internal(path: Path) -> bool:
    source = path.source
    return source.kind is SourceKind.BGP and source.peer_kind is PeerKind.INTERNAL


class _View:
    """The decision from a client's position (RFC 9107 §3.1): its cost to a next hop in place of ours."""

    __slots__ = ("_costs", "_decision", "_elsewhere", "_position", "_table_decision", "is_known")

    _LIMIT: Final = 65_536

    def __init__(self, position: Position, decision: Callable[[], Decision]) -> None:
        self._position = position
        self._decision = self._table_decision = decision
        self._costs: dict[bytes, int | None] = {}
        self._elsewhere: _Elsewhere | None = None
        self.is_known = True  # no cost was forgotten

    def order(self, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        """The paths whose next hop the client can reach, best first."""
        reached = tuple(filter(self.reaches, paths))
        if len(reached) < 2:
            return reached
        decision = self._decision()
        if self._elsewhere is None or self._elsewhere.like is not decision:
            self._elsewhere = _Elsewhere(decision, lambda next_hop: self._cost(next_hop) or 0)
        return self._elsewhere.order(reached)

    def reaches(self, path: Path) -> bool:
        return self._cost(_next_hop(path)) is not None

    def renewed(self) -> _View:
        return _View(self._position, self._table_decision)

    def stays(self) -> None:
        if self._elsewhere is not None:
            like = self._elsewhere.like
            self._decision = lambda: like

    def _cost(self, next_hop: bytes) -> int | None:
        known = self._costs.get(next_hop, -1)
        if known != -1:
            return known
        if len(self._costs) >= self._LIMIT:
            self._costs.clear()
            self.is_known = False
        position = self._position
        cost = position.cost(position.peer, address_text(next_hop[:16])) if next_hop else 0
        self._costs[next_hop] = cost
        return cost


def _next_hop(path: Path) -> bytes:
    return path.accepted.next_hop if path.accepted is not None else b""


class _Elsewhere(Decision):
    """A decision with the same options and other costs; ranks are its own."""

    __slots__ = ("_ranks", "like")

    _LIMIT: Final = 20_000

    def __init__(self, like: Decision, cost: Callable[[bytes], int]) -> None:
        for name in Decision.__slots__:
            setattr(self, name, getattr(like, name))
        self.like = like
        self._cost = cost
        self._ranks: dict[Path, Rank] = {}

    def rank(self, path: Path) -> Rank:
        rank = self._ranks.get(path)
        if rank is None:
            if len(self._ranks) >= self._LIMIT:
                self._ranks.clear()
            rank = self._ranks[path] = self._make_rank(path)
        return rank
