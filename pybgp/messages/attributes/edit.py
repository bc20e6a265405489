"""Changes to a block in people's words: what policies and programs ask for, checked once, applied to many blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Final, Self

from ...addresses import Family, address_octets
from ...constants import Afi, AttributeCode, Origin
from . import origin as origin_attribute
from .as_path import CONFED, AsPath, Segment, SegmentType, is_private
from .base import Attribute
from .block import INTERNED, Block
from .communities import Communities
from .community_pattern import SIZES, CommunityPattern, join, numbers_of, parse, parse_exact, split
from .extended_communities import ExtendedCommunities
from .ipv6_extended_communities import Ipv6ExtendedCommunities
from .large_communities import LargeCommunities
from .local_pref import LocalPref
from .med import MultiExitDisc
from .next_hop import why_no_host

Unchanged = EllipsisType
"""``...`` where None has a meaning of its own."""

MAX_PREPEND: Final = 255
LAST_AS: Final = 0
"""In a list of AS numbers to prepend: the AS that stands in front of the path, the last one that it has passed."""
_MAX: Final = 0xFFFFFFFF
_ORIGIN_SIZE: Final = 4
_NUMBER_SIZE: Final = 7
"""Octets of MULTI_EXIT_DISC and of LOCAL_PREF."""
_ATOMIC_AGGREGATE_SIZE: Final = 3
_AGGREGATOR_SIZE: Final = 11
_USUAL_ASES: Final = 60
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
        # HOT: once a distinct block that a policy changes: 2 µs if its octets can be cut and put together again.
        if self._codes in _ONLY_STANDARD and not self._rewrites_path:
            spliced = self._spliced(block)
            if spliced is not None:
                return spliced
        return self._replaced(block)

    def _spliced(self, block: Block) -> Block | None:
        """What ``_replaced`` makes, cut out of the octets; None where they are not of the usual kind."""
        octets, mask = block.octets, block.mask
        head_end = at = block.next_hop_at
        med, local_pref = block.med, block.local_pref
        if med is not None:
            at += _NUMBER_SIZE
        if local_pref is not None:
            at += _NUMBER_SIZE
        head, length, neighbor_as = octets[:head_end], block.path_length, block.neighbor_as
        if self.prepend:
            size, kind, count = octets[6:9] if head_end > _ORIGIN_SIZE + 5 else b"\0\0\0"
            if octets[4] != 0x40 or kind != 2 or size != 2 + 4 * count or count + len(self.prepend) > _USUAL_ASES:
                return None
            asns = tuple(asn or neighbor_as for asn in self.prepend)
            count += len(asns)
            added = b"".join(asn.to_bytes(4) for asn in asns)
            head = b"".join((octets[:4], bytes((0x40, 2, 2 + 4 * count, 2, count)), added, octets[9:head_end]))
            length += len(asns)
            neighbor_as = asns[0]
        origin = block.origin
        if self.origin is not None:
            origin = int(self.origin)
            head = b"".join((head[:3], bytes((origin,)), head[4:]))
        if self.med is not ...:
            med = self.med.of(med) if isinstance(self.med, Step) else self.med
            mask = _with(mask, AttributeCode.MULTI_EXIT_DISC, med is not None)
        if self.local_pref is not ...:
            local_pref = self.local_pref
            mask = _with(mask, AttributeCode.LOCAL_PREF, local_pref is not None)
        numbers = b"" if med is None else b"\x80\x04\x04" + med.to_bytes(4)
        if local_pref is not None:
            numbers += b"\x40\x05\x04" + local_pref.to_bytes(4)
        tail_at = block.tail_at
        middle = octets[at:tail_at]
        if self._codes:
            start = _ATOMIC_AGGREGATE_SIZE * (mask >> 6 & 1) + _AGGREGATOR_SIZE * (mask >> 7 & 1)
            found = self._standard(middle[start:])
            if found is None:
                return None
            middle = middle[:start] + found
            mask = _with(mask, AttributeCode.COMMUNITIES, bool(found))
        before = b"".join((head, numbers, middle))
        made = before + octets[tail_at:]
        next_hop = self.next_hop or block.next_hop
        if made == octets and next_hop == block.next_hop:
            return block
        next_hop_at = len(head)
        return Block(
            made,
            INTERNED[next_hop],
            origin,
            length,
            neighbor_as,
            med,
            local_pref,
            mask,
            next_hop_at,
            len(before),
        )

    def _standard(self, attribute: bytes) -> bytes | None:
        """COMMUNITIES after the change, header included; None if it gets long, or has flags of its own."""
        if attribute and (attribute[0] != 0xC0 or len(attribute) != 3 + attribute[2]):
            return None
        if self.communities is None and not self.remove_communities:  # the usual change: some are added
            items = [attribute[at : at + 4] for at in range(3, len(attribute), 4)]
            value = attribute[3:]
            for item in self.add_communities:
                number = item.value.to_bytes(4)
                if number not in items:
                    items.append(number)
                    value += number
        else:
            before = split(attribute[3:], 4)
            value = join(self._communities(before, AttributeCode.COMMUNITIES), 4)
        if len(value) > 255:
            return None
        return b"\xc0\x08" + bytes((len(value),)) + value if value else b""

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


def _with(mask: int, code: AttributeCode, there: bool) -> int:
    bit = 1 << code
    return mask | bit if there else mask & ~bit


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
