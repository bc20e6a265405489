"""What a peer makes of the octets it gets: a dictionary of routes, by decoding them."""

from __future__ import annotations

from pybgp.addresses import Family
from pybgp.messages import update
from pybgp.messages.attributes.cache import BlockCache
from pybgp.messages.context import Context, PeerKind
from pybgp.messages.header import Framer


class Receiver:
    """``routes`` are (key, path identifier) → (attributes as a block has them, next hop)."""

    def __init__(
        self, add_path: bool = False, kind: PeerKind = PeerKind.INTERNAL, family: Family = Family.IPV4_UNICAST
    ) -> None:
        families = frozenset({family})
        self.context = Context(kind=kind, families=families, add_path_receive=families if add_path else frozenset())
        self.routes: dict[tuple[bytes, int], tuple[bytes, bytes]] = {}
        self.framer = Framer(65_535)
        self.blocks = BlockCache()
        self.announced = 0
        self.withdrawn = 0
        self.needless_withdrawals = 0
        self.sizes: list[int] = []
        self.ends = 0

    def receive(self, data: bytes) -> None:
        for kind, body in self.framer.feed(data):
            if kind != 2:
                continue
            self.sizes.append(len(body) + 19)
            message = update.decode(body, self.context, self.blocks)
            assert not message.problems, message.problems
            self.ends += message.end_of_rib is not None
            for gone in message.withdrawn:
                for one in gone.keys:
                    self.withdrawn += 1
                    if self.routes.pop((one, gone.path_id), None) is None:
                        self.needless_withdrawals += 1
            for reach in message.reachable:
                self.announced += len(reach.keys)
                for one in reach.keys:
                    self.routes[one, reach.path_id] = (reach.block.octets, reach.block.next_hop)
