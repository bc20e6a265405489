"""Multiple Labels: families whose prefixes may stand behind more than one label (RFC 8277 §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import Family
from ...constants import CapabilityCode
from ..fields import array, family_field, number, only
from .base import records

_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class MultipleLabels:
    """``entries`` are (family, most labels that are taken), 255 for any number; both sides must send the family.

    An entry of less than two labels is left out on receipt; of several for a family only the first counts.
    """

    code: ClassVar[int] = CapabilityCode.MULTIPLE_LABELS
    entries: tuple[tuple[Family, int], ...]

    @classmethod
    def decode(cls, value: bytes) -> Self:
        return cls(
            tuple(
                (Family(int.from_bytes(record[:2]), record[2]), record[3])
                for record in records(value, 4, "multiple-labels")
                if record[3] >= _FEWEST
            )
        )

    def encode(self) -> bytes:
        return b"".join(family.afi.to_bytes(2) + bytes((family.safi, count)) for family, count in self.entries)

    def __str__(self) -> str:
        return "multiple-labels " + ",".join(f"{family}:{count}" for family, count in self.entries)

    def to_json(self) -> dict[str, Any]:
        return {"entries": [{"family": str(family), "count": count} for family, count in self.entries]}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "entries")
        return cls(tuple(_entry(each) for each in array(fields, "entries")))


def _entry(fields: Mapping[str, Any]) -> tuple[Family, int]:
    only(fields, "family", "count")
    count = number(fields, "count", 0xFF)
    if count < _FEWEST:
        raise ValueError(f"count = {count}: expected {_FEWEST}..255")
    return family_field(fields), count
