"""``Block``: what can be read from it, how others are made of it; and the cache."""

from __future__ import annotations

import pytest

from pybgp.constants import AttributeCode
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.block import Block, Parsed, parse
from pybgp.messages.attributes.cache import BlockCache
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.messages.attributes.next_hop import NextHop
from pybgp.messages.attributes.origin import Origin
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.messages.attributes.unknown import UnknownAttribute
from tests.unit.messages.wire import AS_PATH, EXTERNAL, INTERNAL, MANDATORY, OLD, ORIGIN, octets

NEXT_HOP = octets("0a630001")
FULL = (
    f"{MANDATORY} 80 04 04 00000005 40 05 04 000000c8 c0 08 08 fde80001fde80002"
    " 80 09 04 0a000009 80 0a 08 0a00000a0a00000b"
)


def block_of(attributes: str, next_hop: bytes | None = None) -> Block:
    found = parse(octets(attributes), next_hop, INTERNAL).block
    assert found is not None
    return found


def test_what_ranks_a_path_is_ready() -> None:
    block = block_of(FULL)

    assert (block.origin, block.path_length, block.neighbor_as) == (0, 1, 65001)
    assert (block.med, block.local_pref, block.next_hop) == (5, 200, NEXT_HOP)
    assert block.mask == sum(1 << code for code in (1, 2, 4, 5, 8, 9, 10))


def test_the_offsets_cut_where_next_hop_and_the_tail_begin() -> None:
    block = block_of(FULL)

    assert block.octets[: block.next_hop_at] == octets(f"{ORIGIN} {AS_PATH}")
    assert block.octets[block.tail_at :] == octets("80 09 04 0a000009 80 0a 08 0a00000a0a00000b")


def test_attributes_are_read_when_they_are_asked_for() -> None:
    block = block_of(FULL)

    assert block.as_path == (65001,)
    assert block.as_path_text == "65001"
    assert block.as_path_octets == octets("0201 0000fde9")
    assert block.communities == (0xFDE80001, 0xFDE80002)
    assert block.originator_id == octets("0a000009")
    assert block.cluster_list == octets("0a00000a 0a00000b")
    assert block.get(AttributeCode.MULTI_EXIT_DISC) == MultiExitDisc(5)
    assert list(block.attributes) == [1, 2, 4, 5, 8, 9, 10]
    assert "next_hop=10.99.0.1" in repr(block)


def test_what_is_not_there_is_none_or_empty() -> None:
    block = block_of(MANDATORY)

    assert (block.med, block.local_pref, block.originator_id) == (None, None, None)
    assert (block.communities, block.large_communities, block.extended_communities) == ((), (), ())
    assert block.cluster_list == b""
    assert block.value(AttributeCode.MULTI_EXIT_DISC) is None
    assert block.value(200) is None
    assert block.get(200) is None
    assert block.tail_at == len(block.octets)


def test_unknown_attributes_are_kept_as_they_are() -> None:
    block = block_of(f"{MANDATORY} c0 c8 02 0102")

    assert block.value(200) == b"\1\2"
    assert block.get(200) == UnknownAttribute(200, 0xE0, b"\1\2")


def test_equal_octets_and_next_hop_are_equal_blocks() -> None:
    block = block_of(MANDATORY)

    assert block == block_of(f"{AS_PATH} 50 01 0001 00 40 03 04 0a630001")
    assert hash(block) == hash(block_of(MANDATORY))
    assert block != block.replace(next_hop=octets("0a630002"))
    assert block != block_of(FULL)
    assert block != "block"


@pytest.mark.row("ASP-04", "CFD-07")
@pytest.mark.parametrize(("asn", "count"), [(65001, 2), (7, 1), (8, 1), (9, 0), (0, 0), (0xFDE90000, 0)])
def test_an_as_is_counted_in_every_kind_of_segment(asn: int, count: int) -> None:
    segments = (
        Segment(SegmentType.AS_CONFED_SEQUENCE, (7,)),
        Segment(SegmentType.AS_SEQUENCE, (65001, 65001)),
        Segment(SegmentType.AS_SET, (8, 10)),
    )

    assert Block.build([AsPath(segments)], NEXT_HOP).contains_as(asn) == count


def test_a_block_of_our_own_has_origin_and_an_empty_path() -> None:
    block = Block.build([], b"")

    assert block.octets == octets("40 01 01 00 40 02 00")
    assert (block.path_length, block.neighbor_as, block.next_hop) == (0, 0, b"")
    assert "next_hop=-" in repr(block)


def test_attributes_are_built_in_ascending_order() -> None:
    attributes = [LocalPref(100), NextHop(NEXT_HOP), Communities.of(["64512:7"]), Origin.decode(b"\2")]

    block = Block.build(attributes, NEXT_HOP)

    assert block.octets == octets("40 01 01 02 40 02 00 40 05 04 00000064 c0 08 04 fc000007")
    assert block == block_of("40 01 01 02 40 02 00 40 03 04 0a630001 40 05 04 00000064 c0 08 04 fc000007")


