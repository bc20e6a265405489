"""Codecs that take turns: what can be asked of one, and one that is a worker process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from ..run import ROOT

_ANSWER: Final = "the worker has gone"


class Unavailable(Exception):
    """A codec that can't be had here, and why."""


class Codec(Protocol):
    """One library or program; ``tasks`` are the pieces of work that it can do."""

    name: str
    tasks: Sequence[str]

    def measure(self, task: str) -> tuple[float, int]:
        """CPU seconds of one round, and how many prefixes (rows) it found."""

    def close(self) -> None: ...


class Rounds(NamedTuple):
    """The CPU seconds of each round, and how many prefixes (rows) each found."""

    seconds: list[float]
    found: int


Figures = Mapping[tuple[str, str], Rounds]
"""By task and name of the codec."""


class Process:
    """A codec of ``subjects``, in an interpreter of its own."""

    def __init__(self, subject: str, python: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [python, "-m", "tests.bench.codec.worker", subject, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        try:
            hello = self._answer()
        except Unavailable:
            self.close()
            raise
        self.name: str = hello["name"]
        self.tasks: Sequence[str] = hello["works"]

    def measure(self, task: str) -> tuple[float, int]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{task}\n")
        self._process.stdin.flush()
        seconds, found = self._answer()
        return seconds, found

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._process.stderr.read().strip().splitlines()
            raise Unavailable(said[-1] if said else _ANSWER)
        return json.loads(line)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def run(codecs: Sequence[Codec], tasks: Sequence[str], rounds: int) -> Figures:
    """Every codec with every task that it can do, in turn, again and again."""
    figures: dict[tuple[str, str], Rounds] = {}
    for _ in range(rounds):
        for task in tasks:
            for codec in codecs:
                if task in codec.tasks:
                    seconds, found = codec.measure(task)
                    figures.setdefault((task, codec.name), Rounds([], found)).seconds.append(seconds)
    return figures
