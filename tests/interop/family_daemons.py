"""Daemons that speak every address family they can with two internal peers, reflecting between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from pybgp.addresses import Family
from pybgp.constants import Safi
from tests.machine import program

from .daemons import Bird, Daemon, Frr, GoBgp
from .family_routes import ROUTES
from .raw_peer import HOLD_TIME


class Reflector(Daemon):
    """What the tests of families ask of such a daemon; ``clients`` are the addresses of its peers."""

    families: ClassVar[dict[Family, str]]
    """What it calls the families that it has."""
    clients: tuple[str, ...] = ()
    without_add_path: ClassVar[frozenset[Family]] = frozenset()
    """The families for which it can't take and pass on several paths (RFC 7911)."""
    add_path: bool = False
    """It does, for the others."""

    def shown(self, family: Family) -> str:
        """Its table of a family, in its own words."""
        raise NotImplementedError


class BirdReflector(Bird, Reflector):
    families: ClassVar[dict[Family, str]] = {
        Family.IPV4_UNICAST: "ipv4",
        Family.IPV6_UNICAST: "ipv6",
        Family.IPV4_MULTICAST: "ipv4 multicast",
        Family.IPV6_MULTICAST: "ipv6 multicast",
        Family.IPV4_LABELED_UNICAST: "ipv4 mpls",
        Family.IPV6_LABELED_UNICAST: "ipv6 mpls",
        Family.IPV4_VPN: "vpn4 mpls",
        Family.IPV6_VPN: "vpn6 mpls",
        Family.IPV4_FLOWSPEC: "flow4",
        Family.IPV6_FLOWSPEC: "flow6",
    }

    def shown(self, family: Family) -> str:
        return self._ask(f"show route all table {self._table(family)}")

    def _table(self, family: Family) -> str:
        return "t_" + self.families[family].replace(" ", "_")

    def _config(self) -> Iterator[str]:
        yield "log stderr all;"
        yield f"router id {self.host.router_id};"
        for family, channel in self.families.items():
            yield f"{channel.split()[0]} table {self._table(family)};"
        yield "protocol device { }"
        yield "protocol direct { ipv4; ipv6; }"
        for number, client in enumerate(self.clients):
            yield f"protocol bgp client{number} {{"
            yield f"  local {self.host.ipv4} as {self.asn}; neighbor {client} as {self.asn}; passive on; rr client;"
            yield f"  hold time {HOLD_TIME};"
            for family, channel in self.families.items():
                yield f"  {channel} {{ table {self._table(family)}; import all; export all;"
                if not channel.startswith("flow"):
                    yield f"    igp table master{4 if '4' in channel else 6};"
                if self.add_path:
                    yield "    add paths on;"
                yield "  };"
            yield "}"


class FrrReflector(Frr, Reflector):
    # 8.4 doesn't offer it
    without_add_path = frozenset({Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC, Family.L2VPN_EVPN})
    families: ClassVar[dict[Family, str]] = {
        Family.IPV4_UNICAST: "ipv4 unicast",
        Family.IPV6_UNICAST: "ipv6 unicast",
        Family.IPV4_MULTICAST: "ipv4 multicast",
        Family.IPV6_MULTICAST: "ipv6 multicast",
        Family.IPV4_VPN: "ipv4 vpn",
        Family.IPV6_VPN: "ipv6 vpn",
        Family.IPV4_FLOWSPEC: "ipv4 flowspec",
        Family.IPV6_FLOWSPEC: "ipv6 flowspec",
        Family.L2VPN_EVPN: "l2vpn evpn",
    }

    def shown(self, family: Family) -> str:
        name = self.families[family]
        if family.safi == Safi.FLOWSPEC:
            return self._ask(f"show bgp {name} detail")
        if family.safi == Safi.EVPN:
            return self._ask("show bgp l2vpn evpn route detail")
        prefixes = dict.fromkeys(re.findall(r"[0-9a-f.:]+/[0-9]+", " ".join(ROUTES[family])))
        return "\n".join(self._ask(f"show bgp {name} {prefix}") for prefix in prefixes)

    def _config(self) -> Iterator[str]:
        yield "log stdout informational"
        yield f"router bgp {self.asn}"
        yield f" bgp router-id {self.host.router_id}"
        yield " no bgp default ipv4-unicast"
        yield " coalesce-time 0"
        for client in self.clients:
            yield f" neighbor {client} remote-as {self.asn}"
            yield f" neighbor {client} timers 80 {HOLD_TIME}"
            yield f" neighbor {client} passive"
            yield f" neighbor {client} advertisement-interval 0"
        for name in self.families.values():
            yield f" address-family {name}"
            for client in self.clients:
                yield f"  neighbor {client} activate"
                yield f"  neighbor {client} route-reflector-client"
                if self.add_path:
                    yield f"  neighbor {client} addpath-tx-all-paths"
            yield " exit-address-family"
        yield "exit"


