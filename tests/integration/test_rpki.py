"""RTR over real TCP: the tests' own cache, and StayRTR where it is installed (Debian: stayrtr)."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.rtr_cache import RtrCache, RtrServer
from tests.support import free_port

from .daemons import Daemon, speaking, until

FILE = """
local_as = 64512
router_id = "192.0.2.1"
listen = []
[rpki]
caches = [{{ address = "127.0.0.1", port = {port} }}]
roas = [{roas}]
"""
ONE, TWO = "10.1.0.0/16 as 65001", "2001:db8::/32 le 48 as 65002"


@contextmanager
def validating(tmp_path: Path, port: int, roas: str = "") -> Iterator[Daemon]:
    file = tmp_path / "node.toml"
    file.write_text(FILE.format(port=port, roas=roas))
    with speaking(tmp_path / "sock", "-c", str(file)) as daemon:
        daemon.event("started")
        yield daemon


def cache_of(daemon: Daemon) -> dict[str, Any]:
    (row,) = daemon.ask("rpki")["caches"]
    return dict(row)


def state(daemon: Daemon, prefix: str, origin_as: int) -> str:
    return str(daemon.ask("rpki", prefix=prefix, origin_as=str(origin_as))["state"])


def show(daemon: Daemon, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pybgp", "show", "rpki", *arguments, "--socket", str(daemon.socket)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_cache_of_ones_own(tmp_path: Path) -> None:
    """Everything, then what a notify brings; a lost connection changes nothing and is made again."""
    with RtrServer(RtrCache(ONE)) as server, validating(tmp_path, server.port) as daemon:
        until(lambda: state(daemon, "10.1.0.0/16", 65001) == "valid", why="the first VRP")

        server.cache.change(TWO)
        server.notify()

        until(lambda: cache_of(daemon)["serial"] == 2, why="the second serial number")
        assert state(daemon, "2001:db8:1::/48", 65001) == "invalid"
        server.hang_up()
        until(lambda: cache_of(daemon)["state"] == "idle", why="the lost connection to be noticed")
        assert state(daemon, "10.1.0.0/16", 65001) == "valid"
        daemon.event("rpki_cache_down")


def test_what_show_rpki_prints(tmp_path: Path) -> None:
    with RtrServer(RtrCache(ONE)) as server, validating(tmp_path, server.port, f'"{TWO}"') as daemon:
        until(lambda: cache_of(daemon)["state"] == "synced", why="the cache's data")
        until(lambda: daemon.ask("rpki")["vrps"] == 2, why="both VRPs")

        caches, one, wrong = show(daemon), show(daemon, "10.1.2.0/24", "65002"), show(daemon, "10.1.2.0/24")
        as_json = json.loads(show(daemon, "2001:db8::/40", "65002", "--json").stdout)

    heading, heads, row = caches.stdout.splitlines()
    assert heading == "2 VRPs, 1 of them from the configuration"
    assert heads.split()[:3] == ["cache", "pref", "state"]
    assert row.split()[:3] == [f"127.0.0.1:{server.port}", "100", "synced"]
    assert one.stdout.splitlines() == [
        "10.1.2.0/24 from AS 65002: invalid",
        "vrp          max length     as  matches",
        "10.1.0.0/16          16  65001  no: another AS and too long",
    ]
    assert wrong.returncode == 2
    assert wrong.stderr == "pybgp: expected a prefix and an AS number, as in 192.0.2.0/24 65001\n"
    assert as_json["state"] == "valid"
    assert as_json["vrps"] == [
        {"prefix": "2001:db8::/32", "max_length": 48, "asn": 65002, "matches": True, "why_not": ""}
    ]


def test_a_reload_takes_up_roas_and_caches(tmp_path: Path) -> None:
    with RtrServer(RtrCache(ONE)) as server, validating(tmp_path, server.port) as daemon:
        until(lambda: cache_of(daemon)["state"] == "synced", why="the cache's data")
        (tmp_path / "node.toml").write_text(FILE.format(port=free_port(), roas=f'"{TWO}"'))

        daemon.process.send_signal(signal.SIGHUP)

        daemon.event("reloaded")
        until(lambda: daemon.ask("rpki")["vrps"] == 1, why="the old cache's data to go")
        assert state(daemon, "2001:db8::/32", 65002) == "valid"
        assert state(daemon, "10.1.0.0/16", 65001) == "not_found"


# -- a real cache ------------------------------------------------------------------------------------------------------


class StayRtr:
    """StayRTR on a file of VRPs, which it reads again every second."""

    def __init__(self, tmp_path: Path, protocol: int) -> None:
        self.port = free_port()
        self._file = tmp_path / "vrps.json"
        self._protocol = protocol

    def write(self, *vrps: tuple[str, int, int]) -> None:
        roas = [{"prefix": prefix, "maxLength": longest, "asn": asn, "ta": "test"} for prefix, longest, asn in vrps]
        self._file.write_text(json.dumps({"metadata": {"buildtime": "2026-01-01T00:00:00Z"}, "roas": roas}))

    @contextmanager
    def running(self) -> Iterator[StayRtr]:
        command = ["stayrtr", "-bind", f"127.0.0.1:{self.port}", "-cache", str(self._file), "-refresh", "1"]
        command += ["-protocol", str(self._protocol), "-checktime=false", "-metrics.addr", f"127.0.0.1:{free_port()}"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield self
        finally:
            process.kill()
            process.wait()


@pytest.mark.skipif(shutil.which("stayrtr") is None, reason="needs StayRTR (Debian: apt install stayrtr)")
@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_stayrtr(tmp_path: Path, protocol: int) -> None:
    """Of each version of the protocol: all data, then increments with a withdrawal."""
    cache = StayRtr(tmp_path, protocol)
    cache.write(("10.1.0.0/16", 16, 65001), ("10.2.0.0/16", 24, 65001))
    with cache.running(), validating(tmp_path, cache.port) as daemon:
        until(lambda: cache_of(daemon)["state"] == "synced", why="StayRTR's data")
        row = cache_of(daemon)
        assert (row["version"], row["ipv4_vrps"], row["ipv6_vrps"]) == (min(protocol, 1), 2, 0)
        until(lambda: state(daemon, "10.2.1.0/24", 65001) == "valid", why="the table to follow")

        cache.write(("10.1.0.0/16", 16, 65001), ("2001:db8::/32", 48, 65002))

        until(lambda: cache_of(daemon)["ipv6_vrps"] == 1, why="the increment")
        until(lambda: state(daemon, "10.2.1.0/24", 65001) == "not_found", why="the withdrawal")
        assert cache_of(daemon)["session_id"] == row["session_id"]
        assert not [event for event in daemon.events if event["event"] == "rpki_cache_down"]
