"""Enhanced route refresh: the answer to a refresh has a beginning and an end (RFC 7313 §3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...constants import CapabilityCode
from ..fields import only
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

    def to_json(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields)
        return cls()
