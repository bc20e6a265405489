"""AS_PATH: the ASes that a route has passed (RFC 4271 §4.3, §5.1.2, RFC 5065, RFC 6793)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from struct import unpack_from
from typing import Any, ClassVar, Final, NamedTuple, Self

from ...constants import AS_TRANS, WELL_KNOWN, AttributeCode
from ..context import Context, PeerKind
from ..errors import MalformedAsPath, Outcome
from ..fields import array, items, only, whole
from .base import CANONICAL, EVERYBODY, AttributeValue
from .text import number


class SegmentType(IntEnum):
    """RFC 4271 §4.3, RFC 5065 §3."""

    AS_SET = 1
    AS_SEQUENCE = 2
    AS_CONFED_SEQUENCE = 3
    AS_CONFED_SET = 4


CONFED: Final = frozenset({SegmentType.AS_CONFED_SEQUENCE, SegmentType.AS_CONFED_SET})
SETS: Final = frozenset({SegmentType.AS_SET, SegmentType.AS_CONFED_SET})
MAX_SEGMENT: Final = 255
_TYPES: Final = tuple(SegmentType)
"""By number less one: an enumeration looks its members up ten times slower."""


class Segment(NamedTuple):
    """1..255 AS numbers of one kind."""

    kind: SegmentType
    asns: tuple[int, ...]

    @property
    def length(self) -> int:
        """What the segment counts in the decision: a set 1, confederation segments 0 (RFC 4271 §9.1.2.2 a)."""
        if self.kind in CONFED:
            return 0
        return 1 if self.kind is SegmentType.AS_SET else len(self.asns)


@dataclass(frozen=True, slots=True, repr=False, init=False)
class AsPath(AttributeValue):
    """``segments`` in the order of the wire: the neighbour's AS first. Well-known, mandatory; may be empty.

    One AS_SEQUENCE, as nearly every path is, is held as its AS numbers alone: two objects for the collector of garbage
    instead of four, of which a table has 300,000.
    """

    code: ClassVar[int] = AttributeCode.AS_PATH
    flags: ClassVar[int] = WELL_KNOWN
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4271 §5.1.2, 5065"
    length_rule: ClassVar[str] = "whole segments"
    __match_args__ = ("segments",)
    held: tuple[int, ...] | tuple[Segment, ...]
    """The AS numbers of the one AS_SEQUENCE, or else the segments."""

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        found = tuple(segments)
        is_one = len(found) == 1 and found[0].kind == SegmentType.AS_SEQUENCE
        object.__setattr__(self, "held", found[0].asns if is_one and found[0].asns else found)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """1..255 AS numbers of one kind each."""
        held: tuple[Any, ...] = self.held
        return (Segment(SegmentType.AS_SEQUENCE, held),) if held and type(held[0]) is int else held

    @classmethod
    def sequence(cls, asns: Iterable[int]) -> Self:
        """One AS_SEQUENCE, or as many as it takes when there are more than 255 ASes."""
        numbers = tuple(asns)
        # the short segment comes first, where the next AS will be prepended
        first = len(numbers) % MAX_SEGMENT
        cuts = [numbers[:first]] if first else []
        cuts += [numbers[at : at + MAX_SEGMENT] for at in range(first, len(numbers), MAX_SEGMENT)]
        return cls(tuple(Segment(SegmentType.AS_SEQUENCE, cut) for cut in cuts))

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the segments, with AS numbers of the size that the session has.

        Raises:
            MalformedAsPath: a segment of an unknown type, without ASes, or longer than the attribute; AS 0 (RFC 7607);
                confederation segments from outside, or none in front from another member AS (RFC 5065 §5). All of
                them treat-as-withdraw (RFC 7606 §7.2).
        """
        segments = walk_segments(data, 4 if context.four_octet_as else 2)
        return cls(tuple(_checked(segments, context.kind)))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        # segment by segment: thousands of them as objects would take 25 times their octets
        segments = _checked(walk_segments(data, 4 if context.four_octet_as else 2), context.kind)
        if not context.four_octet_as:
            return write_segments(segments, 4)
        deque(segments, maxlen=0)
        return data

    def encode(self, context: Context = CANONICAL) -> bytes:
        return write_segments(self.segments, 4 if context.four_octet_as else 2)

    @property
    def asns(self) -> tuple[int, ...]:
        """All AS numbers in order, whatever their segments."""
        return tuple(asn for segment in self.segments for asn in segment.asns)

    @property
    def length(self) -> int:
        """As the decision process counts (RFC 4271 §9.1.2.2 a)."""
        return sum(segment.length for segment in self.segments)

    @property
    def neighbor_as(self) -> int:
        """The neighbouring AS for comparing MEDs: the first of the first AS_SEQUENCE, confederation segments apart.

        0 if there is none: the route is from our own AS (RFC 4271 §9.1.2.2 c, RFC 5065 §5.3).
        """
        sequences = (segment for segment in self.segments if segment.kind is SegmentType.AS_SEQUENCE)
        return next((segment.asns[0] for segment in sequences), 0)

    def __str__(self) -> str:
        return " ".join(map(_segment_text, self.segments))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form, where ASes without brackets are an AS_SEQUENCE (as many as ``sequence`` takes).

        Raises:
            ValueError: brackets that don't match, or something that is no AS number.
        """
        segments: list[Segment] = []
        bare: list[int] = []
        for kind, numbers in _read_text(text):
            if kind is SegmentType.AS_SEQUENCE:
                bare += numbers
                continue
            segments += cls.sequence(bare).segments
            segments.append(Segment(kind, numbers))
            bare = []
        return cls((*segments, *cls.sequence(bare).segments))

    def to_json(self) -> list[dict[str, Any]]:
        return [{"type": kind.name.lower(), "asns": list(asns)} for kind, asns in self.segments]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(tuple(map(_segment_of, items(value, "as_path"))))


_BRACKETS: Final = {
    SegmentType.AS_SET: ("{", ",", "}"),
    SegmentType.AS_SEQUENCE: ("", " ", ""),
    SegmentType.AS_CONFED_SEQUENCE: ("(", " ", ")"),
    SegmentType.AS_CONFED_SET: ("[", ",", "]"),
}


def _segment_text(segment: Segment) -> str:
    before, between, behind = _BRACKETS[segment.kind]
    return before + between.join(map(str, segment.asns)) + behind


_WRITTEN: Final = re.compile(
    r"\s*(?:(?P<bare>[0-9]+)|\{(?P<set>[0-9,\s]*)\}|\((?P<confed>[0-9\s]*)\)|\[(?P<confed_set>[0-9,\s]*)\])(?=[\s{(\[]|$)"
)
_KIND_OF: Final = {
    "bare": SegmentType.AS_SEQUENCE,
    "set": SegmentType.AS_SET,
    "confed": SegmentType.AS_CONFED_SEQUENCE,
    "confed_set": SegmentType.AS_CONFED_SET,
}


def _read_text(text: str) -> Iterator[tuple[SegmentType, tuple[int, ...]]]:
    """Segments one by one, a bare AS number as a segment of its own.

    Raises:
        ValueError: as ``AsPath.parse`` says.
    """
    at, text = 0, text.strip()
    while at < len(text):
        found = _WRITTEN.match(text, at)
        if found is None:
            raise ValueError(
                f"as_path: {text[at : at + 20]!r}: expected AS numbers, {{sets}}, (confederation) or [sets]"
            )
        name = found.lastgroup or "bare"
        yield _KIND_OF[name], _asns(found[name].replace(",", " ").split(), number)
        at = found.end()


def _segment_of(value: Any) -> Segment:
    only(value, "type", "asns")
    for kind in SegmentType:
        if value.get("type") == kind.name.lower():
            return Segment(kind, _asns(array(value, "asns"), whole))
    raise ValueError(f"type = {value.get('type')!r}: expected {', '.join(kind.name.lower() for kind in SegmentType)}")


def _asns(values: list[Any], read: Callable[[Any, int, str], int]) -> tuple[int, ...]:
    """1..255 AS numbers but 0."""
    if not 1 <= len(values) <= MAX_SEGMENT:
        raise ValueError(f"segment of {len(values)} AS numbers: expected 1..{MAX_SEGMENT}")
    found = tuple(read(value, 0xFFFFFFFF, "as_path") for value in values)
    if 0 in found:
        raise ValueError("as_path: AS 0: expected 1..4294967295 (RFC 7607)")
    return found


def _checked(segments: Iterator[Segment], kind: PeerKind) -> Iterator[Segment]:
    """The segments, if a peer of this kind may send them.

    Raises:
        MalformedAsPath: as ``AsPath.decode`` says.
    """
    if kind is PeerKind.INTERNAL:
        return segments
    return _without_confederation(segments) if kind is PeerKind.EXTERNAL else _from_member(segments)


def _without_confederation(segments: Iterator[Segment]) -> Iterator[Segment]:
    for segment in segments:
        if segment.kind in CONFED:
            raise MalformedAsPath(AttributeCode.AS_PATH, "confederation segment from a peer outside")
        yield segment


def _from_member(segments: Iterator[Segment]) -> Iterator[Segment]:
    first = next(segments, None)
    if first is None or first.kind is not SegmentType.AS_CONFED_SEQUENCE:
        raise MalformedAsPath(AttributeCode.AS_PATH, "no leading AS_CONFED_SEQUENCE from another member AS")
    yield first
    yield from segments


def is_private(asn: int) -> bool:
    """An AS number for private use (RFC 6996 §5)."""
    return 64512 <= asn <= 65534 or 4_200_000_000 <= asn <= 4_294_967_294


def measure(data: bytes) -> tuple[int, int]:
    """``length`` and ``neighbor_as`` of a path's octets, with AS numbers of four."""
    length = neighbor_as = 0
    for segment in walk_segments(data, 4):
        length += segment.length
        if not neighbor_as and segment.kind is SegmentType.AS_SEQUENCE:
            neighbor_as = segment.asns[0]
    return length, neighbor_as


