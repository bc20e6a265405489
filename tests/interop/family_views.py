"""What each daemon must show of the routes in ``family_routes``, in its own words."""

from __future__ import annotations

from typing import Final

from pybgp.addresses import Family

_BIRD: Final = (
    "BGP.origin: EGP",
    "BGP.as_path: 65010 4200000001 {65020 65021}",
    "BGP.med: 50",
    "BGP.local_pref: 200",
    "BGP.community: (64512,7) (64512,8)",
    "BGP.ext_community: (rt, 64512, 7) (rt, 192.0.2.1, 7)",
    "BGP.large_community: (4200000001, 1, 2)",
)
_FRR: Final = (
    "65010 4200000001 {65020,65021}",
    "Origin EGP, metric 50, localpref 200, valid, internal, best",
    "Community: 64512:7 64512:8",
    "Extended Community: RT:64512:7 RT:192.0.2.1:7",
    "Large Community: 4200000001:1:2",
)
_FRR_FLOW: Final = ("64512:7 192.0.2.1:7 FS:rate 125000.000000 FS:marking 46",)
_GOBGP: Final = (
    '{"type":1,"value":1}',
    '{"segment_type":2,"num":2,"asns":[65010,4200000001]},{"segment_type":1,"num":2,"asns":[65020,65021]}',
    '{"type":4,"metric":50}',
    '{"type":5,"value":200}',
    '{"type":8,"communities":[4227858439,4227858440]}',
    '{"type":0,"subtype":2,"value":"64512:7"},{"type":1,"subtype":2,"value":"192.0.2.1:7"}',
    '{"ASN":4200000001,"LocalData1":1,"LocalData2":2}',
)
_GOBGP_ACTIONS: Final = ('"rate":125000', '"value":46')
_NEXT_HOP_4, _NEXT_HOP_6 = "10.77.0.1", "2001:db8:77::1"

EACH: Final[dict[str, dict[Family, tuple[str, ...]]]] = {
    "bird": {
        Family.IPV4_UNICAST: (*_BIRD, f"BGP.next_hop: {_NEXT_HOP_4}"),
        Family.IPV6_UNICAST: (*_BIRD, f"BGP.next_hop: {_NEXT_HOP_6}"),
        Family.IPV4_MULTICAST: (*_BIRD, f"BGP.next_hop: {_NEXT_HOP_4}"),
        Family.IPV6_MULTICAST: (*_BIRD, f"BGP.next_hop: {_NEXT_HOP_6}"),
        Family.IPV4_LABELED_UNICAST: (*_BIRD, f"BGP.next_hop: {_NEXT_HOP_4}"),
        Family.IPV6_LABELED_UNICAST: (*_BIRD, f"BGP.next_hop: {_NEXT_HOP_6}"),
        Family.IPV4_VPN: (*_BIRD, f"BGP.next_hop: {_NEXT_HOP_4}"),
        Family.IPV6_VPN: (*_BIRD, f"BGP.next_hop: {_NEXT_HOP_6}"),
        **dict.fromkeys(
            (Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC),
            (*_BIRD, "(generic, 0x8006fc00, 0x47f42400) (generic, 0x80090000, 0x2e)"),
        ),
    },
    "frr": {
        Family.IPV4_UNICAST: (*_FRR, f"{_NEXT_HOP_4} from {_NEXT_HOP_4}"),
        Family.IPV6_UNICAST: (*_FRR, f"{_NEXT_HOP_6} from {_NEXT_HOP_4}"),
        Family.IPV4_MULTICAST: (*_FRR, f"{_NEXT_HOP_4} from {_NEXT_HOP_4}"),
        Family.IPV6_MULTICAST: (*_FRR, f"{_NEXT_HOP_6} from {_NEXT_HOP_4}"),
        Family.IPV4_VPN: (*_FRR, f"{_NEXT_HOP_4} from {_NEXT_HOP_4}"),
        Family.IPV6_VPN: (*_FRR, f"{_NEXT_HOP_6} from {_NEXT_HOP_4}"),
        Family.IPV4_FLOWSPEC: _FRR_FLOW,
        Family.IPV6_FLOWSPEC: _FRR_FLOW,
        Family.L2VPN_EVPN: (*_FRR, "RT:64512:7 RT:192.0.2.1:7 ET:8"),
    },
    "frr-labeled": {
        Family.IPV4_LABELED_UNICAST: (*_FRR, f"{_NEXT_HOP_4} from {_NEXT_HOP_4}"),
        Family.IPV6_LABELED_UNICAST: (*_FRR, f"{_NEXT_HOP_6} from {_NEXT_HOP_4}"),
    },
    "gobgp": {
        **dict.fromkeys(
            (Family.IPV4_UNICAST, Family.IPV4_LABELED_UNICAST, Family.IPV4_VPN, Family.ROUTE_TARGET),
            (*_GOBGP, f'"nexthop":"{_NEXT_HOP_4}"'),
        ),
        **dict.fromkeys(
            (Family.IPV6_UNICAST, Family.IPV6_LABELED_UNICAST, Family.IPV6_VPN),
            (*_GOBGP, f'"nexthop":"{_NEXT_HOP_6}"'),
        ),
        **dict.fromkeys(
            (
                Family.IPV4_FLOWSPEC,
                Family.IPV6_FLOWSPEC,
                Family.IPV4_FLOWSPEC_VPN,
                Family.IPV6_FLOWSPEC_VPN,
            ),
            (*_GOBGP, *_GOBGP_ACTIONS),
        ),
        Family.L2VPN_EVPN: (*_GOBGP, f'"nexthop":"{_NEXT_HOP_4}"', '"subtype":12,"tunnel_type":8'),
        Family.LINK_STATE: (),
    },
}
"""Of every route: its attributes."""

