"""Hypothesis strategies for the values and octets of BGP; needs the package ``hypothesis``."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..addresses import Family
from ..constants import AttributeCode, Origin
from ..messages.attributes import origin
from ..messages.attributes.aggregator import Aggregator, AtomicAggregate
from ..messages.attributes.as_path import AsPath, Segment, SegmentType
from ..messages.attributes.base import Attribute, pack
from ..messages.attributes.block import Block
from ..messages.attributes.cluster_list import ClusterList
from ..messages.attributes.communities import Communities
from ..messages.attributes.extended_communities import ExtendedCommunities
from ..messages.attributes.large_communities import LargeCommunities
from ..messages.attributes.local_pref import LocalPref
from ..messages.attributes.med import MultiExitDisc
from ..messages.attributes.next_hop import why_no_host
from ..messages.attributes.only_to_customer import OnlyToCustomer
from ..messages.attributes.originator_id import OriginatorId
from ..messages.attributes.unknown import UnknownAttribute
from ..messages.capabilities import (
    AddPath,
    AddPathMode,
    Capability,
    EnhancedRouteRefresh,
    ExtendedMessage,
    ExtendedNextHop,
    FourOctetAs,
    Fqdn,
    GracefulRestart,
    LongLivedGracefulRestart,
    MultiProtocol,
    Role,
    RouteRefresh,
    RouteRefreshCisco,
    UnknownCapability,
)
from ..messages.context import Context, PeerKind
from ..messages.notification import Notification
from ..messages.open import Open
from ..messages.update import Reachable, Update, Withdrawn

IPV4: Final = Family.IPV4_UNICAST
IPV6: Final = Family.IPV6_UNICAST
BOTH: Final = frozenset({IPV4, IPV6})


def octets(size: int) -> SearchStrategy[bytes]:
    """Exactly ``size`` octets."""
    return st.binary(min_size=size, max_size=size)


u8, u16, u32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
as_numbers = st.one_of(st.integers(1, 0xFFFF), st.integers(1, 0xFFFFFFFF), st.sampled_from([23456, 65536, 64512]))
families = st.sampled_from([IPV4, IPV6])
any_families = st.builds(Family, u16, u8)


@st.composite
def keys(draw: st.DrawFn, family: Family = IPV4) -> bytes:
    """A prefix as it stands in an NLRI field, host bits zero."""
    bits = 32 if family == IPV4 else 128
    length = draw(st.one_of(st.integers(0, bits), st.sampled_from([24, 32, 26, bits])))
    number = draw(st.integers(0, (1 << bits) - 1)) >> (bits - length) << (bits - length)
    return bytes((length,)) + number.to_bytes(bits // 8)[: (length + 7) // 8]


def key_lists(family: Family = IPV4, max_size: int = 20) -> SearchStrategy[list[bytes]]:
    """Different prefixes of one family, at least one."""
    return st.lists(keys(family), min_size=1, max_size=max_size, unique=True)


# Capabilities and OPEN

capabilities: SearchStrategy[Capability] = st.one_of(
    st.builds(MultiProtocol, any_families),
    st.builds(RouteRefresh),
    st.builds(RouteRefreshCisco),
    st.builds(EnhancedRouteRefresh),
    st.builds(ExtendedMessage),
    st.builds(ExtendedNextHop, st.lists(st.tuples(any_families, u16), max_size=5).map(tuple)),
    st.builds(Role, u8),
    st.builds(
        GracefulRestart,
        restarting=st.booleans(),
        notification=st.booleans(),
        restart_time=st.integers(0, 4095),
        families=st.lists(st.tuples(any_families, st.booleans()), max_size=5).map(tuple),
        reserved=st.integers(0, 3),
    ),
    st.builds(
        LongLivedGracefulRestart,
        st.lists(st.tuples(any_families, st.booleans(), st.integers(0, 0xFFFFFF)), max_size=5).map(tuple),
    ),
    st.builds(AddPath, st.lists(st.tuples(any_families, st.sampled_from(list(AddPathMode))), max_size=5).map(tuple)),
    st.builds(Fqdn, st.text("abcdefghij-.0123", max_size=63), st.text("abcdefghij-.0123", max_size=63)),
    st.builds(UnknownCapability, st.integers(130, 255), st.binary(max_size=255)),
)
router_ids = octets(4).filter(any)


@st.composite
def opens(draw: st.DrawFn) -> Open:
    """An OPEN that has nothing wrong in it."""
    asn = draw(as_numbers)
    others = draw(st.lists(capabilities, max_size=8))
    small = asn <= 0xFFFF and draw(st.booleans())
    found = others if small else [*others, FourOctetAs(asn)]
    hold_time = draw(st.one_of(st.just(0), st.integers(3, 0xFFFF)))
    return Open(4, asn if asn <= 0xFFFF else 23456, hold_time, draw(router_ids), tuple(found))


notifications = st.builds(Notification, u8, u8, st.binary(max_size=300))

# Attributes

_segments = st.builds(
    Segment,
    st.sampled_from([SegmentType.AS_SEQUENCE, SegmentType.AS_SEQUENCE, SegmentType.AS_SET]),
    st.lists(as_numbers, min_size=1, max_size=8).map(tuple),
)
as_paths: SearchStrategy[AsPath] = st.one_of(
    st.builds(AsPath.sequence, st.lists(as_numbers, max_size=70)),
    st.builds(AsPath, st.lists(_segments, max_size=4).map(tuple)),
)
optional_attributes: SearchStrategy[Attribute] = st.one_of(
    st.builds(MultiExitDisc, u32),
    st.builds(LocalPref, u32),
    st.builds(AtomicAggregate),
    st.builds(Aggregator, as_numbers, octets(4)),
    st.builds(Communities.of, st.lists(u32, min_size=1, max_size=70)),
    st.builds(OriginatorId, octets(4)),
    st.builds(ClusterList, st.lists(octets(4), min_size=1, max_size=5).map(tuple)),
    st.builds(ExtendedCommunities.of, st.lists(octets(8), min_size=1, max_size=40)),
    st.builds(LargeCommunities.of, st.lists(st.tuples(u32, u32, u32), min_size=1, max_size=30)),
    st.builds(OnlyToCustomer, u32),
    st.builds(UnknownAttribute, st.integers(100, 255), st.just(0xE0), st.binary(max_size=300)),
)


def next_hops(family: Family = IPV4) -> SearchStrategy[bytes]:
    """Next hops that hosts can have: 4 octets for IPv4 unicast, 16 or 32 for IPv6 unicast."""
    if family == IPV4:
        return octets(4).filter(lambda address: not why_no_host(address))
    host = octets(16).filter(lambda address: not why_no_host(address))
    return st.one_of(host, st.builds(lambda one, two: one + two, host, host))


def blocks(family: Family = IPV4) -> SearchStrategy[Block]:
    """Blocks with any set of known and unknown attributes."""
    return st.builds(
        lambda kind, path, others, next_hop: Block.build([origin.Origin(kind), path, *others], next_hop),
        st.sampled_from(list(Origin)),
        as_paths,
        st.lists(optional_attributes, max_size=6),
        next_hops(family),
    )


contexts: SearchStrategy[Context] = st.builds(
    Context,
    kind=st.sampled_from(list(PeerKind)),
    four_octet_as=st.booleans(),
    families=st.sampled_from([BOTH, frozenset({IPV4}), frozenset({IPV6}), frozenset()]),
    add_path_receive=st.sampled_from([frozenset(), BOTH, frozenset({IPV4})]),
    extended_next_hop=st.sampled_from([frozenset(), frozenset({IPV4})]),
)


@st.composite
def attribute_fields(draw: st.DrawFn) -> bytes:
    """Attribute octets as a peer might send them: half of them usual but for their values, half anything."""
    if draw(st.booleans()):
        mandatory = st.tuples(
            _value(AttributeCode.ORIGIN, 0x40, st.sampled_from([b"\0", b"\2"]), _RIGHT),
            _value(AttributeCode.AS_PATH, 0x40, st.one_of(_good_paths, _good_paths, _path_values), [*_RIGHT, 0x10]),
            _value(AttributeCode.NEXT_HOP, 0x40, st.just(b"\x0a\0\0\1"), _RIGHT),
        )
        others: list[bytes] = draw(st.lists(_others(_RIGHT), max_size=4, unique_by=lambda attribute: attribute[1:2]))
        usual: list[bytes] = [*draw(mandatory), *others]
        usual.sort(key=_code_of)
        return b"".join(usual)
    anything = (
        _value(AttributeCode.ORIGIN, 0x40, st.integers(0, 3).map(lambda value: bytes((value,))), _ANY),
        _value(AttributeCode.AS_PATH, 0x40, _path_values, _ANY),
        _value(AttributeCode.NEXT_HOP, 0x40, st.one_of(st.just(b"\x0a\0\0\1"), octets(4)), _ANY),
    )
    found = [draw(each) for each in anything if draw(st.integers(0, 9))]
    found += draw(st.lists(st.one_of(_others(_ANY), st.builds(_attribute, u8, u8, st.binary(max_size=8))), max_size=5))
    if draw(st.booleans()):
        found.sort(key=_code_of)
    return b"".join(found) + draw(st.one_of(st.just(b""), st.binary(max_size=4)))


_RIGHT = [0] * 31 + [0x20]
"""What is done to an attribute's right flags, drawn from a list."""
_ANY = [0] * 5 + [0x10] * 3 + [0x20, 0x40, 0x80, 0x01]


