"""ATOMIC_AGGREGATE and AGGREGATOR: the route stands for several (RFC 4271 §5.1.6, §5.1.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ...addresses import address_text
from ...constants import AS_TRANS, OPTIONAL_TRANSITIVE, WELL_KNOWN, AttributeCode
from .. import fields
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, OptionalAttributeError, Outcome
from ..fields import only
from .base import CANONICAL, EVERYBODY, AttributeValue
from .text import address, number, words


@dataclass(frozen=True, slots=True, repr=False)
class AtomicAggregate(AttributeValue):
    """ASes were left out of the path; the route must not be made more specific. No value."""

    code: ClassVar[int] = AttributeCode.ATOMIC_AGGREGATE
    flags: ClassVar[int] = WELL_KNOWN
    malformed: ClassVar[Outcome] = Outcome.DISCARD
    wrong_flags: ClassVar[Outcome] = Outcome.DISCARD  # RFC 7606 §3 f
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4271 §5.1.6"
    length_rule: ClassVar[str] = "none"

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """There is nothing to read.

        Raises:
            AttributeLengthError: something is there; the attribute is dropped (RFC 7606 §7.6).
        """
        if data:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        return cls()

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b""

    def __str__(self) -> str:
        return "yes"

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.from_json(text == "yes")

    def to_json(self) -> bool:
        return True

    @classmethod
    def from_json(cls, value: Any) -> Self:
        if value is not True:
            raise ValueError(f"atomic_aggregate = {value!r}: expected true (as text: yes)")
        return cls()


@dataclass(frozen=True, slots=True, repr=False)
class Aggregator(AttributeValue):
    """Who made the aggregate: AS number and BGP Identifier (4 octets). Optional, transitive."""

    code: ClassVar[int] = AttributeCode.AGGREGATOR
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.DISCARD
    wrong_flags: ClassVar[Outcome] = Outcome.DISCARD  # RFC 7606 §3 f
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4271 §5.1.7, 6793 §3"
    length_rule: ClassVar[str] = "8 octets, 6 from a peer with two-octet AS numbers"
    asn: int
    address: bytes

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets, with an AS number of the session's size.

        Raises:
            AttributeLengthError: not 8 octets, 6 on a session with two-octet ASes; dropped (RFC 7606 §7.7).
            OptionalAttributeError: AS 0; dropped (RFC 7607 §2).
        """
        size = 8 if context.four_octet_as else 6
        if len(data) != size:
            raise AttributeLengthError(cls.code, data, expected=f"{size} octets")
        asn = int.from_bytes(data[:-4])
        if not asn:
            raise OptionalAttributeError(cls.code, "AS 0 (RFC 7607)")
        return cls(asn, data[-4:])

    def encode(self, context: Context = CANONICAL) -> bytes:
        if context.four_octet_as:
            return self.asn.to_bytes(4) + self.address
        return (AS_TRANS if self.asn > 0xFFFF else self.asn).to_bytes(2) + self.address

    def __str__(self) -> str:
        return f"{self.asn} {address_text(self.address)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        asn, router_id = words(text, 2, "AS ROUTER_ID")
        return cls(some_as(number(asn, 0xFFFFFFFF, "as")), address(router_id, "router_id"))

    def to_json(self) -> dict[str, Any]:
        return {"as": self.asn, "router_id": address_text(self.address)}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        only(value, "as", "router_id")
        return cls(some_as(fields.number(value, "as", 0xFFFFFFFF)), address(value.get("router_id"), "router_id"))


def some_as(asn: int) -> int:
    """``asn`` if it isn't 0, which nobody has (RFC 7607).

    Raises:
        ValueError: it is 0.
    """
    if not asn:
        raise ValueError("as = 0: expected 1..4294967295 (RFC 7607)")
    return asn
