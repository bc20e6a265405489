"""BGP Role: what the sender is to the receiver, so that leaks show (RFC 9234 §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Final, Self

from ...constants import CapabilityCode
from ..fields import only, present, whole
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
        return f"role {role_name(self.role)}"

    def to_json(self) -> dict[str, Any]:
        return {"role": role_name(self.role)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "role")
        role = present(fields, "role")
        for each in BgpRole:
            if role == role_name(each):
                return cls(each)
        names = ", ".join(str(role_name(each)) for each in BgpRole)
        if isinstance(role, str):
            raise ValueError(f"role = {role!r}: expected {names} or a number")
        return cls(whole(role, 0xFF, "role"))


def role_name(role: int) -> str | int:
    """The role in a word, its number if it has none."""
    try:
        return BgpRole(role).name.lower().replace("_", "-")
    except ValueError:
        return role
