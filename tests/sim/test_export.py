"""What peers see of a speaker's routes, over the wire: attributes, next hops, slow peers (RFC 4271 §5, §9.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, address_octets, address_text, prefix_key
from pybgp.config.model import (
    DynamicPeersConfig,
    FamilyConfig,
    FibConfig,
    FibImportConfig,
    GracefulRestartConfig,
    MatchConfig,
    PeerConfig,
    PolicySets,
    SetConfig,
    TermConfig,
)
from pybgp.constants import AttributeCode as Code
from pybgp.messages.attributes.block import Block
from pybgp.rib import table
from pybgp.rib.decision import Decision
from pybgp.rib.kernel import FibRoute, KernelRoute, NextHop
from pybgp.rib.path import Path
from pybgp.speaker.fib import KernelChanges
from pybgp.speaker.rules import HostAddresses
from tests.unit.rib.paths import block, source

from .world import Node, World, arrived, ebgp, established, ibgp

A, B, C, D, X, Y = (f"192.0.2.{host}" for host in (1, 2, 3, 4, 31, 32))
FAR = "203.0.113.9"
P, Q = "10.65.1.0/26", "10.65.2.0/26"
V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST


def seen(world: World, node: Node, prefix: str = P) -> Block:
    """The attributes as they arrived."""
    return arrived(world, node, prefix).received


def codes(block: Block) -> set[int]:
    return set(block.attributes)


def kernel(world: World, node: Node, family: Family = V4, **routes: tuple[KernelRoute, ...]) -> None:
    """The kernel's routes of some prefixes are now these: ``**{"10.0.0.0/8": (…)}``."""
    changes = {prefix_key(prefix)[1]: found for prefix, found in routes.items()}
    node.core.kernel(KernelChanges(family, changes), world.now)
    world.pump(node)


def connected(device: str = "eth0", metric: int = 0) -> tuple[KernelRoute, ...]:
    return (KernelRoute("unicast", 2, (NextHop(None, device),), metric),)


def exporting(address: str, remote_as: int, *, options: dict[str, Any] | None = None, **changes: Any):  # type: ignore[no-untyped-def]
    """A peer with an export policy "p" that sets this, and that policy."""
    peer = PeerConfig(address, remote_as=remote_as, import_policy=("accept",), export_policy=("p",), **(options or {}))
    return peer, {"p": (TermConfig(action="accept", set=SetConfig(**changes)),)}


# -- next hops ---------------------------------------------------------------------------------------------------------


@pytest.mark.row("NHP-01", "ASP-01")
def test_an_internal_peer_gets_our_address_for_own_routes_and_the_senders_for_others(world: World) -> None:
    """RFC 4271 §5.1.3 (1), §5.1.2 a."""
    one = world.add(A, peers=[ibgp(B), ebgp(X, 65001)])
    inside = world.add(B, peers=[ibgp(A)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, 64512)])
    established(world, one, inside, outside)
    one.announce(P)
    outside.announce(Q)

    own, others = seen(world, inside, P), seen(world, inside, Q)

    assert address_text(own.next_hop) == A
    assert own.octets.hex(" ") == "40 01 01 00 40 02 00 40 05 04 00 00 00 64"
    assert address_text(others.next_hop) == X
    assert others.as_path == (65001,)


@pytest.mark.row("NHP-02", "ASP-02")
@pytest.mark.parametrize(
    ("mode", "expected"), [("auto", B), ("self", A), ("keep", B)], ids=["third-party", "self", "keep"]
)
def test_an_external_peer_on_the_link_may_go_straight_to_the_third(world: World, mode: str, expected: str) -> None:
    """RFC 4271 §5.1.3 (2)."""
    one = world.add(A, peers=[ibgp(B), replace(ebgp(X, 65001), next_hop=mode)])  # type: ignore[arg-type]
    inside = world.add(B, peers=[ibgp(A)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, 64512)])
    established(world, one, inside, outside)

    inside.announce(P)

    block = seen(world, outside)
    assert address_text(block.next_hop) == expected
    assert block.as_path == (64512,)


