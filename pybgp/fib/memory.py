"""FIBs without a kernel: one that keeps routes in dictionaries, and one that keeps nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..addresses import Family
from ..speaker.fib import FibChanges, FibRoute, FibStatus, InstalledRoute, KernelEvent


class NullFib:
    """No forwarding: a route reflector or a watcher. Nothing is reported, nothing kept."""

    async def start(self, on_event: Callable[[KernelEvent], None]) -> None:
        """Nothing to read."""

    def apply(self, changes: FibChanges) -> None:
        """Not kept."""

    def sweep(self, family: Family) -> None:
        """Nothing was left."""

    async def settled(self) -> None:
        """At once."""

    async def close(self, *, flush: bool = False) -> None:
        """Nothing to stop."""

    def routes(self) -> Iterator[InstalledRoute]:
        """None."""
        return iter(())

    def route(self, family: Family, key: bytes) -> None:
        """None."""

    def status(self) -> FibStatus:
        """All zero."""
        return FibStatus()


class FakeFib:
    """A table in memory that follows the same rules as the kernel's, for tests and runs without root.

    ``events`` are reported at the start (addresses, foreign routes), ``left_over`` are routes of an earlier run to
    be adopted, ``refuse`` says which routes can't be installed: it returns the kernel's words, or None.
    """

    def __init__(
        self,
        *,
        events: Iterable[KernelEvent] = (),
        left_over: Mapping[Family, Mapping[bytes, FibRoute]] | None = None,
        refuse: Callable[[bytes, FibRoute], str | None] | None = None,
    ) -> None:
        self._events = tuple(events)
        self._on_event: Callable[[KernelEvent], None] | None = None
        self._refuse = refuse
        self._routes: dict[Family, dict[bytes, FibRoute]] = {}
        self._failed: dict[Family, dict[bytes, tuple[FibRoute, str]]] = {}
        self._adopted = {family: dict(routes) for family, routes in (left_over or {}).items()}
        self.closed = False
        self.applied = 0
        """Prefixes handed to ``apply`` so far."""

    async def start(self, on_event: Callable[[KernelEvent], None]) -> None:
        """Report the events that were given."""
        self._on_event = on_event
        for event in self._events:
            on_event(event)

    def report(self, event: KernelEvent) -> None:
        """Say that something changed in the kernel, as a test's script has it."""
        if self._on_event is not None:
            self._on_event(event)

    def apply(self, changes: FibChanges) -> None:
        """Take the desired state at once."""
        self.applied += len(changes.routes)
        routes = self._routes.setdefault(changes.family, {})
        failed = self._failed.setdefault(changes.family, {})
        adopted = self._adopted.setdefault(changes.family, {})
        for key, route in changes.routes.items():
            failed.pop(key, None)
            if route is None:
                routes.pop(key, None)
                continue
            adopted.pop(key, None)
            error = self._refuse(key, route) if self._refuse is not None else None
            if error is None:
                routes[key] = route
            else:
                routes.pop(key, None)
                failed[key] = (route, error)

    def retry(self, family: Family) -> None:
        """Try again what was refused: the kernel's links or routes changed."""
        failed = self._failed.get(family, {})
        self.apply(FibChanges(family, {key: route for key, (route, _) in failed.items()}))

    def sweep(self, family: Family) -> None:
        """Forget what an earlier run left."""
        self._adopted.pop(family, None)

    async def settled(self) -> None:
        """At once, after the loop's turn."""
        await asyncio.sleep(0)

    async def close(self, *, flush: bool = False) -> None:
        """``flush`` empties the table."""
        self.closed = True
        self._on_event = None
        if flush:
            self._routes.clear()
            self._failed.clear()
            self._adopted.clear()

    def installed(self, family: Family) -> dict[bytes, FibRoute]:
        """What is in the table: what was wanted, and what an earlier run left."""
        return {**self._adopted.get(family, {}), **self._routes.get(family, {})}

    def routes(self) -> Iterator[InstalledRoute]:
        """Every prefix with its state."""
        for places in (self._routes, self._failed, self._adopted):
            for family, key in [(family, key) for family, routes in places.items() for key in routes]:
                row = self.route(family, key)
                if row is not None:
                    yield row

    def route(self, family: Family, key: bytes) -> InstalledRoute | None:
        """One prefix with its state."""
        route = self._routes.get(family, {}).get(key)
        if route is not None:
            return InstalledRoute(family, key, route, "installed")
        failed = self._failed.get(family, {}).get(key)
        if failed is not None:
            return InstalledRoute(family, key, failed[0], "failed", failed[1])
        route = self._adopted.get(family, {}).get(key)
        return InstalledRoute(family, key, route, "adopted") if route is not None else None

    def status(self) -> FibStatus:
        """Counters."""
        return FibStatus(
            installed=sum(map(len, self._routes.values())),
            failed=sum(map(len, self._failed.values())),
            adopted=sum(map(len, self._adopted.values())),
        )
