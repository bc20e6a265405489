"""Extended communities: pybgp's text of them in tshark's fields (RFC 4360 and those that are named in pybgp)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import pack, unpack
from typing import Final

from pybgp.messages.attributes.extended_community_text import extended_community_text

from .tshark import Field

SUBTYPES: Final = {
    0x00: "tr_as2",
    0x01: "tr_IP4",
    0x02: "tr_as4",
    0x03: "tr_opaque",
    0x06: "tr_evpn",
    0x40: "ntr_as2",
    0x43: "ntr_opaque",
    0x80: "tr_exp",
    0x81: "tr_exp_2",
    0x82: "tr_exp_3",
}
"""Types that tshark has names of sub-types for; it knows some more that pybgp has no text of."""
_RAW: Final = {0x030B, 0x030D, 0x4300, 0x800C}
"""Kinds that have a text in pybgp, and are a number to tshark."""
_TUNNELS: Final = {"vxlan": 8, "gre": 2, "mpls": 10, "geneve": 19, "ip-in-ip": 7, "l2tpv3": 1, "nvgre": 9}
_LAYER_TWO: Final = {"none": 0, "backup": 1, "primary": 2, "control-word": 4}


def has_fields(value: bytes) -> bool:
    """Can it be compared: has it a text, and are its values those that tshark shows?"""
    kind = int.from_bytes(value[:2])
    if kind in _RAW:
        return True
    text = extended_community_text(value)
    if text.startswith("0x"):
        return value[0] & 0x3F >= 0x20  # of no kind that either of them knows
    return kind in _VALUES and not (kind == 0x030C and text.partition(":")[2] not in _TUNNELS)


def fields(value: bytes) -> Iterator[Field]:
    """A community that ``has_fields``, as tshark shows it."""
    kind, subtype = int.from_bytes(value[:2]), f"{value[1]:#04x}"
    yield "ext_com.type", f"{value[0]:#04x}"
    yield f"ext_com.stype_{SUBTYPES.get(value[0], 'unknown')}", subtype
    name, _, text = extended_community_text(value).partition(":")
    if name.startswith("0x") or kind in _RAW:
        yield "ext_com.value_raw", f"0x{value[2:].hex():0>16}"
    else:
        yield from _VALUES[kind](text)


def _as2(text: str) -> Iterator[Field]:
    asn, number = text.split(":")
    yield "ext_com.value_as2", asn
    yield "ext_com.value_an4", number


def _ipv4(text: str) -> Iterator[Field]:
    address, number = text.split(":")
    yield "ext_com.value_IP4", address
    yield "ext_com.value_an2", number


def _as4(text: str) -> Iterator[Field]:
    asn, number = text.split(":")
    yield "ext_com.value_as4", asn.removesuffix("L")
    yield "ext_com.value_an2", number


def _rate(name: str) -> Callable[[str], Iterator[Field]]:
    def values(text: str) -> Iterator[Field]:
        asn, rate = text.split(":")
        yield "ext_com.value_as2", asn
        yield name, c_float(float(rate))

    return values


def c_float(value: float) -> str:
    """A 32-bit float as tshark writes it."""
    (single,) = unpack("!f", pack("!f", value))
    return f"{single:g}"


def _transitive_bandwidth(text: str) -> Iterator[Field]:
    """tshark doesn't know that it is a rate."""
    asn, rate = text.split(":")
    yield "ext_com.value_as2", asn
    yield "ext_com.value_an4", str(int.from_bytes(pack("!f", float(rate))))


def _ospf_router_id(text: str) -> Iterator[Field]:
    yield "ext_com.value_ospf_rid", text.split(":")[0]


def _ospf_route_type(text: str) -> Iterator[Field]:
    area, kind, options = text.split(":")
    yield "ext_com.value_ospf_rtype.area", area
    yield "ext_com.value_ospf_rtype.type", kind
    yield "ext_com.value_ospf_rtype.options", f"{int(options):#04x}"


def _encapsulation(text: str) -> Iterator[Field]:
    yield "ext_com.tunnel_type", str(_TUNNELS[text])


def _mac_mobility(text: str) -> Iterator[Field]:
    sequence, _, sticky = text.partition(":")
    yield "ext_com_evpn.mmac.flags", "0x01" if sticky else "0x00"
    yield "ext_com_evpn.mmac.seq", sequence


def _esi_label(text: str) -> Iterator[Field]:
    label, mode = text.split(":")
    raw = int(label, 16) if label.startswith("0x") else int(label) << 4
    yield "ext_com_l2.esi_label_flag", "1" if mode == "single-active" else "0"
    yield "update.path_attribute.mpls_label_value", str(raw)
    yield "update.path_attribute.mpls_label_value_20bits", str(raw >> 4)
    yield "update.path_attribute.mpls_traffic_class", f"{raw >> 1 & 7:#08x}"
    yield "update.path_attribute.mpls_bottom_stack", str(raw & 1)


def _mac(name: str) -> Callable[[str], Iterator[Field]]:
    def values(text: str) -> Iterator[Field]:
        yield name, text

    return values


def _layer_two(text: str) -> Iterator[Field]:
    flags, mtu = text.split(":")
    yield "ext_com_evpn.l2attr.flags", f"{sum(_LAYER_TWO[flag] for flag in flags.split('+')):#06x}"
    yield "ext_com_evpn.l2attr.l2_mtu", mtu
    yield "ext_com_evpn.l2attr.reserved", "00:00"


def _traffic_action(text: str) -> Iterator[Field]:
    yield "flowspec_ext_com.emptybytes", "00:00:00:00:00"
    yield "ext_com_flow.sample", "1" if "sample" in text else "0"
    yield "ext_com_flow.traff_act", "1" if "terminal" in text else "0"


def _traffic_marking(text: str) -> Iterator[Field]:
    yield "ext_com.value_fs_dscp", f"{int(text):#04x}"


_VALUES: Final[dict[int, Callable[[str], Iterator[Field]]]] = {
    **dict.fromkeys((0x0002, 0x0003, 0x0005, 0x0009, 0x000A, 0x8008), _as2),
    **dict.fromkeys((0x0102, 0x0103, 0x0105, 0x010A, 0x010B, 0x010C, 0x8108), _ipv4),
    **dict.fromkeys((0x0202, 0x0203, 0x0205, 0x0209, 0x8208), _as4),
    0x0004: _transitive_bandwidth,
    0x4004: _rate("ext_com.value_link_bw"),
    0x8006: _rate("ext_com_flow.rate_limit"),
    0x0107: _ospf_router_id,
    0x0306: _ospf_route_type,
    0x030C: _encapsulation,
    0x0600: _mac_mobility,
    0x0601: _esi_label,
    0x0602: _mac("ext_com_evpn.esi.rt"),
    0x0603: _mac("ext_com_evpn.esi.router_mac"),
    0x0604: _layer_two,
    0x8007: _traffic_action,
    0x8009: _traffic_marking,
}
