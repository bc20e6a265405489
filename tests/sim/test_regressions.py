"""What a reviewer found, so that it does not come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import Family
from pybgp.config.model import DynamicPeersConfig, GracefulRestartConfig, MaxPrefixesConfig, PeerConfig
from pybgp.errors import ApiError, ConfigError
from pybgp.messages.refresh import RouteRefresh
from pybgp.rib.table import SLICE
from pybgp.speaker.outputs import Listen

from .world import Node, World, ebgp, ibgp

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
P = "10.65.1.0/26"
OFF = GracefulRestartConfig(role="off")
MANY = [f"10.{high}.{low}.0/24" for high in range(2) for low in range(250)]


def fill(world: World, node: Node, prefixes: list[str]) -> None:
    from pybgp.speaker.originate import own_route

    for prefix in prefixes:
        node.core.announce(*own_route(prefix))
    world.pump(node)


def test_a_job_that_drops_an_old_session_spares_the_new_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload makes a new peer of the same name while the old one's routes are still being dropped."""
    monkeypatch.setattr("pybgp.rib.table.SLICE", 50)
    assert SLICE > 50
    one = world.add(A, peers=[ibgp(B), ibgp(C)], graceful_restart=OFF)
    two = world.add(B, peers=[ibgp(A)], graceful_restart=OFF)
    world.run_until(two.core.all_established)
    fill(world, two, MANY)
    world.run_until(lambda: one.has(MANY[-1]))
    sessions = one.core.sessions
    before = sessions.peers[B].epoch

    one.core.reconfigure(replace(one.core.config, peers=(ibgp(B, hold_time=30), ibgp(C))), world.now)
    job = one.core._long_work.popleft()  # the drop of the old session, held up
    world.pump(one)
    world.run_until(lambda: one.core.all_established((B,)) and one.has(MANY[-1]), limit=300)
    one.core.later(job)
    world.pump(one)
    world.advance(1)

    assert sessions.peers[B].epoch > before
    assert all(one.has(prefix) for prefix in MANY)


@pytest.mark.row("RFR-01")
def test_a_flood_of_refresh_requests_is_answered_a_few_times_only(world: World) -> None:
    one = world.add(A, peers=[ibgp(B)])
    two = world.add(B, peers=[ibgp(A)])
    world.run_until(one.core.all_established)
    fill(world, one, MANY)
    world.run_until(lambda: two.has(MANY[-1]))
    world.advance(1)
    world.wire.clear()
    conn = one.core.sessions.peers[B].fsm.conn
    assert conn is not None

    one.core.received(conn, RouteRefresh(Family.IPV4_UNICAST, 0).encode() * 300, world.now)
    world.pump(one)
    world.advance(1)

    answers = b"".join(data for node, data in world.wire if node is one)
    begins = answers.count(RouteRefresh(Family.IPV4_UNICAST, 1).encode())
    assert 1 <= begins <= 2
    assert answers.count(RouteRefresh(Family.IPV4_UNICAST, 2).encode()) == begins


