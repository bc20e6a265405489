"""Whatever happens to a table, every member of a group ends up with what a computation from scratch would give it.

Members join, leave, stop reading and go on, ask for a refresh and get other rules; costs from elsewhere change; routes
come, change and go; flushes and the ends of advertisement intervals fall anywhere. Each member's octets are decoded
into a dictionary, and that dictionary is compared with ``export(best)`` of the table (RFC 4271 §9.1.3, §9.2). Who has
not asked for it is told nothing that it has.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pybgp.addresses import Family
from pybgp.config.model import MatchConfig, PolicySets, SetConfig, TermConfig
from pybgp.messages import update
from pybgp.messages.context import Context, PeerKind
from pybgp.messages.header import Framer
from pybgp.policy.builtin import ACCEPT_ALL
from pybgp.policy.chain import Policy
from pybgp.policy.compile import compile_chain
from pybgp.rib import groups, walk
from pybgp.rib.decision import Decision
from pybgp.rib.export import Exporter, ExportRules, Position
from pybgp.rib.local import DEFAULT_KEY, DEFAULT_ROUTE, OWN
from pybgp.rib.moves import moves_of
from pybgp.rib.path import Entry, Path, paths_of
from pybgp.rib.table import Table
from pybgp.routes import Route
from pybgp.speaker.outbound import Outbound
from tests.unit.rib.paths import block, key, path, source
from tests.unit.rib.receiver import Receiver

FAMILY = Family.IPV4_UNICAST
KEYS = [key(text) for text in ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "0.0.0.0/0", "10.1.2.3/32")]
SOURCES = {
    "a": source("a", client=True, router_id="1.1.1.1", address="192.0.2.1"),
    "b": source("b", client=True, router_id="2.2.2.2", address="192.0.2.2"),
    "c": source("c", client=False, router_id="3.3.3.3", address="192.0.2.3"),
    "x": source("x", kind=PeerKind.EXTERNAL, router_id="4.4.4.4", address="192.0.2.4"),
}
OWN_ROUTE = block((), next_hop="", local_pref=None)
RULES = {
    name: ExportRules(
        family=FAMILY,
        kind=one.peer_kind,
        client=one.client,
        local_as=64512,
        router_id=b"\x09\x09\x09\x09",
        cluster_id=b"\x09\x09\x09\x09",
        own_next_hop=b"\xc0\x00\x02\x09",
        add_path=False,
        policy=ACCEPT_ALL,
    )
    for name, one in SOURCES.items()
}

POLICY_TERMS = {
    "not_inside": (
        TermConfig(action="reject", match=MatchConfig(prefix_set="inside")),
        TermConfig(action="accept", set=SetConfig(med=7)),
    ),
    "no_default": (TermConfig(action="reject", match=MatchConfig(prefix_set="default")), TermConfig(action="accept")),
    "inside_only_plain": (
        TermConfig(action="reject", match=MatchConfig(prefix_set="inside", local_pref="ge 100")),
        TermConfig(action="accept"),
    ),
}
SETS = PolicySets(prefix_sets={"inside": ("10.1.0.0/16 le 24",), "default": ("0.0.0.0/0",)})


def only_long(route: Route) -> Route | None:
    """By a function: nobody knows which prefixes fare alike."""
    return route if route.prefix_length > 8 else None


def long_or_plain(route: Route) -> Route | None:
    """Likewise, and of one prefix some paths may be told and others not."""
    return route if route.prefix_length > 16 or route.local_pref is None else None


FUNCTIONS = {"tests:only_long": only_long, "tests:long_or_plain": long_or_plain}


def policy(*names: str) -> Policy:
    return compile_chain(names, policies=POLICY_TERMS, sets=SETS, functions=FUNCTIONS, own_as=64512)


BY_MARK, BY_PREFIX = policy("inside_only_plain"), policy("tests:long_or_plain")
NEXT_HOPS = ("192.0.2.9", "192.0.2.10", "192.0.2.11")
SELECTIONS: dict[str, dict[str, Any]] = {
    "usual": {},
    "limit": {"add_path_limit": 2},
    "best-external": {"best_external": True},
    "route-server": {"route_server_client": True},
    "position": {},
    "position-limit": {"add_path_limit": 1},
    "limit-by-mark": {"add_path_limit": 2, "policy": BY_MARK},
    "limit-by-prefix": {"add_path_limit": 1, "policy": BY_PREFIX},
    "best-external-by-mark": {"best_external": True, "policy": BY_MARK},
    "best-external-by-prefix": {"best_external": True, "policy": BY_PREFIX},
    "route-server-by-mark": {"route_server_client": True, "policy": BY_MARK},
    "route-server-by-prefix": {"route_server_client": True, "policy": BY_PREFIX},
    "position-by-mark": {"policy": BY_MARK},
}
"""Which paths members are told; where the policy reads prefixes, others of one prefix than of its neighbours."""
READING = sorted(name for name in SELECTIONS if "-by-" in name)
OTHERS = sorted(SELECTIONS.keys() - set(READING))

OTHER_RULES: dict[str, dict[str, Any]] = {
    "local-pref": {"default_local_pref": 50},
    "by-mark": {"policy": policy("not_inside")},
    "by-prefix": {"policy": policy("tests:only_long")},
    "no-default": {"policy": policy("no_default")},
    "default": {"default_originate": True},
    "default-and-policy": {"default_originate": True, "policy": policy("not_inside")},
    "no-default-after-all": {"default_originate": True, "policy": policy("no_default")},
    "suppressing": {"suppressing": (KEYS[1],)},
    "best-external": {"best_external": True},
    "route-server": {"route_server_client": True},
    "limit": {"add_path_limit": 1},
    "draining": {"draining": True},
}
"""What a configuration may change while the session stays."""


class Groups(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.small_pieces = patch.multiple(walk, PIECE=2), patch.multiple(groups, SLICE=2)
        for each in self.small_pieces:
            each.start()

    def begin(self, add_path: bool, mrai: float, selection: str) -> None:
        self.add_path = add_path
        self.selection = selection
        self.mrai = mrai
        self.other_rules: dict[str, str] = {}  # member -> which rules it has now, if not those it began with
        self.asked: set[int] = set()  # members that are told everything again
        self.farther = 0  # what costs have grown by
        self.table = Table(FAMILY, Decision())
        self.outbound = Outbound({FAMILY: self.table}, self.deliver)
        self.receivers: dict[int, tuple[str, Receiver]] = {}
        self.congested: set[int] = set()
        self.conns = iter(range(1, 10_000))
        self.now = 0.0

    def deliver(self, conns: list[int], data: bytes, messages: int) -> None:
        assert len(set(conns)) == len(conns), "told twice"
        assert len(Framer().feed(data)) == messages
        for conn in conns:
            self.receive(conn, data)

    def receive(self, conn: int, data: bytes) -> None:
        assert conn not in self.congested, "octets for a transport that asked to pause"
        receiver = self.receivers[conn][1]
        before = dict(receiver.routes), receiver.announced, receiver.needless_withdrawals
        receiver.receive(data)
        if conn not in self.asked:
            changed = sum(before[0].get(at) != route for at, route in receiver.routes.items())
            assert receiver.announced - before[1] == changed, "it had that"
            assert receiver.needless_withdrawals == before[2], "it had nothing"

    def cost(self, peer: str, next_hop: str) -> int | None:
        """Each peer sees other costs, and one of them can't reach one of the next hops."""
        at = NEXT_HOPS.index(next_hop)
        return None if (peer, at) == ("b", 2 - self.farther % 2) else (at * (1 + self.farther) + ord(peer)) % 3

    def rules_of(self, name: str) -> ExportRules:
        position = Position(name, self.cost) if self.selection.startswith("position") else None
        base = replace(
            RULES[name], add_path=self.add_path, mrai=self.mrai, position=position, **SELECTIONS[self.selection]
        )
        return replace(base, **OTHER_RULES.get(self.other_rules.get(name, ""), {}))

    @rule(
        name=st.sampled_from("abcx"),
        keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=5),
        local_pref=st.sampled_from((100, 200, None)),
        path_id=st.sampled_from((0, 0, 1)),
        communities=st.sampled_from(((), (), ("no-export",), ("no-advertise",))),
        eligible=st.sampled_from((True, True, True, False)),
        next_hop=st.sampled_from(NEXT_HOPS),
    )
    def announce(
        self,
        name: str,
        keys: list[bytes],
        local_pref: int | None,
        path_id: int,
        communities: tuple[str, ...],
        eligible: bool,
        next_hop: str,
    ) -> None:
        of = block((65001, 65002), local_pref=local_pref, communities=communities, next_hop=next_hop)
        self.table.insert(keys, path(of, by=SOURCES[name], path_id=path_id, reason="" if eligible else "refused"))

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=5), there=st.booleans())
    def have_routes_of_our_own(self, keys: list[bytes], there: bool) -> None:
        if there:
            self.table.insert(keys, path(OWN_ROUTE, by=OWN))
        else:
            self.table.withdraw(keys, OWN.name)

    @rule(
        name=st.sampled_from("abcx"),
        keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=5),
        path_id=st.sampled_from((0, 0, 1)),
    )
    def withdraw(self, name: str, keys: list[bytes], path_id: int) -> None:
        self.table.withdraw(keys, name, path_id)

    @rule(name=st.sampled_from("abcx"))
    def join(self, name: str) -> None:
        if any(name == known for known, _ in self.receivers.values()):
            return
        conn = next(self.conns)
        self.flush()
        self.receivers[conn] = (name, Receiver(self.add_path, SOURCES[name].peer_kind))
        self.outbound.join(name, conn, self.rules_of(name))

    @precondition(lambda self: self.receivers)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        conn = data.draw(st.sampled_from(sorted(self.receivers)))
        self.outbound.leave(conn)
        self.congested.discard(conn)
        del self.receivers[conn]

    @precondition(lambda self: self.receivers)
    @rule(data=st.data())
    def stop_reading(self, data: st.DataObject) -> None:
        conn = data.draw(st.sampled_from(sorted(self.receivers)))
        self.congested.add(conn)
        self.outbound.congested(conn)

    @precondition(lambda self: self.congested)
    @rule(data=st.data())
    def go_on_reading(self, data: st.DataObject) -> None:
        conn = data.draw(st.sampled_from(sorted(self.congested)))
        self.congested.discard(conn)
        self.outbound.writable(conn)

    @precondition(lambda self: self.receivers)
    @rule(data=st.data())
    def refresh(self, data: st.DataObject) -> None:
        conn = data.draw(st.sampled_from(sorted(self.receivers)))
        if conn not in self.congested:
            self.flush()
            self.asked.add(conn)
            self.outbound.refresh(conn, FAMILY, enhanced=False)

    @precondition(lambda self: self.receivers)
    @rule(data=st.data(), rules=st.sampled_from(("", *OTHER_RULES)))
    def change_rules(self, data: st.DataObject, rules: str) -> None:
        conn = data.draw(st.sampled_from(sorted(self.receivers)))
        name, _ = self.receivers[conn]
        self.other_rules[name] = rules
        self.flush()
        ((group, member),) = self.outbound._by_conn[conn]
        self.outbound.change_rules(conn, member, group, self.rules_of(name))

    @precondition(lambda self: self.selection.startswith("position"))
    @rule()
    def move_everybody(self) -> None:
        self.flush()
        self.farther += 1
        self.outbound.reselect()

    @precondition(lambda self: self.mrai)
    @rule(seconds=st.sampled_from((1.0, 5.0)))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        self.flush()
        self.outbound.tick(self.now)

    @rule()
    def flush(self) -> None:
        changes = self.table.take_pending()
        self.outbound.flush(FAMILY, changes, moves_of(changes, self.table), self.now)

    @rule()
    def work(self) -> None:
        self.flush()
        if self.outbound.has_work:
            self.outbound.step()

    def settle(self) -> None:
        self.flush()
        while self.outbound.has_work or self.outbound.next_deadline is not None:
            while self.outbound.has_work:
                self.outbound.step()
            self.now += self.mrai
            self.outbound.tick(self.now)

    @invariant()
    def everybody_has_what_the_table_says(self) -> None:
        if not hasattr(self, "table") or self.table.pending or self.outbound.has_work:
            return
        for conn, (name, receiver) in self.receivers.items():
            ((group, member),) = self.outbound._by_conn[conn]
            if member.backlog is None:
                self.asked.discard(conn)
            if conn not in self.congested and not group.held:
                assert receiver.routes == self.from_scratch(name)
                assert member.advertised == len(receiver.routes)

    def from_scratch(self, name: str) -> dict[tuple[bytes, int], tuple[bytes, bytes]]:
        exporter = Exporter(self.rules_of(name))
        context = Context(kind=SOURCES[name].peer_kind)
        expected = {}
        originated = exporter.originated()
        for one in sorted({*self.table.prefixes(), DEFAULT_KEY}):
            paths = self.selected(name, one, self.table.get(one), exporter)
            if one == DEFAULT_KEY and originated is not None:
                paths = [*paths, DEFAULT_ROUTE] if self.add_path else [DEFAULT_ROUTE]
            for each in paths:
                export = exporter.export(each, one)
                if export is not None and each.source.name != name:
                    sent = update.block_of(export.attributes, export.next_hop, context)
                    assert sent is not None
                    path_id = self.outbound.ids.of(each) if self.add_path else 0
                    expected[one, path_id] = (sent.octets, sent.next_hop)
        return expected

    def selected(self, name: str, key: bytes, entry: Entry | None, exporter: Exporter) -> list[Path]:
        """Which paths a member is told, worked out for it alone."""
        rules = exporter.rules
        paths = [each for each in paths_of(entry) if each.accepted is not None]
        if rules.position is not None:
            costs = {bytes((192, 0, 2, 9 + at)): self.cost(name, text) for at, text in enumerate(NEXT_HOPS)} | {b"": 0}
            seen = {Path(p.source, p.path_id, p.received, p.accepted): p for p in paths}
            ordered = Decision(cost=lambda next_hop: costs[next_hop] or 0).order(
                [p for p in seen if costs[p.received.next_hop] is not None]
            )
            paths = [seen[p] for p in ordered]
        allowed = [p for p in paths if exporter.export(p, key) is not None]
        if self.add_path:
            return allowed[: rules.add_path_limit or None]
        if rules.route_server_client:
            return [p for p in allowed if p.source.name != name][:1]
        best = paths[:1]
        if rules.best_external and best and best[0].source.peer_kind is PeerKind.INTERNAL:
            externals = [p for p in paths if p.source.peer_kind is PeerKind.EXTERNAL]
            return [p for p in best + externals if p in allowed and p.source.name != name][:1]
        return best

    def teardown(self) -> None:
        try:
            if hasattr(self, "table"):
                for conn in sorted(self.congested):
                    self.outbound.writable(conn)
                self.congested.clear()
                self.settle()
                self.everybody_has_what_the_table_says()
        finally:
            for each in self.small_pieces:
                each.stop()


MRAI = st.sampled_from((0, 0, 5))


class UsualGroups(Groups):
    @initialize(add_path=st.booleans(), mrai=MRAI, selection=st.sampled_from(OTHERS))
    def set_up(self, add_path: bool, mrai: float, selection: str) -> None:
        self.begin(add_path, mrai, selection)


class GroupsThatReadPrefixes(Groups):
    @initialize(add_path=st.booleans(), mrai=MRAI, selection=st.sampled_from(READING))
    def set_up(self, add_path: bool, mrai: float, selection: str) -> None:
        self.begin(add_path, mrai, selection)


TestUpdateGroups = UsualGroups.TestCase
TestUpdateGroupsThatReadPrefixes = GroupsThatReadPrefixes.TestCase
for each in (TestUpdateGroups, TestUpdateGroupsThatReadPrefixes):
    each.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
