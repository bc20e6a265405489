"""Route reflection between whole speakers (RFC 4456), on a virtual clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import address_octets
from pybgp.constants import AttributeCode
from pybgp.rib.path import Path

from .world import Node, World, ebgp, established, ibgp

RR, RR2, A, B, N, N2, X = (f"192.0.2.{host}" for host in (1, 2, 11, 12, 21, 22, 31))
P = "10.65.1.0/26"


def attributes(path: Path | None) -> set[int]:
    assert path is not None
    return {code for code in range(64) if path.received.mask >> code & 1}


@pytest.fixture
def reflector(world: World) -> dict[str, Node]:
    """A reflector with two clients, two non-clients and one external peer."""
    peers = [
        ibgp(A, route_reflector_client=True),
        ibgp(B, route_reflector_client=True),
        ibgp(N),
        ibgp(N2),
        ebgp(X, 65001),
    ]
    nodes = {RR: world.add(RR, peers=peers)}
    for address in (A, B, N, N2):
        nodes[address] = world.add(address, peers=[ibgp(RR)])
    nodes[X] = world.add(X, asn=65001, peers=[ebgp(RR, 64512)])
    established(world, *nodes.values())
    return nodes


@pytest.mark.row("RRF-01", "SND-02", "RRF-04", "RRF-05", "RRF-06", "RRF-09", "NHP-09")
def test_a_clients_route_goes_to_everybody_but_the_client(world: World, reflector: dict[str, Node]) -> None:
    reflector[A].announce(P, med=7, communities=["64512:1"])
    world.run_until(lambda: all(reflector[to].has(P) for to in (B, N, N2, X)))
    world.advance(1)

    assert reflector[A].received(P, RR) is None
    for to in (B, N, N2):
        path = reflector[to].best(P)
        assert path is not None
        assert path.received.originator_id == address_octets(A)
        assert path.received.cluster_list == address_octets(RR)
        assert path.received.next_hop == address_octets(A)
        assert (path.received.med, path.received.local_pref, path.received.as_path) == (7, 100, ())


@pytest.mark.row("RRF-02", "SND-01")
def test_a_non_clients_route_goes_to_clients_only(world: World, reflector: dict[str, Node]) -> None:
    reflector[N].announce(P)
    world.run_until(lambda: all(reflector[to].has(P) for to in (A, B, X)))
    world.advance(1)

    assert reflector[N2].received(P, RR) is None


@pytest.mark.row("RRF-03", "PRP-02", "PRP-03")
def test_an_external_route_goes_to_all_without_reflection_attributes(world: World, reflector: dict[str, Node]) -> None:
    reflector[X].announce(P, med=9)
    world.run_until(lambda: all(reflector[to].has(P) for to in (A, B, N, N2)))

    for to in (A, N):
        path = reflector[to].best(P)
        assert not attributes(path) & {AttributeCode.ORIGINATOR_ID, AttributeCode.CLUSTER_LIST}
        assert path is not None
        assert (path.received.local_pref, path.received.med, path.received.as_path) == (100, 9, (65001,))


@pytest.mark.row("PRP-09", "ASP-01", "ASP-02", "PRP-01", "NHP-02")
def test_reflection_attributes_do_not_leave_the_as(world: World, reflector: dict[str, Node]) -> None:
    reflector[A].announce(P, med=7, local_pref=300)
    world.run_until(lambda: reflector[X].has(P))

    path = reflector[X].best(P)
    assert path is not None
    inside = {AttributeCode.ORIGINATOR_ID, AttributeCode.CLUSTER_LIST, AttributeCode.LOCAL_PREF}
    assert not attributes(path) & (inside | {AttributeCode.MULTI_EXIT_DISC})
    assert path.received.as_path == (64512,)


@pytest.mark.row("RRF-07", "RRF-08", "DEC-02")
def test_copies_that_come_back_are_not_eligible(world: World) -> None:
    """Two reflectors of one cluster that are each other's clients."""
    one = world.add(
        RR, cluster_id="1.1.1.1", peers=[ibgp(A, route_reflector_client=True), ibgp(RR2, route_reflector_client=True)]
    )
    two = world.add(
        RR2, cluster_id="1.1.1.1", peers=[ibgp(A, route_reflector_client=True), ibgp(RR, route_reflector_client=True)]
    )
    client = world.add(A, peers=[ibgp(RR), ibgp(RR2)])
    established(world, one, two, client)

    client.announce(P)
    world.run_until(lambda: one.has(P) and two.has(P))
    world.advance(5)

    copy = one.received(P, RR2)
    assert copy is not None
    assert copy.accepted is None
    assert "cluster" in copy.reason.lower()
    assert client.received(P, RR) is None


@pytest.mark.row("RRF-12")
def test_copies_of_another_cluster_are_backups(world: World) -> None:
    one = world.add(RR, cluster_id="1.1.1.1", peers=[ibgp(A, route_reflector_client=True), ibgp(RR2)])
    two = world.add(RR2, cluster_id="2.2.2.2", peers=[ibgp(A, route_reflector_client=True), ibgp(RR)])
    client = world.add(A, peers=[ibgp(RR), ibgp(RR2)], graceful_restart=graceful_off())
    established(world, one, two, client)
    client.announce(P)
    world.run_until(lambda: one.received(P, RR2) is not None)

    best = one.best(P)
    assert best is not None
    assert best.source.name == A
    world.cut(client, one)
    backup = one.best(P)
    assert backup is not None
    assert backup.source.name == RR2


@pytest.mark.row("RRF-10")
def test_reflection_between_clients_can_be_off(world: World) -> None:
    """RFC 4456 §7: the clients have a full mesh; non-clients still hear of their routes."""
    peers = [ibgp(A, route_reflector_client=True), ibgp(B, route_reflector_client=True), ibgp(N)]
    one = world.add(RR, peers=peers, client_to_client_reflection=False)
    client, other, stranger = (world.add(address, peers=[ibgp(RR)]) for address in (A, B, N))
    established(world, one, client, other, stranger)

    client.announce(P)
    world.run_until(lambda: stranger.has(P))
    world.advance(1)
    assert other.received(P, RR) is None

    one.core.reconfigure(replace(one.core.config, client_to_client_reflection=True), world.now)
    world.pump(one)
    world.run_until(lambda: other.has(P))


@pytest.mark.row("RRF-13")
def test_all_clients_get_the_same_octets(world: World) -> None:
    clients = [f"192.0.2.{host}" for host in range(100, 110)]
    one = world.add(RR, peers=[ibgp(address, route_reflector_client=True) for address in clients])
    nodes = [world.add(address, peers=[ibgp(RR)]) for address in clients]
    established(world, one, *nodes)
    world.advance(1)
    world.wire.clear()

    nodes[0].announce(P)
    world.run_until(lambda: all(node.has(P) for node in nodes))

    sent = [data for node, data in world.wire if node is one and data[18] == 2]
    assert len(sent) == len(clients) - 1
    assert len({id(data) for data in sent}) == 1


def graceful_off():  # type: ignore[no-untyped-def]
    from pybgp.config.model import GracefulRestartConfig

    return GracefulRestartConfig(role="off")
