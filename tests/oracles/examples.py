"""What tshark is shown: messages of the public strategies, without what tshark 4.0 is known not to read.

``LEFT_OUT`` says what that is and why. Everything is drawn from a seed, so that each run shows the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pybgp.addresses import Family
from pybgp.constants import AttributeCode, ErrorCode, Safi
from pybgp.messages import update
from pybgp.messages.attributes.aigp import Aigp
from pybgp.messages.attributes.as4 import As4Aggregator, As4Path
from pybgp.messages.attributes.attr_set import AttrSet
from pybgp.messages.attributes.base import Attribute, pack
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.attributes.mp_reach import MpReach
from pybgp.messages.attributes.pmsi_tunnel import PmsiTunnel
from pybgp.messages.attributes.prefix_sid import LabelIndex, OriginatorSrgb, PrefixSid
from pybgp.messages.attributes.srv6_service import Srv6Service, Srv6Sid, Srv6SidStructure
from pybgp.messages.attributes.tlv import Tlv
from pybgp.messages.attributes.tunnel_encapsulation import Tunnel, TunnelEncapsulation
from pybgp.messages.capabilities import MultiProtocol
from pybgp.messages.context import Context
from pybgp.messages.families.base import join
from pybgp.messages.families.evpn_routes import EvpnRoute, InclusiveMulticast
from pybgp.messages.families.flowspec_prefixes import PrefixMatch
from pybgp.messages.families.flowspec_terms import Terms
from pybgp.messages.families.link_state import LinkStateNlri
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.families.route_distinguisher import RD_SIZE
from pybgp.messages.families.route_target import RouteTargetMembership
from pybgp.messages.notification import Notification, shutdown_data
from pybgp.messages.open import Open
from pybgp.messages.refresh import RouteRefresh
from pybgp.testing import strategies as bgp

from . import communities, nlri

LEFT_OUT: Final = {
    "route distinguishers": "of other types than 0 to 2: called unknown or malformed",
    "path identifiers": "of other families than unicast, multicast, labelled unicast and EVPN: not read; of these, "
    "fields that can be read both ways: tshark doesn't remember the OPENs, it guesses",
    "labelled unicast": "prefixes of no bits: called invalid",
    "VPN-IPv6 prefixes": "distinguishers of type 2: shown as '%u'",
    "flow specifications": "values of 4 octets are read as 8, a value of 8 ends the rule; TCP flags of two octets as "
    "one; offsets of IPv6 prefixes and flow labels are not known",
    "Ethernet segments": "of other types than 0 to 5: called malformed; what is inside is not compared",
    "route targets": "of four-octet ASes: shown as 4294967295; prefixes of 32 to 95 bits: octets behind them are taken "
    "for a part of the route target",
    "VPLS": "label bases without an S bit: what follows is taken for more labels",
    "link-state": "unknown types of NLRI and octets that are no TLVs are called an error; pybgp carries TLVs as "
    "octets, so that only type and length are compared; NLRI of a VPN: the distinguisher is taken for TLVs",
    "extended communities": "values without a text in pybgp, of types that tshark knows something of",
    "AIGP": "TLVs behind the first are not shown",
    "prefix SID": "two octets of what follows the originator SRGB are skipped: it comes last",
    "tunnel encapsulation": "the color sub-TLV is read at the wrong place and called malformed, most others are not "
    "known; the encapsulation sub-TLV is compared",
    "IPv6 extended communities, only-to-customer": "tshark doesn't look inside",
    "PMSI tunnel": "identifiers of other types than ingress replication are octets to pybgp, and not compared",
    "OPEN": "parameters of the extended form (RFC 9072) are not known",
}

_T = TypeVar("_T")


def draw(strategy: SearchStrategy[_T], count: int, number: int = 1) -> list[_T]:
    """The first examples of a strategy, the same in each run."""
    found: list[_T] = []

    @seed(number)
    @settings(
        max_examples=count, database=None, phases=[Phase.generate], deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(example: _T) -> None:
        found.append(example)

    collect()
    return found[:count]


# -- destinations ------------------------------------------------------------------------------------------------------


def key_lists(family: Family) -> SearchStrategy[list[bytes]]:
    """Different keys of a family, all of them of a kind that tshark can read."""
    keys = _link_state(family) if family.safi in (Safi.LINK_STATE, Safi.LINK_STATE_VPN) else bgp.keys(family)
    if family.safi == Safi.EVPN:
        keys = keys.map(_known_segment)
    readable = _READABLE.get(family.safi, lambda _family, _key: True)
    return st.lists(keys.filter(lambda key: readable(family, key)), min_size=1, max_size=5, unique=True)


def _has_known_rd(family: Family, key: bytes) -> bool:
    rd: bytes = getattr(FAMILIES[family].value(key), "rd", bytes(RD_SIZE))
    return rd[:2] in (b"\0\0", b"\0\1") or (rd[:2] == b"\0\2" and family != Family.IPV6_VPN)


def _vpls_is_readable(family: Family, key: bytes) -> bool:
    return _has_known_rd(family, key) and bool(key[-1] & 1)


def _labeled_is_readable(family: Family, key: bytes) -> bool:
    return FAMILIES[family].multiple_labels.value(key).prefix[0] > 0  # type: ignore[attr-defined]


def _flow_is_readable(family: Family, key: bytes) -> bool:
    components = FAMILIES[family].value(key).components  # type: ignore[attr-defined]
    return _has_known_rd(family, key) and all(map(_component_is_readable, components))


def _component_is_readable(component: PrefixMatch | Terms) -> bool:
    if isinstance(component, PrefixMatch):
        return not component.offset
    longest = {9: 1, 13: 0}.get(component.kind.number, 2)
    return all(term.size <= longest for term in component.terms)


def _route_target_is_readable(family: Family, key: bytes) -> bool:
    value = FAMILIES[family].value(key)
    assert isinstance(value, RouteTargetMembership)
    if not value.bits:
        return True
    return str(value).partition(":")[2].startswith("rt:") and value.target[0] != 2


_READABLE: Final[dict[int, Callable[[Family, bytes], bool]]] = {
    Safi.LABELED_UNICAST: _labeled_is_readable,
    Safi.MPLS_VPN: _has_known_rd,
    Safi.VPLS: _vpls_is_readable,
    Safi.EVPN: _has_known_rd,
    Safi.FLOWSPEC: _flow_is_readable,
    Safi.FLOWSPEC_VPN: _flow_is_readable,
    Safi.ROUTE_TARGET: _route_target_is_readable,
}


def _known_segment(key: bytes) -> bytes:
    """The same route with a segment identifier of the types 0 to 5."""
    route = FAMILIES[Family.L2VPN_EVPN].value(key)
    assert isinstance(route, EvpnRoute)
    if isinstance(route, InclusiveMulticast):
        return key
    esi: bytes = route.esi  # type: ignore[attr-defined]
    return replace(route, esi=bytes((esi[0] % 6,)) + esi[1:]).encode()  # type: ignore[type-var]


def _link_state(family: Family) -> SearchStrategy[bytes]:
    """Nodes and prefixes of OSPF, links between two nodes (RFC 9552 §5.2)."""
    rds = st.just(b"") if family.safi == Safi.LINK_STATE else bgp.octets(6).map(lambda rest: b"\0\0" + rest)
    head = st.builds(lambda number: b"\3" + number.to_bytes(8), st.integers(0, 1 << 63))

    def node(kind: int) -> SearchStrategy[bytes]:
        inside = st.builds(lambda asn, router: _tlv(512, asn) + _tlv(515, router), bgp.octets(4), bgp.octets(4))
        return inside.map(lambda value: _tlv(kind, value))

    addresses = st.builds(lambda one, other: _tlv(259, one) + _tlv(260, other), bgp.octets(4), bgp.octets(4))
    prefix = bgp.octets(3).map(lambda network: _tlv(265, b"\x18" + network))
    nodes = st.builds(lambda *parts: b"".join(parts), head, node(256))
    links = st.builds(lambda *parts: b"".join(parts), head, node(256), node(257), addresses)
    prefixes = st.builds(lambda *parts: b"".join(parts), head, node(256), prefix)
    return st.one_of(
        st.builds(LinkStateNlri, st.just(1), nodes, rds),
        st.builds(LinkStateNlri, st.just(2), links, rds),
        st.builds(LinkStateNlri, st.just(3), prefixes, rds),
    ).map(LinkStateNlri.encode)


def _tlv(kind: int, value: bytes) -> bytes:
    return kind.to_bytes(2) + len(value).to_bytes(2) + value


# -- UPDATEs -----------------------------------------------------------------------------------------------------------


@st.composite
def blocks(draw: st.DrawFn, family: Family) -> Block:
    """Blocks of the public strategy: extended communities that can be compared, link-local next hops that are."""
    block = draw(bgp.blocks(family))
    next_hop = block.next_hop
    if len(next_hop) == 32:
        next_hop = next_hop[:16] + b"\xfe\x80" + next_hop[18:]
    return _comparable_block(block, next_hop)


def _comparable_block(block: Block, next_hop: bytes) -> Block:
    """The block with this next hop, without what can't be compared."""
    attributes = [_comparable(each) for each in block.attributes.values()]
    return Block.build([each for each in attributes if each is not None], next_hop)


