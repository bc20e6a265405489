"""VPNv4 and VPNv6: labels, a route distinguisher, a prefix (SAFI 128, RFC 4364 §4.3.4, RFC 4659 §3.2).

Next hops stand behind a route distinguisher of 0, each of them where there are a global and a link-local one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ... import addresses
from ...addresses import Family
from ..fields import only
from . import labels
from .base import Nlri
from .labeled import LabeledFamily, LabeledPrefix, label_text
from .route_distinguisher import RD_SIZE, next_hop_with_rd, next_hop_without_rd, parse_rd, rd_field, rd_text


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnPrefix(LabeledPrefix):
    """A network of a VPN, "64512:1 10.1.2.0/24 label 100"; ``rd`` has 8 octets."""

    rd: bytes

    def encode(self) -> bytes:
        stack = labels.encode(self.labels) + self.rd
        return bytes((8 * len(stack) + self.prefix[0],)) + stack + self.prefix[1:]

    def __str__(self) -> str:
        return f"{rd_text(self.rd)} {addresses.key_text(self.family, self.prefix)}{label_text(self.labels)}"

    def to_json(self) -> dict[str, Any]:
        return {
            "rd": rd_text(self.rd),
            "prefix": addresses.key_text(self.family, self.prefix),
            "labels": list(self.labels),
        }


class VpnFamily(LabeledFamily):
    """A route distinguisher between labels and prefix."""

    __slots__ = ()

    between = RD_SIZE
    rfc = "4364 §4.3.4"

    def value(self, key: bytes) -> Nlri:
        stack, rd, prefix = self._parts(key)
        return VpnPrefix(self.family, prefix, labels.decode(stack), rd=rd)

    def parse(self, text: str) -> bytes:
        rd, _, rest = text.strip().partition(" ")
        prefix, numbers = self._parse_labeled(rest)
        return self._made(VpnPrefix(self.family, prefix, numbers, rd=parse_rd(rd)))

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        only(fields, "rd", "prefix", "labels")
        return self._made(VpnPrefix(self.family, *self._labeled_fields(fields), rd=rd_field(fields)))

    def next_hop_address(self, octets: bytes) -> bytes:
        return next_hop_without_rd(octets)

    def next_hop_octets(self, address: bytes) -> bytes:
        return next_hop_with_rd(address)


class Ipv6VpnFamily(VpnFamily):
    """AFI 2, SAFI 128."""

    __slots__ = ()

    rfc = "4659 §3.2, 4364 §4.3.4"


IPV4_VPN: Final = VpnFamily(Family.IPV4_VPN, (12,), (24, 48))
IPV6_VPN: Final = Ipv6VpnFamily(Family.IPV6_VPN, (24, 48))
