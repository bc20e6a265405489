"""What no route needs any more is given back while the peers that sent it stay."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.config.model import FamilyConfig, FibConfig, GracefulRestartConfig
from pybgp.rib import add_path, next_hops
from pybgp.rib.kernel import FibRoute, KernelRoute, NextHop
from pybgp.rib.path import Path, paths_of
from pybgp.speaker import programming
from pybgp.speaker.fib import KernelChanges
from pybgp.speaker.tidying import give_back
from tests.unit.rib.paths import block, source

from .labeled_routes import originate, take_back
from .world import World, established, ibgp

V4 = Family.IPV4_UNICAST
A, B = "192.0.2.1", "192.0.2.2"
P, Q = "10.65.1.0/26", "10.65.2.0/26"


def connected(device: str) -> KernelRoute:
    return KernelRoute("unicast", 2, (NextHop(None, device),), scope=253)


def test_next_hops_that_no_route_has_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A live peer has sent ever new ones; those that are in use are followed as before."""
    monkeypatch.setattr(next_hops, "MANY", 8)
    world = World()
    one = world.add(A, peers=[ibgp(B)], fib=FibConfig())
    two = world.add(B, peers=[ibgp(A)])
    link = prefix_key("192.0.2.0/24")[1]
    one.core.kernel(KernelChanges(V4, {link: (connected("eth0"),)}), world.now)
    established(world, one, two)
    two.announce(P, next_hop="192.0.2.200")
    asked = one.core.next_hops

    for host in range(10, 150):
        two.announce(Q, next_hop=f"192.0.2.{host}")
        world.advance(1)
        assert len(asked) <= 2 * 8 + 2

    one.core.kernel(KernelChanges(V4, {link: (connected("eth7"),)}), world.now)
    world.pump(one)
    world.advance(1)
    ways = {P: "192.0.2.200", Q: "192.0.2.149"}
    assert one.fib == {
        prefix_key(prefix)[1]: FibRoute("unicast", (NextHop(address_octets(gateway), "eth7"),))
        for prefix, gateway in ways.items()
    }


@pytest.mark.row("ADP-04")
def test_path_identifiers_that_no_path_has_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Peers are told of each path that it is gone by the number that they know."""
    monkeypatch.setattr(add_path, "FEW", 8)
    world = World()
    both = {V4: FamilyConfig(add_path="both")}
    one = world.add(A, peers=[ibgp(B, families=both, route_reflector_client=True)])
    two = world.add(B, peers=[ibgp(A, families=both)])
    established(world, one, two)
    table, key = one.core.tables[V4], prefix_key(P)[1]
    feeder = source("feeder", address="192.0.2.9")

    def told() -> set[int | None]:
        return {path.received.med for path in paths_of(two.core.tables[V4].get(key))}

    first = block(med=1000)
    table.insert([key], Path(feeder, 1000, first, first))
    for number in range(60):
        made = block(med=number)
        table.insert([key], Path(feeder, number, made, made))
        world.pump(one)
        world.advance(1)
        assert told() == {1000, number}
        table.withdraw([key], "feeder", number)
        world.pump(one)
        world.advance(1)
        assert told() == {1000}

    assert len(one.core.outbound.ids) <= 2 * 8 + 2
    table.withdraw([key], "feeder", 1000)
    world.pump(one)
    world.advance(1)
    assert told() == set()


def test_of_memberships_that_nobody_has_any_more_nothing_stays(world: World) -> None:
    """Peers ask for ever new route targets, or go (RFC 4684)."""
    families = {Family.IPV4_VPN: FamilyConfig(), Family.ROUTE_TARGET: FamilyConfig()}
    one = world.add(A, peers=[ibgp(B, families=families, graceful_restart=GracefulRestartConfig(role="off"))])
    two = world.add(B, peers=[ibgp(A, families=families)])
    established(world, one, two)
    kept = one.core.memberships._keys

    for number in range(20):
        originate(two, Family.ROUTE_TARGET, f"64512:rt:64512:{number}")
        world.advance(1)
        assert len(kept[B]) == 1
        take_back(two, Family.ROUTE_TARGET, f"64512:rt:64512:{number}")
    originate(two, Family.ROUTE_TARGET, "64512:rt:64512:20")
    world.advance(1)
    world.kill(two)
    world.advance(1)

    assert B not in kept


def test_of_ways_to_the_kernel_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr(programming, "MANY", 8)
    one, two = world.add(A, peers=[ibgp(B)], fib=FibConfig()), world.add(B, peers=[ibgp(A)])
    one.core.kernel(KernelChanges(V4, {prefix_key("192.0.2.0/24")[1]: (connected("eth0"),)}), world.now)
    established(world, one, two)

    for host in range(10, 50):
        two.announce(P, next_hop=f"192.0.2.{host}")
        world.advance(1)

    assert len(one.core.programming._made) <= 8


def test_who_comes_back_while_its_memory_is_given_back_is_counted(world: World) -> None:
    """Else its routes would stay when it leaves again: nobody would think that it has any."""
    one = world.add(A, peers=[])
    tables = one.core.tables
    work = give_back(one.core, {"guest"})
    next(work)
    next(work)
    made = block()

    for table in tables.values():
        table.insert([prefix_key(P)[1]], Path(source("guest"), 0, made, made))
    for _ in work:
        pass

    assert [table.counters("guest").received for table in tables.values()] == [1] * len(tables)
