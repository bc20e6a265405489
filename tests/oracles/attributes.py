"""Path attributes: pybgp's values of them in tshark's fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from pybgp.addresses import Family, address_text
from pybgp.constants import AttributeCode, Safi
from pybgp.messages.attributes.aggregator import Aggregator
from pybgp.messages.attributes.aigp import Aigp
from pybgp.messages.attributes.as4 import As4Aggregator, As4Path
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.attr_set import AttrSet
from pybgp.messages.attributes.base import EXTENDED_LENGTH, RawAttribute, walk
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.attributes.large_communities import LargeCommunities
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.messages.attributes.mp_reach import MpReach, MpUnreach
from pybgp.messages.attributes.next_hop import NextHop
from pybgp.messages.attributes.origin import Origin
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.messages.attributes.pmsi_tunnel import PmsiTunnel
from pybgp.messages.attributes.prefix_sid import LabelIndex, OriginatorSrgb, PrefixSid
from pybgp.messages.attributes.registry import known
from pybgp.messages.attributes.srv6_service import Srv6Service, Srv6Sid
from pybgp.messages.attributes.tunnel_encapsulation import TunnelEncapsulation
from pybgp.messages.context import Context

from . import communities, nlri
from .tshark import Field

_RESERVED: Final = (0, 0xFFFF)
"""ASes whose communities are shown as one number (RFC 1997)."""
NO_FIELDS: Final = frozenset({AttributeCode.ATOMIC_AGGREGATE, AttributeCode.IPV6_EXTENDED_COMMUNITIES, 35})
"""Attributes without a value, or whose value tshark 4.0 doesn't look into: IPv6 extended communities, OTC."""


def fields(octets: bytes, context: Context) -> Iterator[Field]:
    """An attribute field; ``context`` is that of the receiver."""
    for raw in walk(octets):
        size = 2 if raw.flags & EXTENDED_LENGTH else 1
        yield "update.path_attribute.flags", f"{raw.flags:#04x}"
        yield "update.path_attribute.type_code", str(raw.code)
        yield "update.path_attribute.length", str(int.from_bytes(raw.octets[2 : 2 + size]))
        yield from _value(raw, context)


def _value(raw: RawAttribute, context: Context) -> Iterator[Field]:
    kind = known(raw.code)
    if kind is None or raw.code in NO_FIELDS:
        return
    found = kind.decode(raw.value, context)
    if isinstance(found, MpReach | MpUnreach):
        yield from _reach(found, context) if isinstance(found, MpReach) else _unreach(found, context)
    elif isinstance(found, AttrSet):
        yield "update.path_attribute.attr_set.origin_as", str(int.from_bytes(raw.value[:4]))
        yield from fields(raw.value[4:], context)
    else:
        yield from _VALUES[type(found)](found)


def _reach(found: MpReach, context: Context) -> Iterator[Field]:
    yield "update.path_attribute.mp_reach_nlri.afi", str(found.family.afi)
    yield "update.path_attribute.mp_reach_nlri.safi", str(found.family.safi)
    next_hop = bytes((len(found.next_hop),)) + found.next_hop
    yield "update.path_attribute.mp_reach_nlri.next_hop", next_hop.hex(":")
    if found.next_hop:
        yield from _next_hops(found.family, found.to_json(context)["next_hop"])
    yield "update.path_attribute.mp_reach_nlri.nbr_snpa", "0"
    yield from nlri.fields(found.family, found.nlri, "mp_reach", context)


def _next_hops(family: Family, addresses: list[str]) -> Iterator[Field]:
    name = "update.path_attribute.mp_reach_nlri.next_hop"
    for number, address in enumerate(addresses):
        if family.safi in (Safi.MPLS_VPN, Safi.LINK_STATE_VPN):
            yield f"{name}.rd", "0:0"
        yield f"{name}.{'ipv6' if ':' in address else 'ipv4'}{'.link_local' if number else ''}", address


def _unreach(found: MpUnreach, context: Context) -> Iterator[Field]:
    yield "update.path_attribute.mp_unreach_nlri.afi", str(found.family.afi)
    yield "update.path_attribute.mp_unreach_nlri.safi", str(found.family.safi)
    yield from nlri.fields(found.family, found.nlri, "mp_unreach", context)


def _as_path(found: AsPath | As4Path) -> Iterator[Field]:
    name = "update.path_attribute.as_path_segment"
    for segment in found.segments:
        yield f"{name}.type", str(int(segment.kind))
        yield f"{name}.length", str(len(segment.asns))
        yield from ((f"{name}.as4", str(asn)) for asn in segment.asns)


def _aggregator(found: Aggregator | As4Aggregator) -> Iterator[Field]:
    asn, address = str(found).split()
    yield "update.path_attribute.aggregator_as", asn
    yield "update.path_attribute.aggregator_origin", address


def _communities(found: Communities) -> Iterator[Field]:
    for value in found.values:
        if value >> 16 in _RESERVED:
            yield "update.path_attribute.community_wellknown", f"{value:#010x}"
        else:
            yield "update.path_attribute.community_as", str(value >> 16)
            yield "update.path_attribute.community_value", str(value & 0xFFFF)


def _large(found: LargeCommunities) -> Iterator[Field]:
    for community in str(found).split():
        yield "large_communities", "[ Null ]"
        yield from zip(
            ("large_communities.ga", "large_communities.ldp1", "large_communities.ldp2"),
            community.split(":"),
            strict=True,
        )


def _extended(found: ExtendedCommunities) -> Iterator[Field]:
    for value in found.values:
        yield from communities.fields(value)


