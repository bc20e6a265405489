"""Who writes what into the state file, and when: claims before the routes go in, releases after they are gone.

What blocks is marked, and is called in the FIB's worker thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from ..addresses import Family
from ..speaker.fib import FibRoute
from .state import Claims, Identity, Journal, StateFile, replay
from .table import Table

_SLICE: Final = 2000


class Ledger:
    """The state file of one FIB. Routes go on without it; but a run after this one won't know them as ours."""

    __slots__ = ("_failed", "_file", "_journal", "_lines", "_path", "_tables", "broken")

    def __init__(self, path: str, tables: Mapping[Family, Table], failed: Callable[[str], None]) -> None:
        """``failed`` is told why the file can't be written, once, in the worker thread or the loop's."""
        self.broken = False  # it can't be written; tried again when idle
        self._path = path
        self._tables = tables
        self._failed = failed
        self._file = StateFile(path)
        self._journal: Journal | None = None
        self._lines: list[str] = []  # not written yet

    def open(self, identity: Identity) -> dict[Family, Claims]:
        """What an earlier run claims. In the worker thread.

        Raises:
            FibError: it can't be written, or another pybgp has it.
        """
        self._journal = Journal(identity)
        return replay(self._file.open(), identity)

    def claim(self, family: Family, routes: Iterable[tuple[bytes, FibRoute]]) -> None:
        """These are about to go into the kernel."""
        assert self._journal is not None
        self._lines.append(self._journal.put(family, routes))

    def collect(self) -> None:
        """Note what has stopped being ours."""
        assert self._journal is not None
        for table in self._tables.values():
            released = table.plan.take_released()
            if released:
                self._lines.append(self._journal.gone(table.family, released))

    @property
    def is_behind(self) -> bool:
        """Is there something to be written?"""
        return bool(self._lines)

    @property
    def mostly_history(self) -> bool:
        return self._file.mostly_history

    def take_lines(self) -> str:
        """What is to be written, by ``append``."""
        lines, self._lines = self._lines, []
        return "".join(lines)

    def append(self, lines: str) -> None:
        """In the worker thread."""
        if not lines or self.broken:
            return
        try:
            self._file.append(lines)
        except OSError as error:
            self._broke(error)

    async def whole(self) -> str:
        """Only what is ours now, or may be, in slices; what was to be written is in it."""
        journal = self._journal
        assert journal is not None
        self._lines = []
        for table in self._tables.values():
            table.plan.take_released()
        text = [journal.head()]
        for family, table in self._tables.items():
            for some in _slices(table.plan.claims(), _SLICE):
                text.append(journal.put(family, some))
                await asyncio.sleep(0)
        return "".join(text)

    def rewrite(self, text: str) -> None:
        """Put ``whole`` in the file's place. In the worker thread."""
        try:
            self._file.rewrite(text)
            self.broken = False
        except OSError as error:
            if not self.broken:
                self._broke(error)

    def _broke(self, error: OSError) -> None:
        self.broken = True
        self._failed(f"{self._path}: {error.strerror or error}")

    def close(self) -> None:
        self._file.close()


def _slices(items: Iterator[tuple[bytes, FibRoute]], size: int) -> Iterator[list[tuple[bytes, FibRoute]]]:
    some: list[tuple[bytes, FibRoute]] = []
    for item in items:
        some.append(item)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
