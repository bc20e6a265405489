"""``pybgp speak`` as its users run it: real processes, real sockets, loopback only."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pybgp.control.client import Refused
from tests.support import free_port

from .daemons import Daemon, is_gone, speaking, until

PASSIVE_FILE = """
local_as = 64512
router_id = "192.0.2.1"
listen = ["127.0.0.1:{port}"]
[[peers]]
address = "127.0.0.2"
name = "b"
remote_as = 64512
passive = true
{peer}
[[peers]]
address = "127.0.0.3"
name = "c"
remote_as = 64512
passive = true
[[routes]]
prefix = "10.65.1.0/26"
type = "blackhole"
{rest}
"""


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pybgp", *arguments], capture_output=True, text=True, timeout=30, check=False
    )


class Pair:
    """Two speakers: "a" from a file listens, the others connect."""

    def __init__(self, tmp_path: Path) -> None:
        self.port = free_port()
        self.file = tmp_path / "a.toml"
        self.write()

    def write(self, *, peer: str = "", rest: str = "") -> None:
        self.file.write_text(PASSIVE_FILE.format(port=self.port, peer=peer, rest=rest))

    def other(self, address: str, router_id: str) -> list[str]:
        peer = f"127.0.0.1,name=a,asn=64512,port={self.port},local_address={address},timers.idle_hold=0.2"
        return ["--asn", "64512", "--router-id", router_id, "--no-listen", "--peer", peer]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_two_speakers_meet_exchange_and_part(pair: Pair, tmp_path: Path) -> None:
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *pair.other("127.0.0.2", "192.0.2.2")) as b,
    ):
        a.established("b")
        b.established("a")
        until(lambda: b.best() == {"10.65.1.0/26"}, why="the route to arrive")
        (route,) = b.stream("routes")
        assert (route["peer"], route["source"], route["local_pref"]) == ("a", "bgp", 100)
        (told,) = a.stream("routes", direction="advertised", peer="b")
        assert (told["prefix"], told["to"], told["source"]) == ("10.65.1.0/26", "b", "local")

        a.send(signal.SIGTERM)

        assert a.wait() == 0
        b.event("session_down", peer="a")
        assert "administrative" in str(b.event("session_down", peer="a")).lower()  # Cease/2, RFC 4486
        until(lambda: b.best() == set(), why="the route to go with its session")


def test_status_shows_the_session(pair: Pair, tmp_path: Path) -> None:
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *pair.other("127.0.0.2", "192.0.2.2")),
    ):
        a.established("b")

        shown = command("status", "-s", str(a.socket))

        assert shown.returncode == 0
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in shown.stdout.splitlines() if "|" in line]
        assert rows[0] == ["PEER ADDRESS", "PEER TYPE", "STATE", "SINCE", "INFO"]
        assert [row[:3] + row[4:] for row in rows[1:]] == [
            ["127.0.0.2", "internal", "up", "Established"],
            ["127.0.0.3", "internal", "start", "Active"],
        ]


@pytest.mark.parametrize("how", ["signal", "command"])
def test_a_reload_ends_only_the_session_that_changed(pair: Pair, tmp_path: Path, how: str) -> None:
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *pair.other("127.0.0.2", "192.0.2.2")) as b,
        speaking(tmp_path / "c", *pair.other("127.0.0.3", "192.0.2.3")) as c,
    ):
        a.established("b", "c")

        pair.write(peer="hold_time = 30")
        if how == "signal":
            a.send(signal.SIGHUP)
        else:
            shown = command("reload", "-s", str(a.socket))
            assert shown.returncode == 0
            assert "peer b: the session ends and comes back (hold_time 90 -> 30)" in shown.stdout

        a.event("reloaded", changes=1)
        b.event("session_down", peer="a")
        until(lambda: a.stream("peers", name="b")[0]["hold_time_s"] == 30, why="b to come back with the new hold time")
        assert not [event for event in c.events if event["event"] == "session_down"]


def test_a_peer_is_reset_disabled_and_enabled_by_hand(pair: Pair, tmp_path: Path) -> None:
    """RFC 9003: the other side's operator reads why."""
    *options, peer = pair.other("127.0.0.2", "192.0.2.2")
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *options, f"{peer},timers.idle_hold_max=0.4,timers.connect_retry=0.5") as b,
    ):
        a.established("b")

        shown = command("peer", "reset", "127.0.0.2", "--message", "new line cards", "-s", str(a.socket))
        assert (shown.returncode, shown.stdout) == (0, "b: reset\n")
        assert "new line cards" in b.event("session_down", peer="a")["why"]
        a.established("b")

        shown = command("peer", "refresh", "b", "--in", "--out", "-s", str(a.socket))
        assert (shown.returncode, shown.stdout) == (0, "b: asked for its routes; told everything again\n")

        shown = command("peer", "disable", "b", "--message", "Wartung für heute", "-s", str(a.socket))
        assert shown.returncode == 0
        until(lambda: "Wartung für heute" in str(b.stream("peers")[0]["last_notification"]), why="the words")
        assert "| down  |" in command("status", "-s", str(a.socket)).stdout
        assert "Idle, disabled by hand; " in command("status", "-s", str(a.socket)).stdout
        assert command("reload", "-s", str(a.socket)).returncode == 0
        assert command("peer", "reset", "b", "-s", str(a.socket)).returncode == 1

        shown = command("peer", "enable", "--all", "--json", "-s", str(a.socket))
        assert json.loads(shown.stdout)["peers"] == [
            {"peer": name, "done": "enabled", "error": None} for name in ("b", "c")
        ]
        a.established("b")

        refused = command("peer", "refresh", "--all", "-s", str(a.socket))
        assert refused.returncode == 1
        assert "c: failed: c has no session: it is active" in refused.stdout
        assert command("peer", "reset", "nobody", "-s", str(a.socket)).returncode == 1
        assert command("peer", "reset", "b", "--message", "x" * 256, "-s", str(a.socket)).returncode == 2
        assert command("peer", "reset", "-s", str(a.socket)).returncode == 2


