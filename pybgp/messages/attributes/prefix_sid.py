"""PREFIX_SID: segment routing's label index of a prefix, or the SRv6 SIDs of a service (RFC 8669, RFC 9252).

A TLV that has no class here, or one whose octets its class would not write again just so, stays a ``Tlv``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple, Self

from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, OptionalAttributeError, Outcome
from ..fields import array, items, number, only, whole
from . import text as words
from .base import CANONICAL, INSIDE_CONFEDERATION, AttributeValue, pieces, writable
from .srv6_service import L2_SERVICE, L3_SERVICE, Srv6Service, check_service
from .tlv import Tlv, exhaust, read_tlvs, write_tlv

_HEAD: Final = 3
_LABEL_INDEX: Final = 1
_LABEL_INDEX_SIZE: Final = 7
_ORIGINATOR_SRGB: Final = 3
_RANGE_SIZE: Final = 6
_HIGHEST: Final = 0xFFFFFFFF
_HIGHEST_LABEL: Final = 0xFFFFFF


class LabelIndex(NamedTuple):
    """The prefix's index in every router's block of labels, 0..4294967295 (RFC 8669 §3.1)."""

    label_index: int

    @property
    def kind(self) -> int:
        """Type of the TLV."""
        return _LABEL_INDEX

    def encode(self) -> bytes:
        """The value octets: a reserved one, two of flags, the index."""
        return bytes(3) + self.label_index.to_bytes(4)

    def __str__(self) -> str:
        return f"label-index={self.label_index}"

    def to_json(self) -> dict[str, Any]:
        return {"label_index": self.label_index}


class OriginatorSrgb(NamedTuple):
    """The originator's blocks of labels: first label and how many, of 24 bits each (RFC 8669 §3.2)."""

    ranges: tuple[tuple[int, int], ...]

    @property
    def kind(self) -> int:
        """Type of the TLV."""
        return _ORIGINATOR_SRGB

    def encode(self) -> bytes:
        """The value octets: two of flags, the ranges."""
        return bytes(2) + b"".join(base.to_bytes(3) + size.to_bytes(3) for base, size in self.ranges)

    def __str__(self) -> str:
        return "srgb=" + ",".join(f"{base}:{size}" for base, size in self.ranges)

    def to_json(self) -> dict[str, Any]:
        return {"originator_srgb": [{"base": base, "size": size} for base, size in self.ranges]}


Item = LabelIndex | OriginatorSrgb | Srv6Service | Tlv


@dataclass(frozen=True, slots=True, repr=False)
class PrefixSid(AttributeValue):
    """``tlvs`` in the order of the wire. Optional, transitive, and yet only for our own segment routing domain.

    From an external peer it is dropped (RFC 8669 §4), unless ``Context.same_domain`` says that it is one of ours.
    What is malformed is dropped (RFC 8669 §6), but in a service TLV it counts as a withdrawal (RFC 9252 §7).
    """

    code: ClassVar[int] = AttributeCode.PREFIX_SID
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.DISCARD
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE_CONFEDERATION
    rfc: ClassVar[str] = "8669 §3, 9252 §2"
    length_rule: ClassVar[str] = "whole TLVs, at least one; 7 octets of type 1, 2 and a multiple of 6 of type 3"
    tlvs: tuple[Item, ...]

    @property
    def label_index(self) -> int | None:
        """The prefix's index, None if there is none."""
        return next((tlv.label_index for tlv in self.tlvs if isinstance(tlv, LabelIndex)), None)

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the TLVs.

        Raises:
            AttributeLengthError: empty; dropped (RFC 8669 §6).
            OptionalAttributeError: TLVs that don't add up, or don't have the length of their type; dropped, or
                treat-as-withdraw if it is a service TLV (RFC 9252 §7).
        """
        return cls(tuple(map(_typed, _read(data))))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        exhaust(_read(data))
        return data

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b"".join(write_tlv(tlv.kind, tlv.encode()) for tlv in self.tlvs)

    def __str__(self) -> str:
        return " ".join(map(str, self.tlvs))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "label-index=7 srgb=16000:8000,24000:1000", other TLVs as "9=0102".

        Raises:
            ValueError: nothing of the kind.
        """
        return cls._some([_parse_item(word) for word in text.split()])

    def to_json(self) -> list[dict[str, Any]]:
        return [tlv.to_json() for tlv in self.tlvs]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls._some([_item_of(item) for item in items(value, "prefix_sid")])

    @classmethod
    def _some(cls, tlvs: list[Item]) -> Self:
        if not tlvs:
            raise ValueError("prefix_sid is empty: expected at least one TLV")
        return writable(cls(tuple(tlvs)))


