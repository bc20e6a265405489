"""Route flap damping: which prefixes of a peer come and go too often to be used (RFC 2439, values of RFC 7196).

Every change costs a route some points, of which half are gone after each ``half_life``. Above ``suppress`` points (its
figure of merit) the route is not used, below ``reuse`` it is again. What has never been withdrawn or changed has no
state here, and what has been quiet for long loses it.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from math import log2
from typing import Final

from ..addresses import Family

RECOMMENDED_SUPPRESS: Final = 6000
"""RFC 7196 §4."""
RouteId = tuple[Family, int, bytes]
"""Family, received path identifier, key: one route of a peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DampingRules:
    """``half_life`` and ``max_suppress_time`` in seconds; the others in points (RFC 7196 §4 asks for 6000 and more)."""

    half_life: float = 900
    reuse: float = 750
    suppress: float = RECOMMENDED_SUPPRESS
    max_suppress_time: float = 3600
    withdrawal: float = 1000
    readvertisement: float = 0
    attribute_change: float = 500

    @property
    def ceiling(self) -> float:
        """What no merit exceeds, so that no route is out for longer than ``max_suppress_time`` (RFC 2439 §4.2)."""
        return float(self.reuse * 2 ** (self.max_suppress_time / self.half_life))


class Damping:
    """The figures of merit of one peer's routes. Times are of the clock that it is told the time of."""

    __slots__ = ("_merits", "_reuse", "_rules", "_suppressed", "_sweep_at")

    def __init__(self, rules: DampingRules) -> None:
        self._rules = rules
        self._merits: dict[RouteId, tuple[float, float]] = {}  # figure of merit, and when it was that
        self._suppressed: set[RouteId] = set()
        self._reuse: list[tuple[float, RouteId]] = []  # heap of when to look at the suppressed ones
        self._sweep_at: float | None = None  # when those are looked for that can be forgotten

    def use_rules(self, rules: DampingRules) -> None:
        """Other values from now on; what is suppressed stays until its merit is low enough for them."""
        self._rules = rules
        self._reuse = []

    # -- what happens to routes --------------------------------------------------------------------------------------

    def withdrawn(self, route: RouteId, now: float) -> None:
        """The peer has taken the route back."""
        self._add(route, self._rules.withdrawal, now)

    def changed(self, route: RouteId, now: float) -> None:
        """The peer has sent the route with other attributes."""
        self._add(route, self._rules.attribute_change, now)

    def came_back(self, route: RouteId, now: float) -> None:
        """The peer has sent the route again; nothing happens if it was never withdrawn."""
        if route in self._merits:
            self._add(route, self._rules.readvertisement, now)

    def _add(self, route: RouteId, points: float, now: float) -> None:
        rules = self._rules
        merit = min(self.merit(route, now) + points, rules.ceiling)
        self._merits[route] = merit, now
        if self._sweep_at is None:
            self._sweep_at = now + rules.half_life
        if merit > rules.suppress and route not in self._suppressed:
            self._suppressed.add(route)
            heapq.heappush(self._reuse, (self._reuse_at(route), route))

    # -- questions ---------------------------------------------------------------------------------------------------

    @property
    def knows_none(self) -> bool:
        return not self._merits

    def merit(self, route: RouteId, now: float) -> float:
        """The figure of merit, decayed until now; 0 for what is not known."""
        merit, at = self._merits.get(route, (0.0, now))
        return float(merit * 2 ** ((at - now) / self._rules.half_life))

    def is_suppressed(self, route: RouteId) -> bool:
        return route in self._suppressed

    def until(self, route: RouteId) -> float | None:
        """When a suppressed route will be used again if it stays as it is; None if it is used."""
        return self._reuse_at(route) if route in self._suppressed else None

    @property
    def suppressed(self) -> frozenset[RouteId]:
        return frozenset(self._suppressed)

    def __len__(self) -> int:
        """How many routes have a figure of merit."""
        return len(self._merits)

    # -- time --------------------------------------------------------------------------------------------------------

    @property
    def next_deadline(self) -> float | None:
        if self._suppressed and not self._reuse:
            self._reuse = sorted((self._reuse_at(route), route) for route in self._suppressed)
        times = [self._reuse[0][0]] if self._reuse else []
        return min([*times, self._sweep_at], default=None) if self._sweep_at is not None else min(times, default=None)

    def tick(self, now: float) -> list[RouteId]:
        """The routes that may be used again; forgets what has been quiet for long."""
        released = []
        heap = self._reuse
        while heap and heap[0][0] <= now:
            _, route = heapq.heappop(heap)
            if route not in self._suppressed:
                continue
            at = self._reuse_at(route)
            if at > now:  # it has flapped again meanwhile
                heapq.heappush(heap, (at, route))
                continue
            self._suppressed.discard(route)
            released.append(route)
        if self._sweep_at is not None and now >= self._sweep_at:
            self._sweep(now)
        return released

    def _reuse_at(self, route: RouteId) -> float:
        merit, at = self._merits[route]
        return at + self._rules.half_life * max(0.0, log2(merit / self._rules.reuse))

    def _sweep(self, now: float) -> None:
        """RFC 2439 §4.2: below half of ``reuse`` a figure of merit is worth nothing any more."""
        low = self._rules.reuse / 2
        quiet = [route for route in self._merits if self.merit(route, now) < low and route not in self._suppressed]
        for route in quiet:
            del self._merits[route]
        self._sweep_at = now + self._rules.half_life if self._merits else None
