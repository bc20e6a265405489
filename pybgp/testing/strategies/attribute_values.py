"""Every attribute that pybgp reads as a value, and octets that are nearly one."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ... import constants
from ...addresses import Family
from ...constants import AttributeCode
from ...messages.attributes.aggregator import Aggregator, AtomicAggregate
from ...messages.attributes.aigp import Aigp
from ...messages.attributes.as4 import As4Aggregator, As4Path
from ...messages.attributes.as_path import AsPath, Segment, SegmentType
from ...messages.attributes.attr_set import AttrSet
from ...messages.attributes.base import Attribute
from ...messages.attributes.cluster_list import ClusterList
from ...messages.attributes.communities import Communities
from ...messages.attributes.extended_communities import ExtendedCommunities
from ...messages.attributes.ipv6_extended_communities import Ipv6ExtendedCommunities
from ...messages.attributes.large_communities import LargeCommunities
from ...messages.attributes.local_pref import LocalPref
from ...messages.attributes.med import MultiExitDisc
from ...messages.attributes.mp_reach import MpReach, MpUnreach
from ...messages.attributes.next_hop import NextHop, why_no_host
from ...messages.attributes.only_to_customer import OnlyToCustomer
from ...messages.attributes.origin import Origin
from ...messages.attributes.originator_id import OriginatorId
from ...messages.attributes.pmsi_tunnel import PmsiTunnel
from ...messages.attributes.prefix_sid import Item, LabelIndex, OriginatorSrgb, PrefixSid
from ...messages.attributes.srv6_service import Srv6Service, Srv6Sid, Srv6SidStructure
from ...messages.attributes.tlv import Tlv
from ...messages.attributes.tunnel_encapsulation import Tunnel, TunnelEncapsulation
from ...messages.attributes.unknown import UnknownAttribute
from ...messages.families.registry import FAMILIES
from .extended import extended_communities, ipv6_extended_communities
from .families import as_numbers, octets, u8, u16, u32
from .keys import key_lists

_SEQUENCE, _SET = SegmentType.AS_SEQUENCE, SegmentType.AS_SET


def _segments_of(kinds: list[SegmentType]) -> SearchStrategy[Segment]:
    return st.builds(Segment, st.sampled_from(kinds), st.lists(as_numbers, min_size=1, max_size=8).map(tuple))


as_paths: SearchStrategy[AsPath] = st.one_of(
    st.builds(AsPath.sequence, st.lists(as_numbers, max_size=70)),
    st.builds(AsPath, st.lists(_segments_of([_SEQUENCE, _SEQUENCE, _SET]), max_size=4).map(tuple)),
)
"""Paths without segments of a confederation."""
_any_paths = st.one_of(as_paths, st.builds(AsPath, st.lists(_segments_of(list(SegmentType)), max_size=4).map(tuple)))
_as4_paths = as_paths.filter(lambda path: bool(path.segments)).map(lambda path: As4Path(path.segments))

_few_octets = st.binary(max_size=12)
_other_tlvs = st.builds(Tlv, st.integers(7, 255), _few_octets)
_aigp = st.one_of(
    st.builds(Aigp.of, st.integers(0, (1 << 64) - 2)),
    st.lists(
        st.one_of(_other_tlvs, st.builds(Tlv, st.just(1), octets(8).filter(lambda metric: metric != b"\xff" * 8))),
        min_size=1,
        max_size=4,
    ).map(lambda tlvs: Aigp(tuple(tlvs))),
)
_pmsi_tunnels = st.builds(
    PmsiTunnel,
    tunnel_type=st.one_of(st.sampled_from([0, 6, 6]), u8),
    tunnel_flags=u8,
    label=st.integers(0, 0xFFFFFF),
    tunnel_id=st.one_of(octets(4), octets(16), _few_octets),
)
_sub_tlvs = st.builds(Tlv, st.one_of(st.sampled_from([1, 4, 6, 8, 128]), u8), _few_octets)
_tunnels = st.builds(Tunnel, st.one_of(st.sampled_from([8, 15]), u16), st.lists(_sub_tlvs, max_size=3).map(tuple))
_structures = st.builds(Srv6SidStructure, u8, u8, u8, u8, u8, u8)
_sids = st.builds(Srv6Sid, octets(16), u16, u8, st.one_of(st.none(), _structures))
_u24 = st.integers(0, 0xFFFFFF)
_sid_tlvs: SearchStrategy[Item] = st.one_of(
    st.builds(LabelIndex, u32),
    st.builds(OriginatorSrgb, st.lists(st.tuples(_u24, _u24), min_size=1, max_size=3).map(tuple)),
    st.builds(Srv6Service, st.sampled_from([5, 6]), st.lists(_sids, max_size=2).map(tuple)),
    st.builds(lambda flags: Tlv(1, b"\0" + flags + bytes(4)), octets(2).filter(any)),
    _other_tlvs,
)
_families = st.sampled_from([known.family for known in FAMILIES.values()])


def _nlri(family: Family) -> SearchStrategy[bytes]:
    return key_lists(family, max_size=4).map(b"".join)


def _reach(family: Family) -> SearchStrategy[MpReach]:
    sizes = FAMILIES[family].next_hop_sizes
    return st.builds(MpReach, st.just(family), st.sampled_from(sizes).flatmap(octets), _nlri(family))


unknown_attributes: SearchStrategy[UnknownAttribute] = st.builds(
    UnknownAttribute, st.integers(129, 255), st.just(0xE0), st.binary(max_size=300)
)
"""Of types that pybgp doesn't know: optional, transitive, partial."""