def walk_segments(data: bytes, as_size: int, attribute: int = AttributeCode.AS_PATH) -> Iterator[Segment]:
    """Segments whose AS numbers have 2 or 4 octets, one by one.

    Raises:
        MalformedAsPath: as ``AsPath.decode`` says, except what depends on the peer.
    """
    at, size = 0, len(data)
    while at < size:
        if size - at < 2:
            raise MalformedAsPath(attribute, "one octet behind the last segment")
        kind, count = data[at], data[at + 1]
        if not 1 <= kind <= 4:
            raise MalformedAsPath(attribute, f"segment type {kind}, expected 1..4")
        if not count:
            raise MalformedAsPath(attribute, "segment without AS numbers")
        end = at + 2 + count * as_size
        if end > size:
            raise MalformedAsPath(attribute, f"segment of {count} AS numbers runs past the end")
        asns = unpack_from(f"!{count}{'I' if as_size == 4 else 'H'}", data, at + 2)
        if 0 in asns:
            raise MalformedAsPath(attribute, "AS 0 (RFC 7607)")
        yield Segment(_TYPES[kind - 1], asns)
        at = end


def write_segments(segments: Iterable[Segment], as_size: int) -> bytes:
    """The octets of segments; in two octets an AS above 65535 becomes AS_TRANS (RFC 6793 §4.2.2)."""
    out = bytearray()
    for kind, asns in segments:
        out += bytes((kind, len(asns)))
        for asn in asns:
            out += (AS_TRANS if as_size == 2 and asn > 0xFFFF else asn).to_bytes(as_size)
    return bytes(out)