def _code_of(attribute: bytes) -> int:
    return attribute[1]


def _others(changes: list[int]) -> SearchStrategy[bytes]:
    return st.one_of([_value(code, flags, values, changes) for code, flags, values in _OTHER_VALUES])


def _value(code: int, flags: int, values: SearchStrategy[bytes], changes: list[int]) -> SearchStrategy[bytes]:
    return st.builds(_attribute, st.sampled_from(changes).map(lambda change: flags ^ change), st.just(code), values)


def _attribute(flags: int, code: int, value: bytes) -> bytes:
    if flags & 0x10:
        return bytes((flags, code)) + len(value).to_bytes(2) + value
    return pack(flags, code, value)


def _items(size: int) -> SearchStrategy[bytes]:
    """Items of ``size`` octets from a small set, so that some are repeated; now and then one octet too many."""
    few = st.sampled_from([bytes(size), b"\1" * size, b"\2" * size, b"\3" * size, b"\4" * size])
    whole = st.lists(few, min_size=1, max_size=3).map(b"".join)
    return st.one_of(
        whole, whole, whole, whole, whole, st.lists(few, max_size=2).map(lambda items: b"".join(items) + b"\0")
    )


def _sequence(kind: int, asns: list[int], size: int = 4) -> bytes:
    return bytes((kind, len(asns))) + b"".join((asn % (1 << size * 8)).to_bytes(size) for asn in asns)


