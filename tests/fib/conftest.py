"""Network namespaces for the tests of ``KernelFib``: made by the test, with a name of its own, and removed after it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.config.model import FibConfig
from pybgp.fib.kernel import KernelFib
from pybgp.speaker.fib import FibChanges, FibRoute, InstalledRoute, KernelChanges, LocalAddresses, NextHop

_numbers = itertools.count()
BOTH = (Family.IPV4_UNICAST, Family.IPV6_UNICAST)


class Namespace:
    """A network namespace and ``ip`` in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def ip(self, command: str) -> None:
        done = subprocess.run(["ip", "-n", self.name, *command.split()], capture_output=True, text=True)
        assert done.returncode == 0, f"ip {command}: {done.stderr}"

    def batch(self, lines: list[str]) -> None:
        text = "\n".join(lines) + "\n"
        done = subprocess.run(["ip", "-n", self.name, "-batch", "-"], input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def routes(self, arguments: str = "proto bird", *, version: int = 4, table: str = "main") -> list[dict[str, Any]]:
        """``ip -json route show``."""
        command = ["ip", "-n", self.name, f"-{version}", "-json", "-details", "route", "show", "table", table]
        done = subprocess.run([*command, *arguments.split()], capture_output=True, text=True)
        if "table does not exist" in done.stderr:
            return []
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "[]")

    def prefixes(self, arguments: str = "proto bird", *, version: int = 4) -> set[str]:
        return {route["dst"] for route in self.routes(arguments, version=version)}


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """A namespace with veth pairs v0 - v1 (10.99.0.1/24, 2001:db8:99::1/64) and w0 - w1 (10.98.0.1/24, ...)."""
    with made_namespace(f"pybgp-fib-{os.getpid()}-{next(_numbers)}") as space:
        yield space


@contextmanager
def made_namespace(name: str) -> Iterator[Namespace]:
    """Made, and removed at the end."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        space = Namespace(name)
        space.batch(
            [
                "link set lo up",
                "link add v0 type veth peer name v1",
                "link add w0 type veth peer name w1",
                *(f"link set {device} addrgenmode none" for device in ("v0", "v1", "w0", "w1")),
                *(f"link set {device} up" for device in ("v0", "v1", "w0", "w1")),
                "addr add 10.99.0.1/24 dev v0",
                "addr add 10.98.0.1/24 dev w0",
                "addr add 2001:db8:99::1/64 dev v0 nodad",
                "addr add 2001:db8:98::1/64 dev w0 nodad",
            ]
        )
        yield space
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


class Running:
    """A started ``KernelFib``, and what it reported."""

    def __init__(self, fib: KernelFib) -> None:
        self.fib = fib
        self.events: list[KernelChanges | LocalAddresses] = []
        self.log: list[tuple[str, dict[str, Any]]] = []

    async def want(self, routes: dict[str, FibRoute | None]) -> None:
        """Apply routes by the text of their prefix, and wait until the kernel has them or refuses."""
        by_family: dict[Family, dict[bytes, FibRoute | None]] = {}
        for text, route in routes.items():
            family, key = prefix_key(text)
            by_family.setdefault(family, {})[key] = route
        for family, changes in by_family.items():
            self.fib.apply(FibChanges(family, changes))
        await self.fib.settled()

    def row(self, prefix: str) -> InstalledRoute | None:
        family, key = prefix_key(prefix)
        return self.fib.route(family, key)

    def state(self, prefix: str) -> str:
        row = self.row(prefix)
        return row.state if row else "none"

    def foreign(self, prefix: str) -> Any:
        """The last report about a prefix; None if there was none."""
        family, key = prefix_key(prefix)
        said = [
            e.routes[key]
            for e in self.events
            if isinstance(e, KernelChanges) and e.family == family and key in e.routes
        ]
        return said[-1] if said else None

    def local(self) -> LocalAddresses:
        return [event for event in self.events if isinstance(event, LocalAddresses)][-1]

    async def until(self, condition: Callable[[], Any], why: str, limit: float = 10) -> None:
        await until(condition, why, limit, lambda: f"{self.fib.status()}, log {self.log[-5:]}")


async def until(
    condition: Callable[[], Any], why: str, limit: float = 10, seen: Callable[[], object] = lambda: ""
) -> None:
    """Wait for the kernel or for the FIB to notice; says what it waited for when it gives up."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit} s for {why}: {seen()}"
        await asyncio.sleep(0.005)


@asynccontextmanager
async def running(namespace: Namespace, state: Path, *, flush: bool = False, **config: Any) -> AsyncIterator[Running]:
    """A FIB in the namespace; closed afterwards, leaving its routes."""
    families = config.pop("families", BOTH)
    fib_config = FibConfig(state_file=str(state / "fib.json"), **config)
    fib = KernelFib(fib_config, families=families, namespace=namespace.name, on_log=lambda e, d: run.log.append((e, d)))
    run = Running(fib)
    await fib.start(run.events.append)
    try:
        yield run
    finally:
        await fib.close(flush=flush)


def via(gateway: str | None, device: str | None = None, *, onlink: bool = False, metric: int | None = None) -> FibRoute:
    return FibRoute("unicast", (hop(gateway, device, onlink=onlink),), metric)


def hop(gateway: str | None, device: str | None = None, *, onlink: bool = False, weight: int = 1) -> NextHop:
    return NextHop(address_octets(gateway) if gateway else None, device, onlink, weight)
