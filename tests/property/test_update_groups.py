"""Whatever happens to a table, every member of a group ends up with what a computation from scratch would give it.

Members join, leave, stop reading and go on, ask for a refresh and get other rules; routes come, change and go; flushes
and the ends of advertisement intervals fall anywhere. Each member's octets are decoded into a dictionary, and that
dictionary is compared with ``export(best)`` of the table (RFC 4271 §9.1.3, §9.2).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pybgp.addresses import Family
from pybgp.messages import update
from pybgp.messages.context import Context, PeerKind
from pybgp.policy.builtin import ACCEPT_ALL
from pybgp.rib import groups, walk
from pybgp.rib.decision import Decision
from pybgp.rib.export import Exporter, ExportRules, Position
from pybgp.rib.groups import moves_of
from pybgp.rib.path import Entry, Path, paths_of
from pybgp.rib.table import Table
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

NEXT_HOPS = ("192.0.2.9", "192.0.2.10", "192.0.2.11")
SELECTIONS: dict[str, dict[str, Any]] = {
    "usual": {},
    "limit": {"add_path_limit": 2},
    "best-external": {"best_external": True},
    "route-server": {"route_server_client": True},
    "position": {},
    "position-limit": {"add_path_limit": 1},
}


def cost(peer: str, next_hop: str) -> int | None:
    """Each peer sees other costs, and one of them can't reach one of the next hops."""
    at = NEXT_HOPS.index(next_hop)
    return None if (peer, at) == ("b", 2) else (at + ord(peer)) % 3


class Groups(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.small_pieces = patch.multiple(walk, PIECE=2), patch.multiple(groups, SLICE=2)
        for each in self.small_pieces:
            each.start()

    @initialize(add_path=st.booleans(), mrai=st.sampled_from((0, 0, 5)), selection=st.sampled_from(sorted(SELECTIONS)))
    def set_up(self, add_path: bool, mrai: float, selection: str) -> None:
        self.add_path = add_path
        self.selection = selection
        self.mrai = mrai
        self.other_rules: set[str] = set()  # names of members whose rules differ from those they began with
        self.table = Table(FAMILY, Decision())
        self.outbound = Outbound({FAMILY: self.table}, self.deliver)
        self.receivers: dict[int, tuple[str, Receiver]] = {}
        self.congested: set[int] = set()
        self.conns = iter(range(1, 10_000))
        self.now = 0.0

    def deliver(self, conn: int, data: bytes) -> None:
        assert conn not in self.congested, "octets for a transport that asked to pause"
        self.receivers[conn][1].receive(data)

    def rules_of(self, name: str) -> ExportRules:
        local_pref = 50 if name in self.other_rules else 100
        position = Position(name, cost) if self.selection.startswith("position") else None
        return replace(
            RULES[name],
            add_path=self.add_path,
            mrai=self.mrai,
            default_local_pref=local_pref,
            position=position,
            **SELECTIONS[self.selection],
        )

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
            self.outbound.refresh(conn, FAMILY, enhanced=False)

    @precondition(lambda self: self.receivers)
    @rule(data=st.data())
    def change_rules(self, data: st.DataObject) -> None:
        conn = data.draw(st.sampled_from(sorted(self.receivers)))
        name, _ = self.receivers[conn]
        self.other_rules ^= {name}
        self.flush()
        ((group, member),) = self.outbound._by_conn[conn]
        self.outbound.change_rules(conn, member, group, self.rules_of(name))

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
            if conn not in self.congested and not group.held:
                assert receiver.routes == self.from_scratch(name)
                assert member.advertised == len(receiver.routes)

    def from_scratch(self, name: str) -> dict[tuple[bytes, int], tuple[bytes, bytes]]:
        exporter = Exporter(self.rules_of(name))
        context = Context(kind=SOURCES[name].peer_kind)
        expected = {}
        for one in self.table.prefixes():
            for each in self.selected(name, self.table.get(one), exporter):
                export = exporter.export(each, one)
                if export is not None and each.source.name != name:
                    sent = update.block_of(export.attributes, export.next_hop, context)
                    assert sent is not None
                    path_id = self.outbound.ids.of(each) if self.add_path else 0
                    expected[one, path_id] = (sent.octets, sent.next_hop)
        return expected

    def selected(self, name: str, entry: Entry | None, exporter: Exporter) -> list[Path]:
        """Which paths a member is told, worked out for it alone."""
        rules = exporter.rules
        paths = [each for each in paths_of(entry) if each.accepted is not None]
        if rules.position is not None:
            costs = {bytes((192, 0, 2, 9 + at)): cost(name, text) for at, text in enumerate(NEXT_HOPS)}
            seen = {Path(p.source, p.path_id, p.received, p.accepted): p for p in paths}
            ordered = Decision(cost=lambda next_hop: costs[next_hop] or 0).order(
                [p for p in seen if costs[p.received.next_hop] is not None]
            )
            paths = [seen[p] for p in ordered]
        allowed = [p for p in paths if exporter.export(p) is not None]
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


TestUpdateGroups = Groups.TestCase
TestUpdateGroups.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
