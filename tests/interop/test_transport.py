"""What carries a session: addresses, ports, devices, TTLs; and routes of the family that does not carry it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support import throughout, until

from .daemons import Announcement, Bird, Daemon, Peering, PyBgp
from .lab import AS, SPEAKER
from .network import Network
from .wiring import all_established, has_routes, own_prefix

pytestmark = [
    pytest.mark.daemon("bird"),
    pytest.mark.timeout(60),
    pytest.mark.skipif(SPEAKER != "pybgp", reason="is about pybgp's own transport"),
]

BIRD_AS = 65001
NEVER = 2.5
"""Seconds for a session that must not come up; the daemons dial every second."""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """A LAN. Packets between the addresses of ``FAR`` take the way over ``router``."""
    with Network(["node", "bird", "router", "another"]) as network:
        network["router"].run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        for device in ("all", "eth0"):
            network["router"].run("sh", "-c", f"echo 0 > /proc/sys/net/ipv4/conf/{device}/send_redirects")
        for name, other in (("node", "bird"), ("bird", "node")):
            network[name].ip(
                f"address add {FAR[name]}/32 dev lo",
                f"route add {FAR[other]}/32 via {network['router'].ipv4} src {FAR[name]}",
                f"address add {SECOND[name]}/16 dev eth0",
            )
            network["router"].ip(f"route add {FAR[name]}/32 via {network[name].ipv4}")
        yield network


FAR = {"node": "198.51.100.1", "bird": "198.51.100.2"}
SECOND = {"node": "10.77.1.1", "bird": "10.77.1.2"}
"""More addresses of theirs on the LAN."""


@pytest.fixture
def daemon(network: Network, start: Callable[..., Daemon]) -> Iterator[Callable[..., Daemon]]:
    """``daemon("name", "kind", asn)``: it stops at the end of the test."""
    made: list[Daemon] = []

    def make(name: str, kind: str, asn: int) -> Daemon:
        made.append(start(network, name, kind, asn))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def node(daemon: Callable[..., Daemon]) -> PyBgp:
    """pybgp, with a FIB; not started."""
    node = daemon("node", "pybgp", AS)
    assert isinstance(node, PyBgp)
    node.fib = 'export_policy = "accept"\non_stop = "flush"'
    return node


@pytest.fixture
def bird(daemon: Callable[..., Daemon]) -> Bird:
    """An external peer; not started."""
    bird = daemon("bird", "bird", BIRD_AS)
    assert isinstance(bird, Bird)
    return bird


def ends(node: Daemon, bird: Daemon, local: str, remote: str) -> tuple[Peering, Peering]:
    """Both ends of a session between two addresses, the first one the node's."""
    return (
        Peering(name="bird", local=local, remote=remote, remote_as=bird.asn),
        Peering(name="node", local=remote, remote=local, remote_as=node.asn),
    )


def run(node: Daemon, bird: Daemon, here: Peering, there: Peering) -> None:
    """Start both, each with a route to announce for each family of its end."""
    for daemon, peering in ((node, here), (bird, there)):
        daemon.configure(
            peerings=[peering],
            announced=[Announcement(prefix=own_prefix(daemon, version)) for version in peering.versions],
        )
        daemon.start()


def exchanged(node: PyBgp, bird: Daemon, *versions: int) -> None:
    """Wait for the session, and for both routes of each version; each can be used where it arrived."""
    all_established([node, bird])
    for version in versions:
        has_routes(node, version, [own_prefix(bird, version)])
        has_routes(bird, version, [own_prefix(node, version)])


def kernel_route(node: PyBgp, bird: Daemon, version: int) -> str:
    """The node's kernel route to what BIRD announces."""
    return until(
        lambda: node.host.run("ip", f"-{version}", "route", "show", own_prefix(bird, version), "proto", "bird"),
        limit=5,
        why=f"the IPv{version} route in the kernel",
        seen=lambda: node.routes(version),
    )


def never(node: Daemon, bird: Daemon) -> None:
    throughout(
        lambda: not node.established("bird") and not bird.established("node"), seconds=NEVER, why="no session comes up"
    )


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.row("NHP-07", "NHP-06")
@pytest.mark.parametrize("kind", ["bird", pytest.param("frr", marks=pytest.mark.daemon("frr"))])
def test_link_local_addresses(kind: str, node: PyBgp, daemon: Callable[..., Daemon]) -> None:
    """RFC 2545 §3: the kernel forwards by the link-local next hop, through the session's device.

    FRR and we send a global one beside it, BIRD sends nothing else.
    """
    bird = daemon("bird", kind, BIRD_AS)
    ours, its = node.host.link_local, bird.host.link_local
    here, there = ends(node, bird, ours, its)
    here = replace(here, local=f"{ours}%eth0", remote=f"{its}%eth0")

    run(node, bird, here, replace(there, interface="eth0"))

    exchanged(node, bird, 6)
    assert node.routes(6)[own_prefix(bird, 6)].next_hop == (its if kind == "bird" else bird.host.ipv6)
    assert bird.routes(6)[own_prefix(node, 6)].next_hop == node.host.ipv6
    assert f"via {its} dev eth0" in kernel_route(node, bird, 6)


