"""Listening and connecting sockets."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from ..errors import ConfigError, PybgpError
from ..speaker.outputs import Connect
from .sockopt import bind_to_device, prepare, set_md5

BACKLOG: Final = 1024
"""Hundreds of clients come back at once after a restart; a backlog of 8 costs BIRD seconds."""


RETRY_ACCEPT: Final = 1.0
"""Seconds to wait for a file descriptor."""
ACCEPTS_AT_ONCE: Final = 16
"""Connections taken before others get their turn."""


def listening_socket(host: str, port: int) -> socket.socket:
    """
    Raises:
        PybgpError: the address can't be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(_sockaddr(host, port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise PybgpError(f"can't listen on {host} port {port}: {error.strerror}") from error
    return sock


def in_the_way(one: tuple[str, int], other: tuple[str, int]) -> bool:
    """Does the kernel listen on one of them only? All addresses of a port, and one of these."""
    here, there = ip_address(one[0]), ip_address(other[0])
    return (here.version, one[1]) == (there.version, other[1]) and here.is_unspecified != there.is_unspecified


class Listener:
    """Accepts connections from one listening socket and hands each to ``accepted``."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, accepted: Callable[[socket.socket], None]
    ) -> None:
        self.socket = sock
        self._loop = loop
        self._accepted = accepted
        self._retry: asyncio.TimerHandle | None = None
        loop.add_reader(sock, self._readable)

    def _readable(self) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                connection, _ = self.socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # out of file descriptors: those that wait are taken when others have gone
                self._loop.remove_reader(self.socket)
                self._retry = self._loop.call_later(RETRY_ACCEPT, self._loop.add_reader, self.socket, self._readable)
                return
            connection.setblocking(False)
            self._accepted(connection)

    def close(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        self._loop.remove_reader(self.socket)
        self.socket.close()


def set_passwords(sock: socket.socket, wanted: Mapping[str, str], present: Mapping[str, str]) -> None:
    """Make a listener know exactly the wanted keys; a changed key is taken away first."""
    version = 6 if sock.family == socket.AF_INET6 else 4
    for peer in present:
        if wanted.get(peer) != present[peer] and _version(peer) == version:
            set_md5(sock, peer, None)
    for peer, password in wanted.items():
        if present.get(peer) != password and _version(peer) == version:
            try:
                set_md5(sock, peer, password)
            except OSError as error:
                raise ConfigError(f"TCP-MD5 password for {peer}: the kernel refuses it: {error.strerror}") from error


def check_md5() -> None:
    """
    Raises:
        ConfigError: the kernel has no TCP-MD5.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        try:
            set_md5(sock, "192.0.2.1", "probe")
        except OSError as error:
            raise ConfigError(f"passwords: the kernel has no TCP-MD5: {error.strerror}") from error


def said(error: Exception) -> str:
    """The kernel's words, without their number."""
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)


async def connect(loop: asyncio.AbstractEventLoop, request: Connect) -> socket.socket:
    """An established connection with the options of the request.

    Raises:
        OSError: it can't be made.
    """
    options = request.options
    sock = socket.socket(socket.AF_INET6 if ":" in request.address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        prepare(sock, options)
        if options.password is not None:
            set_md5(sock, request.address, options.password)
        if options.interface:
            bind_to_device(sock, options.interface)
        if options.local_address:
            sock.bind(_sockaddr(options.local_address, 0))
        await loop.sock_connect(sock, _sockaddr(request.address, request.port))
    except BaseException:
        sock.close()
        raise
    return sock


def address_of(name: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """A socket's name as an address, with its zone where it has one; mapped IPv4 as IPv4."""
    host = name[0].partition("%")[0]
    if len(name) == 4 and name[3]:
        return f"{host}%{socket.if_indextoname(name[3])}"
    return host.removeprefix("::ffff:") if host.startswith("::ffff:") and "." in host else host


def _sockaddr(host: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    if ":" not in host:
        return host, port
    bare, _, zone = host.partition("%")
    return bare, port, 0, socket.if_nametoindex(zone) if zone else 0


def _version(peer: str) -> int:
    return ip_network(peer.partition("%")[0]).version
