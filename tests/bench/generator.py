"""All peers of a scenario in one process: sessions up, everything encoded, then the clock.

Started by ``run`` as ``python -m tests.bench.generator`` with a scenario as JSON on its standard input. Talks in JSON
lines: ``ready`` (sessions are up and silent; a line on standard input starts the clock), ``quiet`` (nothing came for a
while, with the CPU seconds used so far) and at last ``done`` with the figures, or ``failed`` with the reason.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import socket
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from struct import pack, unpack_from
from time import monotonic
from typing import Any, Final

from . import traffic
from .recording import BrokenStream, Found, Recording
from .scenarios import DAEMON_ADDRESS, FIRST_MED, HOLD_TIME, PORT, Peer, Scenario

OPEN, KEEPALIVE_TYPE = 1, 4
KEEPALIVE: Final = traffic.message(KEEPALIVE_TYPE, b"")
ADD_PATH: Final = b"\x45\x04\x00\x01\x01\x03"
"""The capability (RFC 7911): IPv4, unicast, both ways."""
AT_ONCE: Final = 4
"""Sessions opened at the same time: BIRD's listen backlog is 8."""
PATIENCE: Final = 60.0
"""Seconds in which a session must come up."""
SILENCE: Final = 0.7
"""Seconds without an octet after which the recordings are read."""
STALLED: Final = 20.0
"""Seconds without an octet, routes missing, after which the run has failed."""


LONG_ENOUGH: Final = 12.0
"""Seconds after which no further change is timed."""
READ: Final = 1 << 16


class Failed(Exception):
    """The run can't be counted, and why."""


class Session:
    """One simulated peer's connection to the daemon."""

    __slots__ = ("connection", "peer", "recording", "stream", "unsent")

    def __init__(self, peer: Peer, stream: bytes, recording: Recording) -> None:
        self.peer = peer
        self.stream = stream
        self.unsent = memoryview(b"")  # from the start of the clock: the rest of the stream
        self.recording = recording
        self.connection = socket.socket()

    def establish(self, router_id: bytes, add_path: bool) -> None:
        """Connect and exchange OPENs until the daemon's first KEEPALIVE; again while it doesn't want.

        Raises:
            Failed: not up in ``PATIENCE`` seconds, or without the ADD-PATH that was asked for.
        """
        deadline = monotonic() + PATIENCE
        while True:
            try:
                offered = self._try(router_id, add_path)
                break
            except OSError as error:
                self.connection.close()
                if monotonic() > deadline:
                    raise Failed(f"no session for {self.peer.ip}: {error}") from None
                select.select([], [], [], 0.2)
        if add_path and not offered:
            raise Failed("the daemon did not offer ADD-PATH both ways")
        self.connection.setblocking(False)

    def _try(self, router_id: bytes, add_path: bool) -> bool:
        self.connection = socket.socket()
        self.connection.settimeout(5)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.bind((self.peer.ip, 0))
        self.connection.connect((DAEMON_ADDRESS, PORT))
        self.connection.sendall(open_message(self.peer.asn, router_id, add_path))
        kind, body = self._message()
        if kind != OPEN:
            raise ConnectionError(f"message of type {kind}, {body.hex(' ')}, for an OPEN")
        self.connection.sendall(KEEPALIVE)
        kind, why = self._message()
        if kind != KEEPALIVE_TYPE:
            raise ConnectionError(f"message of type {kind}, {why.hex(' ')}, for a KEEPALIVE")
        return ADD_PATH in body

    def _message(self) -> tuple[int, bytes]:
        head = self._exactly(19)
        return head[18], self._exactly(unpack_from("!H", head, 16)[0] - 19)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.connection.recv(count - len(data))
            if not piece:
                raise ConnectionError("closed by the daemon")
            data += piece
        return data


