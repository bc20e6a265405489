"""What a comparison says is what the new policies then do; comparing itself changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, address_text
from pybgp.config.model import (
    AggregateConfig,
    DampingRules,
    DecisionConfig,
    DynamicPeersConfig,
    FamilyConfig,
    GracefulRestartConfig,
    MatchConfig,
    MaxPrefixesConfig,
    PeerConfig,
    PolicySets,
    SetConfig,
    SpeakerConfig,
    TermConfig,
)
from pybgp.errors import ConfigError
from pybgp.rib.preference import Preference
from pybgp.speaker.what_if import WhatIf

from .foretold import comes_true, compare
from .world import Node, World, ebgp, established, ibgp

A, B, C, D = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
P, Q, OWN = "10.65.1.0/26", "10.65.2.0/26", "10.65.9.0/26"
EXPORTS_WITHOUT_B = ((C, P), (D, P), (C, Q), (D, Q))


def client(address: str, **options: Any) -> PeerConfig:
    return ibgp(address, route_reflector_client=True, **options)


@pytest.fixture
def node(world: World) -> Node:
    made = world.add(A, peers=[client(B), client(C), client(D)])
    others = {address: world.add(address, peers=[ibgp(A)]) for address in (B, C, D)}
    world.run_until(lambda: made.core.all_established())
    made.announce(OWN)
    others[B].announce(P)
    others[C].announce(P)
    others[B].announce(Q)
    world.run_until(lambda: made.has(P, Q) and others[D].has(P, Q, OWN))
    world.advance(1)
    return made


def policy(*terms: TermConfig) -> dict[str, Any]:
    return {"policies": {"new": terms}, "sets": PolicySets(prefix_sets={"p": (P,), "q": (Q,)})}


def accept(**match: Any) -> TermConfig:
    return TermConfig(action="accept", match=MatchConfig(**match))


CASES = {
    "import rejects": (("import",), policy(TermConfig(action="reject", match=MatchConfig(prefix_set="q")), accept())),
    "import changes": (("import",), policy(TermConfig(action="accept", set=SetConfig(local_pref=50)))),
    "export changes": (
        ("export",),
        policy(TermConfig(action="next", match=MatchConfig(prefix_set="p"), set=SetConfig(med=7)), accept()),
    ),
    "export rejects": (("export",), policy(accept(source=("local",)))),
    "both": (("import", "export"), policy(TermConfig(action="accept", set=SetConfig(add_communities=("1:1",))))),
    "nothing": (("import", "export"), policy(accept())),
}


def other(node: Node, directions: tuple[str, ...], config: dict[str, Any]) -> SpeakerConfig:
    """The new policy on B's routes, and on what C and D are told."""
    incoming = {"import_policy": ("new",)} if "import" in directions else {}
    outgoing = {"export_policy": ("new",)} if "export" in directions else {}
    peers = (client(B, **incoming), client(C, **outgoing), client(D, **outgoing))
    return replace(node.core.config, peers=peers, **config)


@pytest.mark.parametrize("case", CASES)
def test_what_is_foretold_comes_true(world: World, node: Node, case: str) -> None:
    changed = comes_true(world, node, other(node, *CASES[case]))

    assert (case == "nothing") is (not changed)


def test_another_way_to_compare_paths_is_foretold(world: World, node: Node) -> None:
    world.nodes[B].announce(P, prepend=(65009,))
    world.advance(1)

    changed = comes_true(world, node, replace(node.core.config, decision=DecisionConfig(as_path_ignore=True)))

    assert changed == {("export", peer, P) for peer in (B, C, D)}


def test_what_a_peer_leaves_behind_is_foretold(world: World, node: Node) -> None:
    """B's routes go; of one of them another peer has the next best."""
    config = replace(node.core.config, peers=(client(C), client(D)))
    assert {change.reason for change in compare(node, config) if change.direction == "import"} == {"the peer goes"}

    changed = comes_true(world, node, config, gone=(B,))

    assert changed == {("import", B, P), ("import", B, Q), *(("export", peer, at) for peer, at in EXPORTS_WITHOUT_B)}


def test_comparing_tells_nobody_anything(world: World, node: Node) -> None:
    world.wire.clear()

    changes = compare(node, other(node, *CASES["export rejects"]))
    world.pump(node)

    assert {change.kind for change in changes} == {"withdrawn"}
    assert {change.reason for change in changes} == {"policy new: no term accepted"}
    assert not [data for _, data in world.wire if data[18] == 2]


