"""A route's path attributes as JSON fields."""

from __future__ import annotations

from typing import Any, Final

from ..addresses import address_text
from ..constants import AttributeCode, AttributeFlags, Origin
from ..messages.attributes.aggregator import Aggregator
from ..messages.attributes.as_path import AsPath, SegmentType
from ..messages.attributes.base import pieces, walk
from ..messages.attributes.block import Block
from ..messages.attributes.communities import Communities
from ..messages.attributes.extended_communities import ExtendedCommunities
from ..messages.attributes.extended_community_text import extended_community_text
from ..messages.attributes.large_communities import LargeCommunities

REMEMBERED: Final = 1024
"""Blocks whose fields are kept during one answer: neighbouring prefixes share theirs."""

_NAMED: Final = frozenset(
    {
        AttributeCode.ORIGIN,
        AttributeCode.AS_PATH,
        AttributeCode.NEXT_HOP,
        AttributeCode.MULTI_EXIT_DISC,
        AttributeCode.LOCAL_PREF,
        AttributeCode.ATOMIC_AGGREGATE,
        AttributeCode.AGGREGATOR,
        AttributeCode.COMMUNITIES,
        AttributeCode.ORIGINATOR_ID,
        AttributeCode.CLUSTER_LIST,
        AttributeCode.EXTENDED_COMMUNITIES,
        AttributeCode.LARGE_COMMUNITIES,
        AttributeCode.ONLY_TO_CUSTOMER,
    }
)


class AttributeFields:
    """Fields of blocks, for the length of one answer."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Block, dict[str, Any]]] = {}  # id -> (keeps the id ours, fields)

    def of(self, block: Block) -> dict[str, Any]:
        """The fields of a block; callers must not change them."""
        known = self._known.get(id(block))
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[id(block)] = (block, attribute_fields(block))
        return known[1]


def attribute_fields(block: Block) -> dict[str, Any]:
    """All attributes by name; what has no name here is in ``other_attributes``, as hex."""
    raw = list(walk(block.octets))
    values = {attribute.code: attribute.value for attribute in raw}

    def value(code: AttributeCode) -> bytes:
        return values.get(code, b"")

    path = AsPath.decode(value(AttributeCode.AS_PATH))
    originator = value(AttributeCode.ORIGINATOR_ID)
    otc = value(AttributeCode.ONLY_TO_CUSTOMER)
    return {
        "next_hop": address_text(block.next_hop) if block.next_hop else None,
        "next_hop_link_local": address_text(block.next_hop[16:]) if len(block.next_hop) == 32 else None,
        "as_path": _as_path(path),
        "as_path_text": str(path),
        "local_pref": block.local_pref,
        "med": block.med,
        "origin": Origin(block.origin).name.lower(),
        "communities": _communities(value(AttributeCode.COMMUNITIES)),
        "large_communities": _large_communities(value(AttributeCode.LARGE_COMMUNITIES)),
        "extended_communities": _extended_communities(value(AttributeCode.EXTENDED_COMMUNITIES)),
        "originator_id": address_text(originator) if originator else None,
        "cluster_list": [address_text(item) for item in pieces(value(AttributeCode.CLUSTER_LIST), 4)],
        "atomic_aggregate": AttributeCode.ATOMIC_AGGREGATE in values,
        "aggregator": _aggregator(value(AttributeCode.AGGREGATOR)),
        "only_to_customer": int.from_bytes(otc) if otc else None,
        "other_attributes": [
            {
                "code": attribute.code,
                "flags": attribute.flags & ~AttributeFlags.EXTENDED_LENGTH,
                "value": attribute.value.hex(),
            }
            for attribute in raw
            if attribute.code not in _NAMED
        ],
    }


def _as_path(path: AsPath) -> list[Any]:
    """AS numbers in order; an AS_SET is a list, a confederation segment an object that names its kind (RFC 5065)."""
    items: list[Any] = []
    for kind, asns in path.segments:
        if kind is SegmentType.AS_SEQUENCE:
            items.extend(asns)
        elif kind is SegmentType.AS_SET:
            items.append(list(asns))
        else:
            items.append({kind.name.lower().removeprefix("as_"): list(asns)})
    return items


def _communities(value: bytes) -> list[str]:
    numbers = Communities.decode(value).values if value else ()
    return [f"{number >> 16}:{number & 0xFFFF}" for number in numbers]


def _large_communities(value: bytes) -> list[str]:
    communities = LargeCommunities.decode(value).values if value else ()
    return [":".join(map(str, community)) for community in communities]


def _extended_communities(value: bytes) -> list[str]:
    return [extended_community_text(item) for item in (ExtendedCommunities.decode(value).values if value else ())]


def _aggregator(value: bytes) -> dict[str, Any] | None:
    if not value:
        return None
    aggregator = Aggregator.decode(value)
    return {"as": aggregator.asn, "router_id": address_text(aggregator.address)}
