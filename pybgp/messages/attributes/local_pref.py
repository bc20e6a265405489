"""LOCAL_PREF (RFC 4271 §5.1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from ...constants import WELL_KNOWN, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, INSIDE_CONFEDERATION


@dataclass(frozen=True, slots=True)
class LocalPref:
    """How much our AS likes the path: 0..4294967295, higher is better. Only inside the AS, or the confederation."""

    code: ClassVar[int] = AttributeCode.LOCAL_PREF
    flags: ClassVar[int] = WELL_KNOWN
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE_CONFEDERATION
    value: int

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 4 octets; treat-as-withdraw (RFC 7606 §7.5).
        """
        if len(data) != 4:
            raise AttributeLengthError(cls.code, data, expected="4 octets")
        return cls(int.from_bytes(data))

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.value.to_bytes(4)

    def __str__(self) -> str:
        return str(self.value)
