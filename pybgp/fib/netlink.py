"""Netlink sockets: opening, one batch and its answers, dumps, the monitor. Blocking where it says so.

``NetlinkChannel`` is used from one worker thread: the kernel works inside ``send``, which now and then takes tens of
milliseconds (its trie waits for a grace period; others hold the RTNL lock), and that must not stop the event loop.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

from ..errors import FibError
from .wire import Flags, Header, MessageType, error_of, message, messages

_NETLINK_ROUTE: Final = 0
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_CAP_ACK: Final = 10
_EXT_ACK: Final = 11
_STRICT_CHECK: Final = 12
_SO_RCVBUFFORCE: Final = 33
_SO_ATTACH_FILTER: Final = 26
_SO_NETNS_COOKIE: Final = 71
_CLONE_NEWNET: Final = 0x40000000

REQUEST_BUFFER: Final = 4 << 20
MONITOR_BUFFER: Final = 16 << 20
_CHUNK: Final = 1 << 16
_GROUPS: Final = (1, 5, 9, 7, 11)
"""RTNLGRP_LINK, _IPV4_IFADDR, _IPV6_IFADDR, _IPV4_ROUTE, _IPV6_ROUTE"""
_ANSWER_TIMEOUT: Final = struct.pack("@ll", 10, 0)


class AnswersLostError(Exception):
    """The kernel dropped replies (ENOBUFS) or didn't answer in 10 s: what the batch did is unknown."""


class Chunk(NamedTuple):
    """A datagram of a dump."""

    data: bytes
    entries: list[Header]
    finished: bool
    interrupted: bool
    """The table changed in the middle (NLM_F_DUMP_INTR): what was read is not consistent."""


