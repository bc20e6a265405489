"""ORIGIN: how the originating AS learned the prefix (RFC 4271 §4.3, §5.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ... import constants
from ...constants import WELL_KNOWN, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, InvalidOrigin, Outcome
from .base import CANONICAL, EVERYBODY, AttributeValue


@dataclass(frozen=True, slots=True, repr=False)
class Origin(AttributeValue):
    """``value`` is IGP (0), EGP (1) or INCOMPLETE (2); lower is preferred. Well-known, mandatory."""

    code: ClassVar[int] = AttributeCode.ORIGIN
    flags: ClassVar[int] = WELL_KNOWN
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4271 §5.1.1"
    length_rule: ClassVar[str] = "1 octet"
    value: constants.Origin = constants.Origin.IGP

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octet.

        Raises:
            AttributeLengthError: not one octet; treat-as-withdraw (RFC 7606 §7.1).
            InvalidOrigin: above 2; treat-as-withdraw.
        """
        if len(data) != 1:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        if data[0] > constants.Origin.INCOMPLETE:
            raise InvalidOrigin(cls.code, f"value {data[0]}, expected 0..2")
        return cls(constants.Origin(data[0]))

    def encode(self, context: Context = CANONICAL) -> bytes:
        return bytes((self.value,))

    def __str__(self) -> str:
        return self.value.name.lower()

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(text)

    def to_json(self) -> str:
        return str(self)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        for kind in constants.Origin:
            if value == kind.name.lower():
                return cls(kind)
        raise ValueError(f"origin = {value!r}: expected igp, egp or incomplete")
