"""Route refresh: the peer may ask for our routes again (RFC 2918 §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ...constants import CapabilityCode
from ..fields import only
from .base import exactly


@dataclass(frozen=True, slots=True)
class RouteRefresh:
    """Code 2, or the pre-standard 128, which means the same and which old peers send beside it."""

    code: int = CapabilityCode.ROUTE_REFRESH

    @classmethod
    def decode(cls, value: bytes) -> Self:
        exactly(value, 0, "route-refresh")
        return cls()

    def encode(self) -> bytes:
        return b""

    def __str__(self) -> str:
        return "route-refresh" if self.code == CapabilityCode.ROUTE_REFRESH else "route-refresh-cisco"

    def to_json(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields)
        return cls()


@dataclass(frozen=True, slots=True)
class RouteRefreshCisco(RouteRefresh):
    """The pre-standard code 128; an ``isinstance`` of ``RouteRefresh``, since it means the same."""

    code: int = CapabilityCode.ROUTE_REFRESH_CISCO
