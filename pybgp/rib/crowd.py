"""The candidates of a prefix that has many: anycast, or a peer that sends many path identifiers (RFC 7911).

Ordering them all again for each that comes or goes would cost the square of their number. A new one's place is found by
bisection instead, wherever the MED rule (RFC 4271 §9.1.2.2 c) lets a place depend on two paths alone; where it doesn't,
the paths that are equal up to ORIGIN are ordered again. The result is always that of ``Decision.order``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, Final

from .decision import Decision
from .path import Path

CROWD: Final = 16
"""Candidates from which on a prefix is worth a crowd."""

Before = tuple[Any, ...]


class Crowd:
    """An index of one prefix's candidates. It can be thrown away at any time, and made again from them."""

    __slots__ = ("_meds", "_mixed", "decision", "members")

    def __init__(self, paths: tuple[Path, ...], decision: Decision) -> None:
        self.members = {(path.source.name, path.path_id): path for path in paths}
        self.decision = decision
        self._meds: dict[Before, dict[int, dict[int, int]]] = {}  # before -> neighbouring AS -> MED -> paths
        self._mixed: dict[Before, int] = {}  # before -> neighbouring ASes of which there are several MEDs
        for path in paths:
            self._count(path, 1)

    def add(self, paths: tuple[Path, ...], path: Path) -> tuple[Path, ...]:
        """``paths`` and the new one, which replaces nothing, in order."""
        self.members[path.source.name, path.path_id] = path
        self._count(path, 1)
        start, end = self._equals(paths, path)
        value = self._value(path)
        if value is None:
            return paths[:start] + self.decision.order((*paths[start:end], path)) + paths[end:]
        at = bisect_right(paths, value(path), start, end, key=value)
        return (*paths[:at], path, *paths[at:])

    def remove(self, paths: tuple[Path, ...], path: Path) -> tuple[Path, ...]:
        """``paths`` without one of them, in order."""
        del self.members[path.source.name, path.path_id]
        value = self._value(path)
        self._count(path, -1)
        start, end = self._equals(paths, path)
        if value is None:
            rest = tuple(other for other in paths[start:end] if other is not path)
            return paths[:start] + self.decision.order(rest) + paths[end:]
        at = bisect_left(paths, value(path), start, end, key=value)
        at = paths.index(path, at)
        return paths[:at] + paths[at + 1 :]

    def _equals(self, paths: tuple[Path, ...], path: Path) -> tuple[int, int]:
        """Where the paths are that nothing up to ORIGIN tells from ``path``."""
        rank = self.decision.rank

        def before(other: Path) -> Before:
            return rank(other).before

        wanted = before(path)
        start = bisect_left(paths, wanted, key=before)
        return start, bisect_right(paths, wanted, start, key=before)

    def _value(self, path: Path) -> Callable[[Path], Any] | None:
        """What tells the equals of ``path`` apart, two by two; None if the MEDs of several neighbours forbid that."""
        rank = self.decision.rank
        before = rank(path).before
        if len(self._meds[before]) == 1:
            return lambda other: (rank(other).med, rank(other).after)
        if not self._mixed[before]:
            return lambda other: rank(other).after
        return None

    def _count(self, path: Path, one: int) -> None:
        rank = self.decision.rank(path)
        before = rank.before
        neighbors = self._meds.setdefault(before, {})
        meds = neighbors.setdefault(rank.neighbor_as, {})
        was = len(meds) > 1
        meds[rank.med] = meds.get(rank.med, 0) + one
        if not meds[rank.med]:
            del meds[rank.med]
        self._mixed[before] = self._mixed.get(before, 0) + (len(meds) > 1) - was
        if not meds:
            del neighbors[rank.neighbor_as]
        if not neighbors:
            del self._meds[before], self._mixed[before]