def test_a_drain_waits_until_peers_have_been_told_and_is_taken_back(pair: Pair, tmp_path: Path) -> None:
    """RFC 8326."""
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *pair.other("127.0.0.2", "192.0.2.2")) as b,
    ):
        a.established("b")
        until(lambda: b.best() == {"10.65.1.0/26"}, why="the route")

        shown = command("drain", "-s", str(a.socket))

        assert (shown.returncode, shown.stdout) == (0, "draining: 1 peer has been told\n")
        until(lambda: b.stream("routes")[0]["communities"] == ["65535:0"], why="the community")
        assert b.stream("routes")[0]["local_pref"] == 0
        counted = command("show", "routes", "--community", "65535:*", "--count", "-s", str(b.socket))
        assert counted.stdout == "1 routes for 1 prefixes (ipv4-unicast 1)\n"
        assert command("show", "routes", "10.65.1.0/26", "--source", "local", "-s", str(b.socket)).returncode == 1
        assert command("show", "routes", "--as-path", "x", "-s", str(b.socket)).returncode == 2
        assert ", draining since 20" in command("status", "-s", str(a.socket)).stdout

        shown = command("drain", "--undo", "--json", "-s", str(a.socket))

        answer = json.loads(shown.stdout)
        assert (answer["draining"], answer["told"], answer["peers"][0]["peer"]) == (False, True, "b")
        until(lambda: b.stream("routes")[0]["communities"] == [], why="the route as it was")
        assert b.stream("routes")[0]["local_pref"] == 100
        assert command("drain", "--undo", "-s", str(a.socket)).stdout == "was not draining\n"


def test_a_reload_without_a_change_touches_nothing(pair: Pair, tmp_path: Path) -> None:
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *pair.other("127.0.0.2", "192.0.2.2")) as b,
    ):
        a.established("b")

        shown = command("reload", "-s", str(a.socket))

        assert (shown.returncode, shown.stdout) == (0, "nothing has changed\n")
        b.established("a")
        assert not [event for event in b.events if event["event"] == "session_down"]


def test_a_reload_announces_and_withdraws_our_own_routes(pair: Pair, tmp_path: Path) -> None:
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *pair.other("127.0.0.2", "192.0.2.2")) as b,
    ):
        b.established("a")
        until(lambda: b.best() == {"10.65.1.0/26"}, why="the route")

        pair.write(rest='[[routes]]\nprefix = "10.65.2.0/26"\ntype = "blackhole"')
        a.ask("reload")
        until(lambda: b.best() == {"10.65.1.0/26", "10.65.2.0/26"}, why="the new route")
        pair.write()
        a.ask("reload")

        until(lambda: b.best() == {"10.65.1.0/26"}, why="the new route to go")
        assert not [event for event in b.events if event["event"] == "session_down"]


