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
PAUSE: Final = 0.001
"""Seconds without anything of ours, after which what comes begins a turn: the loop has slept, or had others to serve.
Less would be met between two readings of one turn where the machine is slow, and each would get a share of its own."""


class Turns:
    """Duties, each at most once in a turn, and input, which keeps its order; ``busy`` is called when there are some.

    Nothing is arranged with the loop while turns have time to spare: a lone change is told, and the loop sleeps again.
    """

    __slots__ = ("_arranged", "_busy", "_duties", "_ended", "_loop", "_queue", "_until")

    def __init__(self, loop: asyncio.AbstractEventLoop, busy: Callable[[], None]) -> None:
        self._loop = loop
        self._busy = busy
        self._duties: deque[Callable[[], None]] = deque()  # for the next turns, none of them twice
        self._queue: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()  # input that waits likewise
        self._until = 0.0  # when this turn has had its share
        self._ended = 0.0  # when the last thing that was done in it had been done
        self._arranged = False  # does the loop know that there is another turn?

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

    def has_time(self) -> bool:
        """May this turn go on?"""
        return self._loop.time() <= self._until

    def take(self, action: Callable[..., None], *args: Any) -> bool:
        """Do it now; or in one of the next turns (False) if this one has had its share, and behind what waits."""
        # HOT, once a reading.
        if self._queue or not self._may_begin():
            self._queue.append((action, args))
            self.soon(self._take_waiting)
            return False
        try:
            action(*args)
        finally:
            self._done()
        return True

    def _may_begin(self) -> bool:
        now = self._loop.time()
        if now - self._ended > PAUSE and not self._arranged:
            self._until = now + TURN
            return True
        return now <= self._until

    def _done(self) -> None:
        self._ended = self._loop.time()
        if self._ended > self._until:
            self._arrange()

    def _take_waiting(self) -> None:
        """Input that had to wait comes before what is new."""
        queue = self._queue
        try:
            while queue:
                action, args = queue.popleft()
                action(*args)
                if not self.has_time():
                    break
        finally:  # after a bug of ours, too: what is new must not overtake what waits
            if queue:
                self.soon(self._take_waiting)

    def soon(self, duty: Callable[[], None]) -> None:
        """Do it in the next turn that has time for it, behind what waits."""
        if duty not in self._duties:
            self._duties.append(duty)
            self._arrange()

    def first(self, duty: Callable[[], None]) -> None:
        """Do it now, or before all else that waits if this turn has had its share."""
        if not self._may_begin():
            if duty not in self._duties:
                self._duties.appendleft(duty)
                self._arrange()
            return
        try:
            duty()
        finally:
            self._done()

    def _arrange(self) -> None:
        if not self._arranged:
            self._arranged = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """What the last turn has left to do, each thing once, as far as there is time; the rest goes on in the next."""
        self._arranged = False
        self._until = self._loop.time() + TURN
        duties = self._duties
        if not duties:
            return
        self._busy()
        try:
            for _ in range(len(duties)):
                duties.popleft()()
                if not self.has_time():
                    break
        finally:
            if duties:
                self._arrange()
            self._done()
