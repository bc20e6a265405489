"""Whose route is it? Ours are adopted after a kill; a BIRD's and everybody else's are left alone."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.errors import FibError
from pybgp.fib.netlink import AnswersLostError, Monitor, NetlinkChannel, inside
from pybgp.fib.state import StateFile
from pybgp.fib.wire import Header, MessageType, Op, RouteReader, route_template
from pybgp.speaker.fib import FibRoute

from .conftest import Namespace, Running, hop, made_namespace, running, via

pytestmark = pytest.mark.root

OURS = via("10.99.0.2", "v0")

VICTIM = """
import asyncio, sys
from pybgp.addresses import Family
from pybgp.config.model import FibConfig
from pybgp.fib.kernel import KernelFib
from pybgp.speaker.fib import FibChanges, FibRoute, NextHop

async def main(namespace, state, count):
    fib = KernelFib(FibConfig(state_file=state), families=[Family.IPV4_UNICAST], namespace=namespace)
    await fib.start(lambda event: None)
    way = FibRoute("unicast", (NextHop(bytes([10, 99, 0, 2]), "v0"),))
    keys = [b"\\x18" + bytes([20 + (i >> 16), i >> 8 & 255, i & 255]) for i in range(count)]
    fib.apply(FibChanges(Family.IPV4_UNICAST, dict.fromkeys(keys, way)))
    print("going", flush=True)
    await fib.settled()
    print("settled", flush=True)
    await asyncio.sleep(3600)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def killed(namespace: Namespace, state: Path, *, count: int, when: str) -> None:
    """Run a FIB in a process of its own and ``kill -9`` it when it has said ``when``."""
    command = [sys.executable, "-c", VICTIM, namespace.name, str(state / "fib.json"), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        try:
            for line in victim.stdout:
                if line.strip() == when:
                    break
        finally:
            os.kill(victim.pid, signal.SIGKILL)


def test_after_kill_9_our_routes_are_adopted_and_a_birds_are_not(namespace: Namespace, tmp_path: Path) -> None:
    killed(namespace, tmp_path, count=1000, when="settled")
    birds = [f"10.3.{i}.0/24" for i in range(30)]
    namespace.batch([f"route add {prefix} via 10.99.0.2 proto bird" for prefix in birds])

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            assert (run.fib.status().adopted, run.fib.status().foreign_bird) == (1000, 30)
            assert ("fib_started", {"adopted": 1000, "bird_routes": 30}) in run.log
            await run.want({"20.0.1.0/24": OURS, "20.0.2.0/24": via("10.99.0.3", "v0"), "10.3.7.0/24": OURS})
            assert len(namespace.routes()) == 1030
            run.fib.sweep(Family.IPV4_UNICAST)
            await run.fib.settled()

            assert namespace.prefixes() == {"20.0.1.0/24", "20.0.2.0/24", *birds}
            assert run.state("10.3.7.0/24") == "foreign"
            assert "our protocol 12" in run.row("10.3.7.0/24").error
            assert run.fib.status().foreign_bird == 30
            assert run.foreign("10.3.7.0/24")[0].protocol == 12

    asyncio.run(scenario())


def test_killed_in_the_middle_of_installing_nothing_is_orphaned(namespace: Namespace, tmp_path: Path) -> None:
    """The state file is ahead of the kernel: whatever is there is known."""
    killed(namespace, tmp_path, count=30000, when="going")
    there = len(namespace.routes())

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            assert (run.fib.status().adopted, run.fib.status().foreign_bird) == (there, 0)
            run.fib.sweep(Family.IPV4_UNICAST)
            await run.fib.settled()

            assert namespace.routes() == []

    asyncio.run(scenario())


def test_an_adopted_route_that_is_wanted_is_not_touched(namespace: Namespace, tmp_path: Path) -> None:
    async def first() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.1.0.0/26": OURS, "10.2.0.0/26": via("10.99.0.2"), "10.3.0.0/26": FibRoute("blackhole")})

    async def second() -> None:
        async with running(namespace, tmp_path) as run:
            assert run.fib.status().adopted == 3
            with monitoring(namespace) as seen:
                await run.want(
                    {
                        "10.1.0.0/26": OURS,
                        "10.2.0.0/26": via("10.99.0.2"),
                        "10.3.0.0/26": FibRoute("blackhole"),
                        "10.9.0.0/26": OURS,
                    }
                )
                run.fib.sweep(Family.IPV4_UNICAST)
                await run.fib.settled()
                assert seen() == [(MessageType.NEW_ROUTE, prefix_key("10.9.0.0/26")[1])]
            assert run.fib.status().adopted == 0

    asyncio.run(first())
    asyncio.run(second())


@contextmanager
def monitoring(namespace: Namespace) -> Iterator[Callable[[], list[tuple[int, bytes]]]]:
    """A second monitor beside ours; calling it gives the (message type, key) of the IPv4 routes seen so far."""
    with inside(namespace.name):
        monitor = Monitor(own_port=0xFFFFFFFF)
    reader = RouteReader(Family.IPV4_UNICAST, 254, str)
    found: list[tuple[int, bytes]] = []

    def take(data: bytes, header: Header) -> None:
        entry = reader.read(data, header)
        if entry is not None:
            found.append((header.type, entry[0]))

    def seen() -> list[tuple[int, bytes]]:
        while monitor.read(100, take):
            pass
        return found

    try:
        yield seen
    finally:
        monitor.close()


def test_the_state_file_of_another_boot_claims_nothing(namespace: Namespace, tmp_path: Path) -> None:
    namespace.ip("route add 10.1.0.0/26 via 10.99.0.2 proto bird")
    (tmp_path / "fib.json").write_text(
        '{"pybgp_fib": 1, "protocol": 12, "table": 254, "boot_id": "another", "namespace": 1}\n'
        '{"route": 1, "type": "unicast", "metric": 0, "next_hops": [["10.99.0.2", "v0", false, 1]]}\n'
        '{"put": 1, "family": "ipv4-unicast", "keys": "1a0a010000"}\n'
    )

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            assert (run.fib.status().adopted, run.fib.status().foreign_bird) == (0, 1)

    asyncio.run(scenario())


def test_the_state_file_of_a_namespace_that_was_made_again_claims_nothing(tmp_path: Path) -> None:
    """Its inode number may be the old one's."""

    async def first(namespace: Namespace) -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.1.0.0/26": OURS})

    async def second(namespace: Namespace) -> None:
        async with running(namespace, tmp_path) as run:
            assert (run.fib.status().adopted, run.fib.status().foreign_bird) == (0, 1)

    name = f"pybgp-fib-again-{os.getpid()}"
    with made_namespace(name) as namespace:
        asyncio.run(first(namespace))
    with made_namespace(name) as namespace:
        namespace.ip("route add 10.1.0.0/26 via 10.99.0.2 proto bird")
        asyncio.run(second(namespace))


def test_two_of_us_dont_share_a_state_file(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path):
            with pytest.raises(FibError, match="another pybgp has this state file"):
                async with running(namespace, tmp_path):
                    pass

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("prefix", "gateway"), [("10.5.0.0/24", "10.99.0.5"), ("2001:db8:5::/64", "2001:db8:99::5")], ids=["ipv4", "ipv6"]
)
def test_a_foreign_route_is_never_replaced_and_ours_goes_in_when_it_goes(
    namespace: Namespace, tmp_path: Path, prefix: str, gateway: str
) -> None:
    """data-plane of layout.md, point 6: a Felix route (proto 80) keeps its place."""
    version, metric = (4, 0) if "." in prefix else (6, 1024)
    command = f"{prefix} via {gateway} proto 80 metric {metric}"
    namespace.ip(f"-{version} route add {command}")
    way = via(gateway[:-1] + "2", "v0")

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({prefix: way})
            assert run.state(prefix) == "foreign"
            assert run.row(prefix).error == "protocol felix"
            assert run.fib.status().foreign == 1
            await run.want({prefix: None})
            await run.want({prefix: way})
            assert [r["protocol"] for r in namespace.routes(prefix, version=version)] == ["80"]
            namespace.ip(f"-{version} route del {command}")
            await run.until(lambda: run.state(prefix) == "installed", "our turn")

            assert [r["protocol"] for r in namespace.routes(prefix, version=version)] == ["bird"]
            assert run.foreign(prefix) == ()

    asyncio.run(scenario())


