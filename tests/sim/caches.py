"""RTR caches in a virtual world: ``tests.rtr_cache`` behind an address."""

from __future__ import annotations

from itertools import count

from pybgp.fsm.actions import Close, Send
from tests.rtr_cache import RtrCache
from tests.sim.world import Node, World


class CacheCore:
    """What the world needs of a core, and nothing behind it but a cache."""

    has_work = flush_wanted = False
    next_deadline = None

    def __init__(self, cache: RtrCache) -> None:
        self.cache = cache
        self.conns: set[int] = set()
        self._ids = count(1)
        self._outputs: list[Send | Close] = []

    def new_conn(self) -> int:
        return next(self._ids)

    def incoming(self, conn: int, now: float, *, remote_address: str, local_address: str) -> None:
        self.conns.add(conn)

    def received(self, conn: int, data: bytes, now: float) -> None:
        out, goes_on = self.cache.answer(data, conn)
        if out:
            self._outputs.append(Send(conn, out))
        if not goes_on:
            self._outputs.append(Close(conn))

    def connection_failed(self, conn: int, now: float, why: str) -> None:
        self.conns.discard(conn)

    def notify(self) -> None:
        self._outputs += [Send(conn, self.cache.notify()) for conn in sorted(self.conns)]

    def flush(self, now: float) -> None:
        pass

    def take_outputs(self) -> list[Send | Close]:
        outputs, self._outputs = self._outputs, []
        return outputs


class CacheNode(Node):
    """A cache at an address of a world."""

    def __init__(self, world: World, address: str, cache: RtrCache) -> None:
        self.rtr = CacheCore(cache)
        self.cache = cache
        super().__init__(world, address, self.rtr)  # type: ignore[arg-type]
        world.nodes[address] = self

    def change(self, *announce: str, withdraw: tuple[str, ...] = ()) -> None:
        """Other VRPs, which routers are told of."""
        self.cache.change(*announce, withdraw=withdraw)
        self.rtr.notify()
        self.world.pump(self)
        self.world.advance(1)
