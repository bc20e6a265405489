"""IPV6 EXTENDED COMMUNITIES: labels of 20 octets round an IPv6 address (RFC 5701)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import address_octets, address_text
from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, EVERYBODY, AttributeValue, distinct, pieces
from .text import some_texts

_SIZE: Final = 20
_NAMES: Final = {
    0x0002: "rt",
    0x0003: "ro",
    0x000B: "vrf-import",  # RFC 6515
    0x000C: "redirect-ip",  # draft-ietf-idr-flowspec-redirect-ip
    0x000D: "redirect",  # RFC 8956 §6.1
}
"""Type and sub-type by name (IANA; RFC 5701 §3)."""
_NUMBERS: Final = {name: number for number, name in _NAMES.items()}
_NAMED: Final = re.compile(r"([a-z-]+):\[([0-9a-fA-F:.]+)\]:([0-9]{1,5})", re.ASCII)
_HEX: Final = re.compile(r"(?:0x)?([0-9a-f]{4}):(?:0x)?([0-9a-f]{36})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Ipv6ExtendedCommunities(AttributeValue):
    """``values`` are 20 octets each, each once, in the order of the wire. Optional, transitive."""

    code: ClassVar[int] = AttributeCode.IPV6_EXTENDED_COMMUNITIES
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "5701 §2"
    length_rule: ClassVar[str] = "a multiple of 20 octets, at least 20"
    values: tuple[bytes, ...]

    @classmethod
    def of(cls, values: Iterable[bytes | str]) -> Self:
        """From octets and text ("rt:[2001:db8::1]:7"); a repeated one counts once."""
        octets = (parse_ipv6_extended_community(value) if isinstance(value, str) else value for value in values)
        return cls(tuple(dict.fromkeys(octets)))

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets; types that have no name are kept, a repeated community counts once.

        Raises:
            AttributeLengthError: empty, or not a multiple of 20; treat-as-withdraw (RFC 7606 §7.15).
        """
        if not data or len(data) % _SIZE:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls(tuple(dict.fromkeys(pieces(data, _SIZE))))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        return distinct(cls, data, _SIZE)

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b"".join(self.values)

    def __str__(self) -> str:
        return " ".join(map(ipv6_extended_community_text, self.values))

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(text.split())

    def to_json(self) -> list[str]:
        return list(map(ipv6_extended_community_text, self.values))

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls.of(some_texts(value, "ipv6_extended_communities"))


def ipv6_extended_community_text(value: bytes) -> str:
    """``"rt:[2001:db8::1]:7"``; without a name, type and value in hexadecimal."""
    name = _NAMES.get(int.from_bytes(value[:2]))
    if name is None:
        return f"0x{value[:2].hex()}:0x{value[2:].hex()}"
    return f"{name}:[{address_text(value[2:18])}]:{int.from_bytes(value[18:])}"


def parse_ipv6_extended_community(text: str) -> bytes:
    """The 20 octets of what ``ipv6_extended_community_text`` writes.

    Raises:
        ValueError: nothing of the kind.
    """
    found = _HEX.fullmatch(text)
    if found is not None:
        return bytes.fromhex(found[1] + found[2])
    found = _NAMED.fullmatch(text)
    if found is not None and found[1] in _NUMBERS and ":" in found[2] and int(found[3]) <= 0xFFFF:
        return _NUMBERS[found[1]].to_bytes(2) + address_octets(found[2]) + int(found[3]).to_bytes(2)
    raise ValueError(
        f"{text!r} is not an IPv6 extended community: expected NAME:[ADDRESS]:VALUE with {', '.join(_NUMBERS)}, "
        "or 0xTYPE:0xVALUE"
    )
