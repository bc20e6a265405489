"""Sequences whose items are made when they are looked at: they behave as tuples do."""

from __future__ import annotations

from collections.abc import Iterator

from pybgp.messages.lazily import Lazily


class Counted:
    """How often an item was made."""

    def __init__(self) -> None:
        self.made = 0

    def items(self) -> Iterator[int]:
        for number in range(100):
            self.made += 1
            yield number


def test_it_is_equal_to_a_sequence_of_the_same_items() -> None:
    lazily = Lazily(Counted().items, 100)

    assert lazily == tuple(range(100))
    assert lazily != tuple(range(99))
    assert (lazily[7], lazily[-1], lazily[97:]) == (7, 99, [97, 98, 99])


def test_backwards_each_item_is_made_once() -> None:
    counted = Counted()

    assert list(reversed(Lazily(counted.items, 100))) == list(range(99, -1, -1))
    assert counted.made == 100
