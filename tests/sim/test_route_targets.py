"""VPN routes go to those who have asked for one of their route targets (RFC 4684), on a virtual clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.config.model import FamilyConfig, GracefulRestartConfig, PeerConfig
from pybgp.constants import RefreshSubtype
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.families.route_target import ROUTE_TARGET as CODEC
from pybgp.messages.refresh import RouteRefresh
from pybgp.rib.decision import Decision
from pybgp.rib.local import own_block
from pybgp.rib.moves import moves_of
from pybgp.rib.route_targets import Memberships
from pybgp.rib.table import Table
from pybgp.rib.targets import UNWANTED, Targets
from pybgp.speaker.constraint import WAITS
from tests.unit.rib.paths import path, source

from .labeled_routes import key_of, originate, routes, take_back
from .world import Node, World, established, ibgp

RR, A, B, C, ABSENT = (f"192.0.2.{host}" for host in (1, 11, 12, 13, 99))
VPN, RT = Family.IPV4_VPN, Family.ROUTE_TARGET
BOTH = {VPN: FamilyConfig(), RT: FamilyConfig()}
ONE, TWO, THREE = (f"rt:64512:{number}" for number in (1, 2, 3))
ROUTE = {
    ONE: "64512:1 10.0.1.0/24 label 101",
    TWO: "64512:2 10.0.2.0/24 label 102",
    THREE: "64512:3 10.0.3.0/24 label 103",
}


def wants(node: Node, *targets: str) -> None:
    for target in targets:
        originate(node, RT, f"64512:{target}")


def reflection(
    world: World, *, silent: str = "", nonclients: tuple[str, ...] = (), undefaulted: str = ""
) -> dict[str, Node]:
    def families(address: str) -> dict[Family, FamilyConfig]:
        return {VPN: FamilyConfig()} if address == silent else BOTH

    peers = [
        ibgp(
            each,
            route_reflector_client=each not in nonclients,
            families=families(each),
            default_route_target=each != undefaulted,
        )
        for each in (A, B, C)
    ]
    nodes = {RR: world.add(RR, peers=peers)}
    for address in (A, B, C):
        nodes[address] = world.add(address, peers=[ibgp(RR, families=families(address))])
    established(world, *nodes.values())
    return nodes


@pytest.mark.row("AFI-15")
def test_a_peer_is_told_the_routes_that_it_has_asked_for(world: World) -> None:
    nodes = reflection(world)
    wants(nodes[B], ONE)
    wants(nodes[C], TWO)
    for target, route in ROUTE.items():
        originate(nodes[A], VPN, route, target)
    world.run_until(lambda: routes(nodes[B], VPN) == [ROUTE[ONE]] and routes(nodes[C], VPN) == [ROUTE[TWO]])
    world.advance(1)

    assert set(routes(nodes[RR], VPN)) == {ROUTE[ONE], ROUTE[TWO]}  # nobody has asked for the third
    (about,) = nodes[RR].core.explain(VPN, key_of(VPN, ROUTE[ONE]), C).peers
    assert (about.advertised, about.reason) == (False, UNWANTED)


@pytest.mark.row("AFI-15")
def test_another_interest_changes_only_what_it_is_about(world: World) -> None:
    nodes = reflection(world)
    wants(nodes[B], ONE)
    wants(nodes[C], TWO)
    for target in (ONE, TWO):
        originate(nodes[A], VPN, ROUTE[target], target)
    world.run_until(lambda: bool(routes(nodes[B], VPN) and routes(nodes[C], VPN)))
    world.advance(1)

    def told(route: str) -> int:
        """How often the reflector has named the prefix since."""
        return sum(octets.count(key_of(VPN, route)[1:]) for node, octets in world.wire[since:] if node is nodes[RR])

    since = len(world.wire)
    wants(nodes[C], ONE)
    world.run_until(lambda: len(routes(nodes[C], VPN)) == 2)
    world.advance(1)
    assert (told(ROUTE[ONE]), told(ROUTE[TWO])) == (1, 0)
    assert nodes[RR].counters(C).families[VPN].advertised == 2

    since = len(world.wire)
    take_back(nodes[C], RT, f"64512:{TWO}")
    world.run_until(lambda: routes(nodes[C], VPN) == [ROUTE[ONE]])
    world.advance(1)
    assert (told(ROUTE[ONE]), told(ROUTE[TWO])) == (0, 1)
    assert nodes[RR].counters(C).families[VPN].advertised == 1
    assert routes(nodes[B], VPN) == [ROUTE[ONE]]


def test_all_who_pass_on_the_interest_of_another_as_are_told(world: World) -> None:
    """RFC 4684 §3.1 would have the best path of the membership only; then a second border router had nothing."""
    nodes = reflection(world)
    for border in (B, C):
        originate(nodes[border], RT, f"65001:{ONE}")
    originate(nodes[A], VPN, ROUTE[ONE], ONE)

    world.run_until(lambda: routes(nodes[B], VPN) == [ROUTE[ONE]] == routes(nodes[C], VPN))


@pytest.mark.row("AFI-15")
@pytest.mark.parametrize("refreshes", [False, True])
def test_nothing_is_told_before_the_end_of_the_memberships(world: World, refreshes: bool) -> None:
    """B has just restarted and holds End-of-RIB back; a minute later it is told what it has asked for all the same.
    An enhanced refresh meanwhile (RFC 7313), of whatever family, is no other session."""
    clients = [ibgp(each, route_reflector_client=True, families=BOTH) for each in (A, B)]
    rr = world.add(RR, peers=clients)
    a = world.add(A, peers=[ibgp(RR, families=BOTH)])
    b = world.add(
        B,
        peers=[ibgp(RR, families=BOTH), PeerConfig(ABSENT, remote_as=64512, families=BOTH)],
        graceful_restart=GracefulRestartConfig(role="both", absent_time=200, deferral_time=300),
        preserved=frozenset(BOTH),
    )
    wants(b, ONE)
    world.run_until(lambda: rr.core.all_established() and a.core.all_established())
    up = world.now
    originate(a, VPN, ROUTE[ONE], ONE)
    world.run_until(lambda: bool(routes(rr, VPN)))
    if refreshes:
        begin = RouteRefresh(RT, RefreshSubtype.BEGIN)
        rr.core.received(rr.core.sessions.peers[B].fsm.conn or 0, begin.encode(), world.now)
    world.advance(up + 59 - world.now)
    assert not routes(b, VPN)
    (about,) = rr.core.explain(VPN, key_of(VPN, ROUTE[ONE]), B).peers
    assert about.reason == WAITS
    world.advance(2)
    assert routes(b, VPN) == [ROUTE[ONE]]


def test_a_client_hears_its_own_membership_as_the_reflectors(world: World) -> None:
    """Else it wouldn't know that the reflector has anybody else to tell its routes (RFC 4684 §3.2)."""
    nodes = reflection(world)
    wants(nodes[A], ONE)
    key = key_of(RT, f"64512:{ONE}")
    world.run_until(lambda: len(list(nodes[A].core.tables[RT].adj_rib_in(RR))) == 1)
    ((found, path),) = nodes[A].core.tables[RT].adj_rib_in(RR)
    assert found == key
    assert path.received.originator_id == address_octets(RR)
    assert path.received.next_hop == address_octets(RR)
    assert path.accepted is not None
    assert routes(nodes[RR], RT, direction="advertised", peer=A) == [f"64512:{ONE}"]

    wants(nodes[B], ONE)
    world.advance(1)
    take_back(nodes[A], RT, f"64512:{ONE}")
    world.advance(1)
    assert routes(nodes[A], RT) == [f"64512:{ONE}"]
    take_back(nodes[B], RT, f"64512:{ONE}")
    world.run_until(lambda: not any(routes(nodes[each], RT) for each in (A, B, C)))
    assert nodes[RR].counters(A).families[RT].advertised == 0


