"""Links, addresses and the routes of others: what is reported, and what ours do when they change."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.rib.next_hops import NextHops
from pybgp.speaker.fib import FibRoute, KernelChanges, KernelRoute, LocalAddresses, NextHop

from .conftest import Namespace, hop, running, via

pytestmark = pytest.mark.root
KERNEL = tuple(int(number) for number in os.uname().release.split(".")[:2])


def test_the_table_and_the_addresses_are_reported_before_start_returns(namespace: Namespace, tmp_path: Path) -> None:
    namespace.batch(
        [
            "route add 10.7.0.0/24 via 10.99.0.7 proto static metric 10",
            "route add 10.7.0.0/24 via 10.99.0.8 proto 80 metric 5",
            "route add blackhole 10.8.0.0/16",
            "route add 10.7.0.0/24 via 10.99.0.9 table 100",
            "route add 10.6.0.0/24 tos 0x10 via 10.99.0.9",
            "route add 10.5.0.0/24 nexthop via 10.99.0.2 weight 2 nexthop via 10.98.0.2",
            "route add 2001:db8:7::/64 via 2001:db8:99::7",
        ]
    )

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            assert [type(event) for event in run.events] == [LocalAddresses, KernelChanges, KernelChanges]
            gateway = address_octets
            assert run.foreign("10.7.0.0/24") == (
                KernelRoute("unicast", 80, (NextHop(gateway("10.99.0.8"), "v0"),), 5),
                KernelRoute("unicast", 4, (NextHop(gateway("10.99.0.7"), "v0"),), 10),
            )
            assert run.foreign("10.8.0.0/16") == (KernelRoute("blackhole", 3),)
            assert run.foreign("10.99.0.0/24") == (
                KernelRoute("unicast", 2, (NextHop(None, "v0"),), 0, 253, gateway("10.99.0.1")),
            )
            assert run.foreign("10.5.0.0/24")[0].next_hops == (hop("10.99.0.2", "v0", weight=2), hop("10.98.0.2", "w0"))
            assert run.foreign("10.6.0.0/24") is None  # another TOS is another table in all but name
            assert run.foreign("10.99.0.1/32") is None  # the local table
            assert run.foreign("2001:db8:7::/64")[0].next_hops == (hop("2001:db8:99::7", "v0"),)
            local = run.local()
            assert local.addresses[gateway("10.99.0.1")] == prefix_key("10.99.0.0/24")[1]
            assert local.devices[gateway("2001:db8:98::1")] == "w0"
            assert local.links_up == {"lo", "v0", "v1", "w0", "w1"}

    asyncio.run(scenario())


@pytest.fixture
def empty() -> Iterator[Namespace]:
    """A namespace that has no route at all: not even the loopback is up."""
    name = f"pybgp-fib-empty-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield Namespace(name)
    subprocess.run(["ip", "netns", "del", name], check=True)


@pytest.mark.parametrize("table", [254, 100], ids=["main", "another"])
def test_that_there_are_no_routes_is_reported(empty: Namespace, tmp_path: Path, table: int) -> None:
    """Without a route no next hop can be reached."""

    async def scenario() -> None:
        async with running(empty, tmp_path, table=table) as run:
            expected = [KernelChanges(family, {}) for family in (Family.IPV4_UNICAST, Family.IPV6_UNICAST)]
            assert [event for event in run.events if isinstance(event, KernelChanges)] == expected

    asyncio.run(scenario())


def test_beside_another_table_main_is_reported_for_next_hops(namespace: Namespace, tmp_path: Path) -> None:
    """The subnets of the interfaces are in main only, and the kernel looks for gateways there."""
    namespace.batch(
        [
            "route add 10.7.0.0/24 via 10.99.0.7 proto bird",
            "route add 10.7.0.0/24 via 10.98.0.8 table 100",
            "route add default via 10.98.0.8 table 100",
            "route add 10.6.0.0/24 via 10.98.0.8 table 101",
        ]
    )
    ours = {"10.1.0.0/24": via("10.99.0.2"), "2001:db8:1::/64": via("2001:db8:99::2", "v0")}

    def ours_there() -> set[str]:
        return {route["dst"] for v in (4, 6) for route in namespace.routes(version=v, table="100")}

    async def scenario() -> None:
        async with running(namespace, tmp_path, table=100) as run:
            next_hops = NextHops()
            for event in run.events:
                if isinstance(event, KernelChanges):
                    next_hops.update(event.family, event.routes, main=event.main)
            known = {(e.main, key) for e in run.events if isinstance(e, KernelChanges) for key in e.routes}
            main = ["10.99.0.0/24", "10.98.0.0/24", "10.7.0.0/24", "2001:db8:99::/64", "2001:db8:98::/64"]
            assert {(True, prefix_key(each)[1]) for each in main} <= known
            assert {key for main, key in known if not main} == {prefix_key("10.7.0.0/24")[1], b"\0"}
            assert next_hops.resolve(address_octets("10.99.0.2")).ways == (hop("10.99.0.2", "v0"),)
            assert next_hops.resolve(address_octets("10.7.0.9")).ways == (hop("10.98.0.8", "w0"),)
            assert next_hops.resolve(address_octets("192.0.2.1")).ways == (hop("10.98.0.8", "w0"),)

            await run.want(ours)
            assert ours_there() == {"10.1.0.0/24", "2001:db8:1::/64"}
            namespace.ip("route add 10.5.0.0/24 via 10.99.0.7")
            await run.until(lambda: run.foreign("10.5.0.0/24"), "the new route in main")
            assert run.events[-1].main
            namespace.ip("link set v0 down")
            await run.until(lambda: run.foreign("10.99.0.0/24") == (), "the subnet to go")
            await run.until(lambda: run.fib.status().failed == 2, "our routes to go")
            assert ours_there() == set()

    asyncio.run(scenario())


def test_changes_are_reported_and_only_those(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            run.events.clear()
            namespace.ip("route add 10.7.0.0/24 via 10.99.0.7 metric 10")
            await run.until(lambda: run.foreign("10.7.0.0/24"), "the new route")
            namespace.ip("route add 10.7.0.0/24 via 10.99.0.8 metric 20")
            await run.until(lambda: len(run.foreign("10.7.0.0/24")) == 2, "the second metric")
            namespace.ip("route del 10.7.0.0/24 metric 10")
            await run.until(lambda: len(run.foreign("10.7.0.0/24")) == 1, "the deletion")
            assert run.foreign("10.7.0.0/24")[0].metric == 20
            assert {k for e in run.events for k in e.routes} == {prefix_key("10.7.0.0/24")[1]}
            await run.want({"10.1.0.0/26": via("10.99.0.2", "v0")})
            assert run.foreign("10.1.0.0/26") is None  # our own are nobody's news
            namespace.ip("addr add 10.97.0.1/24 dev w0")
            await run.until(lambda: run.foreign("10.97.0.0/24"), "the connected route")
            await run.until(lambda: address_octets("10.97.0.1") in run.local().addresses, "the address")

    asyncio.run(scenario())


@pytest.mark.parametrize("named", [True, False], ids=["device-named", "device-left-to-the-kernel"])
@pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
def test_link_down_takes_the_routes_and_link_up_brings_them_back(
    namespace: Namespace, tmp_path: Path, version: int, named: bool
) -> None:
    """layout.md, point 7: IPv4 routes vanish without a DELROUTE."""
    gateway = "10.99.0.2" if version == 4 else "2001:db8:99::2"
    connected = "10.99.0.0/24" if version == 4 else "2001:db8:99::/64"
    prefixes = [f"10.1.{i}.0/24" if version == 4 else f"2001:db8:1:{i}::/64" for i in range(200)]
    way = via(gateway, "v0" if named else None)

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want(dict.fromkeys(prefixes, way))
            namespace.ip("link set v0 down")
            await run.until(lambda: run.fib.status().failed == 200, "the routes to be missed")
            assert namespace.routes(version=version) == []
            assert "v0" not in run.local().links_up
            assert run.foreign(connected) == ()
            assert len([event for event, _ in run.log if event == "fib_refused"]) == 1
            namespace.ip("link set v0 up")
            if version == 6:  # the kernel drops IPv6 addresses with the link
                namespace.ip("addr add 2001:db8:99::1/64 dev v0 nodad")
            await run.until(lambda: run.fib.status().installed == 200, "the routes to come back")

            assert len(namespace.routes(version=version)) == 200
            assert run.foreign(connected) != ()
            assert run.fib.status().reinstalled == 0  # nobody took them
            assert [event for event, _ in run.log if event == "fib_accepted"] == ["fib_accepted"]

    asyncio.run(scenario())


def test_a_link_that_flaps_at_once_loses_nothing(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            prefixes = {f"10.1.{i}.0/24" for i in range(200)}
            for _ in range(5):
                pending = asyncio.ensure_future(run.want(dict.fromkeys(prefixes, via("10.99.0.2", "v0"))))
                await asyncio.sleep(0)
                flapping = subprocess.Popen(
                    ["ip", "-n", namespace.name, "-batch", "-"], stdin=subprocess.PIPE, text=True
                )
                flapping.stdin.write("link set v0 down\nlink set v0 up\n" * 3)
                flapping.stdin.close()
                await run.until(lambda process=flapping: process.poll() is not None, "ip")
                await pending
                # what ip did last may not have been read yet, so the kernel is asked as well
                await run.until(
                    lambda: run.fib.status().installed == 200 and namespace.prefixes() == prefixes, "all routes"
                )

    asyncio.run(scenario())


def test_onlink_through_a_tunnel_that_appears_later(namespace: Namespace, tmp_path: Path) -> None:
    """calico.md 4.2: no plain route instead; wait for the device, then ``via A dev tunl0 proto bird onlink``."""

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.65.1.0/26": via("172.18.0.3", "tunl0", onlink=True)})
            assert run.state("10.65.1.0/26") == "failed"
            assert run.row("10.65.1.0/26").error == "no device tunl0"
            namespace.batch(["tuntap add tunl0 mode tun", "link set tunl0 up"])
            await run.until(lambda: run.state("10.65.1.0/26") == "installed", "the tunnel")
            (route,) = namespace.routes()
            assert (route["gateway"], route["dev"], route["flags"][0]) == ("172.18.0.3", "tunl0", "onlink")
            # made again, under another number
            namespace.ip("link del tunl0")
            await run.until(lambda: run.state("10.65.1.0/26") == "failed", "the loss")
            namespace.batch(["tuntap add tunl0 mode tun", "link set tunl0 up"])
            await run.until(lambda: run.state("10.65.1.0/26") == "installed", "the new tunnel")

    asyncio.run(scenario())


def test_ecmp_gets_its_leg_back_when_the_device_is_made_again(namespace: Namespace, tmp_path: Path) -> None:
    both = {
        "10.1.0.0/26": FibRoute("unicast", (hop("10.99.0.2", "v0"), hop("10.77.0.1", "tun7", onlink=True))),
        "2001:db8:1::/64": FibRoute(
            "unicast", (hop("2001:db8:99::2", "v0", weight=2), hop("2001:db8:77::1", "tun7", onlink=True, weight=3))
        ),
    }

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            namespace.batch(["tuntap add tun7 mode tun", "link set tun7 up"])
            await run.until(lambda: "tun7" in run.local().links_up, "the device")
            await run.want(both)
            namespace.ip("link del tun7")
            await run.until(lambda: "tun7" not in run.local().links_up, "its end")
            namespace.batch(["tuntap add tun7 mode tun", "link set tun7 up"])

            def complete() -> bool:
                legs = [r.get("nexthops", []) for v in (4, 6) for r in namespace.routes(version=v)]
                return [{hop["dev"] for hop in leg} for leg in legs] == [{"v0", "tun7"}] * 2 and not any(
                    "dead" in hop["flags"] for leg in legs for hop in leg
                )

            await run.until(complete, "both legs of both routes")

    asyncio.run(scenario())


def test_an_unreachable_gateway_is_said_once_and_works_when_it_can(namespace: Namespace, tmp_path: Path) -> None:
    prefixes = [f"10.1.{i}.0/24" for i in range(150)]

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({**dict.fromkeys(prefixes, via("172.30.0.1", "w0")), "10.2.0.0/24": via("10.99.0.2", "v0")})
            assert (run.fib.status().failed, run.fib.status().installed) == (150, 1)
            assert run.row("10.1.7.0/24").error == "Nexthop has invalid gateway"
            refused = [details for event, details in run.log if event == "fib_refused"]
            assert refused == [
                {
                    "family": "ipv4-unicast",
                    "next_hop": "via 172.30.0.1 dev w0",
                    "errno": "ENETUNREACH",
                    "why": "Nexthop has invalid gateway",
                }
            ]
            namespace.ip("addr add 172.30.0.9/24 dev w0")
            await run.until(lambda: run.fib.status().installed == 151, "the gateway to be reachable")

    asyncio.run(scenario())


def test_the_last_address_takes_the_routes_with_it(namespace: Namespace, tmp_path: Path) -> None:
    """The kernel drops a device's IPv4 routes with its last address, silently."""

    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want({"10.1.0.0/26": via("10.98.0.2", "w0"), "10.2.0.0/26": via("192.0.2.1", "w0", onlink=True)})
            namespace.ip("addr del 10.98.0.1/24 dev w0")
            await run.until(lambda: run.state("10.1.0.0/26") == "failed", "the loss")
            await run.fib.settled()

            assert namespace.prefixes() == {"10.2.0.0/26"}  # onlink needs no address

    asyncio.run(scenario())


