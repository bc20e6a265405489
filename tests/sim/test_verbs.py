"""What an operator does by hand: reset, refresh, disable, enable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import Family
from pybgp.config.model import DynamicPeersConfig, GracefulRestartConfig, MaxPrefixesConfig, PeerConfig
from pybgp.errors import ApiError

from .world import Node, World, established, ibgp

A, B = "192.0.2.1", "192.0.2.2"
P = "10.65.1.0/26"


@pytest.fixture
def pair(world: World) -> tuple[Node, Node]:
    one, two = world.add(A, peers=[ibgp(B)]), world.add(B, peers=[ibgp(A)])
    world.run_until(lambda: one.core.all_established() and two.core.all_established())
    two.announce(P)
    world.run_until(lambda: one.has(P))
    return one, two


def types_sent(world: World, node: Node) -> list[int]:
    return [data[18] for sender, data in world.wire if sender is node]


@pytest.mark.row("NTF-03")
def test_a_reset_tells_the_peer_why_and_begins_again_at_once(world: World, pair: tuple[Node, Node]) -> None:
    one, two = pair
    began = world.now

    one.core.reset_peer(B, world.now, "new line cards")
    world.pump(one)
    world.run_until(lambda: len(one.said("session_up")) == 2 and one.has(P))

    assert two.counters(A).last_error == 'peer says: Cease/Administrative Reset "new line cards"'
    assert "new line cards" in str(two.said("session_down"))
    assert world.now - began < 1


@pytest.mark.parametrize("how", ["reset", "enable"])
def test_a_peer_that_was_shut_for_its_prefixes_is_brought_back_by_hand(world: World, how: str) -> None:
    limit = MaxPrefixesConfig(limit=1, action="shut")
    one, two = world.add(A, peers=[ibgp(B, max_prefixes=limit)]), world.add(B, peers=[ibgp(A)])
    world.run_until(lambda: two.core.all_established())
    two.announce(P)
    two.announce("10.65.2.0/26")
    world.advance(300)
    assert one.counters(B).state == "idle"

    two.withdraw(P)
    bring_back = one.core.reset_peer if how == "reset" else one.core.enable_peer
    bring_back(B, world.now)
    world.pump(one)
    world.run_until(lambda: one.core.all_established())


def test_what_is_disabled_stays_down_until_enabled(world: World, pair: tuple[Node, Node]) -> None:
    one, two = pair

    one.core.disable_peer(B, world.now, "maintenance")
    world.pump(one)
    world.advance(600)

    assert two.counters(A).last_notification == 'Cease/Hard Reset (Cease/Administrative Shutdown) "maintenance"'
    assert (one.counters(B).state, one.counters(B).enabled, one.counters(B).switched) == ("idle", False, True)
    assert (one.counters(B).down, one.counters(B).down_since) == ("by_hand", world.now - 600)
    assert one.core.all_established()  # nobody waits for it
    with pytest.raises(ApiError, match="disabled"):
        one.core.reset_peer(B, world.now)

    one.core.enable_peer(B, world.now)
    world.pump(one)
    world.run_until(lambda: one.has(P))
    assert (one.counters(B).enabled, one.counters(B).switched) == (True, False)


@pytest.mark.parametrize(
    ("changes", "enabled"),
    [({"description": "x"}, False), ({"hold_time": 30}, False)],
    ids=["another key", "a key that ends the session"],
)
def test_a_reload_leaves_down_what_was_disabled(
    world: World, pair: tuple[Node, Node], changes: dict[str, object], enabled: bool
) -> None:
    one, _ = pair
    one.core.disable_peer(B, world.now)

    one.core.reconfigure(replace(one.core.config, peers=(ibgp(B, **changes),)), world.now)
    world.pump(one)
    world.advance(60)

    assert one.counters(B).enabled is enabled
    assert one.counters(B).state == "idle"


def test_a_reload_that_changes_enabled_wins(world: World, pair: tuple[Node, Node]) -> None:
    one, _ = pair
    one.core.reconfigure(replace(one.core.config, peers=(ibgp(B, enabled=False),)), world.now)
    assert (one.counters(B).down, one.counters(B).down_since) == ("configuration", world.now)
    one.core.enable_peer(B, world.now)
    world.pump(one)
    world.run_until(lambda: len(one.said("session_up")) == 2)
    one.core.disable_peer(B, world.now)

    one.core.reconfigure(replace(one.core.config, peers=(ibgp(B, enabled=True),)), world.now)
    world.pump(one)

    world.run_until(lambda: len(one.said("session_up")) == 3)
    assert not one.counters(B).switched


@pytest.mark.parametrize("by", ["hand", "configuration"])
def test_what_is_kept_for_a_peer_that_restarts_goes_when_it_is_disabled(world: World, by: str) -> None:
    """As of a peer with a session; nobody is to come back for whom RFC 4724 §4.2 would have us wait."""
    restart = GracefulRestartConfig(role="both")
    one, two = (world.add(at, peers=[ibgp(to)], graceful_restart=restart) for at, to in ((A, B), (B, A)))
    established(world, one, two)
    two.announce(P)
    world.run_until(lambda: one.has(P))
    world.kill(two)
    world.advance(1)
    assert one.counters(B).graceful_restart == "waiting"
    assert one.has(P)

    if by == "hand":
        one.core.disable_peer(B, world.now)
    else:
        one.core.reconfigure(replace(one.core.config, peers=(ibgp(B, enabled=False),)), world.now)
    world.pump(one)

    assert one.counters(B).graceful_restart == "none"
    assert not one.has(P)


def test_a_disabled_dynamic_peer_stays_away_until_enabled(world: World) -> None:
    template = PeerConfig("", remote_as=64512)
    one = world.add(A, dynamic_peers=(DynamicPeersConfig("192.0.2.0/24", template=template),))
    two = world.add(B, peers=[ibgp(A)])
    world.run_until(two.core.all_established)

    one.core.disable_peer(B, world.now)
    world.pump(one)
    world.advance(300)
    assert (one.counters(B).state, one.counters(B).enabled) == ("idle", False)
    assert not two.core.all_established()

    one.core.enable_peer(B, world.now)
    world.run_until(two.core.all_established, limit=200)


def test_a_refresh_asks_where_the_peer_can_be_asked(world: World, pair: tuple[Node, Node]) -> None:
    one, two = pair
    world.wire.clear()

    assert one.core.refresh_peer(B, world.now) == "asked"
    world.pump(one)
    world.advance(1)

    assert types_sent(world, one).count(5) == 1
    assert types_sent(world, two).count(2) == 1


@pytest.mark.row("RFR-05")
def test_a_refresh_waits_for_end_of_rib(world: World) -> None:
    """RFC 7313 §4.2: where graceful restart is in use, so that BoRR doesn't come before it."""
    one = world.add(A, peers=[ibgp(B)])
    two = world.add(B, peers=[ibgp(A), ibgp("192.0.2.9")], preserved=frozenset({Family.IPV4_UNICAST}))
    two.announce(P)
    world.run_until(one.core.all_established)
    assert not one.core.sessions.peers[B].received_end_of_rib  # it waits for the one that is not there
    world.wire.clear()

    assert one.core.refresh_peer(B, world.now) == "asked"
    world.pump(one)
    world.advance(1)
    assert types_sent(world, one).count(5) == 0

    world.run_until(lambda: types_sent(world, two).count(5) == 2)
    assert types_sent(world, one).count(5) == 1
    assert types_sent(world, two)[-3:] == [5, 2, 5]
    assert one.has(P)


