"""Peers that are told other paths than the best one: several, the best external one, the best from their place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.config.model import DecisionConfig, FamilyConfig, MatchConfig, TermConfig
from pybgp.errors import ConfigError

from .world import Node, World, ebgp, established, ibgp

RR, A, B, C, N, X = (f"192.0.2.{host}" for host in (1, 11, 12, 13, 21, 31))
P = "10.65.1.0/26"
BOTH = {Family.IPV4_UNICAST: FamilyConfig(add_path="both")}


def heard(node: Node, of: str = RR) -> set[bytes]:
    """The next hops of all paths to the prefix that a node has from a peer."""
    table = node.core.tables[Family.IPV4_UNICAST]
    return {path.received.next_hop for _, path in table.adj_rib_in(of)}


def reconfigured(world: World, node: Node, address: str, **options: Any) -> None:
    config = node.core.config
    peers = tuple(replace(peer, **options) if peer.address == address else peer for peer in config.peers)
    node.core.reconfigure(replace(config, peers=peers), world.now)
    world.pump(node)
    world.advance(1)


def test_a_peer_gets_the_best_two_of_three_paths_and_then_as_many_as_it_is_given(world: World) -> None:
    """RFC 7911, draft-ietf-idr-add-paths-guidelines §2.2; the limit is changed without ending the session."""
    limited = {Family.IPV4_UNICAST: FamilyConfig(add_path="both", add_path_limit=2)}
    clients = [ibgp(address, route_reflector_client=True, families=BOTH) for address in (A, B, C)]
    rr = world.add(RR, peers=[*clients, ibgp(N, families=limited)])
    nodes = {address: world.add(address, peers=[ibgp(RR, families=BOTH)]) for address in (A, B, C, N)}
    established(world, rr, *nodes.values())
    for address, local_pref in ((A, 100), (B, 200), (C, 300)):
        nodes[address].announce(P, local_pref=local_pref)
    world.run_until(lambda: len(heard(nodes[N])) == 2)
    world.advance(1)

    assert heard(nodes[N]) == {address_octets(B), address_octets(C)}
    nodes[C].withdraw(P)
    world.run_until(lambda: heard(nodes[N]) == {address_octets(A), address_octets(B)})
    nodes[C].announce(P, local_pref=300)
    since = rr.counters(N).since
    reconfigured(world, rr, N, families=BOTH)
    assert heard(nodes[N]) == {address_octets(A), address_octets(B), address_octets(C)}
    reconfigured(world, rr, N, families={Family.IPV4_UNICAST: FamilyConfig(add_path="both", add_path_limit=1)})
    assert heard(nodes[N]) == {address_octets(C)}
    assert rr.counters(N).since == since


def test_an_internal_peer_is_told_the_best_external_path_beside_an_internal_best(world: World) -> None:
    """draft-ietf-idr-best-external: N's own path is the best of the border router, whose own way stays known."""
    border = world.add(RR, peers=[ibgp(N, best_external=True), ibgp(A), ebgp(X, 65001)])
    inside = world.add(N, peers=[ibgp(RR)])
    plain = world.add(A, peers=[ibgp(RR)])
    outside = world.add(X, asn=65001, peers=[ebgp(RR, 64512)])
    established(world, border, inside, plain, outside)
    outside.announce(P)
    inside.announce(P, local_pref=200)
    world.advance(5)

    best = border.best(P)
    assert best is not None
    assert best.source.name == N
    assert heard(inside) == {address_octets(X)}
    assert heard(plain) == set()
    (told,) = border.core.route_views(peer=N, direction="advertised")
    assert (told.block.next_hop, told.best) == (address_octets(X), False)
    outside.withdraw(P)
    world.advance(1)
    assert heard(inside) == set()
    outside.announce(P)
    inside.withdraw(P)
    world.run_until(lambda: heard(inside) == heard(plain) == {address_octets(X)})


def test_each_client_is_told_what_is_best_from_its_place(world: World) -> None:
    """RFC 9107 §3.1: A is near C's exit, B near N's; who can't reach an exit isn't told of it."""
    costs = {(A, C): 1, (A, N): 9, (B, C): 9, (B, N): 1}

    def cost(peer: str, next_hop: str) -> int | None:
        return costs.get((peer, next_hop))

    clients = [ibgp(address, route_reflector_client=True, orr=cost) for address in (A, B)]
    rr = world.add(RR, peers=[*clients, ibgp(C, route_reflector_client=True), ibgp(N, route_reflector_client=True)])
    nodes = {address: world.add(address, peers=[ibgp(RR)]) for address in (A, B, C, N)}
    established(world, rr, *nodes.values())
    nodes[C].announce(P)
    nodes[N].announce(P)
    world.advance(5)

    assert heard(nodes[A]) == {address_octets(C)}
    assert heard(nodes[B]) == {address_octets(N)}
    del costs[A, C]
    rr.core.outbound.reselect()
    world.pump(rr)
    world.advance(1)
    assert heard(nodes[A]) == {address_octets(N)}
    del costs[A, N]
    rr.core.outbound.reselect()
    world.pump(rr)
    world.advance(1)
    assert heard(nodes[A]) == set()


