"""An attribute that pybgp does not know: passed on if it is transitive, with Partial set (RFC 4271 §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from ..context import Context
from ..fields import number, octets, only
from .base import CANONICAL, EXTENDED_LENGTH, AttributeValue


@dataclass(frozen=True, slots=True, repr=False)
class UnknownAttribute(AttributeValue):
    """Type, flags (without the extended length) and value as they are passed on."""

    code: int
    flags: int
    value: bytes

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.value

    def __str__(self) -> str:
        return f"type {self.code} flags {self.flags:02x} value {self.value.hex()}".rstrip()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "type 99 flags e0 value 0102".

        Raises:
            ValueError: nothing of the kind.
        """
        parts = text.split()
        if parts[0::2] != ["type", "flags", "value"] or not parts[1].isdecimal():
            raise ValueError(f"{text!r}: expected type NUMBER flags HEX value HEX")
        flags = int.from_bytes(bytes.fromhex(parts[3])[:2])
        return cls.from_json({"code": int(parts[1]), "flags": flags, "value": parts[5] if parts[5:] else ""})

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "flags": self.flags, "value": self.value.hex()}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read the JSON form: an object with code, flags (a number) and value (hexadecimal).

        Raises:
            ValueError: nothing of the kind.
        """
        only(value, "code", "flags", "value")
        flags = number(value, "flags", 255) & ~EXTENDED_LENGTH
        return cls(number(value, "code", 255), flags, octets(value, "value"))
