"""One family of the kernel's table: our plan and the mirror of others' routes, fed by notifications and dumps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..addresses import Family
from ..speaker.fib import KernelRoute
from .foreign import ForeignRoutes
from .plan import Plan
from .state import Claims
from .ways import damaged, same_way
from .wire import Flags, Header, MessageType, RouteReader

LeadsTo = Callable[[bytes], str | None]


class Table:
    """What is in the table, ours and others', and what a message about it means."""

    __slots__ = ("_found", "_protocol", "_seen", "changed", "doubtful", "family", "foreign", "plan", "reader", "table")

    def __init__(
        self, family: Family, *, protocol: int, table: int, metric: int, name_of: Callable[[int], str]
    ) -> None:
        self.family = family
        self.table = table
        self.foreign = ForeignRoutes(family, protocol)
        self.plan = Plan(family, metric=metric, owner=self.foreign.owner)
        self.reader = RouteReader(family, table, name_of)
        self.doubtful = False  # a notification didn't fit the mirror: dump again
        self.changed = False  # foreign routes did
        self._protocol = protocol
        self._found: dict[bytes, list[KernelRoute]] = {}  # foreign routes of the dump under way
        self._seen: set[tuple[bytes, int]] = set()  # and our own

    @property
    def resync_wanted(self) -> bool:
        return self.doubtful or self.plan.resync_wanted

    # Notifications of what others did (never of our own changes)

    def notified(self, data: bytes, header: Header, now: float) -> None:
        """A route appeared or went."""
        entry = self.reader.read(data, header)
        if entry is None:
            return
        key, route = entry
        if header.type == MessageType.NEW_ROUTE:
            self._appeared(key, route, bool(header.flags & Flags.REPLACE), now)
        else:
            self._went(key, route, header.port == 0, now)

    def _appeared(self, key: bytes, route: KernelRoute, replace: bool, now: float) -> None:
        if route.protocol == self._protocol and self.plan.recognise(key, route, dumped=False):
            return
        if replace:
            # Of several with one metric the kernel replaces the first: was that ours?
            self.doubtful = self.doubtful or self.foreign.owner(key, route.metric) is not None
            self.plan.lost(key, route.metric, now)
        self.foreign.add(key, route, replace=replace)
        self.plan.place_free(key)
        self.changed = True

    def _went(self, key: bytes, route: KernelRoute, by_kernel: bool, now: float) -> None:
        if route.protocol == self._protocol and route not in self.foreign.get(key):
            if not self.plan.leg_lost(key, route):
                self.plan.lost(key, route.metric, now, fight=not by_kernel)
        elif not self.foreign.remove(key, route):
            self.doubtful = True
        self.plan.place_free(key)
        self.changed = True

    def device_gone(self, device: str, leads_to: LeadsTo, *, deleted: bool = False) -> int:
        """The kernel dropped the routes through that device without saying so. Returns how many were ours.

        With a ``deleted`` device IPv4 drops a route of several next hops whole; IPv6 tells of every leg.
        """
        any_leg = deleted and self.family == Family.IPV4_UNICAST
        ours = self.plan.device_gone(device, leads_to, any_leg=any_leg)
        self._places_free(self.foreign.device_gone(device, any_leg=any_leg))
        return ours

    def source_gone(self, source: bytes) -> None:
        """The kernel dropped the routes that prefer this address of ours."""
        self._places_free(self.foreign.source_gone(source))

    def _places_free(self, keys: list[bytes]) -> None:
        for key in keys:
            self.plan.place_free(key)
        self.changed = self.changed or bool(keys)

    # A dump

    def begin_dump(self) -> None:
        """Forget what an interrupted one found."""
        self._found = {}
        self._seen = set()

    def dumped(self, data: bytes, headers: list[Header], claims: Claims | None) -> None:
        """Some routes of a dump; ``claims`` (only at the start) is what the state file says is ours."""
        # HOT, 50,000 routes a dump: 1.5 us each.
        read, ours, found, seen = self.reader.read, self._protocol, self._found, self._seen
        for header in headers:
            entry = read(data, header)
            if entry is None:
                continue
            key, route = entry
            if route.protocol == ours:
                if claims is not None:
                    said = claims.get((key, route.metric), ())
                    if any(same_way(way, route) or damaged(way, route) for way in said):
                        self.plan.adopt(key, route)
                if self.plan.recognise(key, route, dumped=True):
                    seen.add((key, route.metric))
                    continue
            if key in found:
                found[key].append(route)
            else:
                found[key] = [route]

    def end_dump(self, now: float) -> Iterator[None]:
        """The dump is through: make it the truth, in slices."""
        for went in self.foreign.replace_all(self._found):
            self._places_free(went)
            yield
        self.plan.compare(self._seen, now)
        self.doubtful = False
        self.changed = True
        self.begin_dump()