def _cluster_list(found: ClusterList) -> Iterator[Field]:
    yield from (("path_attribute.cluster_id", each) for each in str(found).split())


def _aigp(found: Aigp) -> Iterator[Field]:
    """tshark shows the first TLV."""
    yield "update.attribute.aigp.type", "1"
    yield "update.attribute.aigp.length", "11"
    yield "update.attribute.aigp.accu_igp_metric", str(found.metric)


def _pmsi(found: PmsiTunnel) -> Iterator[Field]:
    """The identifier only of ingress replication; of other types it is octets to pybgp."""
    yield "update.path_attribute.pmsi.tunnel.flags", str(found.tunnel_flags)
    yield "update.path_attribute.pmsi.tunnel.type", str(found.tunnel_type)
    yield "update.path_attribute.mpls_label_value_20bits", str(found.mpls_label)
    if found.tunnel_type == 6:
        yield "update.path_attribute.pmsi.ingress_rep_ip", found.to_json()["tunnel_id"]


def _tunnels(found: TunnelEncapsulation) -> Iterator[Field]:
    for tunnel in found.tunnels:
        yield "update.encaps_tunnel_tlv_type", str(tunnel.kind)
        yield "update.encaps_tunnel_tlv_len", str(sum(len(value) + 2 for _, value in tunnel.sub_tlvs))
        for kind, value in tunnel.sub_tlvs:
            yield "update.encaps_tunnel_subtlv_type", str(kind)
            yield "update.encaps_tunnel_tlv_sublen", str(len(value))
            yield from _encapsulation(tunnel.kind, value)


def _encapsulation(kind: int, value: bytes) -> Iterator[Field]:
    """The sub-TLV of parameters: octets to pybgp, so that nothing but their place is compared (RFC 9012 §3.2)."""
    name = "update.encaps_tunnel_tlv_subtlv"
    match kind:
        case 1:
            yield f"{name}_session_id", str(int.from_bytes(value[:4]))
            yield f"{name}_cookie", value[4:].hex(":")
        case 2:
            yield f"{name}_gre_key", str(int.from_bytes(value))
        case 8 | 9:
            tunnel = "vxlan" if kind == 8 else "nvgre"
            yield f"{name}.{tunnel}.flags", f"{value[0]:#04x}"
            yield f"{name}.{tunnel}.vnid", f"0x{value[1:4].hex()}"
            yield f"{name}.{tunnel}.mac", value[4:10].hex(":")
            yield f"{name}.{tunnel}.reserved", f"{int.from_bytes(value[10:]):#06x}"


def _prefix_sid(found: PrefixSid) -> Iterator[Field]:
    for tlv in found.tlvs:
        yield "prefix_sid.type", str(tlv.kind)
        yield "prefix_sid.length", str(len(tlv.encode()))
        if isinstance(tlv, LabelIndex):
            yield "prefix_sid.reserved", "00"
            yield "prefix_sid.label_index.flags", "0x0000"
            yield "prefix_sid.label_index.value", str(tlv.label_index)
        elif isinstance(tlv, OriginatorSrgb):
            yield "prefix_sid.originator_srgb.flags", "0x0000"
            for base, size in tlv.ranges:
                yield "prefix_sid.originator_srgb_base", str(base)
                yield "prefix_sid.originator_srgb_range", str(size)
        elif isinstance(tlv, Srv6Service):
            yield "prefix_sid.reserved", "00"
            for sid in tlv.sids:
                yield from _srv6_sid(f"prefix_sid.srv6_l{3 if tlv.kind == 5 else 2}vpn", sid)


def _srv6_sid(name: str, sid: Srv6Sid) -> Iterator[Field]:
    yield f"{name}.sub_tlv.type", "1"
    yield f"{name}.sub_tlv.length", str(len(sid.encode()))
    yield f"{name}.sub_tlv.reserved", "00"
    yield f"{name}.sid_value", address_text(sid.sid)
    yield f"{name}.sid_flags", f"{sid.flags:#04x}"
    yield f"{name}.srv6_endpoint_behavior", f"{sid.behavior:#06x}"
    yield f"{name}.reserved", "00"
    if sid.structure is not None:
        yield f"{name}.sub_sub_tlv.type", "1"
        yield f"{name}.sub_sub_tlv.length", "6"
        lengths = ("locator_block_len", "locator_node_len", "func_len", "arg_len", "trans_len", "trans_offset")
        yield from ((f"{name}.sid.{part}", str(value)) for part, value in zip(lengths, sid.structure, strict=True))


def _one(name: str) -> Callable[[Any], Iterator[Field]]:
    """An attribute with one value, whose text tshark writes as pybgp does."""

    def value(found: Any) -> Iterator[Field]:
        yield f"update.path_attribute.{name}", str(found)

    return value


def _origin(found: Origin) -> Iterator[Field]:
    yield "update.path_attribute.origin", str(("igp", "egp", "incomplete").index(str(found)))


_VALUES: Final[dict[type, Callable[[Any], Iterator[Field]]]] = {
    Origin: _origin,
    AsPath: _as_path,
    As4Path: _as_path,
    NextHop: _one("next_hop"),
    MultiExitDisc: _one("multi_exit_disc"),
    LocalPref: _one("local_pref"),
    Aggregator: _aggregator,
    As4Aggregator: _aggregator,
    Communities: _communities,
    OriginatorId: _one("originator_id"),
    ClusterList: _cluster_list,
    ExtendedCommunities: _extended,
    LargeCommunities: _large,
    Aigp: _aigp,
    PmsiTunnel: _pmsi,
    TunnelEncapsulation: _tunnels,
    PrefixSid: _prefix_sid,
}
