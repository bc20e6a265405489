"""What the unicast table says of a destination, also while it changes and is still being looked through."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.rib.decision import Decision
from pybgp.rib.destinations import Destinations
from pybgp.rib.moves import moves_of
from pybgp.rib.path import Path
from pybgp.rib.table import Table

from .paths import block, key, path, source

INSIDE = ("10.1.2.0/25", "10.1.2.128/26", "10.1.2.192/26")
DESTINATION = key("10.1.2.0/24")


@pytest.fixture
def table() -> Table:
    return Table(Family.IPV4_UNICAST, Decision())


def by(asn: int) -> Path:
    return path(block((asn,)), by=source(f"as{asn}"))


def flushed(table: Table, followed: Destinations) -> set[bytes]:
    return followed.changed(moves_of(table.take_pending(), table))


def counted(table: Table, *prefixes: str) -> Destinations:
    followed = Destinations(table)
    for prefix in prefixes:
        followed.add(key(prefix))
    for _ in followed.scan():
        pass
    return followed


def test_neighbors_are_those_of_all_more_specific_routes(table: Table) -> None:
    for prefix, asn in zip(("10.1.0.0/16", "10.1.2.0/24", *INSIDE), (1, 2, 3, 3, 4), strict=True):
        table.insert([key(prefix)], by(asn))
    table.take_pending()

    followed = counted(table, "10.1.2.0/24", "10.0.0.0/8", "10.2.0.0/16")

    assert sorted(followed.neighbors(DESTINATION) or ()) == [3, 4]
    assert sorted(followed.neighbors(key("10.0.0.0/8")) or ()) == [1, 2, 3, 4]
    assert list(followed.neighbors(key("10.2.0.0/16")) or ()) == []
    found = followed.best(DESTINATION)
    assert found is not None
    assert found.received.neighbor_as == 2
    assert followed.best(key("10.2.0.0/16")) is None


@pytest.mark.parametrize("seen", [0, 1, 2, 3])
@pytest.mark.parametrize("changed", range(3))
def test_a_route_may_change_while_the_table_is_looked_through(
    monkeypatch: pytest.MonkeyPatch, table: Table, seen: int, changed: int
) -> None:
    monkeypatch.setattr("pybgp.rib.unscanned.SLICE", 1)
    for prefix in INSIDE:
        table.insert([key(prefix)], by(3))
    table.take_pending()
    followed = Destinations(table)
    followed.add(DESTINATION)
    steps = followed.scan()
    for _ in range(seen):
        next(steps)
    assert followed.neighbors(DESTINATION) is None

    table.insert([key(INSIDE[changed])], path(block((4,)), by=source("as3")))
    table.insert([key("10.1.2.64/26")], by(5))
    flushed(table, followed)
    list(steps)

    assert followed.neighbors(DESTINATION) == {3: 2, 4: 1, 5: 1}


def test_who_leaves_and_comes_back_while_the_table_is_looked_through_is_counted_once(
    monkeypatch: pytest.MonkeyPatch, table: Table
) -> None:
    monkeypatch.setattr("pybgp.rib.unscanned.SLICE", 1)
    for prefix in INSIDE:
        table.insert([key(prefix)], by(3))
    table.take_pending()
    followed = Destinations(table)
    followed.add(DESTINATION)
    followed.add(key("10.1.0.0/16"))
    steps = followed.scan()
    next(steps)
    for each in (DESTINATION, key("10.1.0.0/16")):
        followed.discard(each)
    followed.add(DESTINATION)
    assert not followed.uncounted

    assert [each for each in steps if each] == [{DESTINATION}]
    assert followed.neighbors(DESTINATION) == {3: 3}
    assert followed.neighbors(key("10.1.0.0/16")) is None
    assert not followed.uncounted


def test_what_changes_while_nobody_is_followed_counts_too(monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
    monkeypatch.setattr("pybgp.rib.unscanned.SLICE", 1)
    for prefix in INSIDE:
        table.insert([key(prefix)], by(3))
    table.take_pending()
    followed = Destinations(table)
    followed.add(DESTINATION)
    steps = followed.scan()
    next(steps)
    followed.discard(DESTINATION)
    for prefix in INSIDE:
        table.withdraw([key(prefix)], "as3")
    table.insert([key("10.1.2.64/26")], by(5))
    flushed(table, followed)
    followed.add(DESTINATION)

    assert [each for each in steps if each] == [{DESTINATION}]
    assert followed.neighbors(DESTINATION) == {5: 1}


def test_who_comes_while_others_are_counted_is_counted_next(monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
    monkeypatch.setattr("pybgp.rib.unscanned.SLICE", 1)
    for prefix in INSIDE:
        table.insert([key(prefix)], by(3))
    table.take_pending()
    followed = Destinations(table)
    followed.add(DESTINATION)
    steps = followed.scan()
    next(steps)
    followed.add(key("10.0.0.0/8"))

    assert [each for each in steps if each] == [{DESTINATION}, {key("10.0.0.0/8")}]
    assert followed.neighbors(key("10.0.0.0/8")) == {3: 3}


@pytest.mark.parametrize(
    ("prefix", "concerned"),
    [
        ("0.0.0.0/0", {"10.1.2.0/24", "10.1.0.0/16", "10.1.2.0/32", "10.1.2.255/32", "192.0.2.0/24"}),
        ("10.1.0.0/16", {"10.1.2.0/24", "10.1.0.0/16", "10.1.2.0/32", "10.1.2.255/32"}),
        ("10.1.2.0/24", {"10.1.2.0/24", "10.1.0.0/16", "10.1.2.0/32", "10.1.2.255/32"}),
        ("10.1.2.0/25", {"10.1.2.0/24", "10.1.0.0/16", "10.1.2.0/32"}),
        ("10.1.2.255/32", {"10.1.2.0/24", "10.1.0.0/16", "10.1.2.255/32"}),
        ("10.1.3.0/24", {"10.1.0.0/16"}),
        ("10.1.2.0/31", {"10.1.2.0/24", "10.1.0.0/16", "10.1.2.0/32"}),
        ("192.0.3.0/24", set()),
    ],
)
def test_a_change_concerns_destinations_that_hold_it_or_are_in_it(
    table: Table, prefix: str, concerned: set[str]
) -> None:
    every = ("10.1.2.0/24", "10.1.0.0/16", "10.1.2.0/32", "10.1.2.255/32", "192.0.2.0/24")
    followed = counted(table, *every)
    for each in every:
        assert followed.best(key(each)) is None
    table.insert([key(prefix)], by(7))

    assert flushed(table, followed) == {key(each) for each in concerned}
    inside = {each for each in concerned if followed.best(key(each)) is not None}
    assert inside == {each for each in concerned if int(each.split("/")[1]) >= int(prefix.split("/")[1])}

    table.withdraw([key(prefix)], "as7")
    assert flushed(table, followed) == {key(each) for each in concerned}
    assert all(followed.best(key(each)) is None for each in every)


def test_more_of_a_neighbour_that_is_known_concerns_nobody_around(table: Table) -> None:
    table.insert([key("10.1.2.128/25")], by(7))
    table.take_pending()
    followed = counted(table, "10.1.2.0/24", "10.1.2.0/26")

    table.insert([key("10.1.2.0/25")], by(7))
    assert flushed(table, followed) == {key("10.1.2.0/26")}
    table.withdraw([key("10.1.2.0/25")], "as7")
    assert flushed(table, followed) == {key("10.1.2.0/26")}


def test_who_is_followed_anew_is_looked_for_anew(table: Table) -> None:
    followed = counted(table, "10.1.2.0/24")
    assert followed.best(DESTINATION) is None
    followed.discard(DESTINATION)
    assert not followed
    table.insert([key("10.1.0.0/16"), key("10.1.2.0/25")], by(7))
    assert flushed(table, followed) == set()

    followed.add(DESTINATION)

    assert followed.best(DESTINATION) is not None
    assert followed.neighbors(DESTINATION) is None
    assert list(followed.scan())[-1] == {DESTINATION}
    assert followed.neighbors(DESTINATION) == {7: 1}
