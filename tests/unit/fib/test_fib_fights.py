"""Fights over a prefix: how long we wait, and when one is forgotten."""

from __future__ import annotations

from pybgp.fib.fights import MEMORY, Fights
from pybgp.speaker.fib import FibRoute

KEY = b"\x18\x0a\x00\x00"
WAY = FibRoute("blackhole", (), 0)


def test_after_a_time_of_peace_a_fight_begins_anew() -> None:
    fights = Fights()
    fights.taken(KEY, 0.0)

    assert fights.taken(KEY, MEMORY - 1) == 2
    assert fights.taken(KEY, 2 * MEMORY) == 1
    assert not fights.pause(KEY, WAY)


def test_a_longer_pause_takes_the_place_of_a_shorter_one() -> None:
    fights = Fights()
    for _ in range(2):
        fights.taken(KEY, 0.0)
    fights.pause(KEY, WAY)
    fights.taken(KEY, 0.5)
    fights.pause(KEY, WAY)

    assert list(fights.due(1.0)) == []
    assert list(fights.due(2.5)) == [(KEY, WAY)]
    assert fights.next_deadline is None


def test_an_old_fight_is_forgotten() -> None:
    fights = Fights()
    for _ in range(3):
        fights.taken(KEY, 0.0)
    fights.forget_old(MEMORY - 1)
    assert fights.pause(KEY, WAY)

    fights.forget_old(MEMORY)

    assert not fights.pause(KEY, WAY)
