"""NEXT_HOP: the router to send to, for IPv4 prefixes in the classic field (RFC 4271 §5.1.3); what can be a next hop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import IPV4_MAPPED, address_text
from ...constants import WELL_KNOWN, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, InvalidNextHop, Outcome
from .base import CANONICAL, EVERYBODY, AttributeValue
from .text import address

_IPV6_LOOPBACK: Final = bytes(15) + b"\1"
_UNSPECIFIED: Final = bytes(16)


@dataclass(frozen=True, slots=True, repr=False)
class NextHop(AttributeValue):
    """``address`` has 4 octets. Well-known, mandatory beside classic NLRI, meaningless without."""

    code: ClassVar[int] = AttributeCode.NEXT_HOP
    flags: ClassVar[int] = WELL_KNOWN
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4271 §5.1.3"
    length_rule: ClassVar[str] = "4 octets"
    address: bytes

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeLengthError: not 4 octets; treat-as-withdraw (RFC 7606 §7.3).
            InvalidNextHop: not the address of a host; treat-as-withdraw.
        """
        if len(data) != 4:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        problem = why_no_host(data, loopback=context.loopback)
        if problem:
            raise InvalidNextHop(cls.code, problem)
        return cls(data)

    def encode(self, context: Context = CANONICAL) -> bytes:
        return self.address

    def __str__(self) -> str:
        return address_text(self.address)

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(address(text, "next_hop"))

    def to_json(self) -> str:
        return str(self)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(address(value, "next_hop"))


def why_no_host(address: bytes, *, loopback: bool = False) -> str:
    """Why 4, 16 or 32 octets can't be a next hop, "" if they can (RFC 4271 §6.3; RFC 2545 §3 for IPv6).

    ``loopback``: loopback addresses are hosts too, since the session itself runs over them.
    """
    if len(address) == 32 and address[16:] != _UNSPECIFIED:
        # the link-local half may stand alone (BIRD's native format for unnumbered links)
        if address[:16] == _UNSPECIFIED:
            return why_no_host(address[16:], loopback=loopback)
        address = address[:16]
    if len(address) == 4:
        usable = 1 <= address[0] <= 223 and (loopback or address[0] != 127)
        usable = usable or (address[0] == 0 and any(address))
    else:
        usable = address[0] != 0xFF and address[:16] != _UNSPECIFIED and (loopback or address[:16] != _IPV6_LOOPBACK)
        if address[:12] == IPV4_MAPPED:
            return why_no_host(address[12:16], loopback=loopback)
    return "" if usable else f"{address_text(address)} is not the address of a host"


def canonical_next_hop(address: bytes) -> bytes:
    """Of 32 octets with an empty half, the other half; everything else as it is (RFC 2545 §3)."""
    if len(address) == 32:
        if address[:16] == _UNSPECIFIED:
            return address[16:]
        if address[16:] == _UNSPECIFIED:
            return address[:16]
    return address