class FrrLabeledReflector(FrrReflector):
    """FRR has either unicast or labelled unicast with a peer."""

    # 8.4 offers it, and passes on the best path only, with the identifier 0
    without_add_path = frozenset({Family.IPV4_LABELED_UNICAST, Family.IPV6_LABELED_UNICAST})
    families: ClassVar[dict[Family, str]] = {
        Family.IPV4_LABELED_UNICAST: "ipv4 labeled-unicast",
        Family.IPV6_LABELED_UNICAST: "ipv6 labeled-unicast",
    }


class GoBgpReflector(GoBgp, Reflector):
    # 3.10 offers it, and writes the identifier into the first prefix of a rule; takes it for a part of link-state's
    # NLRI, and drops VPLS without a word
    without_add_path = frozenset(
        {
            Family.IPV4_FLOWSPEC,
            Family.IPV6_FLOWSPEC,
            Family.IPV4_FLOWSPEC_VPN,
            Family.IPV6_FLOWSPEC_VPN,
            Family.L2VPN_VPLS,
            Family.LINK_STATE,
        }
    )
    families: ClassVar[dict[Family, str]] = {
        Family.IPV4_UNICAST: "ipv4-unicast ipv4",
        Family.IPV6_UNICAST: "ipv6-unicast ipv6",
        Family.IPV4_LABELED_UNICAST: "ipv4-labelled-unicast ipv4-labelled",
        Family.IPV6_LABELED_UNICAST: "ipv6-labelled-unicast ipv6-labelled",
        Family.IPV4_VPN: "l3vpn-ipv4-unicast vpnv4",
        Family.IPV6_VPN: "l3vpn-ipv6-unicast vpnv6",
        Family.IPV4_FLOWSPEC: "ipv4-flowspec ipv4-flowspec",
        Family.IPV6_FLOWSPEC: "ipv6-flowspec ipv6-flowspec",
        Family.IPV4_FLOWSPEC_VPN: "l3vpn-ipv4-flowspec ipv4-l3vpn-flowspec",
        Family.IPV6_FLOWSPEC_VPN: "l3vpn-ipv6-flowspec ipv6-l3vpn-flowspec",
        Family.L2VPN_EVPN: "l2vpn-evpn evpn",
        Family.L2VPN_VPLS: "l2vpn-vpls vpls",
        Family.ROUTE_TARGET: "rtc rtc",
        Family.LINK_STATE: "ls ls",
    }

    def shown(self, family: Family) -> str:
        return self.host.run(
            program("gobgp"), "global", "rib", "-j", "-a", self.families[family].split()[1], check=False
        )

    def _config(self) -> Iterator[str]:
        yield "[global.config]"
        yield f"as = {self.asn}"
        yield f'router-id = "{self.host.router_id}"'
        for client in self.clients:
            yield "[[neighbors]]"
            yield "[neighbors.config]"
            yield f'neighbor-address = "{client}"'
            yield f"peer-as = {self.asn}"
            yield "[neighbors.transport.config]"
            yield f'local-address = "{self.host.ipv4}"'
            yield "passive-mode = true"
            yield "[neighbors.timers.config]"
            yield f"hold-time = {HOLD_TIME}"
            yield "[neighbors.route-reflector.config]"
            yield "route-reflector-client = true"
            yield f'route-reflector-cluster-id = "{self.host.router_id}"'
            for family, name in self.families.items():
                yield "[[neighbors.afi-safis]]"
                yield "[neighbors.afi-safis.config]"
                yield f'afi-safi-name = "{name.split()[0]}"'
                if self.add_path and family not in self.without_add_path:
                    yield "[neighbors.afi-safis.add-paths.config]"
                    yield "receive = true"
                    yield "send-max = 8"


REFLECTORS: dict[str, type[Reflector]] = {
    "bird": BirdReflector,
    "frr": FrrReflector,
    "frr-labeled": FrrLabeledReflector,
    "gobgp": GoBgpReflector,
}
