"""Components of a flow specification that are prefixes: destination and source (RFC 8955 §4.2.2.1, RFC 8956 §3.1).

IPv6 ones have an offset, the bits of the address that may be anything: "::1234:5678:9a00:0/64-104" looks at the bits
from the 65th to the 104th. Without an offset the text is that of a prefix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ... import addresses
from ..errors import InvalidNetworkField
from ..fields import only, text

_PREFIX: Final = re.compile(r"([0-9a-fA-F:.]+)/(?:([0-9]{1,3})-)?([0-9]{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class PrefixMatch:
    """One component: the bits from ``offset`` to ``length`` of ``address`` (4 or 16 octets, all other bits 0)."""

    kind: PrefixKind
    address: bytes
    length: int
    offset: int = 0

    @property
    def bits(self) -> str:
        """What is compared, as zeros and ones."""
        return f"{int.from_bytes(self.address):0{self.kind.bits}b}"[self.offset : self.length]

    def encode(self) -> bytes:
        size = self.length - self.offset
        pattern = int.from_bytes(self.address) >> self.kind.bits - self.length << -size % 8
        head = (self.kind.number, self.length) if self.kind.bits == 32 else (self.kind.number, self.length, self.offset)
        return bytes(head) + pattern.to_bytes((size + 7) // 8)

    def __str__(self) -> str:
        return f"{self.kind.name} {self._text()}"

    def _text(self) -> str:
        offset = f"{self.offset}-" if self.offset else ""
        return f"{addresses.address_text(self.address)}/{offset}{self.length}"

    def to_json(self) -> dict[str, Any]:
        return {"type": self.kind.name, "prefix": self._text()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PrefixKind:
    """A type of component for addresses of ``bits`` bits, 32 or 128; only the long ones have an offset."""

    number: int
    name: str
    bits: int

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def clean(self, rule: bytearray, at: int) -> int:
        """Set the padding of the prefix at ``at`` to zero; where it ends.

        Raises:
            InvalidNetworkField: a length or an offset that there can't be, or the rule ends too early.
        """
        pattern_at, length, offset = self._head(rule, at)
        if length > self.bits or offset > length or (offset == length != 0):
            raise InvalidNetworkField(f"{self.name}: bits {offset} to {length}, expected up to {self.bits}")
        end = pattern_at + (length - offset + 7) // 8
        if end > len(rule):
            raise InvalidNetworkField(f"{self.name}: the rule ends before the prefix")
        spare = (offset - length) % 8
        if spare:
            rule[end - 1] = rule[end - 1] >> spare << spare
        return end

    def _head(self, rule: bytes | bytearray, at: int) -> tuple[int, int, int]:
        """Where the pattern is, and the length and the offset in front of it."""
        end = at + (1 if self.bits == 32 else 2)
        if end > len(rule):
            raise InvalidNetworkField(f"{self.name}: the rule ends before the prefix")
        return end, rule[at], 0 if self.bits == 32 else rule[at + 1]

    def read(self, rule: bytes, at: int) -> tuple[PrefixMatch, int]:
        """The component at ``at`` of a rule that ``clean`` has seen, and where it ends."""
        pattern_at, length, offset = self._head(rule, at)
        end = pattern_at + (length - offset + 7) // 8
        number = int.from_bytes(rule[pattern_at:end]) >> (offset - length) % 8
        return PrefixMatch(self, (number << self.bits - length).to_bytes(self.bits // 8), length, offset), end

    def parse(self, text: str) -> PrefixMatch:
        """Of "10.1.0.0/16", "2001:db8::/32", "::1234:5678:9a00:0/64-104".

        Raises:
            ValueError: nothing of the kind, or bits set that aren't looked at.
        """
        found = _PREFIX.fullmatch(text)
        if found is None:
            raise ValueError(f"{self.name}: {text!r} is not a prefix: expected {self._example()}")
        address, length, offset = addresses.address_octets(found[1]), int(found[3]), int(found[2] or 0)
        right = len(address) * 8 == self.bits and length <= self.bits and (self.bits == 128 or not offset)
        if not right or offset > length or (offset == length != 0):
            raise ValueError(f"{self.name}: {text!r}: expected {self._example()}")
        component = PrefixMatch(self, address, length, offset)
        if int(component.bits or "0", 2) << self.bits - length != int.from_bytes(address):
            raise ValueError(f"{self.name}: {text!r} has bits set outside {offset}-{length}")
        return component

    def from_json(self, fields: Mapping[str, Any]) -> PrefixMatch:
        """Of what ``to_json`` gives.

        Raises:
            ValueError: a field that is missing or wrong.
        """
        only(fields, "type", "prefix")
        return self.parse(text(fields, "prefix"))

    def _example(self) -> str:
        return "ADDRESS/LENGTH of IPv4" if self.bits == 32 else "ADDRESS/LENGTH or ADDRESS/OFFSET-LENGTH of IPv6"
