"""Routes that the kernel refuses, grouped by why, and when one of each group is tried again."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ..speaker.fib import FibRoute

_BY_NEXT_HOP: Final = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENODEV, errno.ENXIO, errno.EPERM}
)
"""Errors that every prefix of the same way would get."""
_RETRY_FIRST: Final = 1.0
RETRY_MOST: Final = 60.0


def backoff(attempts: int) -> float:
    """Seconds until the next attempt: 1, 2, 4, ... 60."""
    return min(_RETRY_FIRST * 2.0 ** min(attempts - 1, 10), RETRY_MOST)


def by_next_hop(number: int, text: str) -> bool:
    """The error is about the way, not about the prefix."""
    text = text.lower()
    return number in _BY_NEXT_HOP or "gateway" in text or "nexthop" in text or "device" in text


@dataclass(slots=True)
class Failure:
    """Prefixes that can't be installed for one reason."""

    name: FibRoute | tuple[FibRoute, bytes]
    """The way, or a way and the one prefix that it is refused for."""
    number: int
    error: str
    keys: dict[bytes, None] = field(default_factory=dict)
    attempts: int = 0
    tried_at: float = 0.0
    retry_at: float = 0.0
    probing: bool = False
    """One of the prefixes is being tried; it is not in ``keys`` meanwhile."""


class Failures:
    """All refused routes of a family. A failure has prefixes or is being probed; else it is forgotten."""

    __slots__ = ("_by_name", "_probes", "routes")

    def __init__(self) -> None:
        self.routes: dict[bytes, tuple[FibRoute, Failure]] = {}
        self._by_name: dict[FibRoute | tuple[FibRoute, bytes], Failure] = {}
        self._probes: dict[bytes, Failure] = {}

    def blocking(self, key: bytes, route: FibRoute) -> Failure | None:
        """Why that way isn't even tried for that prefix; None: try it, perhaps as the probe."""
        failure, probe = self._by_name.get(route), self._probes.get(key)
        if probe is not None and probe is not failure and probe.name != (route, key):
            self.probe_over(key)
        return failure if probe is not failure else None

    def join(self, key: bytes, route: FibRoute, failure: Failure) -> None:
        """One prefix more that fails for a known reason."""
        self.routes[key] = (route, failure)
        failure.keys[key] = None

    def refused(self, key: bytes, route: FibRoute, number: int, text: str, now: float) -> bool:
        """The kernel said no; True: that is news."""
        name = route if by_next_hop(number, text) else (route, key)
        failure = self._by_name.get(name)
        news = failure is None
        if failure is None:
            failure = self._by_name[name] = Failure(name, number, text)
        failure.number, failure.error = number, text
        self.join(key, route, failure)
        if failure.tried_at != now or not failure.attempts:
            failure.attempts += 1
            failure.tried_at = now
            failure.retry_at = now + backoff(failure.attempts)
        return news

    def accepted(self, key: bytes) -> list[tuple[bytes, FibRoute]] | None:
        """The kernel said yes; if that was a probe, the others that may go in as well."""
        failure = self.probe_over(key)
        if failure is None:
            return None
        self._by_name.pop(failure.name, None)
        return [(other, self.routes.pop(other)[0]) for other in failure.keys]

    def forget(self, key: bytes) -> None:
        """The prefix isn't refused any more, or not wanted."""
        entry = self.routes.pop(key, None)
        if entry is not None:
            del entry[1].keys[key]
            self._drop_if_empty(entry[1])

    def probe_over(self, key: bytes) -> Failure | None:
        """That prefix was the probe of a failure, or wasn't (None)."""
        failure = self._probes.pop(key, None)
        if failure is not None:
            failure.probing = False
            self._drop_if_empty(failure)
        return failure

    def probes(self, now: float, waiting: Callable[[bytes], bool]) -> Iterator[tuple[bytes, FibRoute]]:
        """One prefix of each failure that is due, unless it has newer work ``waiting``."""
        for failure in self._by_name.values():
            if failure.retry_at <= now and failure.keys and not failure.probing:
                key = next(iter(failure.keys))
                if not waiting(key):
                    self._probes[key] = failure
                    failure.probing = True
                    failure.retry_at = now + RETRY_MOST
                    yield key, self.routes[key][0]

    def environment_changed(self, now: float) -> None:
        """Links, addresses or foreign routes changed: sooner than the timer would say, but not each time at once."""
        for failure in self._by_name.values():
            soon = failure.tried_at + min(0.05 * 2.0 ** min(failure.attempts, 10), 5.0)
            failure.retry_at = min(failure.retry_at, max(now, soon))

    @property
    def next_deadline(self) -> float | None:
        return min((failure.retry_at for failure in self._by_name.values()), default=None)

    def consistent(self) -> bool:
        """For tests: no failure without a prefix or a probe."""
        return all(failure.keys or failure.probing for failure in self._by_name.values())

    def _drop_if_empty(self, failure: Failure) -> None:
        if not failure.keys and not failure.probing and self._by_name.get(failure.name) is failure:
            del self._by_name[failure.name]
