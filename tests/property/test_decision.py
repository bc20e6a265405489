"""The decision process against the slow one that reads like the RFC, over random tables and orders of arrival."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pybgp.addresses import Family, address_octets
from pybgp.constants import Origin as OriginValue
from pybgp.messages.attributes.aigp import Aigp
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.messages.context import PeerKind
from pybgp.rib.decision import Decision
from pybgp.rib.multipath import Multipath
from pybgp.rib.path import Path, best_of, paths_of
from pybgp.rib.table import Table
from pybgp.routes import Source, SourceKind
from tests.property.reference_decision import Candidate, Options, ReferenceDecision
from tests.unit.rib.paths import block, key

KINDS = {
    "sequence": SegmentType.AS_SEQUENCE,
    "set": SegmentType.AS_SET,
    "confed": SegmentType.AS_CONFED_SEQUENCE,
}
COSTS = {"192.0.2.9": 0, "192.0.2.10": 10, "192.0.2.11": 10, "192.0.2.12": 20}
PREFIX = key("10.65.1.0/26")

segments = st.tuples(
    st.sampled_from(("sequence", "sequence", "set", "confed")),
    st.lists(st.sampled_from((65001, 65002, 65003)), min_size=1, max_size=2).map(tuple),
)
names = st.sampled_from("abcde")
candidates = st.builds(
    Candidate,
    peer=names,
    path_id=st.sampled_from((0, 0, 1)),
    preference=st.sampled_from((100,) * 8 + (200,)),
    usable=st.sampled_from((True,) * 6 + (False,)),
    llgr_stale=st.sampled_from((False,) * 6 + (True,)),
    local_pref=st.sampled_from((None, None, 100, 100, 200)),
    aigp=st.sampled_from((None,) * 4 + (5, 15)),
    as_path=st.one_of(
        st.sampled_from(((("sequence", (65001,)),), (("sequence", (65002,)),), ())),
        st.lists(segments, max_size=2).map(tuple),
    ),
    origin=st.sampled_from(("igp", "igp", "igp", "egp", "incomplete")),
    med=st.sampled_from((None, 0, 10, 20)),
    next_hop=st.sampled_from(tuple(COSTS)),
    originator_id=st.sampled_from((None, None, "1.1.1.1", "9.9.9.9")),
    cluster_list=st.sampled_from(((), (), ("1.1.1.1",), ("1.1.1.1", "2.2.2.2"))),
)
options = st.builds(
    Options,
    always_compare_med=st.booleans(),
    missing_med_as_worst=st.booleans(),
    as_path_ignore=st.booleans(),
    prefer_oldest=st.booleans(),
    ebgp=st.sampled_from((1, 2, 3)),
    ibgp=st.sampled_from((1, 2, 3)),
    as_path_relax=st.booleans(),
)
PEERS = {  # what a peer's session has, the same for all its paths; d and e are sessions with one router
    "a": {"peer_kind": "internal", "peer_address": "192.0.2.1", "router_id": "1.1.1.1"},
    "b": {"peer_kind": "external", "peer_address": "192.0.2.20", "router_id": "4.4.4.4"},
    "c": {"peer_kind": "confederation", "peer_address": "2001:db8::1", "router_id": "3.3.3.3"},
    "d": {"peer_kind": "external", "peer_address": "192.0.2.3", "router_id": "2.2.2.2"},
    "e": {"peer_kind": "external", "peer_address": "2001:db8::2", "router_id": "2.2.2.2"},
}
SOURCES: dict[tuple[str, int], Source] = {}


def of_peer(candidate: Candidate) -> Candidate:
    return replace(candidate, **PEERS[candidate.peer])


def path_of(candidate: Candidate) -> Path:
    """What a session would make of it."""
    source = SOURCES.setdefault(
        (candidate.peer, candidate.preference),
        Source(
            kind=SourceKind.BGP,
            name=candidate.peer,
            preference=candidate.preference,
            peer_kind=PeerKind[candidate.peer_kind.upper()],
            address=address_octets(candidate.peer_address),
            router_id=address_octets(candidate.router_id),
        ),
    )
    more: list[Any] = []
    if candidate.aigp is not None:
        more.append(Aigp.of(candidate.aigp))
    if candidate.originator_id is not None:
        more.append(OriginatorId(address_octets(candidate.originator_id)))
    if candidate.cluster_list:
        more.append(ClusterList(tuple(map(address_octets, candidate.cluster_list))))
    made = block(
        AsPath(tuple(Segment(KINDS[kind], asns) for kind, asns in candidate.as_path)),
        next_hop=candidate.next_hop,
        origin=OriginValue[candidate.origin.upper()],
        local_pref=candidate.local_pref,
        med=candidate.med,
        communities=("llgr-stale",) if candidate.llgr_stale else (),
        more=more,
    )
    return Path(source, candidate.path_id, made, made if candidate.usable else None, "" if candidate.usable else "no")


def fast(chosen: Options) -> tuple[Decision, Multipath]:
    decision = Decision(
        always_compare_med=chosen.always_compare_med,
        missing_med_as_worst=chosen.missing_med_as_worst,
        as_path_ignore=chosen.as_path_ignore,
        prefer_oldest=chosen.prefer_oldest,
        cost=lambda next_hop: COSTS[".".join(map(str, next_hop))],
    )
    return decision, Multipath(decision, ebgp=chosen.ebgp, ibgp=chosen.ibgp, as_path_relax=chosen.as_path_relax)


def slow(chosen: Options) -> ReferenceDecision:
    return ReferenceDecision(chosen, COSTS.__getitem__)


arrivals = st.lists(
    st.one_of(candidates.map(of_peer), st.tuples(names, st.sampled_from((0, 1)))), min_size=2, max_size=14
)


@pytest.mark.row("DEC-01", "DEC-02", "DEC-03", "DEC-04", "DEC-05", "DEC-06", "DEC-07", "DEC-08", "DEC-09", "DEC-10")
@pytest.mark.row("DEC-11", "DEC-12", "DEC-13", "DEC-19", "DEC-20", "CFD-08", "AIG-01")
@settings(max_examples=150)
@given(options, arrivals)
def test_the_table_has_what_the_rfcs_read_aloud_give(chosen: Options, steps: list[Any]) -> None:
    """Announcements, replacements, withdrawals: after each the candidates are in the order that the rules give to what
    is there now. What was best before matters with ``prefer_oldest``, and only then."""
    decision, multipath = fast(chosen)
    reference = slow(chosen)
    table = Table(Family.IPV4_UNICAST, decision)
    present: dict[tuple[str, int], tuple[Candidate, Path]] = {}
    for step in steps:
        before = best_of(table.get(PREFIX))
        best_before = next((c for c, path in present.values() if path is before), None)
        was = dict(present)
        if isinstance(step, Candidate):
            path = path_of(step)
            present[step.where_from] = step, path
            table.insert([PREFIX], path)
        else:
            present.pop(step, None)
            table.withdraw([PREFIX], *step)
        known = {path: candidate for candidate, path in present.values()}

        entry = table.get(PREFIX)
        found = [known[path] for path in paths_of(entry)]

        here = [candidate for candidate, _ in present.values()]
        if present != was:
            assert found == reference.order(here, best_before)
        if not chosen.prefer_oldest:
            assert found == reference.order(here)
            assert [known[path] for path in multipath.members(entry)] == reference.together(here)


@settings(max_examples=50)
@given(options, st.lists(candidates.map(of_peer), min_size=2, max_size=6, unique_by=lambda c: c.where_from))
def test_each_path_beats_the_next_one_by_a_step_that_can_be_named(chosen: Options, some: list[Candidate]) -> None:
    decision, _ = fast(chosen)
    ordered = decision.order([path_of(candidate) for candidate in some])

    for better, worse in pairwise(ordered):
        verdict = decision.why(better, worse)
        assert verdict.winner != verdict.loser or verdict.step == "DEC-12", verdict
        assert not str(verdict.winner).startswith("-")
        assert verdict.rfc or verdict.step == "DEC-20"


A = of_peer(Candidate(peer="b", as_path=(("sequence", (65001,)),), med=20))
B = of_peer(Candidate(peer="c", as_path=(("sequence", (65001,)),), med=10))
C = of_peer(Candidate(peer="d", as_path=(("sequence", (65002,)),), med=99))


@pytest.mark.row("DEC-05", "DEC-06")
@example([A, B, C])
@example([replace(A, router_id="1.0.0.1"), replace(B, router_id="9.0.0.1"), replace(C, router_id="5.0.0.1")])
@settings(max_examples=30)
@given(st.lists(candidates.map(of_peer), min_size=3, max_size=4, unique_by=lambda c: c.where_from))
def test_the_best_path_is_the_same_in_all_orders_of_arrival(some: list[Candidate]) -> None:
    """The classic trap: A, B of one AS and C of another, where each beats the next if compared two by two."""
    decision, _ = fast(Options())
    (expected,) = {slow(Options()).order(list(order))[0] for order in permutations(some)}
    for order in permutations(some):
        table = Table(Family.IPV4_UNICAST, decision)
        made = {path_of(candidate): candidate for candidate in order}
        for path in made:
            table.insert([PREFIX], path)
        assert made[paths_of(table.get(PREFIX))[0]] == expected
