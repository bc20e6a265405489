"""Destinations: pybgp's values of them in tshark's fields, family by family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from pybgp.addresses import Family, address_text
from pybgp.constants import Afi, Safi
from pybgp.messages.context import Context
from pybgp.messages.errors import InvalidNetworkField
from pybgp.messages.families.base import FamilyCodec
from pybgp.messages.families.evpn_routes import (
    EthernetAutoDiscovery,
    EthernetSegment,
    EvpnRoute,
    InclusiveMulticast,
    IpPrefix,
    MacIp,
)
from pybgp.messages.families.flowspec import FlowSpecification
from pybgp.messages.families.flowspec_prefixes import PrefixMatch
from pybgp.messages.families.flowspec_terms import Terms
from pybgp.messages.families.registry import FAMILIES, spoken
from pybgp.messages.families.route_distinguisher import rd_text

from .tshark import Field

WITH_PATH_IDS: Final = frozenset({Safi.UNICAST, Safi.MULTICAST, Safi.LABELED_UNICAST, Safi.EVPN})
"""The families whose path identifiers tshark 4.0 can read."""


def fields(family: Family, field: bytes, direction: str, context: Context) -> Iterator[Field]:
    """An NLRI field; ``direction`` is "mp_reach", "mp_unreach", or "nlri" and "withdrawn" for the classic ones."""
    codec = spoken(family, context)
    assert codec is not None
    path_ids = family in context.add_path_receive
    for identifier, key in codec.walk(field, 4 if path_ids else 0):
        if path_ids:
            yield "nlri_path_id", str(int.from_bytes(identifier))
        yield from _key(codec, key, direction)


def reads_path_ids(family: Family, field: bytes) -> bool:
    """Whether tshark takes the field for one with path identifiers: it doesn't look at the OPENs, but guesses.

    It does where that is possible, and where the field as it stands can't be one without, or has a prefix of no bits
    in front of others.
    """
    codec = FAMILIES[family]
    if family.safi == Safi.EVPN:
        return field[:1] == b"\0"
    if not _is_canonical(codec, field, 4):
        return False
    return not _is_canonical(codec, field, 0) or any(key[0] == 0 for _, key in codec.walk(field, 0))


def _is_canonical(codec: FamilyCodec, field: bytes, id_size: int) -> bool:
    try:
        return b"".join(b"".join(pair) for pair in codec.walk(field, id_size)) == field
    except InvalidNetworkField:
        return False


def _key(codec: FamilyCodec, key: bytes, direction: str) -> Iterator[Field]:
    family, value = codec.family, codec.value(key)
    match family.safi:
        case Safi.UNICAST | Safi.MULTICAST:
            yield "prefix_length", str(key[0])
            yield _prefix_name(family, direction), str(value).partition("/")[0]
        case Safi.LABELED_UNICAST | Safi.MPLS_VPN:
            yield from _labeled(family, key, value.to_json(), direction)
        case Safi.FLOWSPEC | Safi.FLOWSPEC_VPN:
            yield "flowspec_nlri", key.hex(":")
            yield from _flow(value)
        case Safi.ROUTE_TARGET:
            yield from _route_target(key, value.to_json(), direction)
        case Safi.EVPN:
            assert isinstance(value, EvpnRoute)
            yield "evpn.nlri.rt", str(key[0])
            yield "evpn.nlri.len", str(key[1])
            yield from _EVPN[type(value)](value)
        case Safi.VPLS:
            yield from _vpls(key, value.to_json())
        case Safi.LINK_STATE | Safi.LINK_STATE_VPN:
            yield from _link_state(key, value)


def _prefix_name(family: Family, direction: str) -> str:
    if direction in ("nlri", "withdrawn"):
        return f"{direction}_prefix"
    return f"{direction}_nlri_ipv{4 if family.afi == Afi.IPV4 else 6}_prefix"


def _labeled(family: Family, key: bytes, value: dict[str, Any], direction: str) -> Iterator[Field]:
    labels = [str(label) for label in value["labels"]]
    stack = f"{','.join(labels)} (bottom)" if labels else "0 (withdrawn)"
    if family == Family.IPV6_VPN:
        yield "label_stack", f"Label Stack={stack} RD={value['rd']}, IPv6={value['prefix']}"
        return
    yield "prefix_length", str(key[0])
    yield "label_stack", stack
    if "rd" in value:
        yield "rd", value["rd"].replace("L", "")
    yield _prefix_name(family, direction), value["prefix"].partition("/")[0]


def _route_target(key: bytes, value: dict[str, Any], direction: str) -> Iterator[Field]:
    if not key[0]:
        yield "wildcard_route_target", f"{direction.replace('mp_', 'MP ').title().replace('Mp', 'MP')} NLRI"
        return
    yield "prefix_length", str(key[0])
    yield "originating_as", str(value["origin_as"])
    yield "community_prefix", value["route_target"].removeprefix("rt:").replace("L", "")


def _vpls(key: bytes, value: dict[str, Any]) -> Iterator[Field]:
    yield "vplsad.length", str(len(key) - 2)
    yield "vplsad.rd", value["rd"].replace("L", "")
    yield "vplsbgp.ce_id", str(value["ve_id"])
    yield "vplsbgp.labelblock.offset", str(value["block_offset"])
    yield "vplsbgp.labelblock.size", str(value["block_size"])
    yield "vplsbgp.labelblock.base", f"{value['label_base'] >> 4}{' (bottom)' if value['label_base'] & 1 else ''}"


# -- EVPN --------------------------------------------------------------------------------------------------------------


def _auto_discovery(route: EthernetAutoDiscovery) -> Iterator[Field]:
    yield from _rd_esi(route.rd, route.esi)
    yield "evpn.nlri.etag", str(route.ethernet_tag)
    yield "evpn.nlri.mpls_ls1", str(route.label >> 4)


def _mac_ip(route: MacIp) -> Iterator[Field]:
    yield from _rd_esi(route.rd, route.esi)
    yield "evpn.nlri.etag", str(route.ethernet_tag)
    yield "evpn.nlri.maclen", "48"
    yield "evpn.nlri.mac_addr", route.mac.hex(":")
    yield "evpn.nlri.iplen", str(8 * len(route.ip))
    if route.ip:
        yield f"evpn.nlri.{_ip(route.ip)}.addr", address_text(route.ip)
    yield from ((f"evpn.nlri.mpls_ls{number}", str(label >> 4)) for number, label in enumerate(route.labels, 1))


def _multicast(route: InclusiveMulticast) -> Iterator[Field]:
    yield "evpn.nlri.rd", route.rd.hex(":")
    yield "evpn.nlri.etag", str(route.ethernet_tag)
    yield "evpn.nlri.iplen", str(8 * len(route.ip))
    yield f"evpn.nlri.{_ip(route.ip)}.addr", address_text(route.ip)


def _segment(route: EthernetSegment) -> Iterator[Field]:
    yield from _rd_esi(route.rd, route.esi)
    yield "evpn.nlri.iplen", str(8 * len(route.ip))
    yield f"evpn.nlri.{_ip(route.ip)}.addr", address_text(route.ip)


def _ip_prefix(route: IpPrefix) -> Iterator[Field]:
    yield from _rd_esi(route.rd, route.esi)
    yield "evpn.nlri.etag", str(route.ethernet_tag)
    yield "evpn.nlri.prefix_len", str(route.bits)
    yield f"evpn.nlri.{_ip(route.network)}.addr", address_text(route.network)
    version = 4 if len(route.gateway) == 4 else 6
    yield f"evpn.nlri.ipv{version}.gtw_addr", address_text(route.gateway)
    yield "update.path_attribute.mpls_label_value", str(route.label)


def _ip(address: bytes) -> str:
    return "ip" if len(address) == 4 else "ipv6"


def _rd_esi(rd: bytes, esi: bytes) -> Iterator[Field]:
    yield "evpn.nlri.rd", rd.hex(":")
    yield "evpn.nlri.esi", esi.hex(":")


_EVPN: Final[dict[type[EvpnRoute], Callable[[Any], Iterator[Field]]]] = {
    EthernetAutoDiscovery: _auto_discovery,
    MacIp: _mac_ip,
    InclusiveMulticast: _multicast,
    EthernetSegment: _segment,
    IpPrefix: _ip_prefix,
}


# -- flow specifications -----------------------------------------------------------------------------------------------


def _flow(rule: FlowSpecification) -> Iterator[Field]:
    octets = rule.encode()
    yield "flowspec_nlri.length", str(len(octets) - (1 if octets[0] < 0xF0 else 2))
    rd: bytes | None = getattr(rule, "rd", None)
    if rd is not None:
        yield from _flow_rd(rd)
    for component in rule.components:
        yield "flowspec_nlri.filter_type", str(component.kind.number)
        yield from _match(component) if isinstance(component, PrefixMatch) else _terms(component)


def _flow_rd(rd: bytes) -> Iterator[Field]:
    administrator, _, number = rd_text(rd).replace("L", "").rpartition(":")
    yield "flowspec_route_distinguisher_type", str(rd[1])
    match rd[1]:
        case 0:
            yield "flowspec_route_distinguisher_admin_as_num_2", administrator
            yield "flowspec_route_distinguisher_asnum_4", f"{int(number):#010x}"
        case 1:
            yield "flowspec_route_distinguisher_admin_ipv4", administrator
            yield "flowspec_route_distinguisher_asnum_2", number
        case _:
            yield "flowspec_route_distinguisher_admin_as_num_4", f"{int(administrator):#010x}"
            yield "flowspec_route_distinguisher_asnum_2", number


def _match(component: PrefixMatch) -> Iterator[Field]:
    side = "dst" if component.kind.number == 1 else "src"
    if len(component.address) == 4:
        yield "prefix_length", str(component.length)
        yield f"flowspec_nlri.{side}_prefix_filter", address_text(component.address)
    else:
        yield "flowspec_nlri.ipv6_pref_length", str(component.length)
        yield "flowspec_nlri.ipv6_pref_offset", str(component.offset)
        yield f"flowspec_nlri.{side}_ipv6_pref", address_text(component.address)


def _terms(component: Terms) -> Iterator[Field]:
    for left, term in enumerate(component.terms, 1 - len(component.terms)):
        flags = term.operator | term.joined << 6 | (term.size.bit_length() - 1) << 4 | (0 if left else 0x80)
        yield "flowspec_nlri.opflags", f"{flags:#04x}"
        match component.kind.number:
            case 9:
                yield "flowspec_nlri.val_tcp.flags", f"{term.value & 0xFF:#04x}"
            case 11:
                yield "flowspec_nlri.val_dsfield", f"{term.value:#04x}"
            case 12:
                yield "flowspec_nlri.val_frag", f"{term.value:#04x}"
            case _:
                yield f"flowspec_nlri.dec_val_{8 * term.size}", str(term.value)


# -- link-state --------------------------------------------------------------------------------------------------------


def _link_state(key: bytes, value: Any) -> Iterator[Field]:
    yield "ls.nlri_type", str(int.from_bytes(key[:2]))
    yield "ls.nlri_length", str(int.from_bytes(key[2:4]))
