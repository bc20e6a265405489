"""Multiprotocol extensions: a family we'd like to exchange (RFC 4760 §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...addresses import Family
from ...constants import CapabilityCode
from ..fields import family_field, only
from .base import exactly


@dataclass(frozen=True, slots=True)
class MultiProtocol:
    """One family; both sides must send it. The reserved octet is 0 on send and ignored on receipt."""

    code: ClassVar[int] = CapabilityCode.MULTIPROTOCOL
    family: Family

    @classmethod
    def decode(cls, value: bytes) -> Self:
        exactly(value, 4, "multiprotocol")
        return cls(Family(int.from_bytes(value[:2]), value[3]))

    def encode(self) -> bytes:
        return self.family.afi.to_bytes(2) + bytes((0, self.family.safi))

    def __str__(self) -> str:
        return f"multiprotocol {self.family}"

    def to_json(self) -> dict[str, Any]:
        return {"family": str(self.family)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "family")
        return cls(family_field(fields))
