"""The extended communities that have names: type and sub-type, name, layout and source (IANA, RFC 7153)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .extended_community_layouts import (
    Color,
    Empty,
    EsiLabel,
    Flags,
    FourOctetAs,
    Ipv4Address,
    LayerTwo,
    Layout,
    Mac,
    MacMobility,
    OspfRouteType,
    Plain,
    Rate,
    TwoOctetAs,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """``number`` is type and sub-type: 0x0002 is a route target of a two-octet AS. ``rfc`` has its meaning."""

    number: int
    name: str
    layout: Layout
    rfc: str


_AS2: Final = TwoOctetAs()
_IPV4: Final = Ipv4Address()
_AS4: Final = FourOctetAs()
_RATE: Final = Rate()
_TUNNELS: Final = {
    "l2tpv3": 1,
    "gre": 2,
    "ip-in-ip": 7,
    "vxlan": 8,
    "nvgre": 9,
    "mpls": 10,
    "mpls-in-gre": 11,
    "vxlan-gpe": 12,
    "mpls-in-udp": 13,
    "sr-policy": 15,
    "geneve": 19,
}
_VALIDATION: Final = {"valid": 0, "not-found": 1, "invalid": 2}

KINDS: Final = (
    Kind(0x0002, "rt", _AS2, "4360 §4"),
    Kind(0x0102, "rt", _IPV4, "4360 §4"),
    Kind(0x0202, "rt", _AS4, "5668 §2"),
    Kind(0x0003, "ro", _AS2, "4360 §5"),
    Kind(0x0103, "ro", _IPV4, "4360 §5"),
    Kind(0x0203, "ro", _AS4, "5668 §2"),
    Kind(0x0005, "ospf-domain-id", _AS2, "4577 §4.2.4"),
    Kind(0x0105, "ospf-domain-id", _IPV4, "4577 §4.2.4"),
    Kind(0x0205, "ospf-domain-id", _AS4, "4577 §4.2.4"),
    Kind(0x0009, "source-as", _AS2, "6514 §6"),
    Kind(0x0209, "source-as", _AS4, "6514 §6"),
    Kind(0x000A, "l2vpn-id", _AS2, "6074 §3.1"),
    Kind(0x010A, "l2vpn-id", _IPV4, "6074 §3.1"),
    Kind(0x0107, "ospf-router-id", _IPV4, "4577 §4.2.6"),
    Kind(0x010B, "vrf-import", _IPV4, "6514 §7"),
    Kind(0x0306, "ospf-route-type", OspfRouteType(), "4577 §4.2.6"),
    Kind(0x030B, "color", Color(), "9012 §4.3"),
    Kind(0x030C, "encapsulation", Plain(16, _TUNNELS), "9012 §4.1"),
    Kind(0x030D, "default-gateway", Empty(), "7432 §7.8"),
    Kind(0x4004, "link-bandwidth", _RATE, "10005"),
    Kind(0x0004, "transitive-link-bandwidth", _RATE, "10005"),
    Kind(0x4300, "origin-validation-state", Plain(8, _VALIDATION), "8097 §2"),
    Kind(0x0600, "mac-mobility", MacMobility(), "7432 §7.7"),
    Kind(0x0601, "esi-label", EsiLabel(), "7432 §7.5"),
    Kind(0x0602, "es-import", Mac(), "7432 §7.6"),
    Kind(0x0603, "router-mac", Mac(), "9135 §8.1"),
    Kind(0x0604, "layer2-attributes", LayerTwo(), "8214 §3.1"),
    Kind(0x8006, "traffic-rate-bytes", _RATE, "8955 §7.1"),
    Kind(0x800C, "traffic-rate-packets", _RATE, "8955 §7.2"),
    Kind(0x8007, "traffic-action", Flags({"terminal": 1, "sample": 2}), "8955 §7.3"),
    Kind(0x8008, "redirect", _AS2, "8955 §7.4"),
    Kind(0x8108, "redirect", _IPV4, "8955 §7.4"),
    Kind(0x8208, "redirect", _AS4, "8955 §7.4"),
    Kind(0x8009, "traffic-marking", Plain(6), "8955 §7.5"),
    Kind(0x010C, "redirect-ip", _IPV4, "draft-ietf-idr-flowspec-redirect-ip §3"),
)
