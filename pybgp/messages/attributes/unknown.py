"""An attribute that pybgp does not know: passed on if it is transitive, with Partial set (RFC 4271 §5)."""

from __future__ import annotations

from dataclasses import dataclass

from ..context import Context
from .base import CANONICAL


@dataclass(frozen=True, slots=True)
class UnknownAttribute:
    """Type, flags (without the extended length) and value as they are passed on."""

    code: int
    flags: int
    value: bytes

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.value

    def __str__(self) -> str:
        return f"{self.value.hex()} (flags {self.flags:02x})"
