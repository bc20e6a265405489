"""Equal paths in a real kernel: from the table to ``ip route``."""

from __future__ import annotations

import asyncio
from pathlib import Path as FilePath
from struct import pack
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.policy.builtin import ACCEPT_ALL
from pybgp.rib.aggregates import Aggregates
from pybgp.rib.decision import Decision
from pybgp.rib.local import OwnRoutes
from pybgp.rib.moves import moves_of
from pybgp.rib.multipath import Multipath
from pybgp.rib.next_hops import NextHops
from pybgp.rib.path import Path
from pybgp.rib.table import Table
from pybgp.speaker.fib import KernelChanges
from pybgp.speaker.programming import Programming
from tests.unit.rib.paths import block, key, path, source

from .conftest import Namespace, Running, running

pytestmark = pytest.mark.root

ONE, TWO = source("one", router_id="1.1.1.1"), source("two", router_id="2.2.2.2")
CASES = [
    (Family.IPV4_UNICAST, 4, "10.1.2.64/26", "10.99.0.2", "10.98.0.2"),
    (Family.IPV6_UNICAST, 6, "2001:db8:1::/64", "2001:db8:99::2", "2001:db8:98::2"),
]


def linked(next_hop: str, by: Any, megabits: float | None = None) -> Path:
    community = b"\x40\x04\xfc\x00" + pack("!f", (megabits or 0) * 125_000)
    return path(block(next_hop=next_hop, more=[ExtendedCommunities((community,))] if megabits else ()), by=by)


@pytest.mark.parametrize(("family", "version", "prefix", "first", "second"), CASES, ids=["ipv4", "ipv6"])
def test_the_kernel_follows_the_paths_beside_the_best_one(
    namespace: Namespace, tmp_path: FilePath, family: Family, version: int, prefix: str, first: str, second: str
) -> None:
    decision, next_hops = Decision(), NextHops()
    table = Table(family, decision)
    multipath = Multipath(decision, ibgp=2, bandwidth=True)
    programming = Programming(ACCEPT_ALL, next_hops, OwnRoutes({family: table}), Aggregates({}), multipath)

    async def told(run: Running) -> dict[tuple[str, str], int]:
        """What the kernel has: (gateway, device) -> weight."""
        changes = programming.changes(family, moves_of(table.take_pending(), table))
        if changes is not None:
            run.fib.apply(changes)
            await run.fib.settled()
        (route,) = namespace.routes(version=version)
        return {(way["gateway"], way["dev"]): way.get("weight", 1) for way in route.get("nexthops", [route])}

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            for event in run.events:
                if isinstance(event, KernelChanges):
                    next_hops.update(event.family, event.routes)
            table.insert([key(prefix)], linked(first, ONE))
            assert await told(run) == {(first, "v0"): 1}
            table.insert([key(prefix)], linked(second, TWO))
            assert await told(run) == {(first, "v0"): 1, (second, "w0"): 1}
            table.insert([key(prefix)], linked(first, ONE, 100))
            table.insert([key(prefix)], linked(second, TWO, 400))
            assert await told(run) == {(first, "v0"): 1, (second, "w0"): 4}
            table.withdraw([key(prefix)], "two")
            assert await told(run) == {(first, "v0"): 1}

    asyncio.run(scenario())
