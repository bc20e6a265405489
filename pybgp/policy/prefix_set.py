"""Prefix lists with length ranges: "10.65.0.0/16 ge 24 le 28", both families in one set.

A prefix is looked up, not searched for: a table for each length that entries have, whose keys are the prefixes' leading
bits. What a look-up costs depends on how many such lengths there are, not on the number of entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..addresses import Family, prefix_key

BITS: Final = {Family.IPV4_UNICAST: 32, Family.IPV6_UNICAST: 128}

_Level = tuple[int, dict[int, int]]
"""How far to shift a prefix's octets, as a number, to the right; what is left → bits of the sets that hold it."""


@dataclass(frozen=True, slots=True)
class PrefixRange:
    """An entry: every prefix inside ``key``'s whose length is ``low``..``high``."""

    family: Family
    key: bytes
    low: int
    high: int


def parse(entry: str) -> PrefixRange:
    """Read "P", "P ge N", "P le N" or "P ge N le M"; without ``ge`` and ``le`` it is exactly P.

    Raises:
        ValueError: none of these; the text says what was expected.
    """
    prefix, *words = entry.split() or [""]
    family, key = prefix_key(prefix)
    length, bits = key[0], BITS[family]
    limits = dict(zip(words[::2], words[1::2], strict=False))
    if words[::2] not in ([], ["ge"], ["le"], ["ge", "le"]) or not all(word.isdecimal() for word in words[1::2]):
        raise ValueError(f"{entry!r}: expected PREFIX, PREFIX ge N, PREFIX le N or PREFIX ge N le M")
    if len(words) % 2:
        raise ValueError(f"{entry!r}: expected a number of bits behind {words[-1]!r}")
    low = int(limits.get("ge", length))
    high = int(limits.get("le", bits if "ge" in limits else length))
    if not length <= low <= high <= bits:
        raise ValueError(f"{entry!r}: expected lengths {length} <= ge <= le <= {bits}")
    return PrefixRange(family, key, low, high)


def parse_set(entries: Iterable[str]) -> list[PrefixRange]:
    """Read a set.

    Raises:
        ValueError: an entry that can't be read.
    """
    return list(map(parse, entries))


class PrefixIndex:
    """Several prefix sets as one: which of them hold a prefix, in one look-up."""

    __slots__ = ("_levels",)

    def __init__(self, sets: Mapping[int, Iterable[PrefixRange]]) -> None:
        """``sets`` are by the bit that stands for them."""
        ranges: dict[Family, list[tuple[PrefixRange, int]]] = {family: [] for family in BITS}
        for bit, entries in sets.items():
            for item in entries:
                ranges[item.family].append((item, bit))
        self._levels = {family: _levels(items, BITS[family]) for family, items in ranges.items() if items}

    def bits(self, family: Family, key: bytes) -> int:
        """The bits of the sets that hold the prefix."""
        # HOT: once a prefix where a policy looks at prefixes; 0.3 µs and 0.1 µs for each length that entries have.
        levels = self._levels.get(family)
        if levels is None:
            return 0
        number = int.from_bytes(key[1:])
        found = 0
        for shift, table in levels[key[0]]:
            found |= table.get(number >> shift, 0)
        return found


class PrefixSet:
    """One prefix set on its own."""

    __slots__ = ("_index",)

    def __init__(self, entries: Iterable[str]) -> None:
        """
        Raises:
            ValueError: an entry that can't be read.
        """
        self._index = PrefixIndex({1: parse_set(entries)})

    def matches(self, family: Family, key: bytes) -> bool:
        """Is the prefix in the set?"""
        return self._index.bits(family, key) != 0


def _levels(items: list[tuple[PrefixRange, int]], bits: int) -> tuple[tuple[_Level, ...], ...]:
    """The levels to look at, for each length that a prefix can have."""
    by_length: dict[int, list[tuple[PrefixRange, int]]] = defaultdict(list)
    for item, bit in items:
        by_length[item.key[0]].append((item, bit))
    levels: list[list[_Level]] = [[] for _ in range(bits + 1)]
    for entry_length in sorted(by_length):
        for length, table in _tables(by_length[entry_length], bits):
            levels[length].append((-(-length // 8) * 8 - entry_length, table))
    return tuple(map(tuple, levels))


def _tables(items: list[tuple[PrefixRange, int]], bits: int) -> Iterable[tuple[int, dict[int, int]]]:
    """(length of a prefix, table) for entries of one length; lengths for which the same entries count share a table."""
    by_range: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for item, bit in items:
        by_range[item.low, item.high].append((_leading_bits(item.key), bit))
    made: dict[tuple[tuple[int, int], ...], dict[int, int]] = {}
    for length in range(bits + 1):
        ranges = tuple(limits for limits in by_range if limits[0] <= length <= limits[1])
        if not ranges:
            continue
        if ranges not in made:
            table = made[ranges] = {}
            for number, bit in (entry for limits in ranges for entry in by_range[limits]):
                table[number] = table.get(number, 0) | bit
        yield length, made[ranges]


def _leading_bits(key: bytes) -> int:
    """The bits that the prefix fixes, as a number."""
    return int.from_bytes(key[1:]) >> (-key[0] % 8)
