"""ADD-PATH: several paths for one prefix, told apart by an identifier (RFC 7911 §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, ClassVar, Final, Self

from ...addresses import Family
from ...constants import CapabilityCode
from ..fields import array, family_field, only, text
from .base import records


class AddPathMode(IntFlag):
    """What the sender can do with identifiers; 3 is both."""

    RECEIVE = 1
    SEND = 2
    BOTH = 3


_NAMES: Final = {AddPathMode.RECEIVE: "receive", AddPathMode.SEND: "send", AddPathMode.BOTH: "both"}


@dataclass(frozen=True, slots=True)
class AddPath:
    """``entries`` are (family, mode); an entry with a mode other than 1, 2, 3 is left out on receipt."""

    code: ClassVar[int] = CapabilityCode.ADD_PATH
    entries: tuple[tuple[Family, AddPathMode], ...]

    @classmethod
    def decode(cls, value: bytes) -> Self:
        return cls(
            tuple(
                (Family(int.from_bytes(record[:2]), record[2]), AddPathMode(record[3]))
                for record in records(value, 4, "add-path")
                if record[3] in (1, 2, 3)
            )
        )

    def encode(self) -> bytes:
        return b"".join(family.afi.to_bytes(2) + bytes((family.safi, mode)) for family, mode in self.entries)

    def __str__(self) -> str:
        return "add-path " + ",".join(f"{family}:{_NAMES[AddPathMode(mode)]}" for family, mode in self.entries)

    def to_json(self) -> dict[str, Any]:
        return {
            "entries": [{"family": str(family), "mode": _NAMES[AddPathMode(mode)]} for family, mode in self.entries]
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "entries")
        return cls(tuple(_entry(each) for each in array(fields, "entries")))


def _entry(fields: Mapping[str, Any]) -> tuple[Family, AddPathMode]:
    only(fields, "family", "mode")
    mode = text(fields, "mode")
    for number, name in _NAMES.items():
        if name == mode:
            return family_field(fields), number
    raise ValueError(f"mode = {mode!r}: expected receive, send or both")