_BY_THEMSELVES: Final = (Aigp, AttrSet, PmsiTunnel, PrefixSid, TunnelEncapsulation)
"""Attributes that ``OTHER_ATTRIBUTES`` has, with values that tshark can read."""


def _comparable(attribute: Attribute) -> Attribute | None:
    if isinstance(attribute, _BY_THEMSELVES):
        return None
    if not isinstance(attribute, ExtendedCommunities):
        return attribute
    values = tuple(filter(communities.has_fields, attribute.values))
    return ExtendedCommunities(values) if values else None


def updates(family: Family, keys: list[bytes], block: Block, path_id: int | None) -> list[bytes]:
    """One UPDATE that announces, one that withdraws."""
    attributes = update.wire_attributes(family, block.octets, block.next_hop, update.next_hop_offset(block.octets))
    found = update.announce(family, attributes, block.next_hop, keys, path_id=path_id)
    return found + update.withdraw(family, keys, path_id=path_id)


def family_messages(family: Family, count: int, *, path_ids: bool) -> list[bytes]:
    """UPDATEs of one family; ``path_ids`` with identifiers below 2^24, as they are used."""
    ids: SearchStrategy[int | None] = st.integers(1, 0xFFFFFF) if path_ids else st.none()
    triples = st.tuples(key_lists(family), blocks(family), ids)
    if family.safi in nlri.WITH_PATH_IDS:
        triples = triples.filter(lambda triple: nlri.reads_path_ids(family, join(triple[0], triple[2])) == path_ids)
    return [message for triple in draw(triples, count) for message in updates(family, *triple)]


