"""Route target constraint: which VPN routes a speaker wants, by their route targets (AFI 1, SAFI 132, RFC 4684 §4).

A prefix of the speaker's AS (32 bits) and a route target (64 bits). "64512:rt:64512:1" asks for that route target,
"64512:0x0002fc00/64" for all that begin with these bits, "default" (no bits at all) for every VPN route.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...addresses import Family
from ..attributes.extended_community_text import extended_community_text, parse_extended_community
from ..errors import InvalidNetworkField
from ..fields import number, only, text
from .base import FamilyCodec, Nlri, by_address
from .framing import cut, masked, size_of_bits

_AS_BITS: Final = 32
_ALL_BITS: Final = 96
_DEFAULT: Final = "default"
_PARTIAL: Final = re.compile(r"0x((?:[0-9a-f]{2})*)/([0-9]{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RouteTargetMembership:
    """``bits`` are 0, or 32 to 96 with those of the AS; ``target`` are the octets that they need behind the AS."""

    bits: int = 0
    origin_as: int = 0
    target: bytes = b""

    def encode(self) -> bytes:
        return bytes((self.bits,)) + (self.origin_as.to_bytes(4) + self.target if self.bits else b"")

    def __str__(self) -> str:
        return f"{self.origin_as}:{self._target_text()}" if self.bits else _DEFAULT

    def to_json(self) -> dict[str, Any]:
        if not self.bits:
            return {"route_target": _DEFAULT}
        return {"origin_as": self.origin_as, "route_target": self._target_text()}

    def _target_text(self) -> str:
        if self.bits == _ALL_BITS:
            return extended_community_text(self.target)
        return f"0x{self.target.hex()}/{self.bits}"


class RouteTargetConstraint(FamilyCodec):
    """AFI 1, SAFI 132."""

    __slots__ = ()

    family = Family.ROUTE_TARGET
    rfc = "4684 §4"
    max_key = 1 + _ALL_BITS // 8
    next_hop_sizes = (4, 16)

    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        for identifier, nlri in cut(self.family, field, id_size, 1, size_of_bits):
            bits = nlri[0]
            if bits and not _AS_BITS <= bits <= _ALL_BITS:
                raise InvalidNetworkField(f"{self.family}: length {bits}, expected 0 or {_AS_BITS}..{_ALL_BITS}")
            yield identifier, nlri[:1] + masked(nlri[1:], bits)

    def order(self, identity: bytes) -> bytes:
        return by_address(identity)

    def value(self, key: bytes) -> Nlri:
        if self.split(key) != [key]:
            raise InvalidNetworkField(f"{self.family}: 0x{key.hex()} is not one canonical NLRI")
        return RouteTargetMembership(key[0], int.from_bytes(key[1:5]), key[5:])

    def parse(self, text: str) -> bytes:
        if text == _DEFAULT:
            return RouteTargetMembership().encode()
        asn, _, target = text.partition(":")
        if not (asn.isascii() and asn.isdigit() and int(asn) <= 0xFFFFFFFF):
            raise ValueError(f"{text!r}: expected default, AS:rt:..., or AS:0x.../BITS")
        return _membership(int(asn), target).encode()

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        only(fields, "origin_as", "route_target")
        target = text(fields, "route_target")
        if target == _DEFAULT and "origin_as" not in fields:
            return RouteTargetMembership().encode()
        return _membership(number(fields, "origin_as", 0xFFFFFFFF), target).encode()


def _membership(asn: int, target: str) -> RouteTargetMembership:
    """A membership of an AS number and the text of a route target or the first bits of some."""
    partial = _PARTIAL.fullmatch(target)
    if partial is None:
        return RouteTargetMembership(_ALL_BITS, asn, parse_extended_community(target))
    octets, bits = bytes.fromhex(partial[1]), int(partial[2])
    if not _AS_BITS <= bits <= _ALL_BITS or len(octets) != (bits - _AS_BITS + 7) // 8:
        expected = f"{_AS_BITS}..{_ALL_BITS} bits, and as many octets as those behind the AS need"
        raise ValueError(f"{target!r}: expected {expected}")
    return RouteTargetMembership(bits, asn, masked(octets, bits - _AS_BITS))


ROUTE_TARGET: Final = RouteTargetConstraint()
