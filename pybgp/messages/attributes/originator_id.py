"""ORIGINATOR_ID: who brought a reflected route into the AS (RFC 4456 §8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from ...addresses import address_text
from ...constants import OPTIONAL_NON_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, INSIDE


@dataclass(frozen=True, slots=True)
class OriginatorId:
    """``router_id`` is the BGP Identifier of the originator, 4 octets. Optional, non-transitive, only inside an AS."""

    code: ClassVar[int] = AttributeCode.ORIGINATOR_ID
    flags: ClassVar[int] = OPTIONAL_NON_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE
    router_id: bytes

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 4 octets; treat-as-withdraw (RFC 7606 §7.9).
        """
        if len(data) != 4:
            raise AttributeLengthError(cls.code, data, expected="4 octets")
        return cls(data)

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.router_id

    def __str__(self) -> str:
        return address_text(self.router_id)
