"""The list of address families that pybgp can read and write."""

from __future__ import annotations

from typing import Final

from .base import FamilyCodec
from .ipv4_unicast import IPV4_UNICAST
from .ipv6_unicast import IPV6_UNICAST

FAMILIES: Final[dict[tuple[int, int], FamilyCodec]] = {
    IPV4_UNICAST.family: IPV4_UNICAST,
    IPV6_UNICAST.family: IPV6_UNICAST,
}


def codec(family: tuple[int, int]) -> FamilyCodec | None:
    """What the NLRI of a family (AFI, SAFI) looks like, None if pybgp doesn't know it."""
    return FAMILIES.get(family)
