"""Path attributes as values and as octets, blocks, contexts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...addresses import Family
from ...constants import AttributeCode, Origin
from ...messages.attributes import origin
from ...messages.attributes.base import pack
from ...messages.attributes.block import Block
from ...messages.attributes.next_hop import why_no_host
from ...messages.context import Context, PeerKind
from ...messages.families.registry import FAMILIES
from .attribute_values import as_paths, nearly_right_values, optional_attributes
from .families import BOTH, IPV4, IPV6, as_numbers, octets, u8


def next_hops(family: Family = IPV4) -> SearchStrategy[bytes]:
    """Next hops that a family may have without RFC 8950: hosts of 4, 16 or 32 octets; none for flow specifications."""
    codec = FAMILIES[family]
    sizes = sorted({len(codec.next_hop_address(bytes(size))) for size in codec.next_hop_sizes})
    return st.sampled_from(sizes).flatmap(lambda size: _HOSTS[size])


_HOST_4 = octets(4).filter(lambda address: not why_no_host(address))
_HOST_6 = octets(16).filter(lambda address: not why_no_host(address))
_HOSTS: dict[int, SearchStrategy[bytes]] = {
    0: st.just(b""),
    4: _HOST_4,
    16: _HOST_6,
    32: st.builds(bytes.__add__, _HOST_6, _HOST_6),
}


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
    same_domain=st.booleans(),
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
    found += draw(
        st.lists(st.one_of(_others(_ANY), st.builds(attribute_octets, u8, u8, st.binary(max_size=8))), max_size=5)
    )
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
    return st.builds(
        attribute_octets, st.sampled_from(changes).map(lambda change: flags ^ change), st.just(code), values
    )


def attribute_octets(flags: int, code: int, value: bytes) -> bytes:
    """A whole attribute; the length has two octets only where the flags say so or it must."""
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
_NEWER = (
    (AttributeCode.PMSI_TUNNEL, 0xC0),
    (AttributeCode.TUNNEL_ENCAPSULATION, 0xC0),
    (AttributeCode.AIGP, 0x80),
    (AttributeCode.PREFIX_SID, 0xC0),
    (AttributeCode.ATTR_SET, 0xC0),
)
_OTHER_VALUES: list[tuple[int, int, SearchStrategy[bytes]]] = [
    (AttributeCode.MULTI_EXIT_DISC, 0x80, octets(4)),
    (AttributeCode.LOCAL_PREF, 0x40, octets(4)),
    (AttributeCode.ATOMIC_AGGREGATE, 0x40, st.just(b"")),
    (AttributeCode.AGGREGATOR, 0xC0, st.one_of(octets(8), octets(4).map(lambda rest: bytes(4) + rest), octets(6))),
    (AttributeCode.COMMUNITIES, 0xC0, _items(4)),
    (AttributeCode.ORIGINATOR_ID, 0x80, octets(4)),
    (AttributeCode.CLUSTER_LIST, 0x80, _items(4)),
    (
        AttributeCode.EXTENDED_COMMUNITIES,
        0xC0,
        st.one_of(_items(8), st.builds(bytes.__add__, _items(8), st.just(b"\x43\0\0\0\0\0\0\1"))),
    ),
    (AttributeCode.IPV6_EXTENDED_COMMUNITIES, 0xC0, _items(20)),
    (AttributeCode.AS4_PATH, 0xC0, _path_values),
    (AttributeCode.AS4_AGGREGATOR, 0xC0, octets(8)),
    (AttributeCode.LARGE_COMMUNITIES, 0xC0, _items(12)),
    (AttributeCode.ONLY_TO_CUSTOMER, 0xC0, octets(4)),
    *((code, flags, nearly_right_values(code)) for code, flags in _NEWER),
    (99, 0xC0, st.binary(max_size=5)),
    (98, 0x80, st.binary(max_size=5)),
]
