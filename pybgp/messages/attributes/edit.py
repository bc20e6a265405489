"""Changes to a block in people's words: what policies and programs ask for, checked once, applied to many blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import Final, Self

from ...addresses import Family, address_octets
from ...constants import Afi, AttributeCode, Origin
from . import origin as origin_attribute
from .as_path import CONFED, AsPath, Segment, SegmentType, is_private
from .base import Attribute
from .block import Block
from .communities import Communities
from .community_pattern import SIZES, CommunityPattern, join, numbers_of, parse, parse_exact
from .extended_communities import ExtendedCommunities
from .ipv6_extended_communities import Ipv6ExtendedCommunities
from .large_communities import LargeCommunities
from .local_pref import LocalPref
from .med import MultiExitDisc
from .next_hop import why_no_host
from .splice import Splice

Unchanged = EllipsisType
"""``...`` where None has a meaning of its own."""

MAX_PREPEND: Final = 255
LAST_AS: Final = 0
"""In a list of AS numbers to prepend: the AS that stands in front of the path, the last one that it has passed."""
_MAX: Final = 0xFFFFFFFF
_Kind = type[Communities] | type[ExtendedCommunities] | type[Ipv6ExtendedCommunities] | type[LargeCommunities]
_KINDS: Final[Mapping[AttributeCode, _Kind]] = {
    AttributeCode.COMMUNITIES: Communities,
    AttributeCode.EXTENDED_COMMUNITIES: ExtendedCommunities,
    AttributeCode.IPV6_EXTENDED_COMMUNITIES: Ipv6ExtendedCommunities,
    AttributeCode.LARGE_COMMUNITIES: LargeCommunities,
}
_ONLY_STANDARD: Final = ((), (AttributeCode.COMMUNITIES,))


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a number by so much; it stays within 0..4294967295."""

    by: int

    def of(self, number: int | None) -> int:
        return min(max((number or 0) + self.by, 0), _MAX)