_few_ases = st.lists(as_numbers, min_size=1, max_size=5)
_good_paths = _few_ases.map(lambda asns: _sequence(2, asns))
_path_values = st.one_of(
    _few_ases.map(lambda asns: _sequence(2, asns)),
    _few_ases.map(lambda asns: _sequence(2, asns, 2)),
    _few_ases.map(lambda asns: _sequence(2, [*asns, 0])),
    _few_ases.map(lambda asns: _sequence(3, asns)),
    as_paths.map(lambda path: path.encode()),
    st.binary(max_size=12),
)
_OTHER_VALUES: list[tuple[int, int, SearchStrategy[bytes]]] = [
    (AttributeCode.MULTI_EXIT_DISC, 0x80, octets(4)),
    (AttributeCode.LOCAL_PREF, 0x40, octets(4)),
    (AttributeCode.ATOMIC_AGGREGATE, 0x40, st.just(b"")),
    (AttributeCode.AGGREGATOR, 0xC0, st.one_of(octets(8), octets(4).map(lambda rest: bytes(4) + rest), octets(6))),
    (AttributeCode.COMMUNITIES, 0xC0, _items(4)),
    (AttributeCode.ORIGINATOR_ID, 0x80, octets(4)),
    (AttributeCode.CLUSTER_LIST, 0x80, _items(4)),
    (AttributeCode.EXTENDED_COMMUNITIES, 0xC0, _items(8)),
    (AttributeCode.AS4_PATH, 0xC0, _path_values),
    (AttributeCode.AS4_AGGREGATOR, 0xC0, octets(8)),
    (AttributeCode.LARGE_COMMUNITIES, 0xC0, _items(12)),
    (AttributeCode.ONLY_TO_CUSTOMER, 0xC0, octets(4)),
    (99, 0xC0, st.binary(max_size=5)),
    (98, 0x80, st.binary(max_size=5)),
]


# UPDATE


@st.composite
def updates(draw: st.DrawFn, path_ids: bool = False) -> Update:
    """What ``update.decode`` gives of UPDATEs with nothing wrong: withdrawn and reachable prefixes never overlap."""
    family = draw(families)
    identifiers = u32 if path_ids else st.just(0)
    if draw(st.booleans()):
        return Update([Withdrawn(family, draw(identifiers), draw(key_lists(family)))], [])
    return Update([], [Reachable(family, draw(identifiers), draw(key_lists(family)), draw(blocks(family)))])
