"""MP_REACH_NLRI and MP_UNREACH_NLRI: routes of other families than the classic fields have (RFC 4760 §3, §4).

They are not part of a ``Block``: ``update`` takes them off before it looks at the attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ...addresses import Family
from ...constants import AttributeCode
from ..errors import OptionalAttributeError


@dataclass(frozen=True, slots=True)
class MpReach:
    """Reachable prefixes of one family and their next hop; ``nlri`` is the field as it stands."""

    family: Family
    next_hop: bytes
    nlri: bytes

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the value octets; the reserved octet is ignored.

        Raises:
            OptionalAttributeError: shorter than its next hop says; the session ends (RFC 7606 §7.11).
        """
        size = data[3] if len(data) > 3 else 0
        if len(data) < 5 + size:
            why = f"{len(data)} octets, expected at least {5 + size}"
            raise OptionalAttributeError(AttributeCode.MP_REACH_NLRI, why)
        return cls(Family(data[0] << 8 | data[1], data[2]), data[4 : 4 + size], data[5 + size :])

    def encode(self) -> bytes:
        """The value octets."""
        head = self.family.afi.to_bytes(2) + bytes((self.family.safi, len(self.next_hop)))
        return b"".join((head, self.next_hop, b"\0", self.nlri))


@dataclass(frozen=True, slots=True)
class MpUnreach:
    """Withdrawn prefixes of one family; without any, alone in its UPDATE, the family's End-of-RIB (RFC 4724 §2)."""

    family: Family
    nlri: bytes

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the value octets.

        Raises:
            OptionalAttributeError: less than 3 octets; the session ends (RFC 7606 §5.3).
        """
        if len(data) < 3:
            raise OptionalAttributeError(AttributeCode.MP_UNREACH_NLRI, f"{len(data)} octets, expected at least 3")
        return cls(Family(data[0] << 8 | data[1], data[2]), data[3:])

    def encode(self) -> bytes:
        """The value octets."""
        return self.family.afi.to_bytes(2) + bytes((self.family.safi,)) + self.nlri
