"""Many peers of one daemon in a process of their own: they read, answer with keepalives, and say when they have it all.

Started as ``python -m tests.bench.crowd_of_peers PORT COUNT FIRST HOLD_TIME MARKER [decode]``. Peers have the addresses
127.1.0.FIRST and following. ``MARKER`` (hexadecimal) are octets that end what a peer waits for. Talks in JSON lines:
``up``, ``have`` (all have seen the marker, with the seconds of the monotonic clock at which the last one did), ``lost``
when a session ends. With ``decode`` every message is read, and a line on standard input is answered by ``routes``:
their number and a digest of them all.
"""

from __future__ import annotations

import hashlib
import json
import selectors
import socket
import sys
import time
from struct import pack
from typing import Any

from tests.unit.rib.receiver import Receiver

from . import traffic
from .generator import KEEPALIVE

AS = 64512
SMALL_BUFFER = 16_384
"""Octets of a receive buffer, so that who doesn't read is soon noticed."""


def address(number: int) -> str:
    """Of peer ``number``, from 0."""
    return f"127.1.{number >> 8}.{number & 255}"


def open_message(number: int, hold_time: int) -> bytes:
    """IPv4 unicast and four-octet AS numbers."""
    capabilities = b"\x01\x04\x00\x01\x00\x01" + b"\x41\x04" + pack("!I", AS)
    parameter = b"\x02" + bytes([len(capabilities)]) + capabilities
    fixed = pack("!BHHI", 4, AS, hold_time, 0x7F010000 + number)
    return traffic.message(1, fixed + bytes([len(parameter)]) + parameter)


def session(port: int, number: int, hold_time: int, *, small: bool = False) -> socket.socket:
    """An established one, blocking."""
    sock = socket.socket()
    if small:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    sock.bind((address(number), 0))
    sock.connect(("127.0.0.1", port))
    sock.sendall(open_message(number, hold_time) + KEEPALIVE)
    return sock


def say(event: str, **values: Any) -> None:
    """A JSON line for the test."""
    print(json.dumps({"event": event, **values}), flush=True)


def digest(receiver: Receiver) -> str:
    """Of all routes, in order."""
    found = hashlib.sha256()
    for (key, _), (attributes, next_hop) in sorted(receiver.routes.items()):
        found.update(key + attributes + next_hop)
    return found.hexdigest()


class Peers:
    """All of them, and one selector."""

    def __init__(self, port: int, count: int, first: int, hold_time: int, marker: bytes, *, decode: bool) -> None:
        self.marker = marker
        self.hold_time = hold_time
        self.selector = selectors.DefaultSelector()
        self.tails: dict[socket.socket, bytes] = {}
        self.waiting: set[socket.socket] = set()
        self.receivers: dict[socket.socket, Receiver] = {}
        for number in range(first, first + count):
            sock = session(port, number, hold_time, small=decode)
            self.selector.register(sock, selectors.EVENT_READ)
            self.tails[sock] = b""
            if decode:
                self.receivers[sock] = Receiver()
        self.waiting.update(self.tails)
        self.selector.register(sys.stdin, selectors.EVENT_READ)

    def run(self) -> None:
        """Until standard input ends."""
        say("up")
        keepalive_at = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= keepalive_at:
                keepalive_at = now + max(1.0, self.hold_time / 3)
                for sock in self.tails:
                    sock.sendall(KEEPALIVE)
            for key, _ in self.selector.select(max(0.0, keepalive_at - now)):
                if key.fileobj is sys.stdin:
                    if not sys.stdin.readline():
                        return
                    for receiver in self.receivers.values():
                        say("routes", count=len(receiver.routes), digest=digest(receiver))
                else:
                    self.read(key.fileobj)  # type: ignore[arg-type]

    def read(self, sock: socket.socket) -> None:
        """What has come on one session."""
        try:
            data = sock.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data:
            say("lost")
            self.selector.unregister(sock)
            del self.tails[sock]
            return
        receiver = self.receivers.get(sock)
        if receiver is not None:
            receiver.receive(data)
        if sock in self.waiting:
            seen = self.tails[sock] + data
            if self.marker in seen:
                self.waiting.discard(sock)
                if not self.waiting:
                    say("have", at=time.monotonic())
            self.tails[sock] = seen[-len(self.marker) :]


def main() -> None:
    """As the test orders it."""
    port, count, first, hold_time, marker, *more = sys.argv[1:]
    Peers(int(port), int(count), int(first), int(hold_time), bytes.fromhex(marker), decode="decode" in more).run()


if __name__ == "__main__":
    main()
