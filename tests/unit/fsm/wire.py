"""Two peers on a virtual wire and a virtual clock: TCP with delays, cuts, resets and crashes, without a socket."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from pybgp.fsm.actions import Close, Connect, Down, Send, Up
from pybgp.fsm.peer import PeerFsm
from pybgp.fsm.settings import SessionSettings
from pybgp.fsm.states import State

Side = Literal["a", "b"]
OTHER: dict[Side, Side] = {"a": "b", "b": "a"}


@dataclass(eq=False)
class Tcp:
    """One TCP connection; ``conns`` are its numbers at the ends that still have it open."""

    opener: Side
    conns: dict[Side, int] = field(default_factory=dict)
    made: set[Side] = field(default_factory=set)
    """Ends that were told that the connection is there."""
    last: dict[Side, float] = field(default_factory=lambda: {"a": 0.0, "b": 0.0})
    """When the last octets towards an end arrive: TCP keeps the order."""


class Wire:
    """What a shell and a network do for two ``PeerFsm``s. ``delay`` is the longest way of one segment, in seconds."""

    def __init__(self, a: SessionSettings, b: SessionSettings, *, seed: int = 1, delay: float = 0.05) -> None:
        self.now = 0.0
        self.delay = delay
        self.random = Random(seed)
        self.cut = False  # segments wait, connects time out
        self.refusing: set[Side] = set()  # nobody listens there
        self.peers: dict[Side, PeerFsm] = {}
        self.log: list[tuple[float, Side, object]] = []
        self.up: dict[Side, int | None] = {"a": None, "b": None}  # by Up and Down
        self.tcps: list[Tcp] = []  # open at one end at least
        self.ended: dict[Side, set[int]] = {"a": set(), "b": set()}
        self._ids: dict[Side, itertools.count[int]] = {"a": itertools.count(1000), "b": itertools.count(2000)}
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._held: list[Callable[[], None]] = []  # segments that wait for the end of the cut
        self._order = itertools.count()
        self._make("a", a)
        self._make("b", b)

    def _make(self, side: Side, settings: SessionSettings) -> None:
        self.peers[side] = PeerFsm(settings, conn_ids=self._ids[side], random=Random(self.random.random()))

    # What tests do

    def do(self, side: Side, call: Callable[[PeerFsm], None]) -> None:
        """Call into one peer and perform what comes out."""
        call(self.peers[side])
        self._perform(side)

    def start(self, *sides: Side) -> None:
        for side in sides or ("a", "b"):
            self.do(side, lambda peer: peer.start(self.now))

    def run(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Let the time pass, event by event; ends early, and true, when ``until`` holds."""
        end = self.now + seconds
        while until is None or not until():
            due = self._next()
            if due is None or due > end:
                self.now = max(self.now, end)
                return until is not None and until()
            self.now = max(self.now, due)
            self._step()
        return True

    def heal(self) -> None:
        """The cut ends: what waited arrives."""
        self.cut = False
        held, self._held = self._held, []
        for segment in held:
            self._later(self._way(), segment)

    def reset(self, tcp: Tcp, *sides: Side) -> None:
        """The connection dies, and these ends hear of it; what was under way is lost."""
        for side in sides:
            self._ends(tcp, side, "connection reset")

    def vanish(self, tcp: Tcp, side: Side) -> None:
        """One end loses the connection; the other hears of it when it next sends."""
        self._ends(tcp, side, "host gone")

    def crash(self, side: Side) -> None:
        """The process dies without a word, and a new one takes its place, not started yet."""
        for tcp in [tcp for tcp in self.tcps if side in tcp.conns]:
            self._gone(tcp, side)
        self.up[side] = None
        self._make(side, self.peers[side].settings)

    def both_up(self) -> bool:
        return all(peer.state is State.ESTABLISHED for peer in self.peers.values())

    def tcp(self, side: Side) -> Tcp | None:
        """The connection of an end's Established session."""
        conn = self.peers[side].conn
        return next((tcp for tcp in self.tcps if conn is not None and tcp.conns.get(side) == conn), None)

    def seen(self, side: Side, *kinds: type) -> list[object]:
        """Actions of one end, in order."""
        return [action for _, who, action in self.log if who == side and (not kinds or isinstance(action, kinds))]

    # The network

    def _next(self) -> float | None:
        times = [peer.next_deadline for peer in self.peers.values()]
        times += [self._queue[0][0]] if self._queue else []
        return min((time for time in times if time is not None), default=None)

    def _step(self) -> None:
        if self._queue and self._queue[0][0] <= self.now:
            heapq.heappop(self._queue)[2]()
            return
        for side, peer in self.peers.items():
            if peer.next_deadline is not None and peer.next_deadline <= self.now:
                self.do(side, lambda peer: peer.tick(self.now))

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), call))

    def _way(self) -> float:
        return self.random.uniform(0.1, 1.0) * self.delay

    def _segment(self, tcp: Tcp, to: Side, call: Callable[[], None]) -> None:
        """Something travels on a connection; it arrives behind all that was sent before."""

        def arrive() -> None:
            if self.cut:
                self._held.append(arrive)
            else:
                call()

        at = max(self.now + self._way(), tcp.last[to] + 1e-6)
        tcp.last[to] = at
        self._later(at - self.now, arrive)

    def _perform(self, side: Side) -> None:
        for action in self.peers[side].take_output():
            self.log.append((self.now, side, action))
            match action:
                case Connect(conn):
                    self._connect(side, conn)
                case Send(conn, data):
                    self._send(side, conn, data)
                case Close(conn, abort):
                    self._close(side, conn, abort)
                case Up(conn):
                    assert self.up[side] is None, f"two sessions at {side}"
                    self.up[side] = conn
                case Down(conn):
                    assert self.up[side] == conn, f"{side} lost a session that it had not"
                    self.up[side] = None

    def _find(self, side: Side, conn: int) -> Tcp:
        found = [tcp for tcp in self.tcps if tcp.conns.get(side) == conn]
        assert found, f"{side} uses connection {conn}, which has ended"
        return found[0]

    def _connect(self, side: Side, conn: int) -> None:
        tcp = Tcp(side, {side: conn})
        self.tcps.append(tcp)
        if self.cut:
            self._later(60, lambda: self._ends(tcp, side, "timed out"))
        elif OTHER[side] in self.refusing:
            self._later(self._way(), lambda: self._ends(tcp, side, "connection refused"))
        else:
            self._segment(tcp, OTHER[side], lambda: self._syn(tcp))

    def _syn(self, tcp: Tcp) -> None:
        """The kernel answers by itself; the process accepts a little later."""
        opener, listener = tcp.opener, OTHER[tcp.opener]
        self._segment(tcp, listener, lambda: self._accept(tcp, listener))
        self._segment(tcp, opener, lambda: self._connected(tcp, opener))

    def _accept(self, tcp: Tcp, side: Side) -> None:
        conn = next(self._ids[side])
        tcp.conns[side] = conn
        tcp.made.add(side)
        if tcp not in self.tcps:
            self.tcps.append(tcp)
        self.do(side, lambda peer: peer.incoming(conn, self.now, local_address=side, remote_address=OTHER[side]))
        if tcp.opener not in tcp.conns and side in tcp.conns:
            self._ends(tcp, side, "closed by the peer")

    def _connected(self, tcp: Tcp, side: Side) -> None:
        conn = tcp.conns.get(side)
        if conn is not None:
            tcp.made.add(side)
            self.do(side, lambda peer: peer.connected(conn, self.now, local_address=side, remote_address=OTHER[side]))

    def _send(self, side: Side, conn: int, data: bytes) -> None:
        tcp = self._find(side, conn)
        assert side in tcp.made, f"{side} sends on a connection that is not there yet"
        other = OTHER[side]
        cut = self.random.randrange(len(data) + 1)
        for piece in filter(None, (data[:cut], data[cut:])):
            self._segment(tcp, other, lambda piece=piece: self._arrives(tcp, other, piece))

    def _arrives(self, tcp: Tcp, side: Side, data: bytes) -> None:
        conn = tcp.conns.get(side)
        if conn is None:  # nobody is there: a reset comes back
            self._segment(tcp, OTHER[side], lambda: self._ends(tcp, OTHER[side], "connection reset"))
        else:
            self.do(side, lambda peer: peer.received(conn, data, self.now))

    def _close(self, side: Side, conn: int, abort: bool) -> None:
        tcp = self._find(side, conn)
        self._gone(tcp, side)
        why = "connection reset" if abort else "closed by the peer"
        if side in tcp.made or OTHER[side] in tcp.conns:
            self._segment(tcp, OTHER[side], lambda: self._ends(tcp, OTHER[side], why))

    def _ends(self, tcp: Tcp, side: Side, why: str) -> None:
        conn = tcp.conns.get(side)
        if conn is not None:
            self._gone(tcp, side)
            self.do(side, lambda peer: peer.connection_failed(conn, self.now, why))

    def _gone(self, tcp: Tcp, side: Side) -> None:
        conn = tcp.conns.pop(side)
        assert conn not in self.ended[side], f"{side} ends connection {conn} twice"
        self.ended[side].add(conn)
        if not tcp.conns:
            self.tcps.remove(tcp)