def test_a_non_client_hears_what_clients_have_asked_for(world: World) -> None:
    """A is no client and best, which is not for C, no client either; B is one (RFC 4684 §3.2)."""
    nodes = reflection(world, nonclients=(A, C))
    wants(nodes[A], ONE)
    world.run_until(lambda: bool(routes(nodes[RR], RT)))
    world.advance(1)
    assert routes(nodes[C], RT) == []
    wants(nodes[B], ONE)
    world.run_until(lambda: routes(nodes[C], RT) == [f"64512:{ONE}"])
    best = nodes[RR].core.tables[RT].best(key_of(RT, f"64512:{ONE}"))
    assert best is not None
    assert best.source.name == A


def test_for_a_peer_that_says_nothing_everything_is_asked_for(world: World) -> None:
    nodes = reflection(world, silent=B)
    originate(nodes[A], VPN, ROUTE[THREE], THREE)
    world.run_until(lambda: routes(nodes[B], VPN) == [ROUTE[THREE]])
    world.advance(1)
    assert routes(nodes[A], RT) == ["default"]
    assert routes(nodes[C], VPN) == []

    nodes[RR].core.disable_peer(B, world.now)
    world.pump(nodes[RR])
    world.run_until(lambda: not routes(nodes[A], RT) and not routes(nodes[RR], VPN))


def test_a_peer_that_is_never_asked_for_everything_tells_what_others_have_asked_for(world: World) -> None:
    """RFC 4684 §4: the default membership may be told, and some peers can't take it. B doesn't say what it wants."""
    nodes = reflection(world, silent=B, undefaulted=A)
    wants(nodes[C], ONE)
    for target in (ONE, THREE):
        originate(nodes[A], VPN, ROUTE[target], target)
    world.run_until(lambda: routes(nodes[C], VPN) == [ROUTE[ONE]] == routes(nodes[B], VPN))
    world.advance(1)

    assert routes(nodes[A], RT) == [f"64512:{ONE}"]
    assert "default" in routes(nodes[C], RT)
    assert routes(nodes[RR], VPN) == [ROUTE[ONE]]


