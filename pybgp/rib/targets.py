"""Route targets: which VPN routes a peer has asked for (RFC 4684 §4, §6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..addresses import Family
from ..constants import AttributeCode
from ..messages.attributes.base import pieces
from ..messages.attributes.block import Block

CONSTRAINED: Final = frozenset({Family.IPV4_VPN, Family.IPV6_VPN, Family.L2VPN_EVPN, Family.L2VPN_VPLS})
"""The families whose routes carry route targets."""
UNWANTED: Final = "it carries no route target that the peer has announced interest in (RFC 4684 §6)"
_AS_SIZE: Final = 4
_TARGET_BITS: Final = 64
_SUB_TYPE: Final = 2
_NON_TRANSITIVE: Final = 0x40
_KEY_TARGET_AT: Final = 1 + _AS_SIZE


@dataclass(frozen=True, slots=True)
class Targets:
    """What one peer has asked for: route targets whole, the first bits of some, or everything."""

    whole: frozenset[bytes] = frozenset()
    beginnings: frozenset[tuple[int, int]] = frozenset()
    """(bits, number)"""
    everything: bool = False

    @classmethod
    def of(cls, keys: Iterable[bytes]) -> Targets:
        """Of memberships as they stand in NLRI (§4); in which AS somebody asks is no matter here."""
        whole, beginnings = set(), set()
        for key in keys:
            bits = key[0] - 8 * _AS_SIZE
            target = key[_KEY_TARGET_AT:]
            if bits <= 0:  # the default, or no more than an AS
                return cls(everything=True)
            if bits == _TARGET_BITS:
                whole.add(target)
            else:
                beginnings.add((bits, int.from_bytes(target) >> -bits % 8))
        return cls(frozenset(whole), frozenset(beginnings))

    def want(self, block: Block) -> bool:
        """Does a route with these attributes carry one of them?"""
        if self.everything:
            return True
        targets = route_targets(block)
        if not self.whole.isdisjoint(targets):
            return True
        numbers = [int.from_bytes(target) for target in targets] if self.beginnings else ()
        return any(number >> _TARGET_BITS - bits == start for number in numbers for bits, start in self.beginnings)


def route_targets(block: Block) -> list[bytes]:
    """The route targets among the extended communities, ES-Import of EVPN too (RFC 4360 §4, RFC 7432 §7.6)."""
    octets = block.value(AttributeCode.EXTENDED_COMMUNITIES) or b""
    return [each for each in pieces(octets, 8) if each[1] == _SUB_TYPE and not each[0] & _NON_TRANSITIVE]
