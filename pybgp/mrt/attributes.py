"""The attributes of a route in a table: where they differ from those in an UPDATE (RFC 6396 §4.3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ..addresses import Family
from ..constants import AttributeCode
from ..messages.attributes import registry
from ..messages.attributes.base import KIND_BITS, PARTIAL, RawAttribute, pack, walk
from ..messages.attributes.block import Block
from ..messages.attributes.cache import BlockCache
from ..messages.attributes.fast import recognise
from ..messages.attributes.next_hop import canonical_next_hop
from ..messages.context import Context
from ..messages.errors import MalformedAttributeList, OptionalAttributeError, Outcome, Problem
from ..messages.families.registry import FAMILIES
from .records import RouteAttributes

_LIMIT: Final = 1 << 15
"""Sets of attributes that are remembered."""
_OCTETS: Final = 1 << 24
"""Octets that the remembered ones may have together."""
_Found = tuple[Block | None, tuple[Problem, ...]]
_IPV4: Final = Family.IPV4_UNICAST
_ORIGIN: Final = AttributeCode.ORIGIN.value
_AS_PATH: Final = AttributeCode.AS_PATH.value
_EMPTY_AS_PATH: Final = b"\x40\x02\x00"
_NEXT_HOP: Final = AttributeCode.NEXT_HOP.value
_MP_REACH: Final = AttributeCode.MP_REACH_NLRI.value
_MP_UNREACH: Final = AttributeCode.MP_UNREACH_NLRI.value
_MP_FLAGS: Final = 0x80
CONTEXT: Final = Context(loopback=True)
"""A table's attributes have four-octet AS numbers; those of an internal peer may be any."""
OLD_CONTEXT: Final = replace(CONTEXT, four_octet_as=False)
"""Those of a TABLE_DUMP."""


class AttributeReader:
    """Attribute octets → ``RouteAttributes``; the same octets give the same object as long as they are remembered."""

    __slots__ = ("_blocks", "_context", "_room", "_seen")

    def __init__(self, blocks: BlockCache, context: Context = CONTEXT) -> None:
        self._blocks = blocks
        self._context = context
        self._seen: dict[Family, _Seen] = {}
        self._room = _OCTETS

    def seen(self, family: Family) -> Mapping[bytes, RouteAttributes]:
        """Octets → attributes of a family; what isn't remembered is made."""
        if family not in self._seen:
            self._seen[family] = _Seen(self, _Interpreter(self._blocks, self._context, family).read)
        return self._seen[family]

    def make_room(self, size: int, have: int) -> None:
        """For one more set of attributes of so many octets beside ``have``, forgetting all others if it must be."""
        self._room -= size
        if self._room < 0 or have >= _LIMIT:
            for each in self._seen.values():
                each.clear()
            self._room = _OCTETS - size


class _Seen(dict[bytes, RouteAttributes]):
    """What is remembered of one family."""

    __slots__ = ("_read", "_reader")

    def __init__(self, reader: AttributeReader, read: Callable[[bytes], _Found]) -> None:
        self._reader = reader
        self._read = read

    def __missing__(self, octets: bytes) -> RouteAttributes:
        self._reader.make_room(len(octets), len(self))
        found = self[octets] = RouteAttributes.unread(octets, self._read)
        return found


class _Interpreter:
    """Says what the attributes of routes of a family mean, when somebody wants to know."""

    __slots__ = ("_blocks", "_context", "_family")

    def __init__(self, blocks: BlockCache, context: Context, family: Family) -> None:
        self._blocks = blocks
        self._context = context
        self._family = family

    def read(self, octets: bytes) -> _Found:
        """The block, and what is wrong."""
        # HOT: 3 µs for usual attributes, once for all routes that have them; remembered there, not in the block cache.
        block = recognise(octets, None, self._context) if self._family == _IPV4 else None
        return (block, ()) if block is not None else self._parse(octets)

    def _parse(self, octets: bytes) -> _Found:
        if not octets:
            return None, ()
        rest: list[bytes] = []
        codes = set()
        classic = reach = None
        try:
            for raw in walk(octets):
                codes.add(raw.code)
                if raw.code == _NEXT_HOP and classic is None and len(raw.value) == 4:
                    classic = raw.value  # taken off, since it may be 0.0.0.0 here
                elif raw.code == _MP_REACH and reach is None:
                    reach = raw.value
                elif raw.code != _MP_UNREACH:
                    rest.append(_with_right_flags(raw))
        except MalformedAttributeList as error:
            rest.append(error.data)
        if _ORIGIN in codes and _AS_PATH not in codes:
            rest.append(_EMPTY_AS_PATH)  # GoBGP leaves it out of its own routes
        next_hop = classic
        if reach is not None:
            next_hop = _next_hop(reach, self._family)
            if next_hop is None:
                wrong = OptionalAttributeError(_MP_REACH, "no next hop that the family can have", data=reach)
                problem = Problem(Outcome.TREAT_AS_WITHDRAW, _MP_REACH, wrong.why, reach, wrong)
                return None, (problem,)
        found = self._blocks.get(b"".join(rest), next_hop, self._context)
        return (found, ()) if isinstance(found, Block) else (found.block, found.problems)


def _with_right_flags(raw: RawAttribute) -> bytes:
    """The attribute with the flags of its definition: BIRD 2 dumps its own LOCAL_PREF with none."""
    kind = registry.known(raw.code)
    if kind is None or not (raw.flags ^ kind.flags) & KIND_BITS:
        return raw.octets
    return pack(kind.flags | raw.flags & PARTIAL, raw.code, raw.value)


def next_hop_field(value: bytes) -> bytes:
    """The next hop in the value of a MP_REACH_NLRI, abbreviated as RFC 6396 §4.3.4 wants it, or whole."""
    if value and value[0] == len(value) - 1:
        return value[1:]
    return value[4 : 4 + value[3]] if len(value) > 3 else b""


def _next_hop(value: bytes, family: Family) -> bytes | None:
    """4, 16, 32 octets, none for families without next hops; None if it is nothing of these."""
    field = next_hop_field(value)
    codec = FAMILIES.get(family)
    if codec is not None and not codec.plain:
        if len(field) not in codec.next_hop_sizes + codec.extended_next_hop_sizes:
            return None
        field = codec.next_hop_address(field)
    elif not field:
        return None
    return canonical_next_hop(field) if len(field) in (0, 4, 16, 32) else None


def route_attributes(block: Block, family: Family) -> RouteAttributes:
    """A block as the attributes of a route in a table: with NEXT_HOP, or an abbreviated MP_REACH_NLRI."""
    octets, at = block.octets, block.next_hop_at
    if family == _IPV4 and len(block.next_hop) == 4:
        attribute = pack(0x40, _NEXT_HOP, block.next_hop)
        return RouteAttributes(octets[:at] + attribute + octets[at:], block)
    codec = FAMILIES.get(family)
    field = block.next_hop if codec is None or codec.plain else codec.next_hop_octets(block.next_hop)
    attribute = pack(_MP_FLAGS, _MP_REACH, bytes((len(field),)) + field)
    return RouteAttributes(_in_order(octets, attribute), block)


def _in_order(octets: bytes, attribute: bytes) -> bytes:
    """The attributes with one more, ascending by type."""
    wholes = [(raw.code, raw.octets) for raw in walk(octets)]
    code = attribute[1]
    before = b"".join(whole for found, whole in wholes if found < code)
    return before + attribute + octets[len(before) :]