def test_nor_is_it_told_the_default_membership_of_another_peer(world: World) -> None:
    nodes = reflection(world, undefaulted=A)
    wants(nodes[A], TWO)
    originate(nodes[C], RT, "default")
    originate(nodes[B], VPN, ROUTE[THREE], THREE)
    world.run_until(lambda: "default" in routes(nodes[B], RT) and routes(nodes[C], VPN) == [ROUTE[THREE]])
    world.advance(1)

    assert routes(nodes[A], RT) == [f"64512:{TWO}"]
    (about,) = nodes[RR].core.explain(RT, key_of(RT, "default"), A).peers
    assert not about.advertised
    assert about.reason == "the peer is never asked for all VPN routes (default_route_target = false)"


def test_another_configuration_tells_the_default_membership_and_takes_it_back(world: World) -> None:
    nodes = reflection(world, silent=B, undefaulted=A)
    rr, before = nodes[RR], nodes[RR].core.config
    asked = tuple(replace(peer, default_route_target=True) for peer in before.peers)

    rr.core.reconfigure(replace(before, peers=asked), world.now)
    world.pump(rr)
    world.run_until(lambda: routes(nodes[A], RT) == ["default"])
    rr.core.reconfigure(before, world.now)
    world.pump(rr)
    world.run_until(lambda: routes(nodes[A], RT) == [])

    assert len(rr.said("session_up")) == 3


@pytest.mark.parametrize(
    ("membership", "wanted"),
    [
        ("default", True),
        ("64512:rt:64512:1", True),
        ("65000:rt:64512:1", True),
        ("64512:rt:64512:2", False),
        ("64512:0x/32", True),
        ("64512:0x0002fc00/64", True),
        ("64512:0x0002fc01/64", False),
        ("64512:0x0002fc00000000/88", True),
        ("64512:0x0002fc0000000000/95", True),
        ("64512:0x0002fc0000000002/95", False),
    ],
)
def test_what_a_membership_asks_for(membership: str, wanted: bool) -> None:
    block = own_block().replace(set=(ExtendedCommunities.of(("rt:64512:1", "ro:64512:2")),))
    assert Targets.of([CODEC.parse(membership)]).want(block) is wanted


def test_a_route_without_targets_is_for_those_who_want_everything() -> None:
    assert Targets(everything=True).want(own_block())
    assert Targets.of([CODEC.parse("64512:0x/32")]).want(own_block())
    assert not Targets.of([CODEC.parse("64512:rt:64512:1")]).want(own_block())


def test_a_target_that_does_not_leave_its_as_is_none() -> None:
    """RFC 4360 §4: route targets are transitive."""
    inside = own_block().replace(set=(ExtendedCommunities((bytes.fromhex("4002fc0000000001"),)),))
    assert not Targets.of([CODEC.parse("64512:0x4002/48")]).want(inside)


def test_whoever_asks_twice_still_asks_when_one_of_both_is_gone() -> None:
    """A peer may announce a membership with several identifiers (RFC 7911); what is refused doesn't count."""
    table = Table(RT, Decision())
    memberships = Memberships()
    asker, key = source("a"), CODEC.parse("64512:rt:64512:1")

    def wanted() -> bool:
        memberships.changed(moves_of(table.take_pending(), table))
        return Targets.of([key]) == memberships.of("a")

    for path_id in (1, 2):
        table.insert([key], path(own_block(), by=asker, path_id=path_id))
        assert wanted()
    table.withdraw([key], "a", 1)
    assert wanted()
    table.insert([key], path(own_block(), by=asker, path_id=2, reason="by policy"))
    assert not wanted()
    assert memberships.of("a") == Targets()


@pytest.mark.row("AFI-15")
def test_who_has_said_what_it_wants_is_not_told_again_after_a_minute(world: World) -> None:
    nodes = reflection(world)
    originate(nodes[A], VPN, ROUTE[ONE], ONE)
    wants(nodes[B], ONE)
    world.run_until(lambda: routes(nodes[B], VPN) == [ROUTE[ONE]])
    world.wire.clear()

    world.advance(61)

    assert not [octets for node, octets in world.wire if node is nodes[RR] and octets[18] == 2]
    outbound = nodes[RR].core.outbound
    assert {len(outbound._by_conn[peer.fsm.conn or 0]) for peer in nodes[RR].core.sessions.peers.values()} == {2}


@pytest.mark.row("AFI-15")
def test_the_minute_of_a_session_that_is_over_is_not_that_of_the_next_one(world: World) -> None:
    nodes = reflection(world)
    originate(nodes[A], VPN, ROUTE[ONE], ONE)
    world.advance(1)
    rr, b = nodes[RR], nodes[B]
    first = rr.core.sessions.peers[B]
    world.advance(20)
    world.kill(b)
    world.advance(1)
    again = world.add(
        B,
        peers=[ibgp(RR, families=BOTH), PeerConfig(ABSENT, remote_as=64512, families=BOTH)],
        graceful_restart=GracefulRestartConfig(role="both", absent_time=200, deferral_time=300),
        preserved=frozenset(BOTH),
    )
    wants(again, ONE)
    world.run_until(lambda: first.established, limit=60)
    up = world.now

    world.advance(59)
    assert not routes(again, VPN)
    world.advance(up + 61 - world.now)
    assert routes(again, VPN) == [ROUTE[ONE]]
