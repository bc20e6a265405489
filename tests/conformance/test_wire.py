"""The same rows over TCP: what a live speaker answers a raw peer, and what it tells others meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from .case import Case
from .cases import CASES
from .live import Live


@pytest.fixture(scope="module")
def live() -> Iterator[tuple[asyncio.Runner, Live]]:
    """One speaker and its observers for all cases: no case can hurt another, or that is a finding."""
    with asyncio.Runner() as runner:
        speaker = Live()
        runner.run(speaker.start())
        yield runner, speaker
        runner.run(speaker.stop())


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id, marks=pytest.mark.row(*case.rows)) for case in CASES if not case.wire]
)
def test_row(case: Case, live: tuple[asyncio.Runner, Live]) -> None:
    runner, speaker = live
    runner.run(speaker.play(case))