def test_reasons_of_what_is_rejected_are_told(node: Node) -> None:
    found = {change.direction: change for change in compare(node, other(node, *CASES["import rejects"]))}

    assert (found["import"].kind, found["import"].reason) == ("rejected", "policy new term 0")
    assert (found["export"].kind, found["export"].reason) == ("withdrawn", "no longer accepted")


def test_a_configuration_that_can_not_be_compiled_changes_nothing(node: Node) -> None:
    rules = node.core.rules

    with pytest.raises(ConfigError):
        compare(node, other(node, ("import",), {"policies": {}}))
    assert node.core.rules is rules


def test_what_a_selection_tells_is_compared_as_it_is_told(world: World) -> None:
    """Two clients that would be told one path of two, and one that would be told what is best from its place."""
    families = {Family.IPV4_UNICAST: FamilyConfig(add_path="both")}
    made = world.add(A, peers=[client(B), client(C), client(D, families=families)])
    others = {address: world.add(address, peers=[ibgp(A, families=families)]) for address in (B, C, D)}
    world.run_until(lambda: made.core.all_established())
    for address in (B, C):
        others[address].announce(P)
    world.advance(1)
    limited = {Family.IPV4_UNICAST: FamilyConfig(add_path="both", add_path_limit=1)}

    def then(**options: Any) -> list[tuple[tuple[str, ...], str]]:
        config = replace(made.core.config, peers=(client(B), client(C), client(D, **options)))
        what_if = WhatIf(made.core, config, fib=None, functions={})
        return [(change.peers, change.kind) for change in what_if.changes() if change is not None]

    assert then(families=families) == []
    assert then(families=limited) == [((D,), "withdrawn")]
    made.core.reconfigure(
        replace(made.core.config, peers=(client(B), client(C), client(D, families=limited))), world.now
    )
    world.pump(made)
    assert then(families=limited) == []
    assert then(families=families) == [((D,), "announced")]
    made.core.reconfigure(
        replace(made.core.config, peers=(client(B), client(C), client(D, families=families))), world.now
    )
    world.pump(made)
    assert then(families=families, orr=lambda peer, next_hop: None) == [((D,), "withdrawn")] * 2


def test_a_family_that_a_peer_would_lose_does_not_end_the_comparison(node: Node) -> None:
    """Its session would begin again; what that brings isn't foreseen."""
    families = {Family.IPV6_UNICAST: FamilyConfig()}

    assert compare(node, replace(node.core.config, peers=(client(B, families=families), client(C), client(D)))) == []


def test_a_peer_that_a_program_has_added_stays(world: World, node: Node) -> None:
    extra = "192.0.2.5"
    made = world.add(extra, peers=[ibgp(A)])
    node.core.add_peer(client(extra), world.now)
    world.pump(node)
    world.run_until(made.core.all_established)
    made.announce("10.65.5.0/26")
    world.run_until(lambda: node.has("10.65.5.0/26"))
    world.advance(1)

    assert compare(node, replace(node.core.config, default_local_pref=100)) == []
    rejecting = replace(node.core.config, peers=(*node.core.config.peers, client(extra, import_policy=("reject",))))
    imports = [change for change in compare(node, rejecting) if change.direction == "import"]
    assert [(change.kind, change.peers) for change in imports] == [("rejected", (extra,))]


def test_what_a_peer_that_is_switched_off_leaves_behind_is_foretold(world: World, node: Node) -> None:
    config = replace(node.core.config, peers=(client(B, enabled=False), client(C), client(D)))

    changed = comes_true(world, node, config, gone=(B,))

    assert changed == {("import", B, P), ("import", B, Q), *(("export", peer, at) for peer, at in EXPORTS_WITHOUT_B)}


@pytest.mark.parametrize(
    "options",
    [{"preference": Preference(ibgp=250)}, {"default_local_pref": 300}],
    ids=["preference", "default_local_pref"],
)
def test_what_else_decides_is_foretold_too(world: World, node: Node, options: dict[str, Any]) -> None:
    """OWN is announced by B too; our own route has no LOCAL_PREF."""
    world.nodes[B].announce(OWN, local_pref=200)
    world.advance(1)

    changed = comes_true(world, node, replace(node.core.config, **options))

    assert {at for at in changed if at[0] == "export"} >= {("export", C, OWN), ("export", D, OWN)}