@dataclass(frozen=True, slots=True)
class SomeAses:
    """AS numbers to look for in a path: some, private ones (RFC 6996), or all."""

    numbers: frozenset[int] = frozenset()
    private: bool = False
    all: bool = False

    @classmethod
    def of(cls, name: str, items: Iterable[int | str]) -> SomeAses | None:
        """From numbers, "private" and "all"; None for none.

        Raises:
            ValueError: something else.
        """
        found = tuple(items)
        numbers = frozenset(item for item in found if not isinstance(item, str))
        words = {item for item in found if isinstance(item, str)}
        if words - {"private", "all"} or not all(map(_is_as, numbers)) or isinstance(items, str):
            raise ValueError(f'{name} = {list(found)!r}: expected AS numbers, "private" or "all"')
        return cls(numbers, "private" in words, "all" in words) if found else None

    def has(self, asn: int) -> bool:
        return self.all or asn in self.numbers or (self.private and is_private(asn))


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEdit:
    """What is to change; made by ``of``, which checks. Applied in the order of the fields."""

    local_pref: int | Unchanged | None = ...
    med: int | Step | Unchanged | None = ...
    origin: Origin | None = None
    next_hop: bytes = b""
    remove_as: SomeAses | None = None
    replace_as: SomeAses | None = None
    own_as: int = 0
    """What ``replace_as`` puts there."""
    prepend: tuple[int, ...] = ()
    """``LAST_AS`` is the path's own first number."""
    communities: tuple[CommunityPattern, ...] | None = None
    remove_communities: tuple[CommunityPattern, ...] = ()
    add_communities: tuple[CommunityPattern, ...] = ()
    _codes: tuple[AttributeCode, ...] = field(default=(), repr=False)
    """The kinds of communities that may change."""
    _splice: Splice | None = field(default=None, repr=False, compare=False)
    """The quick way, for changes of the usual kinds."""

    def prepared(self) -> Self:
        """The same, quicker, for changes that are made to many blocks."""
        return replace(self, _splice=self._spliced())

    def _spliced(self) -> Splice | None:
        """The quick way to the same, if there is one and something changes."""
        removes = self.local_pref is None or self.med is None or self.remove_communities
        if removes or self.communities is not None or self._rewrites_path or isinstance(self.med, Step):
            return None
        if not self.touches or self._codes not in _ONLY_STANDARD:
            return None
        return Splice(
            local_pref=self.local_pref if isinstance(self.local_pref, int) else None,
            med=self.med if isinstance(self.med, int) else None,
            origin=None if self.origin is None else int(self.origin),
            next_hop=self.next_hop,
            prepend=self.prepend,
            communities=[item.value for item in self.add_communities],
        )

    @property
    def touches(self) -> int:
        """The attributes that may change, as ``Block.mask`` has them."""
        touched = sum(1 << code for code in self._codes)
        for code, changed in (
            (AttributeCode.LOCAL_PREF, self.local_pref is not ...),
            (AttributeCode.MULTI_EXIT_DISC, self.med is not ...),
            (AttributeCode.ORIGIN, self.origin is not None),
            (AttributeCode.NEXT_HOP, self.next_hop),
            (AttributeCode.AS_PATH, self.prepend or self._rewrites_path),
        ):
            touched |= 1 << code if changed else 0
        return touched

    @property
    def _rewrites_path(self) -> bool:
        return self.remove_as is not None or self.replace_as is not None

    @classmethod
    def of(
        cls,
        *,
        local_pref: int | Unchanged | None = ...,
        med: int | str | Unchanged | None = ...,
        origin: str | None = None,
        next_hop: str | None = None,
        remove_as: Iterable[int | str] = (),
        replace_as: Iterable[int | str] = (),
        own_as: int = 0,
        prepend: Iterable[int | str] = (),
        communities: Iterable[str] | Unchanged | None = ...,
        remove_communities: Iterable[str] = (),
        add_communities: Iterable[str] = (),
    ) -> Self:
        """From what people write; ``routes.Route.replace`` says what it means. ``communities`` None is ``...``.

        Raises:
            ValueError: a value that the attribute can't have; the text names the value and what was expected.
        """
        only = None if communities is None or isinstance(communities, EllipsisType) else _parsed(communities)
        removed = tuple(map(parse, _texts("remove_communities", remove_communities)))
        added = _parsed(add_communities, "add_communities")
        codes = {pattern.code for pattern in (*(only or ()), *removed, *added)}
        if only is not None:
            codes.add(AttributeCode.COMMUNITIES)
        return cls(
            local_pref=_number("local_pref", local_pref),
            med=_step("med", med) if isinstance(med, str) else _number("med", med),
            origin=None if origin is None else _origin(origin),
            next_hop=b"" if next_hop is None else _host(next_hop),
            remove_as=SomeAses.of("remove_as", remove_as),
            replace_as=SomeAses.of("replace_as", replace_as),
            own_as=own_as,
            prepend=as_numbers("prepend", prepend),
            communities=only,
            remove_communities=removed,
            add_communities=added,
            _codes=tuple(sorted(codes)),
        )

    def apply(self, block: Block, family: Family) -> Block:
        """The changed block; the same object if nothing changes.

        Raises:
            ValueError: the next hop can't carry the family (RFC 4760, RFC 8950), or an attribute gets too long.
        """
        if self.next_hop and family.afi == Afi.IPV6 and len(self.next_hop) == 4:
            raise ValueError(f"an IPv4 next hop can't carry {family}")
        if self._splice is not None:
            spliced = self._splice.apply(block)
            if spliced is not None:
                return spliced
        return self._replaced(block)

    def _replaced(self, block: Block) -> Block:
        """The general way, attribute by attribute."""
        wanted: list[Attribute] = []
        gone: list[int] = []
        if isinstance(self.local_pref, int):
            wanted.append(LocalPref(self.local_pref))
        elif self.local_pref is None:
            gone.append(AttributeCode.LOCAL_PREF)
        if isinstance(self.med, int | Step):
            wanted.append(MultiExitDisc(self.med.of(block.med) if isinstance(self.med, Step) else self.med))
        elif self.med is None:
            gone.append(AttributeCode.MULTI_EXIT_DISC)
        if self.origin is not None:
            wanted.append(origin_attribute.Origin(self.origin))
        if self.prepend or self._rewrites_path:
            wanted.append(self._path(AsPath.decode(block.as_path_octets)))
        for code in self._codes:
            before = numbers_of(block, code)
            numbers = self._communities(before, code)
            if not numbers:
                gone.append(code)
            elif numbers != before:
                wanted.append(_KINDS[code].decode(join(numbers, SIZES[code])))
        try:
            return block.replace(next_hop=self.next_hop or None, set=wanted, remove=gone)
        except OverflowError:
            raise ValueError("an attribute would be longer than 65535 octets") from None

    def _path(self, path: AsPath) -> AsPath:
        """Some ASes away, some replaced (confederation segments stay as they are), then others in front."""
        if self._rewrites_path:
            segments = (self._segment(segment) for segment in path.segments)
            path = AsPath(tuple(segment for segment in segments if segment.asns))
        first = path.neighbor_as
        asns = tuple(asn or first for asn in self.prepend)
        if 0 in asns:
            raise ValueError('prepend = "last_as": the path has no AS to be prepended')
        return prepended(path, asns) if asns else path

    def _segment(self, segment: Segment) -> Segment:
        if segment.kind in CONFED:
            return segment
        asns = segment.asns
        if self.remove_as is not None:
            asns = tuple(asn for asn in asns if not self.remove_as.has(asn))
        if self.replace_as is not None:
            asns = tuple(self.own_as if self.replace_as.has(asn) else asn for asn in asns)
        return segment._replace(asns=asns)

    def _communities(self, before: list[int], code: AttributeCode) -> list[int]:
        only = None if self.communities is None else [item.value for item in self.communities if item.code == code]
        # the standard ones are replaced by any list, others only by a list that has some of their kind
        replaced = only is not None and (only or code == AttributeCode.COMMUNITIES)
        numbers = only if only is not None and replaced else before
        removed = [item for item in self.remove_communities if item.code == code]
        if removed:
            numbers = [number for number in numbers if not any(item.matches(number) for item in removed)]
        return list(dict.fromkeys((*numbers, *(item.value for item in self.add_communities if item.code == code))))


