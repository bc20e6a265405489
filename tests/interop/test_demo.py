"""``make demo``, the whole of it: three namespaces, three daemons, workloads that ping each other."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 60.0
"""Seconds that the demo promises to stay below."""
NAMES = ("pybgp", "bird", "frr")


def left_over(pid: int) -> list[str]:
    """Namespaces of the demo with this process id."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line.startswith(f"demo-{pid}-")]


@pytest.mark.root
@pytest.mark.daemon("bird", "frr")
def test_the_demo_shows_what_it_promises_within_a_minute_and_leaves_nothing() -> None:
    begun = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "examples/demo.py"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        said, complaints = demo.communicate(timeout=110)
    took = time.monotonic() - begun

    assert demo.returncode == 0, f"{said}\n{complaints}"
    assert "in this process" not in said
    pings = re.findall(r"10\.65\.\d\.2 -> 10\.65\.\d\.2 \((\w+) -> (\w+)\): after", said)
    assert sorted(pings) == sorted((one, other) for one in NAMES for other in NAMES if one != other)
    assert re.search(r"PEER ADDRESS\s*\|\s*PEER TYPE\s*\|\s*STATE\s*\|\s*SINCE\s*\|\s*INFO", said)
    for peer in ("10.99.0.2", "10.99.0.3"):
        assert re.search(rf"{re.escape(peer)}.*Established", said), peer
    assert re.search(r"10\.65\.2\.0/26 via 10\.99\.0\.2 dev eth0 proto (bird|12)", said)
    for name in ("pybgp", "frr"):
        assert f"{name}'s kernel no longer has 10.65.2.0/26" in said
    assert "the others still reach each other" in said
    assert took < LIMIT
    assert not left_over(demo.pid)
