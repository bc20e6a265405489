"""Routes with labels between clients of a reflector: VPNs (RFC 4364), labelled unicast (RFC 8277), EVPN (RFC 7432)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.config.model import FamilyConfig, FibConfig
from pybgp.rib.labeled import NOT_OURS

from .labeled_routes import key_of, originate, routes, take_back
from .world import Node, World, ebgp, established, ibgp

RR, A, B, C, X = (f"192.0.2.{host}" for host in (1, 11, 12, 13, 31))
VPN4, VPN6 = Family.IPV4_VPN, Family.IPV6_VPN
LABELED, EVPN, VPLS = Family.IPV4_LABELED_UNICAST, Family.L2VPN_EVPN, Family.L2VPN_VPLS
MAC = "mac-ip rd 64512:1 esi 00:00:00:00:00:00:00:00:00:00 ethernet_tag 0 mac 02:00:00:00:00:01 labels"
ROUTES = {
    VPN4: ("64512:1 10.1.2.0/24 label 100", "64512:1 10.1.2.0/24 label 200"),
    VPN6: ("64512:1 2001:db8::/32 label 100", "64512:1 2001:db8::/32 label 200"),
    LABELED: ("10.1.2.0/24 label 100", "10.1.2.0/24 label 3"),
    VPLS: tuple(f"rd 64512:1 ve_id 1 block_offset 1 block_size 8 label_base {base}" for base in (16001, 17001)),
    Family.IPV6_LABELED_UNICAST: ("2001:db8::/32 label 100", "2001:db8::/32 label 200"),
}


def reflection(world: World, *families: Family, add_path: str = "off") -> dict[str, Node]:
    options = {family: FamilyConfig(add_path=add_path) for family in families}  # type: ignore[arg-type]
    clients = [ibgp(client, route_reflector_client=True, families=options) for client in (A, B, C)]
    nodes = {RR: world.add(RR, peers=clients, fib=FibConfig())}
    for address in (A, B, C):
        nodes[address] = world.add(address, peers=[ibgp(RR, families=options)])
    established(world, *nodes.values())
    return nodes


@pytest.mark.parametrize("family", list(ROUTES), ids=str)
def test_a_changed_label_replaces_the_route(world: World, family: Family) -> None:
    nodes = reflection(world, family)
    first, second = ROUTES[family]
    originate(nodes[A], family, first)
    world.run_until(lambda: routes(nodes[B], family) == [first] == routes(nodes[C], family))
    originate(nodes[A], family, second)
    world.run_until(lambda: routes(nodes[B], family) == [second] == routes(nodes[C], family))

    path = nodes[B].core.tables[family].best(key_of(family, second))
    assert path is not None
    assert path.received.next_hop == path.received.next_hop[:-4] + address_octets(A)
    assert path.received.originator_id == address_octets(A)
    assert routes(nodes[A], family, direction="received", peer=RR) == []
    assert routes(nodes[RR], family, direction="advertised", peer=B) == [second]
    assert nodes[B].counters(RR).families[family].received == 1
    assert nodes[RR].counters(B).families[family].advertised == 1
    assert nodes[RR].fib == {}

    take_back(nodes[A], family, second)
    world.run_until(lambda: not routes(nodes[B], family) and not routes(nodes[C], family))
    assert nodes[RR].counters(B).families[family].advertised == 0


def test_ethernet_routes_differ_by_what_their_type_says(world: World) -> None:
    nodes = reflection(world, EVPN)
    originate(nodes[A], EVPN, f"{MAC} 100")
    originate(nodes[A], EVPN, f"{MAC} 101")
    originate(nodes[B], EVPN, f"{MAC} 102")
    world.run_until(lambda: len(routes(nodes[C], EVPN, direction="best")) == 1)
    world.advance(1)
    assert len(nodes[RR].core.tables[EVPN]) == 1
    assert routes(nodes[C], EVPN) == [f"{MAC} 101"]

    take_back(nodes[A], EVPN, f"{MAC} 101")
    world.run_until(lambda: routes(nodes[C], EVPN) == [f"{MAC} 102"])


def test_all_paths_keep_their_labels(world: World) -> None:
    nodes = reflection(world, VPN4, add_path="both")
    originate(nodes[A], VPN4, "64512:1 10.1.2.0/24 label 100")
    originate(nodes[B], VPN4, "64512:1 10.1.2.0/24 label 200")
    both = {"64512:1 10.1.2.0/24 label 100", "64512:1 10.1.2.0/24 label 200"}
    world.run_until(lambda: set(routes(nodes[C], VPN4, direction="received")) == both)

    take_back(nodes[A], VPN4, "64512:1 10.1.2.0/24")
    world.run_until(lambda: routes(nodes[C], VPN4, direction="received") == ["64512:1 10.1.2.0/24 label 200"])


def test_who_comes_late_or_asks_again_is_told_all(world: World) -> None:
    nodes = reflection(world, VPN4)
    originate(nodes[A], VPN4, "64512:1 10.1.2.0/24 label 100")
    world.run_until(lambda: bool(routes(nodes[B], VPN4)))
    before = len(world.wire)
    nodes[B].core.refresh_peer(RR, world.now)
    world.pump(nodes[B])
    world.advance(1)
    assert any(node is nodes[RR] and b"\x0a\x01\x02" in octets for node, octets in world.wire[before:])

    world.cut(nodes[RR], nodes[B])
    world.run_until(lambda: not nodes[RR].counters(B).families)
    established(world, *nodes.values(), limit=300)
    world.run_until(lambda: routes(nodes[B], VPN4) == ["64512:1 10.1.2.0/24 label 100"])
    world.run_until(lambda: VPN4 in nodes[B].core.sessions.peers[RR].received_end_of_rib)


def test_another_next_hop_would_need_another_label(world: World) -> None:
    families = {VPN4: FamilyConfig()}
    rr = world.add(RR, peers=[ibgp(A, families=families), ebgp(X, 65001, families=families, next_hop="self")])
    a = world.add(A, peers=[ibgp(RR, families=families)])
    x = world.add(X, asn=65001, peers=[ebgp(RR, 64512, families=families)])
    established(world, rr, a, x)
    originate(a, VPN4, "64512:1 10.1.2.0/24 label 100")
    world.run_until(lambda: bool(routes(rr, VPN4)))
    world.advance(1)
    assert routes(x, VPN4) == []
    found = rr.core.explain(VPN4, key_of(VPN4, "64512:1 10.1.2.0/24"), X)
    assert found.peers[0].reason == NOT_OURS
    assert found.kernel.state == "off"
    assert found.prefix == "64512:1 10.1.2.0/24"


def test_a_family_may_come_by_a_reload(world: World) -> None:
    nodes = reflection(world, Family.IPV4_UNICAST)
    families = {Family.IPV4_UNICAST: FamilyConfig(), VPN4: FamilyConfig()}
    for address in (RR, A, B):
        core = nodes[address].core
        peers = tuple(replace(peer, families=families) for peer in core.config.peers)
        core.reconfigure(replace(core.config, peers=peers), world.now, fib=core.fib_config)
        world.pump(nodes[address])
    established(world, nodes[RR], nodes[A], nodes[B], limit=300)
    world.run_until(lambda: VPN4 in nodes[RR].counters(A).families and VPN4 in nodes[RR].counters(B).families)
    originate(nodes[A], VPN4, "64512:1 10.1.2.0/24 label 100")
    world.run_until(lambda: bool(routes(nodes[B], VPN4)))
