"""Sets of communities of all three kinds: "65001:*", "64512:7:*", "rt:65001:1", "no-export".

What a look-up costs depends on how many different wildcards there are, not on the number of entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from struct import unpack_from
from typing import Final

from ..constants import AttributeCode
from ..messages.attributes.base import EXTENDED_LENGTH
from ..messages.attributes.block import Block
from ..messages.attributes.community_pattern import SIZES, CommunityPattern, parse, split
from ..messages.attributes.splice import communities_at

__all__ = ["SIZES", "CommunityIndex", "parse", "parse_set"]

_Tables = dict[int, dict[int, int]]
"""Mask → (bits of a community under it → bits of the sets that have it)."""


def parse_set(entries: Iterable[str]) -> tuple[CommunityPattern, ...]:
    """Read a set.

    Raises:
        ValueError: an entry that can't be read.
    """
    return tuple(map(parse, entries))


class CommunityIndex:
    """Several community sets as one: which of them have one of a route's communities."""

    __slots__ = ("_kinds", "reads")

    def __init__(self, sets: Mapping[int, Iterable[CommunityPattern]]) -> None:
        """``sets`` are by the bit that stands for them."""
        tables: dict[AttributeCode, _Tables] = defaultdict(lambda: defaultdict(dict))
        for bit, patterns in sets.items():
            for pattern in patterns:
                table = tables[pattern.code][pattern.mask]
                table[pattern.value] = table.get(pattern.value, 0) | bit
        self._kinds = tuple(
            (1 << code, _Standard(found).bits if code == AttributeCode.COMMUNITIES else _Kind(code, found).bits)
            for code, found in tables.items()
        )
        self.reads = sum(1 << code for code in tables)  # the attributes, as ``Block.mask`` has them

    def bits(self, block: Block) -> int:
        """The bits of the sets that have one of the block's communities."""
        # HOT: once a block; 0.1 µs without such communities, 0.7 µs for COMMUNITIES, and for others seen lately.
        found = 0
        mask = block.mask
        if mask & self.reads:
            for bit, bits in self._kinds:
                if mask & bit:
                    found |= bits(block)
        return found


class _Standard:
    """The entries for COMMUNITIES, which is the last attribute before a block's ``tail_at``."""

    __slots__ = ("_by_as", "_exact", "_rest", "_size")

    def __init__(self, tables: _Tables) -> None:
        self._exact = tables.get(0xFFFFFFFF, {})
        self._by_as = {value >> 16: bits for value, bits in tables.get(0xFFFF0000, {}).items()}  # of "AS:*"
        self._rest = tuple((mask, table) for mask, table in tables.items() if mask not in (0xFFFFFFFF, 0xFFFF0000))
        self._size = SIZES[AttributeCode.COMMUNITIES]

    def bits(self, block: Block) -> int:
        # HOT: once a block that has some: two set operations if none is in a table, whatever their number.
        at = communities_at(block)
        octets = block.octets
        at += 4 if octets[at] & EXTENDED_LENGTH else 3
        count = (block.tail_at - at) // self._size
        found = 0
        if self._by_as:
            numbers = unpack_from(f"!{2 * count}H", octets, at)[::2]
            if not self._by_as.keys().isdisjoint(numbers):
                for number in numbers:
                    found |= self._by_as.get(number, 0)
        if self._exact or self._rest:
            numbers = unpack_from(f"!{count}I", octets, at)
            if not self._exact.keys().isdisjoint(numbers):
                for number in numbers:
                    found |= self._exact.get(number, 0)
            for mask, table in self._rest:
                for number in numbers:
                    found |= table.get(number & mask, 0)
        return found


class _Kind:
    """The entries for one attribute. The answers for the latest values are kept."""

    __slots__ = ("_code", "_known", "_size", "_tables")

    _LIMIT: Final = 16_384

    def __init__(self, code: AttributeCode, tables: _Tables) -> None:
        self._code = code.value
        self._size = SIZES[code]
        self._tables = tuple(tables.items())
        self._known: dict[bytes, int] = {}  # value of the attribute → bits

    def bits(self, block: Block) -> int:
        octets = block.value(self._code)
        if octets is None:
            return 0
        found = self._known.get(octets)
        if found is None:
            if len(self._known) >= self._LIMIT:
                self._known.clear()
            found = self._known[octets] = self._look_up(octets)
        return found

    def _look_up(self, octets: bytes) -> int:
        found = 0
        for number in split(octets, self._size):
            for mask, table in self._tables:
                found |= table.get(number & mask, 0)
        return found
