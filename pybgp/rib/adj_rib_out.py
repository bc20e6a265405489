"""What the members of a group have of each prefix: a view that is worked out when somebody asks (RFC 4271 §3.2).

It outlives its group for a while: members that have come under other rules are compared with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .export import Export, Exporter
from .local import DEFAULT_KEY, DEFAULT_ROUTE
from .path import Entry, Path, best_of, paths_of
from .selection import Choice, Selection, told_to


class AdjRibOut:
    """By one set of rules, for all members; what a member has sent itself is not among what it is told."""

    __slots__ = ("exporter", "originated", "rules", "selection")

    def __init__(self, exporter: Exporter, selection: Selection | None) -> None:
        self.rules = exporter.rules
        self.exporter = exporter
        self.originated = exporter.originated()  # the default route of our own, in no table
        self.selection = selection

    def told(self, name: str, key: bytes, entry: Entry | None) -> Iterator[tuple[Path, Export]]:
        """What a member has of a prefix that has ``entry``, when it is up to date."""
        if self.originated is not None and key == DEFAULT_KEY:
            yield DEFAULT_ROUTE, self.originated
            if not self.rules.add_path:
                return
        yield from told_to(self.rules, self.selection, partial(self.exporter.export, key=key), entry, name)

    def one(self, entry: Entry | None, key: bytes) -> Choice | None:
        """Without ADD-PATH: what all are told, and what its source is."""
        if self.originated is not None and key == DEFAULT_KEY:
            return Choice(DEFAULT_ROUTE, self.originated)
        export = partial(self.exporter.export, key=key)
        if self.selection is not None:
            return self.selection.one(entry, export)
        best = best_of(entry)
        sent = export(best) if best is not None else None
        return Choice(best, sent) if best is not None and sent is not None else None

    def several(self, entry: Entry | None, key: bytes) -> tuple[tuple[Path, Export], ...]:
        """With ADD-PATH: all that somebody is told."""
        export = partial(self.exporter.export, key=key)
        paths = paths_of(entry) if self.selection is None else self.selection.several(entry, export)
        told = [(path, sent) for path in paths if (sent := export(path)) is not None]
        if self.originated is not None and key == DEFAULT_KEY:
            told.append((DEFAULT_ROUTE, self.originated))
        return tuple(told)

    def reselecting(self) -> AdjRibOut:
        """The same rules, when costs from elsewhere or how paths are compared may be others from now on."""
        selection = self.selection.renewed() if self.selection is not None else None
        return AdjRibOut(self.exporter, selection)

    def stays(self) -> None:
        """From now on this is what members were told: no later costs and decisions count."""
        if self.selection is not None:
            self.selection.stays()

    @property
    def is_known(self) -> bool:
        """Can it still be said what members were told?"""
        return self.selection is None or self.selection.is_known