def test_orr_says_why_a_client_is_not_told_the_best_path(world: World) -> None:
    """RFC 9107 §3.1: another path, the client's own one, none that it can reach: three things to look for elsewhere."""
    costs: dict[tuple[str, str], int] = {(A, C): 9, (A, N): 1, (N, C): 9, (N, N): 1}
    clients = [
        ibgp(address, route_reflector_client=True, orr=lambda peer, next_hop: costs.get((peer, next_hop)))
        for address in (A, B, N)
    ]
    rr = world.add(RR, peers=[*clients, ibgp(C, route_reflector_client=True)])
    nodes = {address: world.add(address, peers=[ibgp(RR)]) for address in (A, B, C, N)}
    established(world, rr, *nodes.values())
    nodes[C].announce(P, local_pref=100)
    nodes[N].announce(P, local_pref=100)
    world.advance(5)

    rows = {row.peer: row for row in rr.core.explain(*prefix_key(P), None).peers}

    assert [path.reason for path in rows[A].paths] == ["", f"the path of {N} is the best for it (orr, RFC 9107 §3.1)"]
    assert rows[B].reason == "the peer can't reach its next hop (orr, RFC 9107 §3.1)"
    assert rows[N].reason == (
        "its own path is the best for it (orr, RFC 9107 §3.1), which it isn't told (RFC 4456 §8, split horizon)"
    )


def test_other_costs_tell_what_they_change_and_nothing_else(world: World) -> None:
    """RFC 9107 §3.1, RFC 4271 §9.2."""
    costs = {C: 1, N: 5}
    reflector = {"route_reflector_client": True}
    rr = world.add(RR, peers=[ibgp(A, orr=lambda peer, next_hop: costs[next_hop]), ibgp(C, **reflector), ibgp(N)])
    nodes = {address: world.add(address, peers=[ibgp(RR)]) for address in (A, C, N)}
    established(world, rr, *nodes.values())
    for number in range(200):
        nodes[C].announce(f"10.66.{number}.0/24")
    nodes[C].announce(P)
    world.advance(5)
    nodes[C].announce("10.65.9.0/26", local_pref=50)
    world.advance(5)
    world.wire.clear()

    costs[C] = 9
    rr.core.flush(world.now)
    rr.core.outbound.reselect()
    world.pump(rr)
    world.advance(1)

    assert not [data for node, data in world.wire if node is rr and data[18] == 2]
    assert heard(nodes[A]) == {address_octets(C)}


def test_a_cost_function_that_fails_is_told_once_and_costs_no_route(world: World) -> None:
    def cost(peer: str, next_hop: str) -> int | None:
        raise LookupError("no such node")

    rr = world.add(RR, peers=[ibgp(A, orr=cost), ibgp(N, route_reflector_client=True)])
    client, other = world.add(A, peers=[ibgp(RR)]), world.add(N, peers=[ibgp(RR)])
    established(world, rr, client, other)
    other.announce(P)
    other.announce("10.65.2.0/26")
    world.run_until(lambda: client.has(P, "10.65.2.0/26"))
    world.advance(1)
    rr.core.flush(world.now)
    world.pump(rr)

    assert len(rr.said("policy_error")) == 1
    assert "no such node" in str(rr.said("policy_error")[0]["why"])


def test_a_cost_function_that_is_not_there_is_an_error_of_the_configuration(world: World) -> None:
    with pytest.raises(ConfigError, match="igp:cost"):
        world.add(RR, peers=[ibgp(A, orr="igp:cost")])


@pytest.mark.row("POL-04")
def test_a_route_servers_client_is_told_what_policy_lets_it_have_of_the_best_that_are_not_its_own(
    world: World,
) -> None:
    """RFC 7947 §2.3.2: no path is hidden by a better one that the client may not have."""
    not_a = (TermConfig(match=MatchConfig(as_path=("^65001",)), action="reject"), TermConfig(action="accept"))
    everything: Any = {"import_policy": ["accept"], "route_server_client": True}
    server = world.add(
        RR,
        policies={"not-a": not_a},
        peers=[
            replace(ebgp(A, 65001), **everything, export_policy=["accept"]),
            replace(ebgp(B, 65002), **everything, export_policy=["accept"]),
            replace(ebgp(C, 65003), **everything, export_policy=["not-a"]),
        ],
    )
    nodes = {
        address: world.add(address, asn=asn, peers=[replace(ebgp(RR, 64512), enforce_first_as=False)])
        for address, asn in ((A, 65001), (B, 65002), (C, 65003))
    }
    established(world, server, *nodes.values())
    nodes[A].announce(P)
    nodes[B].announce(P)
    world.advance(5)

    best = server.best(P)
    assert best is not None
    assert best.source.name == A
    assert heard(nodes[A]) == {address_octets(B)}
    assert heard(nodes[B]) == {address_octets(A)}
    assert heard(nodes[C]) == {address_octets(B)}
    nodes[A].withdraw(P)
    world.advance(1)
    assert heard(nodes[A]) == heard(nodes[C]) == {address_octets(B)}
    assert heard(nodes[B]) == set()


def test_what_is_best_from_a_clients_place_is_decided_by_the_newest_rules(world: World) -> None:
    """RFC 9107: the steps of the decision are those of the speaker, also after a reload."""
    rr = world.add(RR, peers=[ibgp(address, route_reflector_client=True) for address in (A, B)] + [
        ibgp(C, route_reflector_client=True, orr=lambda peer, next_hop: 1)
    ])  # fmt: skip
    nodes = {address: world.add(address, peers=[ibgp(RR)]) for address in (A, B, C)}
    established(world, rr, *nodes.values())
    nodes[A].announce(P, prepend=(65001,), med=9)
    nodes[B].announce(P, prepend=(65002,), med=5)
    world.run_until(lambda: heard(nodes[C]) == {address_octets(A)})
    world.advance(1)

    rr.core.reconfigure(replace(rr.core.config, decision=DecisionConfig(always_compare_med=True)), world.now)
    world.pump(rr)
    world.advance(1)

    assert heard(nodes[C]) == {address_octets(B)}
