"""IPv4 and IPv6 multicast: unicast prefixes for the reverse path check of multicast (SAFI 2, RFC 4760 §6)."""

from __future__ import annotations

from typing import Final

from ...addresses import Family
from .prefix import PrefixFamily


class Ipv4Multicast(PrefixFamily):
    """AFI 1, SAFI 2."""

    __slots__ = ()

    extended_next_hop_sizes = (16, 32)


IPV4_MULTICAST: Final = Ipv4Multicast(
    Family.IPV4_MULTICAST,
    32,
    next_hop_sizes=(4,),
    usual=(24, 32, 26, 23, 22, 21, 20, 16, 19, 18, 17),
    rfc="4760 §6",
)
IPV6_MULTICAST: Final = PrefixFamily(
    Family.IPV6_MULTICAST,
    128,
    next_hop_sizes=(16, 32),
    usual=(48, 32, 64, 128, 122, 44, 40, 36),
    rfc="2545, 4760 §6",
)