@pytest.mark.row("NHP-02")
def test_a_next_hop_outside_the_shared_subnet_becomes_our_own(world: World) -> None:
    one = world.add(A, peers=[ibgp(B), ebgp(X, 65001)])
    inside = world.add(B, peers=[ibgp(A)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, 64512)])
    established(world, one, inside, outside)

    inside.announce(P, next_hop=FAR)

    assert address_text(seen(world, outside).next_hop) == A


@pytest.mark.row("NHP-03")
def test_a_multihop_external_peer_gets_our_own_address(world: World) -> None:
    one = world.add(A, peers=[ibgp(B), ebgp(X, 65001, multihop=2)])
    inside = world.add(B, peers=[ibgp(A)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, 64512, multihop=2)])
    established(world, one, inside, outside)

    inside.announce(P)

    assert address_text(seen(world, outside).next_hop) == A


@pytest.mark.row("NHP-04")
@pytest.mark.parametrize("dynamic", [False, True])
def test_no_peer_is_told_its_own_address_for_a_route_of_ours(world: World, dynamic: bool) -> None:
    """RFC 4271 §5.1.3: our address instead; a router on the link that is no peer may be gone to straight."""
    peers = [ebgp(X, 65001)]
    ranges = (DynamicPeersConfig("192.0.2.32/32", template=ebgp("", 65002, passive=True)),) if dynamic else ()
    one = world.add(A, peers=peers if dynamic else [*peers, ebgp(Y, 65002)], dynamic_peers=ranges)
    near, far = (world.add(at, asn=asn, peers=[ebgp(A, 64512)]) for at, asn in ((X, 65001), (Y, 65002)))
    established(world, one, near, far)

    one.announce(P, next_hop=Y)
    one.announce(Q, next_hop=C)

    assert address_text(seen(world, far, P).next_hop) == A
    assert [address_text(seen(world, node, Q).next_hop) for node in (near, far)] == [C, C]


@pytest.mark.row("NHP-05", "ATT-12", "DEC-02")
@pytest.mark.parametrize(("prefix", "next_hop"), [(P, A), ("2001:db8:65::/64", f"::ffff:{A}")])
def test_a_next_hop_that_is_ourselves_makes_a_route_not_eligible(world: World, prefix: str, next_hop: str) -> None:
    """RFC 4271 §5.1.3, §6.3; on an IPv4 session it is our address in mapped form that we give to IPv6 routes."""
    families = {V4: FamilyConfig(), V6: FamilyConfig()}
    one = world.add(A, peers=[ibgp(B, families=families)])
    two = world.add(B, peers=[ibgp(A, families=families)])
    established(world, one, two)

    two.announce(prefix, next_hop=next_hop)
    world.run_until(lambda: one.received(prefix, B) is not None)

    path = one.received(prefix, B)
    assert path is not None
    assert path.accepted is None
    assert "our own addresses" in path.reason


@pytest.mark.row("ATT-13")
def test_an_external_peers_next_hop_must_be_on_the_shared_link(world: World) -> None:
    """RFC 4271 §6.3 b; a multihop peer's may be anywhere."""
    peer, policies = exporting(A, 64512, next_hop=FAR)
    one = world.add(A, peers=[ebgp(X, 65001), ebgp(Y, 65002, multihop=2)])
    near = world.add(X, asn=65001, peers=[peer], policies=policies)
    far = world.add(Y, asn=65002, peers=[replace(peer, multihop=2)], policies=policies)
    established(world, one, near, far)

    near.announce(P)
    far.announce(P)
    world.run_until(lambda: one.received(P, X) is not None and one.received(P, Y) is not None)

    refused, taken = one.received(P, X), one.received(P, Y)
    assert refused is not None
    assert refused.accepted is None
    assert "4271 §6.3" in refused.reason
    assert taken is not None
    assert taken.accepted is not None


