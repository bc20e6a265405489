"""AS4_PATH and AS4_AGGREGATOR: true AS numbers through peers that know two octets only (RFC 6793).

They come from and go to such peers only; a ``Block`` never has them, its AS_PATH and AGGREGATOR are merged with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...addresses import address_text
from ...constants import AS_TRANS, OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, OptionalAttributeError, Outcome
from .aggregator import Aggregator
from .as_path import CONFED, MAX_SEGMENT, AsPath, Segment, SegmentType, read_segments, write_segments
from .base import CANONICAL, EVERYBODY, AttributeValue


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
        if len(data) < 6 or len(data) % 2:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        segments = read_segments(data, 4, cls.code)
        return cls(tuple(segment for segment in segments if segment.kind not in CONFED))

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
    path: AsPath, aggregator: Aggregator | None, as4_path: As4Path | None, as4_aggregator: As4Aggregator | None
) -> tuple[AsPath, Aggregator | None]:
    """The true path and aggregator behind what a two-octet peer sent (RFC 6793 §4.2.3)."""
    if aggregator is not None and as4_aggregator is not None:
        if aggregator.asn != AS_TRANS:
            return path, aggregator  # somebody changed it who doesn't know the AS4 attributes: both are stale
        aggregator = Aggregator(as4_aggregator.asn, as4_aggregator.address)
    if as4_path is not None:
        path = _merge_paths(path, as4_path.segments)
    return path, aggregator


def _merge_paths(path: AsPath, tail: Sequence[Segment]) -> AsPath:
    """As much of the front of ``path`` as it is longer than ``tail``, then ``tail``; counting as the decision does.

    Confederation segments, which count nothing, stay where they stand in front of or beside what is kept.
    """
    keep = path.length - sum(segment.length for segment in tail)
    if keep < 0 or not tail:
        return path
    front: list[Segment] = []
    for segment in path.segments:
        if segment.kind not in CONFED:
            if not keep:
                break
            if segment.length > keep:
                front.append(Segment(segment.kind, segment.asns[:keep]))
                break
            keep -= segment.length
        front.append(segment)
    return AsPath(_joined(front, tail))


def _joined(front: Sequence[Segment], tail: Sequence[Segment]) -> tuple[Segment, ...]:
    """Two lists of segments as one; sequences that meet become one where there is room."""
    if front and tail:
        left, right = front[-1], tail[0]
        sequences = left.kind is right.kind is SegmentType.AS_SEQUENCE
        if sequences and len(left.asns) + len(right.asns) <= MAX_SEGMENT:
            return (*front[:-1], Segment(left.kind, left.asns + right.asns), *tail[1:])
    return (*front, *tail)