def test_a_bad_file_keeps_the_old_configuration(pair: Pair, tmp_path: Path) -> None:
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *pair.other("127.0.0.2", "192.0.2.2")) as b,
    ):
        a.established("b")

        pair.write(peer="hold_time = 2\nremot_as = 7")
        shown = command("reload", "-s", str(a.socket))

        assert shown.returncode == 2
        assert "peers[0].hold_time = 2: expected 0 or 3..65535 seconds" in shown.stderr
        assert "peers[0].remot_as: unknown key; did you mean remote_as?" in shown.stderr
        assert "2 errors, nothing changed" in shown.stderr
        a.event("reload_failed")
        assert len(a.ask("status")["reload_problems"]) == 2
        assert not [event for event in b.events if event["event"] == "session_down"]

        pair.write()
        a.ask("reload")
        assert a.ask("status")["reload_problems"] == []


def test_a_policy_is_read_again(pair: Pair, tmp_path: Path) -> None:
    policy = tmp_path / "site_policy.py"
    policy.write_text("def only(route):\n    return None\n")
    pair.write(peer='export_policy = ["site_policy:only"]')
    with (
        speaking(tmp_path / "a", "-c", str(pair.file)) as a,
        speaking(tmp_path / "b", *pair.other("127.0.0.2", "192.0.2.2")) as b,
    ):
        a.established("b")
        b.established("a")
        assert b.best() == set()

        policy.write_text("def only(route):\n    return route\n")
        told, counts = map(
            json.loads, command("policy", "diff", str(pair.file), "--json", "-s", str(a.socket)).stdout.splitlines()
        )
        assert (told["change"], told["peers"], told["prefix"]) == ("announced", ["b"], "10.65.1.0/26")
        assert counts["announced"] == 1
        assert b.best() == set()
        assert a.ask("reload")["changes"] == [
            "peer b: policy runs again, the session stays (export_policy site_policy:only)"
        ]
        until(lambda: b.best() == {"10.65.1.0/26"}, why="the route to pass")

        policy.write_text("def only(route:\n")
        with pytest.raises(Refused, match="site_policy:only"):
            a.ask("reload")
        assert b.best() == {"10.65.1.0/26"}
        assert not [event for event in b.events if event["event"] == "session_down"]


@pytest.mark.root
@pytest.mark.kernel("md5")
def test_a_password_from_a_file_and_one_from_the_environment(pair: Pair, tmp_path: Path) -> None:
    """RFC 2385: the session comes up with the same key on both sides, and not with another."""
    key = tmp_path / "key"
    key.write_text("correct horse\n")
    key.chmod(0o600)
    pair.write(peer=f'password = {{ file = "{key}" }}')
    other = tmp_path / "b.toml"
    other.write_text(
        f"""
local_as = 64512
router_id = "192.0.2.2"
listen = []
[[peers]]
address = "127.0.0.1"
name = "a"
remote_as = 64512
port = {pair.port}
local_address = "127.0.0.2"
password = {{ env = "KEY" }}
timers = {{ idle_hold = 0.2, connect_retry = 1 }}
"""
    )
    with speaking(tmp_path / "a", "-c", str(pair.file)) as a:
        a.started()
        with speaking(tmp_path / "wrong", "-c", str(other), environment={"KEY": "wrong"}) as wrong:
            wrong.event("state", peer="a", new="connect")
            assert wrong.stream("peers")[0]["state"] != "established"
        with speaking(tmp_path / "right", "-c", str(other), environment={"KEY": "correct horse"}):
            a.established("b")
        assert not [event for event in wrong.events if event["event"] == "session_up"]
        assert "horse" not in str(a.events + wrong.events)


def test_the_second_signal_does_not_wait(pair: Pair, tmp_path: Path) -> None:
    """A peer that does not read keeps an orderly stop waiting for its last octets."""
    with speaking(tmp_path / "a", "-c", str(pair.file)) as a:
        a.started()
        a.send(signal.SIGTERM)
        a.send(signal.SIGTERM)

        assert a.wait() in (0, 1)
    assert not a.socket.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_removes_the_socket(pair: Pair, tmp_path: Path, number: signal.Signals) -> None:
    with speaking(tmp_path / "a", "-c", str(pair.file)) as a:
        a.started()
        assert a.socket.exists()

        a.send(number)

        assert a.wait() == 0
        assert not a.socket.exists()
        assert a.event("stopping")["signal"] == number.name
        assert a.events[-1]["event"] == "stopped"


