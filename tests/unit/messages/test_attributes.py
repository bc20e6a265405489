"""The typed attributes: values, text, and what is kept of them in a block."""

from __future__ import annotations

import pytest

from pybgp.constants import AttributeCode, Community, with_names
from pybgp.messages.attributes.aggregator import Aggregator, AtomicAggregate
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.base import Attribute
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.communities import Communities, community_text, parse_community
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.attributes.extended_community_text import extended_community_text, parse_extended_community
from pybgp.messages.attributes.large_communities import LargeCommunities, parse_large_community
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.messages.attributes.next_hop import NextHop, canonical_next_hop, why_no_host
from pybgp.messages.attributes.only_to_customer import OnlyToCustomer
from pybgp.messages.attributes.origin import Origin
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.messages.attributes.registry import ATTRIBUTES, known
from tests.unit.messages import wire
from tests.unit.messages.wire import MANDATORY, PREFIX, octets

SEQUENCE, SET = SegmentType.AS_SEQUENCE, SegmentType.AS_SET
CONFED = SegmentType.AS_CONFED_SEQUENCE
ROUTER = bytes((10, 0, 0, 1))


@pytest.mark.row("ATT-40")
@pytest.mark.parametrize(
    ("attribute", "value", "text"),
    [
        (Origin.decode(b"\2"), "02", "incomplete"),
        (AsPath.sequence((65001, 200000)), "0202 0000fde9 00030d40", "65001 200000"),
        (AsPath(), "", ""),
        (
            AsPath((Segment(CONFED, (1, 2)), Segment(SEQUENCE, (3,)), Segment(SET, (4, 5)))),
            "0302 00000001 00000002 0201 00000003 0102 00000004 00000005",
            "(1 2) 3 {4,5}",
        ),
        (NextHop(ROUTER), "0a000001", "10.0.0.1"),
        (MultiExitDisc(4294967295), "ffffffff", "4294967295"),
        (LocalPref(100), "00000064", "100"),
        (AtomicAggregate(), "", "yes"),
        (Aggregator(65001, ROUTER), "0000fde9 0a000001", "65001 10.0.0.1"),
        (Communities.of(["64512:7", "no-export"]), "fc000007 ffffff01", "64512:7 no-export"),
        (OriginatorId(ROUTER), "0a000001", "10.0.0.1"),
        (ClusterList((ROUTER, bytes(4))), "0a000001 00000000", "10.0.0.1 0.0.0.0"),
        (ExtendedCommunities.of(["rt:64512:7"]), "0002fc0000000007", "rt:64512:7"),
        (LargeCommunities.of(["64512:1:2"]), "0000fc00 00000001 00000002", "64512:1:2"),
        (OnlyToCustomer(65001), "0000fde9", "65001"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_an_attribute_survives_the_wire_and_has_text(attribute: Attribute, value: str, text: str) -> None:
    kind = known(attribute.code)

    assert kind is not None
    assert attribute.encode() == octets(value)
    assert kind.decode(octets(value)) == attribute
    assert str(attribute) == text


def test_the_registry_lists_each_type_once() -> None:
    assert all(kind.code == code for code, kind in ATTRIBUTES.items())


@pytest.mark.row("ASP-08")
@pytest.mark.parametrize(
    ("path", "length"),
    [
        (AsPath(), 0),
        (AsPath.sequence((1, 2, 3)), 3),
        (AsPath.sequence((1, 1, 1)), 3),
        (AsPath((Segment(SEQUENCE, (1, 2)), Segment(SET, (3, 4, 5)))), 3),
        (AsPath((Segment(CONFED, (1, 2)), Segment(SegmentType.AS_CONFED_SET, (3,)), Segment(SEQUENCE, (4,)))), 1),
    ],
)
def test_a_set_counts_one_and_a_confederation_nothing(path: AsPath, length: int) -> None:
    assert path.length == length


@pytest.mark.row("CFD-08")
@pytest.mark.parametrize(
    ("path", "asn"),
    [
        (AsPath(), 0),
        (AsPath.sequence((7, 8)), 7),
        (AsPath((Segment(CONFED, (1, 2)), Segment(SEQUENCE, (7, 8)))), 7),
        (AsPath((Segment(CONFED, (1, 2)),)), 0),
        (AsPath((Segment(SET, (1, 2)),)), 0),
    ],
)
def test_the_neighbour_is_the_first_of_the_first_sequence(path: AsPath, asn: int) -> None:
    assert path.neighbor_as == asn


@pytest.mark.row("ASP-10")
def test_repeated_and_special_as_numbers_are_valid() -> None:
    path = wire.attribute(0x40, 2, "0205 0000fde9 0000fde9 00005ba0 0000fc00 fffffffe")

    found = wire.read(wire.body(f"{wire.ORIGIN} {path} {wire.NEXT_HOP}", PREFIX))

    assert found.reachable[0].block.as_path == (65001, 65001, 23456, 64512, 4294967294)
    assert found.reachable[0].block.path_length == 5


@pytest.mark.row("ASP-03")
def test_a_sequence_of_more_than_255_has_a_short_segment_in_front() -> None:
    path = AsPath.sequence(range(1, 301))

    assert [len(segment.asns) for segment in path.segments] == [45, 255]
    assert path.asns == tuple(range(1, 301))
    assert AsPath.decode(path.encode()) == path


@pytest.mark.row("COM-05")
def test_large_communities_are_a_sorted_set() -> None:
    values = "0000fc00 00000002 00000001", "0000fc00 00000001 00000009"
    extra = wire.attribute(0xC0, 32, " ".join((*values, values[0])))

    found = wire.read(wire.body(f"{MANDATORY} {extra}", PREFIX))

    assert not found.problems
    assert found.reachable[0].block.value(AttributeCode.LARGE_COMMUNITIES) == octets(f"{values[1]} {values[0]}")
    assert found.reachable[0].block.large_communities == ((64512, 1, 9), (64512, 2, 1))


@pytest.mark.row("COM-06")
@pytest.mark.parametrize(
    ("code", "values"),
    [(8, ("fc000007", "fc000001")), (16, ("0002fc0000000007", "0002fc0000000001"))],
    ids=["communities", "extended"],
)
def test_other_communities_are_a_set_in_the_order_of_arrival(code: int, values: tuple[str, str]) -> None:
    extra = wire.attribute(0xC0, code, " ".join((*values, values[0])))

    found = wire.read(wire.body(f"{MANDATORY} {extra}", PREFIX))

    assert not found.problems
    assert found.reachable[0].block.value(code) == octets(" ".join(values))


@pytest.mark.row("COM-07")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0002 fc00 00000007", "rt:64512:7"),
        ("0003 fc00 ffffffff", "ro:64512:4294967295"),
        ("0102 c0000201 0007", "rt:192.0.2.1:7"),
        ("0202 00030d40 0007", "rt:200000:7"),
        ("0203 0000fc00 0007", "ro:64512L:7"),
        ("4301 000000000001", "0x4301:0x000000000001"),
        ("4002 fc00 00000007", "0x4002:0xfc0000000007"),
        ("0605 0102030405 06", "0x0605:0x010203040506"),
    ],
)
def test_extended_communities_have_text_both_ways(value: str, text: str) -> None:
    assert extended_community_text(octets(value)) == text
    assert parse_extended_community(text) == octets(value)


@pytest.mark.parametrize(
    "text", ["", "rt", "rt:1", "rt:64512:4294967296", "rt:200000:65536", "xx:1:1", "0x00:0x00", "rt:a:b"]
)
def test_other_text_is_no_extended_community(text: str) -> None:
    with pytest.raises(ValueError, match="not an extended community"):
        parse_extended_community(text)


@pytest.mark.row("COM-04")
def test_well_known_communities_have_names() -> None:
    for community in Community:
        assert parse_community(community_text(community)) == community
    assert community_text(Community.NOPEER) == "nopeer"
    assert parse_community("65535:65281") == Community.NO_EXPORT


@pytest.mark.parametrize("community", list(Community))
def test_the_name_of_a_well_known_community_is_what_policies_take(community: Community) -> None:
    (name,) = with_names([f"{community >> 16}:{community & 0xFFFF}"])

    assert name == community.text
    assert parse_community(name) == community


def test_other_communities_of_all_kinds_have_no_name() -> None:
    others = ["64512:7", "65535:65280", "64512:7:1", "rt:65001:7", "no-export"]

    assert with_names(others) == others


@pytest.mark.parametrize("text", ["", "1:65536", "65536:1", "a:b", "1:2:3", "-1", "4294967296", "no-exports"])
def test_other_text_is_no_community(text: str) -> None:
    with pytest.raises(ValueError, match="not a community"):
        parse_community(text)


@pytest.mark.parametrize("text", ["", "1:2", "1:2:3:4", "1:2:4294967296", "a:1:2", "1::2"])
def test_other_text_is_no_large_community(text: str) -> None:
    with pytest.raises(ValueError, match="not a large community"):
        parse_large_community(text)


@pytest.mark.row("NHP-10")
@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("20010db8 00000000 00000000 00000001", True),
        ("fe800000 00000000 00000000 00000001", True),
        ("00000000 00000000 00000000 00000000", False),
        ("00000000 00000000 00000000 00000001", False),
        ("ff020000 00000000 00000000 00000001", False),
        ("00000000 00000000 0000ffff 0a000001", True),
        ("00000000 00000000 0000ffff e0000001", False),
        ("00000001", True),
        ("dfffffff", True),
        ("e0000000", False),
    ],
)
def test_only_addresses_of_hosts_are_next_hops(address: str, usable: bool) -> None:
    assert (why_no_host(octets(address)) == "") is usable


@pytest.mark.row("NHP-07")
def test_a_link_local_address_may_stand_alone_in_32_octets() -> None:
    """BIRD's native format for unnumbered links: an unspecified global address in front."""
    link_local = octets("fe800000 00000000 00000000 00000001")
    both = octets(wire.NEXT_HOP_6) + link_local

    assert why_no_host(bytes(16) + link_local) == ""
    assert canonical_next_hop(bytes(16) + link_local) == link_local
    assert canonical_next_hop(both) == both
    assert why_no_host(bytes(32)) != ""
