"""The FIBs without a kernel keep the contract of ``pybgp.speaker.fib.Fib``."""

from __future__ import annotations

import asyncio

from pybgp.addresses import Family
from pybgp.config.model import FibConfig
from pybgp.fib.kernel import KernelFib
from pybgp.fib.memory import FakeFib, NullFib
from pybgp.speaker.fib import Fib, FibChanges, FibRoute, FibStatus, LocalAddresses, NextHop

V4 = Family.IPV4_UNICAST
KEY, OTHER = b"\x18\x0a\x00\x00", b"\x18\x0a\x00\x01"
WAY = FibRoute("unicast", (NextHop(b"\x0a\x63\x00\x01"),))


def test_all_are_fibs() -> None:
    """mypy reads this: the assignments are the test."""
    fibs: list[Fib] = [NullFib(), FakeFib(), KernelFib(FibConfig(), families=[V4])]

    assert [fib.status() for fib in fibs] == [FibStatus()] * 3


def test_null_keeps_nothing() -> None:
    async def scenario() -> None:
        fib = NullFib()
        await fib.start(lambda event: None)
        fib.apply(FibChanges(V4, {KEY: WAY}))
        await fib.settled()

        assert list(fib.routes()) == []
        assert fib.route(V4, KEY) is None
        await fib.close(flush=True)

    asyncio.run(scenario())


def test_fake_reports_installs_refuses_adopts_and_sweeps() -> None:
    local = LocalAddresses({b"\x0a\0\0\1": b"\x08\x0a"})
    refused = {OTHER: "Nexthop has invalid gateway"}
    events: list[object] = []

    async def scenario() -> None:
        fib = FakeFib(
            events=[local], left_over={V4: {KEY: WAY, b"\x00": WAY}}, refuse=lambda key, route: refused.get(key)
        )
        await fib.start(events.append)
        fib.apply(FibChanges(V4, {KEY: WAY, OTHER: WAY}))
        await fib.settled()

        assert events == [local]
        assert {(row.key, row.state, row.error) for row in fib.routes()} == {
            (KEY, "installed", ""),
            (OTHER, "failed", "Nexthop has invalid gateway"),
            (b"\x00", "adopted", ""),
        }
        assert [fib.route(V4, row.key) for row in fib.routes()] == list(fib.routes())
        assert fib.route(V4, b"\x08\x0a") is None
        assert fib.status() == FibStatus(installed=1, failed=1, adopted=1)
        refused.clear()
        fib.retry(V4)
        fib.sweep(V4)
        assert fib.installed(V4) == {KEY: WAY, OTHER: WAY}
        fib.apply(FibChanges(V4, {KEY: None}))
        assert fib.installed(V4) == {OTHER: WAY}
        await fib.close(flush=True)
        assert fib.installed(V4) == {}

    asyncio.run(scenario())
