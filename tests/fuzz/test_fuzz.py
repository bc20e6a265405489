"""The fuzzer in small: every input of the corpus, some seconds of mutation, and that it would see a fault."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from . import live
from .__main__ import EVERYTHING, Fuzzer
from .corpus import CORPUS, kept, shipped
from .targets import Target

SECONDS = 5.0


@pytest.mark.row("SEC-06")
@pytest.mark.parametrize("target", EVERYTHING, ids=[target.name for target in EVERYTHING])
def test_what_was_found_earlier_stays_mended(target: Target) -> None:
    for octets in (*target.seeds(), *shipped(target.name)):
        target.run(octets)


@pytest.mark.row("SEC-06")
def test_some_seconds_of_damage_find_nothing() -> None:
    lines: list[str] = []
    fuzzer = Fuzzer(Random(7), say=lines.append)

    asyncio.run(fuzzer.run(SECONDS))

    assert not fuzzer.found
    assert fuzzer.tried > 100, lines


@pytest.mark.parametrize("error", [IndexError("string index out of range"), AssertionError("a law")])
def test_a_fault_of_the_codec_is_found_and_written(error: Exception, tmp_path: Path) -> None:
    def run(octets: bytes) -> str:
        if b"\xff" in octets:
            raise error
        return str(len(octets))

    faulty = Target("faulty", run, lambda: [b"\xff\0\0"])
    fuzzer = Fuzzer(Random(7), targets=[faulty], live=False, findings=tmp_path, say=lambda line: None)

    asyncio.run(fuzzer.run(0.05))

    assert len(fuzzer.found) == 1
    assert any(b"\xff" in octets for octets in kept("faulty", tmp_path))


def test_a_speaker_that_loses_the_good_peers_routes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lose() -> None:
        async with live.LiveSpeaker(Random(7)) as speaker:
            speaker._good.withdraw(live.PREFIXES[:1])
            await speaker.check()

    with pytest.raises(live.Finding, match="are gone"):
        asyncio.run(lose())


def test_the_corpus_is_for_targets_that_exist() -> None:
    assert {file.stem for file in CORPUS.glob("*.hex")} == {target.name for target in EVERYTHING}
    assert all(shipped(target.name) for target in EVERYTHING)
