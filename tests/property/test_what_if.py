"""What a comparison says of another configuration is what that configuration then changes, and nothing else.

A reflector with two clients, one of them with ADD-PATH, the other perhaps from a dynamic range, a non-client and two
external peers, any of which may be restarting; it may be draining. One configuration is replaced by another one that
keeps the sessions, or ends some of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pybgp.addresses import Family
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
    TimersConfig,
)
from pybgp.rib.preference import Preference
from tests.sim.foretold import comes_true
from tests.sim.world import World

A, CLIENT, PATHS, PLAIN, X, Y = (f"192.0.2.{number}" for number in range(1, 7))
AS: Final = {X: 65001, Y: 65002}
PEERS: Final = (CLIENT, PATHS, PLAIN, X, Y)
INTERNAL: Final = (CLIENT, PATHS, PLAIN)
PREFIXES: Final = ("10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16", "0.0.0.0/0")
WIDE: Final = "10.0.0.0/8"
DAMPING: Final = DampingRules(half_life=60, reuse=750, suppress=950, max_suppress_time=240)
RESTART: Final = GracefulRestartConfig(role="both")

ACCEPT: Final = TermConfig(action="accept")
POLICIES: Final[Mapping[str, tuple[TermConfig, ...]]] = {
    "prefer": (TermConfig(action="accept", set=SetConfig(local_pref=200)),),
    "tag": (TermConfig(action="accept", set=SetConfig(med=7, add_communities=("64512:9",))),),
    "longer": (TermConfig(action="accept", set=SetConfig(origin="incomplete", prepend=(65009, 65009))),),
    "not_inside": (TermConfig(action="reject", match=MatchConfig(prefix_set="inside")), ACCEPT),
    "not_tagged": (TermConfig(action="reject", match=MatchConfig(community_set="tagged")), ACCEPT),
    "not_ours": (TermConfig(action="reject", match=MatchConfig(peer=("default_originate",))), ACCEPT),
    "changing": (TermConfig(action="accept", set=SetConfig(local_pref=150)),),
}
REJECT_TAGGED: Final = TermConfig(action="reject", match=MatchConfig(community_set="tagged"))
CHANGED: Final = {**POLICIES, "changing": (REJECT_TAGGED, ACCEPT)}
CONDITIONS: Final[Mapping[str, tuple[TermConfig, ...]]] = {
    "if_two": (TermConfig(action="accept", match=MatchConfig(exists="two")),),
    "unless_wide": (TermConfig(action="accept", match=MatchConfig(not_exists="wide")),),
}
"""Of the Loc-RIB, for export only."""
FIRST: Final = {**POLICIES, **CONDITIONS}
SETS: Final = PolicySets(
    prefix_sets={"inside": ("10.1.0.0/16 ge 16 le 32",), "two": ("10.2.0.0/16",), "wide": (WIDE,)},
    community_sets={"tagged": ("64512:9",)},
)
REMOVED: Final = "removed"
"""Not a key of the configuration: the peer isn't listed any more."""
CHAINS: Final = tuple((name,) for name in ("accept", "reject", *POLICIES))
EVERYWHERE: Final[Mapping[str, tuple[Any, ...]]] = {
    "import_policy": CHAINS,
    "export_policy": (*CHAINS, *((name,) for name in CONDITIONS)),
    "next_hop": ("auto", "self", "self_all", "keep"),
    "default_originate": (False, True),
    "allowas_in": (0, 1),
    "max_as_path_length": (None, 1),
    "max_communities": (None, 0),
    "timers": (TimersConfig(), TimersConfig(mrai=3)),
    "max_prefixes": (
        None,
        MaxPrefixesConfig(limit=2, action="restart", restart_time=3600),
        MaxPrefixesConfig(limit=1, action="restart", restart_time=3600, count="accepted"),
        MaxPrefixesConfig(limit=1, action="warn"),
    ),
    "enabled": (True, False),
    REMOVED: (True,),
}
INSIDE: Final = {**EVERYWHERE, "best_external": (False, True)}
OUTSIDE: Final = {
    **EVERYWHERE,
    "enforce_first_as": (True, False),
    "damping": (False, True),
    "remove_private_as": ("off", "all"),
    "as_override": (False, True),
    "route_server_client": (False, True),
    "honor_graceful_shutdown": (True, False),
}
LIMITED: Final = {**INSIDE, "add_path_limit": (None, 1)}


def near_x(peer: str, next_hop: str) -> int:
    """What it costs to get from a client to a next hop (RFC 9107)."""
    return 1 if next_hop == X else 2


def near_plain(peer: str, next_hop: str) -> int | None:
    return {X: None, PLAIN: 1}.get(next_hop, 2)


PLACED: Final = {**INSIDE, "orr": (None, near_x, near_plain)}
SPEAKER: Final[Mapping[str, tuple[Any, ...]]] = {
    "client_to_client_reflection": (True, False),
    "default_local_pref": (100, 300),
    "decision": (DecisionConfig(), DecisionConfig(as_path_ignore=True), DecisionConfig(prefer_oldest=True)),
    "preference": (Preference(), Preference(ibgp=250)),
    "policies": (FIRST, {**FIRST, **CHANGED}),
    "aggregates": (
        (),
        (AggregateConfig(WIDE),),
        (AggregateConfig(WIDE, suppress=True, as_set=True), AggregateConfig(PREFIXES[0], as_set=True)),
    ),
}

