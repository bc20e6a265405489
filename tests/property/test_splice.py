"""Blocks that are cut and put together are those that the general way makes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import Family, address_octets
from pybgp.messages.attributes.aggregator import Aggregator, AtomicAggregate
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.edit import BlockEdit
from pybgp.messages.attributes.large_communities import LargeCommunities
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.med import MultiExitDisc

FIELDS = ("octets", "next_hop", "origin", "path_length", "neighbor_as", "med", "local_pref", "mask", "next_hop_at",
          "tail_at")  # fmt: skip
communities = st.lists(st.sampled_from([0x00010001, 0x00000100, 0xFC000007, 0x01000000]), unique=True)
paths = st.sampled_from([(), (7,), (65001, 65002, 65003), tuple(range(1, 60)), tuple(range(1, 200))])


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    attributes: list[Any] = [AsPath.sequence(draw(paths))]
    if draw(st.booleans()):
        attributes.append(MultiExitDisc(5))
    if draw(st.booleans()):
        attributes.append(LocalPref(100))
    if draw(st.booleans()):
        attributes.append(AtomicAggregate())
    if draw(st.booleans()):
        attributes.append(Aggregator(65001, address_octets("192.0.2.1")))
    if values := draw(communities):
        many = draw(st.sampled_from([0, 58, 70]))
        attributes.append(Communities(tuple(dict.fromkeys((*values, *range(0x00020000, 0x00020000 + many))))))
    if draw(st.booleans()):
        attributes.append(LargeCommunities.parse("64512:1:1"))
    return Block.build(attributes, address_octets("192.0.2.9"))


edits = st.builds(
    BlockEdit.of,
    local_pref=st.sampled_from([..., 100, 200]),
    med=st.sampled_from([..., 5, 9]),
    origin=st.sampled_from([None, "igp", "egp"]),
    next_hop=st.sampled_from([None, "192.0.2.9", "192.0.2.8"]),
    prepend=st.sampled_from([(), (7,), (64512, 64512, 1), ("last_as",)]),
    add_communities=st.lists(st.sampled_from(["1:1", "0:256", "64512:7", "9:9", "256:0"]), max_size=3),
)


@given(blocks(), edits)
def test_the_quick_way_makes_what_the_general_way_makes(block: Block, edit: BlockEdit) -> None:
    def made(by: BlockEdit) -> Any:
        try:
            found = by.apply(block, Family.IPV4_UNICAST)
        except ValueError as problem:
            return str(problem)
        return [getattr(found, name) for name in FIELDS], found is block

    assert made(edit.prepared()) == made(edit)