def _read(data: bytes) -> Iterator[Tlv]:
    """TLVs that have the length of their type."""
    if not data:
        raise AttributeLengthError(PrefixSid.code, data, expected=PrefixSid.length_rule)
    at = 0
    try:
        for tlv in read_tlvs(PrefixSid.code, data):
            _check(tlv)
            yield tlv
            at += _HEAD + len(tlv.value)
    except OptionalAttributeError as error:
        if data[at] in (L3_SERVICE, L2_SERVICE):
            error.least = Outcome.TREAT_AS_WITHDRAW
        raise


def _check(tlv: Tlv) -> None:
    kind, value = tlv
    size = len(value)
    if kind == _LABEL_INDEX and size != _LABEL_INDEX_SIZE:
        raise OptionalAttributeError(PrefixSid.code, f"label index of {size} octets, expected {_LABEL_INDEX_SIZE}")
    if kind == _ORIGINATOR_SRGB and (size < 2 + _RANGE_SIZE or (size - 2) % _RANGE_SIZE):
        why = f"originator SRGB of {size} octets, expected 2 and a multiple of {_RANGE_SIZE}"
        raise OptionalAttributeError(PrefixSid.code, why)
    if kind in (L3_SERVICE, L2_SERVICE):
        check_service(PrefixSid.code, value)


def _typed(tlv: Tlv) -> Item:
    """As its class, if that writes the same octets."""
    kind, value = tlv
    found: Item = tlv
    if kind == _LABEL_INDEX:
        found = LabelIndex(int.from_bytes(value[3:]))
    elif kind == _ORIGINATOR_SRGB:
        ranges = pieces(value[2:], _RANGE_SIZE)
        found = OriginatorSrgb(tuple((int.from_bytes(each[:3]), int.from_bytes(each[3:])) for each in ranges))
    elif kind in (L3_SERVICE, L2_SERVICE):
        found = Srv6Service.read(kind, value) or tlv
    return found if found.encode() == value else tlv


def _parse_item(word: str) -> Item:
    name, _, value = word.partition("=")
    if name == "label-index":
        return LabelIndex(words.number(value, _HIGHEST, name))
    if name == "srgb":
        pairs = [words.numbers(pair, 2, _HIGHEST_LABEL, name) for pair in value.split(",")]
        return OriginatorSrgb(tuple((base, size) for base, size in pairs))
    return Srv6Service.parse(word) if name.startswith("srv6-") else _other(Tlv.parse(word))


def _item_of(item: Any) -> Item:
    if not isinstance(item, dict):
        raise ValueError(f"{item!r}: expected an object")
    if item.keys() == {"label_index"}:
        return LabelIndex(whole(item["label_index"], _HIGHEST, "label_index"))
    if item.keys() == {"originator_srgb"}:
        ranges = tuple(map(_range_of, array(item, "originator_srgb")))
        if not ranges:
            raise ValueError("originator_srgb is empty: expected at least one range")
        return OriginatorSrgb(ranges)
    return Srv6Service.from_json(item) if "service" in item else _other(Tlv.from_json(item))


def _range_of(item: Any) -> tuple[int, int]:
    only(item, "base", "size")
    return number(item, "base", _HIGHEST_LABEL), number(item, "size", _HIGHEST_LABEL)


def _other(tlv: Tlv) -> Item:
    """A TLV that was given as octets; of a type that has rules it must keep them."""
    try:
        _check(tlv)
    except OptionalAttributeError as error:
        raise ValueError(error.why) from None
    return _typed(tlv)
