"""Sets of communities of all three kinds: "65001:*", "64512:7:*", "rt:65001:1", "no-export".

What a look-up costs depends on how many different wildcards a set has, not on the number of its entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from ..constants import AttributeCode
from ..messages.attributes.block import Block
from ..messages.attributes.community_pattern import SIZES, CommunityPattern, parse, split

__all__ = ["CommunitySet", "parse"]


class CommunitySet:
    """Entries of which one has to match one of a route's communities."""

    __slots__ = ("_bits", "_kinds")

    def __init__(self, entries: Iterable[str]) -> None:
        """
        Raises:
            ValueError: an entry that can't be read.
        """
        by_kind: dict[AttributeCode, list[CommunityPattern]] = defaultdict(list)
        for pattern in map(parse, entries):
            by_kind[pattern.code].append(pattern)
        self._kinds = [_Kind(code, patterns) for code, patterns in by_kind.items()]
        self._bits = sum(1 << code for code in by_kind)

    def matches(self, block: Block) -> bool:
        """Is one of the block's communities in the set?"""
        # HOT: once a term and block; 0.1 µs without such communities, below 1 µs for some that have been seen lately.
        if not block.mask & self._bits:
            return False
        return any(kind.matches(block) for kind in self._kinds)


class _Kind:
    """The entries for one attribute."""

    __slots__ = ("_code", "_known", "_size", "_values")

    _LIMIT: Final = 8192

    def __init__(self, code: AttributeCode, patterns: Iterable[CommunityPattern]) -> None:
        by_mask: dict[int, set[int]] = defaultdict(set)
        for pattern in patterns:
            by_mask[pattern.mask].add(pattern.value)
        self._code = code.value
        self._size = SIZES[code]
        self._values = tuple((mask, frozenset(values)) for mask, values in by_mask.items())
        self._known: dict[bytes, bool] = {}  # attribute value -> the answer, for the latest ones

    def matches(self, block: Block) -> bool:
        octets = block.value(self._code)
        if octets is None:
            return False
        answer = self._known.get(octets)
        if answer is None:
            if len(self._known) >= self._LIMIT:
                self._known.clear()
            answer = self._known[octets] = self._search(octets)
        return answer

    def _search(self, octets: bytes) -> bool:
        numbers = split(octets, self._size)
        return any(number & mask in values for mask, values in self._values for number in numbers)
