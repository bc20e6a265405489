"""What has changed in a table since the last flush: prefixes and what they had before their first change.

New prefixes, which are nearly all while a peer sends its table, are kept by the path they got and not one by one, so
that nobody looks at each of them until they are encoded.
"""

from __future__ import annotations

from .path import Entry, Path


class Changes:
    """prefix → what it had, None for nothing. Prefixes that changed and changed back are still in it."""

    __slots__ = ("_whole", "added", "new", "others")

    def __init__(self) -> None:
        self.added: dict[Path, list[bytes]] = {}
        """Prefixes that had nothing, by the path they got."""
        self.others: dict[bytes, Entry | None] = {}
        """All others, and new ones that have changed again: what they had."""
        self.new = 0
        """Prefixes in ``added``."""
        self._whole: dict[bytes, Entry | None] | None = None

    def add(self, keys: list[bytes], path: Path) -> None:
        """``keys`` (none twice) were not in the table and have ``path`` now."""
        # HOT, once an UPDATE. A prefix that was withdrawn since the last flush is not new.
        before = self.others
        if before and not before.keys().isdisjoint(keys):
            keys = [key for key in keys if key not in before]
        known = self.added.get(path)
        if known is None:
            self.added[path] = keys[:]
        else:
            known += keys
        self.new += len(keys)

    def change(self, key: bytes, before: Entry | None) -> None:
        """A prefix has something else now, or nothing."""
        self.others.setdefault(key, before)

    def __len__(self) -> int:
        """How many prefixes, roughly: new ones that have changed again count twice."""
        return self.new + len(self.others)

    def split(self) -> tuple[dict[Path, list[bytes]], dict[bytes, Entry | None]]:
        """New prefixes by their path; all other changes. Nothing is added after this."""
        before = self.others
        if before and self.added:
            for path, keys in list(self.added.items()):
                if not before.keys().isdisjoint(keys):  # new, and changed again: it had nothing, whatever came between
                    before.update((key, None) for key in keys if key in before)
                    self.added[path] = [key for key in keys if key not in before]
        return self.added, before

    def before(self) -> dict[bytes, Entry | None]:
        """All of them, one by one. Nothing is added after this."""
        if self._whole is None:
            added, before = self.split()
            self._whole = {key: None for keys in added.values() for key in keys} | before
        return self._whole