def test_a_foreign_route_that_comes_at_the_same_moment_survives(namespace: Namespace, tmp_path: Path) -> None:
    """The mirror doesn't know it yet: EEXIST says so (CREATE and EXCL)."""

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            namespace.batch([f"route add 10.5.{i}.0/24 via 10.99.0.5 proto bird" for i in range(100)])
            await run.want({f"10.5.{i}.0/24": OURS for i in range(100)})  # not a turn of the loop in between

            assert {route["gateway"] for route in namespace.routes()} == {"10.99.0.5"}
            await run.until(lambda: run.fib.status().foreign == 100, "all owners to be known")
            run.fib.sweep(Family.IPV4_UNICAST)
            await run.want({f"10.5.{i}.0/24": None for i in range(100)})
            assert len(namespace.routes()) == 100

    asyncio.run(scenario())


def test_a_place_taken_by_what_the_mirror_cannot_show_is_tried_again(namespace: Namespace, tmp_path: Path) -> None:
    """A throw route is no route to forward by, but it holds the place."""
    namespace.ip("route add throw 10.5.0.0/24")

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.5.0.0/24": OURS})
            await run.until(lambda: run.state("10.5.0.0/24") == "failed", "the dump that explains nothing")
            assert run.row("10.5.0.0/24").error == "File exists"
            namespace.ip("route del throw 10.5.0.0/24")
            await run.until(lambda: run.state("10.5.0.0/24") == "installed", "the retry")

    asyncio.run(scenario())


