"""Which routes in the kernel are ours, or may be; one family. Pure.

Ownership is exact: a route in the kernel is ours only if it is in ``installed``, ``stale`` or ``adopted``, or in
``doubt``: an answer was lost, or a device went, and the next dump says. The state file forgets only what is in none of
them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ..speaker.fib import FibRoute, KernelRoute
from .ways import damaged, same_way

Place = tuple[bytes, int]
"""A prefix and a metric: where exactly one route of ours may be."""


class Ours:
    """Every route has its metric; one object is shared by all prefixes that go the same way."""

    __slots__ = ("_adopted_metrics", "_released", "adopted", "doubt", "installed", "stale")

    def __init__(self) -> None:
        self.installed: dict[bytes, FibRoute] = {}  # wanted so, or until something else takes its place
        self.stale: dict[Place, FibRoute] = {}  # to be deleted
        self.adopted: dict[Place, FibRoute] = {}  # left by an earlier run, and not wanted yet
        self.doubt: dict[Place, tuple[FibRoute, ...]] = {}  # perhaps ours, one of these ways
        self._adopted_metrics: set[int] = set()  # that some of them have, or had
        self._released: list[Place] = []

    def put(self, key: bytes, route: FibRoute) -> None:
        """The kernel has taken it."""
        self.installed[key] = route
        if self.doubt:
            self.doubt.pop((key, route.metric or 0), None)

    def adopt(self, key: bytes, route: FibRoute) -> None:
        """An earlier run put it there."""
        metric = route.metric or 0
        self.adopted[key, metric] = route
        self._adopted_metrics.add(metric)

    def perhaps(self, key: bytes, route: FibRoute) -> None:
        """It may be in the kernel: the next dump says."""
        at = key, route.metric or 0
        others = self.doubt.get(at, ())
        if route not in others:
            self.doubt[at] = (*others, route)

    def give_up(self, key: bytes) -> None:
        """What is installed is no longer right, and nothing can take its place."""
        have = self.installed.pop(key, None)
        if have is not None:
            self.stale[key, have.metric or 0] = have

    def give_up_adopted(self, at_most: int) -> None:
        """Nobody wanted them."""
        for _ in range(min(len(self.adopted), at_most)):
            at, route = self.adopted.popitem()
            self.stale[at] = route

    def take_stale(self, size: int, taken: Collection[bytes]) -> dict[bytes, FibRoute]:
        """At most so many to be deleted now: one of a prefix, and none of those that are ``taken``."""
        now: dict[bytes, FibRoute] = {}
        later: dict[Place, FibRoute] = {}
        while self.stale and len(now) < size:
            at, route = self.stale.popitem()
            if at[0] in taken or at[0] in now:
                later[at] = route
            else:
                now[at[0]] = route
        self.stale.update(later)
        return now

    def take_back(self, key: bytes, metric: int) -> FibRoute | None:
        """A route that is already there with that metric, unwanted until now; one of another metric is no longer."""
        have = self.stale.pop((key, metric), None)
        if have is None:
            have = self.adopted.pop((key, metric), None)
        if have is not None:
            self.give_up(key)
            self.installed[key] = have
        return have

    # What goes

    def gone(self, key: bytes, metric: int) -> None:
        """The kernel says that there is none, or that it didn't take ours."""
        self._released.append((key, metric))

    def unwanted_gone(self, key: bytes, metric: int) -> bool:
        """Was it one that nobody wants?"""
        for unwanted in (self.stale, self.adopted):
            if unwanted.pop((key, metric), None) is not None:
                self.gone(key, metric)
                return True
        return False

    def device_gone(self, gone: Collection[int], spared: Collection[bytes]) -> dict[bytes, FibRoute]:
        """Routes (by the ``id`` of their way) that the kernel has dropped, silently; returns what was installed.

        Old news, if the device came back and so did the route: in doubt. ``spared`` prefixes are left to a dump.
        """
        lost = {key: way for key, way in self.installed.items() if id(way) in gone and key not in spared}
        for key, way in lost.items():
            del self.installed[key]
            self.perhaps(key, way)
        for unwanted in (self.stale, self.adopted):
            for at in [at for at, way in unwanted.items() if id(way) in gone]:
                self.perhaps(at[0], unwanted.pop(at))
        return lost

    def rename(self, names: Mapping[int, FibRoute]) -> dict[bytes, FibRoute]:
        """Ways (by their ``id``) read differently; returns how those that are installed did."""
        was = {key: way for key, way in self.installed.items() if id(way) in names}
        self.installed.update((key, names[id(way)]) for key, way in was.items())
        for unwanted in (self.stale, self.adopted):
            unwanted.update([(at, names[id(way)]) for at, way in unwanted.items() if id(way) in names])
        for at, ways in self.doubt.items():
            self.doubt[at] = tuple(names.get(id(way), way) for way in ways)
        return was

    # What a dump shows

    def unwanted_is(self, at: Place, kernel: KernelRoute) -> bool:
        """Is that route one that nobody wants?"""
        ways = (self.stale.get(at), self.adopted.get(at))
        return any(way is not None and (same_way(way, kernel) or damaged(way, kernel)) for way in ways)

    def take_doubt(self, at: Place, kernel: KernelRoute) -> FibRoute | None:
        """The way in doubt that this route is; None: it isn't ours."""
        way = next((way for way in self.doubt.get(at, ()) if same_way(way, kernel)), None)
        if way is not None:
            del self.doubt[at]
        return way

    def missing(self, seen: set[Place]) -> list[Place]:
        """What isn't where it should be."""
        if len(self.installed) + len(self.stale) + len(self.adopted) == len(seen):
            return []
        missing = [(key, way.metric or 0) for key, way in self.installed.items() if (key, way.metric or 0) not in seen]
        missing += [at for at in self.stale if at not in seen]
        missing += [at for at in self.adopted if at not in seen]
        return missing

    def end_doubt(self) -> None:
        """The dump is through: what it didn't show isn't there."""
        self._released += self.doubt
        self.doubt.clear()

    # What is to be seen

    def take_released(self) -> list[Place]:
        """Where we had a route, or asked for one, and have none: the kernel or a dump said so since the last call."""
        released, self._released = self._released, []
        return [at for at in released if not self._may_be(at)]

    def _may_be(self, at: Place) -> bool:
        if at in self.stale or at in self.adopted or at in self.doubt:
            return True
        have = self.installed.get(at[0])
        return have is not None and (have.metric or 0) == at[1]

    def left_at(self, key: bytes) -> FibRoute | None:
        """What an earlier run left there, with the lowest metric."""
        left = (self.adopted.get((key, metric)) for metric in sorted(self._adopted_metrics))
        return next((route for route in left if route is not None), None)

    def owned(self) -> Iterator[tuple[bytes, FibRoute]]:
        """Everything that is ours in the kernel, when it is asked for; what comes to it meanwhile is left out."""
        for key in list(self.installed):
            if key in self.installed:
                yield key, self.installed[key]
        for places in (self.stale, self.adopted):
            for at in list(places):
                if at in places:
                    yield at[0], places[at]

    def claims(self) -> Iterator[tuple[bytes, FibRoute]]:
        """What a run after this one is to take for ours if it is in the kernel: also what may be there."""
        yield from self.owned()
        for at in list(self.doubt):
            for route in self.doubt.get(at, ()):
                yield at[0], route
