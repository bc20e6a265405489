"""The conditions of terms → bits: each different condition of a chain gets one, whoever asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..addresses import Family, address_octets, prefix_key
from ..constants import AttributeCode, Origin
from ..messages.attributes.community_pattern import CommunityPattern, count
from ..routes import RpkiState, SourceKind
from . import as_path_set, community_set, prefix_set
from .as_path_set import AsPathIndex, AsPathSet
from .built_in_sets import named
from .community_set import CommunityIndex
from .facts import BlockReader, Facts, Numbers, SourceTest, Values, ValueTest, attribute
from .generation import Generation
from .prefix_set import BITS, PrefixIndex, PrefixRange, PrefixSet
from .spec import MatchLike, NumberRange, PolicySetsLike

MAX_NUMBER: Final = 0xFFFFFFFF
_RANGE: Final = re.compile(r"(?:ge ([0-9]{1,10}))?(?:(?:^|(?<=[0-9]) )le ([0-9]{1,10}))?")
_SETS: Final = ("prefix_set", "as_path_set", "community_set")
_LISTS: Final = ("prefix", "as_path", "community")
_NUMBERS: Final = ("local_pref", "med", "as_path_length", "community_count")


def parse_range(value: NumberRange) -> tuple[int, int]:
    """Read a number, "ge N", "le N" or "ge N le M" as (least, most).

    Raises:
        ValueError: none of these.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER:
        return value, value
    found = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if found is not None and value:
        least, most = int(found[1] or 0), int(found[2] or MAX_NUMBER)
        if least <= most <= MAX_NUMBER:
            return least, most
    raise ValueError(f'{value!r}: expected a number, "ge N", "le N" or "ge N le M", up to {MAX_NUMBER}')


def _expect_several(key: str, value: object) -> None:
    """A program may give one text where several belong; read letter by letter it would never match."""
    if isinstance(value, str):
        raise ValueError(f"{key} = {value!r}: expected a sequence of texts, such as [{value!r}]")


def _family(key: str, prefix: str) -> Family:
    try:
        return prefix_key(prefix)[0]
    except ValueError:
        raise ValueError(f"{key} = {prefix!r}: expected a prefix like 10.0.0.0/8 or 2001:db8::/32") from None


