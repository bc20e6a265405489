"""Desired against installed, one family: which messages the kernel gets next, and what its answers mean. Pure.

Every prefix that we care for is in exactly one of these places: ``_inbox`` and ``_work`` (desired, not looked at
yet), ``_ours.installed`` (in the kernel, as desired), ``_failures`` (the kernel refuses), ``_blocked`` (somebody else's
route has the place), ``_fights`` (somebody keeps deleting it: a pause), or in the batch that is under way. Besides,
``_ours`` knows the routes of ours that must go, those that an earlier run left, and those that are in doubt.

The caller sends ``next_batch`` and hands the answers to ``done``; one batch is outstanding at a time.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Final, NamedTuple

from ..addresses import Family, key_text
from ..speaker.fib import FibRoute, InstalledRoute, KernelRoute
from .failures import RETRY_MOST, Failures, by_next_hop
from .fights import Fights
from .ours import Ours, Place
from .ways import Ways, damaged, route_text, same_way
from .wire import Op, error_name

BATCH: Final = 64
_LOOK_AT_MOST: Final = 1000
"""Prefixes looked at for one batch, so that a call stays short when nothing is to be sent."""


class Request(NamedTuple):
    """One message to the kernel."""

    op: Op
    key: bytes
    route: FibRoute
    """with its metric"""
    before: FibRoute | None = None
    """The route of ours that this one takes over from; with another metric it is deleted afterwards."""


class Plan:
    """One family's desired and installed routes; ``owner(key, metric)`` says whose foreign route is there."""

    def __init__(self, family: Family, *, metric: int, owner: Callable[[bytes, int], str | None]) -> None:
        self.family = family
        self.sweeping = False
        self.reinstalled = 0  # routes that somebody took away and that we put back
        self.resync_wanted = False  # the kernel has something that the mirror doesn't know
        self._owner = owner
        self._inbox: dict[bytes, FibRoute | None] = {}  # newest desired state
        self._work: dict[bytes, FibRoute | None] = {}  # an earlier inbox, being worked off
        self._batch: list[Request] = []  # under way
        self._ours = Ours()  # in the kernel
        self._failures = Failures()  # the kernel refuses
        self._asked: set[bytes] = set()  # "exists", and the next dump is to say who
        self._unexplained: set[bytes] = set()  # "exists", and not even a dump says who
        self._blocked: dict[bytes, tuple[FibRoute, str]] = {}  # the foreign owner in words
        self._partial: dict[bytes, FibRoute] = {}  # wanted; their devices are gone or renamed
        self._fights = Fights()  # somebody keeps deleting it
        self._stale_after = 0.0
        self._ways = Ways(family, metric)
        self._events: list[tuple[str, dict[str, object]]] = []

    # What is wanted

    def apply(self, routes: Mapping[bytes, FibRoute | None]) -> None:
        """Newest desired state. Costs a dictionary update; the work is done batch by batch."""
        if self._work:
            for key in self._work.keys() & routes.keys():
                del self._work[key]
        if self._inbox:
            self._inbox.update(routes)
        else:
            self._inbox = dict(routes)  # 50,000 in 1 ms; the update takes 3

    def sweep(self) -> None:
        """From now on, adopted routes that nobody wanted are deleted."""
        self.sweeping = True

    def withdraw_all(self) -> None:
        """Nothing is wanted any more, adopted routes included."""
        self._inbox = dict.fromkeys(
            [
                *self._ours.installed,
                *self._failures.routes,
                *self._blocked,
                *self._fights.held,
                *(r.key for r in self._batch),
            ]
        )
        self._work = {}
        self.sweep()

    # What the kernel gets

    def next_batch(self, now: float, size: int = BATCH) -> list[Request]:
        """At most ``size`` requests; an empty list with ``busy`` still true means: call again."""
        batch: list[Request] = []
        self._due(now)
        looked = 0
        while len(batch) < size and looked < _LOOK_AT_MOST:
            if not self._work:
                if not self._inbox:
                    break
                self._work, self._inbox = self._inbox, {}
            key, wanted = self._work.popitem()
            looked += 1
            request = self._decide(key, wanted)
            if request is not None:
                batch.append(request)
        if now >= self._stale_after:
            taken = {request.key for request in batch}
            batch += self._deletions(max(size - len(batch), size // 4), taken)
        self._batch = batch
        return batch

    def _decide(self, key: bytes, wanted: FibRoute | None) -> Request | None:
        have = self._ours.installed.get(key)
        if wanted is not None and have is wanted and not self._partial:
            return None
        self._forget(key)
        if wanted is None:
            self._failures.probe_over(key)
            self._ours.give_up(key)
            return None
        route = self._ways.shared(wanted)
        metric = route.metric or 0
        if have is None or have.metric != metric:
            have = self._ours.take_back(key, metric) or have
        if have is not None and (have == route or same_way(route, have)):
            self._failures.probe_over(key)
            return None
        failure = self._failures.blocking(key, route)
        if failure is not None:
            if not self._keep_partial(key, route):
                self._ours.give_up(key)
                self._failures.join(key, route, failure)
            return None
        owner = self._owner(key, metric)
        if owner is not None:
            self._failures.probe_over(key)
            self._ours.give_up(key)
            self._blocked[key] = (route, owner)
            return None
        op = Op.REPLACE if have is not None and have.metric == metric else Op.ADD
        return Request(op, key, route, have)

    def _keep_partial(self, key: bytes, route: FibRoute) -> bool:
        """The legs that are left are better than none, until the device of the others is back."""
        have = self._ours.installed.get(key)
        if have is None or not damaged(route, have):
            return False
        self._partial[key] = route
        return True

    def _deletions(self, size: int, taken: set[bytes]) -> list[Request]:
        if self.sweeping:
            self._ours.give_up_adopted(size)
        return [Request(Op.DELETE, key, route) for key, route in self._ours.take_stale(size, taken).items()]

    # What the kernel said

    def done(self, outcomes: list[tuple[int, str]], now: float) -> None:
        """The answers to the batch under way, in its order: (errno or 0, the kernel's words)."""
        batch, self._batch = self._batch, []
        for request, (number, text) in zip(batch, outcomes, strict=True):
            if request.op is Op.DELETE:
                self._deleted(request, number, text, now)
            elif number == 0:
                self._is_in(request)
            else:
                self._is_out(request, number, text, now)

    def unknown(self) -> None:
        """Answers were lost: what the batch did is seen by the next dump (``recognise``)."""
        batch, self._batch = self._batch, []
        for request in batch:
            if request.op is Op.DELETE:
                self._ours.stale[request.key, request.route.metric or 0] = request.route
            else:
                self._ours.perhaps(request.key, request.route)
                self._again(request.key, request.route)
        self.resync_wanted = True

    def _is_in(self, request: Request) -> None:
        key, route, before = request.key, request.route, request.before
        self._ours.put(key, route)
        if self._unexplained:
            self._unexplained.discard(key)
        if before is not None and before.metric != route.metric:
            self._ours.stale[key, before.metric or 0] = before
        others = self._failures.accepted(key)
        if others is not None:
            for other, way in others:
                self._again(other, way)
            self._events.append(("fib_accepted", {"next_hop": route_text(route)}))

    def _is_out(self, request: Request, number: int, text: str, now: float) -> None:
        key, route = request.key, request.route
        metric = route.metric or 0
        if request.op is Op.REPLACE and number in (errno.ENOENT, errno.ESRCH):
            self._ours.installed.pop(key, None)  # somebody deleted it meanwhile
            self._ours.gone(key, metric)
            self._again(key, route)
            return
        if request.op is Op.REPLACE and self._keep_partial(key, route):
            self._failures.probe_over(key)
            return
        self._ours.give_up(key)  # where the old route led isn't where packets should go now
        if request.op is Op.ADD:
            self._ours.gone(key, metric)
        if number == errno.EEXIST and key not in self._unexplained:
            self._exists(key, route)
        else:
            self._refused(key, route, number, text, now)
        self._failures.probe_over(key)

    def _exists(self, key: bytes, route: FibRoute) -> None:
        """A foreign route, or (after lost answers or link events) one of ours: a dump says."""
        metric = route.metric or 0
        owner = self._owner(key, metric)
        if owner is None:
            self._ours.perhaps(key, route)
            self._asked.add(key)
            self.resync_wanted = True
            owner = "not known yet"
        self._blocked[key] = (route, owner)

    def _refused(self, key: bytes, route: FibRoute, number: int, text: str, now: float) -> None:
        if self._failures.refused(key, route, number, text, now):
            details: dict[str, object] = {"next_hop": route_text(route), "errno": error_name(number), "why": text}
            if not by_next_hop(number, text):
                details["prefix"] = key_text(self.family, key)
            self._events.append(("fib_refused", details))

    def _deleted(self, request: Request, number: int, text: str, now: float) -> None:
        metric = request.route.metric or 0
        if number in (0, errno.ESRCH, errno.ENODEV, errno.ENOENT):
            self._ours.gone(request.key, metric)
            return
        self._ours.stale[request.key, metric] = request.route
        if now >= self._stale_after:
            self._stale_after = now + RETRY_MOST
            self._events.append(("fib_delete_failed", {"errno": error_name(number), "why": text}))

    # What others did

    def lost(self, key: bytes, metric: int, now: float, *, fight: bool = True) -> None:
        """The route with that prefix and metric went; ``fight``: somebody took it, so we wait longer every time.

        The first time we are back at once.
        """
        if any(request.key == key for request in self._batch):
            self.resync_wanted = True  # before or after the batch? A dump says
            return
        route = self._ours.installed.get(key)
        if self._ours.unwanted_gone(key, metric) or route is None or (route.metric or 0) != metric:
            return
        del self._ours.installed[key]
        route = self._partial.pop(key, route)
        self._ours.gone(key, metric)
        if not fight:
            self._again(key, route)
            return
        count = self._fights.taken(key, now)
        self.reinstalled += 1
        if key in self._inbox or key in self._work:
            return
        if not self._fights.pause(key, route):
            self._inbox[key] = route
        elif count == 4:
            self._events.append(("fib_fight", {"prefix": key_text(self.family, key), "times": count}))

    def leg_lost(self, key: bytes, leg: KernelRoute) -> bool:
        """IPv6 takes a next hop out of a route of several and tells of that one; False: it isn't one of ours."""
        if any(request.key == key for request in self._batch):
            return False
        at = key, leg.metric
        for unwanted in (self._ours.stale, self._ours.adopted):
            if at in unwanted and damaged(unwanted[at], leg):
                unwanted[at] = self._ways.without(unwanted[at], leg)
                return True
        have = self._ours.installed.get(key)
        if have is None or not damaged(have, leg):
            return False
        whole = self._partial.get(key, have)
        self._ours.installed[key] = self._ways.without(have, leg)
        self._partial[key] = whole
        self._again(key, whole)
        return True

    def device_gone(self, device: str, leads_to: Callable[[bytes], str | None], *, any_leg: bool = False) -> int:
        """The kernel dropped every route that led only there, silently; they are wanted again.

        ``leads_to(gateway)`` is the device that the kernel chose for a gateway without one. ``any_leg``: routes with
        other next hops went as well. Returns how many.
        """
        gone = self._ways.through(device, leads_to, any_leg)
        if not gone:
            return 0
        asked = {request.key for request in self._batch}
        if any(id(self._ours.installed.get(key)) in gone for key in asked):
            self.resync_wanted = True  # before or after the batch? A dump says
        lost = self._ours.device_gone(gone, asked)
        again = {key: self._partial.pop(key, route) for key, route in lost.items() if key not in self._work}
        again.update(self._inbox)  # type: ignore[arg-type]
        self._inbox = again  # type: ignore[assignment]
        if any(request.op is not Op.DELETE and id(request.route) in gone for request in self._batch):
            self.resync_wanted = True
        return len(lost)

    def device_renamed(self, device: str, name: str) -> None:
        """Its routes are still there, and read differently now. What was wanted is tried when a device appears."""
        names = self._ways.renamed(device, name)
        for key, was in self._ours.rename(names).items():
            self._partial.setdefault(key, was)
        self._batch = [
            request._replace(
                route=names.get(id(request.route), request.route), before=names.get(id(request.before), request.before)
            )
            for request in self._batch
        ]

    def device_appeared(self, device: str) -> None:
        """A device is new or up: routes with several next hops may have lost that one."""
        for key, route in self._partial.items():
            self._again(key, route)
        if not self.resync_wanted:
            self.resync_wanted = self._ways.have_leg_through(device)

    def place_free(self, key: bytes) -> None:
        """A foreign route of that prefix went or changed: perhaps ours may go in now."""
        if key in self._blocked:
            route, _ = self._blocked[key]
            owner = self._owner(key, route.metric or 0)
            if owner is not None:
                self._blocked[key] = (route, owner)
                return
            del self._blocked[key]
            if not self._fights.pause(key, route):
                self._again(key, route)

    def environment_changed(self, now: float) -> None:
        """Links, addresses or foreign routes changed: what failed may work, sooner than the timer would say."""
        self._failures.environment_changed(now)

    # What a dump shows

    def recognise(self, key: bytes, kernel: KernelRoute, *, dumped: bool) -> bool:
        """Is this route, which has our protocol number, ours? Else it is another program's.

        ``dumped``: seen in a dump, before which all notifications were read; only then doubts can be settled.
        """
        at = key, kernel.metric
        have = self._ours.installed.get(key)
        if have is not None and (have.metric or 0) == kernel.metric:
            if same_way(have, kernel):
                return True
            if damaged(have, kernel):
                self._again(key, self._partial.get(key, have))
                self._ours.installed[key] = self._ways.shared(FibRoute(kernel.type, kernel.next_hops, kernel.metric))
                return True
        if self._ours.unwanted_is(at, kernel):
            return True
        if not dumped or at not in self._ours.doubt or self._owner(*at) is not None:
            return False
        doubtful = self._ours.take_doubt(at, kernel)
        if doubtful is None:
            return False
        self._is_there(key, doubtful)
        return True

    def _is_there(self, key: bytes, route: FibRoute) -> None:
        """What was in doubt is in the kernel, wanted or not."""
        have = self._ours.installed.get(key)
        if have is not None and have.metric != route.metric:
            self._ours.stale[key, route.metric or 0] = route
            return
        wanted = self._partial.get(key, have)
        for place in (self._failures.routes, self._blocked, self._fights.held):
            if key in place:
                wanted = place[key][0]
        if wanted is None and key not in self._inbox and key not in self._work:
            self._ours.stale[key, route.metric or 0] = route
            return
        self._forget(key)
        self._ours.installed[key] = route
        if wanted is not None:
            self._again(key, wanted)

    def adopt(self, key: bytes, kernel: KernelRoute) -> None:
        """An earlier run of ours put it there."""
        self._ours.adopt(key, self._ways.shared(FibRoute(kernel.type, kernel.next_hops, kernel.metric)))

    def compare(self, seen: set[Place], now: float) -> None:
        """The dump is through; ``seen`` are the prefixes and metrics that ``recognise`` said yes to."""
        self.resync_wanted = False
        for key, metric in self._ours.missing(seen):
            self.lost(key, metric, now, fight=False)  # a link may have taken it
        asked, self._asked = self._asked, set()
        self._unexplained |= {key for key in asked if key in self._blocked}
        for key in asked:
            self.place_free(key)
        self._ours.end_doubt()
        self._fights.forget_old(now)
        self._ways.tidy(self._ours.owned())

    def distrust(self) -> None:
        """Notifications were lost: what might be ours is not taken for ours."""
        self._ours.doubt.clear()

    # What is to be seen

    @property
    def under_way(self) -> bool:
        """A batch is waiting for its answers."""
        return bool(self._batch)

    def work_due(self, now: float) -> bool:
        """``next_batch`` has something to do."""
        if self._inbox or self._work or (self.sweeping and self._ours.adopted):
            return True
        deadline = self.next_deadline
        return deadline is not None and deadline <= now

    @property
    def next_deadline(self) -> float | None:
        """When something is to be tried again."""
        times = (
            self._failures.next_deadline,
            self._fights.next_deadline,
            self._stale_after if self._ours.stale else None,
        )
        return min((deadline for deadline in times if deadline is not None), default=None)

    def take_released(self) -> list[Place]:
        """Routes that stopped being ours since the last call: ``Ours.take_released``."""
        return self._ours.take_released()

    def take_events(self) -> list[tuple[str, dict[str, object]]]:
        """Lines for the log: a next hop that is refused, one that works again, a fight over a prefix."""
        events, self._events = self._events, []
        return events

    def owned(self) -> Iterator[tuple[bytes, FibRoute]]:
        """Everything that is ours in the kernel: ``Ours.owned``."""
        return self._ours.owned()

    def claims(self) -> Iterator[tuple[bytes, FibRoute]]:
        """Also what may be: ``Ours.claims``."""
        return self._ours.claims()

    def routes(self) -> Iterator[InstalledRoute]:
        """Every prefix with its state, when it is asked for; what comes to it meanwhile is left out."""
        waiting = {**self._work, **self._inbox, **{request.key: request.route for request in self._batch}}
        settled = [
            list(place) for place in (self._ours.installed, self._failures.routes, self._blocked, self._fights.held)
        ]
        adopted = list(self._ours.adopted)
        for key in waiting:
            row = self._pending(key) or self._settled(key)
            if row is not None:
                yield row
        for key in chain.from_iterable(settled):
            row = self._settled(key) if key not in waiting else None
            if row is not None:
                yield row
        for at in adopted:
            if at in self._ours.adopted:
                yield InstalledRoute(self.family, at[0], self._ours.adopted[at], "adopted")

    def route(self, key: bytes) -> InstalledRoute | None:
        """The row of one prefix: what we want of it, else what an earlier run left."""
        row = self._pending(key) or self._settled(key)
        if row is not None:
            return row
        left = self._ours.left_at(key)
        return InstalledRoute(self.family, key, left, "adopted") if left is not None else None

    def _pending(self, key: bytes) -> InstalledRoute | None:
        under_way = (each.route for each in self._batch if each.key == key and each.op is not Op.DELETE)
        route = self._inbox.get(key) or self._work.get(key) or next(under_way, None)
        return InstalledRoute(self.family, key, self._ways.shared(route), "pending") if route is not None else None

    def _settled(self, key: bytes) -> InstalledRoute | None:
        family = self.family
        if key in self._ours.installed:
            return InstalledRoute(family, key, self._ours.installed[key], "installed")
        if key in self._failures.routes:
            route, failure = self._failures.routes[key]
            return InstalledRoute(family, key, route, "failed", failure.error)
        if key in self._blocked:
            return InstalledRoute(family, key, self._blocked[key][0], "foreign", self._blocked[key][1])
        if key in self._fights.held:
            why = "another program deletes it again and again"
            return InstalledRoute(family, key, self._fights.held[key][0], "pending", why)
        return None

    @property
    def counts(self) -> dict[str, int]:
        """installed, pending, failed, foreign, adopted: kept sizes, nothing is counted."""
        return {
            "installed": len(self._ours.installed),
            "pending": len(self._inbox)
            + len(self._work)
            + len(self._batch)
            + len(self._fights.held)
            + len(self._ours.stale),
            "failed": len(self._failures.routes),
            "foreign": len(self._blocked),
            "adopted": len(self._ours.adopted),
        }

    # Helpers

    def _due(self, now: float) -> None:
        """Timers: one probe for each failed next hop, and what was held back."""
        for key, route in self._fights.due(now):
            self._again(key, route)
        self._work.update(self._failures.probes(now, lambda key: key in self._inbox or key in self._work))

    def _forget(self, key: bytes) -> None:
        """Take a prefix out of the places for routes that aren't in."""
        if self._blocked:
            self._blocked.pop(key, None)
        if self._fights.held:
            self._fights.held.pop(key, None)
        if self._partial:
            self._partial.pop(key, None)
        if self._failures.routes:
            self._failures.forget(key)

    def _again(self, key: bytes, route: FibRoute) -> None:
        if key not in self._inbox and key not in self._work:
            self._inbox[key] = route
