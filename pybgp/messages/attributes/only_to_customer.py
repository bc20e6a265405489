"""ONLY_TO_CUSTOMER: the route may only go down from here (RFC 9234 §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, EVERYBODY


@dataclass(frozen=True, slots=True)
class OnlyToCustomer:
    """``asn`` sent the route to a customer, peer or RS client; never changed or removed. Optional, transitive."""

    code: ClassVar[int] = AttributeCode.ONLY_TO_CUSTOMER
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    asn: int

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 4 octets; treat-as-withdraw.
        """
        if len(data) != 4:
            raise AttributeLengthError(cls.code, data, expected="4 octets")
        return cls(int.from_bytes(data))

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.asn.to_bytes(4)

    def __str__(self) -> str:
        return str(self.asn)