class Run:
    """One run over established sessions."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        streams, self._tables = scenario.streams(), scenario.tables()
        read = traffic.split_with_ids if scenario.add_path else traffic.split
        owned = [frozenset(_announced(table, read)) for table in self._tables]
        self.announced = frozenset[bytes]().union(*owned)
        # Attributes grow a little on the way: ORIGINATOR_ID and CLUSTER_LIST, or an AS in front.
        self._room = int(sum(map(len, streams)) * 1.3) + (1 << 14)
        self.expected = [self.announced - own for own in owned]
        self.sessions = [
            Session(peer, stream, Recording(self._room if peer.sink else 1 << 20))
            for peer, stream in zip(scenario.peers, streams, strict=True)
        ]
        self._poll = select.epoll()
        self._by_fd: dict[int, Session] = {}
        self._last_heard = 0.0
        self._keepalive_at = 0.0

    def establish(self) -> None:
        """Bring all sessions up."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(
                pool.map(
                    lambda each: each[1].establish(pack("!I", 0xAC100001 + each[0]), self.scenario.add_path),
                    enumerate(self.sessions),
                )
            )
        for session in self.sessions:
            self._by_fd[session.connection.fileno()] = session
            self._poll.register(session.connection, select.EPOLLIN)
        self._keepalive_at = monotonic() + HOLD_TIME / 4
        self._receive_until_silent()
        if self.scenario.kind != "table":
            self._announce_before()

    def _announce_before(self) -> None:
        """The tables whose changes are timed later, until every sink has them; then nothing has been received yet."""
        self._last_heard = monotonic()
        for session, table in zip(self.sessions, self._tables, strict=True):
            if table:
                session.unsent = memoryview(table)
                self._send(session)
        self._receive_until_silent()
        while any(each.missing for each in self._look()):
            if monotonic() - self._last_heard > STALLED:
                raise Failed("the table before did not get through")
            self._receive_until_silent()
        for session in self.sessions:
            session.recording = Recording(self._room if session.peer.sink else 1 << 20)

    def go(self) -> dict[str, Any]:
        """Send, receive, and say how long it took.

        Raises:
            Failed: routes are missing when nothing comes any more.
            BrokenStream: a daemon sent nonsense or a NOTIFICATION.
        """
        if self.scenario.kind == "latency":
            return self._change_one_by_one()
        final = self.scenario.final_med
        having = b"" if final is None else traffic.med_attribute(final)
        began = self._last_heard = monotonic()
        for session in self.sessions:
            if session.stream:
                session.unsent = memoryview(session.stream)
                self._send(session)
        sent_at = self._receive_until_silent()
        while True:
            say("quiet", cpu=sum(os.times()[:2]))
            found = self._look(having)
            missing = sum(each.missing for each in found)
            if not missing:
                return self._figures(began, sent_at, found)
            if monotonic() - self._last_heard > STALLED:
                short = sum(each.missing > 0 for each in found)
                raise Failed(f"{missing} prefixes missing at {short} of {len(found)} sinks, {STALLED:g} s of silence")
            self._receive_until_silent()

    def _receive_until_silent(self) -> float:
        """Move octets both ways until nothing comes for ``SILENCE`` s; returns when the last was sent."""
        # HOT, once an event: what is done here, the daemon waits for.
        sent_at = monotonic()
        while True:
            events = self._poll.poll(SILENCE)
            if not events and not any(session.unsent for session in self.sessions):
                return sent_at
            for fd, event in events:
                session = self._by_fd[fd]
                if event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                    self._receive(session)
                if event & select.EPOLLOUT:
                    self._send(session)
                    sent_at = monotonic()
            if not events and monotonic() - self._last_heard > STALLED:
                raise Failed("the daemon no longer reads")
            if events:
                self._last_heard = monotonic()
            if monotonic() > self._keepalive_at:
                self._keep_alive()

    def _receive(self, session: Session) -> None:
        try:
            if not session.recording.receive(session.connection):
                raise Failed(f"the daemon closed the session of {session.peer.ip}")
        except BlockingIOError:
            pass
        except OSError as error:
            raise Failed(f"session of {session.peer.ip}: {error}") from None

    def _send(self, session: Session) -> None:
        try:
            session.unsent = session.unsent[session.connection.send(session.unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            raise Failed(f"session of {session.peer.ip}: {error}") from None
        waiting = select.EPOLLOUT if session.unsent else 0
        self._poll.modify(session.connection, select.EPOLLIN | waiting)

    def _keep_alive(self) -> None:
        """Only where no UPDATE is half sent; who sends is alive anyway."""
        self._keepalive_at = monotonic() + HOLD_TIME / 4
        for session in self.sessions:
            if not session.unsent:
                session.connection.send(KEEPALIVE)

    def _change_one_by_one(self) -> dict[str, Any]:
        """Change a route, wait until all sinks know, change it again: how long each took to hear of it."""
        (source,) = [session for session in self.sessions if session.peer.source]
        sinks = {session.connection.fileno(): session.connection for session in self.sessions if session.peer.sink}
        times: list[float] = []
        updates = octets = 0
        enough = monotonic() + LONG_ENOUGH
        for turn in range(self.scenario.rounds):
            wanted = traffic.med_attribute(FIRST_MED + turn)
            waiting = dict.fromkeys(sinks, b"")
            began = monotonic()
            source.connection.send(traffic.one_change(source.peer.ip, FIRST_MED + turn))
            while waiting:
                events = self._poll.poll(STALLED)
                if not events:
                    raise Failed(f"a change did not come to {len(waiting)} sinks")
                for fd, _ in events:
                    piece = self._by_fd[fd].connection.recv(READ)
                    if not piece:
                        raise Failed("the daemon closed a session")
                    octets += len(piece)
                    if fd in waiting:
                        waiting[fd] += piece
                        if wanted in waiting[fd]:
                            times.append(monotonic() - began)
                            updates += 1
                            del waiting[fd]
            if monotonic() > enough:
                break
        say("quiet", cpu=sum(os.times()[:2]))
        times.sort()
        middle = statistics.median(times)
        worst = times[min(len(times) - 1, len(times) * 99 // 100)]
        return {"wall": middle, "p99": worst, "median_sink": middle, "sent": 0.0, "updates": updates, "octets": octets}

    def _look(self, having: bytes = b"") -> list[Found]:
        return [
            session.recording.find(expected, self.announced, self.scenario.add_path, having)
            for session, expected in zip(self.sessions, self.expected, strict=True)
            if session.peer.sink
        ]

    def _figures(self, began: float, sent_at: float, found: list[Found]) -> dict[str, Any]:
        if surplus := sum(each.surplus for each in found):
            raise Failed(f"{surplus} prefixes came that nobody announced")
        walls = [each.complete_at - began for each in found if each.complete_at is not None]
        return {
            "wall": max(walls),
            "first_sink": min(walls),
            "median_sink": statistics.median(walls),
            "sent": sent_at - began,
            "updates": sum(each.updates for each in found),
            "octets": sum(each.octets for each in found),
        }


def _announced(stream: bytes, read: Any) -> list[bytes]:
    """The prefixes of a stream of ours."""
    keys, at = [], 0
    while at < len(stream):
        end = at + traffic.U16(stream, at + 16)[0]
        keys += read(stream, at + 23 + traffic.U16(stream, at + 21)[0], end)
        at = end
    return keys


def open_message(asn: int, router_id: bytes, add_path: bool) -> bytes:
    """IPv4 unicast, route refresh, four-octet AS numbers; ADD-PATH both ways where asked for."""
    capabilities = b"\x01\x04\x00\x01\x00\x01" + b"\x02\x00" + b"\x41\x04" + pack("!I", asn)
    if add_path:
        capabilities += ADD_PATH
    parameter = b"\x02" + bytes([len(capabilities)]) + capabilities
    fixed = pack("!BHH", 4, asn, HOLD_TIME) + router_id
    return traffic.message(OPEN, fixed + bytes([len(parameter)]) + parameter)


def say(event: str, **values: Any) -> None:
    """A JSON line for ``run``."""
    print(json.dumps({"event": event, **values}), flush=True)


def main() -> None:
    """One run, as ``run`` orders it."""
    scenario = Scenario.from_json(json.loads(sys.stdin.readline()))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        run = Run(scenario)
        run.establish()
        gc.collect()
        gc.freeze()
        gc.disable()
        say("ready", sessions=len(run.sessions), cpu=sum(os.times()[:2]))
        if sys.stdin.readline():
            say("done", **run.go())
    except (Failed, BrokenStream) as error:
        say("failed", why=str(error))


if __name__ == "__main__":
    main()
