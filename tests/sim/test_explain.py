"""Why this route: the explanation of a prefix, from what the core decided."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.config.model import (
    DecisionConfig,
    FamilyConfig,
    FibConfig,
    GracefulRestartConfig,
    NextHopConfig,
    PeerConfig,
    RouteConfig,
)
from pybgp.errors import ApiError
from pybgp.fib.memory import FakeFib
from pybgp.rib.explanation import Advertisement, Candidate, Explanation, NextHopWay
from pybgp.speaker.explaining import with_kernel
from pybgp.speaker.fib import FibChanges, FibRoute, NextHop

from .test_export import FAR, A, B, C, D, connected, kernel
from .test_how_to import PAGES, example, start
from .world import Node, World, ebgp, established, ibgp

P = "10.65.1.0/26"
V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST
ONLY_V6 = {"families": {V6: FamilyConfig()}}


def explain(node: Node, prefix: str = P, peer: str | None = None) -> Explanation:
    return node.core.explain(*prefix_key(prefix), peer)


def told(found: Explanation, peer: str) -> Advertisement:
    (row,) = [row for row in found.peers if row.peer == peer]
    return row


def candidate(found: Explanation, peer: str) -> Candidate:
    (row,) = [row for row in found.candidates if row.peer == peer]
    return row


@pytest.fixture
def explained(world: World) -> Node:
    """The node of the how-to page."""
    one = start(world, example("why-this-route.md", "explained"))
    kernel(world, one, **{"192.0.2.0/24": connected()})
    two, three = world.add(B, peers=[ibgp(A)]), world.add(C, peers=[ibgp(A)])
    tor = world.add(D, asn=65001, peers=[ebgp(A, 64512)])
    five = world.add("192.0.2.5", peers=[ibgp(A, **ONLY_V6)], **ONLY_V6)
    established(world, two, three, tor, five, limit=300)
    two.announce(P, local_pref=200, communities=["64512:7"])
    three.announce(P)
    tor.announce(P, communities=["65001:666"])
    world.advance(2)
    return one


@pytest.mark.row("DEC-18", "DEC-02")
def test_the_text_is_what_the_page_shows(explained: Node) -> None:
    page = (PAGES / "why-this-route.md").read_text()
    shown = re.search(r"<!-- output: explained -->\n```text\n\$ pybgp explain 10.65.1.9\n(.*?)```", page, re.DOTALL)
    assert shown
    way = NextHop(prefix_key("192.0.2.2/32")[1][1:], "eth0")
    fib = FakeFib()
    fib.apply(FibChanges(V4, {prefix_key(P)[1]: FibRoute("unicast", (way,))}))

    found = with_kernel(explain(explained, "10.65.1.9"), fib)

    assert str(found) + "\n" == shown[1]


def test_well_known_communities_have_their_names_in_text_and_numbers_in_json(world: World) -> None:
    one, two = world.add(A, peers=[ibgp(B)]), world.add(B, peers=[ibgp(A)])
    established(world, one, two)
    two.announce(P, communities=["no-export", "64512:7", "rt:65001:7"])
    world.run_until(lambda: one.has(P))

    found = explain(one)

    assert "communities no-export 64512:7 rt:65001:7" in str(found)
    assert found.candidates[0].communities == ("65535:65281", "64512:7", "rt:65001:7")


def test_json_has_it_all(explained: Node) -> None:
    found = explain(explained)

    row = json.loads(json.dumps(found.to_json()))

    assert row["candidates"][0]["before_next"] == {
        "step": "DEC-01",
        "words": "higher LOCAL_PREF",
        "rfc": "RFC 4271 §9.1.2",
        "winner": 200,
        "loser": 100,
    }
    assert row["kernel"] == {"state": "unknown", "ways": ["via 192.0.2.2 dev eth0"], "reason": ""}
    assert found.best is found.candidates[0]


def test_of_one_peer_only(explained: Node) -> None:
    assert [row.peer for row in explain(explained, peer="tor-a").peers] == ["tor-a"]
    with pytest.raises(ApiError):
        explain(explained, peer="nobody")


def test_what_nobody_has_told_of_says_so(explained: Node) -> None:
    found = explain(explained, "203.0.113.1")

    assert found.candidates == found.peers == ()
    assert str(found) == "203.0.113.1/32: nobody has told us of it, nor of a prefix that holds it"


@pytest.mark.parametrize(
    ("receiver", "attributes", "reason"),
    [
        (ibgp(C), {}, "non-client"),
        (ibgp(C, export_policy=("reject",)), {"client": True}, "reject"),
        (PeerConfig(C, remote_as=65001), {}, "RFC 8212"),
        (ebgp(C, 65001), {"communities": ["no-export"]}, "NO_EXPORT"),
    ],
    ids=["reflection", "policy", "rfc-8212", "no-export"],
)
def test_what_stops_a_route_on_its_way_out(
    world: World, receiver: PeerConfig, attributes: dict[str, Any], reason: str
) -> None:
    client = attributes.pop("client", False)
    one = world.add(A, peers=[ibgp(B, route_reflector_client=client), receiver])
    asn = 64512 if receiver.remote_as in (64512, "internal") else 65001
    back = ibgp(A) if asn == 64512 else ebgp(A, 64512)
    two, three = world.add(B, peers=[ibgp(A)]), world.add(C, asn=asn, peers=[back])
    established(world, one, two, three, limit=300)
    two.announce(P, **attributes)
    world.run_until(lambda: one.has(P))

    row = told(explain(one), C)

    assert not row.advertised
    assert reason in row.reason
    assert not three.has(P)


def test_what_stops_a_route_on_its_way_in(world: World) -> None:
    one, two = world.add(A, peers=[ibgp(B)], fib=FibConfig()), world.add(B, peers=[ibgp(A)])
    kernel(world, one, **{"192.0.2.0/24": connected()})
    established(world, one, two, limit=300)
    two.announce(P, next_hop=FAR)
    world.run_until(lambda: one.received(P, B) is not None)

    found = explain(one)

    assert "unreachable" in candidate(found, B).reason
    assert not candidate(found, B).way.reachable
    assert found.best is None
    assert found.kernel.state == "none"
    assert "no route leads to it" in str(found)
    assert "1 candidate, none can be used" in str(found)


def test_the_way_to_a_next_hop_is_shown_look_up_by_look_up(world: World) -> None:
    routes = (RouteConfig("203.0.113.0/24", next_hop="192.0.2.77"),)
    one, two = world.add(A, peers=[ibgp(B)], fib=FibConfig(), routes=routes), world.add(B, peers=[ibgp(A)])
    kernel(world, one, **{"192.0.2.0/24": connected(metric=3)})
    established(world, one, two, limit=300)
    two.announce(P, next_hop=FAR)
    world.run_until(lambda: one.has(P))

    way = candidate(explain(one), B).way

    assert (way.reachable, way.cost) == (True, 3)
    assert [(hop.prefix, hop.leads_to, hop.source) for hop in way.hops] == [
        ("203.0.113.0/24", "via 192.0.2.77", "static"),
        ("192.0.2.0/24", "dev eth0", "kernel"),
    ]


def test_the_ways_to_several_next_hops_are_shown_one_by_one(world: World) -> None:
    """A weighted static route: the one that can't be reached says so, and the others carry the traffic."""
    near, gone = NextHopConfig("192.0.2.9", weight=2), NextHopConfig("203.0.113.9")
    one = world.add(A, peers=[], fib=FibConfig(), routes=(RouteConfig(P, next_hops=(near, gone)),))
    kernel(world, one, **{"192.0.2.0/24": connected(metric=3)})

    found = explain(one)

    (only,) = found.candidates
    (first, second) = only.way.next_hops
    assert (only.next_hop, only.way.reachable, only.way.cost, only.way.hops) == ("", True, 3, ())
    assert (first.next_hop, first.weight, first.way.cost) == ("192.0.2.9", 2, 3)
    assert [(hop.prefix, hop.leads_to) for hop in first.way.hops] == [("192.0.2.0/24", "dev eth0")]
    assert (second.next_hop, second.weight, second.way) == ("203.0.113.9", 1, NextHopWay(reachable=False, cost=0))
    assert str(found).splitlines()[2:6] == [
        "* 1. from local, next hops 192.0.2.9 weight 2, 203.0.113.9 weight 1",
        "     AS path empty, origin igp",
        "     next hop 192.0.2.9: 192.0.2.0/24 dev eth0 (kernel, metric 3)",
        "     next hop 203.0.113.9: no route leads to it",
    ]
    json.dumps(found.to_json())