def test_the_path_that_is_oldest_stays_the_best_in_what_is_foretold(world: World) -> None:
    """RFC 5004: another policy on its neighbour's routes doesn't change that."""
    oldest = DecisionConfig(prefer_oldest=True)
    x, y = (f"192.0.2.{host}" for host in (32, 31))
    made = world.add(A, peers=[ebgp(x, 65001), ebgp(y, 65001), client(D)], decision=oldest)
    for address in (x, y, D):
        world.add(address, asn=64512 if address == D else 65001, peers=[PEERS[address == D]])
    world.run_until(lambda: made.core.all_established())
    for address in (x, y):
        world.nodes[address].announce(P)
        world.advance(1)
    best = made.best(P)
    assert best is not None
    assert best.source.name == x
    policies = {"mark": (TermConfig(action="accept", set=SetConfig(add_communities=("64512:1",))),)}
    peers = (ebgp(x, 65001), replace(ebgp(y, 65001), import_policy=("mark",)), client(D))

    changes = compare(made, replace(made.core.config, policies=policies, peers=peers))

    assert [(change.direction, change.peers) for change in changes] == [("import", (y,))]


PEERS = (ebgp(A, 64512), ibgp(A))


def test_while_we_drain_that_is_no_difference(world: World, node: Node) -> None:
    node.core.drain(world.now)
    world.pump(node)
    world.advance(1)

    assert compare(node, node.core.config) == []


def test_a_guest_of_a_range_is_compared_by_its_template(world: World) -> None:
    template = client("", passive=True)
    made = world.add(A, peers=[client(C)], dynamic_peers=(DynamicPeersConfig("192.0.2.2/32", template=template),))
    others = {address: world.add(address, peers=[ibgp(A)]) for address in (B, C)}
    world.run_until(lambda: all(other.core.all_established() for other in others.values()))
    others[B].announce(P)
    world.run_until(lambda: others[C].has(P))

    def then(*ranges: DynamicPeersConfig) -> list[tuple[str, tuple[str, ...], str]]:
        changes = compare(made, replace(made.core.config, dynamic_peers=ranges))
        return [(change.direction, change.peers, change.kind) for change in changes]

    refused = DynamicPeersConfig("192.0.2.2/32", template=replace(template, import_policy=("reject",)))
    gone = [("import", (B,), "rejected"), ("export", (C,), "withdrawn")]
    assert then(*made.core.config.dynamic_peers) == []
    assert then(refused) == gone
    assert then() == gone


def test_a_route_without_local_pref_is_compared_with_the_one_that_would_be_the_default(world: World) -> None:
    x = "192.0.2.31"
    made = world.add(A, peers=[ebgp(x, 65001), client(B), client(D)])
    others = {x: world.add(x, asn=65001, peers=[ebgp(A, 64512)])}
    others |= {address: world.add(address, peers=[ibgp(A)]) for address in (B, D)}
    world.run_until(lambda: made.core.all_established())
    others[B].announce(P, local_pref=200)
    others[x].announce(P)
    world.run_until(lambda: others[D].has(P))
    world.advance(1)

    changes = compare(made, replace(made.core.config, default_local_pref=300))

    (told,) = [change for change in changes if change.peers == (D,)]
    assert told.kind == "changed"
    assert told.after is not None
    assert address_text(told.after.next_hop) == x


def test_another_path_from_a_clients_place_is_one_change(world: World) -> None:
    def near(address: str) -> Callable[[str, str], int]:
        return lambda peer, next_hop: 1 if next_hop == address else 2

    made = world.add(A, peers=[client(B), client(C), client(D, orr=near(B))])
    others = {address: world.add(address, peers=[ibgp(A)]) for address in (B, C, D)}
    world.run_until(lambda: made.core.all_established())
    for address in (B, C):
        others[address].announce(P)
    world.run_until(lambda: others[D].has(P))
    world.advance(1)

    changes = compare(made, replace(made.core.config, peers=(client(B), client(C), client(D, orr=near(C)))))

    assert [(change.peers, change.kind) for change in changes] == [((D,), "changed")]


def test_of_several_paths_the_reason_is_that_of_the_one_which_goes(world: World) -> None:
    families = {Family.IPV4_UNICAST: FamilyConfig(add_path="both")}
    made = world.add(A, peers=[client(B), client(C), client(D, families=families)])
    others = {address: world.add(address, peers=[ibgp(A, families=families)]) for address in (B, C, D)}
    world.run_until(lambda: made.core.all_established())
    for address in (B, C):
        others[address].announce(P)
    world.advance(1)

    peers = (client(B), client(C, import_policy=("reject",)), client(D, families=families))
    changes = compare(made, replace(made.core.config, peers=peers))

    assert [(change.kind, change.reason) for change in changes if change.peers == (D,)] == [
        ("withdrawn", "no longer accepted")
    ]


