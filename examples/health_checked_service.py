"""Announce a service's address while its health check passes, and take it back when it fails.

    python examples/health_checked_service.py 192.0.2.10/32 http://127.0.0.1:8080/healthz --peer 192.0.2.1 --asn 64512

Anycast in thirty lines: run it beside each instance of the service; the routers follow.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import urllib.request

import pybgp


def healthy(url: str) -> bool:
    """One check: does the service answer 2xx within a second?"""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(200 <= answer.status < 300)
    except OSError:
        return False


async def run(arguments: argparse.Namespace) -> None:
    peer = pybgp.PeerConfig(arguments.peer, remote_as=arguments.asn, port=arguments.port)
    config = pybgp.SpeakerConfig(local_as=arguments.asn, router_id=arguments.router_id, peers=[peer], listen=())
    async with pybgp.Speaker(config) as speaker:
        announced = False
        while True:
            up = await asyncio.to_thread(healthy, arguments.url)
            if up and not announced:
                speaker.announce(arguments.prefix, communities=["no-export"])
            elif announced and not up:
                speaker.withdraw(arguments.prefix)
            if up is not announced:
                announced = up
                print(f"{arguments.prefix} {'announced' if up else 'withdrawn'}", flush=True)
            await asyncio.sleep(arguments.interval)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("prefix")
    parser.add_argument("url")
    parser.add_argument("--peer", required=True)
    parser.add_argument("--port", type=int, default=179)
    parser.add_argument("--asn", type=int, default=64512)
    parser.add_argument("--router-id", default="192.0.2.100")
    parser.add_argument("--interval", type=float, default=2.0, help="seconds between checks")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args()))
