"""A peer that stops reading, and hundreds that must not be forgotten: ``python -m tests.bench.endurance [slow|many]``.

Real daemons, TCP on loopback. ``slow``: 50 clients, one stopped with SIGSTOP while a million route changes pass; the
same without the stopped one. ``many``: 500 sessions with a hold time of 9 s while a full table arrives; ``many 200
100000``: 200 sessions and 100,000 routes. Prints the figures; the suite runs both in small
(``tests/integration/test_endurance.py``).
"""

from __future__ import annotations

import json
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import pack
from typing import Any

from tests.integration.daemons import Daemon, speaking, until
from tests.support import free_port

from . import crowd_of_peers, traffic
from .crowd_of_peers import AS
from .generator import KEEPALIVE

KEYS_EACH = 10
"""Prefixes of an UPDATE."""
MARKER = "18cb0071"
"""203.0.113.0/24: the last prefix that the source announces."""
CONFIGURATION = """
local_as = {asn}
router_id = "192.0.2.1"
listen = ["127.0.0.1:{port}"]
families = ["ipv4-unicast"]
[[dynamic_peers]]
prefix = "127.1.0.0/16"
limit = 2000
remote_as = {asn}
route_reflector_client = true
hold_time = {hold_time}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of one run. ``seconds`` until all that read had everything, ``peak`` in octets."""

    seconds: float
    peak: int
    behind: int
    slow: dict[str, Any] | None
    fresh: dict[str, Any] | None
    established: int
    lost: int
    stalls: dict[str, Any]
    turns: dict[str, Any]
    """``turns.Turns``, of the whole run."""


