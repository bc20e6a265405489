"""IPv4 unicast: in the classic fields of an UPDATE (RFC 4271), or in MP_REACH_NLRI (RFC 4760, RFC 8950)."""

from __future__ import annotations

from typing import Final

from ...addresses import Family
from .prefix import PrefixFamily


class Ipv4Unicast(PrefixFamily):
    """AFI 1, SAFI 1."""

    __slots__ = ()

    extended_next_hop_sizes = (16, 32)


IPV4_UNICAST: Final = Ipv4Unicast(
    Family.IPV4_UNICAST,
    32,
    next_hop_sizes=(4,),
    usual=(24, 32, 26, 23, 22, 21, 20, 16, 19, 18, 17),
    rfc="4271 §4.3",
)
