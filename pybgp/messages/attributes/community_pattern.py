"""Communities of all three kinds as people write them, "*" for any number: "65001:*", "64512:7:*", "rt:65001:1".

A community is a number of 32, 96, 64 or (with an IPv6 address in it) 160 bits here, a pattern the bits that count and
their value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ...constants import AttributeCode
from .block import Block
from .communities import parse_community
from .extended_community_text import NAMES, parse_extended_community
from .ipv6_extended_communities import parse_ipv6_extended_community
from .large_communities import parse_large_community

SIZES: Final = {
    AttributeCode.COMMUNITIES: 4,
    AttributeCode.EXTENDED_COMMUNITIES: 8,
    AttributeCode.IPV6_EXTENDED_COMMUNITIES: 20,
    AttributeCode.LARGE_COMMUNITIES: 12,
}
"""The attributes that carry communities, and the octets of one."""
_ANY: Final = "*"
_WITH_WILDCARDS: Final = ("rt", "ro")
_IPV6_HEX: Final = 38
"""Characters of the value of an IPv6 extended community in hexadecimal, behind "0xTYPE:"."""


@dataclass(frozen=True, slots=True)
class CommunityPattern:
    """Communities of the attribute ``code`` whose bits under ``mask`` are ``value``'s."""

    code: AttributeCode
    value: int
    mask: int

    @property
    def exact(self) -> bool:
        """Does it stand for one community only?"""
        return self.mask == (1 << 8 * SIZES[self.code]) - 1

    def matches(self, community: int) -> bool:
        return community & self.mask == self.value


def parse(text: str) -> CommunityPattern:
    """Read a community, or one with "*" for some of its numbers.

    "AS:VALUE" and the well-known names are standard (RFC 1997), "AS:VALUE:VALUE" large (RFC 8092); "rt:" and "ro:" in
    front make an extended one (RFC 4360), with an AS, an address or "*" (any AS of two octets) in the middle, and so
    do the other names of extended communities ("color:100") and "0xTYPE:0xVALUE", without any "*". An IPv6 address
    stands in brackets ("rt:[2001:db8::1]:7", RFC 5701), and only the number behind it may be "*".

    Raises:
        ValueError: nothing of the kind; the text says what was expected.
    """
    parts = text.split(":")
    try:
        if "[" in text or len(parts[-1]) == _IPV6_HEX:
            return _ipv6(text)
        if parts[0] in NAMES or parts[0].startswith("0x"):
            return _extended(text, parts)
        return _large(text, parts) if len(parts) == 3 else _standard(text, parts)
    except ValueError:
        raise ValueError(
            f"{text!r}: expected a community like 65001:7, 64512:7:1, rt:65001:1 or no-export, or * for a number"
        ) from None


def parse_exact(text: str) -> CommunityPattern:
    """Read one community.

    Raises:
        ValueError: not a community, or one with "*".
    """
    pattern = parse(text)
    if not pattern.exact:
        raise ValueError(f"{text!r}: expected one community, without *")
    return pattern


_COUNTED: Final = tuple((code.value, 1 << code, size) for code, size in SIZES.items())


def count(block: Block) -> int:
    """How many communities of all kinds a block carries."""
    found = 0
    for code, bit, size in _COUNTED:
        if block.mask & bit:
            found += len(block.value(code) or b"") // size
    return found


def numbers_of(block: Block, code: AttributeCode) -> list[int]:
    """The communities of one kind that a block carries, in the order of the wire."""
    return split(block.value(code) or b"", SIZES[code])


def split(octets: bytes, size: int) -> list[int]:
    """The communities of ``size`` octets in an attribute's value."""
    return [int.from_bytes(octets[at : at + size]) for at in range(0, len(octets), size)]


def join(numbers: Iterable[int], size: int) -> bytes:
    """The attribute's value."""
    return b"".join(number.to_bytes(size) for number in numbers)


def _standard(text: str, parts: list[str]) -> CommunityPattern:
    code = AttributeCode.COMMUNITIES
    if len(parts) == 2 and _ANY in parts:
        return CommunityPattern(code, parse_community(text.replace(_ANY, "0")), _mask(parts, 16))
    return CommunityPattern(code, parse_community(text), 0xFFFFFFFF)


def _large(text: str, parts: list[str]) -> CommunityPattern:
    values = parse_large_community(":".join("0" if part == _ANY else part for part in parts))
    value = values[0] << 64 | values[1] << 32 | values[2]
    return CommunityPattern(AttributeCode.LARGE_COMMUNITIES, value, _mask(parts, 32))


def _extended(text: str, parts: list[str]) -> CommunityPattern:
    """A wildcard keeps type and subtype; the administrator's size depends on its type (RFC 4360 §3, RFC 5668 §2)."""
    octets = parse_extended_community(":".join("0" if part == _ANY else part for part in parts))
    mask = bytearray(b"\xff" * 8)
    if _ANY in parts:
        if parts[0] not in _WITH_WILDCARDS:
            raise ValueError(f"{text!r}: wildcards are for {' and '.join(_WITH_WILDCARDS)}")
        border = 4 if octets[0] == 0 else 6
        if parts[1] == _ANY:
            mask[2:border] = bytes(border - 2)
        if parts[2] == _ANY:
            mask[border:] = bytes(8 - border)
    return CommunityPattern(AttributeCode.EXTENDED_COMMUNITIES, int.from_bytes(octets), int.from_bytes(mask))


def _ipv6(text: str) -> CommunityPattern:
    """Of any of an address's communities: the last two octets (RFC 5701 §2)."""
    head, _, last = text.rpartition(":")
    octets = parse_ipv6_extended_community(f"{head}:0" if last == _ANY else text)
    mask = (1 << 160) - (1 << 16 if last == _ANY else 1)
    return CommunityPattern(AttributeCode.IPV6_EXTENDED_COMMUNITIES, int.from_bytes(octets), mask)


def _mask(parts: list[str], bits: int) -> int:
    mask = 0
    for part in parts:
        mask = mask << bits | (0 if part == _ANY else (1 << bits) - 1)
    return mask
