"""The list of address families that pybgp can read and write."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from ...addresses import Family, prefix_key
from ..context import Context
from ..listed import Listed
from .base import FamilyCodec

FAMILIES: Final[Listed[tuple[int, int], FamilyCodec]] = Listed(
    __package__,
    {
        Family.IPV4_UNICAST: "ipv4_unicast.IPV4_UNICAST",
        Family.IPV6_UNICAST: "ipv6_unicast.IPV6_UNICAST",
        Family.IPV4_MULTICAST: "multicast.IPV4_MULTICAST",
        Family.IPV6_MULTICAST: "multicast.IPV6_MULTICAST",
        Family.IPV4_LABELED_UNICAST: "labeled.IPV4_LABELED_UNICAST",
        Family.IPV6_LABELED_UNICAST: "labeled.IPV6_LABELED_UNICAST",
        Family.IPV4_VPN: "vpn.IPV4_VPN",
        Family.IPV6_VPN: "vpn.IPV6_VPN",
        Family.IPV4_FLOWSPEC: "flowspec.IPV4_FLOWSPEC",
        Family.IPV6_FLOWSPEC: "flowspec.IPV6_FLOWSPEC",
        Family.IPV4_FLOWSPEC_VPN: "flowspec_vpn.IPV4_FLOWSPEC_VPN",
        Family.IPV6_FLOWSPEC_VPN: "flowspec_vpn.IPV6_FLOWSPEC_VPN",
        Family.ROUTE_TARGET: "route_target.ROUTE_TARGET",
        Family.L2VPN_EVPN: "evpn.L2VPN_EVPN",
        Family.L2VPN_VPLS: "vpls.L2VPN_VPLS",
        Family.LINK_STATE: "link_state.LINK_STATE",
        Family.LINK_STATE_VPN: "link_state.LINK_STATE_VPN",
    },
)


def codec(family: tuple[int, int]) -> FamilyCodec | None:
    """What the NLRI of a family (AFI, SAFI) looks like, None if pybgp doesn't know it."""
    return FAMILIES.found.get(family) or FAMILIES.get(family)


def route_text(family: tuple[int, int], identity: bytes, labels: bytes = b"") -> str:
    """A route of a table as people write it: what the key says, and the labels if there are any."""
    found = codec(family)
    return f"0x{identity.hex()}" if found is None else found.route_text(identity, labels)


def parse_route(text: str, families: Iterable[tuple[int, int]]) -> tuple[Family, bytes]:
    """The family and key of a unicast prefix, or else of what the first of ``families`` can read.

    Raises:
        ValueError: none of them.
    """
    try:
        return prefix_key(text)
    except ValueError:
        for family in families:
            found = codec(family)
            if found is not None and not found.plain:
                with suppress(ValueError):
                    return found.family, found.identity(found.parse(text))
        raise


def opaque(family: tuple[int, int]) -> FamilyCodec:
    """A codec for a family that pybgp doesn't know, whose NLRI fields are one key each: to look at, not to speak."""
    from .opaque import OpaqueFamily  # seldom asked for

    return OpaqueFamily(Family(*family))


def agreed(family: tuple[int, int], context: Context) -> FamilyCodec | None:
    """The codec of a family by what two speakers agreed on for it (label stacks), None if pybgp doesn't know it."""
    found = codec(family)
    return found.multiple_labels if found is not None and found.family in context.multiple_labels else found


def spoken(family: tuple[int, int], context: Context) -> FamilyCodec | None:
    """The codec of a family as a session speaks it, None if pybgp doesn't know it or the session doesn't have it."""
    found = agreed(family, context)
    return found if found is not None and found.family in context.families else None
