"""LARGE_COMMUNITY: labels of three 32-bit numbers (RFC 8092)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from struct import iter_unpack, pack
from typing import Any, ClassVar, NamedTuple, Self

from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, EVERYBODY, AttributeValue, distinct
from .text import some_texts


class LargeCommunity(NamedTuple):
    """Global administrator (an AS) and two numbers of its choice, 0..4294967295 each."""

    administrator: int
    data1: int
    data2: int

    def __str__(self) -> str:
        return f"{self.administrator}:{self.data1}:{self.data2}"


@dataclass(frozen=True, slots=True, repr=False)
class LargeCommunities(AttributeValue):
    """``values`` ascending, each once (RFC 8092 §3, §5). Optional, transitive."""

    code: ClassVar[int] = AttributeCode.LARGE_COMMUNITIES
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "8092"
    length_rule: ClassVar[str] = "a multiple of 12 octets, at least 12"
    values: tuple[LargeCommunity, ...]

    @classmethod
    def of(cls, values: Iterable[tuple[int, int, int] | str]) -> Self:
        """From triples and text ("64512:1:2"), sorted, a repeated one once."""
        numbers = {parse_large_community(item) if isinstance(item, str) else LargeCommunity(*item) for item in values}
        return cls(tuple(sorted(numbers)))

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets; the order has no meaning, and a repeated community counts once.

        Raises:
            AttributeLengthError: empty, or not a multiple of 12; treat-as-withdraw (RFC 8092 §6).
        """
        if not data or len(data) % 12:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls.of(iter_unpack("!III", data))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        return distinct(cls, data, 12, ordered=True)

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b"".join(pack("!III", *value) for value in self.values)

    def __str__(self) -> str:
        return " ".join(map(str, self.values))

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(text.split())

    def to_json(self) -> list[str]:
        return list(map(str, self.values))

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls.of(some_texts(value, "large_communities"))


def parse_large_community(text: str) -> LargeCommunity:
    """The numbers of "64512:1:2".

    Raises:
        ValueError: not three numbers of 32 bits.
    """
    parts = text.split(":")
    if len(parts) == 3 and all(part.isdecimal() and int(part) <= 0xFFFFFFFF for part in parts):
        return LargeCommunity(*map(int, parts))
    raise ValueError(f"{text!r} is not a large community: expected AS:VALUE:VALUE, each 0..4294967295")
