"""Several reflectors: hierarchies, one and several clusters, and circles in which no route may go round for ever.

RFC 4456 §6, §7, §8. What dies out is seen from the octets: after a change the wire falls silent, and what a withdrawn
route has left behind is nothing.
"""

from __future__ import annotations

import pytest

from pybgp.addresses import address_octets
from pybgp.config.model import PeerConfig

from .world import Node, World, established, ibgp

RR = [f"192.0.2.{host}" for host in range(1, 6)]
A, B, C, D = (f"192.0.2.{host}" for host in (11, 12, 21, 22))
P = "10.65.1.0/26"


def client(address: str, **options: object) -> PeerConfig:
    return ibgp(address, route_reflector_client=True, **options)


def settle(world: World) -> None:
    """Everybody is up, and nobody has anything to say any more."""
    established(world, *world.nodes.values())
    quiet(world)


def quiet(world: World) -> int:
    """How many UPDATEs it took until a second passes without one; more than a thousand is a circle."""
    sent = 0
    while True:
        world.wire.clear()
        world.advance(1)
        updates = sum(data[18] == 2 for _, data in world.wire)
        if not updates:
            return sent
        sent += updates
        assert sent < 1000, "routes go round and round"


def clusters(node: Node, prefix: str = P) -> tuple[str, ...]:
    path = node.best(prefix)
    assert path is not None
    octets = path.received.cluster_list
    return tuple(".".join(map(str, octets[at : at + 4])) for at in range(0, len(octets), 4))


@pytest.mark.row("RRF-06")
def test_each_client_may_be_in_a_cluster_of_its_own(world: World) -> None:
    """RFC 4456 §7: the route shows the cluster it comes from, in front of it that of the client it goes to."""
    peers = [client(A, cluster_id="1.1.1.1"), client(B, cluster_id="1.1.1.1"), client(C, cluster_id="2.2.2.2"), ibgp(D)]
    world.add(RR[0], cluster_id="9.9.9.9", peers=peers)
    a, b, c, d = (world.add(address, peers=[ibgp(RR[0])]) for address in (A, B, C, D))
    settle(world)

    a.announce(P)
    d.announce("10.65.2.0/26")
    quiet(world)

    assert clusters(b) == ("1.1.1.1",)
    assert clusters(c) == ("2.2.2.2", "1.1.1.1")
    assert clusters(d) == ("1.1.1.1",)
    assert clusters(c, "10.65.2.0/26") == ("2.2.2.2",)


@pytest.mark.row("RRF-06", "RRF-08")
def test_every_one_of_our_clusters_is_a_loop(world: World) -> None:
    """Two reflectors share the cluster of A only; the copy of A's route is refused, that of C's is a backup."""
    first = world.add(RR[0], peers=[client(A, cluster_id="1.1.1.1"), client(C, cluster_id="2.2.2.2"), ibgp(RR[1])])
    world.add(RR[1], peers=[client(A, cluster_id="1.1.1.1"), client(C, cluster_id="3.3.3.3"), ibgp(RR[0])])
    a, c = (world.add(address, peers=[ibgp(RR[0]), ibgp(RR[1])]) for address in (A, C))
    settle(world)

    a.announce(P)
    c.announce("10.65.2.0/26")
    quiet(world)

    refused, backup = first.received(P, RR[1]), first.received("10.65.2.0/26", RR[1])
    assert refused is not None
    assert refused.reason == "our own CLUSTER_ID is in its CLUSTER_LIST (RFC 4456 §8)"
    assert backup is not None
    assert backup.accepted is not None


@pytest.mark.row("RRF-06", "RRF-08")
def test_the_speakers_own_cluster_is_a_loop_though_each_peer_has_another(world: World) -> None:
    peers = [client(A, cluster_id="1.1.1.1"), client(RR[1], cluster_id="2.2.2.2")]
    first = world.add(RR[0], cluster_id="9.9.9.9", peers=peers)
    world.add(RR[1], cluster_id="9.9.9.9", peers=[client(C), ibgp(RR[0])])
    _, c = (world.add(address, peers=[ibgp(reflector)]) for address, reflector in ((A, RR[0]), (C, RR[1])))
    settle(world)

    c.announce(P)
    quiet(world)

    refused = first.received(P, RR[1])
    assert refused is not None
    assert refused.reason == "our own CLUSTER_ID is in its CLUSTER_LIST (RFC 4456 §8)"


