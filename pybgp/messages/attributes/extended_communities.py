"""EXTENDED COMMUNITIES: labels of 8 octets with a type (RFC 4360, RFC 5668, RFC 7153)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, EVERYBODY, AttributeValue, distinct, pieces
from .extended_community_kinds import KINDS, NON_TRANSITIVE, Kind
from .text import some_texts

__all__ = [
    "NAMES",
    "NON_TRANSITIVE",
    "ORIGIN_VALIDATION_STATE",
    "ExtendedCommunities",
    "extended_community_text",
    "is_transitive",
    "parse_extended_community",
]

_BY_NUMBER: Final = {kind.number: kind for kind in KINDS}
_BY_NAME: Final[dict[str, list[Kind]]] = {}
for _kind in KINDS:
    _BY_NAME.setdefault(_kind.name, []).append(_kind)
ORIGIN_VALIDATION_STATE: Final = b"\x43\x00"
"""Type and sub-type of what a router inside the AS found out about an origin (RFC 8097 §2)."""
NAMES: Final = frozenset(_BY_NAME)
"""What may stand in front of an extended community's first colon."""
_HEX: Final = re.compile(r"(?:0x)?([0-9a-f]{4}):(?:0x)?([0-9a-f]{12})", re.ASCII | re.IGNORECASE)


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
        return " ".join(map(extended_community_text, self.values))

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(text.split())

    def to_json(self) -> list[str]:
        return list(map(extended_community_text, self.values))

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls.of(some_texts(value, "extended_communities"))


def is_transitive(value: bytes) -> bool:
    """Does the community go on to other ASes (RFC 4360 §2)?"""
    return not value[0] & NON_TRANSITIVE


def extended_community_text(value: bytes) -> str:
    """``"rt:64512:7"``, ``"color:100"``, ``"default-gateway"``; without a name, type and value in hexadecimal.

    A four-octet AS that fits two octets ends in "L" ("rt:64512L:7"), since it is another community (RFC 5668 §2).
    """
    kind = _BY_NUMBER.get(int.from_bytes(value[:2]))
    text = None if kind is None else kind.layout.text(value[2:])
    if kind is None or text is None:
        return f"0x{value[:2].hex()}:0x{value[2:].hex()}"
    return f"{kind.name}:{text}" if text else kind.name


def parse_extended_community(text: str) -> bytes:
    """The 8 octets of what ``extended_community_text`` writes.

    Raises:
        ValueError: nothing of the kind.
    """
    found = _HEX.fullmatch(text)
    if found is not None:
        return bytes.fromhex(found[1] + found[2])
    name, _, rest = text.partition(":")
    whys = []
    for kind in _BY_NAME.get(name, ()):
        try:
            return kind.number.to_bytes(2) + kind.layout.parse(rest)
        except ValueError as error:
            whys.append(str(error))
    why = f" ({whys[0]})" if len(whys) == 1 else ""
    raise ValueError(
        f"{text!r} is not an extended community{why}: "
        "expected rt:AS:VALUE, ro:ADDRESS:VALUE, another name of RFC 7153's registries, or 0xTYPE:0xVALUE"
    )