@pytest.mark.row("AFI-24", "AFI-01")
def test_ipv6_routes_over_an_ipv4_session_get_an_address_of_the_same_interface(world: World) -> None:
    """RFC 2545 §3; else our IPv4 address in mapped form."""
    families = {V4: FamilyConfig(), V6: FamilyConfig()}
    one = world.add(A, peers=[ibgp(B, families=families)])
    two = world.add(B, peers=[ibgp(A, families=families)])
    wide = address_octets("2001:db8::1")
    subnets = {address_octets(A): b"\x18\xc0\x00\x02", wide: prefix_key("2001:db8::/64")[1]}
    one.core.host_addresses(HostAddresses(subnets, {address_octets(A): "eth0", wide: "eth0"}), world.now)
    established(world, one, two)
    one.announce("2001:db8:65::/64")
    two.announce("2001:db8:66::/64")

    assert seen(world, two, "2001:db8:65::/64").next_hop == wide
    assert address_text(seen(world, one, "2001:db8:66::/64").next_hop) in ("::ffff:192.0.2.2", "::ffff:c000:202")


def test_routes_of_main_beside_another_table_resolve_next_hops_and_are_not_announced(world: World) -> None:
    one = world.add(A, peers=[ibgp(B)], fib=FibConfig(table=100, imports=(FibImportConfig(),)))
    two = world.add(B, peers=[ibgp(A)])
    established(world, one, two)
    kernel(world, one, **{Q: connected()})
    main = {prefix_key("192.0.2.0/24")[1]: connected("eth7")}
    one.core.kernel(KernelChanges(V4, main, main=True), world.now)
    two.announce(P, next_hop=B)
    world.advance(1)

    assert one.fib[prefix_key(P)[1]] == FibRoute("unicast", (NextHop(address_octets(B), "eth7"),))
    assert two.has(Q)
    assert not two.has("192.0.2.0/24")


# -- attributes --------------------------------------------------------------------------------------------------------


@pytest.mark.row("PRP-01", "PRP-02", "PRP-03", "PRP-09", "ATT-15")
def test_what_belongs_to_the_inside_is_not_seen_outside(world: World) -> None:
    one = world.add(A, peers=[ibgp(B, route_reflector_client=True), ibgp(C), ebgp(X, 65001)])
    client, other = world.add(B, peers=[ibgp(A)]), world.add(C, peers=[ibgp(A)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, 64512)])
    established(world, one, client, other, outside)

    client.announce(P, med=7, local_pref=300, communities=("64512:1", "64512:1:2", "rt:64512:9"))

    everywhere = {Code.ORIGIN, Code.AS_PATH, Code.COMMUNITIES, Code.EXTENDED_COMMUNITIES, Code.LARGE_COMMUNITIES}
    inside = {Code.MULTI_EXIT_DISC, Code.LOCAL_PREF, Code.ORIGINATOR_ID, Code.CLUSTER_LIST}
    assert codes(seen(world, other)) == everywhere | inside
    assert codes(seen(world, outside)) == everywhere


@pytest.mark.row("PRP-02")
def test_an_external_neighbours_med_is_known_inside_and_not_passed_to_the_next_as(world: World) -> None:
    """RFC 4271 §5.1.4."""
    one = world.add(A, peers=[ibgp(B), ebgp(X, 65001), ebgp(Y, 65002)])
    nodes = [
        world.add(B, peers=[ibgp(A)]),
        world.add(X, asn=65001, peers=[ebgp(A, 64512)]),
        world.add(Y, asn=65002, peers=[ebgp(A, 64512)]),
    ]
    established(world, one, *nodes)
    inside, sender, beyond = nodes

    sender.announce(P, med=9)

    assert seen(world, inside).med == 9
    assert seen(world, beyond).med is None
    assert seen(world, beyond).as_path == (64512, 65001)


@pytest.mark.row("PRP-02", "ASP-11")
def test_an_export_policy_sets_med_and_prepends_for_an_external_peer(world: World) -> None:
    peer, policies = exporting(X, 65001, med=42, prepend=("self", "self"))
    one = world.add(A, peers=[peer], policies=policies)
    outside = world.add(X, asn=65001, peers=[ebgp(A, 64512)])
    established(world, one, outside)

    one.announce(P)

    block = seen(world, outside)
    assert (block.med, block.as_path) == (42, (64512, 64512, 64512))