@pytest.mark.row("RRF-05", "RRF-06")
def test_a_hierarchy_reflects_down_up_and_across(world: World) -> None:
    """A top reflector has two middle ones as clients, each of which has a client: four hops, three clusters."""
    top, left, right = RR[:3]
    world.add(top, peers=[client(left), client(right)])
    world.add(left, peers=[ibgp(top), client(A)])
    world.add(right, peers=[ibgp(top), client(C)])
    a, c = world.add(A, peers=[ibgp(left)]), world.add(C, peers=[ibgp(right)])
    settle(world)

    a.announce(P)
    quiet(world)

    path = c.best(P)
    assert path is not None
    assert clusters(c) == (right, top, left)
    assert path.received.originator_id == path.received.next_hop == address_octets(A)
    a.withdraw(P)
    quiet(world)
    assert not any(node.has(P) for node in world.nodes.values())


@pytest.mark.row("RRF-12")
@pytest.mark.parametrize("reflectors", [2, 3])
@pytest.mark.parametrize("one_cluster", [True, False], ids=["one-cluster", "a-cluster-each"])
def test_redundant_reflectors_of_the_same_clients(world: World, reflectors: int, one_cluster: bool) -> None:
    """RFC 4456 §7: every client hears of a route from each reflector; with a cluster each they back each other up."""
    for address in RR[:reflectors]:
        others = [ibgp(other) for other in RR[:reflectors] if other != address]
        cluster = {"cluster_id": "9.9.9.9"} if one_cluster else {}
        world.add(address, peers=[client(A), client(B), *others], **cluster)
    a, b = (world.add(address, peers=[ibgp(rr) for rr in RR[:reflectors]]) for address in (A, B))
    settle(world)

    a.announce(P)
    quiet(world)

    assert all(b.received(P, rr) is not None for rr in RR[:reflectors])
    copies = [world.nodes[RR[0]].received(P, other) for other in RR[1:reflectors]]
    assert all(copy is not None and (copy.accepted is None) is one_cluster for copy in copies)
    world.kill(world.nodes[RR[0]])
    world.advance(1)
    assert b.has(P)


@pytest.mark.row("RRF-07", "RRF-08", "DEC-10")
@pytest.mark.parametrize("one_cluster", [True, False], ids=["one-cluster", "a-cluster-each"])
@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_in_a_circle_of_reflectors_that_are_all_clients_of_each_other_a_route_dies_out(
    world: World, size: int, one_cluster: bool
) -> None:
    """The worst that can be configured: everybody reflects everything to everybody (RFC 4456 §8)."""
    ring = RR[:size]
    for address in ring:
        cluster = {"cluster_id": "9.9.9.9"} if one_cluster else {}
        world.add(address, peers=[*(client(other) for other in ring if other != address), client(A)], **cluster)
    a = world.add(A, peers=[ibgp(rr) for rr in ring])
    settle(world)

    a.announce(P, med=1)
    quiet(world)
    a.announce(P, med=2)
    quiet(world)
    assert all(node.best(P).received.med == 2 for node in world.nodes.values() if node is not a)  # type: ignore[union-attr]

    a.withdraw(P)
    quiet(world)

    assert not any(node.has(P) for node in world.nodes.values())
    tables = [table for node in world.nodes.values() for table in node.core.tables.values()]
    assert not any([*table.prefixes()] for table in tables)


def test_a_route_in_a_circle_without_its_origin_is_gone_when_a_session_is_cut(world: World) -> None:
    """Three reflectors, a client of one of them only: when that session goes, no copy keeps another alive."""
    ring = RR[:3]
    for address in ring:
        world.add(
            address, peers=[*(client(other) for other in ring if other != address), *[client(A)] * (address == RR[0])]
        )
    a = world.add(A, peers=[ibgp(RR[0])])
    settle(world)
    a.announce(P)
    quiet(world)
    assert all(world.nodes[rr].has(P) for rr in ring)

    world.kill(a)
    world.advance(400)

    assert not any(world.nodes[rr].has(P) for rr in ring)