@contextmanager
def inside(namespace: str | None) -> Iterator[None]:
    """This thread in the named network namespace (``ip netns``); sockets opened in it stay there.

    Raises:
        FibError: no such namespace, or no permission.
    """
    if namespace is None:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns comes with Python 3.12

    def enter(descriptor: int) -> None:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise FibError(f"network namespace {namespace}: {os.strerror(ctypes.get_errno())}")

    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        target = os.open(f"/run/netns/{namespace}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(target)
            yield
        finally:
            os.close(target)
    except OSError as error:
        raise FibError(f"network namespace {namespace}: {error.strerror}") from error
    finally:
        enter(home)
        os.close(home)


def boot_id() -> str:
    """Another one after every boot."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def _open(receive_buffer: int) -> socket.socket:
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_ROUTE)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, receive_buffer)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    return sock


class NetlinkChannel:
    """Requests and dumps, one at a time."""

    __slots__ = ("_sequence", "_socket", "port")

    def __init__(self) -> None:
        self._socket = _open(REQUEST_BUFFER)
        self._socket.bind((0, 0))
        self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
        self._socket.setsockopt(_SOL_NETLINK, _EXT_ACK, 1)
        with suppress(OSError):  # before Linux 4.20: the kernel sends everything, the readers leave out
            self._socket.setsockopt(_SOL_NETLINK, _STRICT_CHECK, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _ANSWER_TIMEOUT)
        self.port: int = self._socket.getsockname()[0]
        """Our port id: it is in the notifications of our own changes."""
        self._sequence = 0

    def namespace(self) -> int:
        """What tells our network namespace from others: its cookie (``SO_NETNS_COOKIE``), else its inode number."""
        try:
            return int.from_bytes(self._socket.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8), sys.byteorder)
        except OSError:
            return os.stat("/proc/self/ns/net").st_ino

    def sequences(self, count: int) -> int:
        """Reserve ``count`` sequence numbers and return the first."""
        first = self._sequence + 1
        if first + count >= 1 << 32:
            first = 1
        self._sequence = first + count - 1
        return first

    def exchange(self, batch: bytes, first: int, count: int) -> list[tuple[int, str]]:
        """Send messages numbered from ``first``, the last of which asks for an ACK; blocks until it came.

        Returns (errno, text) a message, in order.

        Raises:
            AnswersLostError: see there.
        """
        outcomes: list[tuple[int, str]] = [(0, "")] * count
        last = first + count - 1
        try:
            self._socket.send(batch)
            while True:
                data = self._socket.recv(_CHUNK)
                for header in messages(data):
                    at = header.sequence - first
                    if header.type != MessageType.ERROR or not 0 <= at < count:
                        continue  # an answer to a batch that was given up
                    outcomes[at] = error_of(data, header)
                    if header.sequence == last:
                        return outcomes
        except OSError as error:
            if error.errno in (errno.ENOBUFS, errno.EAGAIN, errno.EINTR):
                raise AnswersLostError(os.strerror(error.errno)) from error
            raise

    def begin_dump(self, request: bytes) -> None:
        """Send a dump request; blocks shortly."""
        self._socket.send(request)

    def next_chunk(self, sequence: int) -> Chunk:
        """A datagram of the dump; blocks while the kernel collects it.

        Raises:
            AnswersLostError: begin again.
            FibError: the kernel refuses.
        """
        try:
            data = self._socket.recv(_CHUNK)
        except OSError as error:
            raise AnswersLostError(error.strerror) from error
        found, finished, interrupted = [], False, False
        for header in messages(data):
            if header.sequence != sequence:
                continue
            interrupted = interrupted or bool(header.flags & Flags.DUMP_INTERRUPTED)
            if header.type in (MessageType.DONE, MessageType.ERROR):
                number, text = error_of(data, header)
                if number not in (0, errno.ENOENT):  # ENOENT: a table without a route doesn't exist
                    raise FibError(f"the kernel's tables can't be read: {text}")
                finished = True
            else:
                found.append(header)
        return Chunk(data, found, finished, interrupted)

    def may_change_routes(self) -> bool:
        """CAP_NET_ADMIN, found out with a deletion that can't be meant: 33 bits of IPv4."""
        first = self.sequences(1)
        nonsense = bytes([2, 33]) + bytes(10)
        probe = message(MessageType.DEL_ROUTE, Flags.REQUEST | Flags.ACK, first, nonsense)
        return self.exchange(probe, first, 1)[0][0] != errno.EPERM

    def close(self) -> None:
        self._socket.close()


class Monitor:
    """Notifications of what others did; our own changes are filtered out in the kernel where it can."""

    __slots__ = ("_own_port", "_socket")

    def __init__(self, own_port: int) -> None:
        self._own_port = own_port
        self._socket = _open(MONITOR_BUFFER)
        self._socket.setblocking(False)
        self._filter_own()
        self._socket.bind((0, 0))
        for group in _GROUPS:
            self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self, at_most: int, take: Callable[[bytes, Header], None]) -> bool:
        """Hand over what is there, at most so many datagrams; False: it is empty now.

        Raises:
            AnswersLostError: events were dropped (ENOBUFS); what is left can be read.
        """
        own = self._own_port
        for _ in range(at_most):
            try:
                data = self._socket.recv(_CHUNK)
            except BlockingIOError:
                return False
            except OSError as error:
                if error.errno == errno.ENOBUFS:
                    raise AnswersLostError(error.strerror) from error
                raise
            for header in messages(data):
                if header.port != own:
                    take(data, header)
        return True

    def close(self) -> None:
        self._socket.close()

    def _filter_own(self) -> None:
        """Classic BPF: drop datagrams whose nlmsg_pid is ours (as FRR does); ``read`` looks as well."""
        program = b"".join(
            struct.pack("=HBBI", *instruction)
            for instruction in (
                (0x20, 0, 0, 12),  # load the word at 12; BPF takes it for big-endian
                (0x15, 0, 1, socket.htonl(self._own_port)),  # equal? else skip one
                (0x06, 0, 0, 0),  # drop
                (0x06, 0, 0, 0xFFFFFFFF),  # take all of it
            )
        )
        buffer = ctypes.create_string_buffer(program)
        head = struct.pack("@HP", 4, ctypes.addressof(buffer))
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)