@pytest.fixture
def restarting(world: World) -> Node:
    """B has gone, and its routes are kept: one of which another peer has, too."""
    restart = GracefulRestartConfig(role="both")
    made = world.add(A, peers=[client(B), client(C), client(D)], graceful_restart=restart)
    others = {address: world.add(address, peers=[ibgp(A)], graceful_restart=restart) for address in (B, C, D)}
    established(world, made, *others.values())
    others[B].announce(P)
    others[B].announce(Q)
    others[C].announce(P)
    world.run_until(lambda: others[D].has(P, Q))
    world.kill(others[B])
    world.advance(1)
    assert made.has(P, Q)
    return made


def test_what_is_kept_for_a_peer_that_restarts_does_not_go(restarting: Node) -> None:
    assert compare(restarting, restarting.core.config) == []


@pytest.mark.parametrize("case", [case for case in CASES if "import" in CASES[case][0]])
def test_what_becomes_of_routes_that_are_kept_is_foretold(world: World, restarting: Node, case: str) -> None:
    """RFC 4724 §4.2: they are used as if the session were still there, and so by the policies that hold now."""
    changed = comes_true(world, restarting, other(restarting, *CASES[case]))

    assert {at for at in changed if at[0] == "import"} == {
        "import rejects": {("import", B, Q)},
        "import changes": {("import", B, P), ("import", B, Q)},
        "both": {("import", B, P), ("import", B, Q)},
        "nothing": set(),
    }[case]
    assert case == "nothing" or ("export", D, Q) in changed


@pytest.mark.parametrize("peers", [(), (client(B, enabled=False),)], ids=["removed", "disabled"])
def test_routes_that_are_kept_go_with_their_peer_as_is_foretold(
    world: World, restarting: Node, peers: tuple[PeerConfig, ...]
) -> None:
    config = replace(restarting.core.config, peers=(*peers, client(C), client(D)))

    changed = comes_true(world, restarting, config)

    assert changed == {("import", B, P), ("import", B, Q), *(("export", peer, at) for peer, at in EXPORTS_WITHOUT_B)}


def test_a_peer_that_was_enabled_by_hand_stays(world: World, node: Node) -> None:
    """The configuration has it disabled, before and after."""
    config = replace(node.core.config, peers=(client(B, enabled=False), client(C), client(D)))
    node.core.reconfigure(config, world.now)
    node.core.enable_peer(B, world.now)
    world.pump(node)
    world.run_until(lambda: node.core.all_established((B, C, D)) and node.has(Q))
    world.advance(1)

    assert comes_true(world, node, replace(config, default_local_pref=100)) == set()
    assert node.core.all_established((B,))


@pytest.mark.parametrize(("rejected", "lost"), [((), set()), (("import",), {P, OWN})], ids=["holds", "held"])
def test_the_conditions_of_other_policies_are_those_of_the_routes_that_there_would_be(
    world: World, node: Node, rejected: tuple[str, ...], lost: set[str]
) -> None:
    """D is told only while there is Q, for which nobody has asked till now; B's goes, in the second case."""
    config = other(node, rejected, CASES["import rejects"][1])
    if_q = (TermConfig(action="accept", match=MatchConfig(exists="q")),)
    peers = (*config.peers[:2], client(D, export_policy=("if_q",)))

    changed = comes_true(world, node, replace(config, peers=peers, policies={**config.policies, "if_q": if_q}))

    assert {at for direction, peer, at in changed if (direction, peer) == ("export", D)} - {Q} == lost


AGGREGATE = AggregateConfig("10.65.0.0/16")


@pytest.mark.parametrize("suppress", [False, True])
def test_an_aggregate_that_comes_or_goes_is_foretold(world: World, node: Node, suppress: bool) -> None:
    config = replace(node.core.config, aggregates=(replace(AGGREGATE, suppress=suppress),))
    foretold = comes_true(world, node, config)

    assert {("export", peer, AGGREGATE.prefix) for peer in (B, C, D)} <= foretold
    assert (("export", D, P) in foretold) is suppress

    assert comes_true(world, node, replace(config, aggregates=())) == foretold


def test_an_aggregate_goes_with_what_it_is_made_of_as_is_foretold(world: World, node: Node) -> None:
    """Narrow ones contribute to wide ones what they have; of Q only B knows, and nobody else has anything in there."""
    narrow = replace(AGGREGATE, prefix="10.65.2.0/24")
    aggregates = (replace(AGGREGATE, as_set=True), narrow)
    node.core.reconfigure(replace(node.core.config, aggregates=aggregates), world.now)
    world.pump(node)
    world.advance(1)
    assert node.has(AGGREGATE.prefix, narrow.prefix)

    changed = comes_true(world, node, other(node, *CASES["import rejects"]))

    assert ("export", D, narrow.prefix) in changed
    assert ("export", D, AGGREGATE.prefix) not in changed
    assert not node.has(narrow.prefix)


