"""Origin validation in whole speakers: what a policy makes of it, and what a change of the VRPs touches (RFC 6811)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.config.model import (
    ConfederationConfig,
    MatchConfig,
    PeerConfig,
    RpkiCacheConfig,
    RpkiConfig,
    SetConfig,
    TermConfig,
)
from pybgp.routes import Route
from tests.rtr_cache import RtrCache
from tests.sim.caches import CacheNode
from tests.sim.world import Node, World, ebgp, ibgp

US, THEM, CLIENT, CACHE, OTHER_CACHE = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.9", "192.0.2.10"
ONE, TWO = "10.1.0.0/16", "10.2.0.0/16"
DROP_INVALID = (
    TermConfig(term="invalid", action="reject", match=MatchConfig(rpki="invalid")),
    TermConfig(term="valid", action="accept", match=MatchConfig(rpki="valid"), set=SetConfig(local_pref=200)),
    TermConfig(term="rest", action="accept"),
)


def us(world: World, *, rpki: RpkiConfig, peers: Sequence[PeerConfig] | None = None, **options: Any) -> Node:
    """AS 64512 between AS 65001 and a client."""
    imports = ("drop_invalid",) if "functions" not in options else ("m:drop_invalid",)
    them = PeerConfig(THEM, remote_as=65001, import_policy=imports, export_policy=("accept",))
    return world.add(
        US,
        peers=[them, ibgp(CLIENT, route_reflector_client=True)] if peers is None else list(peers),
        policies={"drop_invalid": DROP_INVALID},
        rpki=rpki,
        **options,
    )


def triangle(rpki: RpkiConfig, **options: Any) -> tuple[World, Node, Node, Node]:
    world = World()
    node = us(world, rpki=rpki, **options)
    them = world.add(THEM, asn=65001, peers=[ebgp(US, 64512)])
    client = world.add(CLIENT, peers=[ibgp(US)])
    them.announce(ONE)
    them.announce(TWO)
    world.run_until(lambda: node.core.all_established())
    world.advance(1)
    return world, node, them, client


def from_cache(*vrps: str, **options: Any) -> tuple[World, Node, Node, CacheNode]:
    world = World()
    cache = CacheNode(world, CACHE, RtrCache(*vrps))
    node = us(world, rpki=RpkiConfig(caches=(RpkiCacheConfig(CACHE),)), **options)
    them = world.add(THEM, asn=65001, peers=[ebgp(US, 64512)])
    client = world.add(CLIENT, peers=[ibgp(US)])
    them.announce(ONE)
    them.announce(TWO)
    world.run_until(lambda: node.core.all_established())
    world.advance(1)
    return world, node, client, cache


def views(node: Node) -> dict[str, str | None]:
    return {
        f"10.{view.key[2]}.0.0/16": view.rpki
        for view in node.core.route_views(Family.IPV4_UNICAST, direction="received")
    }


def test_what_policy_makes_of_the_states() -> None:
    """RFC 6811 §2, §5: an invalid route is rejected and says why, a valid one is preferred, the rest passes."""
    _, node, _, client = triangle(RpkiConfig(roas=(f"{ONE} as 65001", f"{TWO} as 65002")))

    one = node.best(ONE)
    two = node.received(TWO, THEM)
    assert one is not None
    assert one.accepted is not None
    assert one.accepted.local_pref == 200
    assert two is not None
    assert two.accepted is None
    assert two.reason == "policy drop_invalid term invalid"
    assert client.has(ONE)
    assert not client.has(TWO)
    assert views(node) == {ONE: "valid", TWO: "invalid"}
    explained = node.core.explain(*prefix_key(TWO))
    assert explained.candidates[0].rpki == "invalid"
    assert "RPKI invalid" in str(explained)


@pytest.mark.row("COM-08")
def test_the_state_is_told_to_internal_peers_where_a_policy_says_so() -> None:
    """RFC 8097 §2: in its extended community, and not to external peers."""
    told = SetConfig(add_communities=("origin-validation-state:valid",))
    mark = (TermConfig(action="accept", match=MatchConfig(rpki="valid"), set=told), TermConfig(action="accept"))
    far = "192.0.2.4"
    world = World()
    them = PeerConfig(THEM, remote_as=65001, import_policy=("mark",), export_policy=("accept",))
    world.add(
        US,
        peers=[them, ibgp(CLIENT, route_reflector_client=True), ebgp(far, 65004)],
        policies={"mark": mark},
        rpki=RpkiConfig(roas=(f"{ONE} as 65001",)),
    )
    external = world.add(THEM, asn=65001, peers=[ebgp(US, 64512)])
    client = world.add(CLIENT, peers=[ibgp(US)])
    other = world.add(far, asn=65004, peers=[ebgp(US, 64512)])
    external.announce(ONE)
    external.announce(TWO)
    world.run_until(lambda: client.has(ONE, TWO) and other.has(ONE, TWO))

    def states(node: Node) -> list[tuple[str, ...]]:
        paths = (node.received(prefix, US) for prefix in (ONE, TWO))
        return [tuple(each.hex() for each in path.received.extended_communities) for path in paths if path is not None]

    assert states(client) == [("4300000000000000",), ()]
    assert states(other) == [(), ()]


@pytest.mark.row("RPK-03")
def test_a_change_of_the_vrps_touches_only_what_they_cover() -> None:
    """RFC 6811 §2: "when a VRP is added or removed, the states of routes that it covers are looked at again"."""
    world, node, client, cache = from_cache(f"{ONE} as 65001")
    before = node.received(ONE, THEM), node.received(TWO, THEM)
    world.wire.clear()

    cache.change(f"{TWO} as 65002")

    one, two = node.received(ONE, THEM), node.received(TWO, THEM)
    assert one is before[0]
    assert two is not before[1]
    assert two is not None
    assert two.accepted is None
    assert client.has(ONE)
    assert not client.has(TWO)
    told = [data for who, data in world.wire if who is node and data[18:19] == b"\2"]
    assert len(told) == 1  # the withdrawal for the client
    assert not node.said("session_down")


def test_a_withdrawn_vrp_brings_the_route_back() -> None:
    _world, node, client, cache = from_cache(f"{TWO} as 65002")
    assert not client.has(TWO)

    cache.change(withdraw=(f"{TWO} as 65002",))

    assert client.has(TWO)
    assert views(node) == {ONE: "not_found", TWO: "not_found"}


def test_routes_that_came_before_the_cache_are_looked_at_again() -> None:
    """A cache that can't be reached at the start doesn't hold routes up; when it has come, what it says counts."""
    world, node, _, client = triangle(RpkiConfig(caches=(RpkiCacheConfig(CACHE),)))
    assert client.has(ONE, TWO)

    CacheNode(world, CACHE, RtrCache(f"{TWO} as 65002"))
    world.advance(20)

    assert client.has(ONE)
    assert not client.has(TWO)
    assert [fields["vrps"] for fields in node.said("rpki_cache_synced")] == [1]


def test_data_that_expires_no_longer_counts() -> None:
    """RFC 8210 §6."""
    world, node, client, cache = from_cache(f"{TWO} as 65002")
    world.kill(cache)

    world.advance(7100)
    assert not client.has(TWO)
    world.advance(101)

    assert client.has(TWO)
    assert node.said("rpki_data_expired")


@pytest.mark.row("RPK-13")
def test_less_preferred_caches_stand_by() -> None:
    """RFC 8210 §10: the second cache counts while the first one has no data."""
    world = World()
    first = CacheNode(world, CACHE, RtrCache(f"{ONE} as 65002"))
    CacheNode(world, OTHER_CACHE, RtrCache(f"{TWO} as 65002"))
    caches = (RpkiCacheConfig(CACHE, preference=1), RpkiCacheConfig(OTHER_CACHE, preference=2))
    node = us(world, rpki=RpkiConfig(caches=caches))
    world.add(THEM, asn=65001, peers=[ebgp(US, 64512)]).announce(ONE)
    world.nodes[THEM].announce(TWO)
    world.run_until(lambda: node.has(TWO))

    world.kill(first)
    world.advance(7201)
    second = views(node)
    CacheNode(world, CACHE, first.cache)
    world.advance(700)

    assert second == {ONE: "not_found", TWO: "invalid"}
    assert views(node) == {ONE: "invalid", TWO: "not_found"}
    assert [row.used for row in node.core.rpki.status()] == [True, False]


def test_a_path_that_ends_in_a_set_matches_no_vrp() -> None:
    """RFC 6811 §2: its origin is NONE."""
    _, node, _, _ = triangle(RpkiConfig(roas=("10.0.0.0/8 le 16 as 65001",)))

    assert node.core.rpki.table.state(Family.IPV4_UNICAST, b"\x10\x0a\x01", None) == "invalid"
    assert views(node) == {ONE: "valid", TWO: "valid"}


@pytest.mark.row("RPK-03")
def test_a_python_policy_may_ask() -> None:
    """``Route.rpki``; it runs again for the prefixes that changed VRPs cover, and for no others."""
    asked: list[str] = []

    def drop_invalid(route: Route) -> Route | None:
        asked.append(route.prefix_text)
        return None if route.rpki == "invalid" else route

    _world, _node, client, cache = from_cache(f"{ONE} as 65002", functions={"m:drop_invalid": drop_invalid})
    assert (client.has(ONE), client.has(TWO)) == (False, True)
    asked.clear()

    cache.change(f"{TWO} as 65002")
    assert (client.has(ONE), client.has(TWO)) == (False, False)
    assert asked == [TWO]
    cache.change(withdraw=(f"{ONE} as 65002",))

    assert (client.has(ONE), client.has(TWO)) == (True, False)
    assert asked == [TWO, ONE]


def test_what_begins_in_a_confederation_is_its_identifiers() -> None:
    """ROAs name what the world sees (RFC 5065 §4), not a member's number; also after a reload."""
    world = World()
    confederation = ConfederationConfig(identifier=64500, members=(65010,))
    node = us(world, rpki=RpkiConfig(roas=(f"{ONE} as 64500", f"{TWO} as 64501")), confederation=confederation)
    node.announce(ONE)
    node.announce(TWO)
    assert views(node) == {ONE: "valid", TWO: "invalid"}

    other = replace(confederation, identifier=64501)
    node.core.reconfigure(replace(node.core.config, confederation=other), world.now)
    world.pump(node)

    assert views(node) == {ONE: "invalid", TWO: "valid"}