class Conditions:
    """Collects what terms ask, each condition once."""

    def __init__(self, sets: PolicySetsLike) -> None:
        self.problems: list[str] = []  # what is wrong with sets
        self._sets = sets
        self._bits: dict[tuple[str, Any], int] = {}  # kind and value → bit
        self._names: dict[int, str] = {}
        self._about_prefix = 0
        self._prefixes: dict[int, list[PrefixRange]] = {}
        self._paths: dict[int, AsPathSet] = {}
        self._communities: dict[int, tuple[CommunityPattern, ...]] = {}
        self._numbers: dict[str, list[tuple[int, tuple[int, int]]]] = {}
        self._counts: list[tuple[int, tuple[int, int]]] = []
        self._next_hops: list[tuple[int, PrefixSet]] = []
        self._sources: list[tuple[int, SourceTest]] = []
        self._rpki: dict[RpkiState, int] = {}
        self._exists: dict[str, tuple[int, int]] = {}

    def needs(self, where: str, match: MatchLike) -> int:
        """The bits that must all be set for a term.

        Raises:
            ValueError: a value that can't be meant; the text names the key. What is wrong with a set is added to
                ``problems``.
        """
        for key in (*_LISTS, *_SOURCE_TESTS, "next_hop"):
            _expect_several(key, getattr(match, key))
        needs = 0
        for key in _SETS:
            needs |= self._named(where, key, getattr(match, key))
        for key in _LISTS:
            needs |= self._listed(key, getattr(match, key))
        for key in _NUMBERS:
            needs |= self._number(key, getattr(match, key))
        for key, make in _SOURCE_TESTS.items():
            needs |= self._source(key, getattr(match, key), make)
        needs |= self._origin(match.origin) | self._next_hop(match.next_hop) | self._state(match.rpki)
        return (
            needs
            | self._existing(where, "exists", match.exists)
            | self._existing(where, "not_exists", match.not_exists)
        )

    def facts(self, generation: Generation) -> Facts:
        """All conditions met so far."""
        return Facts(
            names=self._names,
            prefixes=PrefixIndex(self._prefixes) if self._prefixes else None,
            sources=self._sources,
            readers=list(self._readers()),
            rpki=self._rpki,
            exists=self._exists,
            about_prefix=self._about_prefix,
            generation=generation,
        )

    def _readers(self) -> list[tuple[int, BlockReader]]:
        found: list[tuple[int, BlockReader]] = []
        values: dict[str, ValueTest] = {}
        mask = 0
        for key, ranges in self._numbers.items():
            reads, field, absent = _NUMBER_OF[key]
            if key in _OF_ANY_SIZE:
                found.append((reads, Numbers(field, ranges, absent=absent).bits))
            else:
                mask |= reads
                values[field] = _in_ranges(ranges)
        if self._next_hops:
            mask |= attribute(AttributeCode.NEXT_HOP)
            values["next_hop"] = _in_prefixes(self._next_hops)
        if values:
            found.append((mask, Values(values).bits))
        if self._counts:
            mask = sum(map(attribute, community_set.SIZES))
            found.append((mask, _by_count(_in_ranges(self._counts))))
        if self._paths:
            found.append((attribute(AttributeCode.AS_PATH), AsPathIndex(self._paths).bits))
        if self._communities:
            communities = CommunityIndex(self._communities)
            found.append((communities.reads, communities.bits))
        return found

    # -- kinds of conditions -----------------------------------------------------------------------------------------

    def _bit(self, kind: str, value: Any, name: str) -> tuple[int, bool]:
        """The bit of a condition, and whether it is a new one."""
        bit = self._bits.get((kind, value))
        if bit is not None:
            return bit, False
        bit = self._bits[kind, value] = 1 << len(self._bits)
        self._names[bit] = name
        return bit, True

    def _named(self, where: str, key: str, name: str | None) -> int:
        if name is None:
            return 0
        written = named(self._sets, f"{key}s")
        if not self._known(where, key, name, written, f"{key}s"):
            return 0
        bit, new = self._bit(key, name, f"{key} {name}")
        if new:
            try:
                self._load(key.removesuffix("_set"), bit, written[name])
            except ValueError as problem:
                self.problems.append(f"{key}s.{name}: {problem}")
        return bit

    def _known(self, where: str, key: str, name: str, written: Mapping[str, Any], table: str) -> bool:
        if name in written:
            return True
        expected = f"one of {table}: {', '.join(written) or 'there are none'}"
        self.problems.append(f"{where}.match.{key} = {name!r}: expected {expected}")
        return False

    def _listed(self, key: str, entries: Sequence[str] | None) -> int:
        """Like a named set, but written in the term."""
        if entries is None:
            return 0
        bit, new = self._bit(key, tuple(entries), f"{key} {' | '.join(entries)}")
        if new:
            try:
                self._load(key, bit, entries)
            except ValueError as problem:
                raise ValueError(f"{key} = {problem}") from None
        return bit

    def _load(self, kind: str, bit: int, entries: Sequence[str]) -> None:
        if kind == "prefix":
            self._about_prefix |= bit
            self._prefixes[bit] = prefix_set.parse_set(entries)
        elif kind == "as_path":
            self._paths[bit] = as_path_set.parse_set(entries)
        else:
            self._communities[bit] = community_set.parse_set(entries)

    def _number(self, key: str, value: NumberRange | None) -> int:
        if value is None:
            return 0
        try:
            limits = parse_range(value)
        except ValueError as problem:
            raise ValueError(f"{key} = {problem}") from None
        bit, new = self._bit(key, limits, f"{key} {value}")
        if new:
            ranges = self._counts if key == "community_count" else self._numbers.setdefault(key, [])
            ranges.append((bit, limits))
        return bit

    def _source(self, key: str, value: Sequence[Any] | None, make: Callable[[Sequence[Any]], SourceTest]) -> int:
        if value is None:
            return 0
        bit, new = self._bit(key, tuple(value), f"{key} {' | '.join(map(str, value))}")
        if new:
            self._sources.append((bit, make(value)))
        return bit

    def _origin(self, name: str | None) -> int:
        if name is None:
            return 0
        try:
            origin = Origin[name.upper()]
        except KeyError:
            raise ValueError(f"origin = {name!r}: expected igp, egp or incomplete") from None
        bit, new = self._bit("origin", name, f"origin {name}")
        if new:
            self._numbers.setdefault("origin", []).append((bit, (origin, origin)))
        return bit

    def _next_hop(self, prefixes: Sequence[str] | None) -> int:
        """Inside one of the prefixes; of a global and a link-local next hop (RFC 2545) either may be."""
        if prefixes is None:
            return 0
        bit, new = self._bit("next_hop", tuple(prefixes), f"next_hop {' | '.join(prefixes)}")
        if new:
            inside = PrefixSet(f"{prefix} le {BITS[_family('next_hop', prefix)]}" for prefix in prefixes)
            self._next_hops.append((bit, inside))
        return bit

    def _state(self, name: str | None) -> int:
        if name is None:
            return 0
        try:
            state = RpkiState(name)
        except ValueError:
            raise ValueError(f"rpki = {name!r}: expected {', '.join(RpkiState)}") from None
        bit, _ = self._bit("rpki", state, f"rpki {name}")
        self._about_prefix |= bit
        self._rpki[state] = bit
        return bit

    def _existing(self, where: str, key: str, name: str | None) -> int:
        if name is None or not self._known(where, key, name, named(self._sets, "prefix_sets"), "prefix_sets"):
            return 0
        there, _ = self._bit("exists", name, f"exists {name}")
        gone, _ = self._bit("not_exists", name, f"not_exists {name}")
        self._exists[name] = there, gone
        return there if key == "exists" else gone


