"""A whole ``PeerFsm`` on a bench, driven by hand: the connections, the octets and the time that a test hands it."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

from pybgp.addresses import Family
from pybgp.fsm.actions import Connect, StateChange
from pybgp.fsm.peer import PeerFsm
from pybgp.fsm.states import State
from pybgp.messages.capabilities import GracefulRestart, MultiProtocol
from pybgp.messages.header import KEEPALIVE

from .rig import peer_open, said, settings

LOW_ID, HIGH_ID = bytes((1, 1, 1, 1)), bytes((250, 1, 1, 1))
V4 = Family.IPV4_UNICAST
RESTARTABLE = GracefulRestart(restart_time=120, families=((V4, True),))


class Peer:
    """A ``PeerFsm`` and its clock, driven by hand; ``conn`` 100 and up are the peer's connections."""

    def __init__(self, **changes: Any) -> None:
        self.now = 0.0
        self.fsm = PeerFsm(settings(**changes), conn_ids=itertools.count(1), random=Random(3))

    def start(self) -> None:
        self.fsm.start(self.now)

    def dialled(self) -> int:
        """The connection that was asked for last."""
        (connect,) = [action for action in self.fsm.take_output() if isinstance(action, Connect)]
        return connect.conn

    def connected(self, conn: int) -> None:
        self.fsm.connected(conn, self.now, local_address="192.0.2.1", remote_address="192.0.2.2")

    def incoming(self, conn: int) -> None:
        self.fsm.incoming(conn, self.now, local_address="192.0.2.1", remote_address="192.0.2.2")

    def receive(self, conn: int, *messages: bytes) -> None:
        self.fsm.received(conn, b"".join(messages), self.now)

    def said(self) -> list[str]:
        return said(self.fsm.take_output())

    def said_on(self) -> list[tuple[int, str]]:
        """With the connection's number."""
        return [
            (action.conn, *said([action])) for action in self.fsm.take_output() if not isinstance(action, StateChange)
        ]

    def pass_time(self, seconds: float) -> None:
        """Tick at every deadline until then."""
        end = self.now + seconds
        while self.fsm.next_deadline is not None and self.fsm.next_deadline <= end:
            self.now = max(self.now, self.fsm.next_deadline)
            self.fsm.tick(self.now)
        self.now = end


def established(*capabilities: object, **changes: Any) -> tuple[Peer, int]:
    """A peer with an Established session, which it dialled, and its connection."""
    peer = Peer(**changes)
    peer.start()
    conn = peer.dialled()
    peer.connected(conn)
    peer.receive(conn, peer_open(capabilities=(MultiProtocol(V4), *capabilities)).encode(), KEEPALIVE)
    assert peer.fsm.state is State.ESTABLISHED
    assert peer.fsm.conn == conn
    peer.fsm.take_output()
    return peer, conn


def both_in_open_sent(**changes: Any) -> tuple[Peer, int, int]:
    """Our connection and the peer's, both in OpenSent."""
    peer = Peer(**changes)
    peer.start()
    ours = peer.dialled()
    peer.incoming(100)
    peer.connected(ours)
    assert peer.said() == ["send OPEN", "send OPEN"]
    return peer, ours, 100
