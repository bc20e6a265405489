"""Waiting for speakers on a real event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pybgp.addresses import Family
from pybgp.net.speaker import Speaker

LIMIT = 10.0
"""Seconds that anything may take."""


async def quiet(*speakers: Speaker) -> None:
    """All Established, have told each other all they had, and have nothing left to do."""
    await asyncio.gather(*(each.established(timeout=LIMIT) for each in speakers))
    peers = [peer for each in speakers for peer in each.core.sessions.peers.values()]
    await until(lambda: all(Family.IPV4_UNICAST in peer.received_end_of_rib for peer in peers))
    await until(
        lambda: not any(each._turns.waiting or each.core.has_work or each.core.flush_wanted for each in speakers)
    )


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.005)
