"""A daemon's life, round a speaker that does nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pybgp.config.merge import Loaded
from pybgp.config.model import ControlConfig, FibConfig, LogConfig, NodeConfig, PeerConfig, SpeakerConfig
from pybgp.control.client import Client, NoDaemon
from pybgp.daemon import run as daemon
from pybgp.daemon import source as sources
from pybgp.daemon.fib import refuse_fixed
from pybgp.errors import ApiError, ConfigError, FibError

from ..control.fakes import FakeSpeaker


class Source:
    """A configuration that a test writes."""

    name = "node.toml"
    directory = None

    def __init__(self, socket: Path) -> None:
        peers = [PeerConfig("192.0.2.2", remote_as=64512)]
        self.node = NodeConfig(
            speaker=SpeakerConfig(local_as=64512, router_id="192.0.2.1", peers=peers),
            control=ControlConfig(socket=str(socket)),
            log=LogConfig(format="json"),
        )
        self.error: ConfigError | None = None

    def read(self) -> Loaded:
        if self.error is not None:
            raise self.error
        return Loaded(self.node)


class IdleSpeaker(FakeSpeaker):
    """Runs ``script(speaker)`` once it has started, then ends the daemon; ``stopping()`` is part of its stop."""

    script: Callable[[IdleSpeaker], Any]
    stopping: Callable[[], Any]
    start_error: Exception | None = None

    def __init__(self, config: SpeakerConfig, **parts: Any) -> None:
        super().__init__([])
        self.parts = parts
        self.calls: list[str] = []
        self.refuse: Exception | None = None

    async def start(self) -> None:
        if self.start_error is not None:
            raise self.start_error
        self.task = asyncio.get_running_loop().create_task(self._run_script())

    async def _run_script(self) -> None:
        try:
            await type(self).script(self)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    async def stop(self, *, flush_fib: bool = False) -> None:
        self.calls.append(f"stop flush_fib={flush_fib}")
        await type(self).stopping()

    def reconfigure(self, config: SpeakerConfig, **parts: Any) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.calls.append("reconfigure")


async def nothing(*_: object) -> None:
    """A script."""


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "pybgp.sock")


@pytest.fixture
def speaker(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[IdleSpeaker]]:
    class ThisSpeaker(IdleSpeaker):
        script = nothing
        stopping = nothing

    monkeypatch.setattr(daemon, "Speaker", ThisSpeaker)
    thresholds, handlers = gc.get_threshold(), {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)}
    yield ThisSpeaker
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def log(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def ask(path: str, query: str) -> Mapping[str, Any]:
    def talk() -> Mapping[str, Any]:
        with Client(path) as client:
            return client.ask(query)

    return await asyncio.to_thread(talk)


def test_it_starts_serves_and_stops(
    source: Source, speaker: type[IdleSpeaker], capsys: pytest.CaptureFixture[str]
) -> None:
    seen = {}

    async def script(self: IdleSpeaker) -> None:
        seen.update(await ask(source.node.control.socket, "status"))

    speaker.script = script

    assert daemon.run(source) == 0

    assert (seen["pid"], seen["config"], seen["reloaded"]) == (os.getpid(), "node.toml", None)
    assert [line["event"] for line in log(capsys)] == ["started", "stopping", "stopped"]
    assert not Path(source.node.control.socket).exists()


def test_the_collector_looks_rarely_once_it_runs(source: Source, speaker: type[IdleSpeaker]) -> None:
    seen = []

    async def script(self: IdleSpeaker) -> None:
        await ask(source.node.control.socket, "version")
        seen.append((gc.get_threshold(), gc.get_freeze_count() > 0))

    speaker.script = script
    daemon.run(source)

    assert seen == [((200_000, 50, 1000), True)]


def test_the_second_signal_does_not_wait(
    source: Source, speaker: type[IdleSpeaker], capsys: pytest.CaptureFixture[str]
) -> None:
    """A peer that takes nothing any more would keep the first one waiting."""

    async def stopping() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    speaker.stopping = stopping

    assert daemon.run(source) == 1

    assert log(capsys)[-1]["event"] == "aborted"
    assert not Path(source.node.control.socket).exists()


@pytest.mark.parametrize("error", [ApiError("can't listen on 0.0.0.0:179: Permission denied"), FibError("no netlink")])
def test_what_keeps_it_from_starting_is_one_line(
    source: Source, speaker: type[IdleSpeaker], capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    speaker.start_error = error

    assert daemon.run(source) == 1

    assert [(line["event"], line["why"]) for line in log(capsys)] == [("start_failed", str(error))]
    with pytest.raises(NoDaemon):
        Client(source.node.control.socket)


def test_a_bug_is_one_line_with_its_place_and_the_daemon_goes_on(
    source: Source, speaker: type[IdleSpeaker], capsys: pytest.CaptureFixture[str]
) -> None:
    async def script(self: IdleSpeaker) -> None:
        asyncio.get_running_loop().call_soon(lambda: {}["missing"])
        await ask(source.node.control.socket, "version")

    speaker.script = script

    assert daemon.run(source) == 0

    (bug,) = [line for line in log(capsys) if line["event"] == "internal_error"]
    assert bug["error"] == "KeyError('missing')"
    assert bug["where"][-1].startswith("test_run.py:")


def test_a_reload_that_the_speaker_refuses_changes_nothing(
    source: Source, speaker: type[IdleSpeaker], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    old = source.node.control.socket
    other = tmp_path / "other.sock"
    seen = {}

    async def script(self: IdleSpeaker) -> None:
        self.refuse = ConfigError("node.toml: no")
        source.node = replace(source.node, control=ControlConfig(socket=str(other)), log=LogConfig(level="error"))
        with pytest.raises(Exception, match="no"):
            await ask(old, "reload")
        seen.update(await ask(old, "status"))
        assert not other.exists()

    speaker.script = script

    assert daemon.run(source) == 0

    assert seen["reload_problems"] == ["node.toml: no"]
    assert [line["event"] for line in log(capsys)] == ["started", "reload_failed", "stopping", "stopped"]


def test_a_reload_changes_the_log_and_the_sockets_mode(
    source: Source, speaker: type[IdleSpeaker], capsys: pytest.CaptureFixture[str]
) -> None:
    path = source.node.control.socket
    seen = []

    async def script(self: IdleSpeaker) -> None:
        seen.append(os.stat(path).st_mode & 0o777)
        source.node = replace(source.node, control=ControlConfig(socket=path, mode="0600"), log=LogConfig(level="warn"))
        seen.append((await ask(path, "reload"))["changes"])
        seen.append(os.stat(path).st_mode & 0o777)

    speaker.script = script

    assert daemon.run(source) == 0

    assert seen == [0o660, ["control socket: control.mode", "log: log.level, log.format"], 0o600]
    assert "stopped" not in [line["event"] for line in log(capsys)]


def test_flush_on_stop_is_what_the_configuration_says_now(
    source: Source, speaker: type[IdleSpeaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "make_fib", lambda config, log: None)
    source.node = replace(source.node, fib=FibConfig(on_stop="leave"))
    speakers = []

    async def script(self: IdleSpeaker) -> None:
        speakers.append(self)
        source.node = replace(source.node, fib=FibConfig(on_stop="flush"))
        await ask(source.node.control.socket, "reload")

    speaker.script = script
    daemon.run(source)

    assert speakers[0].calls == ["reconfigure", "stop flush_fib=True"]


def test_warnings_are_in_the_log(
    source: Source, speaker: type[IdleSpeaker], capsys: pytest.CaptureFixture[str]
) -> None:
    peers = [PeerConfig("192.0.2.2", remote_as=65001)]
    source.node = replace(source.node, speaker=replace(source.node.speaker, peers=peers))

    daemon.run(source)

    (warning,) = [line for line in log(capsys) if line["event"] == "config_warning"]
    assert "peers[0]" in warning["why"]
    assert "8212" in warning["why"]


def test_auto_is_the_lowest_global_address_and_stays(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    class Host:
        def __init__(self, *addresses: str) -> None:
            self.subnets = {bytes(map(int, address.split("."))): b"" for address in addresses}

    source.node = replace(source.node, speaker=replace(source.node.speaker, router_id="auto"))
    preparer = sources.Preparer(source)
    monkeypatch.setattr(sources, "host_addresses", lambda: Host("127.0.0.1", "169.254.7.7", "203.0.113.7", "10.0.0.9"))
    first = preparer.prepare()
    monkeypatch.setattr(sources, "host_addresses", lambda: Host("10.0.0.1"))

    second = preparer.prepare()

    assert (first.node.speaker.router_id, second.node.speaker.router_id) == ("10.0.0.9", "10.0.0.9")


def test_auto_without_an_address_is_a_configuration_error(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "lowest_global_address", lambda: None)
    source.node = replace(source.node, speaker=replace(source.node.speaker, router_id="auto"))

    with pytest.raises(ConfigError, match=r'node\.toml: router_id = "auto": .* no global IPv4 address'):
        sources.Preparer(source).prepare()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param(None, FibConfig(), "can't be added or removed", id="added"),
        pytest.param(FibConfig(), None, "can't be added or removed", id="removed"),
        pytest.param(FibConfig(), FibConfig(table=100), "fib.table = 100: can't change", id="table"),
        pytest.param(FibConfig(), FibConfig(protocol=200), "fib.protocol = 200: can't change", id="protocol"),
    ],
)
def test_what_a_running_fib_can_not_follow(old: FibConfig | None, new: FibConfig | None, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        refuse_fixed("node.toml", old, new)


def test_what_a_running_fib_can_follow() -> None:
    refuse_fixed("node.toml", FibConfig(), FibConfig(on_stop="flush", export_policy="reject"))
    refuse_fixed("node.toml", None, None)
