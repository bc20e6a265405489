"""EXTENDED COMMUNITIES: labels of 8 octets with a type (RFC 4360, RFC 5668, RFC 7153)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import address_octets, address_text
from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, EVERYBODY, AttributeValue, pieces
from .text import some_texts

NON_TRANSITIVE: Final = 0x40
"""Bit of the type octet: the community ends at the border of the AS (RFC 4360 §2)."""
_TWO_OCTET_AS: Final = 0x00
_IPV4: Final = 0x01
_FOUR_OCTET_AS: Final = 0x02
_SUBTYPES: Final = {2: "rt", 3: "ro"}
_SUBTYPE_BY_NAME: Final = {name: number for number, name in _SUBTYPES.items()}


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


def extended_community_text(value: bytes) -> str:
    """``"rt:64512:7"``, ``"ro:192.0.2.1:7"``, ``"rt:4200000000:7"``; others as type and value in hex.

    A four-octet AS that fits two octets ends in "L" ("rt:64512L:7"), since it is another community (RFC 5668 §2).
    """
    kind, subtype = value[0], value[1]
    name = _SUBTYPES.get(subtype)
    if name is not None and kind == _TWO_OCTET_AS:
        return f"{name}:{int.from_bytes(value[2:4])}:{int.from_bytes(value[4:])}"
    if name is not None and kind == _IPV4:
        return f"{name}:{address_text(value[2:6])}:{int.from_bytes(value[6:])}"
    if name is not None and kind == _FOUR_OCTET_AS:
        asn = int.from_bytes(value[2:6])
        return f"{name}:{asn}{'L' if asn <= 0xFFFF else ''}:{int.from_bytes(value[6:])}"
    return f"0x{value[:2].hex()}:0x{value[2:].hex()}"


def parse_extended_community(text: str) -> bytes:
    """The 8 octets of what ``extended_community_text`` writes.

    Raises:
        ValueError: nothing of the kind.
    """
    parts = text.split(":")
    try:
        if len(parts) == 3:
            return _parse_named(_SUBTYPE_BY_NAME[parts[0]], parts[1], int(parts[2]))
        kind, value = (bytes.fromhex(part.removeprefix("0x")) for part in parts)
        if len(kind) == 2 and len(value) == 6:
            return kind + value
    except (ValueError, KeyError, OverflowError):
        pass
    raise ValueError(f"{text!r} is not an extended community: expected rt:AS:VALUE, ro:ADDRESS:VALUE or 0xTYPE:0xVALUE")


def _parse_named(subtype: int, administrator: str, number: int) -> bytes:
    if "." in administrator:
        return bytes((_IPV4, subtype)) + address_octets(administrator) + number.to_bytes(2)
    asn = int(administrator.removesuffix("L"))
    if asn > 0xFFFF or administrator.endswith("L"):
        return bytes((_FOUR_OCTET_AS, subtype)) + asn.to_bytes(4) + number.to_bytes(2)
    return bytes((_TWO_OCTET_AS, subtype)) + asn.to_bytes(2) + number.to_bytes(4)
