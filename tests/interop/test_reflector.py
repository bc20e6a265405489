"""The speaker reflects between two BIRD clients and two non-clients, FRR and BIRD (RFC 4456)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from .daemons import Daemon
from .lab import AS, SPEAKER
from .network import Network
from .wiring import VERSIONS, all_established, announcements, connect, has_routes, own_prefix

pytestmark = [pytest.mark.daemon("bird", "frr"), pytest.mark.timeout(120)]

NODES = {"rr": SPEAKER, "client1": "bird", "client2": "bird", "plain1": "frr", "plain2": "bird"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The daemons by name: ``rr`` reflects for ``client1`` and ``client2``, not for ``plain1`` and ``plain2``."""

    rr: Daemon
    client1: Daemon
    client2: Daemon
    plain1: Daemon
    plain2: Daemon

    @property
    def others(self) -> list[Daemon]:
        return [self.client1, self.client2, self.plain1, self.plain2]


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "add-path"])
def cluster(request: pytest.FixtureRequest, start: Callable[..., Daemon]) -> Iterator[Cluster]:
    """Everybody up, everybody's routes where they belong. Calico's BIRD negotiates ADD-PATH, so both."""
    with Network(NODES) as network:
        cluster = Cluster(**{name: start(network, name, kind, AS) for name, kind in NODES.items()})
        for daemon in cluster.others:
            client = daemon in (cluster.client1, cluster.client2)
            connect(cluster.rr, daemon, client=client, add_path=request.param)
        for daemon in (cluster.rr, *cluster.others):
            daemon.configure(announced=announcements(daemon))
            daemon.start()
        all_established([cluster.rr])
        for version in VERSIONS:
            for daemon in cluster.others:
                has_routes(daemon, version, expected(cluster, daemon, version))
        yield cluster
        for daemon in (cluster.rr, *cluster.others):
            daemon.stop()


def expected(cluster: Cluster, daemon: Daemon, version: int) -> list[str]:
    """RFC 4456 §6: a client gets all, a non-client what is the reflector's own or a client's."""
    clients = (cluster.client1, cluster.client2)
    senders = [cluster.rr, *(cluster.others if daemon in clients else clients)]
    return [own_prefix(sender, version) for sender in senders if sender is not daemon]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("receiver", ["client2", "plain1", "plain2"])
@pytest.mark.row("RRF-01", "RRF-04", "RRF-05", "RRF-06", "RRF-09", "NHP-09")
def test_a_clients_route_goes_to_all(cluster: Cluster, receiver: str, version: int) -> None:
    """RFC 4456 §6, §8, §10: marked with who sent it and who reflected it, otherwise unchanged."""
    route = getattr(cluster, receiver).routes(version)[own_prefix(cluster.client1, version)]

    assert route.originator_id == cluster.client1.host.router_id
    assert route.cluster_list == (cluster.rr.host.router_id,)
    assert route.next_hop == cluster.client1.host.address(version)
    assert (route.as_path, route.local_pref, route.origin) == ((), 100, "igp")
    assert route.med == 10 * cluster.client1.host.number + 1
    assert route.communities == {f"{AS}:{cluster.client1.host.number}"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("sender", ["plain1", "plain2"])
@pytest.mark.row("RRF-02", "RRF-04", "RRF-05", "RRF-09")
def test_a_non_clients_route_goes_to_clients(cluster: Cluster, sender: str, version: int) -> None:
    """RFC 4456 §6; that it does not go to the other non-client is part of the fixture's expectation."""
    source: Daemon = getattr(cluster, sender)

    route = cluster.client1.routes(version)[own_prefix(source, version)]

    assert route.originator_id == source.host.router_id
    assert route.cluster_list == (cluster.rr.host.router_id,)
    assert route.next_hop == source.host.address(version)
    assert route.med == 10 * source.host.number + 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("receiver", ["client1", "plain1"])
@pytest.mark.row("RRF-03")
def test_the_reflectors_own_route_is_not_marked(cluster: Cluster, receiver: str, version: int) -> None:
    """RFC 4456 §8 is about reflected routes only."""
    route = getattr(cluster, receiver).routes(version)[own_prefix(cluster.rr, version)]

    assert (route.originator_id, route.cluster_list) == (None, ())
    assert route.next_hop == cluster.rr.host.address(version)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_reflector_has_them_unmarked(cluster: Cluster, version: int) -> None:
    routes = cluster.rr.routes(version)

    assert routes.keys() == {own_prefix(daemon, version) for daemon in cluster.others}
    assert all((route.originator_id, route.cluster_list) == (None, ()) for route in routes.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_withdrawn_route_goes_everywhere(cluster: Cluster, version: int) -> None:
    sender, receivers = cluster.client1, (cluster.client2, cluster.plain1, cluster.plain2)
    prefix = own_prefix(sender, version, 2)
    second = next(each for each in announcements(sender, 2) if each.prefix == prefix)

    sender.announce(second)
    for daemon in receivers:
        has_routes(daemon, version, [*expected(cluster, daemon, version), prefix])
    sender.withdraw(prefix)

    for daemon in receivers:
        has_routes(daemon, version, expected(cluster, daemon, version))


def test_a_killed_clients_routes_go_everywhere(cluster: Cluster) -> None:
    """And come back with it."""
    cluster.client2.kill()
    for version in VERSIONS:
        for daemon in (cluster.client1, cluster.plain1):
            gone = own_prefix(cluster.client2, version)
            has_routes(daemon, version, set(expected(cluster, daemon, version)) - {gone})

    cluster.client2.start()

    for version in VERSIONS:
        for daemon in cluster.others:
            has_routes(daemon, version, expected(cluster, daemon, version))
