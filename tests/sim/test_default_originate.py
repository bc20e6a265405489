"""A default route for a peer, whether there is one or not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pybgp.addresses import Family
from pybgp.config.model import FamilyConfig, FibConfig, MatchConfig, PeerConfig, TermConfig
from pybgp.control.routes import routes

from .world import Node, World, ebgp, established, ibgp

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
DEFAULT = "0.0.0.0/0"


class Net:
    """A originates a default route for C (external), not for B (internal)."""

    def __init__(self, add_path: bool = False, **peer: Any) -> None:
        self.world = World()
        families = {Family.IPV4_UNICAST: FamilyConfig(add_path="both")} if add_path else None
        self.peers = [ibgp(B), replace(ebgp(C, 65003, families=families), **{"default_originate": True, **peer})]
        ours = MatchConfig(peer=("default_originate",))
        policies = {
            "no_default": (TermConfig(match=ours, action="reject"),),
            "default": (TermConfig(match=MatchConfig(prefix=(DEFAULT,)), action="accept"), TermConfig(action="reject")),
            "ours": (TermConfig(match=ours, action="accept"), TermConfig(action="reject")),
        }
        self.a = self.world.add(A, peers=self.peers, policies=policies, fib=FibConfig())
        self.b = self.world.add(B, peers=[ibgp(A)])
        self.c = self.world.add(C, asn=65003, peers=[ebgp(A, 64512, families=families)])
        established(self.world, self.a, self.b, self.c)
        self.world.advance(1)

    def reconfigure(self, peer: PeerConfig) -> None:
        config = replace(self.a.core.config, peers=(self.peers[0], peer))
        self.a.core.reconfigure(config, self.world.now, fib=FibConfig())
        self.world.pump(self.a)
        self.world.advance(1)


def paths(node: Node) -> list[str]:
    return sorted(path.received.as_path_text for _, path in node.core.tables[Family.IPV4_UNICAST].adj_rib_in(A))


def test_only_the_peer_that_it_is_for_is_told_and_nothing_is_installed() -> None:
    net = Net()

    assert net.c.has(DEFAULT)
    assert not net.b.has(DEFAULT)
    assert not net.a.has(DEFAULT)
    assert net.a.fib == {}
    assert net.a.counters(C).families[Family.IPV4_UNICAST].advertised == 1
    assert [view.to for view in net.a.core.route_views(direction="advertised")] == [C]


def test_it_is_shown_once_among_what_peers_are_told_also_where_the_table_has_one_that_is_not_used() -> None:
    net = Net()
    asked = cast(Any, SimpleNamespace(core=net.a.core))

    assert [(row["prefix"], row["to"]) for row in routes(asked, direction="advertised") if row] == [(DEFAULT, C)]
    assert list(routes(asked)) == []

    net.c.announce(DEFAULT, prepend=(64512,))
    net.world.advance(1)
    assert [row["reason"] != "" for row in routes(asked, direction="received") if row] == [True]
    assert [(row["prefix"], row["to"]) for row in routes(asked, direction="advertised") if row] == [(DEFAULT, C)]
    assert [view.to for view in net.a.core.route_views(direction="advertised")] == [C]


def test_ours_is_told_instead_of_the_tables() -> None:
    net = Net()

    net.b.announce(DEFAULT, prepend=(65009,))
    net.world.advance(1)
    assert paths(net.c) == ["64512"]

    net.b.withdraw(DEFAULT)
    net.world.advance(1)
    assert net.c.has(DEFAULT)


def test_with_add_path_both_are_told() -> None:
    net = Net(add_path=True)

    net.b.announce(DEFAULT, prepend=(65009,))
    net.world.advance(1)

    assert paths(net.c) == ["64512", "64512 65009"]


def test_a_policy_takes_the_tables_back_that_went_beside_ours() -> None:
    net = Net(add_path=True)
    net.b.announce(DEFAULT, prepend=(65009,))
    net.world.advance(1)

    net.reconfigure(replace(net.peers[1], export_policy=("ours",)))

    assert paths(net.c) == ["64512"]
    assert net.a.counters(C).families[Family.IPV4_UNICAST].advertised == 1


@pytest.mark.parametrize("add_path", [False, True])
@pytest.mark.parametrize("other", [False, True])
def test_a_reload_takes_it_back_and_gives_it_again(add_path: bool, other: bool) -> None:
    net = Net(add_path)
    if other:
        net.b.announce(DEFAULT, prepend=(65009,))
        net.world.advance(1)

    net.reconfigure(replace(net.peers[1], default_originate=False))
    assert paths(net.c) == (["64512 65009"] if other else [])

    net.reconfigure(net.peers[1])
    assert paths(net.c) == (["64512", "64512 65009"] if other and add_path else ["64512"])
    assert len(net.c.said("session_up")) == 1


def test_where_paths_are_chosen_and_the_policy_reads_prefixes_the_tables_is_left_out() -> None:
    """Also where it has none, so that there is nothing to choose from."""
    net = Net(route_server_client=True)

    net.reconfigure(replace(net.peers[1], export_policy=("default",)))
    assert paths(net.c) == ["64512"]
    net.b.announce(DEFAULT, prepend=(65009,))
    net.world.advance(1)

    assert paths(net.c) == ["64512"]


def test_a_refresh_tells_it_again() -> None:
    net = Net()
    net.world.wire.clear()

    net.c.core.refresh_peer(A, net.world.now)
    net.world.pump(net.c)
    net.world.advance(1)

    assert any(data[18] == 2 and data.endswith(b"\0") for node, data in net.world.wire if node is net.a)
    assert net.c.has(DEFAULT)


def test_the_export_policy_decides() -> None:
    assert not Net(export_policy=("no_default", "accept")).c.has(DEFAULT)
