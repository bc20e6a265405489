"""Sequences whose items are made when they are looked at, so that very many take no memory at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeVar, overload

_S = TypeVar("_S")
_T = TypeVar("_T")
_SHOWN = 100
"""Items in a representation at most: it is for a log."""


def made(make: Callable[[_S], _T], sources: Sequence[_S]) -> Sequence[_T]:
    """``make`` of each source: a tuple of a list, lazily of anything else."""
    if isinstance(sources, list):
        return tuple([make(source) for source in sources])
    return Lazily(lambda: map(make, sources), len(sources))


def chained(parts: Sequence[Sequence[_T]]) -> Sequence[_T]:
    """One sequence of several: a tuple if all of them are tuples."""
    if all(isinstance(part, tuple) for part in parts):
        return tuple([item for part in parts for item in part])
    return Lazily(lambda: chain.from_iterable(parts), sum(map(len, parts)))


class Seen(Sequence[_T]):
    """Compared item by item with any sequence, and shown like a tuple."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_equal, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self)) if len(self) <= _SHOWN else f"<{len(self)} items>"


class Lazily(Seen[_T]):
    """``size`` items that ``items`` gives anew each time."""

    __slots__ = ("_items", "_size")

    def __init__(self, items: Callable[[], Iterator[_T]], size: int) -> None:
        self._items = items
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[_T]:
        return self._items()

    def __reversed__(self) -> Iterator[_T]:
        return reversed(list(self))  # one by one from the front each time would be quadratic

    @overload
    def __getitem__(self, at: int) -> _T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[_T]: ...
    def __getitem__(self, at: int | slice) -> _T | Sequence[_T]:
        if isinstance(at, int) and 0 <= at < self._size:
            return next(islice(self, at, None))
        return list(self)[at]


def _equal(one: object, other: object) -> bool:
    return one == other