def test_after_a_kill_the_next_one_starts(pair: Pair, tmp_path: Path) -> None:
    with speaking(tmp_path / "a", "-c", str(pair.file)) as a:
        a.started()
        a.send(signal.SIGKILL)
        a.wait()
        assert a.socket.exists()
        assert is_gone(a)

    with speaking(tmp_path / "a", "-c", str(pair.file)) as again:
        again.started()


def test_a_second_daemon_on_the_same_socket_fails_and_disturbs_nothing(pair: Pair, tmp_path: Path) -> None:
    with speaking(tmp_path / "a", "-c", str(pair.file)) as a:
        a.started()

        with speaking(tmp_path / "a", "-c", str(pair.file)) as second:
            failed = second.event("start_failed")
            assert "another pybgp is running there" in failed["why"]
            assert second.wait() == 1

        assert a.ask("version")["name"] == "pybgp"


def test_a_port_that_is_taken_is_said_in_one_line(pair: Pair, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", pair.port))
        taken.listen()

        with speaking(tmp_path / "a", "-c", str(pair.file)) as a:
            failed = a.event("start_failed")
            assert str(pair.port) in failed["why"]
            assert a.wait() == 1
            assert a.other_lines == []
    assert not a.socket.exists()


def test_the_control_socket_moves_with_a_reload(pair: Pair, tmp_path: Path) -> None:
    first, second = tmp_path / "first.sock", tmp_path / "second.sock"
    pair.write(rest=f'[control]\nsocket = "{first}"')
    a = Daemon(first, "-c", str(pair.file))
    try:
        a.started()
        pair.write(rest=f'[control]\nsocket = "{second}"')

        shown = command("reload", "-s", str(first))

        assert (shown.returncode, shown.stderr) == (0, "")
        assert command("status", "-s", str(first)).returncode == 3
        assert command("status", "-s", str(second)).returncode == 0
    finally:
        a.stop()


def test_fib_that_can_not_change_is_refused_and_nothing_else_changes(pair: Pair, tmp_path: Path) -> None:
    with speaking(tmp_path / "a", "-c", str(pair.file)) as a:
        a.started()
        pair.write(peer="hold_time = 30", rest="[fib]\n")

        shown = command("reload", "-s", str(a.socket))

        assert shown.returncode == 2
        assert "fib: can't be added or removed while the speaker runs" in shown.stderr
        assert a.ask("status")["fib"] is None


def test_check_prints_what_holds_and_starts_nothing(pair: Pair) -> None:
    shown = command("speak", "-c", str(pair.file), "--check")

    assert shown.returncode == 0
    assert 'router_id = "192.0.2.1"' in shown.stdout
    assert "default" in shown.stdout


def test_check_prints_a_file_that_means_the_same(pair: Pair, tmp_path: Path) -> None:
    first = command("speak", "-c", str(pair.file), "--check").stdout
    again = tmp_path / "again.toml"
    again.write_text(first)

    second = command("speak", "-c", str(again), "--check")

    def values(text: str) -> list[str]:
        return [line.partition("  #")[0].rstrip() for line in text.splitlines() if not line.startswith("#")]

    assert second.returncode == 0
    assert values(second.stdout) == values(first)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "needs -c FILE, or --asn and --router-id", id="nothing"),
        pytest.param(["-c", "/nonexistent.toml"], "/nonexistent.toml: can't be read", id="no-file"),
        pytest.param(["--asn", "64512"], "--router-id: missing", id="no-router-id"),
        pytest.param(["--asn", "x", "--router-id", "1.1.1.1"], "--asn", id="asn"),
        pytest.param(["--asn", "1", "--router-id", "1.1.1.1", "--peer", "1.1.1.2,cliet"], "client", id="peer-key"),
        pytest.param(["--asn", "1", "--router-id", "1.1.1.1", "--peer", "nowhere"], "--peer nowhere", id="peer"),
        pytest.param(["--log-level", "loud", "--asn", "1"], "loud", id="choice"),
    ],
)
def test_what_can_not_be_meant_is_exit_2(arguments: list[str], words: str) -> None:
    shown = command("speak", *arguments)

    assert shown.returncode == 2
    assert words in shown.stderr
    assert "Traceback" not in shown.stderr
    assert shown.stdout == ""
