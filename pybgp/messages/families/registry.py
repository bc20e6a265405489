"""The list of address families that pybgp can read and write."""

from __future__ import annotations

from typing import Final

from ...addresses import Family
from ..context import Context
from .base import FamilyCodec
from .evpn import L2VPN_EVPN
from .flowspec import IPV4_FLOWSPEC, IPV6_FLOWSPEC
from .flowspec_vpn import IPV4_FLOWSPEC_VPN, IPV6_FLOWSPEC_VPN
from .ipv4_unicast import IPV4_UNICAST
from .ipv6_unicast import IPV6_UNICAST
from .labeled import IPV4_LABELED_UNICAST, IPV6_LABELED_UNICAST
from .link_state import LINK_STATE, LINK_STATE_VPN
from .multicast import IPV4_MULTICAST, IPV6_MULTICAST
from .opaque import OpaqueFamily
from .route_target import ROUTE_TARGET
from .vpls import L2VPN_VPLS
from .vpn import IPV4_VPN, IPV6_VPN

_CODECS: Final[tuple[FamilyCodec, ...]] = (
    IPV4_UNICAST,
    IPV6_UNICAST,
    IPV4_MULTICAST,
    IPV6_MULTICAST,
    IPV4_LABELED_UNICAST,
    IPV6_LABELED_UNICAST,
    IPV4_VPN,
    IPV6_VPN,
    IPV4_FLOWSPEC,
    IPV6_FLOWSPEC,
    IPV4_FLOWSPEC_VPN,
    IPV6_FLOWSPEC_VPN,
    ROUTE_TARGET,
    L2VPN_EVPN,
    L2VPN_VPLS,
    LINK_STATE,
    LINK_STATE_VPN,
)
FAMILIES: Final[dict[tuple[int, int], FamilyCodec]] = {each.family: each for each in _CODECS}


def codec(family: tuple[int, int]) -> FamilyCodec | None:
    """What the NLRI of a family (AFI, SAFI) looks like, None if pybgp doesn't know it."""
    return FAMILIES.get(family)


def opaque(family: tuple[int, int]) -> FamilyCodec:
    """A codec for a family that pybgp doesn't know, whose NLRI fields are one key each: to look at, not to speak."""
    return OpaqueFamily(Family(*family))


def spoken(family: tuple[int, int], context: Context) -> FamilyCodec | None:
    """The codec of a family as a session speaks it, None if pybgp doesn't know it or the session doesn't have it."""
    found = FAMILIES.get(family)
    if found is None or found.family not in context.families:
        return None
    return found.multiple_labels if found.family in context.multiple_labels else found
