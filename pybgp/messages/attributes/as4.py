"""AS4_PATH and AS4_AGGREGATOR: true AS numbers through peers that know two octets only (RFC 6793).

They come from and go to such peers only; a ``Block`` never has them, its AS_PATH and AGGREGATOR are merged with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import address_text
from ...constants import AS_TRANS, OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, MalformedAsPath, OptionalAttributeError, Outcome
from .aggregator import Aggregator
from .as_path import CONFED, MAX_SEGMENT, AsPath, Segment, SegmentType, measure, walk_segments, write_segments
from .base import CANONICAL, EVERYBODY, AttributeValue

_AS_TRANS: Final = AS_TRANS.to_bytes(4)


@dataclass(frozen=True, slots=True, repr=False)
class As4Path(AttributeValue):
    """The true path, four octets an AS; confederation segments are left out (RFC 6793 §3, §6)."""

    code: ClassVar[int] = AttributeCode.AS4_PATH
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.DISCARD
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "6793 §3, §6"
    length_rule: ClassVar[str] = "at least 6 octets, even"
    segments: tuple[Segment, ...]

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the segments; those of confederations are left out.

        Raises:
            AttributeLengthError: less than one segment; dropped (RFC 6793 §6).
            MalformedAsPath: segments that don't add up, AS 0; dropped.
        """
        return cls(tuple(cls._true(data)))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        return write_segments(cls._true(data), 4)

    @classmethod
    def _true(cls, data: bytes) -> Iterator[Segment]:
        if len(data) < 6 or len(data) % 2:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        empty = True
        for segment in walk_segments(data, 4, cls.code):
            if segment.kind not in CONFED:
                empty = False
                yield segment
        if empty:
            raise MalformedAsPath(cls.code, "nothing but confederation segments")

    def encode(self, context: Context = CANONICAL) -> bytes:
        return write_segments(self.segments, 4)

    def __str__(self) -> str:
        return str(AsPath(self.segments))

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(AsPath.parse(text).to_json())

    def to_json(self) -> list[dict[str, Any]]:
        return AsPath(self.segments).to_json()

    @classmethod
    def from_json(cls, value: Any) -> Self:
        segments = AsPath.from_json(value).segments
        if any(segment.kind in CONFED for segment in segments):
            raise ValueError("as4_path: expected no confederation segments (RFC 6793 §3)")
        return cls(segments)


@dataclass(frozen=True, slots=True, repr=False)
class As4Aggregator(AttributeValue):
    """The true AS of AGGREGATOR, and its BGP Identifier."""

    code: ClassVar[int] = AttributeCode.AS4_AGGREGATOR
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.DISCARD
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "6793 §3, §6"
    length_rule: ClassVar[str] = "8 octets"
    asn: int
    address: bytes

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 8 octets; dropped (RFC 6793 §6).
            OptionalAttributeError: AS 0; dropped (RFC 7607 §2).
        """
        if len(data) != 8:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        asn = int.from_bytes(data[:4])
        if not asn:
            raise OptionalAttributeError(cls.code, "AS 0 (RFC 7607)")
        return cls(asn, data[4:])

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.asn.to_bytes(4) + self.address

    def __str__(self) -> str:
        return f"{self.asn} {address_text(self.address)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(Aggregator.parse(text).to_json())

    def to_json(self) -> dict[str, Any]:
        return Aggregator(self.asn, self.address).to_json()

    @classmethod
    def from_json(cls, value: Any) -> Self:
        found = Aggregator.from_json(value)
        return cls(found.asn, found.address)


def merge(
    path: bytes, aggregator: bytes | None, as4_path: bytes | None, as4_aggregator: bytes | None
) -> tuple[bytes, bytes | None]:
    """The true path and aggregator behind what a two-octet peer sent (RFC 6793 §4.2.3), as canonical values."""
    if aggregator is not None and as4_aggregator is not None:
        if aggregator[:4] != _AS_TRANS:
            return path, aggregator  # somebody changed it who doesn't know the AS4 attributes: both are stale
        aggregator = as4_aggregator
    if as4_path is not None:
        path = _merged_paths(path, as4_path)
    return path, aggregator


def _merged_paths(path: bytes, tail: bytes) -> bytes:
    """As much of the front of ``path`` as it is longer than ``tail``, then ``tail``; counting as the decision does."""
    keep = measure(path)[0] - measure(tail)[0]
    if keep < 0:
        return path
    return write_segments(_joined(_front(walk_segments(path, 4), keep), walk_segments(tail, 4)), 4)


def _front(segments: Iterable[Segment], keep: int) -> Iterator[Segment]:
    """Segments up to a length of ``keep``.

    Those of confederations, which count nothing, stay where they stand in front of or beside what is kept.
    """
    for segment in segments:
        if segment.kind not in CONFED:
            if not keep:
                return
            if segment.length > keep:
                yield Segment(segment.kind, segment.asns[:keep])
                return
            keep -= segment.length
        yield segment


def _joined(front: Iterable[Segment], tail: Iterator[Segment]) -> Iterator[Segment]:
    """Two paths as one; sequences that meet become one where there is room. ``tail`` is not empty."""
    left = None
    for segment in front:
        if left is not None:
            yield left
        left = segment
    right = next(tail)
    if left is not None:
        sequences = left.kind is right.kind is SegmentType.AS_SEQUENCE
        if sequences and len(left.asns) + len(right.asns) <= MAX_SEGMENT:
            right = Segment(left.kind, left.asns + right.asns)
        else:
            yield left
    yield right
    yield from tail