def test_an_export_policy_may_ask() -> None:
    """The peer is told what has changed, and the session stays."""
    world = World()
    cache = CacheNode(world, CACHE, RtrCache())
    to_them = PeerConfig(THEM, remote_as=65001, import_policy=("accept",), export_policy=("drop_invalid",))
    node = us(world, rpki=RpkiConfig(caches=(RpkiCacheConfig(CACHE),)), peers=[to_them])
    them = world.add(THEM, asn=65001, peers=[ebgp(US, 64512)])
    node.announce(ONE)
    node.announce(TWO)
    world.run_until(lambda: them.has(ONE, TWO))

    cache.change(f"{TWO} as 64999", f"{ONE} as 64512")

    assert them.has(ONE)
    assert not them.has(TWO)
    assert not node.said("session_down")


def test_a_reload_touches_only_caches_that_differ() -> None:
    """And ROAs of our own take effect at once, without a bounce."""
    world, node, client, cache = from_cache(f"{TWO} as 65002")
    (conn,) = cache.rtr.conns
    other = CacheNode(world, OTHER_CACHE, RtrCache())
    caches = (RpkiCacheConfig(CACHE), RpkiCacheConfig(OTHER_CACHE))
    rpki = RpkiConfig(caches=caches, roas=(f"{TWO} as 65001",))

    changes = node.core.reconfigure(replace(node.core.config, rpki=rpki), world.now)
    world.pump(node)
    world.advance(1)

    assert changes.rpki_changed == (f"{OTHER_CACHE} port 323", "rpki.roas")
    assert cache.rtr.conns == {conn}
    assert len(other.rtr.conns) == 1
    assert client.has(TWO)
    node.core.reconfigure(replace(node.core.config, rpki=RpkiConfig()), world.now)
    world.pump(node)
    world.advance(1)
    assert not cache.rtr.conns
    assert not other.rtr.conns
    assert views(node) == {ONE: None, TWO: None}
    assert not node.said("session_down")


