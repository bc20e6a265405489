"""BGP Role: what the sender is to the receiver, so that leaks show (RFC 9234 §4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final, Self

from ...constants import CapabilityCode
from .base import exactly


class BgpRole(IntEnum):
    """The sender's role (RFC 9234 §4.1)."""

    PROVIDER = 0
    RS = 1
    RS_CLIENT = 2
    CUSTOMER = 3
    PEER = 4


ALLOWED_PAIRS: Final = frozenset(
    {
        (BgpRole.PROVIDER, BgpRole.CUSTOMER),
        (BgpRole.CUSTOMER, BgpRole.PROVIDER),
        (BgpRole.RS, BgpRole.RS_CLIENT),
        (BgpRole.RS_CLIENT, BgpRole.RS),
        (BgpRole.PEER, BgpRole.PEER),
    }
)
"""(local role, remote role) that fit together; any other pair is a Role Mismatch (RFC 9234 §4.2)."""


@dataclass(frozen=True, slots=True)
class Role:
    """``role`` is a ``BgpRole``, or a number without a name, which fits to none."""

    code: ClassVar[int] = CapabilityCode.ROLE
    role: int

    @classmethod
    def decode(cls, value: bytes) -> Self:
        exactly(value, 1, "role")
        return cls(value[0])

    def encode(self) -> bytes:
        return bytes((self.role,))

    def __str__(self) -> str:
        try:
            return f"role {BgpRole(self.role).name.lower().replace('_', '-')}"
        except ValueError:
            return f"role {self.role}"
