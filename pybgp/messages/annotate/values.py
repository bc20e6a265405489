"""The parts of attributes' values; an attribute without a line here is one part with its text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ...addresses import Family, address_text
from ...constants import AttributeCode
from ..attributes import registry
from ..attributes.as_path import SegmentType
from ..context import Context
from ..errors import AttributeProblem
from ..families.base import FamilyCodec
from ..families.registry import spoken
from . import nlri
from .draft import Draft, Role

Detail = Callable[[Draft, Context], None]


def _as_path(node: Draft, context: Context) -> None:
    size = 4 if context.four_octet_as else 2
    while node.left:
        if node.left < 2:
            node.rest("one octet behind the last segment").bad("cut off")
            return
        kind, count = node.peek(2)
        known = 1 <= kind <= 4
        name = SegmentType(kind).name if known else f"segment type {kind}"
        if not known or not count or 2 + count * size > node.left:
            node.rest(f"{name} of {count} AS numbers, which can't be").bad("no segment")
            return
        segment = node.part(2 + count * size, f"{name} of {count}")
        segment.part(1, f"segment type {kind}, {name}", "4271 §4.3" if kind < 3 else "5065 §3")
        segment.part(1, f"count {count}")
        for _ in range(count):
            asn = segment.number(size)
            part = segment.part(size, f"AS {asn}")
            if not asn:
                part.bad("AS 0")


def _as4_path(node: Draft, context: Context) -> None:
    _as_path(node, Context())


def _aggregator(node: Draft, context: Context) -> None:
    size = 4 if context.four_octet_as else 2
    part = node.part(size, f"AS {node.number(size)}")
    if not part.trouble and not int.from_bytes(part.octets[part.start : part.end]):
        part.bad("AS 0")
    node.rest(f"router {_address(node.value)}")


def _as4_aggregator(node: Draft, context: Context) -> None:
    _aggregator(node, Context())


def _address(octets: bytes) -> str:
    return address_text(octets) if len(octets) in (4, 16, 32) else octets.hex()


def _items(size: int, code: int) -> Detail:
    """A list of values of ``size`` octets, each as the attribute's text shows it alone."""

    def detail(node: Draft, context: Context) -> None:
        kind = registry.known(code)
        while node.left >= size:
            octets = node.peek(size)
            try:
                text = str(kind.decode(octets, context)) if kind else octets.hex()
            except AttributeProblem as error:
                node.part(size, octets.hex()).bad(error.why)
            else:
                node.part(size, text)
        if node.left:
            node.rest(f"{node.left} octets, less than the {size} of a value").bad("cut off")

    return detail


def _mp_reach(node: Draft, context: Context) -> None:
    family = _family(node)
    size = node.number(1)
    length = node.part(1, f"next hop of {size} octets", role=Role.LENGTH)
    if size + 1 > node.left:
        length.bad("cut off")
        node.rest("what should be next hop and NLRI")
        return
    codec = spoken(family, context)
    if codec is not None:
        more = codec.extended_next_hop_sizes if family in context.extended_next_hop else ()
        if size not in codec.next_hop_sizes + more:
            length.bad("not a size that the family has")
    node.part(size, f"next hop {_next_hop(node.peek(size), codec)}", role=Role.NEXT_HOP)
    node.part(1, "reserved, ignored")
    routes = node.part(node.left, f"reachable routes of {family}")
    if routes is not node:
        nlri.field(routes, family, context)


def _next_hop(octets: bytes, codec: FamilyCodec | None) -> str:
    """One address or two (RFC 2545 §3), without the route distinguisher that a VPN's has."""
    address = octets if codec is None else codec.next_hop_address(octets)
    if len(address) == 32:
        return f"{address_text(address)} and {address_text(address[16:])}"
    return _address(address)


def _mp_unreach(node: Draft, context: Context) -> None:
    family = _family(node)
    routes = node.part(node.left, f"withdrawn routes of {family}")
    if routes is not node:
        nlri.field(routes, family, context)


