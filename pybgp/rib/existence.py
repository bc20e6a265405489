"""Of which prefix sets the Loc-RIB has a prefix: what ``exists`` and ``not_exists`` ask (conditional advertisement).

Counted as changes are flushed. Only export policies may ask: what they say never changes the Loc-RIB here, so an answer
can't change itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..addresses import Family
from ..policy.prefix_set import PrefixSet
from .moves import Again, Move
from .path import best_of
from .table import Table
from .unscanned import Unscanned


class Existence:
    """The sets that are asked for, and how many best routes are in each; false while none is asked for."""

    __slots__ = ("_counts", "_sets", "_tables", "_unscanned")

    def __init__(self, tables: Mapping[Family, Table]) -> None:
        self._tables = tables
        self._sets: dict[str, PrefixSet] = {}
        self._counts: dict[str, int] = {}
        self._unscanned: dict[Family, Unscanned] = {}  # families whose tables have not been counted whole

    def __bool__(self) -> bool:
        return bool(self._sets)

    def watch(self, sets: Mapping[str, PrefixSet]) -> Iterator[None]:
        """Count these sets, and no others; the tables have been flushed. Returns long work: a look at what is there."""
        self._sets = dict(sets)
        self._counts = dict.fromkeys(sets, 0)
        self._unscanned = {family: Unscanned(table) for family, table in self._tables.items()} if sets else {}
        return self._scan(self._unscanned)

    def _scan(self, unscanned: dict[Family, Unscanned]) -> Iterator[None]:
        """Each step needs tables that have been flushed."""
        for family, table in list(self._tables.items()):
            if family in unscanned:
                for keys in unscanned[family].slices():
                    if unscanned is not self._unscanned:
                        return  # other sets by now
                    self._count(family, [key for key in keys if table.best(key) is not None], 1)
                    yield
                unscanned.pop(family, None)

    def changed(self, family: Family, moves: Iterable[Move]) -> None:
        """A flush of a family's table."""
        unscanned = self._unscanned.get(family)
        for old, new, keys in moves:
            before = not isinstance(old, Again) and best_of(old) is not None
            after = best_of(new) is not None
            if unscanned:
                first, keys = unscanned.split(keys)
                if after:
                    self._count(family, first, 1)
            if before != after:
                self._count(family, keys, 1 if after else -1)

    def _count(self, family: Family, keys: Iterable[bytes], by: int) -> None:
        for name, one in self._sets.items():
            holds = one.matches
            self._counts[name] += by * sum(holds(family, key) for key in keys)

    @property
    def existing(self) -> frozenset[str] | None:
        """The sets of which there is a prefix; None while the tables have not been counted whole."""
        if self._unscanned:
            return None
        return frozenset(name for name, count in self._counts.items() if count)
