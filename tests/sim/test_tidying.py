"""What no route needs any more is given back while the peers that sent it stay."""

from __future__ import annotations

from dataclasses import replace
from sys import getsizeof

import pytest

from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.config.model import FamilyConfig, FibConfig, GracefulRestartConfig
from pybgp.rib import add_path, next_hops
from pybgp.rib import table as rib_table
from pybgp.rib.kernel import FibRoute, KernelRoute, NextHop
from pybgp.rib.path import Path, paths_of
from pybgp.routes import Source
from pybgp.speaker import programming
from pybgp.speaker.fib import KernelChanges
from pybgp.speaker.tidying import give_back
from tests.unit.rib.paths import block, source

from .labeled_routes import originate, take_back
from .world import Node, World, established, ibgp

V4 = Family.IPV4_UNICAST
A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
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


def test_a_next_hop_that_was_given_back_is_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody was told meanwhile that it leads nowhere any more."""
    monkeypatch.setattr(next_hops, "MANY", 4)
    world = World()
    one, two = world.add(A, peers=[ibgp(B)], fib=FibConfig()), world.add(B, peers=[ibgp(A)])
    links = {prefix_key(prefix)[1]: (connected("eth0"),) for prefix in ("192.0.2.0/24", "203.0.113.0/24")}
    one.core.kernel(KernelChanges(V4, links), world.now)
    established(world, one, two)
    for last in (*range(1, 20), 1):  # the first one is long gone when it comes again
        if last == 1 and one.received(P, B) is not None:
            one.core.kernel(KernelChanges(V4, {prefix_key("203.0.113.0/24")[1]: ()}), world.now)
            world.pump(one)
        two.announce(P, next_hop=f"203.0.113.{last}" if last == 1 else f"192.0.2.{last + 100}")
        world.advance(1)

    path = one.received(P, B)
    assert path is not None
    assert path.received.next_hop == address_octets("203.0.113.1")
    assert "unreachable" in path.reason


@pytest.mark.row("ADP-04")
def test_the_identifier_of_a_default_route_of_our_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in no table, and yet somebody has to be told that it is gone."""
    monkeypatch.setattr(add_path, "FEW", 4)
    world = World()
    both = {V4: FamilyConfig(add_path="both")}
    peer = ibgp(B, families=both, route_reflector_client=True, default_originate=True)
    one, two = world.add(A, peers=[peer]), world.add(B, peers=[ibgp(A, families=both)])
    established(world, one, two)
    world.run_until(lambda: two.has("0.0.0.0/0"))
    table, key = one.core.tables[V4], prefix_key(P)[1]
    for number in range(20):
        made = block(med=number)
        table.insert([key], Path(source("feeder", address="192.0.2.9"), number, made, made))
        world.pump(one)
        world.advance(1)
        table.withdraw([key], "feeder", number)
        world.pump(one)
        world.advance(1)

    one.core.reconfigure(replace(one.core.config, peers=(replace(peer, default_originate=False),)), world.now)
    world.pump(one)
    world.advance(1)

    assert not two.has("0.0.0.0/0")


def test_of_a_peer_that_is_gone_nothing_stays() -> None:
    """Blocks, exports, counters and room in the table that only its routes needed."""
    world = World()
    one = world.add(A, peers=[ibgp(B, route_reflector_client=True), ibgp(C)])
    two, three = world.add(B, peers=[ibgp(A)]), world.add(C, peers=[ibgp(A)])
    established(world, one, two, three)
    three.announce(Q)
    world.run_until(lambda: one.has(Q))
    table = one.core.tables[V4]
    before = len(one.core.blocks)
    made = block()
    table.insert([b"\x20\x0a" + number.to_bytes(3) for number in range(2000)], Path(_of(one), 0, made, made))
    for med in range(10):
        two.announce(f"10.66.{med}.0/26", med=med)
    world.pump(one)
    world.advance(1)
    big = getsizeof(table._entries)
    assert len(table) == 2000 + 11
    assert len(one.core.blocks) > before

    one.core.remove_peer(B, world.now)
    world.pump(one)
    world.advance(1)

    assert list(table.prefixes()) == [prefix_key(Q)[1]]
    assert B not in table._counters
    assert getsizeof(table._entries) < big / 4
    assert len(one.core.blocks) <= before
    assert not any(group.exporter._cache for group in one.core.outbound.groups())


def _of(node: Node) -> Source:
    found = node.core.sessions.peers[B].source
    assert found is not None
    return found


@pytest.mark.row("ADP-04")
def test_of_a_peer_that_is_going_the_numbers_stay_until_all_its_routes_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They go in slices, and each is taken back by the number that it was told with."""
    monkeypatch.setattr(rib_table, "SLICE", 2)
    world = World()
    both = {V4: FamilyConfig(add_path="both")}
    one = world.add(A, peers=[ibgp(B, route_reflector_client=True), ibgp(C, families=both)])
    two, three = world.add(B, peers=[ibgp(A)]), world.add(C, peers=[ibgp(A, families=both)])
    established(world, one, two, three)
    some = [f"10.66.{number}.0/26" for number in range(20)]
    for prefix in some:
        two.announce(prefix)
    world.run_until(lambda: three.has(*some))

    one.core.remove_peer(B, world.now)
    world.pump(one)
    world.advance(1)

    assert not any(three.has(prefix) for prefix in some)
    assert len(one.core.outbound.ids) == 0
