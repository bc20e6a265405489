"""Whatever happens in a small network, once it is quiet everybody has what a computation from scratch gives.

A reflector with four clients, a non-client and two external peers, one of which has a client too; with IPv4 or IPv6,
as a confederation whose other member the non-client is, with two of the clients from a dynamic range. Routes come,
change and go; connections are cut, speakers stop reading, freeze, drain, restart and join; policies, limits, roles and
options change; refreshes are asked for. After each quiescence:

* every candidate is accepted or refused as ``tests.oracles.routing`` says, and the best is the best (RFC 4271 §9.1);
* aggregates are there if something contributes to them (§9.2.2.2), and only damping's routes are damped (RFC 2439);
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
    AggregateConfig,
    ConfederationConfig,
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
    TermConfig,
    TimersConfig,
)
from pybgp.rib.path import Path, paths_of
from pybgp.routes import SourceKind
from pybgp.speaker.damping import DAMPED
from tests.oracles.routing import (
    Attributes,
    Candidate,
    Options,
    Policy,
    Session,
    accept,
    aggregate,
    best,
    own,
    told,
)
from tests.sim.world import Node, World

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
EXTERNAL_LINKS: Final = ((REFLECTOR, X), (REFLECTOR, Y), (PLAIN, X))
FROM_RANGE: Final = (BOTH_WAYS, SLOW)
"""Clients that the reflector may know as a range only: "192.0.2.2/31"."""
AN_AS, OTHER_MEMBER, WHOLE = 65101, 65102, 64512
PERMANENT: Final = (REFLECTOR, BOTH_WAYS, SLOW, PLAIN, NON_CLIENT, X, Y)
PREFIXES: Final = ("10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16", "0.0.0.0/0")
WIDE: Final = "10.0.0.0/8"
IN_IPV6: Final = {
    **dict(zip(PREFIXES, ("2a00:1::/32", "2a00:1:2::/48", "2a00:2::/32", "::/0"), strict=True)),
    WIDE: "2a00::/16",
}
INSIDE: Final = (*PREFIXES[:2], *(IN_IPV6[prefix] for prefix in PREFIXES[:2]))
"""Those in 10.1.0.0/16 and 2a00:1::/32."""
LONGEST: Final = 900.0
"""Virtual seconds within which the network must have come to rest."""
IN_STEP: Final = 4.0
"""Virtual seconds after which speakers that still exchange messages are taken to go round in circles."""
ONE, ALL, TWO = FamilyConfig(), FamilyConfig(add_path="both"), FamilyConfig(add_path="both", add_path_limit=2)

MARK: Final = 64512 << 16 | 9
NUMBERS: Final = {
    "64512:9": MARK,
    "no-export": 0xFFFFFF01,
    "no-advertise": 0xFFFFFF02,
    "no-export-subconfed": 0xFFFFFF03,
    "graceful-shutdown": 0xFFFF0000,
}
TERMS: Final = {
    "prefer": (TermConfig(action="accept", set=SetConfig(local_pref=200)),),
    "tag": (TermConfig(action="accept", set=SetConfig(med=7, add_communities=("64512:9",))),),
    "longer": (TermConfig(action="accept", set=SetConfig(origin="incomplete", prepend=(65009, 65009))),),
    "plain": (TermConfig(action="accept", set=SetConfig(communities=())),),
    "not_inside": (TermConfig(action="reject", match=MatchConfig(prefix_set="inside")), TermConfig(action="accept")),
    "not_tagged": (TermConfig(action="reject", match=MatchConfig(community_set="tagged")), TermConfig(action="accept")),
}
SETS: Final = PolicySets(
    prefix_sets={"inside": ("10.1.0.0/16 ge 16 le 32", "2a00:1::/32 ge 32 le 128")},
    community_sets={"tagged": ("64512:9",)},
)
DAMPING: Final = DampingRules(half_life=60, reuse=750, suppress=950, max_suppress_time=240)
ROLES: Final = (
    (None, None),
    ("provider", "customer"),
    ("customer", "provider"),
    ("peer", "peer"),
    ("rs", "rs_client"),
    ("rs_client", "rs"),
)
POLICIES: Final[dict[str, Policy]] = {
    "accept": lambda prefix, route: route,
    "reject": lambda prefix, route: None,
    "prefer": lambda prefix, route: replace(route, local_pref=200),
    "tag": lambda prefix, route: replace(route, med=7, med_is_set=True, communities=route.communities | {MARK}),
    "longer": lambda prefix, route: replace(route, origin=2, as_path=(65009, 65009, *route.as_path)),
    "plain": lambda prefix, route: replace(route, communities=frozenset()),
    "not_inside": lambda prefix, route: None if prefix in INSIDE else route,
    "not_tagged": lambda prefix, route: None if MARK in route.communities else route,
}
CHANGES: Final[dict[str, tuple[Any, ...]]] = {
    "import_policy": tuple((name,) for name in POLICIES),
    "export_policy": tuple((name,) for name in POLICIES),
    "timers": (TimersConfig(), TimersConfig(mrai=3)),
    "next_hop": ("auto", "self"),
    "families": (ONE, ALL, TWO),
    "best_external": (False, True),
    "default_originate": (False, True),
    "damping": (False, True),
    "enabled": (True, False),
    "route_reflector_client": (True, False),
    "max_prefixes": (None, MaxPrefixesConfig(limit=2, action="restart", restart_time=30)),
    "graceful_restart": (None, GracefulRestartConfig(role="both")),
}
EVERYWHERE: Final[tuple[tuple[tuple[str, Any], ...], ...]] = (
    (),
    (("best_external", True),),
    (("families", TWO),),
    (("default_originate", True),),
    (("damping", True),),
)
"""What all peers of all speakers have from the beginning, so that it meets everything else."""
SPEAKER_CHANGES: Final[dict[str, tuple[Any, ...]]] = {
    "client_to_client_reflection": (True, False),
    "default_local_pref": (100, 300),
    "decision": (DecisionConfig(), DecisionConfig(always_compare_med=True)),
    "aggregates": ((), (False,), (True,)),  # of WIDE; whether it suppresses
}


def key_and_value(changes: dict[str, tuple[Any, ...]]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.sampled_from([(key, value) for key, values in changes.items() for value in values])


SOME_PREFIXES: Final = st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=3, unique=True)
PAUSES: Final = st.sampled_from((0.0, 0.0, 0.001, 0.002, 1.0))
"""Virtual seconds after something has happened; octets need 0.001 from speaker to speaker."""


class Network(RuleBasedStateMachine):
    @initialize(
        seed=st.integers(0, 3),
        ipv6=st.booleans(),
        confederation=st.booleans(),
        dynamic=st.booleans(),
        everywhere=st.sampled_from(EVERYWHERE),
    )
    def set_up(
        self, seed: int, ipv6: bool, confederation: bool, dynamic: bool, everywhere: tuple[tuple[str, Any], ...]
    ) -> None:
        self.world = World(seed)
        self.family = Family.IPV6_UNICAST if ipv6 else Family.IPV4_UNICAST
        self.confederation = confederation
        self.dynamic = dynamic
        self.draining: set[str] = set()
        self.options: dict[str, dict[str, Any]] = {address: {} for address in (*PERMANENT, JOINER)}
        self.peers: dict[tuple[str, str], PeerConfig] = {}
        self.own: dict[tuple[str, str], Attributes] = {}  # (node, prefix) -> what it announces
        self.congested: set[tuple[str, str]] = set()
        for one, other in ENDS:
            client = one == REFLECTOR and other in (BOTH_WAYS, SLOW, PLAIN, JOINER)
            self.peers[one, other] = PeerConfig(
                self.at(other),
                remote_as=self.asn(other, to=one),
                import_policy=("accept",),
                export_policy=("accept",),
                route_reflector_client=client,
                families={self.family: ALL if BOTH_WAYS in (one, other) else ONE},
                timers=TimersConfig(mrai=3 if other == SLOW else 0),
            )
            for key, value in everywhere:
                self.change((one, other), {key: self.value(key, value)})
        self.change((REFLECTOR, BOTH_WAYS), {})
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
        community=st.sampled_from((None, None, None, *NUMBERS)),
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
            for prefix in map(self.prefix, prefixes):
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
        node = self.nodes[address]
        if node.frozen:
            self.world.thaw(node)
        else:
            node.frozen = True

    @rule(address=st.sampled_from(PERMANENT), pause=PAUSES)
    def drain_or_undo(self, address: str, pause: float) -> None:
        node = self.awake(address)
        if node is not None:
            (node.core.undo_drain if address in self.draining else node.core.drain)(self.world.now)
            self.draining ^= {address}
            self.world.pump(node)
        self.world.advance(pause)

    @rule(end=st.sampled_from(ENDS))
    def stop_or_go_on_reading(self, end: tuple[str, str]) -> None:
        if self.awake(end[0]) is None:
            return
        if end in self.congested:
            self.go_on_reading(*end)
        else:
            self.stop_reading(*end)

    @rule(end=st.sampled_from(ENDS), enhanced=st.booleans(), pause=PAUSES)
    def refresh(self, end: tuple[str, str], enhanced: bool, pause: float) -> None:
        """Asked for by the peer as it is usual, or served without BoRR and EoRR as to a peer that doesn't know them."""
        node = self.awake(end[0])
        peer = node.core.sessions.peers.get(self.at(end[1])) if node is not None else None
        if node is None or peer is None or not peer.established:
            return
        if enhanced:
            node.core.refresh_peer(peer.name, self.world.now)
        elif peer.fsm.conn is not None:
            node.core.flush(self.world.now)
            node.core.outbound.refresh(peer.fsm.conn, self.family, enhanced=False)
        self.world.pump(node)
        self.world.advance(pause)

    @rule(end=st.sampled_from(ENDS), change=key_and_value(CHANGES), pause=PAUSES)
    def change_peer(self, end: tuple[str, str], change: tuple[str, Any], pause: float) -> None:
        key, value = change
        if key == "route_reflector_client" and (end[0] != REFLECTOR or end[1] in AS):
            return
        if self.awake(end[0]) is not None:
            self.change(end, {key: self.value(key, value)})
            self.reconfigure(end[0])
        self.world.advance(pause)

    @rule(link=st.sampled_from(EXTERNAL_LINKS), roles=st.sampled_from(ROLES))
    def change_roles(self, link: tuple[str, str], roles: tuple[str | None, str | None]) -> None:
        """At both ends; while they are at it the session is refused."""
        if all(self.awake(address) is not None for address in link):
            for end, role in zip((link, link[::-1]), roles, strict=True):
                self.change(end, {"role": role})
                self.reconfigure(end[0])

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
        if JOINER in self.nodes:
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
        self.break_step()
        world.run_until(self.all_up, limit=LONGEST)
        self.break_step()
        world.run_until(lambda: world.quiet, limit=LONGEST)
        self.check()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.settle()

    # -- names -------------------------------------------------------------------------------------------------------

    def at(self, name: str) -> str:
        """The address of a speaker, whose name is its router identifier."""
        return name if self.family == Family.IPV4_UNICAST else f"2001:db8::{name.rpartition('.')[2]}"

    @property
    def nodes(self) -> dict[str, Node]:
        return {name: node for name in (*PERMANENT, JOINER) if (node := self.world.nodes.get(self.at(name)))}

    def prefix(self, prefix: str) -> str:
        return prefix if self.family == Family.IPV4_UNICAST else IN_IPV6[prefix]

    def asn(self, name: str, *, to: str = "") -> int:
        """A speaker's AS number for another one, or its own."""
        if name in AS:
            return AS[name]
        if not self.confederation or to in AS:
            return WHOLE
        return OTHER_MEMBER if name == NON_CLIENT else AN_AS

    # -- doing it ----------------------------------------------------------------------------------------------------

    def awake(self, address: str) -> Node | None:
        node = self.nodes.get(address)
        return node if node is not None and not node.frozen else None

    def value(self, key: str, value: Any) -> Any:
        """As it is configured; what is sampled knows no family."""
        return {self.family: value} if key == "families" else value

    def change(self, end: tuple[str, str], values: dict[str, Any]) -> None:
        """What one speaker has configured of another; all guests of a range are configured alike."""
        alike = [(REFLECTOR, name) for name in FROM_RANGE]
        changed = replace(self.peers[end], **values)
        for each in alike if self.dynamic and end in alike else [end]:
            self.peers[each] = replace(changed, address=self.at(each[1]))

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
        for prefix in map(self.prefix, prefixes):
            node.announce(prefix, local_pref=local_pref, med=med, communities=communities, prepend=prepend)
            self.own[address, prefix] = Attributes(
                as_path=prepend,
                local_pref=local_pref,
                med=med,
                communities=frozenset(NUMBERS[each] for each in communities),
            )

    def start(self, address: str) -> None:
        members = ConfederationConfig(identifier=WHOLE, members=(AN_AS, OTHER_MEMBER))
        node = self.world.add(
            self.at(address),
            router_id=address,
            asn=self.asn(address),
            confederation=members if self.confederation and address not in AS else None,
            damping=DAMPING,
            policies=TERMS,
            sets=SETS,
            **self.configured(address),
        )
        node.core.watchers = 1

    def stop(self, address: str) -> None:
        self.world.kill(self.nodes[address])
        self.draining.discard(address)
        self.own = {at: route for at, route in self.own.items() if at[0] != address}
        self.congested = {end for end in self.congested if end[0] != address}

    def reconfigure(self, address: str) -> None:
        node = self.nodes[address]
        node.core.reconfigure(replace(node.core.config, **self.configured(address)), self.world.now)
        self.world.pump(node)

    def configured(self, address: str) -> dict[str, Any]:
        """What changes of a speaker's configuration."""
        options = dict(self.options[address])
        suppress = options.pop("aggregates", ())
        ends = [end for end in ENDS if end[0] == address and (end[1] != JOINER or JOINER in self.nodes)]
        guests = [end for end in ends if self.dynamic and address == REFLECTOR and end[1] in FROM_RANGE]
        return {
            **options,
            "aggregates": tuple(AggregateConfig(self.prefix(WIDE), suppress=each) for each in suppress),
            "peers": tuple(self.peers[end] for end in ends if end not in guests),
            "dynamic_peers": tuple(
                DynamicPeersConfig(
                    f"{self.at(end[1])}/{127 if self.family == Family.IPV6_UNICAST else 31}",
                    template=replace(self.peers[end], address=""),
                )
                for end in guests[:1]
            ),
        }

    def stop_reading(self, one: str, other: str) -> None:
        node = self.nodes.get(one)
        peer = node.core.sessions.peers.get(self.at(other)) if node is not None else None
        if node is not None and peer is not None and peer.fsm.conn is not None:
            node.core.congested(peer.fsm.conn, self.world.now)
            self.congested.add((one, other))

    def go_on_reading(self, one: str, other: str) -> None:
        self.congested.discard((one, other))
        node = self.nodes[one]
        peer = node.core.sessions.peers.get(self.at(other))
        if peer is not None and peer.fsm.conn is not None:
            node.core.writable(peer.fsm.conn, self.world.now)
            self.world.pump(node)

    def break_step(self) -> None:
        """Where two speakers each prefer what the other one tells, both outcomes are stable; but as all messages take
        equally long, both may change their minds in step forever. One side says nothing for a while then."""
        world = self.world
        patience = world.now + IN_STEP
        world.run_until(lambda: world.quiet or world.now > patience, limit=LONGEST)
        if not world.quiet:
            for link in LINKS:
                self.stop_reading(*link)
            world.advance(1)
            for link in sorted(self.congested):
                self.go_on_reading(*link)

    def all_up(self) -> bool:
        """Are all sessions up that can be? Those with a limit may be, or not."""
        for link in LINKS:
            ends = [self.peers[link], self.peers[link[::-1]]]
            if all(end.enabled and end.max_prefixes is None for end in ends) and not self.established(*link):
                return JOINER in link and JOINER not in self.nodes
        return True

    def established(self, one: str, other: str) -> bool:
        """At both ends, and the first tables are through."""
        for address, peer in ((one, other), (other, one)):
            node = self.nodes.get(address)
            found = node.core.sessions.peers.get(self.at(peer)) if node is not None else None
            if found is None or not found.established or self.family not in found.received_end_of_rib:
                return False
        return True

    # -- what must be so ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        loc_ribs = {}
        for name, node in self.nodes.items():
            loc_ribs[name] = self.candidates(name, node)
            self.check_decision(name, node, loc_ribs[name])
        for one, other in ENDS:
            if self.established(one, other):
                self.check_adjacency(one, other, loc_ribs[one])

    def session(self, one: str, other: str) -> Session:
        config = self.peers[one, other]
        ours, theirs = ((each.families or {})[self.family] for each in (config, self.peers[other, one]))
        return Session(
            local=self.at(one),
            remote=self.at(other),
            local_id=one,
            remote_id=other,
            local_as=self.asn(one, to=other),
            remote_as=self.asn(other, to=one),
            in_confederation=self.confederation and not {one, other} & AS.keys(),
            client=config.route_reflector_client,
            imports=policy(config.import_policy),
            exports=policy(config.export_policy),
            next_hop=config.next_hop,
            add_path=ours.add_path == theirs.add_path == "both",
            add_path_limit=ours.add_path_limit or 0,
            best_external=config.best_external,
            default_originate=config.default_originate,
            role=config.role,
        )

    def speaker(self, address: str) -> Options:
        options = self.options[address]
        confederation = self.confederation and address not in AS
        return Options(
            cluster_id=address,
            default_local_pref=options.get("default_local_pref", 100),
            client_to_client=options.get("client_to_client_reflection", True),
            always_compare_med=options.get("decision", DecisionConfig()).always_compare_med,
            member_as=self.asn(address) if confederation else 0,
            confederation=WHOLE if confederation else 0,
            suppressing=tuple(self.prefix(WIDE) for suppress in options.get("aggregates", ()) if suppress),
            draining=address in self.draining,
        )

    def candidates(self, name: str, node: Node) -> dict[str, list[Candidate]]:
        """What the node has heard and announces itself, with what import must have made of it."""
        ours = {prefix: own("local", route) for (at, prefix), route in self.own.items() if at == name}
        options = self.speaker(name)
        peers = {self.at(other): self.session(name, other) for one, other in ENDS if one == name}
        found: dict[str, list[Candidate]] = {prefix: [each] for prefix, each in ours.items()}
        aggregates: dict[str, Attributes] = {}
        for key, path in self.paths(node):
            prefix = key_text(self.family, key)
            if path.source.name == "aggregate":
                aggregates[prefix] = Attributes.of(path.received)
                continue
            if path.source.kind is SourceKind.LOCAL:
                assert Attributes.of(path.received) == ours.pop(prefix).received
                continue
            session = peers[path.source.name]
            received = Attributes.of(path.received)
            damped = self.is_damped(node, key, path)
            assert damped == (path.reason == DAMPED), (node.address, prefix, path)
            accepted = None if damped else accept(prefix, received, session, options)
            assert (Attributes.of(path.accepted) if path.accepted else None) == accepted, (node.address, prefix, path)
            found.setdefault(prefix, []).append(
                Candidate(
                    session=session,
                    name=path.source.name,
                    path_id=path.path_id,
                    received=received,
                    accepted=accepted,
                )
            )
        assert not ours
        loc_rib = {prefix: first for prefix, some in found.items() if (first := best(some, options)) is not None}
        for prefix in [self.prefix(WIDE)] if self.options[name].get("aggregates") else []:
            made = aggregate(prefix, loc_rib)
            assert aggregates.pop(prefix, None) == made, node.address
            if made is not None:
                found.setdefault(prefix, []).append(own("aggregate", made))
        assert not aggregates
        return found

    def is_damped(self, node: Node, key: bytes, path: Path) -> bool:
        """Has the peer's damping, if it is on, suppressed the route?"""
        peer = node.core.sessions.peers.get(path.source.name)
        damping = peer.damping if peer is not None else None
        return damping is not None and (self.family, path.path_id, key) in damping.flaps.suppressed

    def paths(self, node: Node) -> list[tuple[bytes, Path]]:
        table = node.core.tables[self.family]
        return [(key, path) for key in table.prefixes() for path in paths_of(table.get(key))]

    def check_decision(self, name: str, node: Node, candidates: dict[str, list[Candidate]]) -> None:
        options = self.speaker(name)
        expected = {prefix: best(some, options) for prefix, some in candidates.items()}
        loc_rib = dict(node.core.tables[self.family].loc_rib())
        chosen = {key_text(self.family, key): path for key, path in loc_rib.items()}
        for prefix, winner in expected.items():
            path = chosen.pop(prefix, None)
            if winner is None:
                assert path is None, (node.address, prefix)
                continue
            assert path is not None, (node.address, prefix)
            assert (path.source.name, path.path_id) == (winner.name, winner.path_id), (node.address, prefix)
        assert not chosen
        assert {key: path for key, path in node.watched.items() if path is not None} == loc_rib

    def check_adjacency(self, one: str, other: str, loc_rib: dict[str, list[Candidate]]) -> None:
        """Adj-RIB-Out of one end is Adj-RIB-In of the other."""
        sender, receiver, family = self.nodes[one], self.nodes[other], self.family
        where = f"{one} to {other}"
        session, options = self.session(one, other), self.speaker(one)
        default = key_text(family, b"\0")
        expected = Counter(
            (prefix, each)
            for prefix, candidates in {default: [], **loc_rib}.items()
            for each in told(prefix, candidates, session, options)
        )
        table = receiver.core.tables[family]
        adj_rib_in = list(table.adj_rib_in(sender.address))
        arrived = {(key, path.path_id): path.received for key, path in adj_rib_in}
        found = Counter((key_text(family, key), Attributes.of(block)) for (key, _), block in arrived.items())
        assert found == expected, where
        views = sender.core.route_views(family, peer=receiver.address, direction="advertised")
        said = {(view.key, view.path_id): view.block for view in views}
        assert {at: (block.octets, block.next_hop) for at, block in arrived.items()} == {
            at: (block.octets, block.next_hop) for at, block in said.items()
        }, where
        assert sender.counters(receiver.address).families[family].advertised == len(arrived), where
        counters = receiver.counters(sender.address).families[family]
        taken = [path for _, path in adj_rib_in if path.accepted]
        assert (counters.received, counters.accepted) == (len(arrived), len(taken)), where


