"""What the unicast table says of the destinations of flow specifications: the best match, and who is more specific.

Of each destination that is followed the unicast route with the longest prefix that holds it is remembered, and the
neighbouring ASes of all more specific routes are counted as changes are flushed. What is there already when a
destination comes is counted in one walk for all that have come; nothing is walked for single addresses, for which
nothing is more specific.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator

from ..policy.prefix_set import BITS
from .covering import Covering, covering_keys
from .moves import Again, Move
from .path import Path, best_of
from .table import Table
from .unscanned import Unscanned


class _Count:
    """The neighbouring ASes of the routes that are more specific than each of some destinations."""

    __slots__ = ("_covering", "neighbors")

    def __init__(self, destinations: Iterable[bytes] = ()) -> None:
        self.neighbors: dict[bytes, Counter[int]] = {each: Counter() for each in destinations}
        self._covering = Covering(self.neighbors)

    def change(self, keys: Iterable[bytes], before: Path | None, after: Path | None) -> list[bytes]:
        """Prefixes had one best route and have another; the destinations that have other neighbours now."""
        old = before.received.neighbor_as if before is not None else None
        new = after.received.neighbor_as if after is not None else None
        changed: list[bytes] = []
        if old == new:
            return changed
        for destination, count in Counter(one for key in keys for one in self._covering.of(key)).items():
            neighbors = self.neighbors[destination]
            known = len(neighbors)
            if new is not None:
                neighbors[new] += count
            came = len(neighbors) > known
            if old is not None:
                neighbors[old] -= count
                if not neighbors[old]:
                    del neighbors[old]
            if came or len(neighbors) < known:
                changed.append(destination)
        return changed

    def take_in(self, other: _Count, wanted: Iterable[bytes]) -> None:
        for destination in wanted:
            self.neighbors[destination] = other.neighbors[destination]
            self._covering.add(destination)

    def drop(self, destination: bytes) -> None:
        if self.neighbors.pop(destination, None) is not None:
            self._covering.discard(destination)


class Destinations:
    """Some prefixes over one unicast table. What they are told of follows the table from flush to flush."""

    __slots__ = (
        "_batch",
        "_best",
        "_bits",
        "_count",
        "_firsts",
        "_followed",
        "_in_order",
        "_new",
        "_provisional",
        "_table",
        "_unscanned",
    )

    def __init__(self, unicast: Table) -> None:
        self._table = unicast
        self._bits = BITS[unicast.family]
        self._followed: set[bytes] = set()
        self._in_order: list[tuple[int, int, bytes]] = []  # first address, length and prefix of each
        self._firsts: list[int] = []  # their first addresses
        self._best: dict[bytes, Path | None] = {}  # what was found
        self._provisional: set[bytes] = set()  # those of them that were looked for while the table was changing
        self._count = _Count()  # of those that have been counted whole
        self._new: set[bytes] = set()  # not counted yet
        self._batch = _Count()  # being counted
        self._unscanned: Unscanned | None = None  # what the batch has not seen

    def __bool__(self) -> bool:
        return bool(self._followed)

    def __contains__(self, destination: bytes) -> bool:
        return destination in self._followed

    def add(self, destination: bytes) -> None:
        """Follow one that isn't followed."""
        self._followed.add(destination)
        place = self._place(destination)
        at = bisect_left(self._in_order, place)
        self._in_order.insert(at, place)
        self._firsts.insert(at, place[0])
        if destination[0] < self._bits and destination not in self._batch.neighbors:
            self._new.add(destination)

    def discard(self, destination: bytes) -> None:
        """Follow it no longer."""
        self._followed.discard(destination)
        at = bisect_left(self._in_order, self._place(destination))
        del self._in_order[at], self._firsts[at]
        self._best.pop(destination, None)
        self._new.discard(destination)
        self._count.drop(destination)

    def _place(self, prefix: bytes) -> tuple[int, int, bytes]:
        return int.from_bytes(prefix[1:].ljust(self._bits // 8, b"\0")), prefix[0], prefix

    def best(self, destination: bytes) -> Path | None:
        """The best unicast route with the longest prefix that holds the destination."""
        known = self._best.get(destination, self)
        if known is self:
            found = filter(None, map(self._table.best, covering_keys(destination)))
            known = self._best[destination] = next(found, None)
            if self._table.pending:  # what has come may go before the flush, which then knows of no change
                self._provisional.add(destination)
        return known  # type: ignore[return-value]  # self stands for "not there"

    def neighbors(self, destination: bytes) -> Iterable[int] | None:
        """The neighbouring ASes of more specific routes, 0 for our own AS; None while they are being counted."""
        if destination[0] == self._bits:
            return ()
        return self._count.neighbors.get(destination)

    def changed(self, moves: Iterable[Move]) -> set[bytes]:
        """A flush of the unicast table: the destinations of which there is something else to say."""
        found, self._provisional = self._provisional, set()
        if not self._followed and self._unscanned is None:
            return found
        for old, new, keys in moves:
            before = None if isinstance(old, Again) else best_of(old)
            after = best_of(new)
            if before is after:
                continue
            found.update(self._inside(keys))
            found.update(self._count.change(keys, before, after))
            if self._unscanned is not None:
                first, rest = self._unscanned.split(keys)
                self._batch.change(first, None, after)
                self._batch.change(rest, before, after)
        for destination in found:
            self._best.pop(destination, None)
        return found

    def _inside(self, prefixes: Iterable[bytes]) -> Iterator[bytes]:
        """The destinations that these prefixes hold."""
        # HOT: once a changed prefix while there are flow specifications; mostly there is none behind its first address.
        firsts, bits, size = self._firsts, self._bits, self._bits // 8
        count = len(firsts)
        for prefix in prefixes:
            length = prefix[0]
            first = int.from_bytes(prefix[1:].ljust(size, b"\0"))
            last = first | (1 << bits - length) - 1
            at = bisect_left(firsts, first)
            while at < count and firsts[at] <= last:
                _, other, destination = self._in_order[at]
                if other >= length:
                    yield destination
                at += 1

    @property
    def uncounted(self) -> bool:
        """Is there something for ``scan`` to do?"""
        return bool(self._new)

    def scan(self) -> Iterator[set[bytes]]:
        """Count what is there already for those that have come: long work, each step of which needs a table that has
        been flushed. Yields the destinations that have been counted."""
        while self._new:
            self._batch, self._new = _Count(self._new), set()
            self._unscanned = Unscanned(self._table)
            for keys in self._unscanned.slices():
                alike: dict[Path | None, list[bytes]] = {}
                for key in keys:
                    alike.setdefault(self._table.best(key), []).append(key)
                for path, some in alike.items():
                    self._batch.change(some, None, path)
                yield set()
            batch, self._batch, self._unscanned = self._batch, _Count(), None
            counted = self._followed.intersection(batch.neighbors)
            self._count.take_in(batch, counted)
            yield counted