def test_stopping_hangs_up() -> None:
    world, node, _, cache = from_cache()

    node.core.stop(world.now)
    world.pump(node)
    world.advance(1)

    assert not cache.rtr.conns


@pytest.mark.row("RPK-13")
def test_another_preference_of_a_cache_counts_at_once() -> None:
    """The connections stay; each cache says which addresses it has how many VRPs of."""
    world = World()
    first = CacheNode(world, CACHE, RtrCache(f"{ONE} as 65002"))
    second = CacheNode(world, OTHER_CACHE, RtrCache(f"{TWO} as 65002", "2001:db8::/32 as 65002"))
    caches = (RpkiCacheConfig(CACHE, preference=1), RpkiCacheConfig(OTHER_CACHE, preference=2))
    node = us(world, rpki=RpkiConfig(caches=caches))
    world.add(THEM, asn=65001, peers=[ebgp(US, 64512)]).announce(ONE)
    world.nodes[THEM].announce(TWO)
    world.run_until(lambda: views(node) == {ONE: "invalid", TWO: "not_found"})
    world.advance(1)
    conns = set(first.rtr.conns), set(second.rtr.conns)

    other = replace(node.core.config, rpki=RpkiConfig(caches=(replace(caches[0], preference=3), caches[1])))
    node.core.reconfigure(other, world.now)
    world.pump(node)
    world.advance(1)

    assert views(node) == {ONE: "not_found", TWO: "invalid"}
    assert (set(first.rtr.conns), set(second.rtr.conns)) == conns
    assert [(row.address, row.used, row.ipv4_vrps, row.ipv6_vrps) for row in node.core.rpki.status()] == [
        (OTHER_CACHE, True, 1, 1),
        (CACHE, False, 1, 0),
    ]