def test_a_deleted_route_of_ours_comes_back(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.1.0.0/26": OURS, "2001:db8:1::/64": via("2001:db8:99::2", "v0")})
            namespace.ip("route del 10.1.0.0/26")
            namespace.ip("-6 route del 2001:db8:1::/64")
            await run.until(lambda: run.fib.status().reinstalled == 2, "the notifications")
            await run.fib.settled()

            assert namespace.prefixes() == {"10.1.0.0/26"}
            assert namespace.prefixes(version=6) == {"2001:db8:1::/64"}
            namespace.ip("route del 10.1.0.0/26")
            await run.until(lambda: run.fib.status().reinstalled == 3, "the second notification")
            assert run.state("10.1.0.0/26") == "pending"  # a fight: a second's pause
            await run.until(lambda: run.state("10.1.0.0/26") == "installed", "the pause to end")

    asyncio.run(scenario())


def test_who_replaces_our_route_keeps_it_until_he_goes(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.1.0.0/26": OURS})
            namespace.ip("route replace 10.1.0.0/26 via 10.99.0.66 proto 80")
            await run.until(lambda: run.state("10.1.0.0/26") == "foreign", "the notification")
            assert run.fib.status().reinstalled == 1
            assert [route.protocol for route in run.foreign("10.1.0.0/26")] == [80]
            namespace.ip("route del 10.1.0.0/26")
            await run.until(lambda: run.state("10.1.0.0/26") == "installed", "our turn again")

            assert [route["gateway"] for route in namespace.routes()] == ["10.99.0.2"]

    asyncio.run(scenario())


def test_a_flush_by_somebody_else_is_repaired(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            prefixes = {f"10.{i}.{j}.0/24" for i in range(10, 20) for j in range(200)}
            await run.want(dict.fromkeys(prefixes, OURS))
            namespace.ip("route flush proto bird")
            await run.until(lambda: run.fib.status().reinstalled == 2000, "the notifications")
            await run.fib.settled()

            assert namespace.prefixes() == prefixes

    asyncio.run(scenario())


def test_lost_notifications_are_made_up_by_a_dump(
    namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENOBUFS on the monitor: 4,000 changes don't fit a buffer of 4 KiB."""
    monkeypatch.setattr("pybgp.fib.netlink.MONITOR_BUFFER", 4096)

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({f"10.1.{i}.0/24": OURS for i in range(200)})
            namespace.batch(
                [f"route del 10.1.{i}.0/24" for i in range(200)]
                + [f"route add 10.2.{i}.0/24 via 10.99.0.9" for i in range(200)]
            )
            await run.until(lambda: ("fib_events_lost", {}) in run.log, "ENOBUFS")
            await run.until(lambda: run.foreign("10.2.199.0/24"), "the dump")
            await run.fib.settled()

            assert len(namespace.routes()) == 200
            assert all(run.foreign(f"10.2.{i}.0/24") for i in range(200))

    asyncio.run(scenario())


def test_a_foreign_route_beside_ours_is_not_replaced_in_our_stead(namespace: Namespace, tmp_path: Path) -> None:
    """IPv4 ``prepend`` puts a second route of that metric before ours, where REPLACE would hit."""

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.1.0.0/26": OURS})
            namespace.ip("route prepend 10.1.0.0/26 via 10.99.0.66 proto static")
            await run.until(lambda: run.foreign("10.1.0.0/26"), "the notification")
            await run.want({"10.1.0.0/26": via("10.99.0.3", "v0")})

            assert [route["protocol"] for route in namespace.routes("10.1.0.0/26")] == ["static"]
            assert run.state("10.1.0.0/26") == "foreign"
            namespace.ip("route del 10.1.0.0/26 proto static")
            await run.until(lambda: run.state("10.1.0.0/26") == "installed", "our turn")

    asyncio.run(scenario())


def test_lost_answers_are_made_up_by_a_dump(
    namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENOBUFS on the request socket: what the batch did is unknown until the table is read."""
    exchange = NetlinkChannel.exchange
    lose = iter([True, False, True, True, False, False])

    def lossy(self: NetlinkChannel, batch: bytes, first: int, count: int) -> list[tuple[int, str]]:
        answers = exchange(self, batch, first, count)
        if next(lose, False):
            raise AnswersLostError("No buffer space available")
        return answers

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            monkeypatch.setattr(NetlinkChannel, "exchange", lossy)
            prefixes = [f"10.1.{i}.0/24" for i in range(250)]
            await run.want(dict.fromkeys(prefixes, OURS))
            await run.want(dict.fromkeys(prefixes[:100]) | dict.fromkeys(prefixes[100:], via("10.99.0.3", "v0")))

            assert {route["dst"]: route["gateway"] for route in namespace.routes()} == dict.fromkeys(
                prefixes[100:], "10.99.0.3"
            )
            assert (run.fib.status().installed, run.fib.status().foreign_bird) == (150, 0)
            assert sum(event == "fib_answers_lost" for event, _ in run.log) == 3
            async with after_a_crash(namespace, tmp_path) as successor:
                assert (successor.fib.status().adopted, successor.fib.status().foreign_bird) == (150, 0)

    asyncio.run(scenario())


@asynccontextmanager
async def after_a_crash(namespace: Namespace, state: Path) -> AsyncIterator[Running]:
    """What a run after this moment knows, from the state file as it is."""
    copy = state / "after"
    copy.mkdir()
    shutil.copy(state / "fib.json", copy)
    async with running(namespace, copy) as run:
        yield run


def test_an_error_of_the_socket_leaves_no_route_behind(
    namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel has the batch, and what it says can't be read."""
    exchange = NetlinkChannel.exchange
    fail = iter([True, False, False, True, False])

    def failing(self: NetlinkChannel, batch: bytes, first: int, count: int) -> list[tuple[int, str]]:
        answers = exchange(self, batch, first, count)
        if next(fail, False):
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        return answers

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            monkeypatch.setattr(NetlinkChannel, "exchange", failing)
            prefixes = [f"10.1.{i}.0/24" for i in range(130)]
            await run.want(dict.fromkeys(prefixes, OURS))
            assert namespace.prefixes() == set(prefixes)
            await run.want(dict.fromkeys(prefixes))

            assert namespace.prefixes() == set()
            assert run.fib.status().installed == 0
            assert [event for event, _ in run.log if event == "fib_error"] == ["fib_error"] * 2

    asyncio.run(scenario())


def test_an_adopted_route_that_loses_a_next_hop_stays_ours(namespace: Namespace, tmp_path: Path) -> None:
    """IPv6 tells of that one next hop as if it were a route that went."""
    both = FibRoute("unicast", (hop("2001:db8:99::2", "v0"), hop("2001:db8:98::2", "w0")))

    async def first() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"2001:db8:1::/64": both, "2001:db8:2::/64": both})

    async def second() -> None:
        async with running(namespace, tmp_path) as run:
            assert run.fib.status().adopted == 2
            namespace.ip("link del w0")
            await run.until(lambda: "w0" not in run.local().links_up, "the device to go")
            async with after_a_crash(namespace, tmp_path) as successor:
                assert (successor.fib.status().adopted, successor.fib.status().foreign_bird) == (2, 0)
            await run.want({"2001:db8:1::/64": via("2001:db8:99::2", "v0")})
            assert run.state("2001:db8:1::/64") == "installed"
            run.fib.sweep(Family.IPV6_UNICAST)
            await run.fib.settled()

            assert namespace.prefixes(version=6) == {"2001:db8:1::/64"}

    asyncio.run(first())
    asyncio.run(second())


def test_replies_that_do_not_fit_are_reported_as_lost(namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """layout.md, point 3: errors are always answered, and a small buffer overflows."""
    monkeypatch.setattr("pybgp.fib.netlink.REQUEST_BUFFER", 4096)
    with inside(namespace.name):
        channel = NetlinkChannel()
    first = channel.sequences(1000)
    bad = route_template(Op.ADD, Family.IPV4_UNICAST, via("172.30.0.1"), {}.__getitem__, table=254, protocol=12)
    batch = b"".join(bad.encode(b"\x18\x14" + i.to_bytes(2), first + i, ack=i == 999) for i in range(1000))

    with pytest.raises(AnswersLostError):
        channel.exchange(batch, first, 1000)

    channel.close()


def test_the_state_file_stays_short_and_true(
    namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pybgp.fib.state._SLACK_OCTETS", 2000)

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            for round_ in range(30):
                await run.want({f"10.1.{i}.0/24": via(f"10.99.0.{2 + round_}", "v0") for i in range(100)})
            await run.want({f"10.1.{i}.0/24": None for i in range(50)})
        size = (tmp_path / "fib.json").stat().st_size
        assert size < 10000  # 30 rounds of 100 routes are 30,000 octets
        async with running(namespace, tmp_path) as run:
            assert run.fib.status().adopted == 50

    asyncio.run(scenario())


def test_a_full_disk_does_not_stop_the_routes(
    namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            with monkeypatch.context() as broken:

                def full(self: StateFile, lines: str) -> None:
                    raise OSError(errno.ENOSPC, "No space left on device")

                broken.setattr(StateFile, "append", full)
                await run.want({"10.1.0.0/26": OURS})
                await run.want({"10.2.0.0/26": OURS})
            assert namespace.prefixes() == {"10.1.0.0/26", "10.2.0.0/26"}
            assert [event for event, _ in run.log if event == "fib_state_error"] == ["fib_state_error"]
            run.fib._resync_by = 0.0  # the next dump, when the disk has space again
            run.fib._awake()
            await run.until(lambda: run.fib._resync_by > 0 and not run.fib._ledger.broken, "the new state file")
        async with running(namespace, tmp_path) as run:
            assert run.fib.status().adopted == 2

    asyncio.run(scenario())


def test_without_cap_net_admin_start_says_so(namespace: Namespace, tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pybgp.addresses import Family\n"
        "from pybgp.config.model import FibConfig\n"
        "from pybgp.fib.kernel import KernelFib\n"
        "fib = KernelFib(FibConfig(state_file=sys.argv[1]), families=[Family.IPV4_UNICAST])\n"
        "try:\n"
        "    asyncio.run(fib.start(print))\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    command = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", sys.executable, "-c", program]

    done = subprocess.run([*command, str(tmp_path / "fib.json")], capture_output=True, text=True, check=True)

    assert done.stdout == "FibError routes can't be changed: CAP_NET_ADMIN is missing\n"


def test_a_namespace_that_is_not_there_is_said(tmp_path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(FibError, match="network namespace pybgp-none: No such file"):
            async with running(Namespace("pybgp-none"), tmp_path):
                pass

    asyncio.run(scenario())
