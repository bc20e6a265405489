"""Prefixes that another program takes away again and again: we wait longer every time before ours goes in."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

from ..speaker.fib import FibRoute
from .failures import backoff

MEMORY: Final = 120.0
"""Seconds of peace after which a fight is forgotten."""


class Fights:
    """How often which prefix was taken from us, and which of them have a pause."""

    __slots__ = ("_counts", "_until", "held")

    def __init__(self) -> None:
        self.held: dict[bytes, tuple[FibRoute, float]] = {}  # what goes in again, and when
        self._until: list[tuple[float, bytes]] = []  # heap
        self._counts: dict[bytes, tuple[int, float]] = {}  # how often somebody took it, last when

    def taken(self, key: bytes, now: float) -> int:
        """Somebody took our route; returns how often in this fight."""
        count, last = self._counts.get(key, (0, now))
        count = count + 1 if now - last < MEMORY else 1
        self._counts[key] = (count, now)
        return count

    def pause(self, key: bytes, route: FibRoute) -> bool:
        """Hold the route back for as long as its fight asks for; False: the first time we are back at once."""
        count, last = self._counts.get(key, (0, 0.0))
        if count <= 1:
            return False
        until = last + backoff(count - 1)
        self.held[key] = (route, until)
        heapq.heappush(self._until, (until, key))
        return True

    def due(self, now: float) -> Iterator[tuple[bytes, FibRoute]]:
        """What has been held back for long enough."""
        while self._until and self._until[0][0] <= now:
            until, key = heapq.heappop(self._until)
            held = self.held.get(key)
            if held is not None and held[1] == until:
                del self.held[key]
                yield key, held[0]

    @property
    def next_deadline(self) -> float | None:
        return self._until[0][0] if self._until else None

    def forget_old(self, now: float) -> None:
        if self._counts:
            self._counts = {key: fight for key, fight in self._counts.items() if now - fight[1] < MEMORY}