WITH_LABELS: Final = (
    Family.IPV4_LABELED_UNICAST,
    Family.IPV6_LABELED_UNICAST,
    Family.IPV4_VPN,
    Family.IPV6_VPN,
)
OVER_IPV6: Final = (Family.IPV4_UNICAST, Family.IPV4_MULTICAST, Family.IPV4_LABELED_UNICAST, Family.IPV4_VPN)


def labelled_messages(family: Family, count: int) -> list[bytes]:
    """UPDATEs of destinations with one or more labels (RFC 8277 §2.1)."""
    keys = bgp.keys(family, multiple_labels=True).filter(lambda key: _READABLE[family.safi](family, key))
    pairs = st.tuples(st.lists(keys, min_size=1, max_size=3, unique=True), blocks(family))
    pairs = pairs.filter(lambda pair: not nlri.reads_path_ids(family, join(pair[0])))
    return [message for keys_, block in draw(pairs, count) for message in updates(family, keys_, block, None)]


def over_ipv6_messages(family: Family, count: int) -> list[bytes]:
    """UPDATEs of IPv4 destinations with global, or global and link-local, IPv6 next hops (RFC 8950 §4)."""
    as_ipv6 = st.builds(lambda block, other: _comparable_block(block, other.next_hop), blocks(family), _blocks_6)
    pairs = st.tuples(key_lists(family), as_ipv6).filter(lambda pair: not nlri.reads_path_ids(family, join(pair[0])))
    return [message for keys, block in draw(pairs, count) for message in updates(family, keys, block, None)]


_blocks_6 = blocks(Family.IPV6_UNICAST)


# -- attributes that no strategy of blocks has -------------------------------------------------------------------------

_label = st.integers(0, 0xFFFFF)
_srv6_sids = st.builds(
    Srv6Sid,
    bgp.octets(16),
    bgp.u16,
    bgp.u8,
    st.one_of(st.none(), st.builds(Srv6SidStructure, *[st.integers(0, 128)] * 6)),
)
_srgb = st.lists(st.tuples(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF)), min_size=1, max_size=3)
_prefix_sids = st.builds(
    lambda index, services, ranges: PrefixSid((index, *services, *ranges)),
    st.builds(LabelIndex, bgp.u32),
    st.lists(st.builds(Srv6Service, st.sampled_from([5, 6]), st.lists(_srv6_sids, min_size=1, max_size=1).map(tuple)),
             max_size=2, unique_by=lambda each: each.kind),
    st.lists(st.builds(OriginatorSrgb, _srgb.map(tuple)), max_size=1),
)  # fmt: skip
_PARAMETERS: Final = {1: 12, 2: 4, 8: 12, 9: 12}
"""Octets of the encapsulation sub-TLV by type of tunnel."""
_tunnel = st.sampled_from(sorted(_PARAMETERS)).flatmap(
    lambda kind: bgp.octets(_PARAMETERS[kind]).map(lambda value: Tunnel(kind, (Tlv(1, value),)))
)
_tunnels = st.lists(_tunnel, min_size=1, max_size=3).map(lambda tunnels: TunnelEncapsulation(tuple(tunnels)))
_pmsi_tunnels = st.one_of(
    st.builds(
        PmsiTunnel,
        tunnel_type=st.just(6),
        tunnel_flags=bgp.u8,
        label=st.integers(0, 0xFFFFFF),
        tunnel_id=bgp.octets(4),
    ),
    st.builds(PmsiTunnel, tunnel_type=st.just(0), tunnel_flags=bgp.u8, label=st.integers(0, 0xFFFFFF)),
)
OTHER_ATTRIBUTES: Final[dict[str, SearchStrategy[Attribute]]] = {
    "AS4_PATH": bgp.as_paths.filter(lambda path: bool(path.segments)).map(lambda path: As4Path(path.segments)),
    "AS4_AGGREGATOR": st.builds(As4Aggregator, bgp.as_numbers, bgp.octets(4)),
    "AIGP": st.builds(Aigp.of, st.integers(0, (1 << 64) - 1)),
    "PMSI_TUNNEL": _pmsi_tunnels,
    "TUNNEL_ENCAPSULATION": _tunnels,
    "PREFIX_SID": _prefix_sids,
    "EXTENDED_COMMUNITIES": st.lists(bgp.extended_communities.filter(communities.has_fields), min_size=1).map(
        ExtendedCommunities.of
    ),
}


