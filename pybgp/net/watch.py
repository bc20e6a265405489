"""An async iterator over best-route changes that coalesces: the newest state of each prefix, in order of change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ..addresses import Family, key_network
from ..messages.families.registry import route_text
from ..rib.path import Path
from ..rib.table import Table
from ..routes import Route
from ..speaker.outputs import BestChange

if TYPE_CHECKING:
    from netaddr import IPNetwork


@dataclass(frozen=True, slots=True)
class RouteChange:
    """The best route of a prefix has changed since the watcher last heard of it; ``best`` None: it has none now."""

    family: Family
    key: bytes
    best: Route | None

    @property
    def prefix(self) -> IPNetwork:
        return key_network(self.family, self.key)

    def __str__(self) -> str:
        if self.best is None:
            return f"{route_text(self.family, self.key)} gone"
        return f"{route_text(self.family, self.key)} via {self.best.next_hop or 'local'} from {self.best.source.name}"


class Watcher:
    """One ``Speaker.watch()``: what its reader has not yet heard, at most one change a prefix."""

    def __init__(self, family: Family | None) -> None:
        self._family = family
        self._news: dict[tuple[Family, bytes], Path | None] = {}
        self._wake = asyncio.Event()
        self._closed = False

    def fill(self, tables: Mapping[Family, Table]) -> None:
        """Begin with what there is."""
        for family, table in tables.items():
            if self._family in (None, family):
                self._news.update(((family, key), path) for key, path in table.loc_rib())
        if self._news:
            self._wake.set()

    def changed(self, changes: Iterable[BestChange]) -> None:
        for change in changes:
            if self._family in (None, change.family):
                self._news.pop((change.family, change.key), None)  # to the end: the order of change
                self._news[change.family, change.key] = change.new
        if self._news:
            self._wake.set()

    def close(self) -> None:
        """The speaker stops: the iteration ends when all has been heard."""
        self._closed = True
        self._wake.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> RouteChange:
        while not self._news:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        (family, key), path = next(iter(self._news.items()))
        del self._news[family, key]
        block = path.accepted if path is not None else None
        if path is None or block is None:
            return RouteChange(family, key, None)
        return RouteChange(family, key, Route(family, key, block, path.source))
