"""Real ``pybgp speak`` processes on loopback, for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pybgp.control.client import Client, NoDaemon

Found = TypeVar("Found")

POLL_S = 0.02


def until(condition: Callable[[], Found], *, limit: float = 20, why: str) -> Found:
    """Wait until the condition is true, and return what it found.

    Raises:
        AssertionError: it is not, after ``limit`` seconds; with what was last seen.
    """
    deadline = time.monotonic() + limit
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {limit} s for {why}; last seen: {found!r}"
        threading.Event().wait(POLL_S)


class Daemon:
    """A running ``pybgp speak`` with JSON lines as its log."""

    def __init__(
        self,
        socket: Path,
        *arguments: str,
        environment: dict[str, str] | None = None,
        program: tuple[str, ...] = ("pybgp",),
    ) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.other_lines: list[str] = []
        command = [sys.executable, "-m", *program, "speak", "--log-format", "json"]
        self.process = subprocess.Popen(
            [*command, *arguments], stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("{"):
                self.events.append(json.loads(line))
            else:
                self.other_lines.append(line.rstrip("\n"))

    def ask(self, query: str, **arguments: str) -> dict[str, Any]:
        with Client(str(self.socket)) as client:
            return client.ask(query, **arguments)

    def stream(self, query: str, **arguments: str) -> list[dict[str, Any]]:
        with Client(str(self.socket)) as client:
            return list(client.stream(query, **arguments))

    def event(self, kind: str, **fields: object) -> dict[str, Any]:
        """Wait for an event with these fields."""

        def find() -> dict[str, Any] | None:
            for event in list(self.events):
                if event["event"] == kind and fields.items() <= event.items():
                    return event
            return None

        found = until(lambda: find() or self._ended(), why=f"event {kind} {fields} among {self.events}")
        assert isinstance(found, dict), f"ended before event {kind}: {self.events} {self.other_lines}"
        return found

    def _ended(self) -> str:
        return "" if self.process.poll() is None else "ended"

    def started(self) -> None:
        self.event("started")

    def established(self, *names: str) -> None:
        """Wait until it runs and all these peers are up."""
        self.started()

        def states() -> dict[str, str]:
            return {peer["name"]: peer["state"] for peer in self.stream("peers")}

        until(
            lambda: all(states().get(name) == "established" for name in names),
            why=f"{names} to be established",
        )

    def best(self) -> set[str]:
        return {route["prefix"] for route in self.stream("routes")}

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """The exit code."""
        code = self.process.wait(20)
        self._reader.join(20)
        return code

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
        self._reader.join(20)
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextmanager
def speaking(
    directory: Path,
    *arguments: str,
    environment: dict[str, str] | None = None,
    program: tuple[str, ...] = ("pybgp",),
) -> Iterator[Daemon]:
    """A daemon that is ended with the block, however the block ends; ``program`` is the module that is run."""
    directory.mkdir(parents=True, exist_ok=True)
    socket = directory / "s"
    daemon = Daemon(socket, "--socket", str(socket), *arguments, environment=environment, program=program)
    try:
        yield daemon
    finally:
        daemon.stop()


def is_gone(daemon: Daemon) -> bool:
    try:
        daemon.ask("version")
    except NoDaemon:
        return True
    return False
