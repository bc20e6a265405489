"""Aggregates between speakers: they come and go with what they stand for (RFC 4271 §9.2.2.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.config.model import AggregateConfig, FibConfig, RouteConfig
from pybgp.constants import AttributeCode
from pybgp.rib.kernel import FibRoute

from .world import Node, World, ebgp, established, ibgp

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
WIDE, INNER, P, Q = "10.65.0.0/16", "10.65.2.0/24", "10.65.1.0/26", "10.65.2.0/26"


class Net:
    """B (internal) tells A its routes; A aggregates; C (external) hears of them."""

    def __init__(self, *aggregates: AggregateConfig, **options: Any) -> None:
        self.world = World()
        self.a = self.world.add(A, peers=[ibgp(B), ebgp(C, 65003)], aggregates=aggregates, fib=FibConfig(), **options)
        self.b = self.world.add(B, peers=[ibgp(A)])
        self.c = self.world.add(C, asn=65003, peers=[ebgp(A, 64512)])
        established(self.world, self.a, self.b, self.c)
        self.world.advance(1)

    def announce(self, *prefixes: str, **attributes: Any) -> None:
        for prefix in prefixes:
            self.b.announce(prefix, **attributes)
        self.world.advance(1)

    def withdraw(self, *prefixes: str) -> None:
        for prefix in prefixes:
            self.b.withdraw(prefix)
        self.world.advance(1)

    def reconfigure(self, **changes: Any) -> None:
        self.a.core.reconfigure(replace(self.a.core.config, **changes), self.world.now, fib=FibConfig())
        self.world.pump(self.a)
        self.world.advance(1)

    def heard(self, node: Node | None = None) -> set[str]:
        node = node if node is not None else self.c
        return {prefix for prefix in (WIDE, INNER, P, Q) if node.has(prefix)}

    def why_not(self, prefix: str) -> str:
        family, key = prefix_key(prefix)
        group, _ = self.a.core.sessions.peers[C].members[family]
        best = self.a.core.tables[family].best(key)
        assert best is not None
        return group.exporter.why_not(best, key)


@pytest.mark.row("SND-06")
def test_an_aggregate_is_told_while_a_more_specific_route_exists() -> None:
    net = Net(AggregateConfig(WIDE, communities=("64512:65",)))
    assert net.heard() == set()

    net.announce(P, Q)

    assert net.heard() == {WIDE, P, Q}
    assert net.heard(net.b) == {WIDE, P, Q}
    best = net.c.best(WIDE)
    assert best is not None
    assert best.received.as_path_text == "64512"
    assert str(best.received.get(AttributeCode.AGGREGATOR)) == f"64512 {A}"
    assert best.received.value(AttributeCode.ATOMIC_AGGREGATE) is None  # B's routes have no AS numbers to lose
    assert best.received.communities == (64512 << 16 | 65,)

    net.withdraw(P)
    assert net.heard() == {WIDE, Q}
    net.withdraw(Q)
    assert net.heard() == set()


def test_an_aggregate_goes_with_the_session_that_its_contributors_came_from() -> None:
    net = Net(AggregateConfig(WIDE))
    net.announce(P, Q)

    net.world.kill(net.b)
    net.world.advance(1)

    assert net.heard() == set()


@pytest.mark.row("SND-06")
def test_what_is_suppressed_is_not_told_and_explained() -> None:
    net = Net(AggregateConfig(WIDE, suppress=True))

    net.announce(P, Q)

    assert net.heard() == {WIDE}
    assert net.a.has(P, Q)
    assert net.why_not(P) == f"the aggregate {WIDE} is told in its place (suppress, RFC 4271 §9.2.2.2)"
    assert net.why_not(WIDE) == ""


def test_an_aggregate_is_explained_as_one() -> None:
    net = Net(AggregateConfig(WIDE, suppress=True), AggregateConfig(INNER))
    net.announce(P, Q)

    found = net.a.core.explain(*prefix_key(WIDE), None)

    (one,) = found.candidates
    contributors = {state.key: state.contributors for state in net.a.core.aggregates.states()}[prefix_key(WIDE)[1]]
    assert (one.source, one.aggregate) == ("local", True)
    assert one.notes == (f"made of {contributors} more specific routes, which no peer is told (suppress)",)
    assert f"{WIDE}: best is from aggregate (1 candidate)" in str(found)
    assert one.notes[0] in str(found)
    assert net.a.core.explain(*prefix_key(P), None).candidates[0].notes == ()


def test_an_aggregate_inside_of_a_suppressing_one_is_told_all_the_same() -> None:
    net = Net(AggregateConfig(WIDE, suppress=True), AggregateConfig(INNER))

    net.announce(P, Q)

    assert net.heard() == {WIDE, INNER}
    net.withdraw(Q)
    assert net.heard() == {WIDE}


def test_routes_of_our_own_contribute_and_are_suppressed() -> None:
    net = Net(AggregateConfig(WIDE, suppress=True), routes=(RouteConfig(P),))

    assert net.heard() == {WIDE}


def test_the_kernel_drops_what_only_the_aggregate_takes() -> None:
    net = Net(AggregateConfig(WIDE), AggregateConfig(INNER, blackhole=False))

    net.announce(Q)

    assert net.a.fib[prefix_key(WIDE)[1]] == FibRoute("blackhole")
    assert prefix_key(INNER)[1] not in net.a.fib
    net.withdraw(Q)
    assert net.a.fib == {}


def test_a_reload_adds_changes_and_removes_aggregates_of_routes_that_are_there() -> None:
    net = Net()
    net.announce(P, Q)
    assert net.heard() == {P, Q}

    net.reconfigure(aggregates=(AggregateConfig(WIDE),))
    assert net.heard() == {WIDE, P, Q}

    net.reconfigure(aggregates=(AggregateConfig(WIDE, suppress=True, communities=("64512:1",)), AggregateConfig(INNER)))
    assert net.heard() == {WIDE, INNER}
    best = net.c.best(WIDE)
    assert best is not None
    assert best.received.communities == (64512 << 16 | 1,)

    net.reconfigure(aggregates=(AggregateConfig(WIDE, suppress=True, blackhole=False),))
    assert net.heard() == {WIDE}
    assert prefix_key(WIDE)[1] not in net.a.fib

    net.reconfigure(aggregates=())
    assert net.heard() == {P, Q}
    assert len(net.c.said("session_up")) == 1


def test_an_aggregate_with_as_set_names_the_ases_behind_it() -> None:
    net = Net(AggregateConfig(WIDE, as_set=True))

    net.announce(P, prepend=(65001, 65002))
    net.announce(Q, prepend=(65001, 65005))

    best = net.c.best(WIDE)
    assert best is not None
    assert best.received.as_path_text == "64512 65001 {65002,65005}"
    net.withdraw(Q)
    best = net.c.best(WIDE)
    assert best is not None
    assert best.received.as_path_text == "64512 65001 65002"


def test_an_own_route_wins_over_an_aggregate_whoever_came_first() -> None:
    for first in (True, False):
        net = Net(AggregateConfig(WIDE))
        if first:
            net.a.announce(WIDE)
        net.announce(P)
        if not first:
            net.a.announce(WIDE)

        best = net.a.best(WIDE)
        assert best is not None
        assert best.source.name == "local"


def test_ipv6_aggregates_are_counted_by_themselves() -> None:
    world = World()
    node = world.add(A, aggregates=(AggregateConfig("2001:db8::/32"), AggregateConfig("::/0"), AggregateConfig(WIDE)))

    node.announce("2001:db8:1::/48")

    states = {state.key: state.contributors for state in node.core.aggregates.states()}
    assert states == {prefix_key("2001:db8::/32")[1]: 1, prefix_key("::/0")[1]: 1, prefix_key(WIDE)[1]: 0}
    assert node.core.tables[Family.IPV6_UNICAST].best(prefix_key("::/0")[1]) is not None
