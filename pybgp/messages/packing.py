"""UPDATEs to send: attributes made for the wire, prefixes packed up to the session's limit (RFC 4271 §4.3, §9.2).

We send MP_REACH_NLRI or MP_UNREACH_NLRI first and the other attributes ascending, and never mix withdrawn prefixes,
NLRI and the two of them in one message (RFC 7606 §5.1).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from struct import Struct
from typing import Final

from ..addresses import Family
from ..constants import HEADER_SIZE, MARKER, MAX_MESSAGE, AttributeCode, MessageType
from .attributes.aggregator import Aggregator
from .attributes.as4 import As4Aggregator, As4Path
from .attributes.as_path import CONFED, AsPath
from .attributes.base import pack, walk
from .attributes.block import pack_attribute
from .attributes.mp_reach import MpUnreach
from .context import Context
from .errors import AttributesTooLong
from .families.base import identified, join
from .families.registry import codec

_MP_REACH: Final = AttributeCode.MP_REACH_NLRI.value
_MP_UNREACH: Final = AttributeCode.MP_UNREACH_NLRI.value
_MP_FLAGS: Final = 0x80
_HEAD: Final = Struct("!HBHH").pack
"""Length and type of the header, lengths of the withdrawn field and of the attributes."""
_WITHDRAW_HEAD: Final = Struct("!HBH").pack
_FAMILY_HEAD: Final = Struct("!HBB").pack
_NEXT_HOP_HEAD: Final = bytes((0x40, AttributeCode.NEXT_HOP, 4))
_UPDATE: Final = MessageType.UPDATE.value
_FIXED: Final = HEADER_SIZE + 4
"""Octets of an UPDATE without attributes and prefixes."""
_IPV4: Final = Family.IPV4_UNICAST
_TWO_OCTET: Final = Context(four_octet_as=False)


def wire_attributes(family: Family, octets: bytes, next_hop: bytes, next_hop_at: int) -> bytes:
    """The attribute octets of a block as ``announce`` takes them.

    IPv4 unicast with an IPv4 next hop goes into the classic fields, with NEXT_HOP behind AS_PATH (``next_hop_at``);
    everything else goes into MP_REACH_NLRI, which has the next hop.
    """
    if len(next_hop) == 4 and family == _IPV4:
        return b"".join((octets[:next_hop_at], _NEXT_HOP_HEAD, next_hop, octets[next_hop_at:]))
    return octets


def next_hop_offset(octets: bytes) -> int:
    """The offset behind AS_PATH in a block's octets, where NEXT_HOP belongs."""
    origin, as_path = islice(walk(octets), 2)
    return len(origin.octets) + len(as_path.octets)


def announce(
    family: Family,
    attributes: bytes,
    next_hop: bytes,
    keys: Sequence[bytes],
    *,
    path_id: int | None = None,
    limit: int = MAX_MESSAGE,
) -> list[bytes]:
    """UPDATEs, header included, that announce ``keys``; as few as ``limit`` allows (RFC 4271 §9.2).

    ``attributes`` come from ``wire_attributes``; ``path_id`` None is without ADD-PATH.

    Raises:
        AttributesTooLong: a key does not fit into a message of its own.
    """
    # HOT: once an UPDATE and update group; one join for the prefixes and one for the message.
    if len(next_hop) == 4 and family == _IPV4:
        size = len(attributes)
        field = join(keys, path_id)
        whole = _FIXED + size + len(field)
        if whole <= limit and field:
            return [b"".join((MARKER, _HEAD(whole, _UPDATE, 0, size), attributes, field))]
        room = limit - _FIXED - size
        return [
            b"".join(
                (MARKER, _HEAD(_FIXED + len(attributes) + len(field), _UPDATE, 0, len(attributes)), attributes, field)
            )
            for field in _fields(keys, path_id, room)
        ]
    found = codec(family)
    if found is not None:
        next_hop = found.next_hop_octets(next_hop)
    head = _FAMILY_HEAD(*family, len(next_hop)) + next_hop + b"\0"
    room = limit - _FIXED - len(attributes) - 4 - len(head)
    return [
        _with_attributes(pack(_MP_FLAGS, _MP_REACH, head + field) + attributes)
        for field in _fields(keys, path_id, room)
    ]


def withdraw(
    family: Family, keys: Sequence[bytes], *, path_id: int | None = None, limit: int = MAX_MESSAGE
) -> list[bytes]:
    """UPDATEs, header included, that withdraw ``keys``; as few as ``limit`` allows."""
    if family == _IPV4:
        return [
            b"".join((MARKER, _WITHDRAW_HEAD(_FIXED + len(field), _UPDATE, len(field)), field, b"\0\0"))
            for field in _fields(keys, path_id, limit - _FIXED)
        ]
    head = family.afi.to_bytes(2) + bytes((family.safi,))
    room = limit - _FIXED - 4 - len(head)
    return [_with_attributes(pack(_MP_FLAGS, _MP_UNREACH, head + field)) for field in _fields(keys, path_id, room)]


def end_of_rib(family: Family) -> bytes:
    """The End-of-RIB marker of a family, header included (RFC 4724 §2)."""
    if family == _IPV4:
        return _with_attributes(b"")
    return _with_attributes(pack(_MP_FLAGS, _MP_UNREACH, MpUnreach(family, b"").encode()))


def _with_attributes(attributes: bytes) -> bytes:
    """An UPDATE with nothing but attributes."""
    size = len(attributes)
    return b"".join((MARKER, _HEAD(_FIXED + size, _UPDATE, 0, size), attributes))


def _fields(keys: Sequence[bytes], path_id: int | None, room: int) -> list[bytes]:
    """The keys as NLRI fields of at most ``room`` octets."""
    if not keys:
        return []
    whole = join(keys, path_id)
    if len(whole) <= room:
        return [whole]
    return list(_cut(identified(keys, path_id), room))


def _cut(keys: Sequence[bytes], room: int) -> Iterator[bytes]:
    """Join as many keys as fit, again and again; where to cut is looked up in the running total of their sizes."""
    ends = list(accumulate(map(len, keys)))
    first, sent = 0, 0
    while first < len(keys):
        behind = bisect_right(ends, sent + room)
        if behind == first:
            raise AttributesTooLong(f"a prefix of {len(keys[first])} octets where {max(room, 0)} are left")
        yield b"".join(keys[first:behind])
        first, sent = behind, ends[behind - 1]


def to_two_octet(octets: bytes) -> bytes:
    """A block's octets for a peer that knows AS numbers of two octets only (RFC 6793 §4.2.2).

    An AS above 65535 becomes AS_TRANS; AS4_PATH and AS4_AGGREGATOR tell the truth where that took place.
    """
    out = []
    for raw in walk(octets):
        if raw.code == AttributeCode.AS_PATH:
            path = AsPath.decode(raw.value)
            out.append((raw.code, pack(raw.flags, raw.code, path.encode(_TWO_OCTET))))
            true = As4Path(tuple(segment for segment in path.segments if segment.kind not in CONFED))
            if true.segments and max(path.asns) > 0xFFFF:
                out.append((true.code, pack_attribute(true)))
        elif raw.code == AttributeCode.AGGREGATOR:
            aggregator = Aggregator.decode(raw.value)
            out.append((raw.code, pack(raw.flags, raw.code, aggregator.encode(_TWO_OCTET))))
            if aggregator.asn > 0xFFFF:
                out.append((As4Aggregator.code, pack_attribute(As4Aggregator(aggregator.asn, aggregator.address))))
        else:
            out.append((raw.code, raw.octets))
    return b"".join(whole for _, whole in sorted(out))
