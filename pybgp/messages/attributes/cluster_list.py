"""CLUSTER_LIST: the reflectors that a route has passed (RFC 4456 §8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from ...addresses import address_text
from ...constants import OPTIONAL_NON_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from .base import CANONICAL, INSIDE, pieces


@dataclass(frozen=True, slots=True)
class ClusterList:
    """``cluster_ids`` of 4 octets, the latest first. Optional, non-transitive, only inside an AS."""

    code: ClassVar[int] = AttributeCode.CLUSTER_LIST
    flags: ClassVar[int] = OPTIONAL_NON_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE
    cluster_ids: tuple[bytes, ...]

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: empty, or not a multiple of 4; treat-as-withdraw (RFC 7606 §7.10).
        """
        if not data or len(data) % 4:
            raise AttributeLengthError(cls.code, data, expected="a multiple of 4 octets, at least 4")
        return cls(tuple(pieces(data, 4)))

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b"".join(self.cluster_ids)

    def __str__(self) -> str:
        return " ".join(map(address_text, self.cluster_ids))
