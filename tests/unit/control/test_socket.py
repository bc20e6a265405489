"""The control socket: the server, the client, and what either does when the other misbehaves."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pybgp.config.model import ControlConfig
from pybgp.control.client import Client, NoDaemon, Refused, socket_path
from pybgp.control.native import MAX_CLIENTS, MAX_REQUEST_OCTETS, ControlServer
from pybgp.control.socket_file import SocketFile
from pybgp.errors import ApiError, ConfigError

from .fakes import FakeFib, FakeSpeaker, installed, many, serving, view


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pybgp.sock"


def run(
    path: Path, conversation: Callable[[ControlServer], Awaitable[None]], speaker: FakeSpeaker | None = None
) -> None:
    """A conversation inside the server's own loop."""

    async def main() -> None:
        server = ControlServer(speaker or FakeSpeaker())
        await server.serve(SocketFile.claim(ControlConfig(socket=str(path))))
        try:
            await conversation(server)
        finally:
            await server.close()

    asyncio.run(main())


def ask_raw(path: Path, line: bytes) -> dict[str, Any]:
    """One line there, one line back."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(str(path))
        sock.sendall(line)
        with sock.makefile("rb") as reader:
            return json.loads(reader.readline())  # type: ignore[no-any-return]


# -- questions and answers ---------------------------------------------------------------------------------------------


def test_an_answer_carries_the_questions_id(path: Path) -> None:
    with serving(path, FakeSpeaker()):
        answer = ask_raw(path, b'{"id": "mine", "query": "version"}\n')

    assert answer["id"] == "mine"
    assert answer["result"]["name"] == "pybgp"


def test_status_has_the_daemons_facts(path: Path) -> None:
    with serving(path, FakeSpeaker(), facts=lambda: {"pid": 7}), Client(str(path)) as client:
        assert client.ask("status")["pid"] == 7


def test_several_questions_on_one_connection(path: Path) -> None:
    speaker = FakeSpeaker([view("10.0.0.0/8")], fib=FakeFib([installed("10.0.0.0/8")]))
    with serving(path, speaker), Client(str(path)) as client:
        assert [row["name"] for row in client.stream("peers")] == ["tor-a", "2001:db8::3"]
        assert [row["prefix"] for row in client.stream("routes", prefix="10.0.0.0/8")] == ["10.0.0.0/8"]
        assert [row["state"] for row in client.stream("fib")] == ["installed"]
        assert list(client.stream("routes", prefix="11.0.0.0/8")) == []


def test_a_long_answer_comes_whole(path: Path) -> None:
    speaker = FakeSpeaker([view(f"10.{number >> 8}.{number & 255}.0/24") for number in range(3000)])
    with serving(path, speaker), Client(str(path)) as client:
        rows = list(client.stream("routes"))

    assert len({row["prefix"] for row in rows}) == 3000


def test_a_reload_is_the_daemons_answer(path: Path) -> None:
    async def reload() -> dict[str, Any]:
        return {"changes": []}

    with serving(path, FakeSpeaker(), reload=reload), Client(str(path)) as client:
        assert client.ask("reload") == {"changes": []}


def test_a_bad_configuration_is_told_finding_by_finding(path: Path) -> None:
    async def reload() -> dict[str, Any]:
        raise ConfigError("node.toml: a = 1: expected 2", "node.toml: b: unknown key")

    with (
        serving(path, FakeSpeaker(), reload=reload),
        Client(str(path)) as client,
        pytest.raises(Refused) as refused,
    ):
        client.ask("reload")

    assert refused.value.code == "config"
    assert refused.value.problems == ("node.toml: a = 1: expected 2", "node.toml: b: unknown key")


def asking(query: str, **arguments: str) -> bytes:
    return json.dumps({"query": query, "args": arguments}).encode() + b"\n"


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        pytest.param(b"hello\n", "bad_request", "not a JSON object", id="no-json"),
        pytest.param(b"[1]\n", "bad_request", "not a JSON object", id="no-object"),
        pytest.param(b"\xff\xfe\n", "bad_request", "not a JSON object", id="no-text"),
        pytest.param(b"[" * 60000 + b"\n", "bad_request", "not a JSON object", id="deep"),
        pytest.param(b"{}\n", "bad_request", "expected one of version", id="no-query"),
        pytest.param(b'{"query": ["routes"]}\n', "bad_request", "expected one of version", id="query-type"),
        pytest.param(b'{"query": "drop"}\n', "bad_request", "'drop'", id="unknown-query"),
        pytest.param(b'{"query": "routes", "args": []}\n', "bad_argument", "expected an object", id="args-type"),
        pytest.param(b'{"query": "routes", "args": {"x": "1"}}\n', "bad_argument", "no argument 'x'", id="argument"),
        pytest.param(b'{"query": "routes", "args": {"peer": 7}}\n', "bad_argument", "peer = 7", id="argument-type"),
        pytest.param(b'{"query": "routes", "args": {"prefix": "x"}}\n', "bad_argument", "'x'", id="prefix"),
        pytest.param(b'{"query": "peers", "args": {"name": "x"}}\n', "unknown_peer", "x", id="peer"),
        pytest.param(b'{"query": "reload"}\n', "failed", "no configuration", id="no-reload"),
        pytest.param(
            asking("policy_diff", path="/x", limit="1" * 5000), "bad_argument", "number of examples", id="limit"
        ),
        pytest.param(asking("announce", prefix="10.0.0.0/8", med="1" * 5000), "bad_argument", "med", id="digits"),
        pytest.param(b"x" * (MAX_REQUEST_OCTETS + 1) + b"\n", "bad_request", "octets", id="too-long"),
    ],
)
def test_a_bad_question_gets_an_error(path: Path, line: bytes, code: str, words: str) -> None:
    with serving(path, FakeSpeaker()):
        error = ask_raw(path, line)["error"]
        still_there = ask_raw(path, b'{"query": "version"}\n')

    assert error["code"] == code
    assert words in error["message"]
    assert "result" in still_there


def test_after_an_error_the_conversation_goes_on(path: Path) -> None:
    with serving(path, FakeSpeaker()), Client(str(path)) as client:
        with pytest.raises(Refused, match="no peer is called nobody"):
            list(client.stream("peers", name="nobody"))
        assert client.ask("version")["name"] == "pybgp"


# -- those who don't behave --------------------------------------------------------------------------------------------


def test_a_reader_that_stops_does_not_make_us_read_the_table(path: Path) -> None:
    """Memory stays bounded: routes are looked at as fast as somebody takes them."""
    speaker = FakeSpeaker(many(200_000))

    async def conversation(server: ControlServer) -> None:
        _, writer = await asyncio.open_unix_connection(str(path), limit=1024)
        writer.write(b'{"query": "routes"}\n')
        looked_at = -1
        while looked_at != speaker.core.looked_at or looked_at <= 0:  # until nothing moves any more
            looked_at = speaker.core.looked_at
            for _ in range(20):
                await asyncio.sleep(0)
        assert 0 < looked_at < 20_000
        writer.close()

    run(path, conversation, speaker)


def test_the_loop_gets_its_turn_during_a_long_answer(path: Path) -> None:
    speaker = FakeSpeaker(many(20_000))

    async def conversation(server: ControlServer) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 22)
        writer.write(b'{"query": "routes", "args": {"prefix": "11.0.0.0/8", "match": "covered"}}\n')
        turns = 0
        answer = asyncio.create_task(reader.readline())
        while not answer.done():
            await asyncio.sleep(0)
            turns += 1
        assert json.loads(answer.result())["count"] == 0
        assert turns > 3
        writer.close()

    run(path, conversation, speaker)


def test_a_reader_that_goes_away_is_forgotten(path: Path) -> None:
    speaker = FakeSpeaker(many(50_000))

    async def conversation(server: ControlServer) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 22)
        writer.write(b'{"query": "routes"}\n')
        await reader.readline()
        writer.transport.abort()
        async with asyncio.timeout(10):
            while server._clients:
                await asyncio.sleep(0)

    run(path, conversation, speaker)


def test_too_many_connections_are_told_so(path: Path) -> None:
    async def conversation(server: ControlServer) -> None:
        writers = [(await asyncio.open_unix_connection(str(path)))[1] for _ in range(MAX_CLIENTS)]
        reader, writer = await asyncio.open_unix_connection(str(path))
        answer = json.loads(await reader.readline())
        assert answer["error"]["message"] == f"more than {MAX_CLIENTS} connections"
        for each in [*writers, writer]:
            each.close()

    run(path, conversation)


# -- the socket file ---------------------------------------------------------------------------------------------------


def test_the_socket_has_the_configured_mode_and_goes_at_the_end(path: Path) -> None:
    async def conversation(server: ControlServer) -> None:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o660

    run(path, conversation)

    assert not path.exists()


def test_the_directory_is_made(tmp_path: Path) -> None:
    path = tmp_path / "run" / "pybgp" / "pybgp.sock"

    async def conversation(server: ControlServer) -> None:
        assert path.exists()

    run(path, conversation)


def test_what_a_killed_daemon_left_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.exists()

    with serving(path, FakeSpeaker()), Client(str(path)) as client:
        assert client.ask("version")["name"] == "pybgp"


def test_a_running_daemon_is_not_disturbed(path: Path) -> None:
    with serving(path, FakeSpeaker()):
        with pytest.raises(ApiError, match="another pybgp is running there"):
            SocketFile.claim(ControlConfig(socket=str(path)))
        with Client(str(path)) as client:
            assert client.ask("version")["name"] == "pybgp"


def test_a_file_that_is_no_socket_is_left_alone(path: Path) -> None:
    path.write_text("precious")

    with pytest.raises(ApiError, match="not a socket"):
        SocketFile.claim(ControlConfig(socket=str(path)))

    assert path.read_text() == "precious"


def test_another_ones_socket_is_not_removed_at_the_end(path: Path) -> None:
    async def conversation(server: ControlServer) -> None:
        path.unlink()
        path.write_text("somebody else's")

    run(path, conversation)

    assert path.read_text() == "somebody else's"


def test_who_asks_before_the_speaker_is_ready_is_answered_then(path: Path) -> None:
    async def main() -> None:
        file = SocketFile.claim(ControlConfig(socket=str(path)))
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b'{"query": "version"}\n')
        server = ControlServer(FakeSpeaker())
        await server.serve(file)
        assert "result" in json.loads(await reader.readline())
        writer.close()
        await server.close()

    asyncio.run(main())


def test_a_socket_can_move_without_cutting_a_conversation(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sock"

    async def conversation(server: ControlServer) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b'{"query": "version"}\n')
        await reader.readline()
        await server.serve(SocketFile.claim(ControlConfig(socket=str(other), mode="0600")))
        assert not path.exists()
        assert stat.S_IMODE(os.stat(other).st_mode) == 0o600
        writer.write(b'{"query": "version"}\n')
        assert "result" in json.loads(await reader.readline())
        writer.close()

    run(path, conversation)

    assert not other.exists()


def test_an_unknown_group_is_a_configuration_error(path: Path) -> None:
    with pytest.raises(ConfigError, match=r'control\.group = "no-such-group"'):
        SocketFile.claim(ControlConfig(socket=str(path), group="no-such-group"))


def test_a_path_that_no_socket_can_have(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="107 octets"):
        SocketFile.claim(ControlConfig(socket=str(tmp_path / ("x" * 120))))


# -- the client --------------------------------------------------------------------------------------------------------


def test_no_daemon_is_said_plainly(path: Path) -> None:
    with pytest.raises(NoDaemon, match=f"no pybgp is running on {path}"):
        Client(str(path))


def test_a_daemon_that_goes_away_in_the_middle(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with Client(str(path)) as client:
            accepted, _ = listener.accept()
            accepted.sendall(b'{"id":1,"items":[{"prefix":"10.0.0.0/8"}]}\n{"id":1,')
            accepted.close()
            rows = client.stream("routes")
            assert next(rows)["prefix"] == "10.0.0.0/8"
            with pytest.raises(NoDaemon):
                next(rows)


def test_what_a_daemon_said_before_it_closed_is_not_lost(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with Client(str(path)) as client:
            accepted, _ = listener.accept()
            accepted.sendall(b'{"id":null,"error":{"code":"bad_request","message":"more than 64 connections"}}\n')
            accepted.close()
            with pytest.raises(Refused, match="more than 64 connections"):
                client.ask("version")


def test_a_daemon_that_does_not_answer(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with Client(str(path), timeout=0.01) as client, pytest.raises(NoDaemon, match=r"no answer for 0\.01 s"):
            client.ask("version")


def test_the_socket_is_the_option_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYBGP_SOCKET", raising=False)
    assert socket_path(None) == "/run/pybgp/pybgp.sock"
    monkeypatch.setenv("PYBGP_SOCKET", "/tmp/env.sock")
    assert socket_path(None) == "/tmp/env.sock"
    assert socket_path("/tmp/given.sock") == "/tmp/given.sock"
