"""What an UPDATE costs in pybgp's codec (``python -m tests.bench.codec.alone``): µs of CPU, the least of rounds."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

from pybgp.addresses import Family
from pybgp.messages import BlockCache, Context, Framer, PeerKind
from pybgp.messages.packing import announce
from pybgp.messages.update import decode

from .. import traffic

PREFIXES = 50_000
READ = 65_536
ROUNDS = 5


def main() -> None:
    """Print the figures, one a line."""
    stream = traffic.internet(PREFIXES, address="10.99.16.1", asn=65001, internal=False)
    bodies = _framed(stream)
    context = Context(kind=PeerKind.EXTERNAL)
    blocks = BlockCache(len(bodies))
    updates = [decode(body, context, blocks) for body in bodies]

    def new() -> list[Any]:
        cache = BlockCache()
        return [decode(body, context, cache) for body in bodies]

    def attributes() -> list[Any]:
        return [each.block.attributes for update in updates for each in update.reachable]

    def packed() -> list[list[bytes]]:
        return [
            announce(Family.IPV4_UNICAST, each.block.octets, each.block.next_hop, each.keys)
            for update in updates
            for each in update.reachable
        ]

    print(f"{len(bodies):,} UPDATEs of {PREFIXES / len(bodies):.1f} prefixes; µs of CPU each")
    _say("framed", lambda: _framed(stream), len(bodies))
    _say("decoded, attributes new", new, len(bodies))
    _say("decoded, attributes known", lambda: [decode(body, context, blocks) for body in bodies], len(bodies))
    _say("attribute objects made", attributes, len(bodies))
    _say("packed", packed, len(bodies))


def _framed(stream: bytes) -> list[bytes]:
    framer = Framer(4096)
    return [body for at in range(0, len(stream), READ) for _, body in framer.feed(stream[at : at + READ])]


def _say(what: str, work: Callable[[], object], count: int) -> None:
    print(f"  {what:26} {least_cpu(work) / count * 1e6:6.2f}", flush=True)


def least_cpu(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """CPU seconds of the quickest of some rounds."""
    times = []
    for _ in range(rounds):
        gc.collect()
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
