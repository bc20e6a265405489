"""The speaker reflects between clients and non-clients, BIRD, FRR and GoBGP on either side (RFC 4456)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from .daemons import Attributes, Daemon
from .lab import AS, SPEAKER
from .network import Network
from .wiring import VERSIONS, all_established, announcements, at_once, connect, has_routes, own_prefix

pytestmark = [pytest.mark.daemon("bird", "frr", "gobgp"), pytest.mark.timeout(120)]

NODES = {
    "rr": SPEAKER,
    "client1": "bird",
    "client2": "frr",
    "client3": "gobgp",
    "client4": "bird",
    "plain1": "frr",
    "plain2": "bird",
    "plain3": "gobgp",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The reflector, its clients and its non-clients: each daemon is among both."""

    rr: Daemon
    clients: list[Daemon]
    plain: list[Daemon]

    @property
    def others(self) -> list[Daemon]:
        return [*self.clients, *self.plain]

    def __getitem__(self, name: str) -> Daemon:
        return next(daemon for daemon in (self.rr, *self.others) if daemon.host.name == name)


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "add-path"])
def cluster(request: pytest.FixtureRequest, start: Callable[..., Daemon]) -> Iterator[Cluster]:
    """Everybody up, everybody's routes where they belong. Calico's BIRD negotiates ADD-PATH, so both."""
    with Network(NODES) as network:
        rr, *others = (start(network, name, kind, AS) for name, kind in NODES.items())
        cluster = Cluster(rr, others[:4], others[4:])
        for daemon in cluster.others:
            connect(cluster.rr, daemon, client=daemon in cluster.clients, add_path=request.param)
        for daemon in (cluster.rr, *cluster.others):
            daemon.configure(announced=announcements(daemon))
        at_once(lambda daemon: daemon.start(), (cluster.rr, *cluster.others))
        all_established([cluster.rr])
        for version in VERSIONS:
            for daemon in cluster.others:
                has_routes(daemon, version, expected(cluster, daemon, version))
        yield cluster
        at_once(lambda daemon: daemon.stop(), (cluster.rr, *cluster.others))


def expected(cluster: Cluster, daemon: Daemon, version: int) -> list[str]:
    """RFC 4456 §6: a client gets all, a non-client what is the reflector's own or a client's."""
    senders = [cluster.rr, *(cluster.others if daemon in cluster.clients else cluster.clients)]
    return [own_prefix(sender, version) for sender in senders if sender is not daemon]


def reflected(cluster: Cluster, route: Attributes, source: Daemon) -> None:
    """RFC 4456 §8, §10: marked with who sent it and who reflected it, otherwise unchanged."""
    assert route.originator_id == source.host.router_id
    assert route.cluster_list == (cluster.rr.host.router_id,)
    assert route.next_hop == source.host.address(6 if ":" in route.next_hop else 4)
    assert (route.as_path, route.local_pref, route.origin) == ((), 100, "igp")
    assert route.med == 10 * source.host.number + 1
    assert route.communities == {f"{AS}:{source.host.number}"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("receiver", list(NODES)[2:])
@pytest.mark.row("RRF-01", "RRF-04", "RRF-05", "RRF-06", "RRF-09", "NHP-09")
def test_a_clients_route_goes_to_all(cluster: Cluster, receiver: str, version: int) -> None:
    """RFC 4456 §6; as the receiver's own command shows it."""
    routes = cluster[receiver].routes(version)

    for source in cluster.clients:
        if source is not cluster[receiver]:
            reflected(cluster, routes[own_prefix(source, version)], source)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("receiver", ["client1", "client2", "client3"])
@pytest.mark.row("RRF-02", "RRF-04", "RRF-05", "RRF-09")
def test_a_non_clients_route_goes_to_clients(cluster: Cluster, receiver: str, version: int) -> None:
    """RFC 4456 §6; that it does not go to other non-clients is part of the fixture's expectation."""
    routes = cluster[receiver].routes(version)

    for source in cluster.plain:
        reflected(cluster, routes[own_prefix(source, version)], source)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("receiver", ["client1", "client3", "plain1"])
@pytest.mark.row("RRF-03")
def test_the_reflectors_own_route_is_not_marked(cluster: Cluster, receiver: str, version: int) -> None:
    """RFC 4456 §8 is about reflected routes only."""
    route = cluster[receiver].routes(version)[own_prefix(cluster.rr, version)]

    assert (route.originator_id, route.cluster_list) == (None, ())
    assert route.next_hop == cluster.rr.host.address(version)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_reflector_has_them_unmarked(cluster: Cluster, version: int) -> None:
    routes = cluster.rr.routes(version)

    assert routes.keys() == {own_prefix(daemon, version) for daemon in cluster.others}
    assert all((route.originator_id, route.cluster_list) == (None, ()) for route in routes.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_withdrawn_routes_go_everywhere(cluster: Cluster, version: int) -> None:
    """One of each client."""
    second = {daemon: own_prefix(daemon, version, 2) for daemon in cluster.clients}

    for daemon, prefix in second.items():
        daemon.announce(next(each for each in announcements(daemon, 2) if each.prefix == prefix))
    for daemon in cluster.others:
        others = (prefix for sender, prefix in second.items() if sender is not daemon)
        has_routes(daemon, version, [*expected(cluster, daemon, version), *others])
    for daemon, prefix in second.items():
        daemon.withdraw(prefix)

    for daemon in cluster.others:
        has_routes(daemon, version, expected(cluster, daemon, version))


def test_a_killed_clients_routes_go_everywhere(cluster: Cluster) -> None:
    """And come back with it."""
    killed = cluster["client4"]
    killed.kill()
    for version in VERSIONS:
        for daemon in (cluster["client1"], cluster["client3"], cluster["plain1"]):
            has_routes(daemon, version, set(expected(cluster, daemon, version)) - {own_prefix(killed, version)})

    killed.start()

    for version in VERSIONS:
        for daemon in cluster.others:
            has_routes(daemon, version, expected(cluster, daemon, version))
