"""A peer made of nothing but pybgp's codec and a socket: it says what it is told to, and keeps what it hears."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable

from pyroute2 import netns

from pybgp.addresses import Family, address_octets
from pybgp.constants import HEADER_SIZE, MARKER, MessageType
from pybgp.messages import Context, Framer, Notification, Open, update
from pybgp.messages.attributes.block import Block
from pybgp.messages.capabilities import AddPath, AddPathMode, Capability, FourOctetAs, MultiProtocol
from pybgp.messages.header import KEEPALIVE
from pybgp.messages.overheard import context_of
from tests.support import until

from .network import BGP, Host

HOLD_TIME = 240
"""Seconds; more than any test takes, so that no KEEPALIVE is needed after the first."""


class RawPeer:
    """One session with a daemon, which it dials from ``local``; internal, of all ``families``.

    ``add_path``: with path identifiers in both directions, if the daemon wants it.
    """

    def __init__(self, host: Host, local: str, asn: int, families: Iterable[Family], *, add_path: bool = False) -> None:
        self.host = host
        self.local = local
        several = tuple(families)
        capabilities: list[Capability] = [*(MultiProtocol(each) for each in several), FourOctetAs(asn)]
        if add_path:
            capabilities.append(AddPath(tuple((each, AddPathMode.BOTH) for each in several)))
        self.open = Open(4, asn, HOLD_TIME, address_octets(local), tuple(capabilities))
        self.heard: list[tuple[int, bytes]] = []  # type and body of each message
        self._socket: socket.socket | None = None

    def __repr__(self) -> str:
        return f"raw@{self.local}"

    def connect(self, remote: str) -> None:
        """Come up with the daemon there, which is passive; returns when both are Established.

        A daemon that is just starting may take a connection and close it again (GoBGP listens before it knows its
        peers), so it is tried until one stays.
        """
        until(
            lambda: self._opens(remote),
            limit=30,
            why=f"{self}: Established with {remote}",
            seen=lambda: self.notification() or self.heard,
            interval=0.2,
        )

    def _opens(self, remote: str) -> bool:
        """One connection; False: the daemon closed it."""
        self.close()
        self.heard = []
        self._socket = self._dial(remote)
        listening = threading.Thread(target=self._listen, args=(self._socket, self.heard), daemon=True)
        listening.start()
        self.say(self.open.encode(), KEEPALIVE)
        until(lambda: self._is_up() or not listening.is_alive(), limit=10, why="an answer", seen=lambda: self.heard)
        return self._is_up()

    def _is_up(self) -> bool:
        return MessageType.KEEPALIVE in [kind for kind, _ in self.heard]

    def _dial(self, remote: str) -> socket.socket:
        netns.pushns(self.host.namespace)  # a socket stays where it was made
        try:
            made = socket.socket()
        finally:
            netns.popns()
        try:
            made.bind((self.local, 0))
            made.settimeout(3)
            made.connect((remote, BGP))
            made.settimeout(None)
        except OSError:
            made.close()
            raise
        return made

    @staticmethod
    def _listen(connection: socket.socket, heard: list[tuple[int, bytes]]) -> None:
        framer = Framer(65535)
        while octets := _receive(connection):
            heard += ((kind, bytes(body)) for kind, body in framer.feed(octets))

    def say(self, *messages: bytes) -> None:
        """Send whole messages."""
        assert self._socket is not None
        self._socket.sendall(b"".join(messages))

    @property
    def context(self) -> Context:
        """How we read what the daemon sends."""
        return context_of(Open.decode(self.heard[0][1]), self.open)

    def announce(self, family: Family, keys: list[bytes], block: Block, path_id: int | None = None) -> None:
        attributes = update.wire_attributes(family, block.octets, block.next_hop, update.next_hop_offset(block.octets))
        self.say(*update.announce(family, attributes, block.next_hop, keys, path_id=path_id))

    def withdraw(self, family: Family, keys: list[bytes], path_id: int | None = None) -> None:
        self.say(*update.withdraw(family, keys, path_id=path_id))

    def updates(self) -> list[bytes]:
        """The bodies of the UPDATEs so far."""
        return [body for kind, body in self.heard if kind == MessageType.UPDATE]

    def notification(self) -> Notification | None:
        """What the daemon complained about."""
        return next((Notification.decode(body) for kind, body in self.heard if kind == MessageType.NOTIFICATION), None)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


def whole(kind: int, body: bytes) -> bytes:
    """A message with its header, as it was heard."""
    return MARKER + (HEADER_SIZE + len(body)).to_bytes(2) + bytes((kind,)) + body


def _receive(connection: socket.socket) -> bytes:
    """b"" at the end, however it came."""
    try:
        return connection.recv(65536)
    except OSError:
        return b""
