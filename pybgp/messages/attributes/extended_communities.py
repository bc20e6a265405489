"""EXTENDED COMMUNITIES: labels of 8 octets with a type (RFC 4360, RFC 5668, RFC 7153)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, EVERYBODY, AttributeValue, distinct, pieces
from .text import some_texts

NON_TRANSITIVE: Final = 0x40
"""Bit of the type octet: the community ends at the border of the AS (RFC 4360 §2)."""
ORIGIN_VALIDATION_STATE: Final = b"\x43\x00"
"""Type and sub-type of what a router inside the AS found out about an origin (RFC 8097 §2)."""


@dataclass(frozen=True, slots=True, repr=False)
class ExtendedCommunities(AttributeValue):
    """``values`` are 8 octets each, each once, in the order of the wire. Optional, transitive."""

    code: ClassVar[int] = AttributeCode.EXTENDED_COMMUNITIES
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4360"
    length_rule: ClassVar[str] = "a multiple of 8 octets, at least 8"
    values: tuple[bytes, ...]

    @classmethod
    def of(cls, values: Iterable[bytes | str]) -> Self:
        """From octets and text ("rt:64512:7"); a repeated one counts once."""
        from .extended_community_text import parse_extended_community

        octets = (parse_extended_community(value) if isinstance(value, str) else value for value in values)
        return cls(tuple(dict.fromkeys(octets)))

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets; types that have no name are kept, a repeated community counts once.

        Raises:
            AttributeLengthError: empty, or not a multiple of 8; treat-as-withdraw (RFC 7606 §7.14).
        """
        if not data or len(data) % 8:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls(tuple(dict.fromkeys(pieces(data, 8))))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes | None:
        value = distinct(cls, data, 8)
        if context.kind is PeerKind.EXTERNAL and ORIGIN_VALIDATION_STATE in value:  # RFC 8097 §2: not from outside
            return b"".join(each for each in pieces(value, 8) if each[:2] != ORIGIN_VALIDATION_STATE) or None
        return value

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b"".join(self.values)

    def __str__(self) -> str:
        from .extended_community_text import extended_community_text

        return " ".join(map(extended_community_text, self.values))

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(text.split())

    def to_json(self) -> list[str]:
        from .extended_community_text import extended_community_text

        return list(map(extended_community_text, self.values))

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls.of(some_texts(value, "extended_communities"))


def is_transitive(value: bytes) -> bool:
    """Does the community go on to other ASes (RFC 4360 §2)?"""
    return not value[0] & NON_TRANSITIVE
