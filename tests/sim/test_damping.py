"""Flap damping in whole speakers, on a virtual clock (RFC 2439, RFC 7196)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.config.model import FamilyConfig, MatchConfig, PeerConfig, SpeakerConfig, TermConfig
from pybgp.rib.damping import DampingRules
from pybgp.speaker import refreshing
from pybgp.speaker.damping import DAMPED
from tests.sim.labeled_routes import originate, routes, take_back
from tests.sim.world import Node, World, ebgp, established, ibgp

US, THEM, CLIENT = "192.0.2.1", "192.0.2.2", "192.0.2.3"
FLAPPING, QUIET = "10.1.0.0/16", "10.2.0.0/16"


def triangle(*, damping: bool = True, **options: Any) -> tuple[World, Node, Node, Node]:
    """AS 64512 with a client, and AS 65001, whose flaps are damped."""
    world = World()
    peer = replace(ebgp(THEM, 65001), damping=damping)
    node = world.add(US, peers=[peer, ibgp(CLIENT, route_reflector_client=True)], **options)
    them = world.add(THEM, asn=65001, peers=[ebgp(US, 64512)])
    client = world.add(CLIENT, peers=[ibgp(US)])
    them.announce(FLAPPING)
    them.announce(QUIET)
    world.run_until(lambda: client.has(FLAPPING, QUIET))
    return world, node, them, client


def flap(world: World, them: Node, times: int) -> None:
    """Withdrawn and announced again, a second each."""
    for _ in range(times):
        them.withdraw(FLAPPING)
        world.advance(0.5)
        them.announce(FLAPPING)
        world.advance(0.5)


def reason(node: Node) -> str | None:
    path = node.received(FLAPPING, THEM)
    return path.reason if path is not None else None


def until(node: Node) -> float | None:
    (view,) = [
        view for view in node.core.route_views(Family.IPV4_UNICAST, direction="received") if view.key == b"\x10\x0a\x01"
    ]
    return view.damped_until


def reconfigure(world: World, node: Node, config: SpeakerConfig) -> None:
    node.core.reconfigure(config, world.now)
    world.pump(node)
    world.advance(1)


@pytest.mark.row("DMP-01", "DMP-02")
def test_a_flapping_route_is_kept_out_and_comes_back() -> None:
    """It stays in the table with its reason, the quiet one beside it is used; no session suffers."""
    world, node, them, client = triangle()

    flap(world, them, 6)
    assert client.has(FLAPPING)
    flap(world, them, 1)

    assert reason(node) == DAMPED
    assert client.has(QUIET)
    assert not client.has(FLAPPING)
    end = until(node)
    assert end is not None
    explained = node.core.explain(*prefix_key(FLAPPING))
    assert explained.candidates[0].damped_until == end
    world.advance(end - world.now - 1)
    assert not client.has(FLAPPING)
    world.advance(2)
    assert client.has(FLAPPING)
    assert reason(node) == ""
    assert not node.said("session_down")


def test_without_damping_nothing_is_kept_out() -> None:
    world, node, them, client = triangle(damping=False)

    flap(world, them, 20)

    assert client.has(FLAPPING)
    assert node.core.sessions.peers[THEM].damping is None


@pytest.mark.row("DMP-01", "DMP-04")
def test_other_attributes_are_a_flap_and_the_same_again_is_none() -> None:
    """A route refresh and a repeated announcement cost nothing."""
    world, node, them, _ = triangle()
    damping = node.core.sessions.peers[THEM].damping
    assert damping is not None

    refreshing.request(node.core, node.core.sessions.peers[THEM])
    world.pump(node)
    world.advance(1)
    assert damping.flaps.knows_none
    for med in range(20):
        them.announce(FLAPPING, med=med)
        world.advance(0.1)

    assert reason(node) == DAMPED


@pytest.mark.row("DMP-04")
def test_a_session_that_ends_is_no_flap() -> None:
    """And what was suppressed stays so over it."""
    world, node, them, client = triangle()
    flap(world, them, 7)

    world.cut(node, them)
    world.run_until(lambda: node.core.all_established())
    world.advance(5)

    assert reason(node) == DAMPED
    assert client.has(QUIET)


def test_a_changed_policy_does_not_bring_a_damped_route_back() -> None:
    """And what comes back is judged by the policy of then."""
    world, node, them, client = triangle()
    flap(world, them, 7)
    config = node.core.config
    strict = (TermConfig(action="reject", match=MatchConfig(source=("bgp",))),)
    config = replace(config, policies={"strict": strict})

    reconfigure(world, node, replace(config, default_local_pref=101))
    assert reason(node) == DAMPED
    peers = tuple(replace(peer, import_policy=("strict",)) if peer.address == THEM else peer for peer in config.peers)
    reconfigure(world, node, replace(config, peers=peers))
    assert reason(node) == DAMPED
    world.advance(3600)

    assert reason(node) == "policy strict term 0"
    assert not client.has(QUIET)


def test_damping_may_be_switched_by_a_reload() -> None:
    """No session ends; off brings back at once what was suppressed."""
    world, node, them, client = triangle()
    flap(world, them, 7)
    config = node.core.config

    def with_damping(on: bool) -> SpeakerConfig:
        peers: tuple[PeerConfig, ...] = tuple(
            replace(peer, damping=on) if peer.address == THEM else peer for peer in config.peers
        )
        return replace(config, peers=peers)

    reconfigure(world, node, with_damping(False))
    assert client.has(FLAPPING)
    flap(world, them, 10)
    assert client.has(FLAPPING)
    reconfigure(world, node, with_damping(True))
    flap(world, them, 7)

    assert not client.has(FLAPPING)
    assert not node.said("session_down")


def test_what_was_counted_before_does_not_release_what_is_damped_now() -> None:
    """Switched off and on again all is counted from the beginning; the former deadline means nothing any more."""
    world, node, them, _ = triangle()
    on = node.core.config
    off = replace(on, peers=tuple(replace(peer, damping=False) for peer in on.peers))
    flap(world, them, 7)
    former = until(node)
    reconfigure(world, node, off)
    assert reason(node) == ""
    reconfigure(world, node, on)
    flap(world, them, 7)
    end = until(node)
    assert former is not None
    assert end is not None
    assert end > former + 2

    world.advance(former - world.now + 1)
    assert reason(node) == DAMPED
    world.advance(end - world.now + 1)
    assert reason(node) == ""


def test_other_values_take_effect_at_once() -> None:
    world, node, them, client = triangle()
    flap(world, them, 7)
    before = until(node)

    rules = DampingRules(reuse=5000, half_life=60)
    reconfigure(world, node, replace(node.core.config, damping=rules))

    after = until(node)
    assert before is not None
    assert after is not None
    assert after < before
    world.advance(60)
    assert client.has(FLAPPING)


def test_counters_follow() -> None:
    world, node, them, _ = triangle()
    flap(world, them, 7)

    counters = node.counters(THEM).families[Family.IPV4_UNICAST]

    assert (counters.received, counters.accepted) == (2, 1)


def test_a_route_whose_time_has_come_while_its_peer_is_away_is_used_when_it_is_back() -> None:
    world, node, them, client = triangle()
    flap(world, them, 7)
    world.kill(them)

    world.advance(3600)
    them = world.add(THEM, asn=65001, peers=[ebgp(US, 64512)])
    them.announce(FLAPPING)
    world.run_until(lambda: client.has(FLAPPING), limit=300)

    assert reason(node) == ""


@pytest.mark.row("DMP-04")
def test_a_withdrawal_of_what_is_not_there_is_no_flap() -> None:
    _, node, _, _ = triangle()
    damping = node.core.sessions.peers[THEM].damping
    assert damping is not None

    for _ in range(20):
        damping.tables[Family.IPV4_UNICAST].withdraw([prefix_key("10.9.0.0/16")[1]], THEM)

    assert damping.flaps.knows_none


def vpn(*, at_once: bool) -> tuple[World, Node, Node]:
    """A damped session that has VPN routes too, from the beginning or by a reload."""
    families = {Family.IPV4_UNICAST: FamilyConfig(), Family.IPV4_VPN: FamilyConfig()}
    world = World()
    peer = replace(ebgp(THEM, 65001), damping=True)
    node = world.add(US, peers=[replace(peer, families=families) if at_once else peer])
    them = world.add(THEM, asn=65001, peers=[ebgp(US, 64512, families=families)])
    established(world, node, them)
    if not at_once:
        reconfigure(world, node, replace(node.core.config, peers=(replace(peer, families=families),)))
        world.run_until(lambda: Family.IPV4_VPN in node.counters(THEM).families, limit=300)
    return world, node, them


@pytest.mark.parametrize("at_once", [True, False], ids=["from-the-beginning", "by-a-reload"])
def test_routes_of_every_family_come_through_damping_and_keep_their_labels(at_once: bool) -> None:
    world, node, them = vpn(at_once=at_once)
    route = "64512:1 10.1.2.0/24 label 100"

    for _ in range(7):
        originate(them, Family.IPV4_VPN, route)
        world.advance(1)
        assert routes(node, Family.IPV4_VPN, direction="received") == [route]
        take_back(them, Family.IPV4_VPN, route)
        world.advance(1)
    originate(them, Family.IPV4_VPN, route)
    world.advance(1)
    assert routes(node, Family.IPV4_VPN, direction="received") == [route]
    assert routes(node, Family.IPV4_VPN) == []

    world.advance(3600)
    assert routes(node, Family.IPV4_VPN) == [route]