@pytest.mark.parametrize(
    ("community", "inside", "outside"),
    [
        pytest.param("no-export", True, False, id="COM-01", marks=pytest.mark.row("COM-01")),
        pytest.param("no-advertise", False, False, id="COM-02", marks=pytest.mark.row("COM-02")),
        pytest.param("no-export-subconfed", True, False, id="COM-03", marks=pytest.mark.row("COM-03")),
    ],
)
def test_well_known_communities_stop_a_route(world: World, community: str, inside: bool, outside: bool) -> None:
    """RFC 1997."""
    one = world.add(A, peers=[ibgp(C), ebgp(X, 65001)])
    nodes = {C: world.add(C, peers=[ibgp(A)]), X: world.add(X, asn=65001, peers=[ebgp(A, 64512)])}
    established(world, one, *nodes.values())

    one.announce(P, communities=(community,))
    one.announce(Q)
    world.run_until(lambda: nodes[C].has(Q) and nodes[X].has(Q))
    world.advance(1)

    assert nodes[C].has(P) is inside
    assert nodes[X].has(P) is outside


@pytest.mark.row("EXM-02", "UPD-18")
def test_a_route_that_fills_a_message_is_withdrawn_said_in_the_log_and_no_other_suffers(world: World) -> None:
    one, two = world.add(A, peers=[ibgp(B)]), world.add(B, peers=[ibgp(A)])
    established(world, one, two)
    one.announce(P)
    one.announce(Q)
    world.run_until(lambda: two.has(P, Q))

    # every speaker of this kind negotiates extended messages: more than those hold
    one.announce(P, communities=[f"64512:{number}{last}" for number in range(4500) for last in ("", ":1")])
    world.run_until(lambda: two.best(P) is None)

    assert two.has(Q)
    assert one.core.all_established()
    (said,) = one.said("attributes_too_long")
    assert (said["peer"], said["limit_octets"]) == (B, 65535)
    (view,) = one.core.route_views(peer=B, direction="advertised")
    assert view.key == prefix_key(Q)[1]
    one.announce(P)
    world.run_until(lambda: two.has(P))


@pytest.mark.row("EXM-01", "UPD-19")
def test_large_tables_are_packed_as_the_session_allows(world: World) -> None:
    one, two = world.add(A, peers=[ibgp(B)]), world.add(B, peers=[ibgp(A)])
    for number in range(4096):
        one.announce(f"10.{number >> 8}.{number & 255}.0/24")
    established(world, one, two)
    world.run_until(lambda: len(two.core.tables[V4]) == 4096)

    sizes = [len(data) for node, data in world.wire if node is one and data[18] == 2]
    assert max(sizes) > 8000  # some 2,000 prefixes a slice, together


# -- next hops and the kernel ------------------------------------------------------------------------------------------


@pytest.fixture
def routed(world: World) -> tuple[Node, Node]:
    """A speaker with a FIB that knows its own subnet, and an internal peer."""
    one, two = world.add(A, peers=[ibgp(B)], fib=FibConfig()), world.add(B, peers=[ibgp(A)])
    kernel(world, one, **{"192.0.2.0/24": connected()})
    established(world, one, two)
    return one, two


@pytest.mark.row("DEC-17", "DEC-02")
def test_a_route_is_not_resolved_through_itself(world: World, routed: tuple[Node, Node]) -> None:
    one, two = routed
    two.announce("203.0.113.0/24", next_hop=FAR)
    two.announce(P)
    world.run_until(lambda: one.has(P))

    path = one.received("203.0.113.0/24", B)
    assert path is not None
    assert path.accepted is None
    assert "unreachable" in path.reason
    assert list(one.fib) == [prefix_key(P)[1]]


