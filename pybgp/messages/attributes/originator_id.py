"""ORIGINATOR_ID: who brought a reflected route into the AS (RFC 4456 §8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...addresses import address_text
from ...constants import OPTIONAL_NON_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, INSIDE, AttributeValue
from .text import address


@dataclass(frozen=True, slots=True, repr=False)
class OriginatorId(AttributeValue):
    """``router_id`` is the BGP Identifier of the originator, 4 octets. Optional, non-transitive, only inside an AS."""

    code: ClassVar[int] = AttributeCode.ORIGINATOR_ID
    flags: ClassVar[int] = OPTIONAL_NON_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE
    rfc: ClassVar[str] = "4456 §8"
    length_rule: ClassVar[str] = "4 octets"
    router_id: bytes

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 4 octets; treat-as-withdraw (RFC 7606 §7.9).
        """
        if len(data) != 4:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls(data)

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.router_id

    def __str__(self) -> str:
        return address_text(self.router_id)

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(address(text, "originator_id"))

    def to_json(self) -> str:
        return str(self)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(address(value, "originator_id"))
