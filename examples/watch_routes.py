"""Peer with a router and print every change of a best route, as it happens.

    python examples/watch_routes.py --peer 192.0.2.1 --asn 64512

Each line is a prefix and where it now goes; the first lines are the routes that are already there.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib

import pybgp


async def run(arguments: argparse.Namespace) -> None:
    config = pybgp.SpeakerConfig(
        local_as=arguments.asn,
        router_id=arguments.router_id,
        listen=(),
        peers=[pybgp.PeerConfig(arguments.peer, remote_as=arguments.asn, port=arguments.port)],
    )
    seen = 0
    async with pybgp.Speaker(config) as speaker:
        await speaker.established(timeout=60)
        print(f"established with {arguments.peer}", flush=True)
        async for change in speaker.watch():
            print(change, flush=True)
            seen += 1
            if seen == arguments.count:
                return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--port", type=int, default=179)
    parser.add_argument("--asn", type=int, default=64512)
    parser.add_argument("--router-id", default="192.0.2.101")
    parser.add_argument("--count", type=int, help="stop after this many changes")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args()))