Change = tuple[str, str, Any]
"""A peer ("" for the speaker), the key and its value."""
Route = tuple[str, str, Mapping[str, Any]]
"""Who announces which prefix, with what."""


def _changes(peer: str, options: Mapping[str, tuple[Any, ...]]) -> st.SearchStrategy[Change]:
    return st.sampled_from([(peer, key, value) for key, values in options.items() for value in values])


CHANGES: Final = st.one_of(
    _changes("", SPEAKER),
    *(_changes(peer, {CLIENT: PLACED, PATHS: LIMITED, PLAIN: INSIDE}.get(peer, OUTSIDE)) for peer in PEERS),
)
ROUTES: Final = st.tuples(
    st.sampled_from((A, *PEERS)),
    st.sampled_from(PREFIXES),
    st.fixed_dictionaries(
        {},
        optional={
            "local_pref": st.just(50),
            "med": st.sampled_from((5, 10)),
            "communities": st.sampled_from((("64512:9",), ("no-export",), ("graceful-shutdown",))),
            "prepend": st.sampled_from(((65009,), (65002,), (64512,))),
        },
    ),
)


def configured(changes: list[Change], *, dynamic: bool) -> SpeakerConfig:
    """What A has configured after these; the client may be known as a range only."""
    peers = {
        peer: PeerConfig(
            peer,
            remote_as=AS.get(peer, 64512),
            import_policy=("accept",),
            export_policy=("accept",),
            route_reflector_client=peer in (CLIENT, PATHS),
            families=families(None if peer == PATHS else 0),
        )
        for peer in PEERS
    }
    speaker = SpeakerConfig(
        local_as=64512, router_id=A, policies=FIRST, sets=SETS, damping=DAMPING, graceful_restart=RESTART
    )
    for peer, key, value in changes:
        if not peer:
            speaker = replace(speaker, **{key: value})
        elif key == REMOVED:
            peers.pop(peer, None)
        elif peer not in peers:
            continue
        elif key == "add_path_limit":
            peers[peer] = replace(peers[peer], families=families(value))
        else:
            peers[peer] = replace(peers[peer], **{key: value})
    ranges: tuple[DynamicPeersConfig, ...] = ()
    if dynamic and CLIENT in peers:
        template = replace(peers.pop(CLIENT), address="", passive=True)
        ranges = (DynamicPeersConfig(f"{CLIENT}/32", template=template),)
    return replace(speaker, peers=tuple(peers.values()), dynamic_peers=ranges)


def families(limit: int | None) -> dict[Family, FamilyConfig]:
    """0 is without ADD-PATH."""
    without = limit == 0
    return {Family.IPV4_UNICAST: FamilyConfig() if without else FamilyConfig(add_path="both", add_path_limit=limit)}


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    routes=st.lists(ROUTES, min_size=2, max_size=12),
    before=st.lists(CHANGES, max_size=8),
    changes=st.lists(CHANGES, min_size=1, max_size=8),
    dynamic=st.booleans(),
    flaps=st.booleans(),
    draining=st.booleans(),
    restarting=st.sampled_from((None, None, *PEERS)),
)
def test_what_is_foretold_is_what_changes(
    routes: list[Route],
    before: list[Change],
    changes: list[Change],
    dynamic: bool,
    flaps: bool,
    draining: bool,
    restarting: str | None,
) -> None:
    world = World()
    first, then = configured(before, dynamic=dynamic), configured([*before, *changes], dynamic=dynamic)
    up = enabled(first)
    staying = tuple(peer if peer.address in up else replace(peer, enabled=False) for peer in then.peers)
    ranges = then.dynamic_peers if CLIENT in up else first.dynamic_peers
    then = replace(then, peers=staying, dynamic_peers=ranges)  # what those send that come up isn't foreseen
    made = world.add(
        A,
        peers=list(first.peers),
        **{key: getattr(first, key) for key in (*SPEAKER, "sets", "damping", "graceful_restart", "dynamic_peers")},
    )
    for peer in PEERS:
        towards = PeerConfig(
            A,
            remote_as=64512,
            import_policy=("accept",),
            export_policy=("accept",),
            families=families(None if peer == PATHS else 0),
        )
        world.add(peer, asn=AS.get(peer, 64512), peers=[towards], graceful_restart=RESTART)
    world.run_until(lambda: all(world.nodes[peer].core.all_established() for peer in up))
    for again in range(3 if flaps else 1):
        for name, prefix, attributes in routes:
            if again:
                world.nodes[name].withdraw(prefix)
                world.advance(1)
            world.nodes[name].announce(prefix, **attributes)
            world.advance(1 if flaps else 0)
    if draining:
        made.core.drain(world.now)
        world.pump(made)
    world.advance(10)
    if restarting is not None:
        world.kill(world.nodes[restarting])
        world.advance(1)

    comes_true(world, made, then, gone=up - enabled(then))


def enabled(config: SpeakerConfig) -> set[str]:
    """The peers that are to be up."""
    ranges = {item.prefix.partition("/")[0] for item in config.dynamic_peers if item.template.enabled}
    return {peer.address for peer in config.peers if peer.enabled} | ranges
