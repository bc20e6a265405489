"""``pybgp`` with a clock on its event loop: ``python -m tests.bench.turns FILE ARGUMENTS...``.

A turn is what the loop does between two looks at its sockets: what a timer that is due may have to wait for. Its length
is the thread's CPU time, so what else the machine does doesn't count. Starting and stopping aren't counted either. When
the daemon ends, ``FILE`` has the figures as JSON: ``Turns``.
"""

from __future__ import annotations

import json
import selectors
import sys
from array import array
from asyncio.events import Handle
from bisect import insort
from dataclasses import asdict, dataclass
from pathlib import Path
from time import thread_time
from typing import Any, Final

from pybgp.cli.main import main

LONGEST: Final = 12
"""Turns that are told in detail."""
START_AND_END: Final = "Daemon.run"
"""The task that starts the daemon and ends it: then nobody is kept waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Milliseconds of CPU."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    waits_p99_ms: float
    """What a timer waits that comes due at any time while something is done: long turns count for their length."""
    longest: list[tuple[float, str]]
    """Turns, the longest first, and what was done in them."""


def figures(turns: array[float], longest: list[tuple[float, str]]) -> Turns:
    """Of turns in seconds."""
    ordered = sorted(turns) or [0.0]
    return Turns(
        count=len(turns),
        p50_ms=_ms(ordered[len(ordered) // 2]),
        p99_ms=_ms(ordered[len(ordered) * 99 // 100]),
        max_ms=_ms(ordered[-1]),
        waits_p99_ms=_ms(waits(ordered, 0.01)),
        longest=[(_ms(seconds), name) for seconds, name in longest],
    )


def waits(ordered: list[float], share: float) -> float:
    """Seconds that this share of all timers waits for longer, of turns in ascending order.

    One that comes due at a random time within a turn waits for the rest of it, so of a turn of d seconds d - x are
    longer than x away from its end.
    """
    wanted = sum(ordered) * share
    count, total = 0, 0.0
    for seconds in reversed(ordered):
        if total - count * seconds > wanted:
            break
        count, total = count + 1, total + seconds
    return max(0.0, (total - wanted) / count) if count else 0.0


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


class Clock:
    """Of one loop's thread."""

    def __init__(self) -> None:
        self.turns = array("d")
        self.longest: list[tuple[float, str]] = []
        self._began: float | None = None  # None before the first turn
        self._done: dict[str, list[float]] = {}  # in this turn: callback -> seconds of each call

    def attach(self) -> None:
        """To the loops that are made from now on."""
        select, run = selectors.DefaultSelector.select, Handle._run

        def timed_select(selector: selectors.BaseSelector, timeout: float | None = None) -> Any:
            ready = select(selector, timeout)
            self._turn(thread_time())  # waiting takes no CPU
            return ready

        def timed_run(handle: Handle) -> None:
            began = thread_time()
            callback = handle._callback  # type: ignore[attr-defined]
            run(handle)
            self._done.setdefault(_name(callback), []).append(thread_time() - began)

        selectors.DefaultSelector.select = timed_select  # type: ignore[method-assign]
        Handle._run = timed_run  # type: ignore[method-assign]

    def _turn(self, now: float) -> None:
        longest = self.longest
        if self._began is not None and START_AND_END not in self._done:
            took = now - self._began
            self.turns.append(took)
            if len(longest) < LONGEST or took > longest[-1][0]:
                parts = sorted(self._done.items(), key=lambda part: -sum(part[1]))[:4]
                told = [f"{_ms(sum(each))} ms in {len(each)} {name}" for name, each in parts]
                insort(longest, (took, ", ".join(told)), key=lambda row: -row[0])
                del longest[LONGEST:]
        self._done.clear()
        self._began = now


def _name(callback: Any) -> str:
    coro = getattr(getattr(callback, "__self__", None), "get_coro", None)
    return str(getattr(coro() if coro else callback, "__qualname__", None) or callback)


if __name__ == "__main__":
    clock = Clock()
    clock.attach()
    file = Path(sys.argv.pop(1))
    try:
        sys.exit(main())
    finally:
        file.write_text(json.dumps(asdict(figures(clock.turns, clock.longest))))
