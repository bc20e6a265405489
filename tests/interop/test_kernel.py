"""What a BIRD announces, in the kernel of the speaker's host: many routes at once, and over a ``kill -9``."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support import throughout, until

from .daemons import Announcement, Daemon, PyBgp
from .lab import AS, SPEAKER
from .network import Network
from .wiring import all_established, connect, peering_name

pytestmark = [
    pytest.mark.daemon("bird"),
    pytest.mark.timeout(180),
    pytest.mark.skipif(SPEAKER != "pybgp", reason="is about pybgp's own FIB"),
]

OURS = ("proto", "bird")
"""Protocol 12 as ``ip route`` calls it."""


@pytest.fixture
def node(start: Callable[..., Daemon]) -> Iterator[PyBgp]:
    """pybgp with a FIB, beside the BIRD of ``bird``."""
    with Network(["node", "bird"]) as network:
        node = start(network, "node", "pybgp", AS)
        assert isinstance(node, PyBgp)
        node.fib = 'export_policy = "accept"'
        node.other = start(network, "bird", "bird", AS)
        connect(node, node.other)
        yield node
        node.stop()
        node.other.stop()


# -- many routes -------------------------------------------------------------------------------------------------------

MANY = 50_000


@pytest.mark.row("KAL-03")
def test_a_short_hold_time_outlives_many_routes(node: PyBgp) -> None:
    """50,000 routes at once with a hold time of 3 s: the kernel gets them all, the session never goes down."""
    bird: Daemon = node.other
    for daemon in (node, bird):
        daemon.configure(peerings=[replace(each, hold_time=3) for each in daemon.peerings.values()])
    name = peering_name(bird, 4)
    node.start()
    bird.start()
    all_established([node])
    since = node.peer(name)["since"]
    assert node.peer(name)["hold_time_s"] == 3

    bird.configure(
        announced=[Announcement(prefix=f"10.{128 + i // 8192}.{i // 32 % 256}.{i % 32 * 8}/29") for i in range(MANY)]
    )

    until(
        lambda: _count(node) == MANY,
        limit=90,
        why="the kernel to have every route",
        seen=lambda: f"{_count(node)} routes, session {node.state(name)} since {node.peer(name)['since']}",
        interval=0.5,
    )
    throughout(lambda: node.established(name), seconds=4, why="the session stays")
    assert node.peer(name)["since"] == since
    bird.configure(announced=[])
    until(lambda: _count(node) == 0, limit=60, why="all of them to go", interval=0.5)
    assert node.peer(name)["since"] == since


def _count(node: PyBgp) -> int:
    return len(node.host.routes(4, *OURS))


# -- kill -9 -----------------------------------------------------------------------------------------------------------

KEPT = {4: "10.130.1.0/24", 6: "2001:db8:130:1::/64"}
GOING = {4: "10.130.2.0/24", 6: "2001:db8:130:2::/64"}
TARGET = {4: "10.130.1.1", 6: "2001:db8:130:1::1"}


@pytest.fixture
def forwarding(node: PyBgp) -> PyBgp:
    """Up, with two prefixes of each version in the kernel, and a host that answers pings behind one of them."""
    bird: Daemon = node.other
    bird.host.ip(*(f"address add {TARGET[version]}/{32 if version == 4 else 128} dev lo" for version in (4, 6)))
    bird.configure(announced=[Announcement(prefix=prefix) for prefix in (*KEPT.values(), *GOING.values())])
    bird.start()
    node.start()
    for version in (4, 6):
        until(lambda v=version: _ours(node, v) == {KEPT[v], GOING[v]}, limit=30, why="the routes in the kernel")  # type: ignore[misc]
    return node


def _ours(node: PyBgp, version: int) -> set[str]:
    return set(node.host.routes(version, *OURS))


class Pings:
    """Fifty pings a second, both versions, until ``finish``."""

    def __init__(self, node: PyBgp) -> None:
        self._running = [
            subprocess.Popen(
                node.host.command("ping", "-n", "-q", "-i", "0.02", "-W", "1", TARGET[version]),
                stdout=subprocess.PIPE,
                text=True,
            )
            for version in (4, 6)
        ]

    def finish(self) -> list[tuple[int, int]]:
        """(sent, lost) of each."""
        results = []
        for process in self._running:
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=10)
            sent, received = map(int, re.findall(r"(\d+) packets transmitted, (\d+) received", output)[0])
            results.append((sent, sent - received))
        return results


class Monitor:
    """``ip monitor route``: every change of the kernel's routes."""

    def __init__(self, node: PyBgp) -> None:
        self._process = subprocess.Popen(
            node.host.command("ip", "-o", "monitor", "route"), stdout=subprocess.PIPE, text=True
        )

    def finish(self) -> list[str]:
        self._process.terminate()
        output, _ = self._process.communicate(timeout=10)
        return output.splitlines()


def test_no_ping_is_lost_over_a_kill(forwarding: PyBgp) -> None:
    """kill -9, then start again: the routes are there throughout, and only what is unwanted since then goes."""
    node, bird = forwarding, forwarding.other
    node.host.ip("route add 192.0.2.0/24 via 10.77.0.2 proto static")
    pings, monitor = Pings(node), Monitor(node)
    try:
        node.kill()
        bird.withdraw(*GOING.values())
        throughout(
            lambda: all(KEPT[v] in _ours(node, v) for v in (4, 6)), seconds=1, why="the routes stay while we are dead"
        )
        node.start()
        all_established([node])
        for version in (4, 6):
            until(lambda v=version: _ours(node, v) == {KEPT[v]}, limit=30, why="only what is wanted to be left")  # type: ignore[misc]
        throughout(lambda: all(_ours(node, v) == {KEPT[v]} for v in (4, 6)), seconds=1, why="the routes stay")
    finally:
        results, changes = pings.finish(), monitor.finish()

    assert [lost for _, lost in results] == [0, 0], results
    assert all(sent > 50 for sent, _ in results), results
    deleted = [line for line in changes if line.startswith("Deleted")]
    assert not [line for line in deleted if any(prefix in line for prefix in KEPT.values())]
    assert node.host.routes(4, "proto", "static") == ["192.0.2.0/24"]


def test_a_clean_stop_leaves_the_routes_too(forwarding: PyBgp) -> None:
    """``fib.on_stop = "leave"`` is the default: no ping is lost over an update of pybgp."""
    node = forwarding
    pings = Pings(node)
    try:
        node.stop()
        throughout(lambda: all(KEPT[v] in _ours(node, v) for v in (4, 6)), seconds=1, why="the routes stay")
        node.start()
        all_established([node])
        throughout(lambda: all(KEPT[v] in _ours(node, v) for v in (4, 6)), seconds=1, why="the routes stay")
    finally:
        results = pings.finish()

    assert [lost for _, lost in results] == [0, 0], results


def test_flush_removes_ours_and_nothing_else(node: PyBgp) -> None:
    """``fib.on_stop = "flush"``."""
    bird: Daemon = node.other
    node.fib = 'export_policy = "accept"\non_stop = "flush"'
    node.host.ip("route add 192.0.2.0/24 via 10.77.0.2 proto static")
    bird.configure(announced=[Announcement(prefix=prefix) for prefix in KEPT.values()])
    bird.start()
    node.start()
    for version in (4, 6):
        until(lambda v=version: _ours(node, v) == {KEPT[v]}, limit=30, why="the routes in the kernel")  # type: ignore[misc]

    node.stop()

    assert (_ours(node, 4), _ours(node, 6)) == (set(), set())
    assert node.host.routes(4, "proto", "static") == ["192.0.2.0/24"]