def test_several_next_hops_of_which_none_leads_anywhere_say_so_each(world: World) -> None:
    several = (NextHopConfig("203.0.113.8"), NextHopConfig("203.0.113.9"))
    one = world.add(A, peers=[], fib=FibConfig(), routes=(RouteConfig(P, next_hops=several),))
    kernel(world, one, **{"192.0.2.0/24": connected()})

    found = explain(one)

    assert not found.candidates[0].way.reachable
    ways = [line.strip() for line in str(found).splitlines() if "no route leads" in line]
    assert ways == [f"next hop {each.address}: no route leads to it" for each in several]


def test_multipath_and_all_paths(world: World) -> None:
    both = {"families": {V4: FamilyConfig(add_path="both")}}
    peers = [ibgp(each, route_reflector_client=True, **both) for each in (B, C, D)]
    one = world.add(A, peers=peers, fib=FibConfig(), decision=DecisionConfig(max_paths_ibgp=2))
    others = [world.add(each, peers=[ibgp(A, **both)]) for each in (B, C, D)]
    kernel(world, one, **{"192.0.2.0/24": connected()})
    established(world, one, *others, limit=300)
    for other in others[:2]:
        other.announce(P)
    world.run_until(lambda: one.received(P, B) is not None and one.received(P, C) is not None)

    found = explain(one)

    assert [row.multipath for row in found.candidates] == [True, True]
    assert found.kernel.ways == (f"via {B} dev eth0", f"via {C} dev eth0")
    assert [(path.source, path.reason == "") for path in told(found, B).paths] == [(C, True), (B, False)]
    assert told(found, D).advertised
    assert len({path.path_id for path in told(found, D).paths}) == 2
    assert "2 share the traffic" in str(found)
    assert re.search(rf"{D}: told the path of {B} as path id \d+, the path of {C} as path id \d+", str(found))


