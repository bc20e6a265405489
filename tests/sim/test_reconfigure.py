"""A new configuration while sessions are up: only what really differs is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, address_text, prefix_key
from pybgp.config.model import (
    DecisionConfig,
    DynamicPeersConfig,
    FibConfig,
    FibImportConfig,
    MatchConfig,
    MaxPrefixesConfig,
    PeerConfig,
    PolicySets,
    RouteConfig,
    SetConfig,
    TermConfig,
    TimersConfig,
)
from pybgp.errors import ConfigError
from pybgp.policy.generation import Generation
from pybgp.rib import table
from pybgp.rib.kernel import FibRoute, KernelRoute, NextHop
from pybgp.rib.preference import Preference
from pybgp.routes import Route, RpkiState
from pybgp.speaker.fib import KernelChanges
from pybgp.speaker.outputs import Listen

from .world import Node, World, ebgp, established, ibgp

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
P, Q = "10.65.1.0/26", "10.65.2.0/26"


@pytest.fixture
def nodes(world: World) -> dict[str, Node]:
    made = {A: world.add(A, peers=[ibgp(B), ibgp(C)])}
    made |= {address: world.add(address, peers=[ibgp(A)]) for address in (B, C)}
    established(world, *made.values())
    made[A].announce(P)
    world.run_until(lambda: made[B].has(P) and made[C].has(P))
    world.advance(1)
    return made


def reconfigure(world: World, node: Node, **changes: Any) -> None:
    node.core.reconfigure(replace(node.core.config, **changes), world.now, fib=node.core.fib_config)
    world.pump(node)


def ups(node: Node) -> list[object]:
    return [event["peer"] for event in node.said("session_up")]


def test_the_same_configuration_does_nothing(world: World, nodes: dict[str, Node]) -> None:
    world.wire.clear()

    reconfigure(world, nodes[A])
    world.advance(5)

    assert not [data for node, data in world.wire if node is nodes[A] and data[18] != 4]
    assert ups(nodes[A]) == [B, C]


def test_only_the_peer_whose_session_settings_changed_bounces(world: World, nodes: dict[str, Node]) -> None:
    reconfigure(world, nodes[A], peers=(ibgp(B, hold_time=30), ibgp(C, timers=TimersConfig(connect_retry=7))))
    world.run_until(lambda: len(ups(nodes[A])) == 3)

    assert ups(nodes[A]) == [B, C, B]
    assert "Other Configuration Change" in nodes[B].counters(A).last_error


def test_a_changed_policy_is_told_without_bouncing(world: World, nodes: dict[str, Node]) -> None:
    policies = {"prefer": (TermConfig(action="accept", set=SetConfig(local_pref=300)),)}

    reconfigure(
        world,
        nodes[A],
        policies=policies,
        peers=(ibgp(B, export_policy=("prefer",)), ibgp(C, export_policy=("reject",))),
    )
    world.advance(1)

    path = nodes[B].best(P)
    assert path is not None
    assert path.received.local_pref == 300
    assert nodes[C].best(P) is None
    assert ups(nodes[A]) == [B, C]


def test_a_changed_import_policy_runs_over_what_is_there(world: World, nodes: dict[str, Node]) -> None:
    nodes[B].announce(Q)
    world.run_until(lambda: nodes[A].has(Q))

    reconfigure(world, nodes[A], peers=(ibgp(B, import_policy=("reject",)), ibgp(C)))
    world.advance(1)
    assert nodes[A].best(Q) is None

    reconfigure(world, nodes[A], peers=(ibgp(B), ibgp(C)))
    world.advance(1)
    assert nodes[A].has(Q)
    assert ups(nodes[A]) == [B, C]


def test_peers_and_routes_come_and_go(world: World, nodes: dict[str, Node]) -> None:
    new = world.add("192.0.2.4", peers=[ibgp(A)])

    reconfigure(world, nodes[A], peers=(ibgp(B), ibgp("192.0.2.4")), routes=(RouteConfig(Q, type="blackhole"),))
    world.run_until(lambda: new.has(P, Q) and nodes[B].has(Q), limit=200)

    assert "De-configured" in nodes[C].counters(A).last_error or "econfigured" in nodes[C].counters(A).last_error
    assert not nodes[C].has(P)
    reconfigure(world, nodes[A], routes=())
    world.run_until(lambda: not nodes[B].has(Q))
    assert ups(nodes[A]) == [B, C, "192.0.2.4"]


def test_a_peer_can_be_switched_off_and_on(world: World, nodes: dict[str, Node]) -> None:
    reconfigure(world, nodes[A], peers=(ibgp(B, enabled=False), ibgp(C)))
    world.advance(30)
    assert nodes[A].counters(B).state == "idle"
    assert not nodes[B].core.all_established()

    reconfigure(world, nodes[A], peers=(ibgp(B), ibgp(C)))
    world.run_until(nodes[B].core.all_established, limit=300)


def test_new_rules_of_decision_choose_anew(world: World) -> None:
    one = world.add(A, peers=[ibgp(B), ibgp(C)])
    others = [world.add(address, peers=[ibgp(A, export_policy=("own",))], policies=policy) for address, policy in (
        (B, {"own": (TermConfig(action="accept", set=SetConfig(prepend=(65009, 65009), med=1)),)}),
        (C, {"own": (TermConfig(action="accept", set=SetConfig(prepend=(65009,), med=2)),)}),
    )]  # fmt: skip
    world.run_until(one.core.all_established)
    for other in others:
        other.announce(P)
    world.run_until(lambda: one.received(P, B) is not None and one.received(P, C) is not None)
    assert best_source(one) == C

    reconfigure(world, one, decision=DecisionConfig(as_path_ignore=True))
    world.advance(1)

    assert best_source(one) == B


def test_more_equal_paths_go_to_the_kernel_as_soon_as_they_may(world: World) -> None:
    one = world.add(A, peers=[ibgp(B), ibgp(C)], fib=FibConfig())
    others = [world.add(address, peers=[ibgp(A)]) for address in (B, C)]
    world.run_until(one.core.all_established)
    for other in others:
        other.announce(P)
    world.run_until(lambda: one.received(P, B) is not None and one.received(P, C) is not None)
    assert gateways(one) == [B]

    reconfigure(world, one, decision=DecisionConfig(max_paths_ibgp=2))
    world.advance(1)
    assert gateways(one) == [B, C]
    assert ups(one) == [B, C]

    reconfigure(world, one, decision=DecisionConfig())
    world.advance(1)
    assert gateways(one) == [B]


def gateways(node: Node) -> list[str]:
    route = node.fib[prefix_key(P)[1]]
    assert isinstance(route, FibRoute)
    return [address_text(way.gateway) for way in route.next_hops if way.gateway]


def best_source(node: Node) -> str:
    path = node.best(P)
    assert path is not None
    return path.source.name


def test_another_router_id_ends_every_session(world: World, nodes: dict[str, Node]) -> None:
    reconfigure(world, nodes[A], router_id="192.0.2.111")
    world.run_until(lambda: len(ups(nodes[A])) == 4, limit=300)

    assert sorted(map(str, ups(nodes[A]))) == [B, B, C, C]


def test_a_configuration_that_cannot_be_compiled_changes_nothing(world: World, nodes: dict[str, Node]) -> None:
    from pybgp.errors import ConfigError

    before = nodes[A].core.config
    with pytest.raises(ConfigError):
        reconfigure(world, nodes[A], peers=(PeerConfig(B, remote_as=64512, import_policy=("no such policy",)),))

    assert nodes[A].core.config is before
    assert nodes[A].core.all_established()


def test_a_new_limit_that_is_exceeded_already_acts_at_once(world: World, nodes: dict[str, Node]) -> None:
    for prefix in (P, Q, "10.65.3.0/26"):
        nodes[B].announce(prefix)
    world.run_until(lambda: nodes[A].has(Q))
    world.advance(1)

    reconfigure(world, nodes[A], peers=(ibgp(B, max_prefixes=MaxPrefixesConfig(limit=1)), ibgp(C)))
    world.advance(1)

    assert nodes[A].counters(B).state == "idle"
    assert nodes[A].counters(C).state == "established"


def winner(node: Node, prefix: str) -> str | None:
    best = node.best(prefix)
    return None if best is None else best.source.name


def test_another_preference_decides_again_without_a_bounce(world: World, nodes: dict[str, Node]) -> None:
    nodes[B].announce(P)
    assert winner(nodes[B], P) == "local"

    reconfigure(world, nodes[B], preference=Preference(own=50))
    world.advance(1)

    assert winner(nodes[B], P) == A
    assert ups(nodes[B]) == [A]

    reconfigure(world, nodes[B], preference=Preference())
    world.advance(1)

    assert winner(nodes[B], P) == "local"


class Invalid:
    """A table of ROAs by which every route from an AS is invalid."""

    def __init__(self, asn: int) -> None:
        self.asn = asn

    def state(self, family: Family, key: bytes, origin_as: int | None) -> RpkiState:
        return RpkiState.INVALID if origin_as == self.asn else RpkiState.NOT_FOUND


def test_new_roas_and_new_conditions_are_a_change_of_policy(world: World, nodes: dict[str, Node]) -> None:
    node = nodes[A]
    policies = {
        "no_invalid": (TermConfig(action="reject", match=MatchConfig(rpki="invalid")), TermConfig(action="accept")),
        "backup": (TermConfig(action="accept", match=MatchConfig(not_exists="primary")),),
    }
    peers = (ibgp(B, import_policy=("no_invalid",)), ibgp(C, export_policy=("backup",)))
    nodes[B].announce(Q)
    reconfigure(world, node, policies=policies, peers=peers, sets=PolicySets(prefix_sets={"primary": (Q,)}))
    world.run_until(lambda: node.has(Q) and not nodes[C].has(P))
    assert list(node.core.rules.watched) == ["primary"]

    node.core.new_generation(Generation(Invalid(0), frozenset({"primary"})), world.now)
    world.pump(node)
    world.advance(1)
    assert not node.has(Q)
    assert nodes[C].has(P)
    assert nodes[B].has(P)

    node.core.new_generation(Generation(Invalid(7)), world.now)
    world.pump(node)
    world.advance(1)
    assert node.has(Q)
    assert not nodes[C].has(P)
    assert ups(node) == [B, C]


def test_routes_carry_the_group_of_their_peer(world: World, nodes: dict[str, Node]) -> None:
    policies = {"from_tors": (TermConfig(action="accept", match=MatchConfig(peer_group=("tors",))),)}
    new = world.add("192.0.2.4", peers=[ibgp(A)])
    peers = (ibgp(B, import_policy=("from_tors",)), ibgp("192.0.2.4", group="tors", import_policy=("from_tors",)))

    reconfigure(world, nodes[A], policies=policies, peers=peers)
    new.announce(Q)
    nodes[B].announce("10.65.3.0/26")
    world.run_until(lambda: nodes[A].has(Q))
    world.advance(1)

    path = nodes[A].best(Q)
    assert path is not None
    assert path.source.group == "tors"
    assert not nodes[A].has("10.65.3.0/26")


def test_errors_of_python_policies_are_counted_by_chain_and_told_once(world: World, nodes: dict[str, Node]) -> None:
    def fails(route: Route) -> Route | None:
        raise KeyError(route.prefix_text)

    def also_fails(route: Route) -> Route | None:
        raise ValueError(route.prefix_text)

    for function in (fails, also_fails):
        peers = (ibgp(B, import_policy=(function,)), ibgp(C))
        reconfigure(world, nodes[A], peers=peers)
        for prefix in (Q, "10.65.3.0/26", "10.65.4.0/26"):
            nodes[B].announce(prefix)
        world.advance(1)
        [view] = [view for view in nodes[A].core.policy_views() if B in view.import_of]
        assert view.errors >= 3
        assert view.runs == "prefix"
        assert not nodes[A].has(Q)

    assert len(nodes[A].said("policy_error")) == 2
    assert ups(nodes[A]) == [B, C]


def walked_one_by_one(world: World, nodes: dict[str, Node], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Six prefixes that A has of B; long work takes a turn for each."""
    monkeypatch.setattr(table, "SLICE", 1)
    some = [f"10.65.{number}.0/24" for number in range(2, 8)]
    for prefix in some:
        nodes[B].announce(prefix)
    world.run_until(lambda: nodes[A].has(*some))
    return some


