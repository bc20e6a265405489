"""Extended next hop: families whose next hop may be of another AFI, as IPv4 routes via IPv6 (RFC 8950 §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...addresses import Family
from ...constants import CapabilityCode
from ..fields import array, family_field, number, only
from .base import records


@dataclass(frozen=True, slots=True)
class ExtendedNextHop:
    """``entries`` are (family of the NLRI, AFI of the next hop); usable where both sides sent the same."""

    code: ClassVar[int] = CapabilityCode.EXTENDED_NEXT_HOP
    entries: tuple[tuple[Family, int], ...]

    @classmethod
    def decode(cls, value: bytes) -> Self:
        numbers = [
            tuple(int.from_bytes(record[at : at + 2]) for at in (0, 2, 4))
            for record in records(value, 6, "extended-next-hop")
        ]
        return cls(tuple((Family(afi, safi), next_hop_afi) for afi, safi, next_hop_afi in numbers))

    def encode(self) -> bytes:
        return b"".join(
            family.afi.to_bytes(2) + family.safi.to_bytes(2) + next_hop_afi.to_bytes(2)
            for family, next_hop_afi in self.entries
        )

    def __str__(self) -> str:
        return "extended-next-hop " + ",".join(f"{family}:{afi}" for family, afi in self.entries)

    def to_json(self) -> dict[str, Any]:
        return {"entries": [{"family": str(family), "next_hop_afi": afi} for family, afi in self.entries]}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "entries")
        return cls(tuple(_entry(each) for each in array(fields, "entries")))


def _entry(fields: Mapping[str, Any]) -> tuple[Family, int]:
    only(fields, "family", "next_hop_afi")
    return family_field(fields), number(fields, "next_hop_afi", 0xFFFF)
