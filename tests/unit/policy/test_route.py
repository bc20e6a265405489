"""``Route``: what policies and programs read and change."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.routes import NEXT_HOP_SELF, SET_MED, SET_NEXT_HOP, KernelHints, Route

from .made import LOCAL, PEER, block, route


def test_everything_is_readable_as_people_write_it() -> None:
    from netaddr import IPNetwork

    given = route(
        path=(65001, 65002),
        med=7,
        local_pref=150,
        origin="egp",
        communities=["64512:7", "no-export", "64512:7:1", "rt:65001:1", "ro:192.0.2.1:7"],
    )

    assert given.prefix == IPNetwork("10.65.1.0/26")
    assert (given.prefix_text, given.prefix_length) == ("10.65.1.0/26", 26)
    assert (given.next_hop, given.as_path, given.as_path_text) == ("198.51.100.1", (65001, 65002), "65001 65002")
    assert (given.local_pref, given.med, given.origin) == (150, 7, "egp")
    assert given.communities == ("64512:7", "65535:65281")
    assert given.large_communities == ("64512:7:1",)
    assert given.extended_communities == ("rt:65001:1", "ro:192.0.2.1:7")
    assert (given.source.kind, given.source.name) == ("bgp", "tor-a")


def test_what_is_not_there_is_none_or_empty() -> None:
    own = Route(Family.IPV4_UNICAST, b"\x08\x0a", block((), next_hop=""), LOCAL)

    assert (own.next_hop, own.as_path, own.local_pref, own.med, own.origin) == ("", (), None, None, "igp")
    assert (own.communities, own.large_communities, own.extended_communities) == ((), (), ())
    assert (own.originator_id, own.cluster_list) == (None, ())


def test_a_reflected_route_shows_its_way() -> None:
    """RFC 4456 §8."""
    clusters = tuple(map(address_octets, ("192.0.2.1", "192.0.2.2")))
    reflected = block().replace(set=(OriginatorId(address_octets("192.0.2.9")), ClusterList(clusters)))

    given = Route(Family.IPV4_UNICAST, b"\x08\x0a", reflected, PEER)

    assert (given.originator_id, given.cluster_list) == ("192.0.2.9", ("192.0.2.1", "192.0.2.2"))


@pytest.mark.parametrize(
    ("community", "carried"),
    [
        ("64512:7", True),
        ("64512:*", True),
        ("64512:8", False),
        ("no-export", True),
        ("65535:65281", True),
        ("blackhole", False),
        ("64512:7:1", True),
        ("64512:*:2", False),
        ("rt:65001:1", True),
        ("ro:65001:1", False),
    ],
)
def test_has_community_takes_every_notation(community: str, carried: bool) -> None:
    given = route(communities=["64512:7", "no-export", "64512:7:1", "rt:65001:1"])

    assert given.has_community(community) is carried


def test_replace_makes_a_changed_copy_and_leaves_the_original() -> None:
    given = route(med=7, communities=["1:1", "1:2"])

    made = given.replace(
        local_pref=200,
        med=None,
        origin="incomplete",
        next_hop="192.0.2.9",
        prepend=(64512, 64512),
        remove_communities=["1:*"],
        add_communities=["2:2", "2:2:2", "rt:2:2"],
        hints=KernelHints(metric=9),
    )

    assert (made.family, made.key, made.source) == (given.family, given.key, given.source)
    assert (made.local_pref, made.med, made.origin, made.next_hop) == (200, None, "incomplete", "192.0.2.9")
    assert made.as_path == (64512, 64512, 65001)
    assert made.communities + made.large_communities + made.extended_communities == ("2:2", "2:2:2", "rt:2:2")
    assert made.hints == KernelHints(metric=9)
    assert (given.med, given.communities, given.hints) == (7, ("1:1", "1:2"), None)


def test_nothing_to_change_is_the_same_route() -> None:
    given = route(med=7, communities=["1:1"])

    assert given.replace() is given
    assert given.replace(local_pref=None, add_communities=["1:1"], remove_communities=["2:*"]) is given


def test_what_is_set_to_the_value_it_has_is_remembered() -> None:
    given = route(med=7)

    assert given.replace(med=7).block is given.block
    assert given.replace(med=7).explicit == SET_MED
    assert given.replace(next_hop=given.next_hop).explicit == SET_NEXT_HOP
    assert given.replace(next_hop="self").replace(med=None).explicit == SET_NEXT_HOP | NEXT_HOP_SELF | SET_MED
    assert given.replace(next_hop="self").replace(next_hop="keep").explicit == SET_NEXT_HOP


def test_what_is_replaced_one_after_the_other_equals_what_is_replaced_at_once() -> None:
    given = route(communities=["1:1"])

    steps = given.replace(med=1).replace(local_pref=2).replace(prepend=(7,)).replace(add_communities=["3:3"])

    assert steps == given.replace(med=1, local_pref=2, prepend=(7,), add_communities=["3:3"])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"local_pref": -1}, id="negative"),
        pytest.param({"med": 1 << 32}, id="too-large"),
        pytest.param({"med": True}, id="bool"),
        pytest.param({"med": "7"}, id="text"),
        pytest.param({"origin": "bgp"}, id="origin"),
        pytest.param({"origin": 0}, id="origin-number"),
        pytest.param({"next_hop": "somewhere"}, id="next-hop"),
        pytest.param({"next_hop": "0.0.0.0"}, id="next-hop-nowhere"),
        pytest.param({"prepend": (0,)}, id="as-0"),
        pytest.param({"prepend": (1 << 32,)}, id="as-too-large"),
        pytest.param({"communities": "1:1"}, id="text-for-a-list"),
        pytest.param({"add_communities": "1:1"}, id="text-for-an-added-list"),
        pytest.param({"add_communities": ["1:*"]}, id="wildcard"),
        pytest.param({"remove_communities": ["x"]}, id="no-community"),
    ],
)
def test_a_value_the_attribute_cannot_have_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|not an IPv4"):
        route().replace(**change)


def test_an_ipv4_next_hop_cannot_carry_an_ipv6_prefix() -> None:
    with pytest.raises(ValueError, match="can't carry ipv6-unicast"):
        route("2001:db8::/48").replace(next_hop="192.0.2.1")

    assert route().replace(next_hop="2001:db8::9").next_hop == "2001:db8::9"  # RFC 8950
