"""One validated ROA payload: which AS may originate a prefix, and how far it may be split up (RFC 6811 §2).

In bulk a VRP is a *record*, its octets as an RTR prefix PDU has them without the zero: length, maximum length, 4 or 16
octets of prefix, 4 of AS number. Half a million of them are octets, which the garbage collector doesn't look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from ..addresses import Family, key_text, parse_as, prefix_key

IPV4_RECORD: Final = 10
IPV6_RECORD: Final = 22
BITS: Final = {Family.IPV4_UNICAST: 32, Family.IPV6_UNICAST: 128}


@dataclass(frozen=True, slots=True, order=True)
class Vrp:
    """``key`` is the prefix, ``max_length`` the longest that may be announced of it; AS 0 says "nobody" (RFC 7607)."""

    family: Family
    key: bytes
    max_length: int
    asn: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "192.0.2.0/24 as 65001" or "192.0.2.0/24 le 28 as 65001".

        Raises:
            ValueError: neither of these; the text says what was expected.
        """
        words = text.split()
        if words[1::2] not in (["as"], ["le", "as"]) or len(words) % 2 == 0:
            raise ValueError("expected PREFIX as ASN or PREFIX le LENGTH as ASN")
        family, key = prefix_key(words[0])
        longest = words[2] if words[1] == "le" else str(key[0])
        if not longest.isdecimal() or not key[0] <= int(longest) <= BITS[family]:
            raise ValueError(f"expected a length of {key[0]}..{BITS[family]} behind le")
        return cls(family, key, int(longest), parse_as(words[-1]))

    @classmethod
    def of_record(cls, record: bytes) -> Self:
        """The VRP of a record."""
        length = record[0]
        family = Family.IPV4_UNICAST if len(record) == IPV4_RECORD else Family.IPV6_UNICAST
        octets = record[2 : 2 + (length + 7) // 8]
        return cls(family, bytes((length,)) + octets, record[1], int.from_bytes(record[-4:]))

    @property
    def record(self) -> bytes:
        """Length, maximum length, the whole address, the AS number."""
        address = self.key[1:].ljust(BITS[self.family] // 8, b"\0")
        return bytes((self.key[0], self.max_length)) + address + self.asn.to_bytes(4)

    @property
    def prefix_text(self) -> str:
        return key_text(self.family, self.key)

    def __str__(self) -> str:
        longest = f" le {self.max_length}" if self.max_length != self.key[0] else ""
        return f"{self.prefix_text}{longest} as {self.asn}"


def canonical(record: bytes) -> bytes | None:
    """The record with all bits behind its length zero; None if its lengths can't be meant."""
    # HOT: once a PDU; nearly every record is right as it is.
    bits = (len(record) - 6) * 8
    length = record[0]
    if not length <= record[1] <= bits:
        return None
    number = int.from_bytes(record[2:-4])
    behind = bits - length
    if number & ((1 << behind) - 1):
        number = number >> behind << behind
        return record[:2] + number.to_bytes(bits // 8) + record[-4:]
    return record
