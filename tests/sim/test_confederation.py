"""Confederations between whole speakers (RFC 5065), on a virtual clock.

AS 64512 is a confederation of the members 65001 and 65002. A and B are in 65001, C and D in 65002, X is outside.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import address_text
from pybgp.config.model import AggregateConfig, ConfederationConfig, PeerConfig
from pybgp.constants import AttributeCode as Code
from pybgp.messages.attributes.block import Block
from pybgp.messages.context import PeerKind
from pybgp.rib.path import Path

from .world import Node, World, arrived, ebgp, established

A, B, C, D, E, X, Y = (f"192.0.2.{host}" for host in (1, 2, 3, 4, 5, 31, 32))
P, Q = "10.65.1.0/26", "10.65.2.0/26"
WHOLE, ONE, TWO, THREE = 64512, 65001, 65002, 65003
INSIDE = ConfederationConfig(identifier=WHOLE, members=(ONE, TWO, THREE))


def member(address: str, asn: int, **options: Any) -> PeerConfig:
    """A peer in a member AS, our own or another: no policy is asked for."""
    return PeerConfig(address, remote_as=asn, **options)


def add(world: World, address: str, asn: int, *peers: PeerConfig, **options: Any) -> Node:
    return world.add(address, asn=asn, peers=[*peers], confederation=INSIDE, **options)


@pytest.fixture
def nodes(world: World) -> dict[str, Node]:
    """X - A - B in 65001, A - C between the members, C - D in 65002, C - Y outside."""
    made = {
        A: add(world, A, ONE, member(B, ONE), member(C, TWO), ebgp(X, 64600)),
        B: add(world, B, ONE, member(A, ONE)),
        C: add(world, C, TWO, member(A, ONE), member(D, TWO), ebgp(Y, 64700)),
        D: add(world, D, TWO, member(C, TWO)),
        X: world.add(X, asn=64600, peers=[ebgp(A, WHOLE)]),
        Y: world.add(Y, asn=64700, peers=[ebgp(C, WHOLE)]),
    }
    established(world, *made.values())
    return made


def path_at(world: World, node: Node, prefix: str = P) -> Path:
    return arrived(world, node, prefix)


def seen(world: World, node: Node, prefix: str = P) -> Block:
    return path_at(world, node, prefix).received


@pytest.mark.row("CFD-01", "CFD-02", "CFD-03", "CFD-09", "NHP-01")
def test_a_route_from_outside_crosses_the_members_and_leaves_as_from_one_as(
    world: World, nodes: dict[str, Node]
) -> None:
    """RFC 5065 §4.1: member ASes go in front as AS_CONFED_SEQUENCE, and are gone outside; §5: all else stays."""
    nodes[X].announce(P, med=7, communities=["64600:1"])

    inside, across, further = (seen(world, nodes[at]) for at in (B, C, D))

    assert inside.as_path_text == "64600"
    assert across.as_path_text == "(65001) 64600"
    assert further.as_path_text == "(65001) 64600"
    for block in (inside, across, further):
        assert (block.local_pref, block.med, address_text(block.next_hop)) == (100, 7, X)
    outside = seen(world, nodes[Y])
    assert outside.as_path_text == "64512 64600"
    assert (outside.local_pref, outside.med) == (None, None)
    assert outside.communities == inside.communities


@pytest.mark.row("CFD-01", "CFD-02", "CFD-03")
def test_a_members_own_route(world: World, nodes: dict[str, Node]) -> None:
    nodes[B].announce(P, med=9, local_pref=300)

    assert seen(world, nodes[A]).as_path_text == ""
    across = seen(world, nodes[C])
    assert across.as_path_text == "(65001)"
    assert (across.local_pref, across.med, address_text(across.next_hop)) == (300, 9, B)
    assert seen(world, nodes[X]).as_path_text == seen(world, nodes[Y]).as_path_text == "64512"


@pytest.mark.row("CFD-04")
def test_outside_we_are_the_whole_inside_the_member(world: World, nodes: dict[str, Node]) -> None:
    """RFC 5065 §4: My Autonomous System of the OPENs."""
    opens = {(node.address, int.from_bytes(data[20:22])) for node, data in world.wire if data[18] == 1}

    assert {asn for address, asn in opens if address == A} == {ONE, WHOLE}
    assert {asn for address, asn in opens if address == B} == {ONE}
    assert nodes[X].counters(A).remote_as == WHOLE
    assert nodes[C].counters(A).remote_as == ONE
    assert nodes[C].core.sessions.peers[A].kind is PeerKind.CONFEDERATION


@pytest.mark.row("CFD-07")
def test_a_route_that_has_been_in_our_member_as_or_in_the_confederation_is_a_loop(world: World) -> None:
    """RFC 5065 §4: our member AS in confederation segments, the confederation's number in others."""
    one = add(world, A, ONE, member(C, TWO), ebgp(X, 64600))
    two = add(world, C, TWO, member(A, ONE), member(E, THREE))
    three = add(world, E, THREE, member(C, TWO), member(B, ONE))
    four = add(world, B, ONE, member(E, THREE))
    outside = world.add(X, asn=64600, peers=[ebgp(A, WHOLE), ebgp(Y, WHOLE)])
    other = world.add(Y, asn=WHOLE, peers=[ebgp(X, 64600)])
    established(world, one, two, three, four, outside, other)

    four.announce(P)
    other.announce(Q)
    world.run_until(lambda: one.received(P, C) is not None and one.received(Q, X) is not None)

    inside, around = one.received(P, C), one.received(Q, X)
    assert inside is not None
    assert inside.reason == "our own member AS 65001 is in its AS_PATH (RFC 5065 §4)"
    assert around is not None
    assert around.reason == "our own confederation, AS 64512, is in its AS_PATH (RFC 5065 §4)"