def test_a_walk_that_has_begun_goes_on_with_the_newest_rules(
    world: World, nodes: dict[str, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is walked over later must not be judged by rules that were newest when the walk began (RFC 4271 §9.1.1)."""
    some = walked_one_by_one(world, nodes, monkeypatch)
    core = nodes[A].core
    before = core.config
    policies = {"prefer": (TermConfig(action="accept", set=SetConfig(local_pref=200)),)}

    core.reconfigure(replace(before, policies=policies, peers=(ibgp(B, import_policy=("prefer",)), ibgp(C))), world.now)
    core.work(world.now)
    for prefix in (P, *some[:3]):  # the second walk has less to look at, and overtakes the first one
        core.tables[Family.IPV4_UNICAST].withdraw([prefix_key(prefix)[1]], B)
    core.reconfigure(before, world.now)
    world.pump(nodes[A])

    paths = [nodes[A].best(prefix) for prefix in some[3:]]
    assert [path.accepted.local_pref for path in paths if path is not None and path.accepted is not None] == [100] * 3


def test_next_hops_that_change_are_followed_by_the_newest_rules(
    world: World, nodes: dict[str, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = walked_one_by_one(world, nodes, monkeypatch)
    core = nodes[A].core

    core.sessions.next_hops_changed(frozenset((bytes((192, 0, 2, 2)),)))
    core.work(world.now)
    for prefix in (P, *some[:3]):
        core.tables[Family.IPV4_UNICAST].withdraw([prefix_key(prefix)[1]], B)
    reconfigure(world, nodes[A], peers=(ibgp(B, import_policy=("reject",)), ibgp(C)))

    assert not any(nodes[A].has(prefix) for prefix in some)


def test_a_new_export_policy_tells_what_differs(world: World, nodes: dict[str, Node]) -> None:
    some = [f"10.66.{number}.0/24" for number in range(100)]
    for prefix in some:
        nodes[A].announce(prefix)
    world.run_until(lambda: nodes[B].has(*some))
    world.advance(1)
    policies = {
        "some": (
            TermConfig(action="reject", match=MatchConfig(prefix_set="first")),
            TermConfig(action="accept", match=MatchConfig(prefix_set="second"), set=SetConfig(med=7)),
            TermConfig(action="accept"),
        )
    }
    sets = PolicySets(prefix_sets={"first": (some[0],), "second": (some[1],)})
    heard = len(nodes[B].core.tables[Family.IPV4_UNICAST])
    world.wire.clear()

    reconfigure(world, nodes[A], policies=policies, sets=sets, peers=(ibgp(B, export_policy=("some",)), ibgp(C)))
    world.advance(1)

    updates = [data for node, data in world.wire if node is nodes[A] and data[18] == 2]
    assert len(updates) == 1  # of two messages, to B only
    assert sum(map(len, updates)) < 120
    assert not nodes[B].has(some[0])
    path = nodes[B].best(some[1])
    assert path is not None
    assert path.received.med == 7
    assert len(nodes[B].core.tables[Family.IPV4_UNICAST]) == heard - 1
    assert nodes[A].counters(B).families[Family.IPV4_UNICAST].advertised == heard - 1


# -- peers that the configuration doesn't list -------------------------------------------------------------------------


@pytest.fixture
def added(world: World) -> dict[str, Node]:
    """A program has added B, with a password, to a speaker without peers."""
    policies = {"p": (TermConfig(action="reject"),)}
    made = {A: world.add(A, policies=policies), B: world.add(B, peers=[ibgp(A)])}
    made[A].core.add_peer(ibgp(B, import_policy=("p",)), world.now, "secret")
    world.pump(made[A])
    made[B].announce(P)
    world.run_until(lambda: made[A].received(P, B) is not None)
    made[A].core.take_outputs()
    return made


def passwords(node: Node) -> list[object]:
    """Those that the listener has, after each change."""
    return [output.passwords for output in node.core.take_outputs() if isinstance(output, Listen)]


def test_a_peer_that_a_program_has_added_stays_and_follows_the_new_policies(
    world: World, added: dict[str, Node]
) -> None:
    one = added[A]
    assert not one.has(P)

    one.core.reconfigure(replace(one.core.config, policies={"p": (TermConfig(action="accept"),)}), world.now)
    assert passwords(one) == [{B: "secret"}]
    world.pump(one)

    assert one.has(P)
    assert ups(one) == [B]


def test_a_configuration_without_the_policy_of_a_peer_that_a_program_has_added_is_refused(
    world: World, added: dict[str, Node]
) -> None:
    before = added[A].core.config

    with pytest.raises(ConfigError, match="p"):
        added[A].core.reconfigure(replace(before, policies={}), world.now)

    assert added[A].core.config is before


def test_a_new_router_id_ends_the_sessions_of_peers_that_a_program_has_added(
    world: World, added: dict[str, Node]
) -> None:
    reconfigure(world, added[A], router_id="192.0.2.99")
    world.run_until(lambda: len(ups(added[A])) == 2, limit=200)

    negotiated = added[B].core.sessions.peers[A].negotiated
    assert negotiated is not None
    assert negotiated.remote_router_id == bytes((192, 0, 2, 99))


@pytest.mark.parametrize("name", [B, "b"])
def test_the_configuration_may_list_a_peer_that_a_program_has_added(
    world: World, added: dict[str, Node], name: str
) -> None:
    one = added[A]

    one.core.reconfigure(replace(one.core.config, peers=(ibgp(B, name=name, hold_time=30),)), world.now)
    assert passwords(one) == [{}]
    world.pump(one)
    world.run_until(lambda: ups(one) == [B, name], limit=200)

    assert list(one.core.sessions.peers) == [name]
    assert one.core.sessions.peers[name].negotiated.hold_time == 30  # type: ignore[union-attr]


def test_a_peer_that_a_program_took_away_leaves_its_password_and_may_leave_the_configuration(
    world: World, added: dict[str, Node]
) -> None:
    one = added[A]

    one.core.remove_peer(B, world.now)
    one.core.add_peer(ibgp(B), world.now)
    assert passwords(one) == [{}, {}]
    reconfigure(world, one, peers=(ibgp(C),))
    one.core.remove_peer(C, world.now)
    reconfigure(world, one, peers=())

    assert list(one.core.sessions.peers) == [B]


@pytest.mark.parametrize("name", [B, "b"])
def test_a_guest_gives_way_to_a_peer_that_the_configuration_lists(world: World, name: str) -> None:
    """It came from a range; from now on there are other rules for it."""
    template = PeerConfig("", remote_as=64512, passive=True)
    one = world.add(A, dynamic_peers=(DynamicPeersConfig("192.0.2.0/26", template=template),))
    two, three = (world.add(address, peers=[ibgp(A)]) for address in (B, C))
    established(world, two, three)
    two.announce(P)
    world.run_until(lambda: one.has(P))

    reconfigure(world, one, peers=(ibgp(B, name=name, import_policy=("reject",)),))
    world.run_until(lambda: ups(one)[2:] == [name], limit=200)
    world.run_until(lambda: one.received(P, name) is not None)

    assert not one.has(P)
    assert {peer.name: peer.dynamic is None for peer in one.core.sessions.peers.values()} == {name: True, C: False}
    world.cut(one, two)
    assert name in one.core.sessions.peers
    assert len(ups(three)) == 1


def test_a_peer_that_a_program_adds_is_asked_for_like_others(world: World) -> None:
    """Its conditions are followed, its cluster is ours, and no route of ours goes out through its address."""
    sets = PolicySets(prefix_sets={"uplink": ("10.0.0.0/8",), "pool": (P,)})
    terms = (
        TermConfig(match=MatchConfig(prefix_set="pool", not_exists="uplink"), action="reject"),
        TermConfig(action="accept"),
    )
    routes = (RouteConfig(P), RouteConfig(Q, next_hop=C), RouteConfig("10.0.0.0/8"))
    one = world.add(A, asn=65001, policies={"p": terms}, sets=sets, routes=routes)
    two, three = (world.add(each, asn=65002, peers=[ebgp(A, 65001)]) for each in (B, C))
    one.core.add_peer(ebgp(B, 65002), world.now)
    options = {"route_reflector_client": True, "cluster_id": "9.9.9.9"}
    one.core.add_peer(replace(ebgp(C, 65002), export_policy=("p",)), world.now)
    one.core.add_peer(PeerConfig("192.0.2.4", remote_as=65001, **options), world.now)  # type: ignore[arg-type]
    world.pump(one)
    established(world, two, three)
    world.run_until(lambda: three.has(P, Q, "10.0.0.0/8"), limit=5)

    path = two.best(Q)
    assert path is not None
    assert address_text(path.received.next_hop) == A
    rules = one.core.rules.import_rules(one.core.sessions.peers["192.0.2.4"], one.core.host)
    assert bytes((9, 9, 9, 9)) in rules.cluster_ids


def test_other_limits_of_prefixes_warn_again(world: World, nodes: dict[str, Node]) -> None:
    def limited(warn: int) -> tuple[PeerConfig, ...]:
        return ibgp(B, max_prefixes=MaxPrefixesConfig(limit=warn, warn=warn, action="warn")), ibgp(C)

    reconfigure(world, nodes[A], peers=limited(1))
    for prefix in (P, Q, "10.65.3.0/26"):
        nodes[B].announce(prefix)
    world.advance(1)
    reconfigure(world, nodes[A], peers=limited(1))
    assert [event["warn"] for event in nodes[A].said("max_prefixes_warning")] == [1]

    reconfigure(world, nodes[A], peers=limited(2))

    assert [event["warn"] for event in nodes[A].said("max_prefixes_warning")] == [1, 2]
    assert [event["limit"] for event in nodes[A].said("max_prefixes_exceeded")] == [1, 2]


def test_another_set_alone_is_another_policy(world: World, nodes: dict[str, Node]) -> None:
    """The policies read as before, and mean something else."""
    policies = {"some": (TermConfig(action="accept", match=MatchConfig(prefix_set="some")),)}
    peers = (ibgp(B, export_policy=("some",)), ibgp(C))
    nodes[A].announce(Q)
    reconfigure(world, nodes[A], policies=policies, peers=peers, sets=PolicySets(prefix_sets={"some": (P,)}))
    world.advance(1)
    assert (nodes[B].has(P), nodes[B].has(Q)) == (True, False)

    reconfigure(world, nodes[A], sets=PolicySets(prefix_sets={"some": (Q,)}))
    world.advance(1)

    assert (nodes[B].has(P), nodes[B].has(Q)) == (False, True)
    assert ups(nodes[A]) == [B, C]


def test_another_policy_for_the_kernel_is_done_at_once(world: World) -> None:
    one, two = world.add(A, peers=[ibgp(B)], fib=FibConfig()), world.add(B, peers=[ibgp(A)])
    established(world, one, two)
    two.announce(P)
    world.run_until(lambda: one.has(P))
    world.advance(1)
    policies = {"metric": (TermConfig(action="accept", set=SetConfig(metric=77)),)}

    config = replace(one.core.config, policies=policies)
    one.core.reconfigure(config, world.now, fib=FibConfig(export_policy="metric"))
    world.pump(one)

    route = one.fib[prefix_key(P)[1]]
    assert isinstance(route, FibRoute)
    assert route.metric == 77


def test_kernel_routes_that_may_now_be_announced_are(world: World) -> None:
    one, two = world.add(A, peers=[ibgp(B)], fib=FibConfig()), world.add(B, peers=[ibgp(A)])
    established(world, one, two)
    static = KernelRoute("unicast", 4, (NextHop(None, "eth0"),))
    one.core.kernel(KernelChanges(Family.IPV4_UNICAST, {prefix_key(P)[1]: (static,)}), world.now)
    world.pump(one)
    world.advance(1)
    assert not two.has(P)

    for imports, there in (((FibImportConfig(protocols=("static",)),), True), ((), False)):
        one.core.reconfigure(one.core.config, world.now, fib=FibConfig(imports=imports))
        world.pump(one)
        world.advance(1)
        assert two.has(P) is there


def test_the_listener_hears_of_other_passwords(world: World, nodes: dict[str, Node]) -> None:
    core = nodes[A].core
    core.take_outputs()

    core.reconfigure(core.config, world.now, secrets={B: "secret"})

    listens = [output for output in core.take_outputs() if isinstance(output, Listen)]
    assert listens[-1].passwords == {B: "secret"}


def test_a_peer_that_was_switched_off_by_hand_and_left_comes_again_as_configured(
    world: World, nodes: dict[str, Node]
) -> None:
    nodes[A].core.disable_peer(B, world.now)
    reconfigure(world, nodes[A], peers=(ibgp(C),))

    reconfigure(world, nodes[A], peers=(ibgp(B), ibgp(C)))
    world.run_until(lambda: ups(nodes[A]) == [B, C, B], limit=300)

    assert not nodes[A].counters(B).switched


def test_a_peer_that_a_program_has_switched_off_and_removed_comes_again_as_it_is_added(
    world: World, nodes: dict[str, Node]
) -> None:
    nodes[A].core.disable_peer(B, world.now)
    nodes[A].core.remove_peer(B, world.now)
    world.pump(nodes[A])

    nodes[A].core.add_peer(ibgp(B), world.now)
    world.pump(nodes[A])
    world.run_until(lambda: ups(nodes[A]) == [B, C, B], limit=300)


RANGE = "192.0.2.2/32"


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"options": {"hold_time": 30}}, True),
        ({"router_id": "192.0.2.111"}, True),
        ({"options": {"import_policy": ("reject",)}}, None),
        ({"options": {"enabled": False}}, False),
        ({"gone": True}, False),
    ],
    ids=["ends the session", "ends all sessions", "stays", "disabled", "gone"],
)
def test_guests_of_a_range_follow_its_template(world: World, changes: dict[str, Any], again: bool | None) -> None:
    """They come again by themselves, where they still may."""
    template = ibgp("", passive=True)
    one = world.add(A, peers=[ibgp(C)], dynamic_peers=(DynamicPeersConfig(RANGE, template=template),))
    guest = world.add(B, peers=[ibgp(A)])
    world.run_until(guest.core.all_established)
    guest.announce(Q)
    world.run_until(lambda: one.has(Q))
    options = dict(changes)
    other = DynamicPeersConfig(RANGE, template=replace(template, **options.pop("options", {})))
    ranges = () if options.pop("gone", False) else (other,)

    reconfigure(world, one, dynamic_peers=ranges, **options)
    world.advance(1)

    assert len(one.said("session_down")) == (again is not None)
    assert not one.has(Q)
    world.advance(300)
    assert len(ups(one)) == (2 if again else 1)
    assert one.has(Q) is (again is True)


def test_new_roas_count_for_the_kernel_too(world: World) -> None:
    policies = {"valid": (TermConfig(action="reject", match=MatchConfig(rpki="invalid")), TermConfig(action="accept"))}
    one = world.add(A, peers=[ibgp(B)], fib=FibConfig(export_policy="valid"), policies=policies)
    two = world.add(B, peers=[ibgp(A)])
    established(world, one, two)
    two.announce(P)
    world.run_until(lambda: one.has(P))
    world.advance(1)
    assert isinstance(one.fib[prefix_key(P)[1]], FibRoute)

    for generation, there in ((Generation(Invalid(0)), False), (Generation(Invalid(7)), True)):
        one.fib.clear()  # what is wanted comes whole
        one.core.new_generation(generation, world.now)
        world.pump(one)
        assert (prefix_key(P)[1] in one.fib) is there


@pytest.mark.parametrize("direction", ["import", "export"])
def test_a_python_policy_that_says_something_else_under_the_same_name_runs_again(world: World, direction: str) -> None:
    """An operator edits the module and reloads; the configuration is the same text."""
    policy = {f"{direction}_policy": ("m:f",)}
    one = world.add(A, peers=[ibgp(B, **policy)], functions={"m:f": lambda route: route})
    two = world.add(B, peers=[ibgp(A)])
    established(world, one, two)
    sender, receiver = (two, one) if direction == "import" else (one, two)
    sender.announce(P)
    world.run_until(lambda: receiver.has(P))

    one.core.reconfigure(one.core.config, world.now, functions={"m:f": lambda route: None})
    world.pump(one)

    world.run_until(lambda: not receiver.has(P))
    assert len(ups(one)) == 1
