"""The list of path attributes that pybgp can read, and what RFC 7606 has for each."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ...constants import AttributeCode
from ..context import PeerKind
from ..errors import Outcome, attribute_name
from ..listed import Listed
from .base import Attribute, KnownAttribute
from .unknown import UnknownAttribute

ATTRIBUTES: Final[Listed[int, type[KnownAttribute]]] = Listed(
    __package__,
    {
        AttributeCode.ORIGIN: "origin.Origin",
        AttributeCode.AS_PATH: "as_path.AsPath",
        AttributeCode.NEXT_HOP: "next_hop.NextHop",
        AttributeCode.MULTI_EXIT_DISC: "med.MultiExitDisc",
        AttributeCode.LOCAL_PREF: "local_pref.LocalPref",
        AttributeCode.ATOMIC_AGGREGATE: "aggregator.AtomicAggregate",
        AttributeCode.AGGREGATOR: "aggregator.Aggregator",
        AttributeCode.COMMUNITIES: "communities.Communities",
        AttributeCode.ORIGINATOR_ID: "originator_id.OriginatorId",
        AttributeCode.CLUSTER_LIST: "cluster_list.ClusterList",
        AttributeCode.MP_REACH_NLRI: "mp_reach.MpReach",
        AttributeCode.MP_UNREACH_NLRI: "mp_reach.MpUnreach",
        AttributeCode.EXTENDED_COMMUNITIES: "extended_communities.ExtendedCommunities",
        AttributeCode.AS4_PATH: "as4.As4Path",
        AttributeCode.AS4_AGGREGATOR: "as4.As4Aggregator",
        AttributeCode.PMSI_TUNNEL: "pmsi_tunnel.PmsiTunnel",
        AttributeCode.TUNNEL_ENCAPSULATION: "tunnel_encapsulation.TunnelEncapsulation",
        AttributeCode.IPV6_EXTENDED_COMMUNITIES: "ipv6_extended_communities.Ipv6ExtendedCommunities",
        AttributeCode.AIGP: "aigp.Aigp",
        AttributeCode.LARGE_COMMUNITIES: "large_communities.LargeCommunities",
        AttributeCode.ONLY_TO_CUSTOMER: "only_to_customer.OnlyToCustomer",
        AttributeCode.PREFIX_SID: "prefix_sid.PrefixSid",
        AttributeCode.ATTR_SET: "attr_set.AttrSet",
    },
)


def known(code: int) -> type[KnownAttribute] | None:
    """The class of an attribute type, None if pybgp doesn't know it."""
    return ATTRIBUTES.found.get(code) or ATTRIBUTES.get(code)


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

    ``flags`` are Optional and Transitive as they must be, ``length_rule`` is text; ``malformed`` is the cost of a
    wrong length or a wrong value, ``wrong_flags`` that of other flags. From a peer that isn't in ``accepted_from`` the
    attribute is dropped.
    """

    code: int
    name: str
    flags: int
    length_rule: str
    malformed: Outcome
    wrong_flags: Outcome
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
            kind.wrong_flags,
            kind.accepted_from,
            kind.rfc,
        )
        for code, kind in sorted(ATTRIBUTES.items())
    ]