ATTRIBUTE_VALUES: dict[int, SearchStrategy[Attribute]] = {
    AttributeCode.ORIGIN: st.builds(Origin, st.sampled_from(list(constants.Origin))),
    AttributeCode.AS_PATH: _any_paths,
    AttributeCode.NEXT_HOP: octets(4).filter(lambda address: not why_no_host(address)).map(NextHop),
    AttributeCode.MULTI_EXIT_DISC: st.builds(MultiExitDisc, u32),
    AttributeCode.LOCAL_PREF: st.builds(LocalPref, u32),
    AttributeCode.ATOMIC_AGGREGATE: st.builds(AtomicAggregate),
    AttributeCode.AGGREGATOR: st.builds(Aggregator, as_numbers, octets(4)),
    AttributeCode.COMMUNITIES: st.builds(Communities.of, st.lists(u32, min_size=1, max_size=70)),
    AttributeCode.ORIGINATOR_ID: st.builds(OriginatorId, octets(4)),
    AttributeCode.CLUSTER_LIST: st.builds(ClusterList, st.lists(octets(4), min_size=1, max_size=5).map(tuple)),
    AttributeCode.MP_REACH_NLRI: _families.flatmap(_reach),
    AttributeCode.MP_UNREACH_NLRI: _families.flatmap(
        lambda family: st.builds(MpUnreach, st.just(family), st.one_of(st.just(b""), _nlri(family)))
    ),
    AttributeCode.EXTENDED_COMMUNITIES: st.builds(
        ExtendedCommunities.of, st.lists(extended_communities, min_size=1, max_size=40)
    ),
    AttributeCode.AS4_PATH: _as4_paths,
    AttributeCode.AS4_AGGREGATOR: st.builds(As4Aggregator, as_numbers, octets(4)),
    AttributeCode.PMSI_TUNNEL: _pmsi_tunnels,
    AttributeCode.TUNNEL_ENCAPSULATION: st.builds(
        TunnelEncapsulation, st.lists(_tunnels, min_size=1, max_size=3).map(tuple)
    ),
    AttributeCode.IPV6_EXTENDED_COMMUNITIES: st.builds(
        Ipv6ExtendedCommunities.of, st.lists(ipv6_extended_communities, min_size=1, max_size=16)
    ),
    AttributeCode.AIGP: _aigp,
    AttributeCode.LARGE_COMMUNITIES: st.builds(
        LargeCommunities.of, st.lists(st.tuples(u32, u32, u32), min_size=1, max_size=30)
    ),
    AttributeCode.ONLY_TO_CUSTOMER: st.builds(OnlyToCustomer, u32),
    AttributeCode.PREFIX_SID: st.builds(PrefixSid, st.lists(_sid_tlvs, min_size=1, max_size=3).map(tuple)),
}
"""By type; the value octets of each can be read again in the canonical context."""
_ALONE = frozenset({AttributeCode.ORIGIN, AttributeCode.AS_PATH, AttributeCode.NEXT_HOP})
_NOT_IN_A_BLOCK = frozenset(
    {
        AttributeCode.MP_REACH_NLRI,
        AttributeCode.MP_UNREACH_NLRI,
        AttributeCode.AS4_PATH,
        AttributeCode.AS4_AGGREGATOR,
    }
)
_inside = st.one_of(
    *(values for code, values in ATTRIBUTE_VALUES.items() if code not in _NOT_IN_A_BLOCK), unknown_attributes
)
ATTRIBUTE_VALUES[AttributeCode.ATTR_SET] = st.builds(
    AttrSet, u32, st.lists(_inside, max_size=4, unique_by=lambda attribute: attribute.code).map(tuple)
)
optional_attributes: SearchStrategy[Attribute] = st.one_of(
    *(values for code, values in ATTRIBUTE_VALUES.items() if code not in _ALONE | _NOT_IN_A_BLOCK), unknown_attributes
)
"""What a block may have besides ORIGIN and AS_PATH."""
any_attributes: SearchStrategy[Attribute] = st.one_of(*ATTRIBUTE_VALUES.values(), unknown_attributes)


@st.composite
def nearly_right_values(draw: st.DrawFn, code: int) -> bytes:
    """Value octets of an attribute that pybgp reads: right, cut off, with an octet changed, put in, or behind."""
    value = draw(ATTRIBUTE_VALUES[code]).encode()
    at = draw(st.integers(0, len(value)))
    octet = bytes((draw(st.one_of(st.sampled_from([0, 1, 2, 4, 128, 255]), u8)),))
    damage = draw(st.sampled_from(["none", "cut", "change", "change", "insert", "append"]))
    if damage == "cut":
        return value[:at]
    if damage == "change":
        return value[:at] + octet[: len(value) - at] + value[at + 1 :]
    if damage == "insert":
        return value[:at] + octet + value[at:]
    return value + octet if damage == "append" else value
