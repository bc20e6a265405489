"""``python -m tests.fuzz --seconds 300``: mutate and look, until the time is over; findings are written, exit 1."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from .corpus import Corpus, write
from .live import Finding, LiveSpeaker
from .mutate import mutated
from .readers import READERS
from .targets import BODIES, TARGETS, Target

EVERYTHING = (*TARGETS, *READERS)
SLICE = 0.5
"""Seconds that one target gets at a time."""
REPORT = 10.0


class Fuzzer:
    """All targets in turn; ``say`` hears a line now and then."""

    def __init__(
        self,
        random: Random,
        *,
        targets: Sequence[Target] = EVERYTHING,
        live: bool = True,
        corpus: Path | None = None,
        findings: Path | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self._random = random
        self._live = live
        self._say = say
        self._findings = findings
        self._corpora = {target: Corpus(target.name, target.seeds(), corpus) for target in targets}
        self.found: list[str] = []
        self.tried = 0

    def replay(self) -> None:
        """Every input of the corpora once: what was found earlier stays mended."""
        for target, corpus in self._corpora.items():
            for octets in list(corpus.inputs):
                self._try(target, corpus, octets)

    async def run(self, seconds: float) -> None:
        """Fuzz for so long."""
        self.replay()
        deadline = time.monotonic() + seconds
        told = time.monotonic()
        live = LiveSpeaker(self._random)
        try:
            if self._live:
                await live.__aenter__()
            while time.monotonic() < deadline:
                for target, corpus in self._corpora.items():
                    self._slice(target, corpus, min(deadline, time.monotonic() + SLICE))
                    await asyncio.sleep(0)
                if self._live:
                    await self._attack(live, min(deadline, time.monotonic() + SLICE))
                if time.monotonic() - told > REPORT:
                    told = time.monotonic()
                    self._say(self._line(live, deadline - told))
        except Finding as finding:
            self.found.append(f"speaker: {finding}")
        finally:
            if self._live:
                await live.__aexit__()
        self._say(self._line(live, 0))

    def _slice(self, target: Target, corpus: Corpus, deadline: float) -> None:
        random = self._random
        while time.monotonic() < deadline:
            for _ in range(50):
                self._try(target, corpus, mutated(corpus.pick(random), random, corpus.inputs))

    def _try(self, target: Target, corpus: Corpus, octets: bytes) -> None:
        self.tried += 1
        try:
            corpus.saw(octets, target.run(octets))
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{target.name}: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            if any(what.partition("(")[2] == known.partition("(")[2] for known in self.found):
                return
            self.found.append(what)
            self._say(f"FOUND {what}\n  {octets[:200].hex()}")
            if self._findings is not None:
                write(self._findings / target.name, octets)

    async def _attack(self, live: LiveSpeaker, deadline: float) -> None:
        while time.monotonic() < deadline:
            sent: list[bytes] = []
            try:
                for _ in range(5):
                    sent += await live.attack(self._seeds())
                await live.check()
            except Finding as finding:
                if self._findings is not None:
                    write(self._findings / "speaker", b"".join(sent))
                raise Finding(f"{finding}, after {b''.join(sent)[-400:].hex()}") from None

    def _seeds(self) -> list[tuple[int, bytes]]:
        """Bodies for the speaker: the good ones, and what the codec found worth keeping."""
        message = next((corpus for target, corpus in self._corpora.items() if target.name == "message"), None)
        kept = [] if message is None else message.inputs[-200:]
        return BODIES * 3 + [(each[1], each[2:]) for each in kept if len(each) > 1]

    def _line(self, live: LiveSpeaker, left: float) -> str:
        kept = ", ".join(f"{target.name} {corpus.features}" for target, corpus in self._corpora.items())
        words = [f"{self.tried:,} inputs", f"features: {kept}"]
        if self._live:
            slowest = f"slowest probe {live.slowest * 1000:.0f} ms"
            words.append(f"speaker: {live.sent:,} messages in {live.sessions:,} sessions, {slowest}")
        words.append(f"{len(self.found)} findings")
        if left:
            words.append(f"{left:.0f} s left")
        return "; ".join(words)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--seed", type=int, default=None, help="of the random numbers (the time)")
    parser.add_argument("--corpus", type=Path, default=None, help="a folder to keep inputs with new features in")
    parser.add_argument(
        "--findings", type=Path, default=Path("fuzz-findings"), help="where findings go (fuzz-findings)"
    )
    parser.add_argument("--no-speaker", action="store_true", help="the codec only")
    given = parser.parse_args()
    seed = time.time_ns() if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    fuzzer = Fuzzer(Random(seed), live=not given.no_speaker, corpus=given.corpus, findings=given.findings, say=_say)
    asyncio.run(fuzzer.run(given.seconds))
    for found in fuzzer.found:
        print(f"FOUND {found}")
    sys.exit(1 if fuzzer.found else 0)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
