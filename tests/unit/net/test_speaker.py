"""The speaker on a real event loop: what a program does wrong stays with the program."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import Any

import pytest

from pybgp.config.model import PeerConfig, SpeakerConfig
from pybgp.net.speaker import Speaker
from pybgp.speaker.inbound import Inbound
from pybgp.speaker.outputs import Event
from tests.support import free_port

from .quiet import LIMIT, quiet, until


def pair(port: int, **settings: Any) -> tuple[Speaker, Speaker]:
    """Two speakers that come up with each other; the first gets ``settings``."""

    def config(number: int, other: int) -> SpeakerConfig:
        peer = PeerConfig(
            address=f"127.0.0.{other}",
            remote_as=64512,
            local_address=f"127.0.0.{number}",
            port=port,
            passive=number == 1,
        )
        listen = (f"127.0.0.1:{port}",) if number == 1 else ()
        return SpeakerConfig(local_as=64512, router_id=f"192.0.2.{number}", listen=listen, peers=(peer,))

    return Speaker(config(1, 2), **settings), Speaker(config(2, 1))


def test_an_on_event_that_raises_costs_neither_sessions_nor_routes() -> None:
    told: list[dict[str, Any]] = []

    def on_event(event: Event) -> None:
        raise RuntimeError(event.kind)

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        one, other = pair(free_port(), on_event=on_event)
        async with one, other:
            await asyncio.gather(one.established(timeout=LIMIT), other.established(timeout=LIMIT))
            changes = other.watch()
            one.announce("192.0.2.0/24")

            assert str((await asyncio.wait_for(anext(changes), LIMIT)).prefix) == "192.0.2.0/24"

    asyncio.run(scenario())

    assert {str(each["exception"]) for each in told} >= {"state", "session_up", "end_of_rib"}
    assert "on_event of session_up failed" in [each["message"] for each in told]


def test_a_stopped_speaker_leaves_no_descriptor_open() -> None:
    def descriptors() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    async def scenario() -> tuple[int, int]:
        before = descriptors()
        both = pair(free_port())
        async with both[0], both[1]:
            await asyncio.gather(*(each.established(timeout=LIMIT) for each in both))
        for each in both:
            await each.stop()  # again: nothing
        await until(lambda: not any(each._connections for each in both))
        return before, descriptors()

    before, after = asyncio.run(scenario())

    assert after == before


@pytest.mark.parametrize("waited", [False, True], ids=["at once", "after it has waited"])
def test_a_bug_of_ours_in_what_a_peer_says_ends_its_session_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, waited: bool
) -> None:
    """What came was not taken whole: a session that went on would lack routes, and nobody would know."""
    if waited:  # all turns are full
        monkeypatch.setattr("pybgp.net.turns.TURN", -1.0)
        monkeypatch.setattr("pybgp.net.turns.PAUSE", 1000.0)
    bugs: list[object] = []

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: bugs.append(context["exception"]))
        one, other = pair(free_port())
        async with one, other:
            await quiet(one, other)
            with monkeypatch.context() as patch:
                patch.setattr(Inbound, "receive", lambda inbound, bodies: 1 // 0)
                other.announce("192.0.2.0/24")
                await until(lambda: bugs)
            changes = one.watch()
            assert str((await asyncio.wait_for(anext(changes), LIMIT)).prefix) == "192.0.2.0/24"  # the next session's

    asyncio.run(scenario())

    assert {type(bug) for bug in bugs} == {ZeroDivisionError}
