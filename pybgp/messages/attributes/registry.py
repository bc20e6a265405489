"""The list of path attributes that pybgp can read, and what RFC 7606 has for each."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ..context import PeerKind
from ..errors import Outcome, attribute_name
from .aggregator import Aggregator, AtomicAggregate
from .aigp import Aigp
from .as4 import As4Aggregator, As4Path
from .as_path import AsPath
from .attr_set import AttrSet
from .base import Attribute, KnownAttribute
from .cluster_list import ClusterList
from .communities import Communities
from .extended_communities import ExtendedCommunities
from .ipv6_extended_communities import Ipv6ExtendedCommunities
from .large_communities import LargeCommunities
from .local_pref import LocalPref
from .med import MultiExitDisc
from .mp_reach import MpReach, MpUnreach
from .next_hop import NextHop
from .only_to_customer import OnlyToCustomer
from .origin import Origin
from .originator_id import OriginatorId
from .pmsi_tunnel import PmsiTunnel
from .prefix_sid import PrefixSid
from .tunnel_encapsulation import TunnelEncapsulation
from .unknown import UnknownAttribute

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
    MpReach.code: MpReach,
    MpUnreach.code: MpUnreach,
    ExtendedCommunities.code: ExtendedCommunities,
    As4Path.code: As4Path,
    As4Aggregator.code: As4Aggregator,
    PmsiTunnel.code: PmsiTunnel,
    TunnelEncapsulation.code: TunnelEncapsulation,
    Ipv6ExtendedCommunities.code: Ipv6ExtendedCommunities,
    Aigp.code: Aigp,
    LargeCommunities.code: LargeCommunities,
    OnlyToCustomer.code: OnlyToCustomer,
    PrefixSid.code: PrefixSid,
    AttrSet.code: AttrSet,
}


def known(code: int) -> type[KnownAttribute] | None:
    """The class of an attribute type, None if pybgp doesn't know it."""
    return ATTRIBUTES.get(code)


def from_json(code: int, value: Any) -> Attribute:
    """An attribute of its type and its JSON form; of a type that pybgp doesn't know, what ``UnknownAttribute`` has.

    Raises:
        ValueError: nothing of the kind; the text says what was expected.
    """
    kind = known(code)
    return kind.from_json(value) if kind is not None else _unknown(code, UnknownAttribute.from_json(value))


def parse(code: int, text: str) -> Attribute:
    """An attribute of its type and its text form; of a type that pybgp doesn't know, that of ``UnknownAttribute``.

    Raises:
        ValueError: nothing of the kind; the text says what was expected.
    """
    kind = known(code)
    return kind.parse(text) if kind is not None else _unknown(code, UnknownAttribute.parse(text))


def _unknown(code: int, found: UnknownAttribute) -> UnknownAttribute:
    if found.code != code:
        raise ValueError(f"code = {found.code}: expected {code}")
    return found


class ErrorRule(NamedTuple):
    """What RFC 7606 has for one attribute: how it must look, and what it costs if it doesn't.

    ``flags`` are Optional and Transitive as they must be, ``length_rule`` is text; ``malformed`` is the cost of wrong
    flags, a wrong length or a wrong value. From a peer that isn't in ``accepted_from`` the attribute is dropped.
    """

    code: int
    name: str
    flags: int
    length_rule: str
    malformed: Outcome
    accepted_from: frozenset[PeerKind]
    rfc: str


def error_rules() -> list[ErrorRule]:
    """The table of RFC 7606 for every attribute that pybgp can read, by type."""
    return [
        ErrorRule(
            code,
            attribute_name(code),
            int(kind.flags),
            kind.length_rule,
            kind.malformed,
            kind.accepted_from,
            kind.rfc,
        )
        for code, kind in sorted(ATTRIBUTES.items())
    ]
