"""ONLY_TO_CUSTOMER: the route may only go down from here (RFC 9234 §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from ..fields import whole
from .base import CANONICAL, EVERYBODY, AttributeValue
from .text import number


@dataclass(frozen=True, slots=True, repr=False)
class OnlyToCustomer(AttributeValue):
    """``asn`` sent the route to a customer, peer or RS client; never changed or removed. Optional, transitive."""

    code: ClassVar[int] = AttributeCode.ONLY_TO_CUSTOMER
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "9234 §5"
    length_rule: ClassVar[str] = "4 octets"
    asn: int

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 4 octets; treat-as-withdraw.
        """
        if len(data) != 4:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls(int.from_bytes(data))

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.asn.to_bytes(4)

    def __str__(self) -> str:
        return str(self.asn)

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(number(text, 0xFFFFFFFF, "only_to_customer"))

    def to_json(self) -> int:
        return self.asn

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(whole(value, 0xFFFFFFFF, "only_to_customer"))
