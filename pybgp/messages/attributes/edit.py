"""Changes to a block in people's words: what policies and programs ask for, checked once, applied to many blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Final, Self

from ...addresses import Family, address_octets
from ...constants import Afi, AttributeCode, Origin
from . import origin as origin_attribute
from .as_path import AsPath, SegmentType
from .base import Attribute
from .block import Block
from .communities import Communities
from .community_pattern import SIZES, CommunityPattern, join, numbers_of, parse, parse_exact
from .extended_communities import ExtendedCommunities
from .large_communities import LargeCommunities
from .local_pref import LocalPref
from .med import MultiExitDisc
from .next_hop import why_no_host

Unchanged = EllipsisType
"""``...`` where None has a meaning of its own."""

MAX_PREPEND: Final = 255
_Kind = type[Communities] | type[ExtendedCommunities] | type[LargeCommunities]
_KINDS: Final[Mapping[AttributeCode, _Kind]] = {
    AttributeCode.COMMUNITIES: Communities,
    AttributeCode.EXTENDED_COMMUNITIES: ExtendedCommunities,
    AttributeCode.LARGE_COMMUNITIES: LargeCommunities,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEdit:
    """What is to change; made by ``of``, which checks. Applied in the order of the fields."""

    local_pref: int | Unchanged | None = ...
    med: int | Unchanged | None = ...
    origin: Origin | None = None
    next_hop: bytes = b""
    prepend: tuple[int, ...] = ()
    communities: tuple[CommunityPattern, ...] | None = None
    remove_communities: tuple[CommunityPattern, ...] = ()
    add_communities: tuple[CommunityPattern, ...] = ()
    _codes: tuple[AttributeCode, ...] = field(default=(), repr=False)
    """The kinds of communities that may change."""

    @classmethod
    def of(
        cls,
        *,
        local_pref: int | Unchanged | None = ...,
        med: int | Unchanged | None = ...,
        origin: str | None = None,
        next_hop: str | None = None,
        prepend: Iterable[int] = (),
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
            med=_number("med", med),
            origin=None if origin is None else _origin(origin),
            next_hop=b"" if next_hop is None else _host(next_hop),
            prepend=_as_numbers(prepend),
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
        wanted: list[Attribute] = []
        gone: list[int] = []
        if isinstance(self.local_pref, int):
            wanted.append(LocalPref(self.local_pref))
        elif self.local_pref is None:
            gone.append(AttributeCode.LOCAL_PREF)
        if isinstance(self.med, int):
            wanted.append(MultiExitDisc(self.med))
        elif self.med is None:
            gone.append(AttributeCode.MULTI_EXIT_DISC)
        if self.origin is not None:
            wanted.append(origin_attribute.Origin(self.origin))
        if self.prepend:
            wanted.append(prepended(AsPath.decode(block.as_path_octets), self.prepend))
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


def _as_numbers(asns: Iterable[int]) -> tuple[int, ...]:
    numbers = tuple(asns)
    if len(numbers) > MAX_PREPEND or not all(_is_as(number) for number in numbers):
        raise ValueError(f"prepend = {numbers!r}: expected at most {MAX_PREPEND} AS numbers of 1..4294967295")
    return numbers


def _is_as(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 0xFFFFFFFF


def _parsed(items: Iterable[str], name: str = "communities") -> tuple[CommunityPattern, ...]:
    return tuple(map(parse_exact, _texts(name, items)))


def _texts(name: str, items: Iterable[str]) -> Iterable[str]:
    if isinstance(items, str):  # would be taken letter by letter
        raise ValueError(f"{name} = {items!r}: expected a list of communities")
    return items