def attribute_messages(name: str, count: int) -> Iterator[bytes]:
    """UPDATEs with one attribute each beside the mandatory ones."""
    code = AttributeCode[name]
    for each in draw(OTHER_ATTRIBUTES[name], count):
        yield with_attribute(code, pack(int(each.flags), code, each.encode()))


def attr_set_messages(count: int) -> Iterator[bytes]:
    """UPDATEs with ATTR_SET: the attributes of another AS's block (RFC 6368)."""
    for asn, block in draw(st.tuples(bgp.u32, blocks(Family.IPV4_UNICAST)), count):
        yield with_attribute(AttributeCode.ATTR_SET, pack(0xC0, AttributeCode.ATTR_SET, asn.to_bytes(4) + block.octets))


def with_attribute(code: int, attribute: bytes) -> bytes:
    """An UPDATE of 10.0.0.0/8 with one more attribute."""
    mandatory = bytes.fromhex("40010100 4002060201 0000fde8 400304 c0000201")
    octets = mandatory + attribute
    (message,) = update.announce(Family.IPV4_UNICAST, octets, bytes((192, 0, 2, 1)), [b"\x08\x0a"])
    return message


def next_hop_message(family: Family, address: bytes) -> bytes:
    """An UPDATE with a MP_REACH_NLRI that has a next hop and no destinations."""
    reach = MpReach(family, FAMILIES[family].next_hop_octets(address), b"")
    return with_attribute(reach.code, pack(0x80, reach.code, reach.encode()))


# -- other messages ----------------------------------------------------------------------------------------------------

_known_families = st.sampled_from([each.family for each in FAMILIES.values()])


def opens(count: int) -> list[bytes]:
    """OPENs of the public strategy whose parameters fit the short form, and one with every family."""
    every = Open(4, 64512, 90, bytes((192, 0, 2, 1)), tuple(MultiProtocol(each.family) for each in FAMILIES.values()))
    fit = bgp.opens().map(Open.encode).filter(lambda octets: len(octets) == 29 + octets[28])
    return [every.encode(), *draw(fit, count)]


def notifications(count: int) -> list[bytes]:
    """NOTIFICATIONs of codes that tshark knows: with octets, and shutdown communications."""
    codes = st.integers(ErrorCode.MESSAGE_HEADER, ErrorCode.CEASE)
    plain = st.builds(Notification, codes, st.integers(0, 11), st.binary(max_size=60)).filter(
        lambda each: each.code != ErrorCode.CEASE or each.subcode not in (2, 4)
    )
    words = st.text("abcdefgh 0123", min_size=1, max_size=128).map(str.strip).filter(bool).map(shutdown_data)
    spoken = st.builds(Notification, st.just(ErrorCode.CEASE), st.sampled_from([2, 4]), words)
    return [each.encode() for each in draw(st.one_of(plain, plain, spoken), count)]


def refreshes(count: int) -> list[bytes]:
    """ROUTE-REFRESH of every subtype."""
    return [each.encode() for each in draw(st.builds(RouteRefresh, _known_families, st.integers(0, 2)), count)]


RECEIVER: Final = Context(families=frozenset(each.family for each in FAMILIES.values()))
"""Who reads the messages without path identifiers."""


LABEL_RECEIVER: Final = replace(RECEIVER, multiple_labels=frozenset(WITH_LABELS))
"""With the Multiple Labels capability."""


def receiver(family: Family, *, path_ids: bool) -> Context:
    """Who reads the messages of a family."""
    return replace(RECEIVER, add_path_receive=frozenset({family}) if path_ids else frozenset())
