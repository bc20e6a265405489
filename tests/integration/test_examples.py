"""The programs in ``examples/`` do what they say, as processes of their own that peer with a speaker in the test."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

import pybgp
from tests.support import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT = ("busiest_origins.py", "health_checked_service.py", "watch_routes.py")
ASN = 64512
LIMIT = 30.0
"""Seconds that anything may take on a busy machine."""


def router(port: int) -> pybgp.Speaker:
    """The peer of an example: it only listens."""
    return pybgp.Speaker(
        pybgp.SpeakerConfig(
            local_as=ASN,
            router_id="192.0.2.1",
            listen=(f"127.0.0.1:{port}",),
            peers=[pybgp.PeerConfig("127.0.0.1", name="example", remote_as=ASN, passive=True)],
        )
    )


class Example:
    """A running example; its output line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()

    async def stop(self) -> int:
        """Ctrl-C, as a person stops it."""
        self.process.send_signal(signal.SIGINT)
        return await self.process.wait()


@asynccontextmanager
async def running(name: str, *arguments: object) -> AsyncIterator[Example]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLES / name), *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Example(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Service:
    """A health check's answer, which a test can change."""

    def __init__(self) -> None:
        self.status = 200
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(service.status)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: the test's output is not for that."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/healthz"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.stop()


def test_a_service_is_announced_while_it_is_healthy(service: Service) -> None:
    async def scenario() -> None:
        port = free_port()
        options = ("--peer", "127.0.0.1", "--port", port, "--interval", 0.1)
        async with (
            asyncio.timeout(LIMIT),
            router(port) as speaker,
            running("health_checked_service.py", "192.0.2.10/32", service.url, *options) as example,
        ):
            changes = speaker.watch()

            first = await anext(changes)
            assert str(first.prefix) == "192.0.2.10/32"
            assert first.best is not None
            assert first.best.communities == ("65535:65281",)
            assert await example.line() == "192.0.2.10/32 announced"

            service.status = 503
            assert (await anext(changes)).best is None
            assert await example.line() == "192.0.2.10/32 withdrawn"

            service.status = 204
            assert (await anext(changes)).best is not None
            assert await example.line() == "192.0.2.10/32 announced"

            assert await example.stop() == 0
            assert (await anext(changes)).best is None

    asyncio.run(scenario())


def test_a_service_that_does_not_answer_is_not_announced() -> None:
    async def scenario() -> None:
        port, nobody = free_port(), f"http://127.0.0.1:{free_port()}/"
        options = ("--peer", "127.0.0.1", "--port", port, "--interval", 0.05)
        async with (
            asyncio.timeout(LIMIT),
            router(port) as speaker,
            running("health_checked_service.py", "192.0.2.10/32", nobody, *options) as example,
        ):
            await speaker.established()
            assert await example.stop() == 0
            assert await example.line() == ""

    asyncio.run(scenario())


def test_a_watcher_prints_what_is_there_and_what_changes() -> None:
    async def scenario() -> None:
        port = free_port()
        async with asyncio.timeout(LIMIT), router(port) as speaker:
            speaker.announce("10.65.1.0/26")
            async with running("watch_routes.py", "--peer", "127.0.0.1", "--port", port, "--count", 3) as example:
                assert await example.line() == "established with 127.0.0.1"
                assert await example.line() == "10.65.1.0/26 via 127.0.0.1 from 127.0.0.1"

                speaker.announce("10.65.2.0/26")
                assert await example.line() == "10.65.2.0/26 via 127.0.0.1 from 127.0.0.1"

                speaker.withdraw("10.65.1.0/26")
                assert await example.line() == "10.65.1.0/26 gone"
                assert await example.process.wait() == 0

    asyncio.run(scenario())


def test_the_origins_of_a_table_are_counted_and_damage_is_said(tmp_path: Path) -> None:
    whole = (EXAMPLES.parent / "tests" / "data" / "mrt" / "frr-table.mrt").read_bytes()
    cut = tmp_path / "table.mrt.gz"
    cut.write_bytes(gzip.compress(whole[:-3]))

    done = subprocess.run(
        [sys.executable, EXAMPLES / "busiest_origins.py", cut, "--most", "1"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "AS4200000003 3\n"
    assert done.stderr.startswith("octet ")


@pytest.mark.parametrize("name", SHORT)
def test_examples_are_short(name: str) -> None:
    assert len((EXAMPLES / name).read_text().splitlines()) < 60


def demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo", EXAMPLES / "demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_demo_without_root_runs_three_speakers_in_one_process(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(LIMIT):
            await demo().in_one_process()

    asyncio.run(scenario())

    said = capsys.readouterr().out
    assert "left   127.0.0.2  established" in said
    assert "right  127.0.0.3  established" in said
    assert "right: 10.65.1.0/26 via 127.0.0.2 from reflector" in said
    assert "right's FIB: 1 route" in said
    assert "right: 10.65.1.0/26 gone" in said
