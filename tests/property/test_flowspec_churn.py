"""Flow specifications in a small network in which much happens: once it is quiet, each speaker uses what the rules say
by its own unicast routes (``tests.oracles.routing.feasible``), and has what its peers say that they tell it.

A reflector with two clients, an internal peer and two ASes outside. Routes and flow specifications come, change and go,
between flushes too; connections are cut; policies, validation and intervals change.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pybgp.addresses import Family, address_text, key_text
from pybgp.config.model import FamilyConfig, PeerConfig, TimersConfig
from pybgp.messages.context import PeerKind
from pybgp.messages.families.flowspec import IPV4_FLOWSPEC
from pybgp.rib.path import Path, paths_of
from pybgp.routes import SourceKind
from pybgp.speaker.originate import own_route
from tests.oracles.routing import Attributes, Candidate, Session, feasible
from tests.sim.world import Node, World, ebgp, ibgp

V4, FLOW4 = Family.IPV4_UNICAST, Family.IPV4_FLOWSPEC
RR, A, B, C, X, Y = (f"192.0.2.{host}" for host in (1, 11, 12, 13, 31, 32))
AS = {X: 65001, Y: 65002}
OTHERS = st.sampled_from((A, B, C, X, Y))
PREFIXES = ("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.128/25", "10.1.2.3/32")
RULES = (*(f"destination {prefix} protocol =17" for prefix in PREFIXES), "protocol =17")
CHANGES: tuple[dict[str, Any], ...] = (
    {"validate_flowspec": False},
    {"validate_flowspec": True},
    {"import_policy": ("reject",)},
    {"import_policy": ("accept",)},
    {"export_policy": ("reject",)},
    {"export_policy": ("accept",)},
    {"timers": TimersConfig(mrai=5)},
    {"timers": TimersConfig()},
    {"route_server_client": True},
    {"route_server_client": False},
)
LONGEST = 600


class Network(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 3), add_path=st.booleans())
    def set_up(self, seed: int, add_path: bool) -> None:
        self.world = World(seed)
        options: Any = {
            "families": {each: FamilyConfig(add_path="both" if add_path else "off") for each in (V4, FLOW4)}
        }
        peers = [
            *(ibgp(each, route_reflector_client=True, **options) for each in (A, B)),
            ibgp(C, **options),
            *(ebgp(each, AS[each], **options) for each in (X, Y)),
        ]
        self.world.add(RR, peers=peers)
        for each in (A, B, C):
            self.world.add(each, peers=[ibgp(RR, **options)])
        for each in (X, Y):
            self.world.add(each, asn=AS[each], peers=[ebgp(RR, 64512, enforce_first_as=False, **options)])
        self.settle()

    @rule(what=st.lists(st.tuples(OTHERS, st.sampled_from((*PREFIXES, *RULES)), st.integers(0, 2)), max_size=4))
    def routes(self, what: list[tuple[str, str, int]]) -> None:
        """Announced with a MED of 1 or 2, or withdrawn; all before anybody flushes."""
        nodes = {name: self.world.nodes[name] for name, _, _ in what}
        for name, text, med in what:
            core = nodes[name].core
            family, key, route = own_route(text, med=med)
            if med:
                core.announce(family, key, route)
            else:
                core.withdraw(family, key)
        for node in nodes.values():
            self.world.pump(node)

    @rule(name=OTHERS)
    def cut(self, name: str) -> None:
        self.world.cut(self.world.nodes[RR], self.world.nodes[name])

    @rule(name=OTHERS, change=st.sampled_from(CHANGES))
    def change(self, name: str, change: dict[str, Any]) -> None:
        """What the reflector thinks of a peer."""
        if "route_server_client" in change and name not in AS:
            return
        core = self.world.nodes[RR].core
        peers = tuple(replace(peer, **change) if peer.address == name else peer for peer in core.config.peers)
        core.reconfigure(replace(core.config, peers=peers), self.world.now)
        self.world.pump(self.world.nodes[RR])

    @rule(seconds=st.sampled_from((0.001, 0.003, 6)))
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule()
    def settle(self) -> None:
        world = self.world
        nodes = world.nodes.values()
        world.run_until(lambda: all(node.core.all_established() for node in nodes), limit=LONGEST)
        world.run_until(lambda: world.quiet, limit=LONGEST)
        for node in nodes:
            self._uses_what_is_feasible(node)
        for name in (A, B, C, X, Y):
            for one, other in ((RR, name), (name, RR)):
                self._has_what_it_is_told(world.nodes[one], world.nodes[other])

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.settle()

    def _uses_what_is_feasible(self, node: Node) -> None:
        config = {peer.address: peer for peer in node.core.config.peers}
        best = {key_text(V4, key): _candidate(path, config) for key, path in node.core.tables[V4].loc_rib()}
        for key, entry in node.core.tables[FLOW4].entries():
            words = str(IPV4_FLOWSPEC.value(key)).split()
            destination = words[1] if words[0] == "destination" else None
            for path in paths_of(entry):
                peer = config.get(path.source.name)
                expected = True
                if peer is not None and peer.import_policy == ("reject",):
                    expected = False
                elif peer is not None and peer.validate_flowspec:
                    expected = feasible(destination, _candidate(path, config), best)
                assert (path.accepted is not None) is expected, (node.address, words, path)

    @staticmethod
    def _has_what_it_is_told(sender: Node, receiver: Node) -> None:
        for family in (V4, FLOW4):
            told = [
                (view.key, view.path_id, view.block.octets)
                for view in sender.core.route_views(family, peer=receiver.address, direction="advertised")
            ]
            arrived = [
                (key, path.path_id, path.received.octets)
                for key, path in receiver.core.tables[family].adj_rib_in(sender.address)
            ]
            assert Counter(told) == Counter(arrived), (sender.address, receiver.address, family)
            assert sender.counters(receiver.address).families[family].advertised == len(arrived)


def _candidate(path: Path, config: dict[str, PeerConfig]) -> Candidate:
    peer = config.get(path.source.name)
    attributes = Attributes.of(path.received)
    if peer is None:
        assert path.source.kind is SourceKind.LOCAL
        return Candidate(session=None, name="local", path_id=0, received=attributes, accepted=attributes)
    session = Session(
        local="",
        remote=peer.address,
        local_id="",
        remote_id=address_text(path.source.router_id),
        local_as=1,
        remote_as=1 if path.source.peer_kind is PeerKind.INTERNAL else 2,
        imports=lambda prefix, given: given,
        exports=lambda prefix, given: given,
    )
    return Candidate(session=session, name=peer.address, path_id=0, received=attributes, accepted=attributes)


DEEP: Final = int(os.environ.get("CHURN", "0"))
pytestmark = pytest.mark.timeout(0 if DEEP else 240)
TestNetwork = Network.TestCase
TestNetwork.settings = settings(
    max_examples=DEEP or 25,
    stateful_step_count=50 if DEEP else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
