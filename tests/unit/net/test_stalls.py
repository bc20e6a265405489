"""How late timers come while there is work."""

from __future__ import annotations

import asyncio
import time

from pybgp.net.stalls import WINDOW, StallMonitor, Stalls


def test_what_is_late_is_counted_for_a_minute_and_for_ever() -> None:
    loop = asyncio.new_event_loop()
    monitor = StallMonitor(loop)
    for number in range(100):
        monitor.note(100.0, number / 1000)
    monitor.note(100.0 + WINDOW + 1, 0.005)

    found = monitor.stalls(100.0 + WINDOW + 1)

    assert found.window == Stalls(p50_ms=5.0, p99_ms=5.0, max_ms=5.0, samples=1)
    assert found.since_start == Stalls(p50_ms=49.0, p99_ms=98.0, max_ms=99.0, samples=101)
    loop.close()


def test_a_callback_that_takes_long_is_seen_and_an_idle_loop_sets_no_timer() -> None:
    async def run() -> StallMonitor:
        monitor = StallMonitor(asyncio.get_running_loop())
        monitor.busy()
        time.sleep(0.06)
        await asyncio.sleep(0.05)
        assert monitor._handle is None
        return monitor

    loop = asyncio.new_event_loop()
    monitor = loop.run_until_complete(run())

    found = monitor.stalls(loop.time())
    loop.close()
    assert found.window.samples == 1
    assert 35 < found.window.max_ms < 1000
