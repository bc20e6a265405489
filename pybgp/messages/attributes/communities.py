"""COMMUNITIES: labels of 32 bits on a route (RFC 1997)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from struct import pack, unpack
from typing import Any, ClassVar, Final, Self

from ...constants import OPTIONAL_TRANSITIVE, AttributeCode, Community
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, EVERYBODY, AttributeValue, distinct
from .text import some_texts

_NAMES: Final = {community.value: community.text for community in Community}
_VALUES: Final = {name: value for value, name in _NAMES.items()}


@dataclass(frozen=True, slots=True, repr=False)
class Communities(AttributeValue):
    """``values`` are numbers of 32 bits, each once, in the order of the wire. Optional, transitive."""

    code: ClassVar[int] = AttributeCode.COMMUNITIES
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "1997"
    length_rule: ClassVar[str] = "a multiple of 4 octets, at least 4"
    values: tuple[int, ...]

    @classmethod
    def of(cls, values: Iterable[int | str]) -> Self:
        """From numbers and text ("64512:7", "no-export"); a repeated one counts once."""
        numbers = (parse_community(value) if isinstance(value, str) else value for value in values)
        return cls(tuple(dict.fromkeys(numbers)))

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets; a repeated community counts once.

        Raises:
            AttributeLengthError: empty, or not a multiple of 4; treat-as-withdraw (RFC 7606 §7.8).
        """
        if not data or len(data) % 4:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls(tuple(dict.fromkeys(unpack(f"!{len(data) // 4}I", data))))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        return distinct(cls, data, 4)

    def encode(self, context: Context = CANONICAL) -> bytes:
        return pack(f"!{len(self.values)}I", *self.values)

    def __str__(self) -> str:
        return " ".join(map(community_text, self.values))

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(text.split())

    def to_json(self) -> list[str]:
        """Always numbers ("65535:65281", not "no-export"), so that programs can compare them."""
        return [f"{value >> 16}:{value & 0xFFFF}" for value in self.values]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls.of(some_texts(value, "communities"))


def community_text(value: int) -> str:
    """ "64512:7", or the name of a well-known community."""
    return _NAMES.get(value) or f"{value >> 16}:{value & 0xFFFF}"


def parse_community(text: str) -> int:
    """The number of "64512:7", "no-export" or "4294967041".

    Raises:
        ValueError: none of these.
    """
    if text in _VALUES:
        return _VALUES[text]
    high, colon, low = text.partition(":")
    if high.isdecimal() and low.isdecimal() and int(high) <= 0xFFFF and int(low) <= 0xFFFF:
        return int(high) << 16 | int(low)
    if not colon and high.isdecimal() and int(high) <= 0xFFFFFFFF:
        return int(high)
    raise ValueError(f"{text!r} is not a community: expected AS:VALUE (0..65535 each) or {', '.join(_VALUES)}")
