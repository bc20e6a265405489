"""CLUSTER_LIST: the reflectors that a route has passed (RFC 4456 §8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...addresses import address_text
from ...constants import OPTIONAL_NON_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from ..fields import items
from .base import CANONICAL, INSIDE, AttributeValue, pieces
from .text import address


@dataclass(frozen=True, slots=True, repr=False)
class ClusterList(AttributeValue):
    """``cluster_ids`` of 4 octets, the latest first. Optional, non-transitive, only inside an AS."""

    code: ClassVar[int] = AttributeCode.CLUSTER_LIST
    flags: ClassVar[int] = OPTIONAL_NON_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE
    rfc: ClassVar[str] = "4456 §8"
    length_rule: ClassVar[str] = "a multiple of 4 octets, at least 4"
    cluster_ids: tuple[bytes, ...]

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: empty, or not a multiple of 4; treat-as-withdraw (RFC 7606 §7.10).
        """
        if not data or len(data) % 4:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls(tuple(pieces(data, 4)))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        if not data or len(data) % 4:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return data

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b"".join(self.cluster_ids)

    def __str__(self) -> str:
        return " ".join(map(address_text, self.cluster_ids))

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(text.split())

    def to_json(self) -> list[str]:
        return [address_text(cluster_id) for cluster_id in self.cluster_ids]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        found = tuple(address(item, "cluster_list") for item in items(value, "cluster_list"))
        if not found:
            raise ValueError("cluster_list is empty: expected at least one cluster")
        return cls(found)
