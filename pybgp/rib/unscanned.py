"""A table that is counted while it changes: which of its prefixes the count has not seen yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .table import SLICE, Table


class Unscanned:
    """Starts with all prefixes of a table that has been flushed; false when all have been seen."""

    __slots__ = ("_keys",)

    def __init__(self, table: Table) -> None:
        self._keys = set(table.prefixes())

    def __bool__(self) -> bool:
        return bool(self._keys)

    def split(self, keys: list[bytes]) -> tuple[Collection[bytes], list[bytes]]:
        """Those that have not been seen and now are, whatever they had before; and the others."""
        first = self._keys.intersection(keys)
        if not first:
            return (), keys
        self._keys -= first
        return first, [key for key in keys if key not in first]

    def slices(self) -> Iterator[list[bytes]]:
        """All that have not been seen when their turn comes, some 2,000 at a time."""
        keys = list(self._keys)
        for at in range(0, len(keys), SLICE):
            some = [key for key in keys[at : at + SLICE] if key in self._keys]
            self._keys.difference_update(some)
            yield some
