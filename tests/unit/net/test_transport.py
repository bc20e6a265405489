"""How a connection ends, over a real socket."""

from __future__ import annotations

import asyncio
import socket
import struct
from types import SimpleNamespace
from typing import Any, cast

from pybgp.net.transport import Connection


class _Speaker:
    """Only hears what a connection says."""

    def __init__(self) -> None:
        self._buffer = bytearray(4096)
        self._view = memoryview(self._buffer)
        self.lost: list[str] = []
        self._turns = SimpleNamespace(take=lambda action, *args: action(*args))

    def _opened(self, connection: Connection) -> None:
        """Nothing to send."""

    def _take_in(self, connection: Connection, data: bytes) -> None:
        """Nothing comes."""

    def _lost(self, connection: Connection, why: str) -> None:
        self.lost.append(why)


def test_a_connection_that_the_peer_has_reset_is_closed_without_an_error() -> None:
    """The kernel knows of the reset before we have read it: a FIN can't be sent any more (ENOTCONN)."""

    async def run() -> list[str]:
        loop, speaker = asyncio.get_running_loop(), _Speaker()
        with socket.create_server(("127.0.0.1", 0)) as server:
            theirs = socket.create_connection(server.getsockname())
            ours, _ = server.accept()
        _, connection = await loop.connect_accepted_socket(lambda: Connection(cast(Any, speaker), 1), ours)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
        theirs.close()

        connection.close(loop)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        return speaker.lost

    assert len(asyncio.run(run())) == 1


def test_a_lost_connection_is_told_in_the_kernels_words_without_numbers() -> None:
    speaker = _Speaker()
    connection = Connection(cast(Any, speaker), 1)

    connection.connection_lost(ConnectionResetError(104, "Connection reset by peer"))

    assert speaker.lost == ["connection lost: Connection reset by peer"]


def test_nothing_is_unacknowledged_of_a_connection_that_is_closed_already() -> None:
    """The speaker may not know it yet: that a connection is lost waits for its turn, like all input."""

    async def run() -> int:
        loop, speaker = asyncio.get_running_loop(), _Speaker()
        with socket.create_server(("127.0.0.1", 0)) as server:
            theirs = socket.create_connection(server.getsockname())
            ours, _ = server.accept()
        _, connection = await loop.connect_accepted_socket(lambda: Connection(cast(Any, speaker), 1), ours)
        theirs.close()
        async with asyncio.timeout(10):
            while connection.socket.fileno() != -1:
                await asyncio.sleep(0)
        return connection.unacknowledged

    assert asyncio.run(run()) == 0
