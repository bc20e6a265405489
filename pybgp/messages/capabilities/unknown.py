"""A capability that pybgp does not know, or could not read: kept, never complained about (RFC 5492 §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...constants import CapabilityCode


@dataclass(frozen=True, slots=True)
class UnknownCapability:
    """Code and value as received; a known code stands here when the length of its value was wrong."""

    code: int
    value: bytes = b""

    def encode(self) -> bytes:
        return self.value

    def to_json(self) -> dict[str, Any]:
        return {"octets": self.value.hex()}

    def __str__(self) -> str:
        value = f" {self.value.hex()}" if self.value else ""
        if self.code in CapabilityCode.__members__.values():
            return f"malformed {CapabilityCode(self.code).name.lower().replace('_', '-')}{value}"
        return f"capability-{self.code}{value}"
