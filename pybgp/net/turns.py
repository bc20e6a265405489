"""What may be done in one turn of the event loop, so that keepalives of hundreds of sessions never starve.

Input, flushes, long work and timers share one budget; what is left takes its turn in the next one, before what is new.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

TURN: Final = 0.004
"""Seconds after which a turn of the loop begins nothing more: hundreds of connections that bring a keepalive, or are
lost, at once take longer, and so does what they lead to. What has begun is ended, which takes some 10 ms at most."""


class Turns:
    """Duties, each at most once in a turn, and input, which keeps its order; ``busy`` is called when there are some."""

    __slots__ = ("_busy", "_duties", "_loop", "_queue", "_until")

    def __init__(self, loop: asyncio.AbstractEventLoop, busy: Callable[[], None]) -> None:
        self._loop = loop
        self._busy = busy
        self._duties: deque[Callable[[], None]] = deque()  # for the next turns, none of them twice
        self._queue: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()  # input that waits likewise
        self._until: float | None = None  # when this turn has had its share; None before anything is done in it

    @property
    def waiting(self) -> bool:
        """Is anything left for the next turns?"""
        return bool(self._duties or self._queue)

    @property
    def inputs(self) -> int:
        """How much input waits."""
        return len(self._queue)

    def has(self, duty: Callable[[], None]) -> bool:
        """Is it left for the next turns?"""
        return duty in self._duties

    def take(self, action: Callable[..., None], *args: Any) -> bool:
        """Do it now; or in one of the next turns (False) if this one has had its share, and behind what waits."""
        # HOT, once a reading.
        if self._until is None:  # the first of the turn; what it leads to is told before anything is arranged
            self._until = self._loop.time() + TURN
            try:
                action(*args)
            finally:
                self._loop.call_soon(self._turn)
            return True
        if self._queue or self._loop.time() > self._until:
            self._queue.append((action, args))
            self.soon(self._take_waiting)
            return False
        action(*args)
        return True

    def _take_waiting(self) -> None:
        """Input that had to wait comes before what is new."""
        queue = self._queue
        until = self._loop.time() + TURN
        try:
            while queue:
                action, args = queue.popleft()
                action(*args)
                if self._loop.time() > until:
                    break
        finally:  # after a bug of ours, too: what is new must not overtake what waits
            if queue:
                self.soon(self._take_waiting)

    def soon(self, duty: Callable[[], None]) -> None:
        """Do it in the next turn that has time for it, behind what waits."""
        if duty not in self._duties:
            self._duties.append(duty)
            if self._until is None:
                self._begin()

    def first(self, duty: Callable[[], None]) -> None:
        """Do it now, or before all else that waits if this turn has had its share."""
        if self._until is None:
            self._begin()
        elif self._loop.time() > self._until:
            if duty not in self._duties:
                self._duties.appendleft(duty)
            return
        duty()

    def _begin(self) -> None:
        self._until = self._loop.time() + TURN
        self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """What the last turn has left to do, each thing once, as far as there is time; the rest goes on in the next."""
        duties = self._duties
        if not duties:
            self._until = None
            return
        self._busy()
        self._begin()
        for _ in range(len(duties)):
            duties.popleft()()
            if self._loop.time() > self._until:  # type: ignore[operator]  # since _begin
                return
