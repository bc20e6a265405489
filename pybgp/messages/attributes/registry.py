"""The list of path attributes that pybgp can read."""

from __future__ import annotations

from typing import Final

from .aggregator import Aggregator, AtomicAggregate
from .as4 import As4Aggregator, As4Path
from .as_path import AsPath
from .base import KnownAttribute
from .cluster_list import ClusterList
from .communities import Communities
from .extended_communities import ExtendedCommunities
from .large_communities import LargeCommunities
from .local_pref import LocalPref
from .med import MultiExitDisc
from .next_hop import NextHop
from .only_to_customer import OnlyToCustomer
from .origin import Origin
from .originator_id import OriginatorId

ATTRIBUTES: Final[dict[int, type[KnownAttribute]]] = {
    Origin.code: Origin,
    AsPath.code: AsPath,
    NextHop.code: NextHop,
    MultiExitDisc.code: MultiExitDisc,
    LocalPref.code: LocalPref,
    AtomicAggregate.code: AtomicAggregate,
    Aggregator.code: Aggregator,
    Communities.code: Communities,
    OriginatorId.code: OriginatorId,
    ClusterList.code: ClusterList,
    ExtendedCommunities.code: ExtendedCommunities,
    As4Path.code: As4Path,
    As4Aggregator.code: As4Aggregator,
    LargeCommunities.code: LargeCommunities,
    OnlyToCustomer.code: OnlyToCustomer,
}


def known(code: int) -> type[KnownAttribute] | None:
    """The class of an attribute type, None if pybgp doesn't know it."""
    return ATTRIBUTES.get(code)
