"""Whatever happens to unicast routes and flow specifications: what is eligible is what the rules say from scratch.

The rules are ``tests.oracles.routing.feasible``; the table follows by what changes between flushes, and scans in
slices while more changes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pybgp.addresses import Family, address_octets, key_text, prefix_key
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.context import PeerKind
from pybgp.messages.families.flowspec import IPV4_FLOWSPEC
from pybgp.rib import destinations
from pybgp.rib.decision import Decision
from pybgp.rib.feasible import UNCOUNTED
from pybgp.rib.flow_table import FlowTable
from pybgp.rib.moves import moves_of
from pybgp.rib.path import Path, paths_of
from pybgp.rib.table import Table
from pybgp.routes import Source
from tests.oracles.routing import Attributes, Candidate, Session, feasible
from tests.unit.rib.paths import block, source

NAMES = ("inside", "other", "x", "y", "unasked")
SOURCES = {
    "inside": source("inside", router_id="1.1.1.1", address="192.0.2.1"),
    "other": source("other", router_id="1.1.1.2", address="192.0.2.2"),
    "x": source("x", kind=PeerKind.EXTERNAL, router_id="1.1.1.3", address="192.0.2.3"),
    "y": source("y", kind=PeerKind.EXTERNAL, router_id="1.1.1.4", address="192.0.2.4"),
    "unasked": source("unasked", kind=PeerKind.EXTERNAL, router_id="1.1.1.5", address="192.0.2.5"),
}
PREFIXES = ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32")
PLACES = st.sampled_from((*PREFIXES, "10.1.2.128/25", "11.0.0.0/8"))
PATHS = st.sampled_from(("", "65001", "65002", "65001 65002", "(65101)", "(65101) 65001", "[65101]"))
ORIGINATORS = st.sampled_from((None, "192.0.2.1", "192.0.2.3"))
FLOWS = st.sampled_from([f"destination {prefix} protocol =17" for prefix in PREFIXES] + ["protocol =17"])


class Validation(RuleBasedStateMachine):
    @initialize(trusts=st.booleans(), size=st.sampled_from((1, 3, 2000)))
    def begin(self, trusts: bool, size: int) -> None:
        decision = Decision()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("pybgp.rib.unscanned.SLICE", size)
        self.patch.setattr("pybgp.rib.flow_table.SLICE", size)
        self.trusted = {"unasked"} if trusts else set()
        self.work: list[Iterator[None]] = []
        self.unicast = Table(Family.IPV4_UNICAST, decision)
        self.flows = FlowTable(
            Family.IPV4_FLOWSPEC,
            decision,
            self.unicast,
            validates=lambda name: name not in self.trusted,
            later=self.work.append,
        )

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            self.patch.undo()

    @rule(name=st.sampled_from(NAMES), prefix=PLACES, as_path=PATHS, originator=ORIGINATORS, good=st.booleans())
    def route(self, name: str, prefix: str, as_path: str, originator: str | None, good: bool) -> None:
        self.unicast.insert([prefix_key(prefix)[1]], self._path(name, as_path, originator, accepted=good))

    @rule(name=st.sampled_from(NAMES), prefix=PLACES)
    def route_gone(self, name: str, prefix: str) -> None:
        self.unicast.withdraw([prefix_key(prefix)[1]], name)

    @rule(
        name=st.sampled_from(NAMES),
        flows=st.lists(FLOWS, min_size=1, max_size=3),
        as_path=PATHS,
        originator=ORIGINATORS,
        good=st.sampled_from((True, True, False)),
    )
    def flow(self, name: str, flows: list[str], as_path: str, originator: str | None, good: bool) -> None:
        keys = list(map(IPV4_FLOWSPEC.parse, flows))
        self.flows.insert(keys, self._path(name, as_path, originator, accepted=good))

    @rule(name=st.sampled_from(NAMES), flow=FLOWS)
    def flow_gone(self, name: str, flow: str) -> None:
        self.flows.withdraw([IPV4_FLOWSPEC.parse(flow)], name)

    @rule(name=st.sampled_from(NAMES))
    def peer_gone(self, name: str) -> None:
        for table in (self.unicast, self.flows):
            list(table.drop(lambda path: path.source.name == name))

    @rule(name=st.sampled_from(NAMES), good=st.booleans())
    def policy(self, name: str, good: bool) -> None:
        """Another import policy for a peer, which sees routes as the peer gave them."""

        def successor(key: bytes, path: Path) -> Path:
            if path.source.name != name:
                return path
            assert path.accepted is not None or path.reason == "policy"  # not what validation made of it
            if (path.accepted is not None) is good:
                return path
            return Path(path.source, 0, path.received, path.received if good else None, "" if good else "policy")

        list(self.flows.replace(successor))

    @rule()
    def flush(self) -> None:
        self.flows.unicast_changed(moves_of(self.unicast.take_pending(), self.unicast))
        moves_of(self.flows.take_pending(), self.flows)

    @rule(steps=st.integers(1, 5))
    def some_work(self, steps: int) -> None:
        for _ in range(steps):
            self.flush()
            if self.work:
                job = self.work.pop(0)
                if next(job, self) is not self:
                    self.work.append(job)

    @rule()
    def quiet(self) -> None:
        self.flush()
        while self.work:
            self.some_work(1)
        self.flush()
        assert not self.work
        best = {}
        for key, path in self.unicast.loc_rib():
            best[key_text(Family.IPV4_UNICAST, key)] = self._candidate(path)
        for key, entry in self.flows.entries():
            text = str(IPV4_FLOWSPEC.value(key)).split()
            destination = text[1] if text[0] == "destination" else None
            for path in paths_of(entry):
                if path.reason == "policy" or path.source.name in self.trusted:
                    continue
                confed_set = "[" in str(AsPath.decode(path.received.as_path_octets))
                expected = feasible(destination, self._candidate(path), best, confed_set=confed_set)
                assert (path.accepted is not None) is expected, (text, path, path.reason)
                assert path.reason != UNCOUNTED
        self._nothing_is_left()

    def _nothing_is_left(self) -> None:
        keys = set(self.flows.prefixes())
        assert {key for some in self.flows._by_destination.values() for key in some} <= keys
        assert self.flows._offered.keys() <= keys
        followed = self.flows._destinations
        assert followed._followed == self.flows._by_destination.keys()
        assert [each for _, _, each in followed._in_order] == sorted(followed._followed, key=followed._place)
        assert not followed._new
        assert not followed._batch.neighbors
        assert all(count > 0 for some in followed._count.neighbors.values() for count in some.values())

    @invariant()
    def counters_are_what_can_be_counted(self) -> None:
        if not hasattr(self, "flows"):
            return
        for name in NAMES:
            paths = [path for _, path in self.flows.adj_rib_in(name)]
            counters = self.flows.counters(name)
            assert counters.received == len(paths)
            assert counters.accepted == sum(path.accepted is not None for path in paths)

    @staticmethod
    def _path(name: str, as_path: str, originator: str | None, *, accepted: bool) -> Path:
        from_whom: Source = SOURCES[name]
        if from_whom.peer_kind is PeerKind.EXTERNAL:
            originator = None
        attributes = block(AsPath.parse(as_path), next_hop="", originator_id=originator)
        return Path(from_whom, 0, attributes, attributes if accepted else None, "" if accepted else "policy")

    @staticmethod
    def _candidate(path: Path) -> Candidate:
        external = path.source.peer_kind is PeerKind.EXTERNAL
        session = Session(
            local="192.0.2.254",
            remote=".".join(map(str, path.source.address)),
            local_id="9.9.9.9",
            remote_id=".".join(map(str, path.source.router_id)),
            local_as=64512,
            remote_as=65001 if external else 64512,
            imports=lambda prefix, attributes: attributes,
            exports=lambda prefix, attributes: attributes,
        )
        received = Attributes.of(path.received)
        return Candidate(session=session, name=path.source.name, path_id=0, received=received, accepted=received)


TestValidation = Validation.TestCase


def test_single_addresses_need_no_count() -> None:
    followed = destinations.Destinations(Table(Family.IPV4_UNICAST, Decision()))
    followed.add(b"\x20" + address_octets("10.1.2.3"))
    assert not followed.uncounted
    followed.add(b"\x1f" + address_octets("10.1.2.2"))
    assert followed.uncounted
