"""The table of one family: every candidate of every prefix, and what has changed since the last flush.

There is no Adj-RIB-In, Loc-RIB or Adj-RIB-Out beside it (RFC 4271 §3.2); they are views of this table: the first is the
candidates of one peer, the second the best candidate of each prefix, the third what ``rib.groups`` makes of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from sys import getsizeof
from typing import Final
from weakref import ref

from ..addresses import Family
from .changes import Changes
from .crowd import CROWD, Crowd
from .decision import Decision
from .path import Entry, Path, best_of, paths_of
from .walk import PIECE, Walk

SLICE = PIECE
"""Prefixes that long work looks at before others get their turn."""


_SPARSE: Final = 800
"""Octets of a dict for each entry at which it is an eighth full, or less."""


@dataclass(slots=True)
class Counters:
    """How many candidates a peer has in the table, kept as they come and go."""

    received: int = 0
    accepted: int = 0


class Table:
    """prefix → Path, or (best, second, …)."""

    __slots__ = ("_counters", "_crowds", "_entries", "_walk", "decision", "family", "get", "pending")

    def __init__(self, family: Family, decision: Decision) -> None:
        self.family = family
        self.decision = decision
        self._entries: dict[bytes, Entry] = {}
        self.get: Callable[[bytes], Entry | None] = self._entries.get  # what a prefix has; the dict's own, for speed
        self._counters: dict[str, Counters] = {}  # source name -> counters
        self._crowds: dict[bytes, Crowd] = {}  # of some of the prefixes with many candidates
        self.pending = Changes()  # since the last flush
        self._walk: ref[Walk] | None = None  # while somebody walks

    # -- what goes in ------------------------------------------------------------------------------------------------

    def insert(self, keys: list[bytes], path: Path) -> None:
        """Make ``path`` the candidate of ``keys`` from its peer (and path identifier)."""
        # HOT, once an UPDATE: two C calls for prefixes that nobody else has; no Python per key.
        # Watched by tests/bench (d).
        entries = self._entries
        counters = self._counters.get(path.source.name) or self._new_counters(path.source.name)
        before = len(entries)
        if entries.keys().isdisjoint(keys):
            entries.update(dict.fromkeys(keys, path))
            added = len(entries) - before
            self.pending.add(keys if added == len(keys) else list(dict.fromkeys(keys)), path)
            counters.received += added
            if path.accepted is not None:
                counters.accepted += added
            return
        for key in keys:
            self._insert_one(key, path, counters)

    def _insert_one(self, key: bytes, path: Path, counters: Counters) -> None:
        old = self._entries.get(key)
        if old is path:
            return
        if type(old) is tuple and len(old) >= CROWD and not self.decision.depends_on_current:
            self._insert_into_crowd(key, old, path, counters)
            return
        self.pending.change(key, old)
        others = []
        counters.received += 1
        counters.accepted += path.accepted is not None
        for other in paths_of(old):
            if other.same_origin(path):
                counters.received -= 1
                counters.accepted -= other.accepted is not None
            else:
                others.append(other)
        if others:
            others.append(path)
            self._entries[key] = self.decision.order(others, best_of(old))
        else:
            self._entries[key] = path

    def _insert_into_crowd(self, key: bytes, old: tuple[Path, ...], path: Path, counters: Counters) -> None:
        crowd = self._crowd(key, old)
        same = crowd.members.get((path.source.name, path.path_id))
        if same is path:
            return
        self.pending.change(key, old)
        counters.received += 1
        counters.accepted += path.accepted is not None
        others = old
        if same is not None:
            counters.received -= 1
            counters.accepted -= same.accepted is not None
            others = crowd.remove(old, same)
        self._entries[key] = crowd.add(others, path)

    def _crowd(self, key: bytes, paths: tuple[Path, ...]) -> Crowd:
        crowd = self._crowds.get(key)
        if crowd is None or crowd.decision is not self.decision:
            crowd = self._crowds[key] = Crowd(paths, self.decision)
        return crowd

    def withdraw(self, keys: Iterable[bytes], source_name: str, path_id: int = 0) -> None:
        """Remove the candidate of ``keys`` from that peer with that path identifier; unknown ones are no matter."""
        # HOT, once an UPDATE.
        entries, pending = self._entries, self.pending
        counters = self.counters(source_name)
        for key in keys:
            old = entries.get(key)
            if old is None:
                continue
            if type(old) is Path:
                if old.path_id == path_id and old.source.name == source_name:
                    del entries[key]
                    pending.change(key, old)
                    counters.received -= 1
                    if old.accepted is not None:
                        counters.accepted -= 1
            elif len(old) > CROWD and not self.decision.depends_on_current:  # type: ignore[arg-type]
                crowd = self._crowd(key, old)  # type: ignore[arg-type]
                path = crowd.members.get((source_name, path_id))
                if path is not None:
                    pending.change(key, old)
                    counters.received -= 1
                    counters.accepted -= path.accepted is not None
                    entries[key] = crowd.remove(old, path)  # type: ignore[arg-type]
            else:
                self._keep(key, lambda path: path.path_id != path_id or path.source.name != source_name)

    def _keep(self, key: bytes, wanted: Callable[[Path], bool]) -> None:
        """Drop the candidates of a prefix that are not wanted."""
        old = self._entries[key]
        paths = paths_of(old)
        kept = tuple(path for path in paths if wanted(path))
        if len(kept) == len(paths):
            return
        self.pending.change(key, old)
        self._crowds.pop(key, None)
        remaining = set(kept)
        for path in paths:
            if path not in remaining:
                counters = self.counters(path.source.name)
                counters.received -= 1
                counters.accepted -= path.accepted is not None
        if not kept:
            del self._entries[key]
        else:
            self._entries[key] = kept[0] if len(kept) == 1 else self.decision.order(kept, best_of(old))

    # -- long work, in slices ----------------------------------------------------------------------------------------

    def drop(self, unwanted: Callable[[Path], bool]) -> Iterator[None]:
        """Remove every candidate that is ``unwanted``: a session that ended, what a restarted peer did not renew.

        A generator: each step looks at some 2,000 prefixes.
        """
        entries = self._entries
        for keys in _slices(list(entries)):
            for key in keys:
                entry = entries.get(key)
                if entry is None:
                    continue
                if type(entry) is Path:
                    if unwanted(entry):
                        self._keep(key, lambda path: False)
                elif any(map(unwanted, entry)):  # type: ignore[arg-type]
                    self._keep(key, lambda path: not unwanted(path))
            yield

    def replace(
        self, successor: Callable[[bytes, Path], Path], only: Mapping[Path, bool] | None = None
    ) -> Iterator[None]:
        """Give every candidate its successor (itself, if nothing changed): a new policy, another next hop.

        A generator, like ``drop``. A successor has the same peer and path identifier. ``only`` says which paths may
        have another one: prefixes with none of them are passed over.
        """
        entries = self._entries
        for keys in _slices(list(entries)):
            for key in keys if only is None else self._with_some(keys, only):
                old = entries.get(key)
                if old is None:
                    continue
                paths = paths_of(old)
                new = [successor(key, path) for path in paths]
                if all(a is b for a, b in zip(paths, new, strict=True)):
                    continue
                self.pending.change(key, old)
                self._crowds.pop(key, None)
                for a, b in zip(paths, new, strict=True):
                    self.counters(a.source.name).accepted += (b.accepted is not None) - (a.accepted is not None)
                entries[key] = new[0] if len(new) == 1 else self.decision.order(new, best_of(old))
            yield

    def _with_some(self, keys: list[bytes], wanted: Mapping[Path, bool]) -> list[bytes]:
        """The prefixes that have a candidate of those."""
        # 0.1 µs a prefix that has none
        pairs = zip(keys, map(self._entries.get, keys), strict=True)
        return [
            key
            for key, entry in pairs
            if (wanted[entry] if type(entry) is Path else any(map(wanted.__getitem__, entry or ())))  # type: ignore[arg-type]
        ]

    # -- views -------------------------------------------------------------------------------------------------------

    def counters(self, source_name: str) -> Counters:
        """The counters of a peer, to be read."""
        return self._counters.get(source_name) or Counters()

    def _new_counters(self, source_name: str) -> Counters:
        counters = self._counters[source_name] = Counters()
        return counters

    def forget(self, source_name: str) -> None:
        """A peer without candidates is gone: its counters too."""
        self._counters.pop(source_name, None)

    def shrink(self) -> None:
        """Give memory back when most prefixes are gone: a dict alone never gets smaller."""
        entries = self._entries
        if getsizeof(entries) > _SPARSE * (len(entries) + 1):
            kept = list(entries.items())
            entries.clear()
            entries.update(kept)

    def best(self, key: bytes) -> Path | None:
        """The Loc-RIB's route of a prefix."""
        return best_of(self._entries.get(key))

    def prefixes(self) -> list[bytes]:
        """All prefixes now; a copy, safe to walk while the table changes."""
        return list(self._entries)

    def walk(self) -> Walk:
        """All prefixes now, in pieces; who walks at the same time shares them. Call it when nothing is pending."""
        walk = self._walk() if self._walk is not None else None
        if walk is None or len(walk) > 2 * len(self._entries) + PIECE:  # mostly of what is gone
            walk = Walk(list(self._entries))
            self._walk = ref(walk)
        return walk

    def adj_rib_in(self, source_name: str) -> Iterator[tuple[bytes, Path]]:
        """What a peer has told us, eligible or not. Walks a copy of the keys."""
        for key in self.prefixes():
            for path in paths_of(self._entries.get(key)):
                if path.source.name == source_name:
                    yield key, path

    def entries(self) -> Iterator[tuple[bytes, Entry]]:
        """What each prefix has. Walks a copy of the keys."""
        for key in self.prefixes():
            entry = self._entries.get(key)
            if entry is not None:
                yield key, entry

    def loc_rib(self) -> Iterator[tuple[bytes, Path]]:
        """The best route of each prefix that has one."""
        for key in self.prefixes():
            best = self.best(key)
            if best is not None:
                yield key, best

    def __len__(self) -> int:
        return len(self._entries)

    def take_pending(self) -> Changes:
        """The changes since the last call."""
        pending, self.pending = self.pending, Changes()
        return pending


def _slices(keys: list[bytes]) -> Iterator[list[bytes]]:
    for at in range(0, len(keys), SLICE):
        yield keys[at : at + SLICE]
