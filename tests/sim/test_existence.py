"""Conditional advertisement: export policies that ask what the Loc-RIB has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.config.model import FibConfig, MatchConfig, PolicySets, RouteConfig, TermConfig
from pybgp.errors import ConfigError

from .world import Node, World, ebgp, established, ibgp

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
UPLINK, POOL, OTHER = "10.0.0.0/8", "10.65.0.0/16", "10.66.0.0/16"
SETS = PolicySets(prefix_sets={"uplink": ("10.0.0.0/8 le 9",), "pool": (POOL,)})


def only(**match: Any) -> dict[str, tuple[TermConfig, ...]]:
    """The pool while the condition holds, and everything else."""
    return {
        "conditional": (
            TermConfig(match=MatchConfig(prefix_set="pool", **match), action="accept"),
            TermConfig(match=MatchConfig(prefix_set="pool"), action="reject"),
            TermConfig(action="accept"),
        )
    }


class Net:
    """A has the pool; B (internal) may bring the uplink; C (external) is told by condition."""

    def __init__(self, **match: Any) -> None:
        self.world = World()
        peers = [ibgp(B), replace(ebgp(C, 65003), export_policy=("conditional",))]
        routes = (RouteConfig(POOL), RouteConfig(OTHER))
        self.a = self.world.add(A, peers=peers, policies=only(**match), sets=SETS, routes=routes)
        self.b = self.world.add(B, peers=[ibgp(A)])
        self.c = self.world.add(C, asn=65003, peers=[ebgp(A, 64512)])
        established(self.world, self.a, self.b, self.c)
        self.world.advance(1)

    def uplink(self, present: bool) -> None:
        if present:
            self.b.announce(UPLINK)
        else:
            self.b.withdraw(UPLINK)
        self.world.advance(1)

    def reconfigure(self, **changes: Any) -> None:
        self.a.core.reconfigure(replace(self.a.core.config, **changes), self.world.now)
        self.world.pump(self.a)
        self.world.advance(1)


def updates_to(world: World, node: Node, since: int) -> int:
    """UPDATEs that a node has sent."""
    return sum(data[18] == 2 for sender, data in world.wire[since:] if sender is node)


def test_a_route_is_told_while_another_one_exists() -> None:
    net = Net(exists="uplink")
    assert not net.c.has(POOL)
    assert net.c.has(OTHER)

    net.uplink(True)
    assert net.c.has(POOL, UPLINK)

    net.uplink(False)
    assert not net.c.has(POOL)
    assert net.c.has(OTHER)
    assert len(net.c.said("session_up")) == 1
    assert [event["prefix_set"] for event in net.a.said("exists")] == ["uplink"]


def test_a_route_is_told_while_another_one_is_missing() -> None:
    net = Net(not_exists="uplink")
    assert net.c.has(POOL)

    net.uplink(True)
    assert not net.c.has(POOL)

    net.uplink(False)
    assert net.c.has(POOL)


def test_one_of_several_routes_of_the_set_is_enough_and_what_changes_otherwise_tells_nobody_again() -> None:
    net = Net(exists="uplink")
    net.uplink(True)
    group, _ = net.a.core.sessions.peers[C].members[next(iter(net.a.core.sessions.peers[C].members))]

    net.b.announce("10.0.0.0/9")
    net.world.advance(1)
    net.uplink(False)

    assert net.c.has(POOL)
    assert net.a.core.sessions.peers[C].members[group.rules.family][0] is group


def test_only_peers_whose_policies_ask_are_told_again() -> None:
    net = Net(exists="uplink")
    peers = net.a.core.sessions.peers
    family = next(iter(peers[B].members))
    before = peers[B].members[family][0]

    net.uplink(True)

    assert peers[B].members[family][0] is before


def test_a_condition_that_flips_tells_what_depends_on_it_and_nothing_else() -> None:
    """RFC 4271 §9.2: what a peer has already is not sent again."""
    net = Net(exists="uplink")
    for number in range(200):
        net.a.announce(f"10.67.{number}.0/24")
    net.world.advance(1)

    for present in (True, False, True):
        since = len(net.world.wire)
        net.uplink(present)
        sent = [data for sender, data in net.world.wire[since:] if sender is net.a and data[18] == 2]
        assert sum(map(len, sent)) < 300
        assert net.c.has(POOL) is present

    assert net.c.has(OTHER, *(f"10.67.{number}.0/24" for number in range(200)))


def test_routes_that_go_with_their_session_no_longer_exist() -> None:
    net = Net(exists="uplink")
    net.uplink(True)

    net.world.kill(net.b)
    net.world.advance(1)

    assert not net.c.has(POOL)


def test_a_reload_asks_what_is_there_already() -> None:
    net = Net(exists="uplink")
    net.uplink(True)

    net.reconfigure(sets=PolicySets(prefix_sets={"uplink": ("10.1.0.0/16",), "pool": (POOL,)}))
    assert not net.c.has(POOL)

    net.reconfigure(sets=SETS)
    assert net.c.has(POOL)

    net.reconfigure(policies=only(not_exists="uplink"))
    assert not net.c.has(POOL)

    net.reconfigure(policies=only())
    assert net.c.has(POOL)
    assert not net.a.core.existence


def test_two_speakers_that_wait_for_each_other_come_to_rest() -> None:
    """Each tells its route while the other's is missing: what one says then depends on the other, and it ends."""
    world = World()
    nodes = {}
    for own, other, mine, theirs in ((A, B, "10.1.0.0/16", "10.2.0.0/16"), (B, A, "10.2.0.0/16", "10.1.0.0/16")):
        asn, remote = (65001, 65002) if own == A else (65002, 65001)
        peer = replace(ebgp(other, remote), export_policy=("conditional",))
        sets = PolicySets(prefix_sets={"theirs": (theirs,), "pool": (mine,)})
        nodes[own] = world.add(
            own, asn=asn, peers=[peer], sets=sets, policies=only(exists="theirs"), routes=(RouteConfig(mine),)
        )
    established(world, *nodes.values())

    world.advance(60)

    assert not nodes[A].has("10.2.0.0/16")  # nobody begins
    assert len(world.wire) < 100


def test_an_import_policy_must_not_ask() -> None:
    """It would change what it asks for."""
    world = World()

    policies = {"first": (TermConfig(action="next"),), **only(exists="uplink")}
    with pytest.raises(ConfigError, match=r"import_policy\[1\] asks what the Loc-RIB has"):
        world.add(A, peers=[ibgp(B, import_policy=("first", "conditional"))], policies=policies, sets=SETS)
    with pytest.raises(ConfigError, match=r"fib\.export_policy asks what the Loc-RIB has"):
        world.add(A, fib=FibConfig(export_policy="conditional"), policies=only(exists="uplink"), sets=SETS)
