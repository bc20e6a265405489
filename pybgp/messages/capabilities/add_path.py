"""ADD-PATH: several paths for one prefix, told apart by an identifier (RFC 7911 §4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar, Self

from ...addresses import Family
from ...constants import CapabilityCode
from .base import records


class AddPathMode(IntFlag):
    """What the sender can do with identifiers; 3 is both."""

    RECEIVE = 1
    SEND = 2
    BOTH = 3


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
        names = {AddPathMode.RECEIVE: "receive", AddPathMode.SEND: "send", AddPathMode.BOTH: "both"}
        return "add-path " + ",".join(f"{family}:{names[AddPathMode(mode)]}" for family, mode in self.entries)