LIMITS = {
    "more than it lets in": (MaxPrefixesConfig(limit=1, action="restart"), (), True),
    "only said": (MaxPrefixesConfig(limit=1, action="warn"), (), False),
    "as many": (MaxPrefixesConfig(limit=2), (), False),
    "received, not accepted": (MaxPrefixesConfig(limit=1), ("import",), True),
    "accepted": (MaxPrefixesConfig(limit=1, count="accepted"), (), True),
    "fewer accepted": (MaxPrefixesConfig(limit=1, count="accepted"), ("import",), False),
    "none accepted": (MaxPrefixesConfig(limit=0, count="accepted"), ("import",), True),
}


@pytest.mark.parametrize("case", LIMITS)
def test_a_limit_that_ends_a_session_is_foretold(world: World, node: Node, case: str) -> None:
    """B has sent P and Q; the policy takes Q away."""
    limit, directions, ends = LIMITS[case]
    config = other(node, directions, CASES["import rejects"][1])
    config = replace(config, peers=(replace(config.peers[0], max_prefixes=limit), *config.peers[1:]))
    reasons = {change.reason for change in compare(node, config) if change.peers == (B,)}

    changed = comes_true(world, node, config)

    assert (reasons == {"more prefixes than max_prefixes allows"}) is ends
    assert (("import", B, P) in changed) is ends
    assert node.core.all_established((B,)) is not ends


def test_what_is_no_longer_damped_is_foretold(world: World) -> None:
    x = "192.0.2.31"
    damping = DampingRules(half_life=60, reuse=750, suppress=950, max_suppress_time=240)
    made = world.add(A, peers=[ebgp(x, 65001, damping=True), client(B)], damping=damping)
    others = {x: world.add(x, asn=65001, peers=[ebgp(A, 64512)]), B: world.add(B, peers=[ibgp(A)])}
    established(world, made, *others.values())
    for _ in range(3):
        others[x].announce(P)
        world.advance(1)
        others[x].withdraw(P)
        world.advance(1)
    others[x].announce(P)
    world.advance(1)
    assert not made.has(P)

    changed = comes_true(world, made, replace(made.core.config, peers=(ebgp(x, 65001), client(B))))

    assert changed == {("import", x, P), ("export", B, P)}


DEFAULT = "0.0.0.0/0"
OURS = MatchConfig(peer=("default_originate",))
WITHOUT_OURS = {"without_ours": (TermConfig(match=OURS, action="reject"), TermConfig(action="accept"))}
ORIGINATED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "begins": ({}, {"default_originate": True}, "announced"),
    "ends": ({"default_originate": True}, {}, "withdrawn"),
    "policy takes it": (
        {"default_originate": True},
        {"default_originate": True, "export_policy": ("without_ours",)},
        "withdrawn",
    ),
    "policy gives it": (
        {"default_originate": True, "export_policy": ("without_ours",)},
        {"default_originate": True},
        "announced",
    ),
    "stays": ({"default_originate": True}, {"default_originate": True}, ""),
}
REASONS = {
    "ends": "no longer originated (default_originate)",
    "policy takes it": "policy without_ours term 0",
}


@pytest.mark.parametrize("case", ORIGINATED)
@pytest.mark.parametrize("add_path", [False, True])
@pytest.mark.parametrize("other", [False, True])
def test_a_default_route_of_our_own_is_foretold(world: World, case: str, add_path: bool, other: bool) -> None:
    """Whether the table has a default route besides or not."""
    before, after, kind = ORIGINATED[case]
    families = {Family.IPV4_UNICAST: FamilyConfig(add_path="both")} if add_path else None

    def peers(options: dict[str, Any]) -> tuple[PeerConfig, ...]:
        return client(B), client(C), client(D, families=families, **options)

    made = world.add(A, peers=list(peers(before)), policies=WITHOUT_OURS)
    others = {address: world.add(address, peers=[ibgp(A, families=families)]) for address in (B, C, D)}
    established(world, made, *others.values())
    if other:
        others[B].announce(DEFAULT, local_pref=50)
        world.run_until(lambda: others[C].has(DEFAULT))
    world.advance(1)
    config = replace(made.core.config, peers=peers(after))
    foretold = compare(made, config)

    changed = comes_true(world, made, config)

    assert changed == ({("export", D, DEFAULT)} if kind else set())
    assert [change.reason for change in foretold if change.kind == "withdrawn"] == (
        [REASONS[case]] if kind == "withdrawn" and (add_path or not other) else []
    )
    assert others[D].has(DEFAULT) is (other or case in ("begins", "policy gives it", "stays"))
