"""Draining: everybody hears that our routes will soon be gone, sessions stay (RFC 8326)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import prefix_key
from pybgp.config.model import DecisionConfig
from pybgp.rib.path import Path

from .world import Node, World, ebgp, established, ibgp

A, INSIDE, OUTSIDE, CLIENT = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
OWN, FROM_OUTSIDE, FROM_CLIENT = "10.65.1.0/26", "10.65.3.0/26", "10.65.4.0/26"
LATER = "10.65.5.0/26"
GRACEFUL_SHUTDOWN = 0xFFFF0000


@pytest.fixture
def nodes(world: World) -> dict[str, Node]:
    made = {
        A: world.add(A, peers=[ibgp(INSIDE), ebgp(OUTSIDE, 65001), ibgp(CLIENT, route_reflector_client=True)]),
        INSIDE: world.add(INSIDE, peers=[ibgp(A)]),
        OUTSIDE: world.add(OUTSIDE, asn=65001, peers=[ebgp(A, 64512)]),
        CLIENT: world.add(CLIENT, peers=[ibgp(A)]),
    }
    established(world, *made.values())
    made[A].announce(OWN, communities=["64512:7"])
    made[OUTSIDE].announce(FROM_OUTSIDE)
    made[CLIENT].announce(FROM_CLIENT)
    world.run_until(lambda: made[INSIDE].has(OWN, FROM_OUTSIDE, FROM_CLIENT) and made[OUTSIDE].has(OWN, FROM_CLIENT))
    world.advance(1)
    return made


def drain(world: World, node: Node, *, undo: bool = False) -> None:
    (node.core.undo_drain if undo else node.core.drain)(world.now)
    world.pump(node)
    world.advance(1)


def told(node: Node, prefix: str) -> tuple[int | None, bool]:
    """LOCAL_PREF and whether GRACEFUL_SHUTDOWN is there, as received."""
    path = node.received(prefix, A)
    assert isinstance(path, Path)
    value = path.received.value(8) or b""
    found = [int.from_bytes(value[at : at + 4]) for at in range(0, len(value), 4)]
    return path.received.local_pref, GRACEFUL_SHUTDOWN in found


def test_draining_marks_what_leads_through_us(world: World, nodes: dict[str, Node]) -> None:
    drain(world, nodes[A])

    assert told(nodes[OUTSIDE], OWN) == (None, True)
    assert told(nodes[OUTSIDE], FROM_CLIENT) == (None, True)
    assert told(nodes[INSIDE], OWN) == (0, True)
    assert told(nodes[INSIDE], FROM_OUTSIDE) == (0, True)
    assert nodes[INSIDE].received(OWN, A).received.value(8) == bytes.fromhex("fc000007 ffff0000")  # type: ignore[union-attr]
    assert [len(node.said("session_down")) for node in nodes.values()] == [0, 0, 0, 0]


def test_our_own_traffic_leaves_another_way_while_there_is_one(world: World, nodes: dict[str, Node]) -> None:
    """RFC 8326 §4: the router that goes marks what it receives from outside, too."""
    nodes[INSIDE].announce(FROM_OUTSIDE, local_pref=50)
    world.advance(1)

    def chosen() -> str:
        best = nodes[A].best(FROM_OUTSIDE)
        assert best is not None
        return best.source.name

    assert chosen() == OUTSIDE
    drain(world, nodes[A])
    assert chosen() == INSIDE
    assert nodes[A].has(OWN, FROM_CLIENT)
    kept = nodes[A].received(FROM_OUTSIDE, OUTSIDE)
    assert kept is not None
    assert kept.accepted is not None
    assert kept.accepted.local_pref == 0
    assert GRACEFUL_SHUTDOWN in kept.accepted.communities

    drain(world, nodes[A], undo=True)
    assert chosen() == OUTSIDE


def test_explain_says_that_our_own_draining_changed_a_route(world: World, nodes: dict[str, Node]) -> None:
    def notes(prefix: str) -> tuple[str, ...]:
        return nodes[A].core.explain(*prefix_key(prefix), None).candidates[0].notes

    assert notes(FROM_OUTSIDE) == ()
    drain(world, nodes[A])
    assert notes(FROM_OUTSIDE) == (
        "LOCAL_PREF 0 and graceful-shutdown (65535:0) are our own: this speaker is draining (RFC 8326 §4)",
    )
    assert notes(FROM_CLIENT) == ()
    drain(world, nodes[A], undo=True)
    assert notes(FROM_OUTSIDE) == ()


def test_while_routes_are_marked_draining_is_not_done(world: World, nodes: dict[str, Node]) -> None:
    nodes[A].core.drain(world.now)
    assert nodes[A].core.judging

    world.pump(nodes[A])
    assert not nodes[A].core.judging


def test_what_we_only_reflect_stays_as_it_is(world: World, nodes: dict[str, Node]) -> None:
    """Its traffic goes to its own next hop."""
    drain(world, nodes[A])

    assert told(nodes[INSIDE], FROM_CLIENT) == (100, False)


def test_taken_back_all_is_as_before(world: World, nodes: dict[str, Node]) -> None:
    before = [told(nodes[INSIDE], OWN), told(nodes[OUTSIDE], OWN)]

    drain(world, nodes[A])
    drain(world, nodes[A], undo=True)

    assert [told(nodes[INSIDE], OWN), told(nodes[OUTSIDE], OWN)] == before == [(100, False), (None, False)]
    assert len(nodes[A].said("draining")) == len(nodes[A].said("drain_undone")) == 1


def test_draining_outlives_a_reload(world: World, nodes: dict[str, Node]) -> None:
    """What comes after it is marked, and what was told before stays marked."""
    drain(world, nodes[A])

    nodes[A].core.reconfigure(replace(nodes[A].core.config, decision=DecisionConfig(prefer_oldest=True)), world.now)
    world.pump(nodes[A])
    nodes[A].announce(LATER)
    world.advance(1)

    assert told(nodes[INSIDE], LATER) == told(nodes[INSIDE], OWN) == (0, True)
    assert told(nodes[OUTSIDE], LATER) == told(nodes[OUTSIDE], OWN) == (None, True)
    assert nodes[A].core.draining_since is not None


def test_while_draining_a_new_session_is_told_too(world: World, nodes: dict[str, Node]) -> None:
    drain(world, nodes[A])

    nodes[A].core.reset_peer(INSIDE, world.now)
    world.pump(nodes[A])
    world.run_until(lambda: len(nodes[INSIDE].said("session_up")) == 2)
    world.run_until(lambda: nodes[INSIDE].has(OWN, FROM_OUTSIDE))

    assert told(nodes[INSIDE], OWN) == told(nodes[INSIDE], FROM_OUTSIDE) == (0, True)


def test_draining_twice_tells_nothing_twice(world: World, nodes: dict[str, Node]) -> None:
    drain(world, nodes[A])
    world.wire.clear()

    drain(world, nodes[A])

    assert not [data for node, data in world.wire if node is nodes[A] and data[18] == 2]
