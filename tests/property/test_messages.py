"""Laws of the codec: what is written can be read, however it is cut, and nothing that a peer sends is a crash."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from pybgp.constants import MARKER
from pybgp.errors import ProtocolError
from pybgp.messages import (
    BlockCache,
    Context,
    Framer,
    Notification,
    Open,
    PeerKind,
    RouteRefresh,
    Update,
    decode,
    encode,
    update,
)
from pybgp.messages.attributes.block import Block, parse
from pybgp.messages.attributes.mp_reach import MpReach, MpUnreach
from pybgp.messages.capabilities import registry
from pybgp.messages.capabilities.base import Capability
from pybgp.messages.errors import InvalidNetworkField, Problem
from pybgp.messages.families.base import join
from pybgp.messages.families.prefix import PrefixFamily
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.header import KEEPALIVE, message
from pybgp.testing import strategies as bgp
from tests.unit.messages import wire

ALL = frozenset(codec.family for codec in FAMILIES.values())
ADD_PATH = Context(families=ALL, add_path_receive=ALL, add_path_send=ALL)
PLAIN = Context(families=ALL)
OLD = Context(families=bgp.BOTH, four_octet_as=False)
FAMILY_CODECS = st.sampled_from([family for family in FAMILIES.values() if isinstance(family, PrefixFamily)])


ANY_MESSAGE = st.one_of(
    bgp.opens().map(Open.encode), bgp.updates(among=bgp.every_family).map(lambda sent: encode(sent, PLAIN))
)


# What is written can be read


@given(bgp.opens())
def test_an_open_survives_the_wire(sent: Open) -> None:
    assert decode(sent.encode()) == sent


@given(bgp.capabilities)
def test_a_capability_survives_the_wire(sent: Capability) -> None:
    octets = registry.encode([sent])

    assert registry.decode(octets[0], octets[2:]) == sent
    assert str(sent)


@given(bgp.notifications)
def test_a_notification_survives_the_wire(sent: Notification) -> None:
    assert decode(sent.encode()) == sent
    assert str(sent)


@given(st.builds(RouteRefresh, bgp.any_families, bgp.u8))
def test_a_route_refresh_survives_the_wire(sent: RouteRefresh) -> None:
    assert decode(sent.encode()) == sent


@given(bgp.updates(path_ids=True, among=bgp.every_family))
def test_an_update_survives_the_wire_with_identifiers(sent: Update) -> None:
    assert decode(encode(sent, ADD_PATH), ADD_PATH) == sent


@given(bgp.updates(among=bgp.every_family))
def test_an_update_survives_the_wire(sent: Update) -> None:
    assert decode(encode(sent, PLAIN), PLAIN) == sent


@given(bgp.updates())
def test_an_update_survives_the_way_through_two_octets(sent: Update) -> None:
    """RFC 6793 §4.2: AS_TRANS, AS4_PATH and AS4_AGGREGATOR together lose nothing, but for how sequences are cut."""
    read = decode(encode(sent, OLD), OLD)

    assert isinstance(read, Update)
    assert not read.problems
    for before, after in zip(sent.reachable, read.reachable, strict=True):
        assert after.keys == before.keys
        assert after.block.as_path_text == before.block.as_path_text
        assert after.block.octets[after.block.next_hop_at :] == before.block.octets[before.block.next_hop_at :]


@given(bgp.blocks(), bgp.blocks())
def test_a_block_is_what_its_attributes_build(block: Block, other: Block) -> None:
    assert Block.build(block.attributes.values(), block.next_hop) == block
    assert parse(block.octets, block.next_hop, PLAIN) == (block, 0, ())
    # ORIGIN and AS_PATH can't be removed, but set
    assert block.replace(next_hop=other.next_hop, set=other.attributes.values(), remove=range(256)) == other


@given(bgp.blocks())
def test_a_value_is_that_of_its_attribute(block: Block) -> None:
    attributes = block.attributes

    for code in range(256):
        value = block.value(code)
        assert (value is None) is (code not in attributes)
        if value is not None:
            assert attributes[code].encode() == value
            assert block.get(code) == attributes[code]
        if code < 64:
            assert bool(block.mask >> code & 1) is (value is not None)


@given(bgp.blocks())
def test_an_as_is_counted_as_often_as_it_stands_in_the_path(block: Block) -> None:
    for asn in (*block.as_path, 1, 23456):
        assert block.contains_as(asn) == block.as_path.count(asn)


# However it is cut


@given(
    st.lists(st.one_of(st.just(KEEPALIVE), bgp.opens().map(Open.encode), bgp.notifications.map(Notification.encode))),
    st.randoms(use_true_random=False),
)
def test_any_chunking_gives_the_same_messages(sent: list[bytes], random: object) -> None:
    stream = b"".join(sent)
    cuts = sorted(random.randrange(len(stream) + 1) for _ in range(random.randrange(12)))  # type: ignore[attr-defined]
    framer = Framer()

    found = [
        each
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for each in framer.feed(stream[start:end])
    ]

    assert framer.error is None
    assert [message(kind, body) for kind, body in found] == sent


@given(st.lists(st.one_of(st.just(KEEPALIVE), st.just(MARKER), st.binary(max_size=30))), st.integers(1, 40))
def test_chunking_never_changes_where_the_stream_ends(parts: list[bytes], size: int) -> None:
    stream = b"".join(parts)
    whole, cut = Framer(), Framer()

    at_once = whole.feed(stream)
    in_pieces = [each for at in range(0, len(stream), size) for each in cut.feed(stream[at : at + size])]

    assert at_once == in_pieces
    assert str(whole.error) == str(cut.error)
    assert type(whole.error) is type(cut.error)


# Splitting prefixes: the pattern and the loop agree


@given(FAMILY_CODECS, st.data())
def test_keys_are_split_as_they_were_joined(family: object, data: st.DataObject) -> None:
    keys = data.draw(bgp.key_lists(family.family))  # type: ignore[attr-defined]
    path_id = data.draw(bgp.u32)

    assert family.split(join(keys)) == keys  # type: ignore[attr-defined]
    assert family.split_with_ids(join(keys, path_id)) == [(path_id, keys)]  # type: ignore[attr-defined]


@given(FAMILY_CODECS, st.one_of(st.binary(max_size=60), st.lists(bgp.keys(), max_size=6).map(b"".join)), st.booleans())
@example(next(iter(FAMILIES.values())), b"\0", True)
def test_the_pattern_splits_as_the_loop_does(family: object, field: bytes, with_ids: bool) -> None:
    def slowly() -> list[tuple[int, list[bytes]]]:
        groups: dict[int, list[bytes]] = {}
        for identifier, key in family.walk(field, 4 * with_ids):
            groups.setdefault(int.from_bytes(identifier), []).append(key)
        return list(groups.items())

    def quickly() -> list[tuple[int, list[bytes]]]:
        if with_ids:
            return family.split_with_ids(field)  # type: ignore[attr-defined, no-any-return]
        keys = family.split(field)  # type: ignore[attr-defined]
        return [(0, keys)] if keys else []

    try:
        expected = slowly()
    except InvalidNetworkField:
        expected = None
    try:
        found = quickly()
    except InvalidNetworkField:
        found = None
    assert found == expected


# Nothing that a peer sends is a crash


def only_protocol_errors(octets: bytes, context: Context) -> None:
    try:
        found = decode(octets, context)
    except ProtocolError as error:
        Notification.from_error(error).encode()
        return
    if isinstance(found, Update):
        assert all(isinstance(problem, Problem) for problem in found.problems)
        assert all(group.keys for group in (*found.withdrawn, *found.reachable))
        for reach in found.reachable:
            assert repr(reach.block)
            assert parse(reach.block.octets, reach.block.next_hop, PLAIN).block == reach.block


@given(st.sampled_from([1, 2, 3, 4, 5]), st.binary(max_size=100), bgp.contexts)
def test_random_bodies_give_protocol_errors_at_most(kind: int, body: bytes, context: Context) -> None:
    only_protocol_errors(message(kind, body), context)


@given(st.binary(max_size=100), bgp.contexts)
def test_random_octets_give_protocol_errors_at_most(octets: bytes, context: Context) -> None:
    only_protocol_errors(octets, context)


@st.composite
def update_bodies(draw: st.DrawFn) -> bytes:
    """UPDATE bodies that are nearly right."""
    fields = st.one_of(st.just(b""), bgp.key_lists().map(b"".join), st.binary(max_size=12))
    fields_6 = st.one_of(st.just(b""), bgp.key_lists(bgp.IPV6, 4).map(b"".join), st.binary(max_size=12))
    attributes = draw(st.one_of(st.just(b""), bgp.attribute_fields(), bgp.attribute_fields()))
    next_hops = st.one_of(bgp.next_hops(bgp.IPV6), bgp.next_hops(), st.binary(max_size=33))
    reach = st.builds(MpReach, bgp.families, next_hops, fields_6).map(MpReach.encode)
    unreach = st.builds(MpUnreach, bgp.families, fields_6).map(MpUnreach.encode)
    for code, values in ((14, reach), (15, unreach)):
        for value in draw(st.lists(st.one_of(values, values, values, st.binary(max_size=8)), max_size=1)):
            flags = draw(st.sampled_from([0x80] * 5 + [0x90, 0x40, 0xC0]))
            attribute = bgp.attribute_octets(flags, code, value)
            attributes = attribute + attributes if draw(st.booleans()) else attributes + attribute
    withdrawn = draw(fields)
    return len(withdrawn).to_bytes(2) + withdrawn + len(attributes).to_bytes(2) + attributes + draw(fields)


@given(update_bodies(), bgp.contexts)
def test_nearly_right_updates_give_protocol_errors_at_most(body: bytes, context: Context) -> None:
    only_protocol_errors(message(2, body), context)


def read(body: bytes, context: Context, blocks: BlockCache) -> object:
    """What an UPDATE says, or the error, in values that compare."""
    return comparable(lambda: update.decode(body, context, blocks))


def comparable(decoded: Callable[[], Update]) -> object:
    try:
        found = decoded()
    except ProtocolError as error:
        return type(error), error.code, error.subcode, error.data
    return (
        found.withdrawn,
        found.reachable,
        found.end_of_rib,
        [(problem.outcome, problem.attribute, problem.why, problem.data) for problem in found.problems],
    )


@given(update_bodies(), bgp.contexts)
@example(wire.body(f"{wire.mp_reach()} {wire.MANDATORY}", wire.PREFIX), PLAIN)
@example(wire.body(f"{wire.mp_reach()} {wire.MANDATORY} {wire.mp_unreach('00')}"), PLAIN)
@example(wire.body(f"{wire.mp_reach(wire.NEXT_HOP_6 * 2)} {wire.ORIGIN} {wire.AS_PATH}"), PLAIN)
@example(wire.body(f"{wire.mp_reach('00' * 16)} {wire.ORIGIN} {wire.AS_PATH}"), PLAIN)
def test_the_short_ways_say_what_the_long_way_says(body: bytes, context: Context) -> None:
    """``decode`` has short ways for usual UPDATEs; ``_decode`` reads all."""
    shortly = read(body, context, BlockCache())

    assert shortly == comparable(lambda: update._decode(*update.split(body), context, BlockCache()))


@given(update_bodies(), st.sampled_from(list(PeerKind)), st.booleans())
def test_a_shared_cache_never_changes_what_an_update_says(body: bytes, kind: PeerKind, four_octet_as: bool) -> None:
    """Nothing remembered, all remembered, and remembered by sessions of other kinds."""
    context = Context(kind=kind, four_octet_as=four_octet_as, families=bgp.BOTH)
    first = read(body, context, BlockCache())

    shared = BlockCache()
    for other in PeerKind:
        for size in (True, False):
            read(body, Context(kind=other, four_octet_as=size, families=bgp.BOTH), shared)

    assert read(body, context, shared) == first


@given(bgp.updates(among=bgp.every_family), st.data())
def test_a_truncated_update_gives_protocol_errors_at_most(sent: Update, data: st.DataObject) -> None:
    body = encode(sent, PLAIN)[19:]
    end = data.draw(st.integers(0, len(body)))

    only_protocol_errors(message(2, body[:end]), PLAIN)


@given(bgp.opens(), st.data())
def test_a_truncated_open_gives_protocol_errors_at_most(sent: Open, data: st.DataObject) -> None:
    body = sent.encode()[19:]
    end = data.draw(st.integers(0, len(body)))

    only_protocol_errors(message(1, body[:end]), PLAIN)


@given(ANY_MESSAGE, st.data())
def test_a_flipped_octet_gives_protocol_errors_at_most(sent: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(19, max(19, len(sent) - 1)))
    mutated = sent[:at] + bytes((data.draw(bgp.u8),)) + sent[at + 1 :]

    only_protocol_errors(mutated, PLAIN)
