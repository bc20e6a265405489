"""IPv6 unicast: always in MP_REACH_NLRI; a global next hop, or a global and a link-local one (RFC 2545 §3)."""

from __future__ import annotations

from typing import Final

from ...addresses import Family
from .prefix import PrefixFamily

IPV6_UNICAST: Final = PrefixFamily(
    Family.IPV6_UNICAST,
    128,
    next_hop_sizes=(16, 32),
    usual=(48, 32, 64, 128, 122, 44, 40, 36),
    rfc="2545, 4760 §5",
)
