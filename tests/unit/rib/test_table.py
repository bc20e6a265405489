"""The table: candidates, implicit replacement, counters, what is pending (RFC 4271 §3.2, §9.1)."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.rib.decision import Decision
from pybgp.rib.path import best_of
from pybgp.rib.table import Table

from .paths import block, key, path, source

P, Q = key("10.0.0.0/8"), key("10.1.0.0/16")


@pytest.fixture
def table() -> Table:
    return Table(Family.IPV4_UNICAST, Decision())


@pytest.mark.row("DEC-15", "UPD-09")
def test_a_new_route_of_the_same_peer_replaces_the_old(table: Table) -> None:
    first, second = path(block(local_pref=200)), path(block(local_pref=100))
    table.insert([P, P], first)

    table.insert([P], second)

    assert table.get(P) is second
    assert (table.counters("a").received, table.counters("a").accepted) == (1, 1)


@pytest.mark.row("ADP-03")
def test_path_identifiers_keep_routes_of_one_peer_apart(table: Table) -> None:
    one, two = path(block(local_pref=200), path_id=1), path(block(local_pref=100), path_id=0)
    table.insert([P], one)
    table.insert([P], two)

    assert table.get(P) == (one, two)
    table.withdraw([P], "a", 1)
    assert table.get(P) is two


@pytest.mark.row("ADP-05")
def test_a_withdrawal_of_an_unknown_route_is_no_matter(table: Table) -> None:
    table.insert([P], path(path_id=1))
    table.take_pending()

    table.withdraw([P, Q], "a", 2)
    table.withdraw([P], "b", 1)

    assert not table.pending
    assert table.counters("a").received == 1


@pytest.mark.row("DEC-16")
def test_a_less_specific_route_stays_beside_a_more_specific_one(table: Table) -> None:
    table.insert([P], path())
    table.insert([Q], path(by=source("b")))

    assert best_of(table.get(P)) is not None
    assert best_of(table.get(Q)) is not None


def test_pending_keeps_what_was_there_before_the_first_change(table: Table) -> None:
    first = path()
    table.insert([P], first)
    table.take_pending()

    table.insert([P], path(block(local_pref=1)))
    table.withdraw([P], "a")

    assert table.take_pending().before() == {P: first}


def test_the_same_path_again_is_no_change(table: Table) -> None:
    same = path()
    table.insert([P], same)
    table.take_pending()

    table.insert([P], same)

    assert not table.pending


@pytest.mark.row("DEC-02")
def test_a_path_that_is_not_eligible_stays_and_is_never_best(table: Table) -> None:
    table.insert([P], path(reason="AS loop"))

    assert table.best(P) is None
    assert [one.reason for _, one in table.adj_rib_in("a")] == ["AS loop"]
    assert (table.counters("a").received, table.counters("a").accepted) == (1, 0)


def test_dropping_a_session_leaves_the_others(table: Table) -> None:
    keys = [key(f"10.{high}.{low}.0/24") for high in range(20) for low in range(250)]
    other = path(block(local_pref=50), by=source("b"))
    table.insert(keys, path())
    table.insert(keys[:10], other)

    steps = sum(1 for _ in table.drop(lambda one: one.source.name == "a"))

    assert steps == 3  # 5,000 prefixes in slices of 2,000
    assert table.prefixes() == keys[:10]
    assert (table.counters("a").received, table.counters("b").received) == (0, 10)


def test_successors_take_their_predecessors_places(table: Table) -> None:
    old, rival = path(block(local_pref=200)), path(block(local_pref=150), by=source("b"))
    table.insert([P, Q], old)
    table.insert([P], rival)
    new = path(block(local_pref=100))

    for _ in table.replace(lambda k, one: new if one is old else one):
        pass

    assert table.get(P) == (rival, new)
    assert table.get(Q) is new