def test_a_peer_without_route_refresh_gets_its_routes_judged_again(world: World, pair: tuple[Node, Node]) -> None:
    one, _ = pair
    peer = one.core.sessions.peers[B]
    assert peer.negotiated is not None
    peer.negotiated = replace(peer.negotiated, route_refresh=False)
    world.wire.clear()

    assert one.core.refresh_peer(B, world.now) == "policy"
    world.pump(one)
    world.advance(1)

    assert types_sent(world, one).count(5) == 0
    assert one.has(P)


def test_everything_is_told_again_between_marks(world: World, pair: tuple[Node, Node]) -> None:
    """RFC 7313 §4: also where the refresh is initiated locally."""
    one, two = pair
    world.wire.clear()

    two.core.tell_peer_again(A, world.now)
    world.pump(two)
    world.advance(1)

    assert types_sent(world, two) == [5, 2, 5]
    assert one.has(P)


def test_nothing_can_be_done_with_a_peer_that_is_not_there(world: World, pair: tuple[Node, Node]) -> None:
    one, _ = pair
    for verb in ("reset_peer", "refresh_peer", "tell_peer_again", "disable_peer", "enable_peer"):
        with pytest.raises(ApiError, match="no peer"):
            getattr(one.core, verb)("192.0.2.9", world.now)
    with pytest.raises(ValueError, match="at most 255"):
        one.core.disable_peer(B, world.now, "ü" * 128)
    one.core.disable_peer(B, world.now)
    with pytest.raises(ApiError, match="no session"):
        one.core.refresh_peer(B, world.now)