@pytest.mark.parametrize("addresses", [SECOND, FAR], ids=["secondary", "loopback"])
def test_the_source_address(addresses: dict[str, str], node: PyBgp, bird: Bird) -> None:
    """Of internal peers, which need not be on one link: the node dials, and BIRD takes only that address."""
    bird.asn = AS
    here, there = ends(node, bird, addresses["node"], addresses["bird"])
    hops = 2 if addresses is FAR else 0

    run(node, bird, here, replace(there, passive=True, multihop=hops))

    all_established([node, bird])
    has_routes(bird, 4, [own_prefix(node, 4)])
    assert bird.routes(4)[own_prefix(node, 4)].next_hop == addresses["node"]


def test_the_interface(node: PyBgp, bird: Bird) -> None:
    """SO_BINDTODEVICE: through eth0 it comes up, through another device no packet reaches the peer."""
    here, there = ends(node, bird, node.host.ipv4, bird.host.ipv4)
    node.host.ip("link add name empty type veth peer name other", "link set empty up")
    try:
        run(node, bird, replace(here, interface="empty"), replace(there, passive=True))
        never(node, bird)

        node.configure(peerings=[replace(here, interface="eth0")])

        exchanged(node, bird, 4)
        assert "eth0" in kernel_route(node, bird, 4)
        sockets = node.host.run("ss", "-Htn", "dst", bird.host.ipv4)
        assert f"{node.host.ipv4}%eth0:" in sockets
    finally:
        node.host.ip("link delete empty")


@pytest.mark.parametrize("opens", ["node", "bird"])
def test_another_port(opens: str, node: PyBgp, bird: Bird) -> None:
    here, there = ends(node, bird, node.host.ipv4, bird.host.ipv4)
    node.listen, bird.port = ("0.0.0.0:1790",), 1791

    run(
        node,
        bird,
        replace(here, port=1791, passive=opens == "bird"),
        replace(there, port=1790, passive=opens == "node"),
    )

    exchanged(node, bird, 4)


# -- dynamic peers -----------------------------------------------------------------------------------------------------


# -- hops --------------------------------------------------------------------------------------------------------------


@pytest.mark.row("SEC-03")
@pytest.mark.parametrize("opens", ["node", "bird"])
@pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
def test_ttl_security(version: int, opens: str, node: PyBgp, bird: Bird) -> None:
    """RFC 5082 §3: all packets have 255, also those of a connection that is just being made."""
    here, there = ends(node, bird, node.host.address(version), bird.host.address(version))

    run(
        node,
        bird,
        replace(here, ttl_security=True, passive=opens == "bird"),
        replace(there, ttl_security=True, passive=opens == "node"),
    )

    exchanged(node, bird, version)


@pytest.mark.row("NHP-03", "SEC-04")
def test_multihop(network: Network, node: PyBgp, bird: Bird) -> None:
    """Over a router: with TTL 1 no session, with 2 there is one; the next hop is our address of the session."""
    here, there = ends(node, bird, FAR["node"], FAR["bird"])
    run(node, bird, here, replace(there, multihop=2))
    never(node, bird)

    node.configure(peerings=[replace(here, multihop=2)])

    exchanged(node, bird, 4)
    assert bird.routes(4)[own_prefix(node, 4)].next_hop == FAR["node"]
    assert f"via {network['router'].ipv4} dev eth0" in kernel_route(node, bird, 4)


# -- families ----------------------------------------------------------------------------------------------------------


@pytest.mark.row("AFI-24")
@pytest.mark.parametrize("transport", [4, 6], ids=["ipv4", "ipv6"])
def test_routes_of_both_families(transport: int, node: PyBgp, bird: Bird) -> None:
    """RFC 4760: the next hops of the family that does not carry the session are on the session's link."""
    here, there = ends(node, bird, node.host.address(transport), bird.host.address(transport))

    run(node, bird, replace(here, families=(4, 6)), replace(there, families=(4, 6)))

    exchanged(node, bird, 4, 6)
    for version in (4, 6):
        assert bird.routes(version)[own_prefix(node, version)].next_hop == node.host.address(version)
        assert node.routes(version)[own_prefix(bird, version)].next_hop == bird.host.address(version)
        assert "dev eth0" in kernel_route(node, bird, version)
