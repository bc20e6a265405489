"""All named sets that a chain asks for, answered together: one bit a set, so that a term's question is a bit test."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ..addresses import Family
from ..messages.attributes.block import Block
from ..messages.attributes.community_pattern import CommunityPattern
from . import as_path_set, community_set, prefix_set
from .as_path_set import AsPathIndex
from .community_set import CommunityIndex
from .prefix_set import PrefixIndex, PrefixRange
from .spec import MatchLike, PolicySetsLike

_Set = TypeVar("_Set")


class SetIndex:
    """Which sets hold a prefix, which a block."""

    __slots__ = ("_communities", "_paths", "_prefixes")

    def __init__(
        self,
        prefixes: PrefixIndex | None = None,
        paths: AsPathIndex | None = None,
        communities: CommunityIndex | None = None,
    ) -> None:
        self._prefixes = prefixes
        self._paths = paths
        self._communities = communities

    def of_prefix(self, family: Family, key: bytes) -> int:
        """The bits of the prefix sets that hold the prefix."""
        return self._prefixes.bits(family, key) if self._prefixes is not None else 0

    def of_block(self, block: Block) -> int:
        """The bits of the AS-path and community sets that match the block."""
        found = self._paths.bits(block) if self._paths is not None else 0
        return found | self._communities.bits(block) if self._communities is not None else found


class SetLoader:
    """Reads the sets that terms name, each once, and gives them bits."""

    def __init__(self, written: PolicySetsLike) -> None:
        self.problems: list[str] = []
        self.prefix_bits = 0  # of all prefix sets
        self._written = written
        self._bits: dict[tuple[str, str], int] = {}  # kind and name → bit; 0 for what can't be had
        self._prefixes: dict[int, list[PrefixRange]] = {}
        self._paths: dict[int, re.Pattern[str]] = {}
        self._communities: dict[int, tuple[CommunityPattern, ...]] = {}

    def needs(self, where: str, match: MatchLike) -> int:
        """The bits that all must be set for a term; what is wrong is added to ``problems``."""
        written = self._written
        bit = self._bit(
            where, "prefix_set", match.prefix_set, written.prefix_sets, self._prefixes, prefix_set.parse_set
        )
        self.prefix_bits |= bit
        bit |= self._bit(
            where, "as_path_set", match.as_path_set, written.as_path_sets, self._paths, as_path_set.parse_set
        )
        return bit | self._bit(
            where,
            "community_set",
            match.community_set,
            written.community_sets,
            self._communities,
            community_set.parse_set,
        )

    def index(self) -> SetIndex:
        """All sets loaded so far."""
        return SetIndex(
            PrefixIndex(self._prefixes) if self._prefixes else None,
            AsPathIndex(self._paths) if self._paths else None,
            CommunityIndex(self._communities) if self._communities else None,
        )

    def _bit(
        self,
        where: str,
        kind: str,
        name: str | None,
        written: Mapping[str, Sequence[str]],
        made: dict[int, _Set],
        parse: Callable[[Sequence[str]], _Set],
    ) -> int:
        if name is None:
            return 0
        if name not in written:
            expected = f"one of {kind}s: {', '.join(written) or 'there are none'}"
            self.problems.append(f"{where}.match.{kind} = {name!r}: expected {expected}")
            return 0
        if (kind, name) not in self._bits:
            bit = self._bits[kind, name] = 1 << len(self._bits)
            try:
                made[bit] = parse(written[name])
            except ValueError as problem:
                self.problems.append(f"{kind}s.{name}: {problem}")
        return self._bits[kind, name]
