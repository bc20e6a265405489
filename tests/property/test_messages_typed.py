"""Attribute objects made of checked octets are those that each class reads itself."""

from __future__ import annotations

from hypothesis import example, given, settings

from pybgp.messages.attributes import registry
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.base import EXTENDED_LENGTH, Attribute, RawAttribute, walk
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.unknown import UnknownAttribute
from pybgp.testing import strategies as bgp

NEXT_HOP = bytes((192, 0, 2, 1))
SEQUENCE, SET = SegmentType.AS_SEQUENCE, SegmentType.AS_SET


def readable(raw: RawAttribute) -> Attribute:
    kind = registry.known(raw.code)
    if kind is None:
        return UnknownAttribute(raw.code, raw.flags & ~EXTENDED_LENGTH, raw.value)
    return kind.decode(raw.value)


@settings(max_examples=300)
@given(bgp.blocks(bgp.IPV4))
@example(Block.build([AsPath()], NEXT_HOP))
@example(Block.build([AsPath((Segment(SET, (65001, 65002)),))], NEXT_HOP))
@example(Block.build([AsPath((Segment(SEQUENCE, (1,)), Segment(SEQUENCE, (2, 3))))], NEXT_HOP))
@example(Block.build([AsPath((Segment(SEQUENCE, tuple(range(1, 64))),))], NEXT_HOP))
@example(Block.build([AsPath((Segment(SEQUENCE, tuple(range(1, 65))),))], NEXT_HOP))
@example(Block.build([Communities(tuple(range(63)))], NEXT_HOP))
@example(Block.build([Communities(tuple(range(64)))], NEXT_HOP))
@example(Block.build([UnknownAttribute(99, 0xE0, b""), UnknownAttribute(200, 0xE0, bytes(300))], NEXT_HOP))
def test_an_object_is_what_its_class_reads(block: Block) -> None:
    expected = {raw.code: readable(raw) for raw in walk(block.octets)}

    found = block.attributes

    assert found == expected
    assert list(found) == list(expected)
    assert [type(each) for each in found.values()] == [type(each) for each in expected.values()]
    assert [repr(each) for each in found.values()] == [repr(each) for each in expected.values()]