def prepended(path: AsPath, asns: tuple[int, ...]) -> AsPath:
    """``asns`` in front of a path, in its first AS_SEQUENCE while there is room (RFC 4271 §5.1.2 b)."""
    segments = path.segments
    if segments and segments[0].kind is SegmentType.AS_SEQUENCE:
        asns, segments = asns + segments[0].asns, segments[1:]
    return AsPath((*AsPath.sequence(asns).segments, *segments))


def _number(name: str, value: int | Unchanged | None) -> int | Unchanged | None:
    if value is None or isinstance(value, EllipsisType):
        return value
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 0xFFFFFFFF:
        raise ValueError(f"{name} = {value!r}: expected 0..4294967295")
    return value


def _origin(name: str) -> Origin:
    try:
        return Origin[name.upper()]
    except (KeyError, AttributeError):
        raise ValueError(f"origin = {name!r}: expected igp, egp or incomplete") from None


def _host(text: str) -> bytes:
    octets = address_octets(text)
    if why_no_host(octets, loopback=True):
        raise ValueError(f"next_hop = {text!r}: expected the address of a host")
    return octets


def _step(name: str, text: str) -> Step:
    if text[:1] not in ("+", "-") or not (text[1:].isascii() and text[1:].isdigit()) or int(text[1:]) > _MAX:
        raise ValueError(f'{name} = {text!r}: expected 0..4294967295, or a change like "+10" or "-10"')
    return Step(int(text))


def as_numbers(name: str, asns: Iterable[int | str]) -> tuple[int, ...]:
    """At most ``MAX_PREPEND`` AS numbers; "last_as" becomes ``LAST_AS``.

    Raises:
        ValueError: something else; the text begins with ``name``.
    """
    written = tuple(asns)
    if len(written) > MAX_PREPEND or not all(asn == "last_as" or _is_as(asn) for asn in written):
        raise ValueError(f"{name} = {written!r}: expected at most {MAX_PREPEND} AS numbers of 1..4294967295")
    return tuple(asn if isinstance(asn, int) else LAST_AS for asn in written)


def _is_as(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 0xFFFFFFFF


def _parsed(items: Iterable[str], name: str = "communities") -> tuple[CommunityPattern, ...]:
    return tuple(map(parse_exact, _texts(name, items)))


def _texts(name: str, items: Iterable[str]) -> Iterable[str]:
    if isinstance(items, str):  # would be taken letter by letter
        raise ValueError(f"{name} = {items!r}: expected a list of communities")
    return items
