"""One TCP connection as an asyncio protocol: octets up, octets down, "pause" and "go on"."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from typing import TYPE_CHECKING, Final, cast

from .endpoints import said

if TYPE_CHECKING:
    from .shell import Shell

READ_SIZE: Final = 16_384
"""Octets a connection may bring before others get their turn: some 4 ms of work."""
HIGH_WATER: Final = 1 << 20
LOW_WATER: Final = 256 << 10
LINGER: Final = 1.0
"""Seconds that a peer has to read our last NOTIFICATION and close."""


class Connection(asyncio.BufferedProtocol):
    """Reads into a buffer that all connections of a speaker share, because each reading is used up at once."""

    def __init__(self, shell: Shell, conn: int) -> None:
        self.conn = conn
        self._shell = shell
        self._transport: asyncio.Transport | None = None
        self.closing = False  # we end it
        self.paused = False  # what comes stays in the kernel
        self._gone = False
        self._linger: asyncio.TimerHandle | None = None

    @property
    def socket(self) -> socket.socket:
        assert self._transport is not None
        return cast("socket.socket", self._transport.get_extra_info("socket"))

    @property
    def unsent(self) -> int:
        """Octets that wait in our buffer."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    @property
    def unacknowledged(self) -> int:
        """Octets that wait in our buffer, or in the kernel's for the peer's TCP to acknowledge them."""
        try:
            octets = fcntl.ioctl(self.socket, termios.TIOCOUTQ, bytes(4))
        except (OSError, ValueError):  # it is gone already, or even closed
            return 0
        return self.unsent + int.from_bytes(octets, sys.byteorder)

    # -- asyncio's side ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER, LOW_WATER)
        if self.conn:
            self._shell._opened(self)
        else:
            self._shell._turns.take(self._shell._opened, self)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._shell._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if not self.closing:
            self._shell._take_in(self, bytes(self._shell._view[:nbytes]))

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._linger is not None:
            self._linger.cancel()
        why = "connection closed by the peer" if exc is None else f"connection lost: {said(exc)}"
        self._gone = True
        self._shell._turns.take(self._shell._lost, self, why)

    def pause_writing(self) -> None:
        if not self.closing:
            self._shell._congested(self.conn)

    def resume_writing(self) -> None:
        if not self.closing:
            self._shell._writable(self.conn)

    # -- the shell's side --------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self.closing and not self._gone:
            self._transport.write(data)

    def pause_reading(self) -> None:
        """Leave in the kernel what comes now."""
        if self._transport is not None:
            self.paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take it."""
        if self._transport is not None:
            self.paused = False
            self._transport.resume_reading()

    def close(self, loop: asyncio.AbstractEventLoop, *, abort: bool = False) -> None:
        """Let what was written leave, then FIN; go on reading until the peer closes too, so that no RST overtakes
        our last NOTIFICATION. ``abort`` resets the connection."""
        transport = self._transport
        if transport is None or self.closing or self._gone:
            return
        self.closing = True
        if abort or transport.is_closing():
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
            transport.abort()
            return
        try:
            transport.write_eof()
        except OSError:  # ENOTCONN: the peer has reset it, and that isn't read yet
            transport.abort()
            return
        self._linger = loop.call_later(LINGER, transport.abort)
