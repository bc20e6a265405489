"""Router advertisements on the links of unnumbered peers: ours go out, and whose come in is a neighbour."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from ..messages.router_advertisement import (
    HOP_LIMIT,
    ROUTER_ADVERTISEMENT,
    ROUTER_SOLICITATION,
    advertisement,
    is_advertisement,
    is_solicitation,
)

INTERVAL: Final = 10.0
"""Seconds between two advertisements, as FRR has it; also between looks for a link that was not there."""
_ALL_NODES: Final = "ff02::1"
_ALL_ROUTERS: Final = "ff02::2"
_ICMP6_FILTER: Final = 1
_MOST_OCTETS: Final = 1500
_AT_ONCE: Final = 32
"""Packets that are read before others get their turn."""

Heard = Callable[[str, str], None]
"""Takes an interface and the link-local address of a router there, without its zone."""
Trouble = Callable[[str, str], None]
"""Takes an interface and why it can't be used; said once until it changes."""


class Links:
    """The links of unnumbered peers."""

    def __init__(self, loop: asyncio.AbstractEventLoop, heard: Heard, trouble: Trouble) -> None:
        self._loop = loop
        self._heard = heard
        self._trouble = trouble
        self._wanted: frozenset[str] = frozenset()
        self._sockets: dict[str, socket.socket] = {}
        self._indices: dict[str, int] = {}  # of the interface that a socket is for
        self._said: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, interfaces: Iterable[str]) -> None:
        """Advertise and listen on exactly these."""
        self._wanted = frozenset(interfaces)
        for name in self._sockets.keys() - self._wanted:
            self._drop(name)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._wanted:
            self._advertise()

    def close(self) -> None:
        self.watch(())

    def _advertise(self) -> None:
        self._timer = self._loop.call_later(INTERVAL, self._advertise)
        for name in sorted(self._wanted):
            self._advertise_on(name)

    def _advertise_on(self, name: str) -> None:
        try:
            index = socket.if_nametoindex(name)
            if self._indices.get(name, index) != index:  # another one of the same name
                self._drop(name)
            if name not in self._sockets:
                self._open(name, index)
            sock = self._sockets[name]
            sock.sendto(advertisement(_mac(name)), (_ALL_NODES, 0, 0, index))
        except OSError as error:
            self._drop(name)
            why = error.strerror or str(error)
            if self._said.get(name) != why:
                self._said[name] = why
                self._trouble(name, why)
            return
        self._said.pop(name, None)

    def _open(self, name: str, index: int) -> None:
        """
        Raises:
            OSError: no such interface, or we may not.
        """
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode() + b"\0")
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOP_LIMIT)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
            sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, _filter())
            for group in (_ALL_NODES, _ALL_ROUTERS):
                member = socket.inet_pton(socket.AF_INET6, group) + struct.pack("=I", index)
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
        except OSError:
            sock.close()
            raise
        self._sockets[name], self._indices[name] = sock, index
        self._loop.add_reader(sock, self._readable, name)

    def _drop(self, name: str) -> None:
        sock = self._sockets.pop(name, None)
        self._indices.pop(name, None)
        if sock is not None:
            self._loop.remove_reader(sock)
            sock.close()

    def _readable(self, name: str) -> None:
        sock = self._sockets[name]
        for _ in range(_AT_ONCE):
            try:
                data, ancillary, _, source = sock.recvmsg(_MOST_OCTETS, socket.CMSG_SPACE(4))
            except OSError:  # nothing more, or the link has gone: the next advertisement will tell
                return
            limits = [struct.unpack("=i", value)[0] for level, kind, value in ancillary
                      if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)]  # fmt: skip
            hop_limit = limits[0] if limits else 0
            if is_advertisement(data, source=source[0], hop_limit=hop_limit):
                self._heard(name, source[0].partition("%")[0])
            elif is_solicitation(data, hop_limit=hop_limit):
                self._advertise_on(name)
                if self._sockets.get(name) is not sock:
                    return


def _filter() -> bytes:
    """struct icmp6_filter: a bit that is set keeps a type away (RFC 3542 §3.2)."""
    words = [0xFFFFFFFF] * 8
    for kind in (ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT):
        words[kind >> 5] &= ~(1 << (kind & 31))
    return struct.pack("=8I", *words)


def _mac(name: str) -> bytes:
    """The link-layer address of an interface, b"" where it has none of 6 octets."""
    try:
        octets = bytes.fromhex(Path(f"/sys/class/net/{name}/address").read_text().strip().replace(":", ""))
    except (OSError, ValueError):
        return b""
    return octets if len(octets) == 6 and any(octets) else b""
