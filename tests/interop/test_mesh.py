"""A node-to-node mesh of five, as Calico makes it: two speakers, BIRD, FRR and GoBGP, all in one AS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from .daemons import Daemon
from .lab import AS, SPEAKER
from .network import Network
from .wiring import VERSIONS, all_established, announcements, connect_all, has_routes, own_prefix, peering_name

pytestmark = [pytest.mark.daemon("bird", "frr", "gobgp"), pytest.mark.timeout(180)]

NODES = {"first": SPEAKER, "second": SPEAKER, "bird": "bird", "frr": "frr", "gobgp": "gobgp"}


@pytest.fixture(scope="module")
def mesh(start: Callable[..., Daemon]) -> Iterator[list[Daemon]]:
    """All up; each session of each is checked."""
    with Network(NODES) as network:
        daemons = [start(network, name, kind, AS) for name, kind in NODES.items()]
        connect_all(daemons)
        for daemon in daemons:
            daemon.configure(announced=announcements(daemon))
            daemon.start()
        all_established(daemons)
        yield daemons
        for daemon in daemons:
            daemon.stop()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.row("SND-01", "NHP-01")
def test_every_node_has_every_others_route(mesh: list[Daemon], version: int) -> None:
    """From its originator, once: internal routes are not passed on (RFC 4271 §9.2)."""
    for daemon in mesh:
        others = [other for other in mesh if other is not daemon]
        has_routes(daemon, version, [own_prefix(other, version) for other in others])

        routes = daemon.routes(version)

        for other in others:
            route = routes[own_prefix(other, version)]
            assert route.peering == peering_name(other, version), daemon
            assert route.next_hop == other.host.address(version), daemon
            assert (route.as_path, route.local_pref, route.originator_id) == ((), 100, None), daemon


@pytest.mark.parametrize("leaver", list(NODES))
def test_a_node_that_leaves_takes_its_routes_along(mesh: list[Daemon], leaver: str) -> None:
    """SIGTERM says good-bye; and the node comes back."""
    gone = next(daemon for daemon in mesh if daemon.host.name == leaver)
    stayed = [daemon for daemon in mesh if daemon is not gone]

    gone.stop()

    for version in VERSIONS:
        for daemon in stayed:
            has_routes(daemon, version, [own_prefix(other, version) for other in stayed if other is not daemon])
    gone.start()
    for version in VERSIONS:
        for daemon in mesh:
            has_routes(daemon, version, [own_prefix(other, version) for other in mesh if other is not daemon])
