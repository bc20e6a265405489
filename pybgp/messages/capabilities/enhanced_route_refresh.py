"""Enhanced route refresh: the answer to a refresh has a beginning and an end (RFC 7313 §3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from ...constants import CapabilityCode
from .base import exactly


@dataclass(frozen=True, slots=True)
class EnhancedRouteRefresh:
    """The sender marks its answer to a refresh, and understands such marks."""

    code: ClassVar[int] = CapabilityCode.ENHANCED_ROUTE_REFRESH

    @classmethod
    def decode(cls, value: bytes) -> Self:
        exactly(value, 0, "enhanced-route-refresh")
        return cls()

    def encode(self) -> bytes:
        return b""

    def __str__(self) -> str:
        return "enhanced-route-refresh"