@pytest.mark.parametrize("name", ["local", "direct", "kernel"])
def test_no_peer_may_have_the_name_of_our_own_routes(world: World, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        world.add(A, peers=[ibgp(B, name=name)])


@pytest.mark.parametrize("options", [{"hold_time": 1}, {"remote_as": None}, {"port": 0}])
def test_a_program_hears_of_a_bad_peer(world: World, options: dict[str, int]) -> None:
    one = world.add(A)

    with pytest.raises(ConfigError):
        one.core.add_peer(PeerConfig(B, **{"remote_as": 64512, **options}), world.now)  # type: ignore[arg-type]

    assert not one.core.sessions.peers


def test_a_password_of_a_peer_added_later_guards_the_listener(world: World) -> None:
    one = world.add(A)
    one.core.take_outputs()

    one.core.add_peer(ibgp("fe80::2%eth0", passive=True), world.now, "secret")

    (listen,) = [output for output in one.core.take_outputs() if isinstance(output, Listen)]
    assert listen.passwords == {"fe80::2%eth0": "secret"}
    with pytest.raises(ConfigError, match="80"):
        one.core.add_peer(ibgp(B), world.now, "x" * 81)


def test_a_range_does_not_take_a_configured_peers_place(world: World) -> None:
    template = PeerConfig("", remote_as=64512, passive=True)
    one = world.add(
        A,
        peers=[ibgp(B, local_address="192.0.2.200", passive=True)],
        dynamic_peers=(DynamicPeersConfig("192.0.2.0/24", template=template),),
    )
    configured = one.core.sessions.peers[B]
    two = world.add(B, peers=[ibgp(A)])
    world.advance(20)

    assert one.core.sessions.peers[B] is configured
    assert not two.core.all_established()
    (why,) = {said["why"] for said in one.said("connection_refused")}
    assert why == f"peer {B} has local_address 192.0.2.200, not {A}"


def test_a_dynamic_peer_that_sent_too_much_stays_away(world: World) -> None:
    limit = MaxPrefixesConfig(limit=1, action="restart", restart_time=60)
    template = PeerConfig("", remote_as=64512, passive=True, max_prefixes=limit, graceful_restart=OFF)
    one = world.add(A, dynamic_peers=(DynamicPeersConfig("192.0.2.0/24", template=template),))
    two = world.add(B, peers=[ibgp(A)], graceful_restart=OFF)
    world.run_until(two.core.all_established)
    fill(world, two, MANY[:2])
    world.run_until(lambda: not two.core.all_established())

    world.advance(50)
    assert {said["why"] for said in one.said("connection_refused")} == {"held down: it had too many prefixes"}
    assert len(one.said("session_up")) == 1
    world.run_until(lambda: len(one.said("session_up")) == 2, limit=400)


def test_a_dynamic_peer_that_is_shut_for_good_is_let_in_by_hand(world: World) -> None:
    limit = MaxPrefixesConfig(limit=1, action="shut")
    template = PeerConfig("", remote_as=64512, passive=True, max_prefixes=limit, graceful_restart=OFF)
    one = world.add(A, dynamic_peers=(DynamicPeersConfig("192.0.2.0/24", template=template),))
    two = world.add(B, peers=[ibgp(A)], graceful_restart=OFF)
    world.run_until(two.core.all_established)
    fill(world, two, MANY[:2])
    world.run_until(lambda: not two.core.all_established())
    two.withdraw(MANY[0])
    world.advance(1000)
    assert len(one.said("session_up")) == 1

    one.core.enable_peer(B, world.now)

    world.run_until(lambda: len(one.said("session_up")) == 2, limit=400)
    with pytest.raises(ApiError):
        one.core.enable_peer("192.0.2.99", world.now)


def test_what_is_advertised_is_shown_with_what_only_the_inside_sees(world: World) -> None:
    """LOCAL_PREF of a route that came from an external peer and goes to an internal one (RFC 4271 §5.1.5)."""
    one = world.add(A, peers=[ebgp(B, 65001), ibgp(C)])
    two = world.add(B, asn=65001, peers=[ebgp(A, 64512)])
    three = world.add(C, peers=[ibgp(A)])
    world.run_until(lambda: one.core.all_established())
    two.announce(P)
    world.run_until(lambda: three.has(P))

    (view,) = one.core.route_views(peer=C, direction="advertised")

    assert view.block.local_pref == 100


def test_the_routes_kept_for_a_restarting_peer_follow_a_changed_policy(world: World) -> None:
    """RFC 4724 §4.2 keeps them in use, and nothing else than those of its session."""
    one = world.add(A, peers=[ibgp(B), ibgp(C)])
    two = world.add(B, peers=[ibgp(A)], graceful_restart=GracefulRestartConfig(role="both"))
    world.run_until(lambda: one.core.all_established((B,)) and two.core.all_established())
    two.announce(P)
    world.run_until(lambda: one.has(P))
    world.kill(two)
    world.advance(1)
    assert one.core.sessions.peers[B].waiting
    assert one.has(P)

    one.core.reconfigure(replace(one.core.config, peers=(ibgp(B, import_policy=("reject",)), ibgp(C))), world.now)
    world.pump(one)

    assert not one.has(P)
    assert one.received(P, B) is not None


def test_a_route_that_is_sent_again_is_ranked_by_the_newest_rules(world: World) -> None:
    """It has no LOCAL_PREF, so the speaker's own value decides, as it is after the reload."""
    one = world.add(A, peers=[ebgp(B, 65001), ibgp(C)])
    two = world.add(B, asn=65001, peers=[ebgp(A, 64512)])
    three = world.add(C, peers=[ibgp(A)])
    world.run_until(lambda: one.core.all_established())
    two.announce(P)
    three.announce(P, local_pref=200)
    world.run_until(lambda: one.received(P, B) is not None and one.received(P, C) is not None)
    one.core.reconfigure(replace(one.core.config, default_local_pref=300), world.now)
    world.pump(one)

    conn = two.core.sessions.peers[A].fsm.conn  # served without BoRR, as to a peer that doesn't know it
    assert conn is not None
    two.core.outbound.refresh(conn, Family.IPV4_UNICAST, enhanced=False)
    world.pump(two)
    world.advance(1)

    best = one.best(P)
    assert best is not None
    assert best.source.name == B