def test_attributes_are_set_and_removed() -> None:
    block = block_of(FULL)

    changed = block.replace(
        set=[LocalPref(50), ClusterList((octets("01010101"),))], remove=[AttributeCode.MULTI_EXIT_DISC]
    )

    assert changed == block_of(FULL.replace("80 04 04 00000005", "").replace("000000c8", "00000032")).replace(
        set=[ClusterList((octets("01010101"),))]
    )
    assert (changed.local_pref, changed.med, changed.cluster_list) == (50, None, octets("01010101"))
    assert changed.originator_id == block.originator_id


def test_nothing_changed_is_the_same_object() -> None:
    block = block_of(FULL)

    assert block.replace(set=[LocalPref(200)], remove=[AttributeCode.AIGP]) is block
    assert block.replace(next_hop=block.next_hop) is block


def test_origin_and_as_path_cannot_be_removed() -> None:
    block = block_of(FULL)

    assert block.replace(remove=[AttributeCode.ORIGIN, AttributeCode.AS_PATH]) is block


def test_another_next_hop_changes_nothing_else() -> None:
    block = block_of(FULL)

    changed = block.replace(next_hop=bytes(16))

    assert changed.next_hop == bytes(16)
    assert all(getattr(changed, name) == getattr(block, name) for name in Block.__slots__ if name != "next_hop")


def test_a_path_of_more_than_255_octets_has_the_extended_length() -> None:
    block = Block.build([AsPath.sequence(range(1, 301)), OriginatorId(NEXT_HOP)], NEXT_HOP)

    assert block.octets[4:6] == octets("50 02")
    assert block.as_path == tuple(range(1, 301))
    assert block.octets[block.next_hop_at :] == octets("80 09 04 0a630001")


def test_blocks_share_the_octets_of_their_next_hop() -> None:
    assert block_of(MANDATORY).next_hop is block_of(FULL).next_hop


class TestCache:
    def test_the_same_octets_are_the_same_block(self) -> None:
        blocks = BlockCache()

        first = blocks.get(octets(MANDATORY), None, INTERNAL)

        assert isinstance(first, Block)
        assert blocks.get(octets(MANDATORY), None, INTERNAL) is first

    def test_the_next_hop_is_part_of_the_key(self) -> None:
        blocks = BlockCache()
        raw = octets(f"{ORIGIN} {AS_PATH}")

        one, two = (blocks.get(raw, bytes(15) + last, INTERNAL) for last in (b"\7", b"\x08"))

        assert isinstance(one, Block)
        assert one != two

    def test_the_kind_of_session_is_part_of_the_key(self) -> None:
        blocks = BlockCache()
        raw = octets(f"{MANDATORY} 40 05 04 00000064")

        assert isinstance(blocks.get(raw, None, INTERNAL), Block)
        assert isinstance(blocks.get(raw, None, EXTERNAL), Parsed)
        assert isinstance(blocks.get(raw, None, OLD), Parsed)

    def test_without_prefixes_there_is_no_block(self) -> None:
        assert BlockCache().get(octets(ORIGIN), None, INTERNAL, has_nlri=False) == Parsed(None)

    def test_it_forgets_what_nobody_asks_for(self) -> None:
        blocks = BlockCache(generation=4)
        often = octets(f"{MANDATORY} 80 04 04 00000000")
        kept = blocks.get(often, None, INTERNAL)

        for number in range(1, 50):
            blocks.get(octets(f"{MANDATORY} 80 04 04") + number.to_bytes(4), None, INTERNAL)
            assert blocks.get(often, None, INTERNAL) is kept

        assert len(blocks) <= 8

    def test_what_is_usual_is_remembered_in_the_same_way(self) -> None:
        blocks = BlockCache(generation=4)
        often = octets(f"{MANDATORY} 80 04 04 00000000")
        kept = blocks.usual(often, None, INTERNAL)
        assert kept is not None

        for number in range(1, 50):
            blocks.usual(octets(f"{MANDATORY} 80 04 04") + number.to_bytes(4), None, INTERNAL)
            assert blocks.usual(often, None, INTERNAL) is kept

        assert len(blocks) <= 8

    def test_large_attributes_do_not_fill_the_memory(self) -> None:
        blocks = BlockCache(generation=64)
        size = 4000

        for number in range(200):
            unknown = b"\xd0\x63" + size.to_bytes(2) + number.to_bytes(size)
            blocks.get(octets(MANDATORY) + unknown, None, INTERNAL)

        assert len(blocks) * size <= 2 * 64 * 256

    def test_a_new_next_hop_is_looked_at(self) -> None:
        raw = octets(f"{ORIGIN} {AS_PATH}")

        assert BlockCache().usual(raw, bytes(16), INTERNAL) is None
        assert BlockCache().usual(raw, bytes(15) + b"\2", INTERNAL) is not None

    def test_an_old_block_that_nobody_asked_for_is_gone(self) -> None:
        blocks = BlockCache(generation=4)
        first = blocks.get(octets(MANDATORY), None, INTERNAL)

        for number in range(20):
            blocks.get(octets(f"{MANDATORY} 80 04 04") + number.to_bytes(4), None, INTERNAL)

        again = blocks.get(octets(MANDATORY), None, INTERNAL)
        assert again == first
        assert again is not first
