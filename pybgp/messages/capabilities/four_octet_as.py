"""Four-octet AS numbers: the sender's true AS, and that it reads four octets (RFC 6793 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...constants import CapabilityCode
from ..fields import number, only
from .base import exactly


@dataclass(frozen=True, slots=True)
class FourOctetAs:
    """``asn`` is the sender's AS number; My Autonomous System agrees with it or is AS_TRANS."""

    code: ClassVar[int] = CapabilityCode.FOUR_OCTET_AS
    asn: int

    @classmethod
    def decode(cls, value: bytes) -> Self:
        exactly(value, 4, "four-octet-as")
        return cls(int.from_bytes(value))

    def encode(self) -> bytes:
        return self.asn.to_bytes(4)

    def __str__(self) -> str:
        return f"four-octet-as {self.asn}"

    def to_json(self) -> dict[str, Any]:
        return {"asn": self.asn}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "asn")
        return cls(number(fields, "asn", 0xFFFFFFFF))
