"""Long-lived graceful restart: keep my routes much longer, as a last resort (RFC 9494 §3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import Family
from ...constants import CapabilityCode
from ..fields import array, family_field, flag, number, only
from .base import records

_FORWARDING: Final = 0x80


@dataclass(frozen=True, slots=True)
class LongLivedGracefulRestart:
    """``families`` are (family, forwarding state kept, stale time of 0..16777215 s); void without graceful restart."""

    code: ClassVar[int] = CapabilityCode.LONG_LIVED_GRACEFUL_RESTART
    families: tuple[tuple[Family, bool, int], ...] = ()

    @classmethod
    def decode(cls, value: bytes) -> Self:
        return cls(
            tuple(
                (
                    Family(int.from_bytes(record[:2]), record[2]),
                    bool(record[3] & _FORWARDING),
                    int.from_bytes(record[4:]),
                )
                for record in records(value, 7, "long-lived-graceful-restart")
            )
        )

    def encode(self) -> bytes:
        return b"".join(
            family.afi.to_bytes(2) + bytes((family.safi, forwarding * _FORWARDING)) + stale_time.to_bytes(3)
            for family, forwarding, stale_time in self.families
        )

    def __str__(self) -> str:
        families = (
            f"{family}{' forwarding' if kept else ''} stale time {seconds} s" for family, kept, seconds in self.families
        )
        return ", ".join(("long-lived-graceful-restart", *families))

    def to_json(self) -> dict[str, Any]:
        return {
            "families": [
                {"family": str(family), "forwarding": forwarding, "stale_time_s": seconds}
                for family, forwarding, seconds in self.families
            ]
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "families")
        return cls(tuple(_entry(each) for each in array(fields, "families")))


def _entry(fields: Mapping[str, Any]) -> tuple[Family, bool, int]:
    only(fields, "family", "forwarding", "stale_time_s")
    return family_field(fields), flag(fields, "forwarding"), number(fields, "stale_time_s", 0xFFFFFF)