@pytest.mark.row("CFD-07")
def test_a_members_number_outside_is_somebody_else(world: World) -> None:
    """Private numbers of members may be in use elsewhere: they count in confederation segments only."""
    one = add(world, A, ONE, ebgp(X, 64600))
    outside = world.add(X, asn=64600, peers=[ebgp(A, WHOLE), ebgp(Y, ONE)])
    other = world.add(Y, asn=ONE, peers=[ebgp(X, 64600)])
    established(world, one, outside, other)

    other.announce(P)

    assert seen(world, one).as_path_text == "64600 65001"


@pytest.mark.row("CFD-10")
def test_a_route_over_another_member_is_internal_to_the_decision(world: World) -> None:
    """RFC 5065 §5.3: true eBGP wins against it, whatever the identifiers."""
    one = add(world, D, TWO, member(A, ONE), ebgp(Y, 64700))
    two = add(world, A, ONE, member(D, TWO), ebgp(X, 64700))
    near = world.add(Y, asn=64700, peers=[ebgp(D, WHOLE)])
    far = world.add(X, asn=64700, peers=[ebgp(A, WHOLE)])
    established(world, one, two, near, far)
    far.announce(P)
    world.run_until(lambda: one.received(P, A) is not None)
    near.announce(P)
    world.run_until(lambda: one.received(P, Y) is not None)

    best, other = path_at(world, one), one.received(P, A)

    assert best.source.name == Y
    assert other is not None
    assert one.core.rules.decision(one.core.next_hops).why(best, other).step == "DEC-07"


@pytest.mark.row("COM-01", "COM-03")
@pytest.mark.parametrize(
    ("community", "reaches"),
    [("no-export", {A, C, D}), ("no-export-subconfed", {A}), ("no-advertise", {A})],
)
def test_how_far_well_known_communities_go(
    world: World, nodes: dict[str, Node], community: str, reaches: set[str]
) -> None:
    """RFC 1997."""
    nodes[B].announce(P, communities=[community])
    world.advance(2)

    expected = reaches if community != "no-advertise" else set()
    assert {at for at in (A, C, D, X, Y) if nodes[at].has(P)} == expected


