"""Route servers (RFC 7947), domains of several ASes and AIGP (RFC 7311), between whole speakers on a virtual clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, address_text, prefix_key
from pybgp.config.model import SetConfig, TermConfig
from pybgp.constants import AttributeCode as Code
from pybgp.messages.attributes.aigp import Aigp
from pybgp.messages.attributes.block import Block
from pybgp.rib.kernel import KernelRoute, NextHop
from pybgp.rib.local import OWN
from pybgp.rib.path import Path
from pybgp.speaker.fib import KernelChanges

from .world import Node, World, arrived, ebgp, established, ibgp

RS, A, B, X, Y = (f"192.0.2.{host}" for host in (9, 1, 2, 31, 32))
P, Q = "10.65.1.0/26", "10.65.2.0/26"
V4 = Family.IPV4_UNICAST


def seen(world: World, node: Node, prefix: str = P) -> Block:
    return arrived(world, node, prefix).received


def exchange(world: World, **client: Any) -> tuple[Node, Node, Node]:
    """A route server of AS 64500 and two members of the exchange."""
    server = world.add(
        RS, asn=64500, peers=[ebgp(at, asn, route_server_client=True) for at, asn in ((X, 65001), (Y, 65002))]
    )
    adds = {"marked": (TermConfig(action="accept", set=SetConfig(add_communities=("no-export",))),)}
    peer = replace(ebgp(RS, 64500), **client)
    members = [world.add(at, asn=asn, peers=[peer], policies=adds) for at, asn in ((X, 65001), (Y, 65002))]
    established(world, server, *members)
    return server, members[0], members[1]


def test_a_route_server_is_not_seen(world: World) -> None:
    """RFC 7947 §2.2: next hop, path, MED and communities are as the other member sent them."""
    _, one, other = exchange(world, enforce_first_as=False, export_policy=("marked",))

    one.announce(P, med=7, communities=["65001:1", "65001:1:1"])

    block = seen(world, other)
    assert block.as_path_text == "65001"
    assert (address_text(block.next_hop), block.med, block.local_pref) == (X, 7, None)
    assert {Code.COMMUNITIES, Code.LARGE_COMMUNITIES} <= block.attributes.keys()
    assert len(block.communities) == 2


def test_a_client_must_take_paths_that_do_not_begin_with_the_servers_as(world: World) -> None:
    _, one, other = exchange(world)

    one.announce(P)
    world.run_until(lambda: other.received(P, RS) is not None)

    path = other.received(P, RS)
    assert path is not None
    assert path.reason == "its AS_PATH does not begin with AS 64500, the peer's (RFC 4271 §6.3)"


def test_a_route_servers_own_route_begins_with_its_as(world: World) -> None:
    server, one, _ = exchange(world)

    server.announce(P)

    block = seen(world, one)
    assert block.as_path_text == "64500"
    assert address_text(block.next_hop) == RS


# -- one administration, several ASes ----------------------------------------------------------------------------------


def announce_aigp(world: World, node: Node, metric: int) -> None:
    key = prefix_key(P)[1]
    block = Block.build((Aigp.of(metric),), b"")
    node.core.tables[V4].insert([key], Path(OWN, 0, block, block))
    world.pump(node)


def metric(block: Block) -> int | None:
    aigp = block.get(Code.AIGP)
    return aigp.metric if isinstance(aigp, Aigp) else None


@pytest.mark.row("AIG-01")
@pytest.mark.parametrize(
    ("sends", "takes", "expected"),
    [(True, True, 10), (False, True, None), (True, False, None), (False, False, None)],
    ids=["both", "not-sent", "not-taken", "neither"],
)
def test_aigp_passes_where_both_sides_are_one_domain(
    world: World, sends: bool, takes: bool, expected: int | None
) -> None:
    """RFC 7311 §3.3."""
    one = world.add(A, peers=[ebgp(X, 65001, same_domain=sends)])
    other = world.add(X, asn=65001, peers=[ebgp(A, 64512, same_domain=takes)])
    established(world, one, other)

    announce_aigp(world, one, 10)

    assert metric(seen(world, other)) == expected


@pytest.mark.row("AIG-01")
def test_aigp_grows_by_the_way_to_the_next_hop_where_we_put_ourselves_in_its_place(world: World) -> None:
    """RFC 7311 §3.4; what is reflected with its next hop stays as it is, and a longer way is told."""
    one = world.add(
        A,
        peers=[
            ibgp(B, route_reflector_client=True),
            ibgp(RS, route_reflector_client=True),
            ebgp(X, 65001, same_domain=True, next_hop="self"),
        ],
    )
    origin, third = world.add(B, peers=[ibgp(A)]), world.add(RS, peers=[ibgp(A)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, 64512, same_domain=True)])
    way_costs(world, one, 20)
    established(world, one, origin, third, outside)

    announce_aigp(world, origin, 10)

    assert metric(seen(world, third)) == 10
    assert metric(seen(world, outside)) == 30
    way_costs(world, one, 25)
    world.run_until(lambda: metric(seen(world, outside)) == 35)


def way_costs(world: World, node: Node, cost: int) -> None:
    route = (KernelRoute("unicast", 2, (NextHop(None, "eth0"),), cost),)
    node.core.kernel(KernelChanges(V4, {prefix_key("192.0.2.0/24")[1]: route}), world.now)
    world.pump(node)
