"""A peer without an address, found by router advertisements, as FRR does it; its IPv4 routes reach the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pybgp.control.client import Client
from tests.support import until

from .daemons import Announcement, Daemon
from .daemons.frr import Frr
from .daemons.pybgp import PyBgp
from .lab import AS, SPEAKER
from .network import Network

pytestmark = [
    pytest.mark.daemon("frr"),
    pytest.mark.timeout(120),
    pytest.mark.skipif(SPEAKER != "pybgp", reason="as it is configured here"),
]

FRR_AS = 65001
PATIENCE = 40


@pytest.fixture(scope="module")
def pair(start: Callable[..., Daemon]) -> Iterator[tuple[PyBgp, Frr]]:
    with Network(("speaker", "frr")) as network:
        speaker, frr = start(network, "speaker", SPEAKER, AS), start(network, "frr", "frr", FRR_AS)
        assert isinstance(speaker, PyBgp)
        assert isinstance(frr, Frr)
        speaker.fib = ""
        speaker.extra = """
[[peers]]
interface = "eth0"
remote_as = "external"
import_policy = ["accept"]
export_policy = ["accept"]
timers = { connect_retry = 1, idle_hold = 1, idle_hold_max = 2 }
"""
        frr.more = (
            f"router bgp {FRR_AS}",
            " neighbor eth0 interface remote-as external",
            " neighbor eth0 timers connect 1",
            " address-family ipv4 unicast",
            "  neighbor eth0 activate",
            " exit-address-family",
            "exit",
        )
        speaker.configure(announced=[Announcement(prefix="10.101.1.0/24")])
        frr.configure(announced=[Announcement(prefix="10.102.1.0/24")])
        for daemon in (speaker, frr):
            daemon.start()
        yield speaker, frr
        for daemon in (speaker, frr):
            daemon.stop()


def row(speaker: PyBgp) -> dict[str, Any]:
    return speaker.peer("eth0")


def routes(speaker: PyBgp) -> dict[str, Any]:
    with Client(speaker.socket) as client:
        return {route["prefix"]: route for route in client.stream("routes") if route["peer"] == "eth0"}


@pytest.mark.row("ENH-03")
def test_routers_find_each_other_and_ipv4_goes_through_ipv6(pair: tuple[PyBgp, Frr]) -> None:
    """RFC 8950: IPv4 routes with IPv6 next hops, in both kernels' forms."""
    speaker, frr = pair
    until(lambda: row(speaker)["state"] == "established", limit=PATIENCE, why="the session", seen=lambda: row(speaker))
    assert row(speaker)["address"] == f"{frr.host.link_local}%eth0"
    assert row(speaker)["remote_as"] == FRR_AS

    until(lambda: "10.102.1.0/24" in routes(speaker), limit=20, why="FRR's route", seen=lambda: routes(speaker))
    until(lambda: "10.102.1.0/24" in speaker.host.routes(4), limit=20, why="it in the kernel",
          seen=lambda: (routes(speaker), speaker.host.run("ip", "route")))  # fmt: skip
    assert f"via inet6 {frr.host.link_local} dev eth0" in speaker.host.run("ip", "route", "show", "10.102.1.0/24")
    until(
        lambda: speaker.host.link_local in frr._ask("show bgp ipv4 unicast 10.101.1.0/24"),
        limit=20,
        why="our route at FRR",
        seen=lambda: frr._ask("show bgp ipv4 unicast"),
    )


def test_another_address_of_the_neighbour_is_found(pair: tuple[PyBgp, Frr]) -> None:
    speaker, frr = pair
    until(lambda: row(speaker)["state"] == "established", limit=PATIENCE, why="the session", seen=lambda: row(speaker))

    frr.stop()
    frr.host.ip("address add fe80::77/64 dev eth0 nodad", f"address del {frr.host.link_local}/64 dev eth0")
    frr.start()

    until(
        lambda: row(speaker)["state"] == "established" and row(speaker)["address"] == "fe80::77%eth0",
        limit=PATIENCE,
        why="the session with the other address",
        seen=lambda: row(speaker),
    )
