"""The plan against a kernel made of a dictionary, with others installing, deleting and replacing beside us."""

from __future__ import annotations

import errno

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pybgp.addresses import Family
from pybgp.fib.plan import Request
from pybgp.fib.table import Table
from pybgp.fib.ways import same_way
from pybgp.fib.wire import Header, MessageType, Op, messages, route_template
from pybgp.speaker.fib import FibRoute, NextHop

FAMILY = Family.IPV4_UNICAST
KEYS = [b"\x18\x0a\x00" + bytes([i]) for i in range(3)]
DEVICES = ("d0", "d1")
GATEWAY = {device: bytes([10, 9, i, 1]) for i, device in enumerate(DEVICES)}
WAYS = [
    *(FibRoute("unicast", (NextHop(GATEWAY[device], device),)) for device in DEVICES),
    FibRoute("unicast", (NextHop(GATEWAY["d0"], "d0", False, 2), NextHop(GATEWAY["d1"], "d1"))),
    FibRoute("unicast", (NextHop(GATEWAY["d0"], "d0"),), 10),
    FibRoute("blackhole"),
]
Place = tuple[bytes, int]


class World(RuleBasedStateMachine):
    """``kernel``: (key, metric) -> (protocol, way); ``others`` are the places that aren't ours."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.kernel: dict[Place, tuple[int, FibRoute]] = {}
        self.others: set[Place] = set()
        self.up = set(DEVICES)
        self.desired: dict[bytes, FibRoute] = {}
        self.table = Table(FAMILY, protocol=12, table=254, metric=0, name_of=lambda index: DEVICES[index - 1])
        self.unread: list[tuple[bytes, Header]] = []

    # The kernel

    def octets(self, op: Op, key: bytes, protocol: int, way: FibRoute, replace: bool, port: int) -> None:
        """Queue a notification: a request has the same layout."""
        template = route_template(op, FAMILY, way, lambda d: DEVICES.index(d) + 1, table=254, protocol=protocol)
        data = template.encode(key, 0)
        (header,) = messages(data)
        flags = 0x100 if replace else 0
        self.unread.append((data, header._replace(port=port, flags=flags)))

    def answer(self, request: Request) -> tuple[int, str]:
        place = request.key, request.route.metric or 0
        there = self.kernel.get(place)
        if request.op is Op.DELETE:
            if there is None or (place in self.others and there != (12, request.route)):
                return errno.ESRCH, "No such process"
            assert place not in self.others, f"deleted another's route: {request}"
            assert same_way(request.route, _as_kernel(there))
            del self.kernel[place]
            return 0, ""
        if any(hop.device not in self.up for hop in request.route.next_hops):
            return errno.ENETDOWN, "Network is down"
        if request.op is Op.ADD:
            if there is not None:
                return errno.EEXIST, "File exists"
        else:
            if there is None:
                return errno.ENOENT, "No such file or directory"
            assert place not in self.others, f"replaced another's route: {request}"
        self.kernel[place] = (12, request.route)
        return 0, ""

    # We

    @rule(key=st.sampled_from(KEYS), way=st.none() | st.sampled_from(WAYS))
    def want(self, key: bytes, way: FibRoute | None) -> None:
        self.table.plan.apply({key: way})
        if way is None:
            self.desired.pop(key, None)
        else:
            self.desired[key] = way

    @rule(size=st.integers(1, 4), lost=st.sampled_from([False, False, False, True]), blind=st.booleans())
    def batch(self, size: int, lost: bool, blind: bool) -> None:
        """``blind``: notifications are waiting to be read, answers are lost."""
        if not blind:
            self.read()
        if self.table.resync_wanted:
            self.dump()
        self.one_batch(size, lost)

    def one_batch(self, size: int, lost: bool = False) -> None:
        requests = self.table.plan.next_batch(self.now, size)
        assert len({(r.key, r.route.metric) for r in requests}) == len(requests)
        answers = [self.answer(request) for request in requests]
        if lost:
            self.table.plan.unknown()
        else:
            self.table.plan.done(answers, self.now)

    @rule()
    def dump(self) -> None:
        """All notifications are read before it, and all are in the dump."""
        self.read()
        self.table.begin_dump()
        for (key, metric), (protocol, way) in self.kernel.items():
            seen = way._replace(metric=metric)
            template = route_template(
                Op.ADD, FAMILY, seen, lambda d: DEVICES.index(d) + 1, table=254, protocol=protocol
            )
            data = template.encode(key, 0)
            self.table.dumped(data, list(messages(data)), None)
        for _ in self.table.end_dump(self.now):
            pass

    @rule()
    def read(self) -> None:
        """Links are told synchronously here; routes when read."""
        unread, self.unread = self.unread, []
        for data, header in unread:
            self.table.notified(data, header, self.now)

    @rule(seconds=st.sampled_from([0.1, 2.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    # Others

    @rule(key=st.sampled_from(KEYS), way=st.sampled_from(WAYS), protocol=st.sampled_from([12, 80]))
    def another_adds(self, key: bytes, way: FibRoute, protocol: int) -> None:
        place = key, way.metric or 0
        if place in self.kernel or any(hop.device not in self.up for hop in way.next_hops):
            return
        if self.unread:
            self.read()  # else we could replace it, taking it for ours: the race that no kernel interface closes
        self.kernel[place] = (protocol, way)
        self.others.add(place)
        self.octets(Op.ADD, key, protocol, way, replace=False, port=99)

    @precondition(lambda self: self.kernel)
    @rule(data=st.data(), way=st.sampled_from(WAYS))
    def another_replaces(self, data: st.DataObject, way: FibRoute) -> None:
        key, metric = data.draw(st.sampled_from(sorted(self.kernel)))
        if any(hop.device not in self.up for hop in way.next_hops) or (80, way) == self.kernel[key, metric]:
            return
        way = way._replace(metric=metric)
        self.kernel[key, metric] = (80, way)
        self.others.add((key, metric))
        self.octets(Op.ADD, key, 80, way, replace=True, port=99)
        self.read()  # "replace only what the mirror says is ours": it must be told first

    @precondition(lambda self: self.kernel)
    @rule(data=st.data())
    def another_deletes(self, data: st.DataObject) -> None:
        key, metric = data.draw(st.sampled_from(sorted(self.kernel)))
        protocol, way = self.kernel.pop((key, metric))
        self.others.discard((key, metric))
        template = route_template(
            Op.ADD, FAMILY, way._replace(metric=metric), lambda d: DEVICES.index(d) + 1, table=254, protocol=protocol
        )
        octets = template.encode(key, 0)
        (header,) = messages(octets)
        self.unread.append((octets, header._replace(type=MessageType.DEL_ROUTE, port=99, flags=0)))

    @rule(device=st.sampled_from(DEVICES))
    def device_goes(self, device: str) -> None:
        """Its routes go silently."""
        if device not in self.up:
            return
        self.read()
        self.up.discard(device)
        for place, (_, way) in list(self.kernel.items()):
            if way.next_hops and all(hop.device == device for hop in way.next_hops):
                del self.kernel[place]
                self.others.discard(place)
        self.table.device_gone(device, lambda gateway: None)

    @rule(device=st.sampled_from(DEVICES))
    def device_comes(self, device: str) -> None:
        self.up.add(device)
        self.table.plan.device_appeared(device)
        self.table.plan.environment_changed(self.now)

    # Laws

    @invariant()
    def every_prefix_is_in_one_place(self) -> None:
        plan = self.table.plan
        places = [plan._installed.keys(), plan._failures.routes.keys(), plan._blocked.keys(), plan._fights.held.keys()]
        assert sum(map(len, places)) == len(set().union(*places))
        assert plan._failures.consistent()

    @invariant()
    def a_row_can_be_asked_for_alone(self) -> None:
        plan = self.table.plan
        first = {row.key: row for row in reversed(list(plan.routes()))}
        assert {key: plan.route(key) for key in KEYS} == {key: first.get(key) for key in KEYS}
        wanted = {key for key, way in (plan._work | plan._inbox).items() if way is not None}
        assert {key for key, row in first.items() if row.state == "pending"} >= wanted
        places = (plan._installed, plan._failures.routes, plan._blocked, plan._fights.held)
        adopted = {key for key, _ in plan._adopted}
        asked = {request.key for request in plan._batch if request.op is not Op.DELETE}
        assert first.keys() == wanted.union(asked, adopted, *places)

    @invariant()
    def what_we_think_is_ours_is_not_anothers(self) -> None:
        if self.unread:
            return
        for key, way in self.table.plan.owned():
            assert (key, way.metric or 0) not in self.others

    def teardown(self) -> None:
        """When the world calms down, the kernel is what we want wherever nobody else has the place."""
        for device in DEVICES:
            self.device_comes(device)
        self.table.plan.sweep()
        self.read()
        for _ in range(200):
            self.now += 61.0
            if self.table.resync_wanted:
                self.dump()
            if not self.table.plan.work_due(self.now) and not self.table.resync_wanted:
                break
            self.one_batch(64)
        else:
            raise AssertionError(f"never settles: {list(self.table.plan.routes())}")

        ours = {place: way for place, (_, way) in self.kernel.items() if place not in self.others}
        wanted = {(key, way.metric or 0): way._replace(metric=way.metric or 0) for key, way in self.desired.items()}
        assert ours == {place: way for place, way in wanted.items() if place not in self.others}
        for row in self.table.plan.routes():
            assert row.state == ("foreign" if (row.key, row.route.metric) in self.others else "installed")
        assert dict(self.table.plan.owned()) == {key: way for (key, _), way in ours.items()}
        assert self.table.foreign.same_protocol == sum(self.kernel[place][0] == 12 for place in self.others)


def _as_kernel(entry: tuple[int, FibRoute]) -> FibRoute:
    return entry[1]


World.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestPlan = World.TestCase
