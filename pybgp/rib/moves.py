"""What a set of prefixes had before and has now: the form in which changes go to groups, kernel and watchers."""

from __future__ import annotations

from typing import Final, NamedTuple

from .adj_rib_out import AdjRibOut
from .changes import Changes
from .path import Entry
from .table import Table


class Again(NamedTuple):
    """The member was told of ``entry`` by other rules, those of ``by``: tell it what differs.

    ``by`` is None where everything is to be told again, come what may; of no entry it was told nothing.
    """

    entry: Entry | None
    by: AdjRibOut | None = None


Told = Entry | Again | None


class Move(NamedTuple):
    """Prefixes that all had ``old`` and now have ``new``."""

    old: Told
    new: Entry | None
    keys: list[bytes]


_tuple: Final = tuple.__new__  # half of what calling a NamedTuple costs


def moves_of(changes: Changes, table: Table) -> list[Move]:
    """The changes of a flush as moves; new prefixes are grouped already."""
    added, others = changes.split()
    # HOT: once a path that is new.
    moves = [_tuple(Move, (None, path, keys)) for path, keys in added.items() if keys]
    return moves + regroup(others, table) if others else moves


def regroup(changes: dict[bytes, Told] | dict[bytes, Entry | None], table: Table) -> list[Move]:
    """Prefixes and what they had as moves to what the table has now; unchanged prefixes are left out."""
    # HOT: once a changed prefix; neighbours mostly go the same way, then it is one comparison and one append.
    if len(changes) == 1:  # a lone change, for whose sake peers wait
        ((key, old),) = changes.items()
        new = table.get(key)
        return [] if old is new else [Move(old, new, [key])]
    moved: dict[tuple[Told, Entry | None], list[bytes]] = {}
    last_old: object = table  # nothing that could be in a table
    last_new: object = table
    append = list[bytes]().append
    for (key, old), new in zip(changes.items(), map(table.get, changes), strict=True):
        if new is not last_new or old is not last_old:
            if old is new:
                continue
            last_old, last_new = old, new
            append = moved.setdefault((old, new), []).append
        append(key)
    return [Move(old, new, keys) for (old, new), keys in moved.items()]