# -- where a route comes from ------------------------------------------------------------------------------------------


def _from_sources(names: Sequence[str]) -> SourceTest:
    try:
        kinds = frozenset(map(SourceKind, names))
    except ValueError:
        expected = ", ".join(SourceKind)
        raise ValueError(f"source = {list(names)!r}: expected a list of {expected}") from None
    return lambda source, family: source.kind in kinds


def _of_families(families: Sequence[Family]) -> SourceTest:
    wanted = frozenset(families)
    return lambda source, family: family in wanted


def _from_peers(peers: Sequence[str]) -> SourceTest:
    """By name or address; an address may be written in any way, one with a zone is a name."""
    names = frozenset(peers)
    addresses = frozenset(filter(None, (_octets(peer) for peer in peers if "%" not in peer)))
    return lambda source, family: source.name in names or source.address in addresses


def _from_groups(groups: Sequence[str]) -> SourceTest:
    names = frozenset(groups)
    return lambda source, family: source.group in names and bool(source.group)


def _octets(text: str) -> bytes:
    try:
        return address_octets(text)
    except ValueError:
        return b""


_SOURCE_TESTS: Final[Mapping[str, Callable[[Sequence[Any]], SourceTest]]] = {
    "source": _from_sources,
    "family": _of_families,
    "peer": _from_peers,
    "peer_group": _from_groups,
}


# -- attributes --------------------------------------------------------------------------------------------------------

_NUMBER_OF: Final[Mapping[str, tuple[int, str, int | None]]] = {
    "local_pref": (attribute(AttributeCode.LOCAL_PREF), "local_pref", None),
    "med": (attribute(AttributeCode.MULTI_EXIT_DISC), "med", 0),
    "origin": (attribute(AttributeCode.ORIGIN), "origin", None),
    "as_path_length": (attribute(AttributeCode.AS_PATH), "path_length", None),
}
"""What a number is read from, the field of a block that has it, and what counts where there is none (for MED
RFC 4271 §9.1.2.2 c)."""


_OF_ANY_SIZE: Final = ("local_pref", "med")


def _in_ranges(ranges: Sequence[tuple[int, tuple[int, int]]]) -> ValueTest:
    return lambda number: sum(bit for bit, (least, most) in ranges if least <= number <= most)


def _in_prefixes(sets: Sequence[tuple[int, PrefixSet]]) -> ValueTest:
    return lambda next_hop: sum(bit for bit, inside in sets if _is_inside(next_hop, inside))


def _by_count(test: ValueTest) -> BlockReader:
    return lambda block: test(count(block))


def _is_inside(next_hop: bytes, prefixes: PrefixSet) -> bool:
    if len(next_hop) == 4:
        return prefixes.matches(Family.IPV4_UNICAST, b"\x20" + next_hop)
    halves = (next_hop[at : at + 16] for at in range(0, len(next_hop), 16))
    return any(prefixes.matches(Family.IPV6_UNICAST, b"\x80" + half) for half in halves)
