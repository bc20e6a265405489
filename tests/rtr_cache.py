"""A small RTR cache for tests: octets in, octets out, and a thread that serves it on a TCP port (RFC 8210)."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

from pybgp.rpki import pdu
from pybgp.rpki.pdu import RtrErrorCode
from pybgp.rpki.vrp import Vrp


def records(*texts: str) -> set[bytes]:
    """ "192.0.2.0/24 le 28 as 65001" and the like."""
    return {Vrp.parse(text).record for text in texts}


class RtrCache:
    """What a cache knows: its VRPs, what has changed since which serial number, and how it is to misbehave."""

    def __init__(self, *vrps: str, session_id: int = 7, version: int = 1) -> None:
        self.version = version
        self.session_id = session_id
        self.serial = 1
        self.vrps = records(*vrps)
        self.history: dict[int, set[bytes]] = {1: set(self.vrps)}  # by serial, as far back as we remember
        self.times = (3600, 600, 7200)
        self.has_data = True
        self.queries: list[pdu.Pdu] = []
        self.errors: list[pdu.ErrorReport] = []
        self._buffers: dict[object, bytes] = {}
        self.spoken: dict[object, int] = {}  # connection -> version

    def change(self, *announce: str, withdraw: tuple[str, ...] = ()) -> bytes:
        """A new serial number; returns the Serial Notify."""
        self.vrps = (self.vrps | records(*announce)) - records(*withdraw)
        self.serial = (self.serial + 1) % (1 << 32)
        self.history[self.serial] = set(self.vrps)
        return self.notify()

    def notify(self) -> bytes:
        return pdu.SerialNotify(self.version, self.session_id, self.serial).encode()

    def restart(self, session_id: int) -> None:
        """Another process: the same VRPs, another session, no history."""
        self.session_id, self.serial = session_id, 1
        self.history = {1: set(self.vrps)}

    def answer(self, data: bytes, conn: object = None) -> tuple[bytes, bool]:
        """Octets of a router → octets for it, and whether the connection goes on."""
        buffer = self._buffers.get(conn, b"") + data
        out = b""
        while len(buffer) >= 8 and len(buffer) >= (size := pdu.size_of(buffer, 0)):
            message, buffer = pdu.decode(buffer[:size]), buffer[size:]
            if isinstance(message, pdu.ErrorReport):
                self.errors.append(message)
                return out, False
            self.queries.append(message)
            if message.version > self.version:
                error = pdu.ErrorReport(self.version, RtrErrorCode.UNSUPPORTED_PROTOCOL_VERSION, message.encode())
                return out + error.encode(), False
            self.spoken[conn] = message.version
            out += self._answer(message)
        self._buffers[conn] = buffer
        return out, True

    def _answer(self, query: pdu.Pdu) -> bytes:
        version = query.version
        if not self.has_data:
            return pdu.ErrorReport(version, RtrErrorCode.NO_DATA_AVAILABLE, query.encode()).encode()
        before: set[bytes] | None = set()
        if isinstance(query, pdu.SerialQuery):
            before = self.history.get(query.serial) if query.session_id == self.session_id else None
        if before is None:
            return pdu.CacheReset(version).encode()
        changes = [pdu.Prefix(version, False, each) for each in sorted(before - self.vrps)]
        changes += [pdu.Prefix(version, True, each) for each in sorted(self.vrps - before)]
        end = pdu.EndOfData(version, self.session_id, self.serial, *(self.times if version else ()))
        begin = pdu.CacheResponse(version, self.session_id)
        return begin.encode() + b"".join(change.encode() for change in changes) + end.encode()


class RtrServer:
    """Serves an ``RtrCache`` on 127.0.0.1, until the ``with`` block ends."""

    def __init__(self, cache: RtrCache, port: int = 0) -> None:
        self.cache = cache
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._lock = threading.Lock()

    def notify(self) -> None:
        """Tell all routers that there is something new."""
        with self._lock:
            for each in self._connections:
                each.sendall(self.cache.notify())

    def hang_up(self) -> None:
        with self._lock:
            for each in self._connections:
                each.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while data := connection.recv(65536):
                out, goes_on = self.cache.answer(data, connection)
                connection.sendall(out)
                if not goes_on:
                    break
        except OSError:
            pass
        with self._lock:
            self._connections.remove(connection)
            connection.close()
