"""How long the event loop keeps others waiting: what a hold timer or a keepalive that is due would wait.

While there is something to do a timer is set every 20 ms, and how late it comes is noted. An idle speaker sets none.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

BEAT: Final = 0.020
"""Seconds between two looks."""
WINDOW: Final = 60.0
"""Seconds that the recent figures are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalls:
    """Milliseconds; all 0 if nothing was looked at."""

    p50_ms: float = 0
    p99_ms: float = 0
    max_ms: float = 0
    samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopStalls:
    """Of the last minute, and of all time."""

    window: Stalls
    since_start: Stalls
    window_s: float = WINDOW


class StallMonitor:
    """One for a loop. ``busy`` says that something is being done."""

    __slots__ = ("_all", "_due", "_handle", "_inputs", "_loop", "_recent", "_seen", "_worst")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._recent: deque[tuple[float, float]] = deque()  # (when, seconds late)
        self._all: Counter[int] = Counter()  # milliseconds late -> how often
        self._worst = 0.0
        self._inputs = 0
        self._seen = 0
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def busy(self) -> None:
        # HOT, once an input.
        self._inputs += 1
        if self._handle is None:
            self._arm()

    def close(self) -> None:
        """Look no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _arm(self) -> None:
        self._seen = self._inputs
        self._due = self._loop.time() + BEAT
        self._handle = self._loop.call_at(self._due, self._beat)

    def _beat(self) -> None:
        now = self._loop.time()
        self.note(now, now - self._due)
        self._handle = None
        if self._inputs != self._seen:
            self._arm()

    def note(self, now: float, late: float) -> None:
        """A timer that was due ``late`` seconds ago comes now."""
        late = max(0.0, late)
        self._recent.append((now, late))
        while self._recent[0][0] < now - WINDOW:
            self._recent.popleft()
        self._all[int(late * 1000)] += 1
        self._worst = max(self._worst, late)

    def stalls(self, now: float) -> LoopStalls:
        """The figures at this moment."""
        recent = sorted(late * 1000 for when, late in self._recent if when >= now - WINDOW)
        window = _figures([(late, 1) for late in recent], max(recent, default=0.0))
        return LoopStalls(window=window, since_start=_figures(sorted(self._all.items()), self._worst * 1000))


def _figures(values: Iterable[tuple[float, int]], worst: float) -> Stalls:
    """Of values in ascending order, each so often."""
    values = list(values)
    samples = sum(times for _, times in values)
    if not samples:
        return Stalls()
    return Stalls(
        p50_ms=round(_at(values, ceil(samples * 0.50)), 3),
        p99_ms=round(_at(values, ceil(samples * 0.99)), 3),
        max_ms=round(worst, 3),
        samples=samples,
    )


def _at(values: list[tuple[float, int]], rank: int) -> float:
    seen = 0
    for value, times in values:
        seen += times
        if seen >= rank:
            return float(value)
    return 0.0
