"""Aggregates that are counted change by change are those that a look at the whole Loc-RIB gives."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pybgp.addresses import Family
from pybgp.messages.attributes.aggregator import AtomicAggregate
from pybgp.messages.attributes.block import Block
from pybgp.rib.aggregate import AggregateRules, aggregate_block, trait_of
from pybgp.rib.aggregates import Aggregates
from pybgp.rib.decision import Decision
from pybgp.rib.local import AGGREGATE, own_block
from pybgp.rib.moves import moves_of
from pybgp.rib.table import Table
from pybgp.routes import Source
from tests.unit.rib.paths import block, key, path, source

FAMILY = Family.IPV4_UNICAST
ROUTER_ID = b"\x09\x09\x09\x09"
WIDE, MIDDLE, NARROW = key("10.0.0.0/8"), key("10.1.0.0/16"), key("10.1.2.0/23")
KEYS = [
    *(WIDE, MIDDLE, NARROW, key("0.0.0.0/0"), key("11.0.0.0/8"), key("10.1.2.0/24")),
    *(key("10.1.3.7/32"), key("10.1.4.0/24"), key("10.2.0.0/15"), key("10.200.0.0/13")),
]
SOURCES = [source("a", address="192.0.2.1"), source("b", address="192.0.2.2")]
BLOCKS = [block((65001, 65002)), block((65001, 65003)), block((), more=[AtomicAggregate()]), block(())]


def inside(inner: bytes, outer: bytes) -> bool:
    bits = outer[0]
    one, other = (int.from_bytes(item[1:].ljust(4, b"\0")) for item in (inner, outer))
    return inner[0] > bits and (one ^ other) >> (32 - bits) == 0


class Counted(RuleBasedStateMachine):
    @initialize()
    def set_up(self) -> None:
        self.table = Table(FAMILY, Decision())
        self.aggregates = Aggregates({FAMILY: self.table})
        self.rules: dict[bytes, AggregateRules] = {}
        self.scans: list[Iterator[None]] = []

    @rule(
        keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True),
        by=st.sampled_from(SOURCES),
        of=st.sampled_from(BLOCKS),
        eligible=st.sampled_from((True, True, False)),
    )
    def announce(self, keys: list[bytes], by: Source, of: Block, eligible: bool) -> None:
        self.table.insert(keys, path(of, by=by, reason="" if eligible else "refused"))

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=4), by=st.sampled_from(SOURCES))
    def withdraw(self, keys: list[bytes], by: Source) -> None:
        self.table.withdraw(keys, by.name)

    @rule(
        wanted=st.dictionaries(
            st.sampled_from((WIDE, MIDDLE, NARROW, key("0.0.0.0/0"))),
            st.builds(AggregateRules, base=st.just(own_block()), as_set=st.booleans(), blackhole=st.booleans()),
        )
    )
    def configure(self, wanted: dict[bytes, AggregateRules]) -> None:
        self.flush()
        self.rules = wanted
        self.scans += self.aggregates.configure({FAMILY: wanted} if wanted else {}, local_as=9, router_id=ROUTER_ID)

    @rule()
    def work(self) -> None:
        self.flush()
        self.scans = [scan for scan in self.scans if next(scan, True) is None]

    @rule()
    def flush(self) -> None:
        while self.table.pending:
            self.aggregates.changed(FAMILY, moves_of(self.table.take_pending(), self.table))

    @rule()
    def what_was_counted_is_what_is_there(self) -> None:
        while self.table.pending or self.scans:
            self.work()
        found = {at: one.received for at, one in self.table.adj_rib_in(AGGREGATE.name)}
        expected, counts = {}, {}
        for aggregate, rules in self.rules.items():
            contributors = [
                best.accepted
                for at, best in self.table.loc_rib()
                if inside(at, aggregate) and best.source is not AGGREGATE and best.accepted is not None
            ]
            counts[aggregate] = len(contributors)
            if contributors:
                traits = {trait_of(one, as_set=rules.as_set) for one in contributors}
                expected[aggregate] = aggregate_block(rules, traits, local_as=9, router_id=ROUTER_ID)
        assert found == expected
        assert {state.key: state.contributors for state in self.aggregates.states()} == counts
        assert {state.key for state in self.aggregates.states() if state.active} == expected.keys()

    def teardown(self) -> None:
        self.what_was_counted_is_what_is_there()


TestCounted = Counted.TestCase
TestCounted.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
