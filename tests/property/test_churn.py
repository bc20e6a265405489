"""Whatever happens in a small network, once it is quiet everybody has what a computation from scratch gives.

A reflector with four clients, a non-client and two external peers, one of which has a client too. Routes come, change
and go; connections are cut, speakers stop reading, freeze, restart and join; policies, limits and options change;
refreshes are asked for. After each quiescence:

* every candidate is accepted or refused as ``tests.oracles.routing`` says, and the best is the best (RFC 4271 §9.1);
* every Adj-RIB-In is what the sender's Loc-RIB gives by those rules (§9.1.3, RFC 4456), and octet by octet what the
  sender says it advertises;
* counters are what can be counted, and who watches the best routes has seen each change.

``make churn`` looks longer.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from pybgp.addresses import Family, key_text
from pybgp.config.model import (
    DecisionConfig,
    FamilyConfig,
    GracefulRestartConfig,
    MatchConfig,
    MaxPrefixesConfig,
    PeerConfig,
    PolicySets,
    SetConfig,
    TermConfig,
    TimersConfig,
)
from pybgp.rib.path import Path, paths_of
from pybgp.routes import SourceKind
from tests.oracles.routing import Attributes, Candidate, Options, Policy, Session, accept, best, tell
from tests.sim.world import Node, World

FAMILY: Final = Family.IPV4_UNICAST
REFLECTOR, BOTH_WAYS, SLOW, PLAIN, NON_CLIENT, X, Y, JOINER = (f"192.0.2.{number}" for number in range(1, 9))
AS: Final = {X: 65001, Y: 65002}
LINKS: Final = (
    (REFLECTOR, BOTH_WAYS),
    (REFLECTOR, SLOW),
    (REFLECTOR, PLAIN),
    (REFLECTOR, NON_CLIENT),
    (REFLECTOR, X),
    (REFLECTOR, Y),
    (PLAIN, X),
    (REFLECTOR, JOINER),
)
ENDS: Final = tuple(sorted({*LINKS, *((other, one) for one, other in LINKS)}))
PERMANENT: Final = (REFLECTOR, BOTH_WAYS, SLOW, PLAIN, NON_CLIENT, X, Y)
PREFIXES: Final = ("10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16", "0.0.0.0/0")
INSIDE: Final = PREFIXES[:2]
"""Those in 10.1.0.0/16."""
LONGEST: Final = 900.0
"""Virtual seconds within which the network must have come to rest."""
ADD_PATH: Final = {FAMILY: FamilyConfig(add_path="both")}

MARK: Final = 64512 << 16 | 9
NUMBERS: Final = {"64512:9": MARK, "no-export": 0xFFFFFF01, "no-advertise": 0xFFFFFF02}
TERMS: Final = {
    "prefer": (TermConfig(action="accept", set=SetConfig(local_pref=200)),),
    "tag": (TermConfig(action="accept", set=SetConfig(med=7, add_communities=("64512:9",))),),
    "not_inside": (TermConfig(action="reject", match=MatchConfig(prefix_set="inside")), TermConfig(action="accept")),
    "not_tagged": (TermConfig(action="reject", match=MatchConfig(community_set="tagged")), TermConfig(action="accept")),
}
SETS: Final = PolicySets(prefix_sets={"inside": ("10.1.0.0/16 ge 16 le 32",)}, community_sets={"tagged": ("64512:9",)})
POLICIES: Final[dict[str, Policy]] = {
    "accept": lambda prefix, route: route,
    "reject": lambda prefix, route: None,
    "prefer": lambda prefix, route: replace(route, local_pref=200),
    "tag": lambda prefix, route: replace(route, med=7, communities=route.communities | {MARK}),
    "not_inside": lambda prefix, route: None if prefix in INSIDE else route,
    "not_tagged": lambda prefix, route: None if MARK in route.communities else route,
}
CHANGES: Final[dict[str, tuple[Any, ...]]] = {
    "import_policy": tuple((name,) for name in POLICIES),
    "export_policy": tuple((name,) for name in POLICIES),
    "timers": (TimersConfig(), TimersConfig(mrai=3)),
    "next_hop": ("auto", "self"),
    "families": (None, ADD_PATH),
    "enabled": (True, False),
    "route_reflector_client": (True, False),
    "max_prefixes": (None, MaxPrefixesConfig(limit=2, action="restart", restart_time=30)),
    "graceful_restart": (None, GracefulRestartConfig(role="both")),
}
SPEAKER_CHANGES: Final[dict[str, tuple[Any, ...]]] = {
    "client_to_client_reflection": (True, False),
    "default_local_pref": (100, 300),
    "decision": (DecisionConfig(), DecisionConfig(always_compare_med=True)),
}


def key_and_value(changes: dict[str, tuple[Any, ...]]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.sampled_from([(key, value) for key, values in changes.items() for value in values])


SOME_PREFIXES: Final = st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=3, unique=True)
PAUSES: Final = st.sampled_from((0.0, 0.0, 0.001, 0.002, 1.0))
"""Virtual seconds after something has happened; octets need 0.001 from speaker to speaker."""


class Network(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 3))
    def set_up(self, seed: int) -> None:
        self.world = World(seed)
        self.options: dict[str, dict[str, Any]] = {address: {} for address in (*PERMANENT, JOINER)}
        self.peers: dict[tuple[str, str], PeerConfig] = {}
        self.own: dict[tuple[str, str], Attributes] = {}  # (node, prefix) -> what it announces
        self.congested: set[tuple[str, str]] = set()
        for one, other in ENDS:
            client = one == REFLECTOR and other in (BOTH_WAYS, SLOW, PLAIN, JOINER)
            self.peers[one, other] = PeerConfig(
                other,
                remote_as=AS.get(other, 64512),
                import_policy=("accept",),
                export_policy=("accept",),
                route_reflector_client=client,
                families=ADD_PATH if BOTH_WAYS in (one, other) else None,
                timers=TimersConfig(mrai=3 if other == SLOW else 0),
            )
        for address in PERMANENT:
            self.start(address)
        for address, prefixes in ((X, PREFIXES), (Y, PREFIXES[1:]), (SLOW, PREFIXES[:2]), (NON_CLIENT, PREFIXES[:2])):
            self.originate(address, prefixes)
        self.settle()

    # -- what happens ------------------------------------------------------------------------------------------------

    @rule(
        address=st.sampled_from((*PERMANENT, JOINER)),
        prefixes=SOME_PREFIXES,
        pause=PAUSES,
        local_pref=st.sampled_from((None, None, 50)),
        med=st.sampled_from((None, 5, 10)),
        community=st.sampled_from((None, None, "64512:9", "no-export", "no-advertise")),
        prepend=st.sampled_from(((), (), (65009,), (65002,))),
    )
    def announce(
        self,
        address: str,
        prefixes: list[str],
        pause: float,
        local_pref: int | None,
        med: int | None,
        community: str | None,
        prepend: tuple[int, ...],
    ) -> None:
        communities = () if community is None else (community,)
        self.originate(address, prefixes, local_pref=local_pref, med=med, communities=communities, prepend=prepend)
        self.world.advance(pause)

    @rule(address=st.sampled_from(PERMANENT), prefixes=SOME_PREFIXES, pause=PAUSES)
    def withdraw(self, address: str, prefixes: list[str], pause: float) -> None:
        node = self.awake(address)
        if node is not None:
            for prefix in prefixes:
                node.withdraw(prefix)
                self.own.pop((address, prefix), None)
        self.world.advance(pause)

    @rule(link=st.sampled_from(LINKS), pause=PAUSES)
    def cut(self, link: tuple[str, str], pause: float) -> None:
        one, other = (self.awake(address) for address in link)
        if one is not None and other is not None:
            self.world.cut(one, other)
        self.world.advance(pause)

    @rule(address=st.sampled_from(PERMANENT))
    def freeze_or_thaw(self, address: str) -> None:
        node = self.world.nodes[address]
        if node.frozen:
            self.world.thaw(node)
        else:
            node.frozen = True

    @rule(end=st.sampled_from(ENDS))
    def stop_or_go_on_reading(self, end: tuple[str, str]) -> None:
        node = self.awake(end[0])
        if node is None:
            return
        peer = node.core.sessions.peers.get(end[1])
        if end in self.congested:
            self.go_on_reading(*end)
        elif peer is not None and peer.fsm.conn is not None:
            node.core.congested(peer.fsm.conn, self.world.now)
            self.congested.add(end)

    @rule(end=st.sampled_from(ENDS), enhanced=st.booleans(), pause=PAUSES)
    def refresh(self, end: tuple[str, str], enhanced: bool, pause: float) -> None:
        """Asked for by the peer as it is usual, or served without BoRR and EoRR as to a peer that doesn't know them."""
        node = self.awake(end[0])
        peer = node.core.sessions.peers.get(end[1]) if node is not None else None
        if node is None or peer is None or not peer.established:
            return
        if enhanced:
            node.core.refresh_peer(peer.name, self.world.now)
        elif peer.fsm.conn is not None:
            node.core.flush(self.world.now)
            node.core.outbound.refresh(peer.fsm.conn, FAMILY, enhanced=False)
        self.world.pump(node)
        self.world.advance(pause)

    @rule(end=st.sampled_from(ENDS), change=key_and_value(CHANGES), pause=PAUSES)
    def change_peer(self, end: tuple[str, str], change: tuple[str, Any], pause: float) -> None:
        key, value = change
        if key == "route_reflector_client" and (end[0] != REFLECTOR or end[1] in AS):
            return
        if self.awake(end[0]) is not None:
            self.peers[end] = replace(self.peers[end], **{key: value})
            self.reconfigure(end[0])
        self.world.advance(pause)

    @rule(address=st.sampled_from((REFLECTOR, PLAIN)), change=key_and_value(SPEAKER_CHANGES))
    def change_speaker(self, address: str, change: tuple[str, Any]) -> None:
        if self.awake(address) is not None:
            self.options[address][change[0]] = change[1]
            self.reconfigure(address)

    @rule()
    def join_or_leave(self) -> None:
        reflector = self.awake(REFLECTOR)
        if reflector is None:
            return
        if JOINER in self.world.nodes:
            self.stop(JOINER)
        else:
            self.start(JOINER)
        self.reconfigure(REFLECTOR)

    @rule(address=st.sampled_from(PERMANENT))
    def restart(self, address: str) -> None:
        if self.awake(address) is not None:
            self.stop(address)
            self.start(address)

    @rule(seconds=st.sampled_from((0.001, 0.001, 0.003, 1.0, 40.0)))
    def let_time_pass(self, seconds: float) -> None:
        self.world.advance(seconds)

    @precondition(lambda self: hasattr(self, "world"))
    @rule()
    def settle(self) -> None:
        world = self.world
        for node in list(world.nodes.values()):
            if node.frozen:
                world.thaw(node)
        for end in sorted(self.congested):
            self.go_on_reading(*end)
        world.run_until(self.all_up, limit=LONGEST)
        world.run_until(lambda: world.quiet, limit=LONGEST)
        self.check()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.settle()

    # -- doing it ----------------------------------------------------------------------------------------------------

    def awake(self, address: str) -> Node | None:
        node = self.world.nodes.get(address)
        return node if node is not None and not node.frozen else None

    def originate(
        self,
        address: str,
        prefixes: Iterable[str],
        *,
        local_pref: int | None = None,
        med: int | None = None,
        communities: tuple[str, ...] = (),
        prepend: tuple[int, ...] = (),
    ) -> None:
        node = self.awake(address)
        if node is None:
            return
        for prefix in prefixes:
            node.announce(prefix, local_pref=local_pref, med=med, communities=communities, prepend=prepend)
            self.own[address, prefix] = Attributes(
                as_path=prepend,
                local_pref=local_pref,
                med=med,
                communities=frozenset(NUMBERS[each] for each in communities),
            )

    def start(self, address: str) -> None:
        node = self.world.add(
            address,
            asn=AS.get(address, 64512),
            peers=self.peers_of(address),
            policies=TERMS,
            sets=SETS,
            **self.options[address],
        )
        node.core.watchers = 1

    def stop(self, address: str) -> None:
        self.world.kill(self.world.nodes[address])
        self.own = {at: route for at, route in self.own.items() if at[0] != address}
        self.congested = {end for end in self.congested if end[0] != address}

    def reconfigure(self, address: str) -> None:
        node = self.world.nodes[address]
        config = replace(node.core.config, peers=tuple(self.peers_of(address)), **self.options[address])
        node.core.reconfigure(config, self.world.now)
        self.world.pump(node)

    def peers_of(self, address: str) -> list[PeerConfig]:
        return [
            peer
            for (one, other), peer in self.peers.items()
            if one == address and (other != JOINER or JOINER in self.world.nodes)
        ]

    def go_on_reading(self, one: str, other: str) -> None:
        self.congested.discard((one, other))
        node = self.world.nodes[one]
        peer = node.core.sessions.peers.get(other)
        if peer is not None and peer.fsm.conn is not None:
            node.core.writable(peer.fsm.conn, self.world.now)
            self.world.pump(node)

    def all_up(self) -> bool:
        """Are all sessions up that can be? Those with a limit may be, or not."""
        for link in LINKS:
            ends = [self.peers[link], self.peers[link[::-1]]]
            if all(end.enabled and end.max_prefixes is None for end in ends) and not self.established(*link):
                return JOINER in link and JOINER not in self.world.nodes
        return True

    def established(self, one: str, other: str) -> bool:
        """At both ends, and the first tables are through."""
        for address, peer in ((one, other), (other, one)):
            node = self.world.nodes.get(address)
            found = node.core.sessions.peers.get(peer) if node is not None else None
            if found is None or not found.established or FAMILY not in found.received_end_of_rib:
                return False
        return True

    # -- what must be so ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        loc_ribs = {}
        for address, node in self.world.nodes.items():
            loc_ribs[address] = self.candidates(node)
            self.check_decision(node, loc_ribs[address])
        for one, other in ENDS:
            if self.established(one, other):
                self.check_adjacency(self.world.nodes[one], self.world.nodes[other], loc_ribs[one])

    def session(self, one: str, other: str) -> Session:
        config = self.peers[one, other]
        ways = (config, self.peers[other, one])
        return Session(
            local=one,
            remote=other,
            local_as=AS.get(one, 64512),
            remote_as=AS.get(other, 64512),
            client=config.route_reflector_client,
            imports=policy(config.import_policy),
            exports=policy(config.export_policy),
            next_hop=config.next_hop,
            add_path=all(each.families is ADD_PATH for each in ways),
        )

    def speaker(self, address: str) -> Options:
        options = self.options[address]
        return Options(
            cluster_id=address,
            default_local_pref=options.get("default_local_pref", 100),
            client_to_client=options.get("client_to_client_reflection", True),
            always_compare_med=options.get("decision", DecisionConfig()).always_compare_med,
        )

    def candidates(self, node: Node) -> dict[str, list[Candidate]]:
        """What the node has heard and announces itself, with what import must have made of it."""
        own = {prefix: route for (address, prefix), route in self.own.items() if address == node.address}
        options = self.speaker(node.address)
        found: dict[str, list[Candidate]] = {
            prefix: [Candidate(session=None, path_id=0, received=route, accepted=route)]
            for prefix, route in own.items()
        }
        for key, path in paths(node):
            prefix = key_text(FAMILY, key)
            if path.source.kind is SourceKind.LOCAL:
                assert Attributes.of(path.received) == own.pop(prefix)
                continue
            session = self.session(node.address, path.source.name)
            received = Attributes.of(path.received)
            accepted = accept(prefix, received, session, options)
            assert (Attributes.of(path.accepted) if path.accepted else None) == accepted, (node.address, prefix, path)
            found.setdefault(prefix, []).append(
                Candidate(session=session, path_id=path.path_id, received=received, accepted=accepted)
            )
        assert not own
        return found

    def check_decision(self, node: Node, candidates: dict[str, list[Candidate]]) -> None:
        options = self.speaker(node.address)
        expected = {prefix: best(some, options) for prefix, some in candidates.items()}
        chosen = {key_text(FAMILY, key): path for key, path in node.core.tables[FAMILY].loc_rib()}
        for prefix, winner in expected.items():
            path = chosen.pop(prefix, None)
            if winner is None:
                assert path is None, (node.address, prefix)
                continue
            assert path is not None, (node.address, prefix)
            remote = winner.session.remote if winner.session is not None else "local"
            assert (path.source.name, path.path_id) == (remote, winner.path_id), (node.address, prefix)
        assert not chosen
        watched = {key_text(FAMILY, key): path for key, path in node.watched.items() if path is not None}
        assert watched == {key_text(FAMILY, key): path for key, path in node.core.tables[FAMILY].loc_rib()}

    def check_adjacency(self, sender: Node, receiver: Node, loc_rib: dict[str, list[Candidate]]) -> None:
        """Adj-RIB-Out of one end is Adj-RIB-In of the other."""
        where = f"{sender.address} to {receiver.address}"
        session, options = self.session(sender.address, receiver.address), self.speaker(sender.address)
        expected: Counter[tuple[str, Attributes]] = Counter()
        for prefix, candidates in loc_rib.items():
            first = best(candidates, options)
            for candidate in candidates if session.add_path else [first] if first is not None else []:
                told = tell(prefix, candidate, session, options)
                if told is not None:
                    expected[prefix, told] += 1
        arrived = {
            (key, path.path_id): path.received for key, path in receiver.core.tables[FAMILY].adj_rib_in(sender.address)
        }
        found = Counter((key_text(FAMILY, key), Attributes.of(block)) for (key, _), block in arrived.items())
        assert found == expected, where
        views = sender.core.route_views(FAMILY, peer=receiver.address, direction="advertised")
        said = {(view.key, view.path_id): view.block for view in views}
        assert {at: (block.octets, block.next_hop) for at, block in arrived.items()} == {
            at: (block.octets, block.next_hop) for at, block in said.items()
        }, where
        assert sender.counters(receiver.address).families[FAMILY].advertised == len(arrived), where
        counters = receiver.counters(sender.address).families[FAMILY]
        taken = [path for _, path in receiver.core.tables[FAMILY].adj_rib_in(sender.address) if path.accepted]
        assert (counters.received, counters.accepted) == (len(arrived), len(taken)), where


def paths(node: Node) -> list[tuple[bytes, Path]]:
    table = node.core.tables[FAMILY]
    return [(key, path) for key in table.prefixes() for path in paths_of(table.get(key))]


def policy(names: Any) -> Policy:
    (name,) = names
    return POLICIES[name]


DEEP: Final = int(os.environ.get("CHURN", "0"))
pytestmark = pytest.mark.timeout(0 if DEEP else 240)
TestChurn = Network.TestCase
TestChurn.settings = settings(
    max_examples=DEEP or 60,
    stateful_step_count=50 if DEEP else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
