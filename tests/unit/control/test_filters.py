"""Which routes a question is about, by their attributes and their source; and how many there are."""

from __future__ import annotations

import pytest

from pybgp.control import queries
from pybgp.control.answers import HEARTBEAT
from pybgp.control.arguments import BadArgument
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.attributes.large_communities import LargeCommunities

from ..rib.paths import block
from .fakes import LOCAL, FakeSpeaker, view

LARGE = LargeCommunities.decode(bytes.fromhex("0000fc00 00000007 00000001"))
ROUTE_TARGET = ExtendedCommunities.decode(bytes.fromhex("0002 fde9 00000001"))
ROUTES = [
    view("10.1.0.0/16", attributes=block((65001, 65010), communities=("64512:7", "no-export"))),
    view("10.2.0.0/16", attributes=block((65002,), more=[LARGE])),
    view("10.3.0.0/16", attributes=block((65010, 65003), next_hop="198.51.100.1", communities=("64512:9",))),
    view("10.4.0.0/16", source=LOCAL, attributes=block((), next_hop="")),
    view("2001:db8:5::/48", attributes=block((65001,), next_hop="2001:db8::1 fe80::1",
         more=[ROUTE_TARGET])),
    view("10.1.0.0/16", best=False, attributes=block((65002, 65010))),
]  # fmt: skip


def found(**arguments: str) -> list[str]:
    answer = queries.routes(FakeSpeaker(ROUTES), **arguments)  # type: ignore[arg-type]
    return [item["prefix"] for item in answer if item is not None]


@pytest.mark.parametrize(
    ("arguments", "prefixes"),
    [
        ({"community": "64512:7"}, ["10.1.0.0/16"]),
        ({"community": "64512:*"}, ["10.1.0.0/16", "10.3.0.0/16"]),
        ({"community": "64512:*,no-export"}, ["10.1.0.0/16"]),
        ({"community": "64512:*:1"}, ["10.2.0.0/16"]),
        ({"community": "rt:65001:*"}, ["2001:db8:5::/48"]),
        ({"as_path": "^65001_"}, ["10.1.0.0/16", "2001:db8:5::/48"]),
        ({"as_path": "^$"}, ["10.4.0.0/16"]),
        ({"origin_as": "65010"}, ["10.1.0.0/16"]),
        ({"origin_as": "0.65010"}, ["10.1.0.0/16"]),
        ({"source": "local"}, ["10.4.0.0/16"]),
        ({"source": "bgp", "as_path": "65003"}, ["10.3.0.0/16"]),
        ({"next_hop": "198.51.100.1"}, ["10.3.0.0/16"]),
        ({"next_hop": "198.51.0.0/16"}, ["10.3.0.0/16"]),
        ({"next_hop": "fe80::/64"}, ["2001:db8:5::/48"]),
        ({"next_hop": "0.0.0.0/0"}, ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"]),
        ({"origin_as": "65010", "direction": "received"}, ["10.1.0.0/16", "10.1.0.0/16"]),
        ({"prefix": "10.0.0.0/14", "match": "covered", "as_path": "65010"}, ["10.1.0.0/16", "10.3.0.0/16"]),
        ({"family": "ipv6-unicast", "as_path": "65010"}, []),
    ],
    ids=str,
)
def test_a_route_must_meet_all_conditions(arguments: dict[str, str], prefixes: list[str]) -> None:
    assert found(**arguments) == prefixes


def test_routes_are_counted_by_family() -> None:
    (item,) = [item for item in queries.routes(FakeSpeaker(ROUTES), direction="received", count="true") if item]

    assert item == {
        "routes": 6,
        "prefixes": 5,
        "families": {"ipv4-unicast": {"routes": 5, "prefixes": 4}, "ipv6-unicast": {"routes": 1, "prefixes": 1}},
    }


def test_of_nothing_there_are_none() -> None:
    (item,) = [item for item in queries.routes(FakeSpeaker(ROUTES), as_path="9", count="true") if item]

    assert item == {"routes": 0, "prefixes": 0, "families": {}}


def test_a_search_in_vain_lets_others_take_their_turn() -> None:
    plain = block()
    routes = [view(f"10.{number >> 8}.{number & 255}.0/24", attributes=plain) for number in range(1000)]
    for more in ({}, {"count": "true"}):
        answer = list(queries.routes(FakeSpeaker(routes), as_path="_9_", **more))  # type: ignore[arg-type]
        assert answer.count(None) >= 1000 // HEARTBEAT


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"community": "a:b"}, "expected a community"),
        ({"as_path": "x"}, "expected an AS-path expression"),
        ({"origin_as": "4294967296"}, "expected 0..4294967295"),
        ({"source": "ospf"}, "expected one of"),
        ({"next_hop": "nowhere"}, "nowhere"),
        ({"next_hop": "10.0.0.0/33"}, "10.0.0.0/33"),
        ({"count": "yes"}, "expected 'true'"),
    ],
)
def test_a_condition_that_can_not_be_meant_is_refused(arguments: dict[str, str], why: str) -> None:
    with pytest.raises(BadArgument, match=why):
        queries.routes(FakeSpeaker(ROUTES), **arguments)  # type: ignore[arg-type]


def test_a_path_with_a_set_has_no_single_origin() -> None:
    (route,) = [view("10.9.0.0/16", attributes=block(AsPath.parse("65001 {65010,65011}")))]

    answer = queries.routes(FakeSpeaker([route]), origin_as="65011")

    assert [item for item in answer if item] == []
