"""All that a chain's terms ask of a route, answered together: one bit a condition.

So a term is a bit test, and what a route costs depends on how many different things are asked for (its prefix, its AS
path, its communities, a number), not on how many terms ask for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from ..addresses import Family
from ..constants import AttributeCode
from ..messages.attributes.block import Block
from ..routes import RpkiState, Source
from .generation import FIRST, Generation
from .prefix_set import PrefixIndex

SourceTest = Callable[[Source, Family], bool]
"""Asks where a route comes from."""
ValueTest = Callable[[Any], int]
"""The bits of the conditions on one value that it meets."""
BlockReader = Callable[[Block], int]
"""The bits of the conditions on one attribute that a block meets."""


class Facts:
    """Which conditions hold, as bits. A pure function of the route and the generation."""

    __slots__ = (
        "_by_source",
        "_exists",
        "_prefixes",
        "_readers",
        "_rpki",
        "_sources",
        "_validator",
        "about_prefix",
        "always",
        "names",
        "reads",
    )

    _LIMIT: Final = 4096

    def __init__(
        self,
        *,
        names: Mapping[int, str] | None = None,
        prefixes: PrefixIndex | None = None,
        sources: Sequence[tuple[int, SourceTest]] = (),
        readers: Sequence[tuple[int, BlockReader]] = (),
        rpki: Mapping[RpkiState, int] | None = None,
        exists: Mapping[str, tuple[int, int]] | None = None,
        about_prefix: int = 0,
        generation: Generation = FIRST,
    ) -> None:
        """
        ``names`` are the conditions by their bits, for people. ``readers`` come with the mask of the attributes
        (``Block.mask``) that they look at. ``rpki`` has the bit of each state that is asked for, ``exists`` by prefix
        set the bits for "is there" and "isn't". ``about_prefix`` are the bits of conditions on the prefix.
        """
        self.names = dict(names or {})
        self.about_prefix = about_prefix
        self.reads = 0  # the attributes that conditions look at, as ``Block.mask`` has them
        for mask, _ in readers:
            self.reads |= mask
        self._prefixes = prefixes
        self._sources = tuple(sources)
        self._readers = tuple(reader for _, reader in readers)
        self._rpki = dict(rpki or {})
        self._exists = dict(exists or {})
        self._validator = generation.validator
        self.always = 0  # bits that hold for every route of this generation
        for name, (there, gone) in self._exists.items():
            self.always |= there if name in generation.existing else gone
        self._by_source: dict[tuple[Source, Family], int] = {}

    @property
    def watched(self) -> frozenset[str]:
        """The prefix sets of ``exists`` and ``not_exists``."""
        return frozenset(self._exists)

    def renewed(self, generation: Generation) -> Facts:
        """The same conditions with another generation; itself, if that makes no difference."""
        renewed = Facts(
            names=self.names,
            prefixes=self._prefixes,
            sources=self._sources,
            rpki=self._rpki,
            exists=self._exists,
            about_prefix=self.about_prefix,
            generation=generation,
        )
        renewed._readers, renewed.reads = self._readers, self.reads
        if renewed.always == self.always and (not self._rpki or renewed._validator is self._validator):
            return self
        return renewed

    def of_source(self, source: Source, family: Family) -> int:
        """The bits of what depends only on where a route comes from, and of what always holds."""
        known = self._by_source
        bits = known.get((source, family))
        if bits is None:
            if len(known) >= self._LIMIT:
                known.clear()
            bits = self.always
            for bit, holds in self._sources:
                if holds(source, family):
                    bits |= bit
            known[source, family] = bits
        return bits

    def of_block(self, block: Block) -> int:
        """The bits of the conditions that the attributes meet."""
        # HOT: once a block, a call for each thing that is asked for.
        bits = 0
        for reader in self._readers:
            bits |= reader(block)
        return bits

    def of_prefix(self, family: Family, key: bytes, block: Block) -> int:
        """The bits of the conditions that the prefix meets (and the origin AS, for its RPKI state)."""
        bits = self._prefixes.bits(family, key) if self._prefixes is not None else 0
        if self._rpki:
            validator = self._validator
            state = RpkiState.NOT_FOUND if validator is None else validator.state(family, key, block.origin_as)
            bits |= self._rpki.get(state, 0)
        return bits

    def by_prefix(self, family: Family, keys: list[bytes], block: Block) -> Iterable[tuple[int, list[bytes]]]:
        """The prefixes of a block by the bits of ``of_prefix``."""
        # HOT: once an UPDATE, 0.1 µs a prefix where all of them are outside of the sets, or all inside of the same.
        if not self._rpki and self._prefixes is not None:
            bits = self._prefixes.common(family, keys)
            if bits is not None:
                return ((bits, keys),)
        found: dict[int, list[bytes]] = {}
        for key in keys:
            found.setdefault(self.of_prefix(family, key, block), []).append(key)
        return found.items()

    def missing(self, needs: int, bits: int) -> str:
        """In words, which of the conditions don't hold."""
        return ", ".join(name for bit, name in self.names.items() if bit & needs & ~bits)


class Numbers:
    """A number that may be any, MED or LOCAL_PREF: the bits of the ranges that it is in."""

    __slots__ = ("_absent", "_exact", "_ranges", "_read")

    def __init__(self, field: str, ranges: Iterable[tuple[int, tuple[int, int]]], *, absent: int | None) -> None:
        """``ranges`` are (bit, (least, most)); ``absent`` is what counts where there is no number."""
        self._read = attrgetter(field)
        self._exact: dict[int, int] = {}
        self._ranges = []
        for bit, (least, most) in ranges:
            if least == most:
                self._exact[least] = self._exact.get(least, 0) | bit
            else:
                self._ranges.append((bit, least, most))
        self._absent = 0 if absent is None else self._of(absent)

    def bits(self, block: Block) -> int:
        """The bits of the conditions that the number meets."""
        # HOT: once a block; 0.2 µs, and 0.1 µs for each range that isn't one number.
        number = self._read(block)
        return self._absent if number is None else self._of(number)

    def _of(self, number: int) -> int:
        found = self._exact.get(number, 0)
        for bit, least, most in self._ranges:
            if least <= number <= most:
                found |= bit
        return found


class Values(dict[Any, int]):
    """Some fields of a block together → the bits of the conditions on them; worked out when they are first seen.

    Few combinations of ORIGIN, path length and next hop make up a table of routes.
    """

    _LIMIT: Final = 16_384

    def __init__(self, tests: Mapping[str, ValueTest]) -> None:
        """``tests`` are by the field's name."""
        super().__init__()
        self._tests = tuple(tests.values())
        self._read = attrgetter(*tests)

    def bits(self, block: Block) -> int:
        """The bits of the conditions that the fields meet."""
        # HOT: once a block; 0.3 µs, however many fields and conditions there are.
        return self[self._read(block)]

    def __missing__(self, values: Any) -> int:
        if len(self) >= self._LIMIT:
            self.clear()
        bits = 0
        for test, value in zip(self._tests, values if len(self._tests) > 1 else (values,), strict=True):
            bits |= test(value)
        self[values] = bits
        return bits


def attribute(code: AttributeCode) -> int:
    """An attribute as ``Facts.reads`` has it."""
    return 1 << code
