"""How fast, and how long does the loop stand still? Run as root: ``python -m tests.fib.measure [ROUTES]``.

Makes a namespace of its own. "stall" is the longest time of CPU that the event loop's thread spent in one go while
another task wanted a turn every millisecond; "wall" and "cpu" are seconds for all routes.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pybgp.addresses import Family
from pybgp.config.model import FibConfig
from pybgp.fib.kernel import KernelFib
from pybgp.speaker.fib import FibChanges, FibRoute, NextHop

FIRST = FibRoute("unicast", (NextHop(bytes([10, 99, 0, 2]), "v0"),))
SECOND = FibRoute("unicast", (NextHop(bytes([10, 99, 0, 3]), "v0"),))
FIRST_6 = FibRoute("unicast", (NextHop(bytes.fromhex("fe80" + "00" * 13 + "02"), "v0"),))


@contextmanager
def namespace() -> Iterator[str]:
    name = f"pybgp-measure-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        lines = "link add v0 type veth peer name v1\nlink set v0 up\nlink set v1 up\naddr add 10.99.0.1/24 dev v0\n"
        subprocess.run(["ip", "-n", name, "-batch", "-"], input=lines, text=True, check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


class Stalls:
    """The longest turn of the loop's thread, in seconds of its CPU."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.thread_time() - began)

    def stop(self) -> None:
        self._task.cancel()


async def measure(name: str, state: str, count: int) -> None:
    families = (Family.IPV4_UNICAST, Family.IPV6_UNICAST)
    fib = KernelFib(FibConfig(state_file=state), families=families, namespace=name)
    await fib.start(lambda event: None)
    keys = [b"\x1a" + (0x14000000 + (i << 6)).to_bytes(4) for i in range(count)]
    keys_6 = [b"\x7a" + (0x20010DB8 << 96 | i << 6).to_bytes(16) for i in range(count)]
    steps = {
        "install": FibChanges(Family.IPV4_UNICAST, dict.fromkeys(keys, FIRST)),
        "install again": FibChanges(Family.IPV4_UNICAST, dict.fromkeys(keys, FIRST)),
        "replace": FibChanges(Family.IPV4_UNICAST, dict.fromkeys(keys, SECOND)),
        "withdraw": FibChanges(Family.IPV4_UNICAST, dict.fromkeys(keys)),
        "install, IPv6": FibChanges(Family.IPV6_UNICAST, dict.fromkeys(keys_6, FIRST_6)),
    }
    for what, changes in steps.items():
        await asyncio.sleep(0.01)
        stalls, wall, cpu = Stalls(), time.perf_counter(), time.process_time()
        await asyncio.sleep(0)
        fib.apply(changes)
        await fib.settled()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        await asyncio.sleep(0.002)
        stalls.stop()
        print(f"{what:15} {count} routes  wall {wall:.2f}  cpu {cpu:.2f}  stall {1000 * stalls.longest:.1f} ms")
    await fib.close()
    fib = KernelFib(FibConfig(state_file=state), families=families, namespace=name)
    stalls, wall = Stalls(), time.perf_counter()
    await fib.start(lambda event: None)
    wall = time.perf_counter() - wall
    await asyncio.sleep(0.002)
    stalls.stop()
    print(
        f"{'start, adopting':15} {fib.status().adopted} routes  wall {wall:.2f}  stall {1000 * stalls.longest:.1f} ms"
    )
    await fib.close()


if __name__ == "__main__":
    with namespace() as made, tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(made, f"{directory}/fib.json", int(sys.argv[1]) if len(sys.argv) > 1 else 50_000))
