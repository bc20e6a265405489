"""One list of a table's prefixes for all members that are to hear all of it, however many they are.

A member that joins, or asks for everything again, is behind on the whole table. It doesn't get a list of its own: it
notes which pieces of the shared list it has had, a bit each. So a hundred that join at once cost one list, and
whoever's turn it is takes all with it that still lack the same piece.

Members that can't keep up share a list, too, which begins empty: what changes while they are behind is put in behind,
with what it was before. Each of them has the pieces from its own time on before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .changes import Changes
from .path import Entry

PIECE: Final = 2000
"""Prefixes of a piece: what is told in one turn."""


class Walk:
    """The prefixes of a table in pieces. New ones are put in behind, so that who walks comes to them too.

    ``before`` is what prefixes had when they were put in behind, of those that had something: what a member had been
    told of them that was up to date till then. To one that walks a whole table it doesn't matter.
    """

    __slots__ = ("__weakref__", "_begun", "_index", "_seen", "_sorted", "before", "is_journal", "pieces")

    def __init__(self, keys: list[bytes], *, is_journal: bool = False) -> None:
        self.is_journal = is_journal  # it has only what has changed, and not a whole table
        self.before: dict[bytes, Entry] = {}
        self.pieces = [keys[at : at + PIECE] for at in range(0, len(keys), PIECE)]
        self._index: dict[bytes, int] = {}  # prefix -> number of its piece; made when it is needed
        self._begun = 0  # bit mask of the pieces that somebody has had: nothing can be put into them any more
        self._seen: Changes | None = None  # the flush that was looked at last
        self._sorted: dict[int, dict[bytes, Entry | None]] = {}  # what changed in it, by piece

    def __len__(self) -> int:
        """Prefixes, those included that have left the table meanwhile."""
        return len(self._index) or sum(map(len, self.pieces))

    def rest(self, told: int) -> int:
        """The pieces that are not among those of ``told``; both are bit masks."""
        return ((1 << len(self.pieces)) - 1) & ~told

    def begin_all(self) -> int:
        """The pieces that are there now, as a bit mask; nothing new comes into them."""
        mask = (1 << len(self.pieces)) - 1
        self._begun |= mask
        return mask

    def begin(self, number: int) -> list[bytes]:
        """The prefixes of a piece that somebody is told now."""
        self._begun |= 1 << number
        return self.pieces[number]

    def changed(self, changes: Changes) -> dict[int, dict[bytes, Entry | None]]:
        """What a flush has changed of the prefixes in the pieces, by piece; prefixes that are new come in behind.

        Those of them that fill up a piece which was there already are in what is returned, too.
        """
        if changes is self._seen:
            return self._sorted
        index = self._index or self._make_index()
        before = changes.before()
        found: dict[int, dict[bytes, Entry | None]] = {}
        new = []
        for key, old in before.items():
            number = index.get(key)
            if number is None:
                new.append(key)
                if old is not None and self.is_journal:
                    self.before[key] = old
            else:
                found.setdefault(number, {})[key] = old
        last = len(self.pieces) - 1
        filled = len(self.pieces[last]) if self.pieces else 0
        self._append(new)
        if self.pieces and last >= 0 and len(self.pieces[last]) > filled:
            found.setdefault(last, {}).update(dict.fromkeys(self.pieces[last][filled:]))
        self._seen, self._sorted = changes, found
        return found

    def number(self, key: bytes) -> int | None:
        """The piece that a prefix is in."""
        return (self._index or self._make_index()).get(key)

    def _append(self, keys: list[bytes]) -> None:
        pieces = self.pieces
        at = 0
        while at < len(keys):
            last = len(pieces) - 1
            if last < 0 or self._begun >> last & 1 or len(pieces[last]) >= PIECE:
                pieces.append([])
                last += 1
            some = keys[at : at + PIECE - len(pieces[last])]
            pieces[last] += some
            self._index.update(dict.fromkeys(some, last))
            at += len(some)

    def _make_index(self) -> dict[bytes, int]:
        for number, keys in enumerate(self.pieces):
            self._index.update(dict.fromkeys(keys, number))
        return self._index


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
