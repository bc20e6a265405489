"""What candidates become when rules or next hops have changed (RFC 4271 §9.1.1, §9.1.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.config.model import MatchConfig, PolicySets, SetConfig, TermConfig
from pybgp.messages.context import PeerKind
from pybgp.policy.builtin import ACCEPT_ALL
from pybgp.policy.chain import Policy
from pybgp.policy.compile import compile_chain
from pybgp.rib.kernel import KernelRoute, NextHop
from pybgp.rib.local import OWN
from pybgp.rib.next_hops import NextHops
from pybgp.rib.path import Path
from pybgp.routes import Source
from pybgp.speaker.damping import DAMPED
from pybgp.speaker.import_rules import ImportRules
from pybgp.speaker.inbound import UNREACHABLE, Importer
from pybgp.speaker.successors import Dependents, by_new_next_hops, by_new_rules
from tests.unit.rib.paths import block, key, path, source

IPV4 = Family.IPV4_UNICAST
P, Q, R = key("10.1.0.0/16"), key("10.2.0.0/16"), key("10.1.2.0/24")
HOP = address_octets("192.0.2.9")
LABELS = b"\x00\x06\x41"
A, B = source("a", kind=PeerKind.INTERNAL), source("b", kind=PeerKind.INTERNAL, router_id="192.0.2.2")
RULES = ImportRules(
    local_as=64512,
    router_id=address_octets("192.0.2.254"),
    cluster_ids=frozenset(),
    own_addresses=frozenset(),
    allowas_in=0,
    enforce_first_as=False,
    policy=ACCEPT_ALL,
)
SETS = PolicySets(prefix_sets={"first": ("10.1.0.0/16 le 32",)})


def compiled(*terms: TermConfig, functions: bool = False) -> Policy:
    names = ("p", "tests:same") if functions else ("p",)
    return compile_chain(
        names, policies={"p": terms}, sets=SETS, functions={"tests:same": lambda route: route}, own_as=64512
    )


MED = compiled(TermConfig(action="accept", set=SetConfig(med=7)))
REJECT = compiled(TermConfig(action="reject"))
FIRST_MED = compiled(
    TermConfig(action="accept", match=MatchConfig(prefix_set="first"), set=SetConfig(med=7)),
    TermConfig(action="accept"),
)
FIRST_BY_FUNCTION = compiled(
    TermConfig(action="accept", match=MatchConfig(prefix_set="first"), set=SetConfig(med=7)),
    TermConfig(action="accept"),
    functions=True,
)


def importer(policy: Policy = ACCEPT_ALL, next_hops: NextHops | None = None) -> Importer:
    return Importer(replace(RULES, policy=policy), next_hops if next_hops is not None else NextHops())


def med_of(found: Path) -> int | None:
    assert found.accepted is not None
    return found.accepted.med


def labeled(by: Source = A) -> Path:
    return path(by=by).with_labels(LABELS)


# -- other rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [MED, FIRST_MED, FIRST_BY_FUNCTION], ids=["all", "by-mark", "by-prefix"])
def test_other_rules_leave_a_route_its_labels(policy: Policy) -> None:
    found = by_new_rules({"a": importer(policy)}, IPV4)(P, labeled())

    assert med_of(found) == 7
    assert found.labels == LABELS


@pytest.mark.parametrize("policy", [ACCEPT_ALL, FIRST_MED, FIRST_BY_FUNCTION], ids=["all", "by-mark", "by-prefix"])
def test_what_other_rules_make_the_same_of_stays_the_path_it_is(policy: Policy) -> None:
    """So that nothing has changed, and nobody hears of it."""
    before = path(by=A)

    assert by_new_rules({"a": importer(policy)}, IPV4)(Q, before) is before


def test_another_reason_why_a_route_is_not_used_is_another_path() -> None:
    refused = Path(A, 0, block(), None, "by the policy of before")

    found = by_new_rules({"a": importer(REJECT)}, IPV4)(P, refused)

    assert found.accepted is None
    assert found.reason not in ("", refused.reason)


def test_only_the_named_peers_are_judged_again() -> None:
    successor = by_new_rules({"a": importer(MED), "b": importer(MED)}, IPV4, names={"b"})
    of_a, of_b = path(by=A), path(by=B)

    assert successor(P, of_a) is of_a
    assert med_of(successor(P, of_b)) == 7


def test_each_peers_routes_are_judged_by_its_own_rules() -> None:
    successor = by_new_rules({"a": importer(MED), "b": importer(REJECT)}, IPV4)
    of_a, of_b = path(by=A), path(by=B)

    found = [successor(one, each) for one in (P, Q) for each in (of_a, of_b)]

    assert [each.accepted is not None for each in found] == [True, False, True, False]


@pytest.mark.parametrize("newest", [REJECT, FIRST_BY_FUNCTION], ids=["all", "by-prefix"])
def test_rules_that_change_in_the_middle_of_a_walk_count_from_then_on(newest: Policy) -> None:
    importers = {"a": importer(FIRST_MED)}
    successor = by_new_rules(importers, IPV4)
    before = path(by=A)

    first = successor(P, before)
    importers["a"] = importer(newest)
    second = successor(P, before)

    assert med_of(first) == 7
    assert second is not first
    assert (second.accepted is None) == (newest is REJECT)


@pytest.mark.parametrize("policy", [FIRST_MED, FIRST_BY_FUNCTION], ids=["by-mark", "by-prefix"])
def test_prefixes_that_fare_alike_still_share_a_path(policy: Policy) -> None:
    """However the policy looks at them: they are told together."""
    successor = by_new_rules({"a": importer(policy)}, IPV4)
    before = path(by=A)

    first, second = successor(P, before), successor(R, before)

    assert first is second
    assert med_of(first) == 7
    assert successor(Q, before) is before


# -- next hops ---------------------------------------------------------------------------------------------------------


def dependents() -> Dependents:
    return Dependents(frozenset({HOP}))


@pytest.mark.parametrize("policy", [ACCEPT_ALL, FIRST_MED], ids=["all", "by-mark"])
def test_a_route_whose_next_hop_leads_elsewhere_is_another_path(policy: Policy) -> None:
    """With the same attributes: so the kernel hears of it."""
    importers = {"a": importer(policy)}
    before = importers["a"].path(A, 0, block(), IPV4, Q).with_labels(LABELS)

    found = by_new_next_hops(importers, dependents(), IPV4)(Q, before)

    assert found is not before
    assert (found.accepted, found.labels) == (before.accepted, LABELS)


def test_a_route_that_gets_a_way_keeps_its_labels() -> None:
    before = Path(A, 0, block(), None, UNREACHABLE, LABELS)

    found = by_new_next_hops({"a": importer()}, dependents(), IPV4)(P, before)

    assert (found.accepted, found.labels) == (before.received, LABELS)


@pytest.mark.parametrize("policy", [ACCEPT_ALL, FIRST_MED], ids=["all", "by-mark"])
def test_a_route_that_still_has_no_way_stays_the_path_it_is(policy: Policy) -> None:
    next_hops = NextHops()
    next_hops.update(IPV4, {key("172.16.0.0/12"): (KernelRoute("unicast", 4, (NextHop(device="eth0"),)),)})
    before = Path(A, 0, block(), None, UNREACHABLE)

    assert by_new_next_hops({"a": importer(policy, next_hops)}, dependents(), IPV4)(Q, before) is before


def test_next_hops_bring_no_damped_route_back() -> None:
    damped = Path(A, 0, block(), None, DAMPED)

    assert by_new_next_hops({"a": importer()}, dependents(), IPV4)(P, damped) is damped


def test_routes_of_our_own_follow_their_gateways_by_themselves() -> None:
    """``OwnRoutes.follow`` puts a new Path in; a second one would be a second change."""
    own = path(by=OWN)

    assert by_new_next_hops({}, dependents(), IPV4)(P, own) is own


def test_a_route_through_another_next_hop_stays_the_path_it_is() -> None:
    other = path(block(next_hop="192.0.2.10"), by=A)

    assert by_new_next_hops({"a": importer()}, dependents(), IPV4)(P, other) is other