def test_a_default_route_that_is_in_no_table_is_told_all_the_same(world: World) -> None:
    one = world.add(A, peers=[ibgp(B, default_originate=True), ibgp(C)])
    others = [world.add(each, peers=[ibgp(A)]) for each in (B, C)]
    established(world, one, *others, limit=300)
    world.run_until(lambda: others[0].has("0.0.0.0/0"))

    found = explain(one, "0.0.0.0/0")

    assert [row.peer for row in found.peers] == [B]
    assert f"{B}: told the default route that we originate" in str(found)
    assert "there is no such route; we originate it for peers with default_originate" in str(found)


def test_what_is_chosen_for_one_peer_is_not_the_best_for_all(world: World) -> None:
    best_external = ibgp(C, best_external=True)
    one = world.add(A, peers=[ibgp(B), best_external, ebgp(D, 65001)])
    two, three = world.add(B, peers=[ibgp(A)]), world.add(C, peers=[ibgp(A)])
    tor = world.add(D, asn=65001, peers=[ebgp(A, 64512)])
    established(world, one, two, three, tor, limit=300)
    two.announce(P, local_pref=200)
    tor.announce(P)
    world.run_until(lambda: three.has(P))

    found = explain(one)

    assert found.candidates[0].peer == B
    assert [(path.source, bool(path.reason)) for path in told(found, C).paths] == [(D, False), (B, True)]
    assert f"{C}: told the path of {D}, next hop" in str(found)


def test_nobody_is_told_back_and_only_within_the_as_is_it_reflection(world: World) -> None:
    one = world.add(A, peers=[ibgp(B), ebgp(D, 65001)])
    two, tor = world.add(B, peers=[ibgp(A)]), world.add(D, asn=65001, peers=[ebgp(A, 64512)])
    established(world, one, two, tor, limit=300)
    two.announce("198.51.100.0/24")
    tor.announce(P)
    world.run_until(lambda: two.has(P) and tor.has("198.51.100.0/24"))

    assert told(explain(one, "198.51.100.0/24"), B).reason == "it is from this peer itself (RFC 4456 §8)"
    assert told(explain(one), D).reason == "it is from this peer itself, and not told back to it"


def test_a_peer_that_is_away_is_told_nothing_and_why(world: World) -> None:
    one = world.add(A, peers=[ibgp(B, graceful_restart=GracefulRestartConfig(role="off"))])
    one.announce(P)

    row = told(explain(one), B)

    assert not row.advertised
    assert row.reason.startswith("no session: ")


def test_the_page_for_several_ways_is_a_configuration(world: World) -> None:
    one = start(world, example("why-this-route.md", "multipath"))
    others = [world.add(each, peers=[ibgp(A)]) for each in (B, C)]
    established(world, one, *others, limit=300)
    for other in others:
        other.announce(P)
    world.run_until(lambda: one.received(P, B) is not None and one.received(P, C) is not None)
    world.advance(1)

    route = one.fib[prefix_key(P)[1]]
    assert isinstance(route, FibRoute)
    assert len(route.next_hops) == 2
