"""One wake-up call for a deadline that moves."""

from __future__ import annotations

from collections.abc import Callable

from pybgp.speaker.alarm import Alarm


class Heap:
    """What an alarm needs of a core."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[float], None]]] = []

    def at(self, deadline: float, action: Callable[[float], None]) -> None:
        self.due.append((deadline, action))


def test_only_earlier_deadlines_reach_the_heap_and_only_the_earliest_rings() -> None:
    heap, rung = Heap(), []
    alarm = Alarm(heap.at, rung.append)

    for deadline in (10.0, 12.0, None, 5.0, 7.0):
        alarm.set(deadline)
    assert [deadline for deadline, _ in heap.due] == [10.0, 5.0]
    heap.due[1][1](5.0)
    heap.due[0][1](10.0)

    assert rung == [5.0]


def test_it_may_be_set_again_while_it_rings() -> None:
    heap = Heap()
    alarm = Alarm(heap.at, lambda now: alarm.set(now + 1))

    alarm.set(1.0)
    heap.due[0][1](1.0)

    assert [deadline for deadline, _ in heap.due] == [1.0, 2.0]
