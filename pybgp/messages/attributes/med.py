"""MULTI_EXIT_DISC (RFC 4271 §5.1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...constants import OPTIONAL_NON_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from ..fields import whole
from .base import CANONICAL, EVERYBODY, AttributeValue
from .text import number


@dataclass(frozen=True, slots=True, repr=False)
class MultiExitDisc(AttributeValue):
    """Which of several links into our AS the neighbour prefers.

    ``value`` is 0..4294967295, lower is better; a path without the attribute counts as 0. Optional, non-transitive.
    RFC 4271 §9.1.2.2 c.
    """

    code: ClassVar[int] = AttributeCode.MULTI_EXIT_DISC
    flags: ClassVar[int] = OPTIONAL_NON_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4271 §5.1.4"
    length_rule: ClassVar[str] = "4 octets"
    value: int

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 4 octets; treat-as-withdraw (RFC 7606 §7.4).
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
        return cls(number(text, 0xFFFFFFFF, "med"))

    def to_json(self) -> int:
        return self.value

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(whole(value, 0xFFFFFFFF, "med"))
