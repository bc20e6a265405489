"""Which VRPs count, of several caches' and the operator's own (RFC 8210 §10).

Those of the caches with the lowest ``preference`` of all that have data, together; caches of equal preference are
united, and of which one a VRP comes makes no difference. Less preferred caches are kept up to date and wait: they count
from the moment that the preferred ones' data has expired. The operator's own VRPs always count, beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Final

from .table import Editor, VrpTable

SLICE: Final = 2000
"""VRPs that the making of a table takes before others get their turn: some 5 ms."""
MANY: Final = 50_000
"""With more changes than this, what they concern is everything."""


@dataclass(slots=True)
class _Cache:
    preference: int
    vrps: Set[bytes]
    has_data: bool = False


class Merge:
    """The VRPs that count, and the table of them."""

    __slots__ = ("_active", "_caches", "_members", "_pending", "_static", "table")

    def __init__(self, own_as: int) -> None:
        self.table = VrpTable(own_as)
        self._static: frozenset[bytes] = frozenset()
        self._caches: dict[str, _Cache] = {}
        self._active: tuple[str, ...] = ()
        self._members: set[bytes] = set()  # all that count, by now; ``table`` follows in slices
        self._pending: dict[bytes, bool] = {}  # what ``table`` does not have yet, or still has

    def set_static(self, records: Iterable[bytes]) -> None:
        """The operator's own VRPs, as a whole."""
        before, self._static = self._static, frozenset(records)
        self._look_at(before ^ self._static)

    def add_cache(self, name: str, preference: int) -> None:
        """A cache, which has no data yet; or another preference for one."""
        known = self._caches.get(name)
        self._caches[name] = _Cache(preference, known.vrps if known else set(), known is not None and known.has_data)
        self._choose()

    def remove_cache(self, name: str) -> None:
        """No cache of ours any more."""
        gone = self._caches.pop(name, None)
        self._choose()
        if gone is not None:
            self._look_at(gone.vrps)

    def changed(self, name: str, vrps: Set[bytes], has_data: bool, records: Iterable[bytes]) -> None:
        """A cache has ``vrps`` now (the same set may be handed in again); ``records`` came or went."""
        cache = self._caches[name]
        cache.vrps, cache.has_data = vrps, has_data
        if not self._choose() and name in self._active:
            self._look_at(records)

    def set_own_as(self, own_as: int) -> None:
        """What originates routes with an empty path."""
        self.table = self.table.of_as(own_as)

    @property
    def active(self) -> tuple[str, ...]:
        """The caches whose VRPs count."""
        return self._active

    @property
    def is_behind(self) -> bool:
        """Is there something for ``update`` to do?"""
        return bool(self._pending)

    def finish(self) -> None:
        """Bring ``table`` up to date at once."""
        for _ in self.update():
            pass

    def update(self) -> Iterator[tuple[VrpTable, VrpTable | None] | None]:
        """Bring ``table`` up to date, in slices; yields None, or the new table with a table of what has changed (None:
        all)."""
        while self._pending:
            pending, self._pending = self._pending, {}
            came = [record for record, here in pending.items() if here]
            gone = [record for record, here in pending.items() if not here]
            editor = Editor(self.table)
            for at in range(0, max(len(came), len(gone)), SLICE):
                editor.apply(came[at : at + SLICE], gone[at : at + SLICE])
                yield None
            self.table = editor.table().of_as(self.table.own_as)  # which may be another by now
            yield self.table, None if len(pending) > MANY else VrpTable(0, pending)

    def _choose(self) -> bool:
        """Which caches count now; returns whether others than before."""
        usable = {name: cache for name, cache in self._caches.items() if cache.has_data}
        best = min((cache.preference for cache in usable.values()), default=0)
        active = tuple(sorted(name for name, cache in usable.items() if cache.preference == best))
        if active == self._active:
            return False
        self._active = active
        wanted = set(self._static).union(*(self._caches[name].vrps for name in active))
        gone = self._members - wanted
        self._note(wanted - self._members if self._members else wanted, here=True)
        self._note(gone, here=False)
        return True

    def _look_at(self, records: Iterable[bytes]) -> None:
        """Some source has or had these: do they count?"""
        sources: list[Set[bytes]] = [self._static, *(self._caches[name].vrps for name in self._active)]
        came: list[bytes] = []
        gone: list[bytes] = []
        for record in records:
            here = any(record in source for source in sources)
            if here is not (record in self._members):
                (came if here else gone).append(record)
        self._note(came, here=True)
        self._note(gone, here=False)

    def _note(self, records: Collection[bytes], *, here: bool) -> None:
        if not self._pending:  # a cache's first data: everything at once, without a loop
            self._pending = dict.fromkeys(records, here)
            self._members = self._members.union(records) if here else self._members.difference(records)
            return
        for record in records:
            if here:
                self._members.add(record)
            else:
                self._members.discard(record)
            if self._pending.get(record) is (not here):
                del self._pending[record]
            else:
                self._pending[record] = here
