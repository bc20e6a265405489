"""Answers that are one object, but long."""

from __future__ import annotations

import asyncio
import json

import pytest

from pybgp.control import native, queries

from .fakes import FakeSpeaker, peer


def test_hundreds_of_peers_in_one_answer_let_others_have_their_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making it and writing it: at most 4 ms of each at a time, here none at all."""
    monkeypatch.setattr(native, "SLICE_S", 0.0)
    speaker = FakeSpeaker(peers=[peer(f"peer-{number}") for number in range(100)])

    async def scenario() -> tuple[int, int]:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(others())
        answer = await native._whole(queries.status(speaker, {}))
        made = turns
        text = await native._text(answer)
        task.cancel()

        assert json.loads(text) == answer
        assert len(answer["peers"]) == 100
        return made, turns - made

    assert min(asyncio.run(scenario())) >= 99
