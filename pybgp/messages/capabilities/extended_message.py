"""Extended messages: the sender takes messages of up to 65535 octets (RFC 8654 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...constants import CapabilityCode
from ..fields import only
from .base import exactly


@dataclass(frozen=True, slots=True)
class ExtendedMessage:
    """Whoever sends this may be sent large messages; OPEN and KEEPALIVE stay small."""

    code: ClassVar[int] = CapabilityCode.EXTENDED_MESSAGE

    @classmethod
    def decode(cls, value: bytes) -> Self:
        exactly(value, 0, "extended-message")
        return cls()

    def encode(self) -> bytes:
        return b""

    def __str__(self) -> str:
        return "extended-message"

    def to_json(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields)
        return cls()