@pytest.mark.row("PRP-09")
def test_reflection_ends_at_the_border_of_a_member(world: World) -> None:
    """RFC 4456 is within an AS; what a reflector adds means nothing to another member."""
    reflector = add(world, A, ONE, member(B, ONE, route_reflector_client=True), member(E, ONE), member(C, TWO))
    client, other = add(world, B, ONE, member(A, ONE)), add(world, E, ONE, member(A, ONE))
    border = add(world, C, TWO, member(A, ONE))
    established(world, reflector, client, other, border)
    border.announce(Q)
    client.announce(P)

    assert {Code.ORIGINATOR_ID, Code.CLUSTER_LIST} <= seen(world, other).attributes.keys()
    assert not {Code.ORIGINATOR_ID, Code.CLUSTER_LIST} & seen(world, border).attributes.keys()
    assert not {Code.ORIGINATOR_ID, Code.CLUSTER_LIST} & seen(world, other, Q).attributes.keys()


@pytest.mark.parametrize(("mode", "expected"), [("auto", X), ("self", A), ("self_all", A)])
def test_the_next_hop_towards_another_member(world: World, mode: str, expected: str) -> None:
    """RFC 5065 §5.1: it may stay; ``self`` is for routes from outside the confederation."""
    one = add(world, A, ONE, member(C, TWO, next_hop=mode), member(B, ONE), ebgp(X, 64600))
    two, inside = add(world, C, TWO, member(A, ONE)), add(world, B, ONE, member(A, ONE))
    outside = world.add(X, asn=64600, peers=[ebgp(A, WHOLE)])
    established(world, one, two, inside, outside)

    outside.announce(P)
    inside.announce(Q)

    assert address_text(seen(world, two).next_hop) == expected
    assert address_text(seen(world, two, Q).next_hop) == (A if mode == "self_all" else B)


def test_another_first_member_than_the_peers_is_refused(world: World) -> None:
    """As RFC 4271 §6.3 for eBGP; a choice (``enforce_first_as``)."""
    one = add(world, A, ONE, member(C, TWO))
    two = add(world, C, TWO, member(A, ONE), member(E, THREE))
    three = add(world, E, THREE, member(C, TWO))
    established(world, one, two, three)
    three.announce(P)
    path = path_at(world, one)
    assert path.received.as_path_text == "(65002 65003)"

    importer = one.core.sessions._inbound[next(iter(one.core.sessions._inbound))].importer
    liar = replace(path.source, remote_as=THREE)
    made = importer.path(liar, 0, path.received, next(iter(one.core.tables)))

    assert made.reason == "its AS_PATH does not begin with member AS 65003, the peer's (RFC 5065 §4.1)"


def test_a_confederation_that_changes_is_another_as(world: World, nodes: dict[str, Node]) -> None:
    """Every session ends, since the OPENs say another number."""
    nodes[X].announce(P)
    seen(world, nodes[B])

    changes = nodes[A].core.reconfigure(
        replace(nodes[A].core.config, confederation=replace(INSIDE, identifier=64999)), world.now
    )

    assert changes.restart_all == ("confederation",)


def test_an_aggregate_names_the_whole_confederation(world: World) -> None:
    """RFC 4271 §5.1.7: AGGREGATOR goes everywhere, and outside nobody knows a member AS (RFC 5065 §4)."""
    aggregate = AggregateConfig("10.65.0.0/16")
    one = add(world, A, ONE, member(C, TWO), ebgp(X, 64600), aggregates=(aggregate,))
    inside = add(world, C, TWO, member(A, ONE))
    outside = world.add(X, asn=64600, peers=[ebgp(A, WHOLE)])
    established(world, one, inside, outside)

    one.announce(P)

    for node in (inside, outside):
        assert str(seen(world, node, aggregate.prefix).get(Code.AGGREGATOR)) == f"{WHOLE} {A}"
