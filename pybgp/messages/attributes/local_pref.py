"""LOCAL_PREF (RFC 4271 §5.1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...constants import WELL_KNOWN, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from ..fields import whole
from .base import CANONICAL, INSIDE_CONFEDERATION, AttributeValue
from .text import number


@dataclass(frozen=True, slots=True, repr=False)
class LocalPref(AttributeValue):
    """How much our AS likes the path: 0..4294967295, higher is better. Only inside the AS, or the confederation."""

    code: ClassVar[int] = AttributeCode.LOCAL_PREF
    flags: ClassVar[int] = WELL_KNOWN
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE_CONFEDERATION
    rfc: ClassVar[str] = "4271 §5.1.5"
    length_rule: ClassVar[str] = "4 octets"
    value: int

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 4 octets; treat-as-withdraw (RFC 7606 §7.5).
        """
        if len(data) != 4:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls(int.from_bytes(data))

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.value.to_bytes(4)

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(number(text, 0xFFFFFFFF, "local_pref"))

    def to_json(self) -> int:
        return self.value

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(whole(value, 0xFFFFFFFF, "local_pref"))