@pytest.mark.row("DEC-02")
def test_a_walk_that_another_one_has_overtaken_goes_by_what_holds_now(
    world: World, routed: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A next hop can be reached, and can't any more, while the first change is being followed; the second walk is
    shorter, since many prefixes have gone meanwhile."""
    monkeypatch.setattr(table, "SLICE", 1)
    one, two = routed
    two.announce(P, next_hop=FAR)
    world.run_until(lambda: one.received(P, B) is not None)
    many, feeder = [prefix_key(f"10.66.{number}.0/24")[1] for number in range(10)], source("feeder")
    one.core.tables[V4].insert(many, Path(feeder, 0, block(), block()))
    two.announce(Q, next_hop=FAR)
    world.run_until(lambda: one.received(Q, B) is not None)
    assert one.received(P, B) is one.received(Q, B)
    way = {prefix_key("203.0.113.0/24")[1]: connected("eth1")}

    one.core.kernel(KernelChanges(V4, way), world.now)
    one.core.work(world.now)
    assert one.has(P)
    assert not one.has(Q)
    one.core.tables[V4].withdraw(many, "feeder")
    one.core.kernel(KernelChanges(V4, dict.fromkeys(way, ())), world.now)
    world.pump(one)

    assert not one.has(P)
    assert not one.has(Q)


def test_an_ipv6_route_over_ipv4_takes_nobodys_place(world: World) -> None:
    """A mapped next hop leads labelled and VPN routes only (RFC 4798 §3): the kernel can't have the route."""
    families = {Family.IPV6_UNICAST: FamilyConfig()}
    one = world.add(A, peers=[ibgp(B, families=families), ibgp(C, families=families)], fib=FibConfig())
    kernel(world, one, **{"192.0.2.0/24": connected()})
    kernel(world, one, Family.IPV6_UNICAST, **{"2001:db8::/64": connected()})
    two, three = (world.add(each, peers=[ibgp(A, families=families)]) for each in (B, C))
    established(world, one, two, three)
    two.announce("2001:db8:1::/48", next_hop=f"::ffff:{FAR}", local_pref=200)
    three.announce("2001:db8:1::/48", next_hop="2001:db8::3")
    world.advance(1)
    assert one.received("2001:db8:1::/48", B) is not None

    kernel(world, one, **{"203.0.113.0/24": connected("eth1")})

    path = one.best("2001:db8:1::/48")
    assert path is not None
    assert path.source.name == C
    explained = one.core.explain(*prefix_key("2001:db8:1::/48"))
    assert {each.peer: each.way.reachable for each in explained.candidates} == {B: False, C: True}
    assert one.fib == {
        prefix_key("2001:db8:1::/48")[1]: FibRoute("unicast", (NextHop(address_octets("2001:db8::3"), "eth0"),))
    }


@pytest.mark.parametrize("hops", [{"next_hop": B}, {"next_hop": f"::ffff:{B}"}, {"next_hops": ((B, 1), (C, 2))}])
def test_a_route_of_our_own_for_ipv6_is_not_given_to_ipv4(world: World, routed: tuple[Node, Node], hops: Any) -> None:
    one, _ = routed

    one.announce("2001:db8:1::/48", **hops)
    one.announce("2001:db8:2::/48", **hops, while_reachable=True)

    assert one.fib == {}
    assert one.has("2001:db8:1::/48")
    assert not one.has("2001:db8:2::/48")


@pytest.mark.row("DEC-02", "DEC-08", "SND-03")
def test_routes_come_and_go_with_the_way_to_their_next_hop(world: World, routed: tuple[Node, Node]) -> None:
    one, two = routed
    two.announce(P, next_hop=FAR)
    world.run_until(lambda: one.received(P, B) is not None)
    assert not one.has(P)

    kernel(world, one, **{"203.0.113.0/24": connected("eth1")})
    assert one.fib[prefix_key(P)[1]] == FibRoute("unicast", (NextHop(address_octets(FAR), "eth1"),))
    kernel(world, one, **{"203.0.113.0/24": connected("eth2")})
    assert one.fib[prefix_key(P)[1]] == FibRoute("unicast", (NextHop(address_octets(FAR), "eth2"),))
    kernel(world, one, **{"203.0.113.0/24": ()})

    assert not one.has(P)
    assert one.fib == {}


def test_our_own_routes_follow_their_next_hop_too(world: World, routed: tuple[Node, Node]) -> None:
    one, two = routed
    one.announce(P, next_hop=FAR)
    world.run_until(lambda: two.has(P))
    assert one.fib == {}

    kernel(world, one, **{"203.0.113.0/24": connected("eth1")})

    assert one.fib == {prefix_key(P)[1]: FibRoute("unicast", (NextHop(address_octets(FAR), "eth1"),))}
    assert two.has(P)


def test_a_next_hop_that_the_import_policy_sets_is_followed(world: World) -> None:
    policies = {"p": (TermConfig(action="accept", set=SetConfig(next_hop=FAR)),)}
    one = world.add(A, peers=[ibgp(B, import_policy=("p",))], policies=policies, fib=FibConfig())
    two = world.add(B, peers=[ibgp(A)])
    kernel(world, one, **{"192.0.2.0/24": connected()})
    established(world, one, two)
    two.announce(P)
    world.run_until(lambda: one.received(P, B) is not None)
    assert not one.has(P)

    kernel(world, one, **{"203.0.113.0/24": connected("eth1")})

    assert one.has(P)


def test_a_restarting_peers_routes_follow_their_next_hop(world: World) -> None:
    restarts = GracefulRestartConfig(role="both")
    one = world.add(A, peers=[ibgp(B)], fib=FibConfig())
    two = world.add(B, peers=[ibgp(A)], graceful_restart=restarts)
    kernel(world, one, **{"192.0.2.0/24": connected()})
    established(world, one, two)
    two.announce(P)
    world.run_until(lambda: one.has(P))
    world.kill(two)
    world.advance(1)

    kernel(world, one, **{"192.0.2.0/24": connected("eth7")})

    assert one.fib == {prefix_key(P)[1]: FibRoute("unicast", (NextHop(address_octets(B), "eth7"),))}


@pytest.mark.row("DEC-08")
def test_the_nearer_next_hop_wins_and_loses_with_its_cost(world: World) -> None:
    one = world.add(A, peers=[ibgp(B), ibgp(C)], fib=FibConfig())
    others = [world.add(address, peers=[ibgp(A)]) for address in (B, C)]
    kernel(world, one, **{f"{B}/32": connected(metric=10), f"{C}/32": connected(metric=20)})
    established(world, one, *others)
    for other in others:
        other.announce(P)
    world.run_until(lambda: one.received(P, C) is not None and one.received(P, B) is not None)

    def winner() -> str:
        path = one.best(P)
        assert path is not None
        return path.source.name

    assert winner() == B
    kernel(world, one, **{f"{B}/32": connected(metric=30)})
    assert winner() == C


@pytest.mark.row("DEC-17", "DEC-02")
def test_a_static_route_leads_to_a_next_hop_and_is_followed(world: World, routed: tuple[Node, Node]) -> None:
    one, two = routed
    two.announce(P, next_hop=FAR)
    world.run_until(lambda: one.received(P, B) is not None)
    assert not one.has(P)

    one.announce("203.0.113.0/24", next_hop="192.0.2.77")
    assert one.fib[prefix_key(P)[1]] == FibRoute("unicast", (NextHop(address_octets("192.0.2.77"), "eth0"),))
    kernel(world, one, **{"192.0.2.0/24": ()})
    assert not one.has(P)
    kernel(world, one, **{"192.0.2.0/24": connected("eth5")})
    assert one.fib[prefix_key(P)[1]] == FibRoute("unicast", (NextHop(address_octets("192.0.2.77"), "eth5"),))
    one.withdraw("203.0.113.0/24")
    assert not one.has(P)


@pytest.mark.row("DEC-08")
def test_only_what_depends_on_a_next_hop_is_decided_and_told_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world.add(A, peers=[ibgp(B), ibgp(C), ibgp(D)], fib=FibConfig())
    others = [world.add(address, peers=[ibgp(A)]) for address in (B, C, D)]
    kernel(world, one, **{f"{address}/32": connected(metric=10) for address in (B, C, D)})
    established(world, one, *others)
    mine, shared = [f"10.1.{host}.0/24" for host in range(20)], [f"10.2.{host}.0/24" for host in range(30)]
    for prefix in mine:
        others[0].announce(prefix)
        others[1].announce(prefix)
    for prefix in shared:
        others[1].announce(prefix)
        others[2].announce(prefix)
    others[2].announce("10.3.0.0/24", next_hop=FAR)
    world.run_until(lambda: one.has(*mine, *shared) and one.received("10.3.0.0/24", D) is not None)
    world.advance(1)
    table = one.core.tables[V4]
    before = {key: table.get(key) for key in table.prefixes()}
    decided = []
    order = Decision.order
    monkeypatch.setattr(Decision, "order", lambda *arguments: decided.append(1) or order(*arguments))
    world.wire.clear()

    kernel(world, one, **{f"{B}/32": connected(metric=30)})

    assert len(decided) == len(mine)
    changed = {key for key, entry in before.items() if table.get(key) is not entry}
    assert changed == {prefix_key(prefix)[1] for prefix in mine}
    assert {one.best(prefix).source.name for prefix in mine} == {C}  # type: ignore[union-attr]
    assert [data for node, data in world.wire if node is one] == []  # iBGP to iBGP: nobody is told


def test_a_restarting_peers_routes_are_not_used_while_their_next_hop_is_unreachable(world: World) -> None:
    one = world.add(A, peers=[ibgp(B)], fib=FibConfig())
    two = world.add(B, peers=[ibgp(A)], graceful_restart=GracefulRestartConfig(role="both"))
    kernel(world, one, **{"192.0.2.0/24": connected()})
    established(world, one, two)
    two.announce(P)
    world.run_until(lambda: one.has(P))
    world.kill(two)
    world.advance(1)

    kernel(world, one, **{"192.0.2.0/24": ()})
    assert not one.has(P)
    kernel(world, one, **{"192.0.2.0/24": connected()})
    assert one.has(P)


# -- slow peers --------------------------------------------------------------------------------------------------------


@pytest.mark.row("SND-07")
def test_a_peer_that_does_not_read_delays_nobody_and_then_gets_the_newest_state(world: World) -> None:
    one = world.add(A, peers=[ibgp(B), ibgp(C)])
    slow, quick = (world.add(address, peers=[ibgp(A)]) for address in (B, C))
    established(world, one, slow, quick)
    world.advance(1)
    conn = one.core.sessions.peers[B].fsm.conn
    assert conn is not None
    one.core.congested(conn, world.now)

    for med in range(20):
        one.announce(P, med=med)
        one.announce(Q)
        one.withdraw(Q)
    world.run_until(lambda: quick.has(P) and seen(world, quick).med == 19)
    world.advance(1)
    assert slow.best(P) is None
    assert one.counters(B).behind == 2
    world.wire.clear()
    one.core.writable(conn, world.now)
    world.pump(one)
    world.advance(1)

    assert seen(world, slow).med == 19
    assert not slow.has(Q)
    assert len([data for node, data in world.wire if node is one and data[18] == 2]) == 1


@pytest.mark.row("SND-07", "GRS-13")
def test_a_peer_that_is_full_at_once_still_gets_its_end_of_rib_last(world: World) -> None:
    one = world.add(A, peers=[ibgp(B)])
    for number in range(200):
        one.announce(f"10.65.{number}.0/24")
    two = world.add(B, peers=[ibgp(A)])
    world.run_until(lambda: one.core.sessions.peers[B].fsm.conn is not None)
    conn = one.core.sessions.peers[B].fsm.conn
    assert conn is not None
    one.core.congested(conn, world.now)
    established(world, one)
    world.advance(2)

    if len(two.core.tables[V4]) < 200:
        assert not two.core.sessions.peers[A].received_end_of_rib
    one.core.writable(conn, world.now)
    world.pump(one)
    world.advance(1)

    assert len(two.core.tables[V4]) == 200
    assert two.core.sessions.peers[A].received_end_of_rib == {V4}


# -- ADD-PATH ----------------------------------------------------------------------------------------------------------


@pytest.mark.row("ADP-02", "ADP-01")
@pytest.mark.parametrize("ours", ["off", "receive", "send", "both"])
@pytest.mark.parametrize("theirs", ["off", "receive", "send", "both"])
def test_all_paths_go_where_we_send_and_they_receive(world: World, ours: Any, theirs: Any) -> None:
    """RFC 7911 §4: each direction by itself."""

    def families(mode: Any) -> dict[Family, FamilyConfig]:
        return {V4: FamilyConfig(add_path=mode)}

    client = {"route_reflector_client": True}
    one = world.add(A, peers=[ibgp(B, **client), ibgp(C, **client), ibgp(X, families=families(ours))])
    nodes = [world.add(address, peers=[ibgp(A)]) for address in (B, C)]
    watcher = world.add(X, peers=[ibgp(A, families=families(theirs))])
    established(world, one, *nodes, watcher)

    for node in nodes:
        node.announce(P)
    watcher.announce(Q)
    world.run_until(lambda: watcher.has(P) and one.has(Q))
    world.advance(1)

    paths = [path for _, path in watcher.core.tables[V4].adj_rib_in(A)]
    many = ours in ("send", "both") and theirs in ("receive", "both")
    assert len(paths) == (2 if many else 1)
    assert all(path.path_id for path in paths) is many
    back = one.received(Q, X)
    assert back is not None
    assert bool(back.path_id) is (theirs in ("send", "both") and ours in ("receive", "both"))


@pytest.mark.row("ADP-06")
def test_a_refresh_brings_all_paths_and_its_end(world: World) -> None:
    both = {V4: FamilyConfig(add_path="both")}
    peers = [ibgp(address, route_reflector_client=True, families=both) for address in (B, C, X)]
    one = world.add(A, peers=peers)
    nodes = [world.add(address, peers=[ibgp(A, families=both)]) for address in (B, C, X)]
    established(world, one, *nodes)
    for node in nodes[:2]:
        node.announce(P)
    watcher = nodes[2]

    def paths() -> int:
        return len(list(watcher.core.tables[V4].adj_rib_in(A)))

    world.run_until(lambda: paths() == 2)
    world.advance(1)
    epoch = watcher.core.sessions.peers[A].epoch

    watcher.core.refresh_peer(A, world.now)
    world.pump(watcher)
    world.advance(1)

    assert watcher.core.sessions.peers[A].epoch == epoch + 1
    assert paths() == 2
    assert all(path.source.epoch == epoch + 1 for _, path in watcher.core.tables[V4].adj_rib_in(A))


@pytest.mark.row("DEC-02")
@pytest.mark.parametrize("imports", [("accept",), ("by_prefix",)], ids=["plain", "by-prefix"])
def test_what_comes_after_the_way_to_a_next_hop_has_changed_is_judged_anew(
    world: World, imports: tuple[str, ...]
) -> None:
    """Though the session has sent the same attributes before."""
    terms = (
        TermConfig(action="accept", match=MatchConfig(prefix_set="q"), set=SetConfig(med=7)),
        TermConfig(action="accept"),
    )
    one = world.add(
        A,
        peers=[ibgp(B, import_policy=imports)],
        fib=FibConfig(),
        policies={"by_prefix": terms},
        sets=PolicySets(prefix_sets={"q": (Q,)}),
    )
    two = world.add(B, peers=[ibgp(A)])
    kernel(world, one, **{"192.0.2.0/24": connected()})
    established(world, one, two)
    two.announce(P, next_hop=FAR)
    world.run_until(lambda: one.received(P, B) is not None)
    assert not one.has(P)

    kernel(world, one, **{"203.0.113.0/24": connected("eth1")})
    two.announce("10.65.77.0/26", next_hop=FAR)
    world.run_until(lambda: one.received("10.65.77.0/26", B) is not None)
    assert one.has(P, "10.65.77.0/26")

    kernel(world, one, **{"203.0.113.0/24": ()})
    two.announce("10.65.78.0/26", next_hop=FAR)
    world.run_until(lambda: one.received("10.65.78.0/26", B) is not None)
    assert not any(one.has(prefix) for prefix in (P, "10.65.77.0/26", "10.65.78.0/26"))
