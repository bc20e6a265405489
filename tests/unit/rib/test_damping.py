"""Figures of merit (RFC 2439 §4.2, RFC 7196)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.rib.damping import Damping, DampingRules

ROUTE = (Family.IPV4_UNICAST, 0, b"\x08\x0a")
RULES = DampingRules()


def flapping(times: int, *, every: float = 1.0, rules: DampingRules = RULES) -> Damping:
    damping = Damping(rules)
    for count in range(times):
        damping.withdrawn(ROUTE, count * every)
        damping.came_back(ROUTE, count * every)
    return damping


@pytest.mark.row("DMP-01")
def test_six_withdrawals_are_not_enough_and_seven_are() -> None:
    """RFC 7196 §4: a threshold of 6000 with 1000 points a withdrawal."""
    assert not flapping(6).is_suppressed(ROUTE)
    assert flapping(7).is_suppressed(ROUTE)


def test_slow_changes_are_forgiven() -> None:
    """One withdrawal each half-life adds up to 2000 at most."""
    damping = flapping(50, every=RULES.half_life)

    assert not damping.is_suppressed(ROUTE)
    assert damping.merit(ROUTE, 49 * RULES.half_life) == pytest.approx(2000, rel=0.01)


@pytest.mark.row("DMP-01")
def test_merit_halves_each_half_life() -> None:
    damping = flapping(1)

    assert damping.merit(ROUTE, RULES.half_life) == pytest.approx(500)
    assert damping.merit(ROUTE, 2 * RULES.half_life) == pytest.approx(250)


@pytest.mark.row("DMP-02")
def test_a_suppressed_route_is_used_again_below_reuse() -> None:
    damping = flapping(8)
    until = damping.until(ROUTE)
    assert until is not None

    early = damping.tick(until - 1)
    late = damping.tick(until)

    assert (early, late) == ([], [ROUTE])
    assert not damping.is_suppressed(ROUTE)
    assert damping.merit(ROUTE, until) == pytest.approx(RULES.reuse)


@pytest.mark.row("DMP-02")
def test_nothing_is_suppressed_for_longer_than_the_maximum() -> None:
    """RFC 2439 §4.2: the ceiling."""
    damping = flapping(1000, every=0.001)

    assert damping.merit(ROUTE, 1) == pytest.approx(RULES.ceiling, rel=0.01)
    assert damping.until(ROUTE) == pytest.approx(1 + RULES.max_suppress_time, abs=1)


def test_a_flap_while_suppressed_takes_longer() -> None:
    damping = flapping(7)
    first = damping.until(ROUTE)
    damping.withdrawn(ROUTE, 600)
    second = damping.until(ROUTE)
    assert first is not None
    assert second is not None
    assert second > first

    assert damping.tick(first) == []
    assert damping.tick(second) == [ROUTE]


def test_what_never_flapped_has_no_state() -> None:
    damping = Damping(RULES)

    damping.came_back(ROUTE, 0)

    assert damping.knows_none
    assert damping.next_deadline is None


@pytest.mark.row("DMP-02")
def test_what_has_been_quiet_is_forgotten() -> None:
    """RFC 2439 §4.2: below half of the reuse threshold."""
    damping = flapping(1)

    now = 0.0
    while (deadline := damping.next_deadline) is not None:
        now = deadline
        damping.tick(now)

    assert damping.knows_none
    assert now <= 3 * RULES.half_life


def test_other_values_count_for_what_is_suppressed() -> None:
    damping = flapping(7)
    before = damping.until(ROUTE)

    damping.use_rules(DampingRules(reuse=3000))

    after = damping.until(ROUTE)
    assert before is not None
    assert after is not None
    assert after < before
    assert damping.next_deadline == pytest.approx(min(after, RULES.half_life))


EVENTS = st.lists(st.tuples(st.sampled_from(["withdrawn", "changed", "came_back"]), st.floats(0, 600)), max_size=40)


@given(EVENTS)
def test_merit_is_what_a_plain_sum_gives(events: list[tuple[str, float]]) -> None:
    """Each event's points, decayed since; nothing is suppressed that was never above the threshold."""
    damping = Damping(DampingRules(readvertisement=300, max_suppress_time=90_000))
    points = {"withdrawn": 1000.0, "changed": 500.0, "came_back": 300.0}
    now, past, peak = 0.0, [], 0.0
    for kind, pause in events:
        now += pause
        getattr(damping, kind)(ROUTE, now)
        if kind != "came_back" or past:
            past.append((points[kind], now))
        peak = max(peak, sum(each * 2 ** ((at - now) / 900) for each, at in past))

    assert damping.merit(ROUTE, now) == pytest.approx(sum(each * 2 ** ((at - now) / 900) for each, at in past))
    assert damping.is_suppressed(ROUTE) == (peak > 6000)


@pytest.mark.row("DMP-01")
def test_as_many_points_as_the_threshold_are_not_enough() -> None:
    """RFC 2439 §4.2: the figure of merit must exceed it."""
    damping = Damping(DampingRules(suppress=1000, withdrawal=1000))

    damping.withdrawn(ROUTE, 0.0)
    assert not damping.is_suppressed(ROUTE)

    damping.changed(ROUTE, 0.0)
    assert damping.is_suppressed(ROUTE)


@pytest.mark.row("DMP-02")
def test_what_is_not_below_half_of_the_reuse_threshold_is_not_forgotten_yet() -> None:
    damping = flapping(1)

    damping.tick(RULES.half_life)  # 500 of 1000 points are left
    assert len(damping) == 1

    damping.tick(2 * RULES.half_life)
    assert len(damping) == 0


def test_what_is_suppressed_is_not_forgotten_however_low_it_is() -> None:
    """Values that just came may make much of it too little."""
    damping = flapping(7)
    damping.use_rules(DampingRules(reuse=100_000, suppress=200_000))

    damping.tick(RULES.half_life)

    assert damping.is_suppressed(ROUTE)
    assert damping.until(ROUTE) is not None
