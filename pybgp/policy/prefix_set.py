"""Prefix lists with length ranges: "10.65.0.0/16 ge 24 le 28", both families in one set.

A prefix is looked up, not searched for: a table for each length that entries have, whose keys are the prefixes' leading
bits. What a look-up costs depends on how many such lengths there are, not on the number of entries; and where no entry
shares the first 16 bits, one look-up says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..addresses import Family, prefix_key

BITS: Final = {Family.IPV4_UNICAST: 32, Family.IPV6_UNICAST: 128}

_table: Final = dict[int, int]
"""What a level is made of; tests put one there that counts."""
_HEAD: Final = 3
"""Octets of a key that most look-ups end with: the length and 16 bits."""

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

    __slots__ = ("_heads",)

    def __init__(self, sets: Mapping[int, Iterable[PrefixRange]]) -> None:
        """``sets`` are by the bit that stands for them."""
        ranges: dict[Family, list[tuple[PrefixRange, int]]] = {family: [] for family in BITS}
        for bit, entries in sets.items():
            for item in entries:
                ranges[item.family].append((item, bit))
        self._heads = {family: _Heads(_levels(items, BITS[family])) for family, items in ranges.items() if items}

    def bits(self, family: Family, key: bytes) -> int:
        """The bits of the sets that hold the prefix."""
        # HOT: once a prefix where a policy looks at prefixes: 0.2 µs for most, which are far from all entries; near
        # some 0.4 µs and 0.1 µs for each length that those entries have.
        heads = self._heads.get(family)
        if heads is None:
            return 0
        head = heads[key[:_HEAD]]
        if type(head) is int:
            return head
        number = int.from_bytes(key[1:])
        found = head.bits  # type: ignore[union-attr]
        for shift, table in head.levels:  # type: ignore[union-attr]
            found |= table.get(number >> shift, 0)
        return found

    def common(self, family: Family, keys: Iterable[bytes]) -> int | None:
        """``bits`` of all these prefixes, if it can be seen at once that they are the same for all."""
        # HOT: once an UPDATE where a policy looks at prefixes.
        heads = self._heads.get(family)
        if heads is None:
            return 0
        found = {heads[key[:_HEAD]] for key in keys}
        if len(found) == 1:
            (head,) = found
            if type(head) is int:
                return head
        return None


class _Head:
    """Prefixes of one length that begin alike: the sets that hold all of them, and where to look for others."""

    __slots__ = ("bits", "levels")

    def __init__(self, bits: int, levels: tuple[_Level, ...]) -> None:
        self.bits = bits
        self.levels = levels


class _Heads(dict[bytes, "int | _Head"]):
    """The first octets of a key (its length and 16 bits) → the bits of its sets, if no entry is more specific."""

    _LIMIT: Final = 65_536

    def __init__(self, levels: tuple[tuple[_Level, ...], ...]) -> None:
        super().__init__()
        self._levels = levels
        self._near: dict[tuple[int, int], set[int]] = {}  # shift and table → the first 16 bits of its entries

    def __missing__(self, head: bytes) -> int | _Head:
        if len(self) >= self._LIMIT:
            self.clear()
        length = head[0]
        octets = -(-length // 8)
        number = int.from_bytes(head[1:])
        missing = 8 * max(octets - (_HEAD - 1), 0)  # bits of the key that are not in the head
        bits, levels = 0, []
        for shift, table in self._levels[length]:
            if shift >= missing:
                bits |= table.get(number >> (shift - missing), 0)
            elif number in self._entries(missing - shift, table):
                levels.append((shift, table))
        found = self[head] = _Head(bits, tuple(levels)) if levels else bits
        return found

    def _entries(self, behind: int, table: dict[int, int]) -> set[int]:
        """The first 16 bits of a table's entries, which have ``behind`` bits more."""
        near = self._near.get((behind, id(table)))
        if near is None:
            near = self._near[behind, id(table)] = {entry >> behind for entry in table}
        return near


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
            table = made[ranges] = _table()
            for number, bit in (entry for limits in ranges for entry in by_range[limits]):
                table[number] = table.get(number, 0) | bit
        yield length, made[ranges]


def _leading_bits(key: bytes) -> int:
    """The bits that the prefix fixes, as a number."""
    return int.from_bytes(key[1:]) >> (-key[0] % 8)