def test_a_renamed_device_is_known_by_its_new_name(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path) as run:
            namespace.batch(["link set w0 down", "link set w0 name x0", "link set x0 up"])
            await run.until(
                lambda: run.foreign("10.98.0.0/24") and run.foreign("10.98.0.0/24")[0].next_hops[0].device == "x0", "it"
            )
            await run.want({"10.1.0.0/26": via("10.98.0.2", "x0")})
            assert run.state("10.1.0.0/26") == "installed"

    asyncio.run(scenario())


@pytest.mark.skipif(KERNEL < (6, 2), reason="only a link that is down can be renamed")
@pytest.mark.parametrize("left", [True, False], ids=["installed", "adopted"])
def test_routes_through_a_device_that_is_renamed_stay_ours(namespace: Namespace, tmp_path: Path, left: bool) -> None:
    both = {
        "10.1.0.0/26": via("10.98.0.2", "w0"),
        "10.2.0.0/26": FibRoute("unicast", (hop("10.99.0.2", "v0"), hop("10.98.0.2", "w0"))),
        "2001:db8:1::/64": via("2001:db8:98::2", "w0"),
    }

    def there() -> set[str]:
        return {route["dst"] for version in (4, 6) for route in namespace.routes(version=version)}

    async def first() -> None:
        async with running(namespace, tmp_path) as run:
            await run.want(both)

    async def second() -> None:
        async with running(namespace, tmp_path) as run:
            if left:
                await run.want(both)
            namespace.ip("link set w0 name x0")
            await run.until(lambda: "x0" in run.local().links_up, "the new name")
            await run.until(lambda: says("x0"), "the state file to be written anew")
            await run.fib.settled()
            status = run.fib.status()
            assert (status.installed, status.adopted, status.foreign_bird) == ((3, 0, 0) if left else (0, 3, 0))

    async def third() -> None:
        async with running(namespace, tmp_path) as run:
            assert (run.fib.status().adopted, run.fib.status().foreign_bird) == (3, 0)
            await run.want({"10.1.0.0/26": via("10.98.0.2", "x0")})
            for family in (Family.IPV4_UNICAST, Family.IPV6_UNICAST):
                run.fib.sweep(family)
            await run.fib.settled()
            assert there() == {"10.1.0.0/26"}

    def says(name: str) -> bool:
        text = (tmp_path / "fib.json").read_text()
        return name in text and "w0" not in text

    asyncio.run(first())
    asyncio.run(second())
    assert there() == both.keys()
    asyncio.run(third())


def test_other_families_than_ours_are_left_alone(namespace: Namespace, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(namespace, tmp_path, families=[Family.IPV4_UNICAST]) as run:
            await run.want({"2001:db8:1::/64": via("2001:db8:99::2", "v0")})
            assert namespace.routes(version=6) == []
            assert run.foreign("2001:db8:99::/64") is None

    asyncio.run(scenario())