def _family(node: Draft) -> Family:
    family = Family(node.number(2), node.number(1, skip=2))
    node.part(2, f"AFI {family.afi}")
    node.part(1, f"SAFI {family.safi}: {family}")
    return family


def _tlvs(type_size: int, length_size: int, *, whole: bool, what: str) -> Detail:
    """Type, length, value one behind the other; ``whole``: the length counts type and length as well."""

    def detail(node: Draft, context: Context) -> None:
        head = type_size + length_size
        while node.left:
            length = node.number(length_size, skip=type_size)
            size = length if whole else head + length
            if node.left < head or not head <= size <= node.left:
                node.rest(f"{what} that is cut off").bad("cut off")
                return
            kind = node.number(type_size)
            tlv = node.part(size, f"{what} {kind}")
            tlv.part(type_size, f"type {kind}")
            tlv.part(length_size, f"length {length}")
            value = tlv.part(tlv.left, f"value {_number(tlv.value)}")
            if value is not tlv and what in _INSIDE:
                _INSIDE[what](value, context)

    return detail


def _number(octets: bytes) -> str:
    return str(int.from_bytes(octets)) if len(octets) <= 8 else f"of {len(octets)} octets"


def _sub_tlvs(node: Draft, context: Context) -> None:
    """Of a tunnel: the length has two octets from type 128 on (RFC 9012 §2)."""
    while node.left:
        kind = node.number(1)
        head = 3 if kind > 127 else 2
        size = head + node.number(head - 1, skip=1)
        if size > node.left:
            node.rest("sub-TLV that is cut off").bad("cut off")
            return
        tlv = node.part(size, f"sub-TLV {kind}")
        tlv.part(1, f"type {kind}")
        tlv.part(head - 1, f"length {size - head}")
        tlv.part(tlv.left, f"value {_number(tlv.value)}")


_INSIDE: Final[dict[str, Detail]] = {"tunnel type": _sub_tlvs}


def _pmsi(node: Draft, context: Context) -> None:
    node.part(1, f"flags {node.number(1):02x}")
    node.part(1, f"tunnel type {node.number(1)}")
    node.part(3, f"label field {node.number(3)} (label {node.number(3) >> 4})")
    node.rest(f"tunnel identifier {node.value.hex()}")


DETAILS: Final[dict[int, Detail]] = {
    AttributeCode.AS_PATH: _as_path,
    AttributeCode.AS4_PATH: _as4_path,
    AttributeCode.AGGREGATOR: _aggregator,
    AttributeCode.AS4_AGGREGATOR: _as4_aggregator,
    AttributeCode.COMMUNITIES: _items(4, AttributeCode.COMMUNITIES),
    AttributeCode.CLUSTER_LIST: _items(4, AttributeCode.CLUSTER_LIST),
    AttributeCode.EXTENDED_COMMUNITIES: _items(8, AttributeCode.EXTENDED_COMMUNITIES),
    AttributeCode.IPV6_EXTENDED_COMMUNITIES: _items(20, AttributeCode.IPV6_EXTENDED_COMMUNITIES),
    AttributeCode.LARGE_COMMUNITIES: _items(12, AttributeCode.LARGE_COMMUNITIES),
    AttributeCode.MP_REACH_NLRI: _mp_reach,
    AttributeCode.MP_UNREACH_NLRI: _mp_unreach,
    AttributeCode.AIGP: _tlvs(1, 2, whole=True, what="TLV"),
    AttributeCode.TUNNEL_ENCAPSULATION: _tlvs(2, 2, whole=False, what="tunnel type"),
    AttributeCode.PREFIX_SID: _tlvs(1, 2, whole=False, what="TLV"),
    AttributeCode.PMSI_TUNNEL: _pmsi,
}
"""What is inside a value, by attribute type."""
