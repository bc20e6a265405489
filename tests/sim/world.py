"""Several speaker cores, joined by perfect virtual TCP, on a virtual clock. No sockets, no waiting."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from itertools import count
from random import Random
from typing import Any

from pybgp.addresses import address_octets, prefix_key
from pybgp.config.model import PeerConfig, SpeakerConfig
from pybgp.rib.path import Path
from pybgp.speaker.core import SpeakerCore
from pybgp.speaker.fib import FibChanges
from pybgp.speaker.originate import own_route
from pybgp.speaker.outputs import Accept, Close, Connect, Event, Listen, RouteChanges, Send, SendAll, SweepFib
from pybgp.speaker.rules import HostAddresses

LATENCY = 0.001


class Node:
    """One core with its address, and what came out of it besides octets."""

    def __init__(self, world: World, address: str, core: SpeakerCore) -> None:
        self.world = world
        self.address = address
        self.core = core
        self.events: list[Event] = []
        self.fib: dict[bytes, object] = {}
        self.watched: dict[bytes, Path | None] = {}  # the best path of each prefix, as a watcher hears of it
        self.swept: list[object] = []
        self.alive = True
        self.frozen = False  # it does nothing, and what comes waits in its buffers
        self.unread: list[Callable[[], None]] = []

    def announce(self, prefix: str, **attributes: Any) -> None:
        family, key, route = own_route(prefix, **attributes)
        self.core.announce(family, key, route)
        self.world.pump(self)

    def withdraw(self, prefix: str) -> None:
        family, key = prefix_key(prefix)
        self.core.withdraw(family, key)
        self.world.pump(self)

    def best(self, prefix: str) -> Path | None:
        family, key = prefix_key(prefix)
        return self.core.tables[family].best(key)

    def received(self, prefix: str, peer: str) -> Path | None:
        family, key = prefix_key(prefix)
        return next((path for at, path in self.core.tables[family].adj_rib_in(peer) if at == key), None)

    def has(self, *prefixes: str) -> bool:
        return all(self.best(prefix) is not None for prefix in prefixes)

    def said(self, kind: str) -> list[Mapping[str, object]]:
        return [event.fields for event in self.events if event.kind == kind]

    def counters(self, peer: str) -> Any:
        (status,) = [one for one in self.core.peer_status(self.world.now) if one.name == peer]
        return status


class World:
    """All nodes, all connections, one heap of what happens next."""

    def __init__(self, seed: int = 1) -> None:
        self.now = 1000.0
        self.random = Random(seed)
        self.nodes: dict[str, Node] = {}
        self.wire: list[tuple[Node, bytes]] = []  # everything that was sent, in order
        self._ends: dict[tuple[str, int], tuple[Node, int]] = {}  # (address, conn) -> the other end
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self.in_flight = 0  # octets, connections and ends of connections that have not arrived
        self._serial = count()

    def add(self, address: str, *, asn: int = 64512, peers: list[PeerConfig] | None = None, **options: Any) -> Node:
        core_options = {name: options.pop(name) for name in ("fib", "functions") if name in options}
        preserved = options.pop("preserved", frozenset())
        config = SpeakerConfig(
            local_as=asn, router_id=options.pop("router_id", address), peers=tuple(peers or ()), **options
        )
        core = SpeakerCore(config, random=self.random, **core_options)
        node = self.nodes[address] = Node(self, address, core)
        octets = address_octets(address)
        core.host_addresses(HostAddresses({octets: _subnet(octets)}), self.now)
        core.start(self.now, preserved=preserved)
        self.pump(node)
        return node

    def kill(self, node: Node) -> None:
        """The process is gone, as by SIGKILL: TCP connections close, nothing is said."""
        node.alive = False
        del self.nodes[node.address]
        for end in [end for end in self._ends if end[0] == node.address]:
            self._cut(end, "connection reset by peer")

    def cut(self, one: Node, other: Node) -> None:
        """The network drops the connections between two nodes."""
        for end, (peer, _) in list(self._ends.items()):
            if end[0] == one.address and peer is other:
                conn = end[1]
                self._cut(end, "connection lost")
                one.core.connection_failed(conn, self.now, "connection lost")
                self.pump(one)

    def thaw(self, node: Node) -> None:
        """A frozen node goes on: it reads what has come meanwhile, then looks at its clock."""
        node.frozen = False
        unread, node.unread = node.unread, []
        for arrival in unread:
            arrival()
        self._tick(node)

    @property
    def quiet(self) -> bool:
        """Nothing is under way, and nobody holds anything back (an advertisement interval)."""
        return not self.in_flight and all(
            node.frozen or node.core.outbound.next_deadline is None for node in self.nodes.values()
        )

    def run_until(self, condition: Callable[[], bool], *, limit: float = 60) -> None:
        """Let time pass until something is so; fails after ``limit`` virtual seconds."""
        deadline = self.now + limit
        while not condition():
            if not self._step(deadline):
                raise AssertionError(f"not so within {limit} virtual seconds")

    def advance(self, seconds: float) -> None:
        deadline = self.now + seconds
        while self._step(deadline):
            pass
        self.now = deadline

    def _step(self, deadline: float) -> bool:
        if not self._queue or self._queue[0][0] > deadline:
            return False
        at, _, action = heapq.heappop(self._queue)
        self.now = max(self.now, at)
        action()
        return True

    def pump(self, node: Node) -> None:
        """What a shell does after every input: flush, work, perform outputs, arm the timer."""
        core = node.core
        core.flush(self.now)
        while core.has_work:
            core.work(self.now)
        for output in core.take_outputs():
            self._perform(node, output)
        if core.has_work or core.flush_wanted:
            self.pump(node)
        deadline = core.next_deadline
        if deadline is not None:
            self._later(deadline - self.now, lambda: self._tick(node))

    def _tick(self, node: Node) -> None:
        deadline = node.core.next_deadline
        if node.alive and not node.frozen and deadline is not None and deadline <= self.now:
            node.core.tick(self.now)
            self.pump(node)

    def _perform(self, node: Node, output: object) -> None:
        match output:
            case Send(conn, data):
                self._write(node, conn, data)
            case SendAll(conns, data):
                for conn in conns:
                    self._write(node, conn, data)
            case Connect(conn, address, _, _):
                self._send(LATENCY, lambda: self._connect(node, conn, address))
            case Close(conn, _):
                self._send(2 * LATENCY, lambda: self._cut((node.address, conn), "connection closed by the peer"))
            case FibChanges(_, routes):
                for key, route in routes.items():
                    if route is None:
                        node.fib.pop(key, None)
                    else:
                        node.fib[key] = route
            case SweepFib(family):
                node.swept.append(family)
            case RouteChanges(changes):
                for change in changes:
                    node.watched[change.key] = change.new
            case Event():
                node.events.append(output)
            case Listen() | Accept():
                pass

    def _write(self, node: Node, conn: int, data: bytes) -> None:
        self.wire.append((node, data))
        end = self._ends.get((node.address, conn))
        if end is not None:
            self._send(LATENCY, lambda: self._deliver(end, data))

    def _connect(self, node: Node, conn: int, address: str) -> None:
        other = self.nodes.get(address)
        if not node.alive:
            return
        if node.frozen:
            node.unread.append(lambda: self._connect(node, conn, address))
            return
        if other is None or other.frozen:
            node.core.connection_failed(conn, self.now, "connection refused")
        else:
            theirs = other.core.new_conn()
            self._ends[node.address, conn] = (other, theirs)
            self._ends[address, theirs] = (node, conn)
            node.core.connected(conn, self.now, remote_address=address, local_address=node.address)
            other.core.incoming(theirs, self.now, remote_address=node.address, local_address=address)
            self.pump(other)
        self.pump(node)

    def _deliver(self, end: tuple[Node, int], data: bytes) -> None:
        node, conn = end
        if node.frozen:
            node.unread.append(lambda: self._deliver(end, data))
        elif node.alive and (node.address, conn) in self._ends:
            node.core.received(conn, data, self.now)
            self.pump(node)

    def _cut(self, end: tuple[str, int], why: str) -> None:
        other = self._ends.pop(end, None)
        if other is None:
            return
        node, conn = other
        if node.frozen:  # it still has what came before, and its own end
            node.unread.append(lambda: self._lost(node, conn, why))
        else:
            self._lost(node, conn, why)

    def _lost(self, node: Node, conn: int, why: str) -> None:
        self._ends.pop((node.address, conn), None)
        if node.alive:
            node.core.connection_failed(conn, self.now, why)
            self.pump(node)

    def _send(self, delay: float, arrive: Callable[[], None]) -> None:
        """Something is under way until it arrives."""
        self.in_flight += 1

        def arrival() -> None:
            self.in_flight -= 1
            arrive()

        self._later(delay, arrival)

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.now + max(delay, 0), next(self._serial), action))


def _subnet(octets: bytes) -> bytes:
    """All nodes are in 192.0.2.0/24, or in the same /64."""
    return b"\x18\xc0\x00\x02" if len(octets) == 4 else b"\x40" + octets[:8]


def established(world: World, *nodes: Node, limit: float = 60) -> None:
    """Let time pass until all sessions of these nodes are up."""
    world.run_until(lambda: all(node.core.all_established() for node in nodes), limit=limit)


def arrived(world: World, node: Node, prefix: str) -> Path:
    """Let time pass until a node has a best path to the prefix."""
    world.run_until(lambda: node.best(prefix) is not None)
    path = node.best(prefix)
    assert path is not None
    return path


def ibgp(address: str, **options: Any) -> PeerConfig:
    return PeerConfig(address, remote_as=options.pop("remote_as", 64512), **options)


def ebgp(address: str, remote_as: int, **options: Any) -> PeerConfig:
    """An external peer to which everything passes."""
    return PeerConfig(address, remote_as=remote_as, import_policy=("accept",), export_policy=("accept",), **options)