ONCE: Final[dict[str, dict[Family, tuple[str, ...]]]] = {
    "bird": {
        **dict.fromkeys((Family.IPV4_UNICAST, Family.IPV4_MULTICAST), ("10.1.2.0/24 ", "10.1.2.64/26 ")),
        **dict.fromkeys((Family.IPV6_UNICAST, Family.IPV6_MULTICAST), ("2001:db8:1::/48 ", "2001:db8:1:2::1/128 ")),
        Family.IPV4_LABELED_UNICAST: ("10.1.2.0/24 ", "10.1.2.64/26 ", "stack: 100\n", "stack: 1048575\n"),
        Family.IPV6_LABELED_UNICAST: ("2001:db8:1::/48 ", "2001:db8:1:2::1/128 ", "stack: 100\n", "stack: 1048575\n"),
        Family.IPV4_VPN: (
            *("64512:7 10.1.2.0/24 ", "192.0.2.1:7 10.1.2.64/26 ", "4200000000:7 10.1.2.64/26 "),
            *("stack: 100\n", "stack: 101\n", "stack: 102\n"),
        ),
        Family.IPV6_VPN: (
            *("64512:7 2001:db8:1::/48 ", "192.0.2.1:7 2001:db8:1:2::1/128 "),
            *("stack: 100\n", "stack: 101\n"),
        ),
        Family.IPV4_FLOWSPEC: (
            "flow4 { dst 10.1.2.0/24; proto 6; dport 80,8000..8080; tcp flags 0x2/0x2; }",
            "flow4 { src 192.0.2.0/24; length > 1400; fragment !!is_fragment; }",
        ),
        Family.IPV6_FLOWSPEC: (
            "flow6 { dst 2001:db8:1::/48; next header 17; dport 53; }",
            "flow6 { src 2001:db8:2::/48; length > 1400; dscp 46; }",
        ),
    },
    "frr": {
        **dict.fromkeys(
            (Family.IPV4_UNICAST, Family.IPV4_MULTICAST), ("entry for 10.1.2.0/24,", "entry for 10.1.2.64/26,")
        ),
        **dict.fromkeys(
            (Family.IPV6_UNICAST, Family.IPV6_MULTICAST),
            ("entry for 2001:db8:1::/48,", "entry for 2001:db8:1:2::1/128,"),
        ),
        Family.IPV4_VPN: (
            *("64512:7:10.1.2.0/24", "192.0.2.1:7:10.1.2.64/26", "4200000000:7:10.1.2.64/26"),
            *("Remote label: 100\n", "Remote label: 101\n", "Remote label: 102\n"),
        ),
        Family.IPV6_VPN: (
            *("64512:7:2001:db8:1::/48", "192.0.2.1:7:2001:db8:1:2::1/128"),
            *("Remote label: 100\n", "Remote label: 101\n"),
        ),
        Family.IPV4_FLOWSPEC: (
            *("Source Address 192.0.2.0/24", "Packet Length > 1400", "Packet Fragment ∋ 2"),
            *("Destination Address 10.1.2.0/24", "IP Protocol = 6", "Destination Port = 80 , >= 8000 , <= 8080"),
            "TCP Flags = 2",
        ),
        Family.IPV6_FLOWSPEC: (
            *("Source Address 2001:db8:2::/48/off 0", "Packet Length > 1400", "DSCP field = 46"),
            *("Destination Address 2001:db8:1::/48/off 0", "IP Protocol = 17", "Destination Port = 53"),
        ),
        Family.L2VPN_EVPN: (
            "Route [1]:[5]:[00:01:02:03:04:05:06:07:08:09]:",
            "Route [2]:[0]:[48]:[aa:bb:cc:dd:ee:ff]:[32]:[10.1.2.3] VNI 10010",
            "Route [2]:[0]:[48]:[aa:bb:cc:dd:ee:fe] VNI 10010",
            "Route [3]:[0]:[32]:[192.0.2.1]",
            "Route [4]:[00:01:02:03:04:05:06:07:08:09]:[32]:[192.0.2.1]",
            "Route [5]:[0]:[24]:[10.1.2.0]",
        ),
    },
    "frr-labeled": {
        Family.IPV4_LABELED_UNICAST: (
            *("entry for 10.1.2.0/24,", "entry for 10.1.2.64/26,"),
            *("Remote label: 100\n", "Remote label: 1048575\n"),
        ),
        Family.IPV6_LABELED_UNICAST: (
            *("entry for 2001:db8:1::/48,", "entry for 2001:db8:1:2::1/128,"),
            *("Remote label: 100\n", "Remote label: 1048575\n"),
        ),
    },
    "gobgp": {
        Family.IPV4_UNICAST: ('"nlri":{"prefix":"10.1.2.0/24"}', '"nlri":{"prefix":"10.1.2.64/26"}'),
        Family.IPV6_UNICAST: ('"nlri":{"prefix":"2001:db8:1::/48"}', '"nlri":{"prefix":"2001:db8:1:2::1/128"}'),
        Family.IPV4_LABELED_UNICAST: (
            '"nlri":{"prefix":"10.1.2.0/24","labels":[100]}',
            '"nlri":{"prefix":"10.1.2.64/26","labels":[1048575]}',
        ),
        Family.IPV6_LABELED_UNICAST: (
            '"nlri":{"prefix":"2001:db8:1::/48","labels":[100]}',
            '"nlri":{"prefix":"2001:db8:1:2::1/128","labels":[1048575]}',
        ),
        Family.IPV4_VPN: (
            *('"64512:7:10.1.2.0/24"', '"192.0.2.1:7:10.1.2.64/26"', '"64086.59904:7:10.1.2.64/26"'),
            *('"labels":[100]', '"labels":[101]', '"labels":[102]'),
        ),
        Family.IPV6_VPN: (
            *('"64512:7:2001:db8:1::/48"', '"192.0.2.1:7:2001:db8:1:2::1/128"'),
            *('"labels":[100]', '"labels":[101]'),
        ),
        Family.IPV4_FLOWSPEC: (
            "[destination: 10.1.2.0/24][protocol: ==tcp][destination-port: ==80 >=8000&<=8080][tcp-flags: =S]",
            "[source: 192.0.2.0/24][packet-length: >1400][fragment: is-fragment]",
        ),
        Family.IPV6_FLOWSPEC: (
            "[destination: 2001:db8:1::/48/0][protocol: ==udp][destination-port: ==53]",
            "[source: 2001:db8:2::/48/0][packet-length: >1400][dscp: ==46]",
        ),
        Family.IPV4_FLOWSPEC_VPN: ("[rd: 64512:7][destination: 10.1.2.0/24][protocol: ==tcp][destination-port: ==80]",),
        Family.IPV6_FLOWSPEC_VPN: (
            "[rd: 64512:7][destination: 2001:db8:1::/48/0][protocol: ==udp][destination-port: ==53]",
        ),
        Family.L2VPN_EVPN: (
            '"esi":"ESI_ARBITRARY | 01:02:03:04:05:06:07:08:09","etag":5,"label":1600',
            '"mac":"aa:bb:cc:dd:ee:ff","ip":"10.1.2.3","labels":[10010]',
            '"mac":"aa:bb:cc:dd:ee:fe","ip":"<nil>","labels":[10010]',
            "[type:multicast][rd:192.0.2.1:7][etag:0][ip:192.0.2.1]",
            "[type:esi][rd:192.0.2.1:7][esi:ESI_ARBITRARY | 01:02:03:04:05:06:07:08:09][ip:192.0.2.1]",
            "[type:Prefix][rd:192.0.2.1:7][etag:0][prefix:10.1.2.0/24]",
            '"label":10020',
        ),
        Family.ROUTE_TARGET: ('"nlri":{"prefix":"64512:64512:7"}', '"nlri":{"prefix":"64512:192.0.2.1:7"}'),
        Family.LINK_STATE: ("NLRI { NODE { AS:64512 BGP-LS ID:0 10.0.0.1 OSPFv2:1 } }",),
    },
}
"""Of the routes: what they are about. Nothing of VPLS, which GoBGP 3.10's command can't show."""