def policy(names: Any) -> Policy:
    (name,) = names
    return POLICIES[name]


DEEP: Final = int(os.environ.get("CHURN", "0"))
pytestmark = pytest.mark.timeout(0 if DEEP else 240)
TestChurn = Network.TestCase
TestChurn.settings = settings(
    max_examples=DEEP or 50,
    stateful_step_count=50 if DEEP else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_med_that_import_sets_and_export_sets_again_goes_outside() -> None:
    """Both policies set 7: export changes nothing, and what it sets is its own and no neighbour's (RFC 4271 §5.1.4)."""
    network = Network()
    network.set_up(seed=0, ipv6=False, confederation=False, dynamic=False, everywhere=())
    network.withdraw(address=NON_CLIENT, prefixes=PREFIXES[:2], pause=0.0)  # without MED, it would be preferred
    tag = ("tag",)
    network.change_peer(end=(REFLECTOR, SLOW), change=("import_policy", tag), pause=0.0)
    network.settle()
    network.change_peer(end=(REFLECTOR, Y), change=("export_policy", tag), pause=0.0)
    network.settle()
    told = network.nodes[Y].core.tables[network.family].adj_rib_in(REFLECTOR)
    assert {path.received.med for _, path in told} == {7}


def test_two_that_change_their_minds_in_step_come_to_rest() -> None:
    """One prefers the other's routes for their LOCAL_PREF, the other one that one's for their shorter paths."""
    network = Network()
    network.set_up(seed=0, ipv6=False, confederation=True, dynamic=False, everywhere=())
    network.change_peer(end=(REFLECTOR, PLAIN), change=("import_policy", ("prefer",)), pause=1.0)
    network.cut(link=(REFLECTOR, PLAIN), pause=0.0)
    network.settle()
