"""Path identifiers that we send (RFC 7911): ours, unique a prefix and session, stable while the path lives."""

from __future__ import annotations

from itertools import count
from typing import Final

from .path import Path

FEW: Final = 4096
"""So many are not worth looking for those that are out of use."""


class PathIds:
    """Numbers each (peer, received identifier) once, for all prefixes, groups and sessions.

    A prefix has at most one candidate for each such pair, so the number is unique among the paths of a prefix; that it
    does not depend on the receiver lets a whole update group share the encoded UPDATEs.
    """

    __slots__ = ("_aside", "_ids", "_limit", "_numbers", "_size")

    def __init__(self) -> None:
        self._ids: dict[str, dict[int, int]] = {}  # source name -> received identifier -> ours
        self._aside: dict[str, dict[int, int]] = {}  # the same, of paths that nobody has asked for since ``set_aside``
        self._numbers = count(1)
        self._size = 0  # of both
        self._limit = FEW

    def of(self, path: Path) -> int:
        """1..4294967295."""
        of_source = self._ids.get(path.source.name)
        if of_source is None:
            of_source = self._ids[path.source.name] = {}
        number = of_source.get(path.path_id)
        if number is None:
            number = of_source[path.path_id] = self._found_aside(path) or self._new()
        return number

    def _new(self) -> int:
        self._size += 1
        return next(self._numbers)

    def _found_aside(self, path: Path) -> int | None:
        return self._aside.get(path.source.name, {}).pop(path.path_id, None)

    # A live peer may use ever new identifiers: what is out of use is found by setting all aside, keeping those of all
    # paths that there are, and giving the rest back.

    @property
    def crowded(self) -> bool:
        """Have they doubled since it was last known which are in use?"""
        return self._size > self._limit

    def set_aside(self) -> None:
        self._aside, self._ids = self._ids, {}

    def keep(self, path: Path) -> None:
        """The path is there; its number stays, if it has one."""
        number = self._found_aside(path)
        if number is not None:
            self._ids.setdefault(path.source.name, {})[path.path_id] = number

    def give_back(self) -> None:
        """Nobody knows the numbers that are still aside."""
        self._aside = {}
        self._measure()

    def take_back(self) -> None:
        """Somebody may have to be told that paths with those numbers are gone."""
        for name, numbers in self._aside.items():
            self._ids.setdefault(name, {}).update(numbers)
        self._aside = {}
        self._measure()

    def _measure(self) -> None:
        self._size = sum(map(len, self._ids.values()))
        self._limit = max(FEW, 2 * self._size)

    def forget(self, source_name: str) -> None:
        """A source is gone, and nobody has a path of it any more; if it comes again, it gets new numbers."""
        self._size -= len(self._ids.pop(source_name, ())) + len(self._aside.pop(source_name, ()))

    def __len__(self) -> int:
        """How many numbers are in use."""
        return self._size
