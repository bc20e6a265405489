"""Well-known communities that change what becomes of a route: GRACEFUL_SHUTDOWN (RFC 8326), BLACKHOLE (RFC 7999)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import prefix_key
from pybgp.config.model import DecisionConfig, FibConfig, SetConfig, TermConfig
from pybgp.constants import Community
from pybgp.rib.kernel import FibRoute
from pybgp.rib.path import Path

from .world import Node, World, arrived, ebgp, established, ibgp

A, B, X, Y = (f"192.0.2.{host}" for host in (1, 2, 31, 32))
P, Q = "10.65.1.0/26", "10.65.1.7/32"


def best(world: World, node: Node, prefix: str = P) -> Path:
    return arrived(world, node, prefix)


def test_what_a_peer_is_about_to_take_down_is_used_last_in_the_whole_as(world: World) -> None:
    """RFC 8326 §4.2: whatever the import policy sets; and the other way is taken at once."""
    prefers = {"prefer": (TermConfig(action="accept", set=SetConfig(local_pref=300)),)}
    one = world.add(
        A,
        peers=[replace(ebgp(X, 65001), import_policy=("prefer",)), ebgp(Y, 65001), ibgp(B)],
        policies=prefers,
    )
    inside = world.add(B, peers=[ibgp(A)])
    near, far = (world.add(at, asn=65001, peers=[ebgp(A, 64512)]) for at in (X, Y))
    established(world, one, inside, near, far)
    near.announce(P)
    far.announce(P)
    world.run_until(lambda: one.received(P, Y) is not None)
    assert best(world, one).source.name == X

    near.announce(P, communities=["graceful-shutdown"])
    world.advance(1)

    assert best(world, one).source.name == Y
    far.withdraw(P)
    world.advance(1)
    last = best(world, inside)
    assert (last.received.local_pref, last.received.communities) == (0, (Community.GRACEFUL_SHUTDOWN,))


def test_graceful_shutdown_is_left_to_the_policy_where_it_is_not_honoured(world: World) -> None:
    """Acts on a reload without the session ending; internal peers set LOCAL_PREF themselves."""
    one = world.add(A, peers=[ebgp(X, 65001, honor_graceful_shutdown=False), ibgp(B)])
    outside, inside = world.add(X, asn=65001, peers=[ebgp(A, 64512)]), world.add(B, peers=[ibgp(A)])
    established(world, one, outside, inside)
    outside.announce(P, communities=["graceful-shutdown"])
    inside.announce(Q, communities=["graceful-shutdown"])
    accepted = [best(world, one, prefix).accepted for prefix in (P, Q)]
    assert [block.local_pref for block in accepted if block is not None] == [None, 100]

    one.core.reconfigure(replace(one.core.config, peers=(ebgp(X, 65001), ibgp(B))), world.now)
    world.pump(one)
    world.advance(1)

    accepted = [best(world, one, prefix).accepted for prefix in (P, Q)]
    assert [block.local_pref for block in accepted if block is not None] == [0, 100]
    assert not one.said("session_down")


@pytest.mark.parametrize("honors", [True, False])
def test_a_black_hole_is_dug_where_it_is_honoured(world: World, honors: bool) -> None:
    """RFC 7999 §3.2: the kernel discards, the AS is told, other ASes aren't."""
    one = world.add(
        A,
        fib=FibConfig(),
        peers=[ebgp(X, 65001, honor_blackhole=honors), ibgp(B, honor_blackhole=True), ebgp(Y, 65002)],
    )
    outside, inside = world.add(X, asn=65001, peers=[ebgp(A, 64512)]), world.add(B, peers=[ibgp(A)])
    other = world.add(Y, asn=65002, peers=[ebgp(A, 64512)])
    established(world, one, outside, inside, other)

    outside.announce(P)
    outside.announce(Q, communities=["blackhole"])
    told = best(world, inside, Q)
    world.advance(1)

    routes = {prefix: one.fib[prefix_key(prefix)[1]] for prefix in (P, Q)}
    kinds = {prefix: route.type for prefix, route in routes.items() if isinstance(route, FibRoute)}
    assert kinds == {P: "unicast", Q: "blackhole" if honors else "unicast"}
    assert (Community.NO_EXPORT in told.received.communities) is honors
    assert other.has(P)
    assert other.has(Q) is not honors


@pytest.mark.parametrize("digger", [X, Y])
def test_a_black_hole_gets_no_part_of_the_traffic(world: World, digger: str) -> None:
    """With multipath the best path decides; another one that asks for a black hole is no way for a part of it."""
    one = world.add(
        A,
        fib=FibConfig(),
        decision=DecisionConfig(max_paths_ebgp=2, as_path_relax=True),
        peers=[ebgp(X, 65001, honor_blackhole=True), ebgp(Y, 65002, honor_blackhole=True)],
    )
    nodes = {X: world.add(X, asn=65001, peers=[ebgp(A, 64512)]), Y: world.add(Y, asn=65002, peers=[ebgp(A, 64512)])}
    established(world, one, *nodes.values())

    for address, node in nodes.items():
        node.announce(P)
        node.announce(Q, communities=["blackhole"] if address == digger else [])
    world.advance(1)

    shared, dug = (one.fib[prefix_key(prefix)[1]] for prefix in (P, Q))
    assert isinstance(shared, FibRoute)
    assert len(shared.next_hops) == 2
    assert dug == (FibRoute("blackhole") if digger == X else FibRoute("unicast", shared.next_hops[:1]))
