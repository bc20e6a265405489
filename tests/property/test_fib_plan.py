"""The plan and the state file against a kernel made of a dictionary, with others installing, deleting and replacing
beside us, also while a batch is under way. A crash may come after every step."""

from __future__ import annotations

import errno
from collections.abc import Coroutine

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pybgp.addresses import Family
from pybgp.fib.ledger import Ledger
from pybgp.fib.plan import Request
from pybgp.fib.state import Claims, Identity, Journal, replay
from pybgp.fib.table import Table
from pybgp.fib.ways import damaged, same_way
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
HERE = Identity(protocol=12, table=254, boot_id="b", namespace=7)


class World(RuleBasedStateMachine):
    """``kernel``: (key, metric) -> (protocol, way); ``others`` are the places that aren't ours."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.kernel: dict[Place, tuple[int, FibRoute]] = {}
        self.others: set[Place] = set()
        self.up = set(DEVICES)
        self.desired: dict[bytes, FibRoute] = {}
        self.begin()
        self.file = finished(self.ledger.whole())

    def begin(self) -> None:
        """What a process knows."""
        self.table = Table(FAMILY, protocol=12, table=254, metric=0, name_of=lambda index: DEVICES[index - 1])
        self.unread: list[tuple[bytes, Header]] = []
        self.asked: list[Request] = []  # a batch under way
        self.answers: list[tuple[int, str]] | None = None  # the kernel's, not heard yet
        self.contested = False  # others did something beside a batch, and no dump has said what came first
        self.ledger = Ledger("", {FAMILY: self.table}, lambda why: None)
        self.ledger._journal = Journal(HERE)

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
            if not same_way(request.route, _as_kernel(there)):
                assert place in self.table.plan._ours.doubt
                return errno.ESRCH, "No such process"
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

    @precondition(lambda self: not self.asked)
    @rule(size=st.integers(1, 4), blind=st.booleans(), patient=st.booleans())
    def send(self, size: int, blind: bool, patient: bool) -> None:
        """``blind``: notifications are waiting to be read. ``patient``: a dump that is wanted comes first; else the
        last one was a moment ago."""
        if not blind:
            self.read()
        if self.table.resync_wanted and patient:
            self.dump()
        self.ask(size)

    def ask(self, size: int) -> None:
        self.asked = self.table.plan.next_batch(self.now, size)
        assert len({(r.key, r.route.metric) for r in self.asked}) == len(self.asked)
        self.ledger.collect()
        self.ledger.claim(FAMILY, [(r.key, r.route) for r in self.asked if r.op is not Op.DELETE])
        self.file += self.ledger.take_lines()

    @precondition(lambda self: self.asked and self.answers is None)
    @rule()
    def execute(self) -> None:
        self.answers = [self.answer(request) for request in self.asked]

    @precondition(lambda self: self.answers is not None)
    @rule(lost=st.sampled_from([False, False, False, True]))
    def answered(self, lost: bool) -> None:
        answers, self.asked, self.answers = self.answers, [], None
        assert answers is not None
        if lost:
            self.table.plan.unknown()
        else:
            self.table.plan.done(answers, self.now)

    def one_batch(self, size: int) -> None:
        """From the question to the answers, if they aren't under way already."""
        if not self.asked:
            self.ask(size)
        if self.answers is None:
            self.execute()
        self.answered(lost=False)

    @precondition(lambda self: not self.asked)
    @rule()
    def collect(self) -> None:
        """When there is nothing else to be done."""
        self.ledger.collect()
        self.file += self.ledger.take_lines()

    @precondition(lambda self: not self.asked)
    @rule()
    def rewrite(self) -> None:
        """When the file is mostly history."""
        self.file = finished(self.ledger.whole())

    @precondition(lambda self: not self.asked)
    @rule()
    def dump(self, claims: Claims | None = None) -> None:
        """All notifications are read before it, and all are in the dump."""
        self.read()
        self.table.begin_dump()
        for (key, metric), (protocol, way) in self.kernel.items():
            seen = way._replace(metric=metric)
            template = route_template(
                Op.ADD, FAMILY, seen, lambda d: DEVICES.index(d) + 1, table=254, protocol=protocol
            )
            data = template.encode(key, 0)
            self.table.dumped(data, list(messages(data)), claims)
        for _ in self.table.end_dump(self.now):
            pass
        self.contested = False

    @rule()
    def crash(self) -> None:
        """The next run takes for ours what the file claims, and gets the same routes from its peers."""
        claims = self.claims
        if any(self.looks_ours(place) for place in self.others):
            return
        self.begin()
        self.dump(claims)
        self.file = finished(self.ledger.whole())
        assert set(self.table.plan.owned()) == {(key, way) for (key, _), (_, way) in self.ours.items()}
        assert self.claims == {place: (way,) for place, (_, way) in self.ours.items()}
        self.table.plan.apply(self.desired)

    @property
    def ours(self) -> dict[Place, tuple[int, FibRoute]]:
        return {place: there for place, there in self.kernel.items() if place not in self.others}

    @rule()
    def read(self) -> None:
        """Links are told synchronously here; routes when read."""
        unread, self.unread = self.unread, []
        self.contested = self.contested or bool(unread and self.asked)
        for data, header in unread:
            self.table.notified(data, header, self.now)

    @rule(seconds=st.sampled_from([0.1, 2.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    # Others

    def looks_ours(self, place: Place) -> bool:
        """A BIRD's route that is what we had put there (or its rest, without a device) can't be told from ours,
        if nobody saw ours go."""
        protocol, way = self.kernel[place]
        claimed = self.claims.get(place, ())
        return protocol == 12 and any(same_way(claim, way) or damaged(claim, way) for claim in claimed)

    @property
    def is_asked(self) -> bool:
        """We have asked, and the kernel hasn't done it: who comes in between may be replaced by us, taken for ours."""
        return bool(self.asked) and self.answers is None

    @precondition(lambda self: not self.is_asked)
    @rule(key=st.sampled_from(KEYS), way=st.sampled_from(WAYS), protocol=st.sampled_from([12, 80]))
    def another_adds(self, key: bytes, way: FibRoute, protocol: int) -> None:
        place = key, way.metric or 0
        if place in self.kernel or any(hop.device not in self.up for hop in way.next_hops):
            return
        if self.unread:
            self.read()  # else we could replace it, taking it for ours: the race that no kernel interface closes
        self.kernel[place] = (protocol, way)
        if self.looks_ours(place) and (self.asked or self.contested):
            del self.kernel[place]
            return
        self.others.add(place)
        self.octets(Op.ADD, key, protocol, way, replace=False, port=99)

    @precondition(lambda self: self.kernel and not self.is_asked)
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

    @precondition(lambda self: self.kernel and not self.is_asked)
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
        places = [
            plan._ours.installed.keys(),
            plan._failures.routes.keys(),
            plan._blocked.keys(),
            plan._fights.held.keys(),
        ]
        assert sum(map(len, places)) == len(set().union(*places))
        assert plan._failures.consistent()

    @invariant()
    def a_row_can_be_asked_for_alone(self) -> None:
        plan = self.table.plan
        first = {row.key: row for row in reversed(list(plan.routes()))}
        assert {key: plan.route(key) for key in KEYS} == {key: first.get(key) for key in KEYS}
        wanted = {key for key, way in (plan._work | plan._inbox).items() if way is not None}
        assert {key for key, row in first.items() if row.state == "pending"} >= wanted
        places = (plan._ours.installed, plan._failures.routes, plan._blocked, plan._fights.held)
        adopted = {key for key, _ in plan._ours.adopted}
        asked = {request.key for request in plan._batch if request.op is not Op.DELETE}
        assert first.keys() == wanted.union(asked, adopted, *places)

    @invariant()
    def what_we_think_is_ours_is_not_anothers(self) -> None:
        if self.unread or self.contested:
            return
        for key, way in self.table.plan.owned():
            assert (key, way.metric or 0) not in self.others

    @invariant()
    def what_is_ours_is_known_after_a_crash(self) -> None:
        claims = self.claims
        for place, (_, way) in self.ours.items():
            assert any(same_way(claimed, way) for claimed in claims.get(place, ())), (place, way)

    @property
    def claims(self) -> Claims:
        return replay(self.file, HERE).get(FAMILY, {})

    def teardown(self) -> None:
        """When the world calms down, the kernel is what we want wherever nobody else has the place."""
        if self.asked:
            self.one_batch(64)
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

        ours = {place: way for place, (_, way) in self.ours.items()}
        wanted = {(key, way.metric or 0): way._replace(metric=way.metric or 0) for key, way in self.desired.items()}
        assert ours == {place: way for place, way in wanted.items() if place not in self.others}
        for row in self.table.plan.routes():
            assert row.state == ("foreign" if (row.key, row.route.metric) in self.others else "installed")
        assert dict(self.table.plan.owned()) == {key: way for (key, _), way in ours.items()}
        assert self.table.foreign.same_protocol == sum(self.kernel[place][0] == 12 for place in self.others)
        self.dump()  # what went with a device is claimed until then
        self.collect()
        assert self.claims.keys() == ours.keys()
        self.rewrite()
        assert self.claims == {place: (way,) for place, way in ours.items()}


def _as_kernel(entry: tuple[int, FibRoute]) -> FibRoute:
    return entry[1]


def finished(coroutine: Coroutine[None, None, str]) -> str:
    """What it returns; it waits for nothing but its turn."""
    while True:
        try:
            coroutine.send(None)
        except StopIteration as done:
            return done.value


World.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestPlan = World.TestCase
