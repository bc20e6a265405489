"""Routes with labels from one daemon through our reflector to the others: VPNv4, VPNv6, labelled unicast, EVPN, VPLS.

GoBGP announces, and BIRD what it can; each of BIRD, FRR and another GoBGP that has the family must show the route with
its distinguisher, label and route target, another label as a replacement, and the withdrawal. What no daemon's command
can say (MAC mobility, VPLS) a peer says that is nothing but the codec.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.constants import Origin as OriginCode
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.origin import Origin
from pybgp.messages.families.registry import FAMILIES
from tests.support import until

from .conftest import _running
from .daemons.pybgp import PyBgp
from .family_daemons import BirdReflector, FrrLabeledReflector, FrrReflector, GoBgpReflector, Reflector
from .family_routes import NO_ESI
from .network import Network
from .raw_peer import RawPeer

pytestmark = [pytest.mark.timeout(60)]

AS: Final = 64512
PATIENCE: Final = 10
VPN4, VPN6 = Family.IPV4_VPN, Family.IPV6_VPN
LABELED4, LABELED6 = Family.IPV4_LABELED_UNICAST, Family.IPV6_LABELED_UNICAST
EVPN, VPLS = Family.L2VPN_EVPN, Family.L2VPN_VPLS
OURS: Final = (VPN4, VPN6, LABELED4, LABELED6, EVPN, VPLS)
RD: Final = "64512:7"
RAW: Final = "raw"


class LabelBird(BirdReflector):
    """Has routes of its own, too: "64512:7 10.9.0.0/24" → label."""

    labels: dict[str, int]

    def _config(self) -> Iterator[str]:
        yield from super()._config()
        yield f"protocol static own {{ vpn4 {{ table {self._table(VPN4)}; }};"
        for route, label in self.labels.items():
            yield f"  route {route} via {self.host.network['announcer'].ipv4} mpls {label} {{"
            yield f"    bgp_ext_community.add((rt, {AS}, 9)); }};"
        yield "}"

    def set_labels(self, labels: dict[str, int]) -> None:
        self.labels = labels
        self.reload()


class LabelReflector(PyBgp):
    clients: tuple[Reflector, ...] = ()

    def _config(self) -> Iterator[str]:
        yield from (f"local_as = {AS}", f'router_id = "{self.host.router_id}"')
        yield f'control = {{ socket = "{self.socket}" }}'
        for client in self.clients:
            both = [str(family) for family in OURS if family in client.families]
            yield from self._client(client.host.name, client.host.ipv4, both)
        yield from self._client(RAW, self.host.network[RAW].ipv4, [str(EVPN), str(VPLS)])
        yield "passive = true"

    @staticmethod
    def _client(name: str, address: str, families: list[str]) -> Iterator[str]:
        yield from ("[[peers]]", f'name = "{name}"', f'address = "{address}"')
        yield from ('remote_as = "internal"', "route_reflector_client = true", f"families = {json.dumps(families)}")
        yield "timers = { connect_retry = 1, idle_hold = 1, idle_hold_max = 2 }"


@dataclass(frozen=True, slots=True)
class Circle:
    """Our reflector and those around it."""

    reflector: LabelReflector
    announcer: GoBgpReflector
    bird: LabelBird
    frr: FrrReflector
    frr_labeled: FrrLabeledReflector
    listener: GoBgpReflector
    raw: RawPeer

    def announce(self, family: Family, route: str) -> None:
        self._do("add", family, f"{route} nexthop {self.announcer.host.address(4 if family.afi != 2 else 6)}")

    def withdraw(self, family: Family, route: str) -> None:
        self._do("del", family, route)

    def _do(self, verb: str, family: Family, route: str) -> None:
        name = GoBgpReflector.families[family].split()[1]
        said = self.announcer.host.run("gobgp", "global", "rib", "-a", name, verb, *route.split())
        assert not said, said

    def in_bird(self, family: Family) -> str:
        return self.bird._ask(f"show route all table {self.bird._table(family)}")

    def in_frr(self, family: Family, prefix: str) -> str:
        frr = self.frr_labeled if family in FrrLabeledReflector.families else self.frr
        if family == EVPN:
            return frr._ask("show bgp l2vpn evpn route detail")
        return frr._ask(f"show bgp {frr.families[family]} {prefix}")

    def in_gobgp(self, family: Family) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = json.loads(self.listener.shown(family) or "{}")
        return found


@pytest.fixture(scope="module")
def circle(folder: Path) -> Iterator[Circle]:
    """All Established with the reflector."""
    with Network(["reflector", "announcer", "bird", "frr", "frr-labeled", "listener", RAW]) as network:
        here = network["reflector"]
        raw = RawPeer(network[RAW], network[RAW].ipv4, AS, (EVPN, VPLS))
        those: list[Any] = [
            kind(network[name], AS, folder / name)
            for name, kind in (
                *(("announcer", GoBgpReflector), ("bird", LabelBird), ("frr", FrrReflector)),
                *(("frr-labeled", FrrLabeledReflector), ("listener", GoBgpReflector)),
            )
        ]
        those[1].labels = {}
        reflector = LabelReflector(here, AS, folder / "reflector")
        reflector.clients = tuple(those)
        _running.extend([*those, reflector])
        try:
            for each in those:
                each.clients = (here.ipv4,)
                each.start()
            reflector.start()
            raw.connect(here.ipv4)
            names = [each.host.name for each in those]
            until(
                lambda: all(reflector.state(name) == "established" for name in names),
                limit=20,
                why="all to be Established",
                seen=lambda: {name: reflector.state(name) for name in names},
            )
            yield Circle(reflector, *those, raw)
        finally:
            raw.close()
            for each in (*those, reflector):
                each.stop()
                _running.remove(each)


def soon(what: Any, *, why: str, seen: Any) -> None:
    until(what, limit=PATIENCE, why=why, seen=seen)


@pytest.mark.daemon("gobgp", "bird", "frr")
@pytest.mark.parametrize(
    ("family", "prefix", "tagged"),
    [
        pytest.param(VPN4, "10.1.2.0/24", True, id="vpn4"),
        pytest.param(VPN6, "2001:db8:1::/48", True, id="vpn6"),
        pytest.param(LABELED4, "10.1.2.0/24", False, id="labeled4"),
        pytest.param(LABELED6, "2001:db8:1::/48", False, id="labeled6"),
    ],
)
def test_labels(circle: Circle, family: Family, prefix: str, tagged: bool) -> None:
    def route(label: int) -> str:
        return f"{prefix} label {label} rd {RD} rt {AS}:77" if tagged else f"{prefix} {label}"

    def told(label: int) -> bool:
        bird, frr = circle.in_bird(family), circle.in_frr(family, prefix)
        gobgp = [path for paths in circle.in_gobgp(family).values() for path in paths]
        return (
            bird.count(f"BGP.mpls_label_stack: {label}") == bird.count("BGP.mpls_label_stack") == 1
            and (not tagged or f"(rt, {AS}, 77)" in bird)
            and frr.count(f"Remote label: {label}") == frr.count("Remote label") == 1
            and (not tagged or (f"RT:{AS}:77" in frr and f"{RD}:{prefix}" in frr))
            and [path["nlri"]["labels"] for path in gobgp] == [[label]]
            and (not tagged or f'"{AS}:77"' in json.dumps(gobgp))
        )

    def seen() -> object:
        return circle.in_bird(family), circle.in_frr(family, prefix), circle.in_gobgp(family)

    circle.announce(family, route(100))
    soon(lambda: told(100), why="the label everywhere", seen=seen)
    circle.announce(family, route(200))
    soon(lambda: told(200), why="the other label in its place", seen=seen)
    circle.withdraw(family, route(200))
    soon(
        lambda: (
            prefix not in circle.in_bird(family)
            and "Remote label" not in circle.in_frr(family, prefix)
            and not circle.in_gobgp(family)
        ),
        why="the route's end everywhere",
        seen=seen,
    )


@pytest.mark.daemon("gobgp", "bird", "frr")
def test_birds_own_labels(circle: Circle) -> None:
    def told(label: int) -> bool:
        frr, gobgp = circle.in_frr(VPN4, "10.9.0.0/24"), json.dumps(circle.in_gobgp(VPN4))
        return (
            frr.count(f"Remote label: {label}") == frr.count("Remote label") == 1
            and f"RT:{AS}:9" in frr
            and f'"labels": [{label}]' in gobgp
            and f'"{AS}:9"' in gobgp
        )

    def seen() -> object:
        return circle.in_frr(VPN4, "10.9.0.0/24"), circle.in_gobgp(VPN4), circle.bird.log()

    for label in (300, 400):
        circle.bird.set_labels({f"{RD} 10.9.0.0/24": label})
        soon(lambda label=label: told(label), why=f"label {label}", seen=seen)  # type: ignore[misc]
    circle.bird.set_labels({})
    soon(
        lambda: "Remote label" not in circle.in_frr(VPN4, "10.9.0.0/24") and not circle.in_gobgp(VPN4),
        why="its end",
        seen=seen,
    )


@pytest.mark.daemon("gobgp", "frr")
def test_ethernet(circle: Circle) -> None:
    """Types 2, 3 and 5 (RFC 7432 §7.2, §7.3, RFC 9136 §3.1)."""
    end = f"rd 192.0.2.1:7 rt {AS}:77 encap vxlan"
    rest = [f"multicast 192.0.2.1 etag 0 {end}", f"prefix 10.1.2.0/24 etag 0 label 10020 {end}"]

    def mac(label: int) -> str:
        return f"macadv aa:bb:cc:dd:ee:ff 10.1.2.3 etag 0 label {label} {end}"

    def told(label: int) -> bool:
        frr, gobgp = circle.in_frr(EVPN, ""), json.dumps(circle.in_gobgp(EVPN))
        return (
            f"[2]:[0]:[48]:[aa:bb:cc:dd:ee:ff]:[32]:[10.1.2.3] VNI {label}" in frr
            and frr.count("Route [2]") == 1
            and "[3]:[0]:[32]:[192.0.2.1]" in frr
            and "[5]:[0]:[24]:[10.1.2.0]" in frr
            and frr.count(f"RT:{AS}:77") == 3
            and f'"labels": [{label}]' in gobgp
            and gobgp.count('"labels"') == gobgp.count(f'"labels": [{label}]')
            and '"label": 10020' in gobgp
            and "[type:multicast][rd:192.0.2.1:7][etag:0][ip:192.0.2.1]" in gobgp
        )

    def seen() -> object:
        return circle.in_frr(EVPN, ""), circle.in_gobgp(EVPN)

    for route in (mac(10010), *rest):
        circle.announce(EVPN, route)
    soon(lambda: told(10010), why="three routes", seen=seen)
    circle.announce(EVPN, mac(10011))
    soon(lambda: told(10011), why="the other label", seen=seen)
    for route in (mac(10011), *rest):
        circle.withdraw(EVPN, route)
    soon(lambda: "Route [" not in circle.in_frr(EVPN, "") and not circle.in_gobgp(EVPN), why="their end", seen=seen)


def block(circle: Circle, *communities: str) -> Block:
    attributes = [Origin(OriginCode.IGP), AsPath(()), LocalPref(100), ExtendedCommunities.of(communities)]
    return Block.build(attributes, address_octets(circle.raw.local))


@pytest.mark.daemon("gobgp", "frr")
def test_a_mac_that_moves(circle: Circle) -> None:
    """RFC 7432 §15: the sequence number goes through as it came."""
    key = FAMILIES[EVPN].parse(
        f"mac-ip rd 192.0.2.1:8 esi {NO_ESI} ethernet_tag 0 mac 02:00:00:00:00:09 ip 10.1.2.9 labels 10010"
    )

    def seen() -> object:
        return circle.in_frr(EVPN, ""), circle.in_gobgp(EVPN)

    for sequence in (5, 6):
        circle.raw.announce(
            EVPN, [key], block(circle, f"rt:{AS}:77", f"mac-mobility:{sequence}", "encapsulation:vxlan")
        )
        soon(
            lambda sequence=sequence: (  # type: ignore[misc]
                f"MM:{sequence}" in circle.in_frr(EVPN, "")
                and f'"sequence": {sequence}' in json.dumps(circle.in_gobgp(EVPN))
            ),
            why=f"sequence {sequence}",
            seen=seen,
        )
    circle.raw.withdraw(EVPN, [key])
    soon(lambda: "Route [" not in circle.in_frr(EVPN, "") and not circle.in_gobgp(EVPN), why="its end", seen=seen)


@pytest.mark.daemon("gobgp")
def test_vpls(circle: Circle) -> None:
    """RFC 4761; GoBGP's command shows no VPLS, but how many routes of it there are.

    To it another label base is another route.
    """

    def count() -> int:
        (about,) = json.loads(circle.listener.host.run("gobgp", "neighbor", "-j"))
        (found,) = [
            each["state"]
            for each in about["afi_safis"]
            if (each["state"]["family"]["afi"], each["state"]["family"]["safi"]) == (25, 65)
        ]
        return int(found.get("received", 0))

    route = f"rd {RD} ve_id 1 block_offset 1 block_size 8 label_base 16001"
    circle.raw.announce(VPLS, [FAMILIES[VPLS].parse(route)], block(circle, f"rt:{AS}:77"))
    soon(lambda: count() == 1, why="one route", seen=count)
    (row,) = circle.reflector.rows(route, "listener", "advertised")
    assert row["nlri"]["label_base"] == 16001

    circle.raw.withdraw(VPLS, [FAMILIES[VPLS].parse(route)])
    soon(lambda: count() == 0, why="its end", seen=count)
