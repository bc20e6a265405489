"""Routes of every address family, as rich as an operator's, for the daemons to show."""

from __future__ import annotations

from typing import Final

from pybgp.addresses import Family, address_octets
from pybgp.constants import Origin as OriginCode
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.base import Attribute
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.attributes.large_communities import LargeCommunities
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.messages.attributes.origin import Origin
from pybgp.messages.families.registry import FAMILIES

from .network import Host

ESI: Final = "00:01:02:03:04:05:06:07:08:09"
NO_ESI: Final = ":".join(["00"] * 10)
ROUTES: Final[dict[Family, tuple[str, ...]]] = {
    Family.IPV4_UNICAST: ("10.1.2.0/24", "10.1.2.64/26"),
    Family.IPV6_UNICAST: ("2001:db8:1::/48", "2001:db8:1:2::1/128"),
    Family.IPV4_MULTICAST: ("10.1.2.0/24", "10.1.2.64/26"),
    Family.IPV6_MULTICAST: ("2001:db8:1::/48", "2001:db8:1:2::1/128"),
    Family.IPV4_LABELED_UNICAST: ("10.1.2.0/24 label 100", "10.1.2.64/26 label 1048575"),
    Family.IPV6_LABELED_UNICAST: ("2001:db8:1::/48 label 100", "2001:db8:1:2::1/128 label 1048575"),
    Family.IPV4_VPN: (
        "64512:7 10.1.2.0/24 label 100",
        "192.0.2.1:7 10.1.2.64/26 label 101",
        "4200000000:7 10.1.2.64/26 label 102",
    ),
    Family.IPV6_VPN: ("64512:7 2001:db8:1::/48 label 100", "192.0.2.1:7 2001:db8:1:2::1/128 label 101"),
    Family.IPV4_FLOWSPEC: (
        "destination 10.1.2.0/24 protocol =6 destination-port =80|>=8000&<=8080 tcp-flags =syn",
        "source 192.0.2.0/24 packet-length >1400 fragment is-fragment",
    ),
    Family.IPV6_FLOWSPEC: (
        "destination 2001:db8:1::/48 protocol =17 destination-port =53",
        "source 2001:db8:2::/48 packet-length >1400 dscp =46",
    ),
    Family.IPV4_FLOWSPEC_VPN: ("64512:7 destination 10.1.2.0/24 protocol =6 destination-port =80",),
    Family.IPV6_FLOWSPEC_VPN: ("64512:7 destination 2001:db8:1::/48 protocol =17 destination-port =53",),
    Family.ROUTE_TARGET: ("64512:rt:64512:7", "64512:rt:192.0.2.1:7"),
    Family.L2VPN_EVPN: (
        f"ethernet-auto-discovery rd 192.0.2.1:7 esi {ESI} ethernet_tag 5 label 1600",
        f"mac-ip rd 192.0.2.1:7 esi {NO_ESI} ethernet_tag 0 mac aa:bb:cc:dd:ee:ff ip 10.1.2.3 labels 10010",
        f"mac-ip rd 192.0.2.1:7 esi {NO_ESI} ethernet_tag 0 mac aa:bb:cc:dd:ee:fe labels 10010",
        "inclusive-multicast rd 192.0.2.1:7 ethernet_tag 0 ip 192.0.2.1",
        f"ethernet-segment rd 192.0.2.1:7 esi {ESI} ip 192.0.2.1",
        f"ip-prefix rd 192.0.2.1:7 esi {NO_ESI} ethernet_tag 0 prefix 10.1.2.0/24 gateway 0.0.0.0 label 10020",
    ),
    Family.L2VPN_VPLS: ("rd 64512:7 ve_id 1 block_offset 1 block_size 8 label_base 16001",),
    Family.LINK_STATE: ("node 0x03000000000000000101000018020000040000fc000201000400000000020300040a000001",),
}
_ACTIONS: Final = ("traffic-rate-bytes:64512:125000", "traffic-marking:46")
_TARGETS: Final = ("rt:64512:7", "rt:192.0.2.1:7")


def keys_of(family: Family) -> list[bytes]:
    return [FAMILIES[family].parse(text) for text in ROUTES[family]]


def block_of(family: Family, host: Host, med: int = 50) -> Block:
    """Attributes with which ``host``, the next hop, announces the routes of a family."""
    attributes: list[Attribute] = [
        Origin(OriginCode.EGP),
        AsPath.parse("65010 4200000001 {65020,65021}"),
        MultiExitDisc(med),
        LocalPref(200),
        Communities.parse("64512:7 64512:8"),
        LargeCommunities.parse("4200000001:1:2"),
    ]
    name = str(family)
    more = _ACTIONS if "flowspec" in name else ("encapsulation:vxlan",) if family == Family.L2VPN_EVPN else ()
    attributes.append(ExtendedCommunities.parse(" ".join((*_TARGETS, *more))))
    sizes = {len(FAMILIES[family].next_hop_address(bytes(size))) for size in FAMILIES[family].next_hop_sizes}
    next_hop = b"" if 0 in sizes else address_octets(host.ipv4 if 4 in sizes else host.ipv6)
    return Block.build(attributes, next_hop)
