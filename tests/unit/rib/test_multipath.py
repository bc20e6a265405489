"""Which paths go to the kernel together, and with which weights."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.context import PeerKind
from pybgp.rib.decision import Decision
from pybgp.rib.local import OWN
from pybgp.rib.multipath import Multipath, bandwidth, kernel_weights
from pybgp.rib.path import Path

from .paths import EXTERNAL, block, path, source

ONE = source("a", kind=EXTERNAL, router_id="1.1.1.1")
TWO = source("b", kind=EXTERNAL, router_id="2.2.2.2")
THREE = source("c", kind=EXTERNAL, router_id="3.3.3.3")


def members(*paths: Path, ebgp: int = 4, ibgp: int = 4, **options: Any) -> tuple[Path, ...]:
    decision = Decision()
    return Multipath(decision, ebgp=ebgp, ibgp=ibgp, **options).members(decision.order(paths))


def via(next_hop: str, by: Any = ONE, **attributes: Any) -> Path:
    return path(block(next_hop=next_hop, **attributes), by=by)


def linked(next_hop: str, rate: float, by: Any = ONE, kind: bytes = b"\x40\x04") -> Path:
    community = kind + b"\xfd\xe8" + pack("!f", rate)
    return via(next_hop, by, more=[ExtendedCommunities((community,))])


def test_what_only_ties_tell_apart_goes_together() -> None:
    one, two = via("192.0.2.1"), via("192.0.2.2", TWO)

    assert members(two, one) == (one, two)
    assert members(one, two, ebgp=1) == (one,)


@pytest.mark.parametrize(
    "worse",
    [
        via("192.0.2.2", TWO, local_pref=50),
        via("192.0.2.2", TWO, as_path=(65001, 65001)),
        via("192.0.2.2", TWO, med=7),
        via("192.0.2.2", source("b")),
        path(block(next_hop="192.0.2.2"), by=TWO, reason="AS loop"),
    ],
    ids=["LOCAL_PREF", "AS_PATH", "MED", "internal", "not eligible"],
)
def test_what_is_worse_by_a_step_stays_behind(worse: Path) -> None:
    one = via("192.0.2.1")

    assert members(one, worse, as_path_relax=True) == (one,)


def test_the_limit_is_of_next_hops_and_of_the_best_ones() -> None:
    """Two reflectors that tell of the same next hop are one way."""
    one, two, three = via("192.0.2.1"), via("192.0.2.2", TWO), via("192.0.2.3", THREE)
    again = path(block(next_hop="192.0.2.1"), by=source("d", kind=EXTERNAL, router_id="1.1.1.2"))

    assert members(three, again, two, one, ebgp=2) == (one, two)


def test_another_as_is_equal_only_if_relaxed() -> None:
    one, two = via("192.0.2.1"), via("192.0.2.2", TWO, as_path=(65002,))

    assert members(one, two) == (one,)
    assert members(one, two, as_path_relax=True) == (one, two)


def test_inside_our_as_the_whole_path_must_be_the_same() -> None:
    by, other = source("a", router_id="1.1.1.1"), source("b", router_id="2.2.2.2")
    one = via("192.0.2.1", by, as_path=(65001, 65009))

    same, different = via("192.0.2.2", other, as_path=(65001, 65009)), via("192.0.2.2", other, as_path=(65001, 65008))
    assert members(one, same) == (one, same)
    assert members(one, same, ibgp=1) == (one,)
    assert members(one, different) == (one,)
    assert members(one, different, as_path_relax=True) == (one, different)


def test_a_path_that_a_med_removed_is_not_equal_though_another_as_is_best() -> None:
    """RFC 4271 §9.1.2.2 c comes first."""
    best = via("192.0.2.1", as_path=(65002,), med=99)
    low, high = via("192.0.2.2", THREE, med=10), via("192.0.2.3", TWO, med=20)

    assert members(best, low, high, as_path_relax=True) == (best, low)


def test_a_route_of_our_own_goes_alone() -> None:
    own = path(block(next_hop="192.0.2.7"), by=OWN)

    assert members(own, path(block(next_hop="192.0.2.8"), by=replace(OWN, name="again"))) == (own,)


@pytest.mark.parametrize("kind", [b"\x40\x04", b"\x00\x04"], ids=["non-transitive", "transitive"])
def test_weights_follow_the_link_bandwidth_if_each_path_has_one(kind: bytes) -> None:
    """draft-ietf-idr-link-bandwidth §3."""
    one, two = linked("192.0.2.1", 1.25e9, kind=kind), linked("192.0.2.2", 1.25e8, TWO, kind)
    rules = Multipath(Decision(), ebgp=4, bandwidth=True)

    assert kernel_weights(rules.weights((one, two))) == (10, 1)
    assert kernel_weights(rules.weights((one, two, via("192.0.2.3", THREE)))) == (1, 1, 1)
    assert kernel_weights(Multipath(Decision(), ebgp=4).weights((one, two))) == (1, 1)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_bandwidth_that_makes_no_sense_is_none(rate: float) -> None:
    assert bandwidth(linked("192.0.2.1", rate)) is None


@pytest.mark.parametrize(
    ("shares", "weights"),
    [((1,), (1,)), ((3, 3), (1, 1)), ((Fraction(1, 2), Fraction(1, 3)), (3, 2)), ((1, 100000), (1, 256))],
)
def test_weights_are_as_small_as_they_can_be(shares: tuple[Any, ...], weights: tuple[int, ...]) -> None:
    assert kernel_weights(tuple(map(Fraction, shares))) == weights


@given(st.lists(st.integers(1, 1 << 40), min_size=1, max_size=8))
def test_weights_fit_the_kernel_and_keep_the_order(rates: list[int]) -> None:
    weights = kernel_weights([Fraction(rate) for rate in rates])

    assert all(1 <= weight <= 256 for weight in weights)
    for one, other in pairwise(rates):
        pair = weights[rates.index(one)], weights[rates.index(other)]
        assert one == other or (pair[0] <= pair[1]) == (one < other) or pair[0] == pair[1]


def test_one_link_local_address_on_two_links_is_two_ways() -> None:
    one, two = (replace(each, interface=f"eth{at}") for at, each in enumerate((ONE, TWO)))

    assert len(members(via("fe80::1", one), via("fe80::1", two))) == 2
    assert len(members(via("fe80::1", one), via("fe80::1", replace(TWO, interface="eth0")))) == 1
    assert len(members(via("2001:db8::1", one), via("2001:db8::1", two))) == 1


def test_the_limit_for_members_of_our_confederation_is_that_for_internal_peers() -> None:
    one, two = (replace(each, peer_kind=PeerKind.CONFEDERATION) for each in (ONE, TWO))
    both = via("192.0.2.1", one), via("192.0.2.2", two)

    assert members(*both, ebgp=1, ibgp=2) == both
    assert members(*both, ebgp=2, ibgp=1) == both[:1]
