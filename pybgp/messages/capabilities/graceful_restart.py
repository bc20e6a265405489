"""Graceful restart: keep my routes while I restart (RFC 4724 §3, RFC 8538 §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import Family
from ...constants import CapabilityCode
from ..fields import family_field, flag, items, number, only, whole
from .base import CapabilityLengthError, records

_RESTARTING: Final = 0x8
_NOTIFICATION: Final = 0x4
_FORWARDING: Final = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class GracefulRestart:
    """What the sender promises for its next restart.

    ``restarting`` (R): it has just restarted. ``notification`` (N): NOTIFICATIONs and hold timer expiry count as
    graceful too (RFC 8538). ``restart_time`` is 0..4095 seconds. ``families`` are (family, forwarding state kept);
    without any, the sender only says that it sends End-of-RIB. ``reserved`` and ``family_reserved`` (one
    number a family, () for all 0) are the flag bits without a meaning yet.
    """

    code: ClassVar[int] = CapabilityCode.GRACEFUL_RESTART
    restarting: bool = False
    notification: bool = False
    restart_time: int = 0
    families: tuple[tuple[Family, bool], ...] = ()
    reserved: int = 0
    family_reserved: tuple[int, ...] = ()

    @classmethod
    def decode(cls, value: bytes) -> Self:
        if len(value) < 2:
            raise CapabilityLengthError(f"graceful-restart of {len(value)} octets, expected 2 and 4 a family")
        flags = value[0] >> 4
        tuples = records(value[2:], 4, "graceful-restart families")
        reserved = tuple(record[3] & ~_FORWARDING for record in tuples)
        return cls(
            restarting=bool(flags & _RESTARTING),
            notification=bool(flags & _NOTIFICATION),
            restart_time=int.from_bytes(value[:2]) & 0xFFF,
            families=tuple(
                (Family(int.from_bytes(record[:2]), record[2]), bool(record[3] & _FORWARDING)) for record in tuples
            ),
            reserved=flags & 0x3,
            family_reserved=reserved if any(reserved) else (),
        )

    def encode(self) -> bytes:
        flags = self.restarting * _RESTARTING | self.notification * _NOTIFICATION | self.reserved
        out = (flags << 12 | self.restart_time).to_bytes(2)
        reserved = self.family_reserved or (0,) * len(self.families)
        for (family, forwarding), bits in zip(self.families, reserved, strict=True):
            out += family.afi.to_bytes(2) + bytes((family.safi, forwarding * _FORWARDING | bits))
        return out

    def __str__(self) -> str:
        words = [f"graceful-restart time {self.restart_time} s"]
        words += ["restarting"] * self.restarting + ["notification"] * self.notification
        words += [f"{family}{' forwarding' if kept else ''}" for family, kept in self.families]
        if self.reserved or any(self.family_reserved):
            words.append(f"reserved bits {self.reserved:x} {','.join(f'{bits:02x}' for bits in self.family_reserved)}")
        return ", ".join(words).rstrip()

    def to_json(self) -> dict[str, Any]:
        reserved = self.family_reserved or (0,) * len(self.families)
        families = []
        for (family, forwarding), bits in zip(self.families, reserved, strict=True):
            families.append({"family": str(family), "forwarding": forwarding} | ({"reserved": bits} if bits else {}))
        fields: dict[str, Any] = {
            "restart_time_s": self.restart_time,
            "restarting": self.restarting,
            "notification": self.notification,
            "families": families,
        }
        return fields | ({"reserved": self.reserved} if self.reserved else {})

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "restart_time_s", "restarting", "notification", "families", "reserved")
        entries = [_entry(each) for each in items(fields.get("families", []), "families")]
        reserved = tuple(bits for _, _, bits in entries)
        return cls(
            restarting=flag(fields, "restarting"),
            notification=flag(fields, "notification"),
            restart_time=number(fields, "restart_time_s", 0xFFF),
            families=tuple((family, forwarding) for family, forwarding, _ in entries),
            reserved=whole(fields.get("reserved", 0), 0x3, "reserved"),
            family_reserved=reserved if any(reserved) else (),
        )


def _entry(fields: Mapping[str, Any]) -> tuple[Family, bool, int]:
    only(fields, "family", "forwarding", "reserved")
    return family_field(fields), flag(fields, "forwarding"), whole(fields.get("reserved", 0), 0x7F, "reserved")
