"""What an aggregate says of its contributors (RFC 4271 §9.2.2.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import Family, address_octets
from pybgp.constants import AttributeCode
from pybgp.constants import Origin as OriginValue
from pybgp.messages.attributes.aggregator import Aggregator, AtomicAggregate
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.edit import BlockEdit
from pybgp.rib.aggregate import AggregateRules, aggregate_block, aggregate_paths, trait_of
from pybgp.rib.local import own_block

from .paths import block

ROUTER_ID = address_octets("192.0.2.1")
IGP, EGP, INCOMPLETE = OriginValue.IGP, OriginValue.EGP, OriginValue.INCOMPLETE

pytestmark = pytest.mark.row("SND-06")


def made(*contributors: Block, as_set: bool = False, base: Block | None = None) -> Block:
    rules = AggregateRules(base=base if base is not None else own_block(), as_set=as_set)
    traits = {trait_of(one, as_set=as_set) for one in contributors}
    return aggregate_block(rules, traits, local_as=64512, router_id=ROUTER_ID)


def with_communities(of: Block, *communities: str) -> Block:
    return BlockEdit.of(communities=communities).apply(of, Family.IPV4_UNICAST)


def test_the_aggregator_is_our_as_and_our_identifier() -> None:
    assert made(block()).get(AttributeCode.AGGREGATOR) == Aggregator(64512, ROUTER_ID)


@pytest.mark.parametrize(
    ("origins", "expected"),
    [((IGP, IGP), IGP), ((IGP, EGP), EGP), ((INCOMPLETE, EGP, IGP), INCOMPLETE)],
)
def test_the_origin_is_the_worst_one(origins: tuple[OriginValue, ...], expected: OriginValue) -> None:
    assert made(*(block(origin=origin) for origin in origins)).origin == expected


def test_without_as_set_the_path_begins_here_and_atomic_aggregate_says_that_as_numbers_are_missing() -> None:
    aggregate = made(block((65001, 65002)))

    assert aggregate.as_path_text == ""
    assert aggregate.get(AttributeCode.ATOMIC_AGGREGATE) == AtomicAggregate()


def test_atomic_aggregate_is_not_there_if_no_as_number_is_missing() -> None:
    """RFC 4271 §5.1.6."""
    assert made(block(())).value(AttributeCode.ATOMIC_AGGREGATE) is None
    assert made(block((65001,)), block((65002,)), as_set=True).value(AttributeCode.ATOMIC_AGGREGATE) is None


@pytest.mark.parametrize("as_set", [False, True])
def test_atomic_aggregate_of_a_contributor_is_kept(as_set: bool) -> None:
    assert made(block((), more=[AtomicAggregate()]), as_set=as_set).value(AttributeCode.ATOMIC_AGGREGATE) == b""


def test_next_hop_med_and_local_pref_are_not_taken_over() -> None:
    aggregate = made(block(med=5, local_pref=900), block(med=6, next_hop="192.0.2.8"))

    assert (aggregate.next_hop, aggregate.med, aggregate.local_pref) == (b"", None, None)


def test_communities_are_those_of_the_configuration_and_with_as_set_all_contributors() -> None:
    base = with_communities(own_block(), "64512:1", "64512:1:1")
    one, other = (with_communities(block(), "65001:7", "rt:65001:1"), with_communities(block(), "65001:8"))

    plain, with_set = made(one, other, base=base), made(one, other, base=base, as_set=True)

    assert plain.communities == base.communities
    assert [f"{one >> 16}:{one & 0xFFFF}" for one in with_set.communities] == ["64512:1", "65001:7", "65001:8"]
    assert [str(one) for one in with_set.large_communities] == ["64512:1:1"]
    assert len(with_set.extended_communities) == 1


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["65001 65002", "65001 65002"], "65001 65002"),
        (["65001 65002", "65001 65003"], "65001 {65002,65003}"),
        (["65001", "65002"], "{65001,65002}"),
        (["65001 65002 65003", "65001"], "65001 {65002,65003}"),
        (["65001 65001 65002", "65001 65001 65003"], "65001 65001 {65002,65003}"),
        (["65001 {65005,65006}", "65001 65007"], "65001 {65005,65006,65007}"),
        (["65001 {65005}", "65001 {65005}"], "65001 {65005}"),
        (["", "65001"], "{65001}"),
        (["(65010) 65001", "(65011) 65001"], "65001"),
        ([" ".join(map(str, range(1, 301))), "1"], ""),
    ],
)
def test_paths_keep_what_they_have_in_common_and_the_rest_becomes_a_set(paths: list[str], expected: str) -> None:
    aggregate = aggregate_paths([AsPath.parse(text) for text in paths])

    if expected:
        assert str(aggregate) == expected
    else:  # more than one segment takes
        assert [len(segment.asns) for segment in aggregate.segments] == [1, 255, 44]


@given(st.lists(st.lists(st.integers(1, 6), max_size=6).map(AsPath.sequence), min_size=1, max_size=4))
def test_no_as_number_is_lost_and_the_order_does_not_matter(paths: list[AsPath]) -> None:
    aggregate = aggregate_paths(paths)

    assert set(aggregate.asns) == {asn for path in paths for asn in path.asns}
    assert aggregate_paths(paths[::-1]) == aggregate
    assert aggregate.length <= max(path.length for path in paths) + 1
