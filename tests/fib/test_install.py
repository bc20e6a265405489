"""What ``KernelFib`` puts into a real kernel: route types, next hops, metrics, tables; and takes out again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pybgp.speaker.fib import FibRoute

from .conftest import Namespace, hop, running, via

pytestmark = pytest.mark.root

GATEWAY = {4: "10.99.0.2", 6: "2001:db8:99::2"}
SECOND = {4: "10.98.0.2", 6: "2001:db8:98::2"}
PREFIX = {4: "10.1.2.64/26", 6: "2001:db8:1::/64"}

WAYS = {
    "gateway": lambda v: via(GATEWAY[v], "v0"),
    "gateway-without-device": lambda v: via(GATEWAY[v]),
    "other-gateway": lambda v: via(SECOND[v], "w0"),
    "device": lambda v: via(None, "v0"),
    "onlink": lambda v: via("192.0.2.77" if v == 4 else "2001:db8:77::1", "w0", onlink=True),
    "ecmp": lambda v: FibRoute("unicast", (hop(GATEWAY[v], "v0"), hop(SECOND[v], "w0", weight=3))),
    "ecmp-onlink": lambda v: FibRoute(
        "unicast",
        (hop(GATEWAY[v], "v0", onlink=True), hop("10.77.0.1" if v == 4 else "2001:db8:76::1", "v0", onlink=True)),
    ),
    "blackhole": lambda v: FibRoute("blackhole"),
    "unreachable": lambda v: FibRoute("unreachable"),
    "prohibit": lambda v: FibRoute("prohibit"),
}
WAYS_4 = {
    "ipv6-gateway": lambda v: via("2001:db8:99::2", "v0"),
    "ipv6-link-local": lambda v: via("fe80::2", "v0"),
    "ecmp-mixed": lambda v: FibRoute("unicast", (hop("10.99.0.2", "v0"), hop("2001:db8:98::2", "w0"))),
}
WAYS_6 = {"link-local": lambda v: via("fe80::2", "v0")}


def seen(namespace: Namespace, version: int) -> list[dict]:
    return [
        {k: v for k, v in route.items() if k in ("type", "dst", "gateway", "via", "dev", "metric", "nexthops", "flags")}
        for route in namespace.routes(version=version)
    ]


@pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
def test_every_kind_of_route_replaces_every_other(namespace: Namespace, tmp_path: Path, version: int) -> None:
    """One prefix goes through all pairs of ways; a dump in between finds our route to be ours."""
    ways = WAYS | (WAYS_4 if version == 4 else WAYS_6)
    prefix = PREFIX[version]

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            fresh = {}
            for name, way in ways.items():
                await run.want({prefix: way(version)})
                assert run.state(prefix) == "installed", (name, run.row(prefix))
                fresh[name] = seen(namespace, version)
                assert len(fresh[name]) == 1, (name, fresh[name])
                await run.want({prefix: None})
                assert seen(namespace, version) == []
            for first in ways:
                for second in ways:
                    await run.want({prefix: ways[first](version)})
                    await run.want({prefix: ways[second](version)})
                    assert seen(namespace, version) == fresh[second], (first, second)
            for name, way in ways.items():
                await run.want({prefix: way(version)})
                run.fib._resync_by = 0.0
                run.fib._awake()
                await run.until(lambda: run.fib._resync_by > 0, "the dump")
                await run.fib.settled()
                assert run.state(prefix) == "installed", name
                assert run.fib.status().foreign_bird == 0, name
                assert run.fib.status().reinstalled == 0, name

    asyncio.run(scenario())


def test_routes_look_as_bird_would_have_them(namespace: Namespace, tmp_path: Path) -> None:
    """calico.md 4.5: protocol 12, table main, scope global behind a gateway and link on a device, no metric."""

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want(
                {
                    "10.1.0.0/26": via("10.99.0.2", "v0"),
                    "10.2.0.0/26": via(None, "v0"),
                    "10.3.0.0/26": FibRoute("blackhole"),
                    "0.0.0.0/0": via("10.99.0.9", "v0"),
                    "10.4.0.1/32": via("2001:db8:99::2", "v0"),
                    "2001:db8:1::/64": via("2001:db8:99::2", "v0"),
                    "::/0": via("2001:db8:99::2", "v0"),
                }
            )

            four = {route["dst"]: route for route in namespace.routes("")}
            plain = four["10.1.0.0/26"]
            assert (plain["type"], plain["gateway"], plain["dev"]) == ("unicast", "10.99.0.2", "v0")
            assert (plain["protocol"], plain["scope"], plain["flags"]) == ("bird", "global", [])
            assert "metric" not in four["10.1.0.0/26"]
            assert four["10.2.0.0/26"]["scope"] == "link"
            assert four["10.3.0.0/26"]["type"] == "blackhole"
            assert four["default"]["gateway"] == "10.99.0.9"
            assert four["10.4.0.1"]["via"] == {"family": "inet6", "host": "2001:db8:99::2"}  # RFC 8950
            six = {route["dst"]: route for route in namespace.routes(version=6)}
            assert six["2001:db8:1::/64"]["metric"] == 1024
            assert six["default"]["gateway"] == "2001:db8:99::2"

    asyncio.run(scenario())


def test_ecmp_keeps_its_weights(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.1.0.0/26": WAYS["ecmp"](4)})

            (route,) = namespace.routes()
            assert [(h["gateway"], h["dev"], h["weight"]) for h in route["nexthops"]] == [
                ("10.99.0.2", "v0", 1),
                ("10.98.0.2", "w0", 3),
            ]

    asyncio.run(scenario())


@pytest.mark.parametrize("table", [100, 1000])
def test_table_metric_and_protocol_are_configured(namespace: Namespace, tmp_path: Path, table: int) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path, table=table, metric=77, protocol=201) as run:
            await run.want({"10.1.0.0/26": via("10.99.0.2", "v0"), "10.2.0.0/26": via("10.99.0.2", "v0", metric=5)})

            found = {r["dst"]: (r["protocol"], r["metric"]) for r in namespace.routes("", table=str(table))}
            assert found == {"10.1.0.0/26": ("201", 77), "10.2.0.0/26": ("201", 5)}
            assert not {"10.1.0.0/26", "10.2.0.0/26"} & namespace.prefixes("")
            await run.want({"10.1.0.0/26": None, "10.2.0.0/26": None})
            assert namespace.routes("", table=str(table)) == []

    asyncio.run(scenario())


def test_another_metric_goes_in_before_the_old_one_goes_out(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.1.0.0/26": via("10.99.0.2", "v0", metric=10)})
            await run.want({"10.1.0.0/26": via("10.99.0.2", "v0", metric=20)})

            assert [route["metric"] for route in namespace.routes()] == [20]

    asyncio.run(scenario())


def test_the_newest_of_many_states_wins(namespace: Namespace, tmp_path: Path) -> None:
    """Changes coalesce: what is in the kernel at the end is the last state applied."""

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            prefixes = [f"10.1.{i}.0/24" for i in range(200)]
            for round_ in range(8):
                way = via(f"10.99.0.{2 + round_}", "v0")
                waiting = asyncio.ensure_future(run.want(dict.fromkeys(prefixes[round_:], way)))
                await asyncio.sleep(0)
            await waiting

            gateways = {route["dst"]: route["gateway"] for route in namespace.routes()}
            assert gateways == {p: f"10.99.0.{2 + min(i, 7)}" for i, p in enumerate(prefixes)}

    asyncio.run(scenario())


@pytest.mark.parametrize("flush", [False, True], ids=["leave", "flush"])
def test_close_leaves_or_flushes(namespace: Namespace, tmp_path: Path, flush: bool) -> None:
    namespace.ip("route add 10.7.0.0/24 via 10.99.0.7 proto static")

    async def scenario() -> None:
        async with running(namespace, tmp_path, flush=flush) as run:
            await run.want({"10.1.0.0/26": via("10.99.0.2", "v0"), "2001:db8:1::/64": FibRoute("blackhole")})

    asyncio.run(scenario())

    assert namespace.prefixes() == (set() if flush else {"10.1.0.0/26"})
    assert namespace.prefixes(version=6) == (set() if flush else {"2001:db8:1::/64"})
    assert namespace.prefixes("proto static") == {"10.7.0.0/24"}


def test_fifty_thousand_routes(namespace: Namespace, tmp_path: Path) -> None:
    """In batches, without blocking the loop; withdrawn as well. (Measured: 0.5 s; the limit is for busy machines.)"""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        async with running(namespace, tmp_path) as run:
            way = via("10.99.0.2", "v0")
            routes = {f"20.{i >> 8}.{i & 255}.{j}/26": way for i in range(12500) for j in (0, 64, 128, 192)}
            began = loop.time()
            await run.want(routes)
            took = loop.time() - began

            assert run.fib.status().installed == 50000
            assert took < 5
            assert len(namespace.routes()) == 50000
            await run.want(dict.fromkeys(routes))
            assert namespace.routes() == []

    asyncio.run(scenario())


def test_after_a_bug_of_ours_the_work_goes_on(
    namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as one; a task that has ended with an exception says nothing by itself."""

    async def scenario() -> None:
        bugs: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: bugs.append(context["exception"]))
        async with running(namespace, tmp_path) as run:
            plan = next(iter(run.fib._tables.values())).plan
            done = plan.done

            def broken(outcomes: list[tuple[int, str]], now: float) -> None:
                monkeypatch.setattr(plan, "done", done)
                raise LookupError("a bug")

            monkeypatch.setattr(plan, "done", broken)
            await run.want({PREFIX[4]: via(GATEWAY[4], "v0")})
            await run.until(lambda: run.state(PREFIX[4]) == "installed", "the route")
            await run.want({PREFIX[4]: None})
            assert namespace.prefixes() == set()
            assert [str(bug) for bug in bugs] == ["a bug"]

            monkeypatch.setattr(run.fib, "_step", lambda: 1 / 0)
            await run.want({PREFIX[4]: via(GATEWAY[4], "v0")})
            await run.until(lambda: len(bugs) == 2, "another bug")

    asyncio.run(scenario())
