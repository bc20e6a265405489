"""VPNv4 routes between GoBGPs through our reflector, by the route targets that each has asked for (RFC 4364, 4684)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pybgp.control.client import Client
from pybgp.rib.targets import UNWANTED
from tests.support import until

from .conftest import _running
from .daemons import Daemon
from .daemons.gobgp import GoBgp
from .daemons.pybgp import PyBgp
from .network import Host, Network

pytestmark = [pytest.mark.timeout(60), pytest.mark.daemon("gobgp")]

AS = 64512
PATIENCE = 15
RED, BLUE, GREEN = (f"64512:{number} 10.{number}.0.0/24" for number in (1, 2, 3))


class Edge(GoBgp):
    """A provider edge: VRFs, whose route targets it asks for."""

    reflector: Host
    families = ("l3vpn-ipv4-unicast", "rtc")

    def _config(self) -> Iterator[str]:
        yield from ("[global.config]", f"as = {self.asn}", f'router-id = "{self.host.router_id}"')
        yield from ("[[neighbors]]", "[neighbors.config]")
        yield from (f'neighbor-address = "{self.reflector.ipv4}"', f"peer-as = {self.asn}")
        yield from ("[neighbors.transport.config]", f'local-address = "{self.host.ipv4}"')
        yield "passive-mode = true"
        yield from ("[neighbors.graceful-restart.config]", "enabled = true")  # else it sends no End-of-RIB
        for family in self.families:
            yield from ("[[neighbors.afi-safis]]", "[neighbors.afi-safis.config]", f'afi-safi-name = "{family}"')
            yield from ("[neighbors.afi-safis.mp-graceful-restart.config]", "enabled = true")

    def add_vrf(self, name: str, number: int) -> None:
        self._do(f"vrf add {name} id {number} rd {AS}:{number} rt both {AS}:{number}")

    def add_vrf_that_wants(self, wanted: int, name: str, number: int) -> None:
        """Whose own routes have a target that it doesn't ask for."""
        self._do(f"vrf add {name} id {number} rd {AS}:{number} rt import {AS}:{wanted} export {AS}:{number}")

    def announce_in(self, name: str, prefix: str) -> None:
        self._do(f"vrf {name} rib add {prefix}")

    def withdraw_in(self, name: str, prefix: str) -> None:
        self._do(f"vrf {name} rib del {prefix}")

    def has(self, route: str) -> bool:
        return route.split()[1] in self._ask("global rib -a vpnv4")


class SilentEdge(Edge):
    """Doesn't say what it wants, so that others are asked for everything."""

    families = ("l3vpn-ipv4-unicast",)


class VpnReflector(PyBgp):
    clients: tuple[Edge, ...] = ()
    asks_for_everything = True

    def _config(self) -> Iterator[str]:
        yield from (f"local_as = {AS}", f'router_id = "{self.host.router_id}"')
        yield f'control = {{ socket = "{self.socket}" }}'
        for client in self.clients:
            yield from ("[[peers]]", f'name = "{client.host.name}"', f'address = "{client.host.ipv4}"')
            yield from ('remote_as = "internal"', "route_reflector_client = true")
            constrained = "rtc" in client.families
            yield f"families = {['ipv4-vpn', 'route-target'] if constrained else ['ipv4-vpn']}"
            if constrained and not self.asks_for_everything:
                yield "default_route_target = false"
            yield "timers = { connect_retry = 1, idle_hold = 1, idle_hold_max = 2 }"

    def explained(self, route: str, peer: str) -> str:
        with Client(self.socket) as client:
            found = client.ask("explain", prefix=route, peer=peer)
        (about,) = found["peers"]
        return str(about["reason"])


@pytest.mark.row("AFI-15")
def test_each_edge_gets_the_routes_of_its_vpns(folder: Path) -> None:
    with Network(["rr", "one", "two"]) as network:
        reflector = VpnReflector(network["rr"], AS, folder / "rr")
        one, two = (Edge(network[name], AS, folder / name) for name in ("one", "two"))
        one.reflector = two.reflector = network["rr"]
        reflector.clients = (one, two)
        daemons = [one, two, reflector]
        _running.extend(daemons)
        try:
            for daemon in daemons:
                daemon.start()
            one.add_vrf("red", 1)
            one.add_vrf("blue", 2)
            two.add_vrf("red", 1)
            one.announce_in("red", "10.1.0.0/24")
            one.announce_in("blue", "10.2.0.0/24")
            until(lambda: two.has(RED), limit=PATIENCE, why="the red route", seen=reflector.log)
            until(lambda: reflector.rows(BLUE), limit=PATIENCE, why="the blue route in the reflector")
            assert reflector.explained(BLUE, "two") == UNWANTED
            assert not two.has(BLUE)
            (row,) = reflector.rows(RED, "two", "advertised")
            assert row["nlri"]["rd"] == "64512:1"
            assert row["next_hop"] == network["one"].ipv4

            two.add_vrf("blue", 2)
            until(lambda: two.has(BLUE), limit=PATIENCE, why="the blue route", seen=reflector.log)
            one.withdraw_in("red", "10.1.0.0/24")
            until(lambda: not two.has(RED), limit=PATIENCE, why="the red route's end", seen=reflector.log)
            assert two.has(BLUE)
        finally:
            for daemon in daemons:
                daemon.stop()
                _running.remove(daemon)


@pytest.mark.row("AFI-15")
def test_an_edge_that_is_not_asked_for_everything_tells_what_others_have_asked_for(folder: Path) -> None:
    """Beside one that doesn't say what it wants; GoBGP 3.10 ends with a panic where it gets the default membership."""
    with Network(["rr", "one", "two", "three"]) as network:
        reflector = VpnReflector(network["rr"], AS, folder / "rr")
        one, two = (Edge(network[name], AS, folder / name) for name in ("one", "two"))
        silent = SilentEdge(network["three"], AS, folder / "three")
        reflector.clients = (one, two, silent)
        reflector.asks_for_everything = False
        daemons: list[Daemon] = [one, two, silent, reflector]
        for edge in reflector.clients:
            edge.reflector = network["rr"]
        _running.extend(daemons)
        try:
            for daemon in daemons:
                daemon.start()
            silent.add_vrf("all", 3)
            silent.announce_in("all", "10.3.0.0/24")
            until(lambda: reflector.rows(GREEN), limit=PATIENCE, why="the silent edge's route", seen=reflector.log)
            one.add_vrf_that_wants(9, "red", 1)
            one.add_vrf_that_wants(9, "blue", 2)
            two.add_vrf("red", 1)
            one.announce_in("red", "10.1.0.0/24")
            one.announce_in("blue", "10.2.0.0/24")
            until(lambda: two.has(RED) and silent.has(RED), limit=PATIENCE, why="the red route", seen=reflector.log)
            assert not reflector.rows(BLUE)
            assert not two.has(GREEN)

            two.add_vrf("blue", 2)
            until(lambda: two.has(BLUE) and silent.has(BLUE), limit=PATIENCE, why="the blue route", seen=reflector.log)
        finally:
            for daemon in daemons:
                daemon.stop()
                _running.remove(daemon)
