"""Path identifiers of ours: stable while a path lives, and given back when it is gone (RFC 7911 §3)."""

from __future__ import annotations

import pytest

from pybgp.rib.add_path import PathIds

from .paths import path, source

A, B = source("a"), source("b")


@pytest.fixture
def ids() -> PathIds:
    return PathIds()


def test_each_path_of_a_peer_has_a_number_of_its_own(ids: PathIds) -> None:
    paths = [path(by=by, path_id=path_id) for by in (A, B) for path_id in (0, 1)]

    assert len({ids.of(each) for each in paths}) == len(ids) == 4
    assert [ids.of(each) for each in paths] == [ids.of(each) for each in paths]


def test_a_number_stays_the_same_while_those_in_use_are_looked_for(ids: PathIds) -> None:
    """Whether it is asked for or kept meanwhile."""
    asked, kept, gone = (path(by=A, path_id=path_id) for path_id in (1, 2, 3))
    before = [ids.of(each) for each in (asked, kept, gone)]

    ids.set_aside()
    assert ids.of(asked) == before[0]
    ids.keep(kept)
    ids.give_back()

    assert len(ids) == 2
    assert [ids.of(asked), ids.of(kept)] == before[:2]
    assert ids.of(gone) not in before


def test_numbers_that_somebody_still_knows_are_taken_back(ids: PathIds) -> None:
    gone = path(by=A, path_id=3)
    before = ids.of(gone)

    ids.set_aside()
    ids.take_back()

    assert (ids.of(gone), len(ids)) == (before, 1)


def test_of_a_peer_that_is_forgotten_nothing_stays_also_aside(ids: PathIds) -> None:
    before = ids.of(path(by=A)), ids.of(path(by=B))

    ids.set_aside()
    ids.of(path(by=B))
    ids.forget("a")
    assert len(ids) == 1
    ids.take_back()

    assert ids.of(path(by=A)) not in before
    assert ids.of(path(by=B)) == before[1]