class Crowd:
    """A process of peers."""

    def __init__(self, port: int, count: int, first: int, hold_time: int, *, decode: bool = False) -> None:
        command = [sys.executable, "-m", "tests.bench.crowd_of_peers"]
        arguments = [port, count, first, hold_time, MARKER, *(["decode"] if decode else [])]
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.lost = 0

    def next(self, event: str, *, limit: float = 300) -> dict[str, Any]:
        """The next line of this kind.

        Raises:
            AssertionError: it doesn't come.
        """
        assert self.process.stdout is not None
        deadline = time.monotonic() + limit
        while True:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            line = self.process.stdout.readline() if ready else ""
            assert line, f"no {event!r} from the peers in {limit} s"
            found: dict[str, Any] = json.loads(line)
            self.lost += found["event"] == "lost"
            if found["event"] == event:
                return found

    def routes(self) -> dict[str, Any]:
        """Number and digest of what the peer has."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        return self.next("routes")

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


def updates(keys: list[bytes], round_: int, communities: int) -> Iterator[bytes]:
    """All prefixes with attributes that no other round has, and so many communities that there is something to send."""
    size = 4 * communities
    for at in range(0, len(keys), KEYS_EACH):
        attributes = (
            b"\x40\x01\x01\x00\x40\x02\x00\x40\x03\x04\xc0\x00\x02\x4d"
            + b"\x80\x04\x04"
            + pack("!I", round_)
            + b"\x40\x05\x04"
            + pack("!I", 100 + round_ % 7)
            + (b"\xc0\x08" + bytes((size,)) if size < 256 else b"\xd0\x08" + size.to_bytes(2))
            + pack(f"!{communities}I", *range(at, at + communities))
        )
        yield traffic.update(attributes, keys[at : at + KEYS_EACH], None)


def prefixes(count: int) -> list[bytes]:
    """So many /24s from 1.0.0.0 on."""
    return [b"\x18" + (0x010000 + each).to_bytes(3) for each in range(count)]


def last() -> bytes:
    """The UPDATE that everybody waits for."""
    return traffic.update(
        b"\x40\x01\x01\x00\x40\x02\x00\x40\x03\x04\xc0\x00\x02\x4d\x40\x05\x04\0\0\0\x64", [bytes.fromhex(MARKER)], None
    )


@contextmanager
def reflector(hold_time: int) -> Iterator[tuple[Daemon, int, dict[str, Any]]]:
    """A daemon that takes every client from 127.1.0.0/16, its port, and the turns of its loop when it has ended."""
    port = free_port()
    turns: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as directory:
        file, timed = Path(directory) / "node.toml", Path(directory) / "turns.json"
        file.write_text(CONFIGURATION.format(asn=AS, port=port, hold_time=hold_time))
        with speaking(Path(directory) / "d", "-c", str(file), program=("tests.bench.turns", str(timed))) as daemon:
            daemon.started()
            yield daemon, port, turns
            daemon.send(signal.SIGTERM)
            daemon.wait()
        turns.update(json.loads(timed.read_text()))


def run(*, clients: int, table: int, rounds: int, slow: bool, hold_time: int = 240, communities: int = 10) -> Outcome:
    """One source, ``clients`` that read, and one that stops reading if ``slow``."""
    crowds: list[Crowd] = []
    with reflector(hold_time) as (daemon, port, turns):
        source = crowd_of_peers.session(port, 0, hold_time)
        try:
            crowd = Crowd(port, clients - slow, 1, hold_time)
            crowds.append(crowd)
            crowd.next("up")
            stopped = Crowd(port, 1, clients, hold_time, decode=True) if slow else None
            if stopped is not None:
                crowds.append(stopped)
                stopped.next("up")
            with alive(source, hold_time):
                until(lambda: daemon.ask("status")["peers_established"] == clients + 1, limit=60, why="all sessions")
            if stopped is not None:
                stopped.process.send_signal(signal.SIGSTOP)
            stream = b"".join(
                [
                    *(message for number in range(rounds) for message in updates(prefixes(table), number, communities)),
                    last(),
                ]
            )
            started = time.monotonic()
            _send(source, stream)
            with alive(source, hold_time):
                seconds = crowd.next("have")["at"] - started
            status = daemon.ask("status")
            behind = sum(peer["behind"] for peer in status["peers"])
            peak = _peak(daemon.process.pid)
            slow_has = fresh = None
            if stopped is not None:
                stopped.process.send_signal(signal.SIGCONT)
                stopped.next("have")
                until(lambda: not any(peer["behind"] for peer in daemon.ask("status")["peers"]), limit=60, why="peers")
                newcomer = Crowd(port, 1, clients + 1, hold_time, decode=True)
                crowds.append(newcomer)
                newcomer.next("have")
                slow_has, fresh = (
                    until(lambda one=one: _whole(one.routes(), table + 1), limit=60, why="all routes")  # type: ignore[misc]
                    for one in (stopped, newcomer)
                )
            return Outcome(
                seconds=seconds,
                peak=peak,
                behind=behind,
                slow=slow_has,
                fresh=fresh,
                established=status["peers_established"],
                lost=sum(one.lost for one in crowds),
                stalls=status["loop_stalls"]["since_start"],
                turns=turns,
            )
        finally:
            source.close()
            for one in crowds:
                one.close()


@contextmanager
def alive(source: socket.socket, hold_time: int) -> Iterator[None]:
    """The source says that it is there, while it has nothing else to say."""
    over = threading.Event()

    def say() -> None:
        source.setblocking(True)
        while not over.wait(max(1.0, hold_time / 3)):
            source.sendall(KEEPALIVE)

    thread = threading.Thread(target=say)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _whole(found: dict[str, Any], count: int) -> dict[str, Any] | None:
    return found if found["count"] == count else None


def _send(source: socket.socket, stream: bytes) -> None:
    """All of it, while what comes in is read away."""
    source.setblocking(False)
    view, at = memoryview(stream), 0  # UPDATEs are as good as KEEPALIVEs
    while at < len(view):
        readable, writable, _ = select.select([source], [source], [], 1)
        if readable and not source.recv(1 << 16):
            raise AssertionError("the daemon has ended the source's session")
        if writable:
            at += source.send(view[at : at + (1 << 18)])


def _peak(pid: int) -> int:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) << 10


def main() -> None:
    """Print the figures of the full size."""
    wanted = sys.argv[1:2] or ["slow", "many"]
    clients, table = map(int, sys.argv[2:4]) if sys.argv[2:] else (500, 1_000_000)
    if "slow" in wanted:
        for slow in (False, True):
            _print(f"50 clients, 1 M changes, {'one stopped' if slow else 'all read'}",
                   run(clients=50, table=100_000, rounds=10, slow=slow))  # fmt: skip
    if "many" in wanted:
        found = run(clients=clients, table=table, rounds=1, slow=False, hold_time=9)
        _print(f"{clients} sessions, hold time 9 s, {table:,} routes", found)


def _print(title: str, found: Outcome) -> None:
    stalls, turns = found.stalls, found.turns
    print(
        f"{title}: {found.seconds:.1f} s, peak {found.peak >> 20} MB, {found.behind:,} behind, "
        f"{found.established} sessions, {found.lost} lost, "
        f"loop late p50 {stalls['p50_ms']} ms, p99 {stalls['p99_ms']} ms, max {stalls['max_ms']} ms; "
        f"CPU of {turns['count']:,} turns p50 {turns['p50_ms']} ms, p99 {turns['p99_ms']} ms, "
        f"max {turns['max_ms']} ms, a timer waits p99 {turns['waits_p99_ms']} ms",
        f"slow has exactly what a new one gets: {found.slow == found.fresh}" if found.slow else "",
        *(f"\n    {took:6.2f} ms {name}" for took, name in turns["longest"]),
        flush=True,
    )


if __name__ == "__main__":
    main()
