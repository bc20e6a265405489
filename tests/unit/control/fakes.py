"""A speaker that only answers, for the questions and the socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pybgp.addresses import Family, address_octets, key_text, prefix_key
from pybgp.config.model import ControlConfig, PeerConfig, SpeakerConfig
from pybgp.control.native import ControlServer
from pybgp.control.socket_file import SocketFile
from pybgp.messages.attributes.block import Block
from pybgp.net.stalls import LoopStalls, Stalls
from pybgp.rib.aggregates import AggregateState
from pybgp.rib.explanation import Advertisement, Candidate, Explanation, Kernel, NextHopWay
from pybgp.routes import Source, SourceKind
from pybgp.speaker.fib import FibRoute, FibStatus, InstalledRoute, NextHop
from pybgp.speaker.policy_views import PolicyView
from pybgp.speaker.status import FamilyCounters, PeerStatus, RouteView

START = datetime(2026, 1, 5, 10, 0, 0, tzinfo=UTC)
NOW = 1000.0
"""The fake clock, 16 minutes and 40 seconds after START."""

PEER_A = Source(kind=SourceKind.BGP, name="tor-a", address=address_octets("192.0.2.2"), remote_as=65001)
LOCAL = Source(kind=SourceKind.LOCAL, name="local", preference=200)


def block(octets: str, next_hop: str = "192.0.2.2", **values: int | None) -> Block:
    """A block as the codec would make it of these canonical attribute octets (hex)."""
    made = Block.__new__(Block)
    made.octets = bytes.fromhex(octets)
    made.next_hop = b"".join(map(address_octets, next_hop.split())) if next_hop else b""
    made.origin = values.get("origin", 0)
    made.med = values.get("med")
    made.local_pref = values.get("local_pref")
    return made


PLAIN = block("40 01 01 00  40 02 06 02 01 0000fde9", local_pref=100)  # IGP; AS_SEQUENCE 65001


def view(
    prefix: str, *, source: Source = PEER_A, attributes: Block = PLAIN, best: bool = True, **more: object
) -> RouteView:
    family, key = prefix_key(prefix)
    return RouteView(
        family=family,
        key=key,
        source=source,
        path_id=0,
        block=attributes,
        best=best,
        reason=more.pop("reason", ""),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def peer(name: str, address: str = "192.0.2.2", **values: object) -> PeerStatus:
    defaults: dict[str, object] = {
        "description": "",
        "group": "",
        "enabled": True,
        "switched": False,
        "remote_as": 65001,
        "local_as": 64512,
        "internal": False,
        "client": False,
        "role": None,
        "dynamic": False,
        "state": "established",
        "since": 900.0,
        "uptime": 100.0,
        "router_id": "192.0.2.2",
        "hold_time": 90.0,
        "keepalive_time": 30.0,
        "last_error": "",
        "last_error_at": None,
        "last_notification": None,
        "next_retry": None,
        "messages_in": 7,
        "messages_out": 8,
        "update_errors": 0,
        "families": {Family.IPV4_UNICAST: FamilyCounters(received=3, accepted=2, advertised=1)},
    }
    return PeerStatus(name=name, address=address, **{**defaults, **values})  # type: ignore[arg-type]


class FakeTable:
    def __init__(self, keys: list[bytes]) -> None:
        self.keys = keys

    def prefixes(self) -> list[bytes]:
        return list(dict.fromkeys(self.keys))


class FakeAggregates:
    def __init__(self, *states: AggregateState) -> None:
        self._states = states

    def states(self) -> Iterator[AggregateState]:
        return iter(self._states)


class FakeCore:
    policies: tuple[PolicyView, ...] = ()
    draining_since: float | None = None
    judging: bool = False
    flush_wanted = False

    def __init__(self, routes: list[RouteView], peers: list[PeerStatus]) -> None:
        self.config = SpeakerConfig(
            local_as=64512,
            router_id="192.0.2.1",
            peers=[
                PeerConfig("192.0.2.2", name="tor-a", remote_as=65001),
                PeerConfig("2001:db8::3", remote_as="internal", enabled=False),
            ],
        )
        self.by_key: dict[tuple[Family, bytes], list[RouteView]] = {}
        for route in routes:
            self.by_key.setdefault((route.family, route.key), []).append(route)
        self.tables = {
            family: FakeTable([route.key for route in routes if route.family == family])
            for family in (Family.IPV4_UNICAST, Family.IPV6_UNICAST)
        }
        self.peers = peers
        self.looked_at = 0
        self.aggregates = FakeAggregates()

    def peer_status(self, now: float) -> Iterator[PeerStatus]:
        return iter(self.peers)

    def policy_views(self) -> Iterator[PolicyView]:
        return iter(self.policies)

    def shown_keys(self, family: Family, direction: str) -> list[bytes]:
        return self.tables[family].prefixes()

    def route_views(
        self, family: Family, *, key: bytes, peer: str | None = None, direction: str = "best"
    ) -> Iterator[RouteView]:
        for one in self.by_key.get((family, key), []):
            self.looked_at += 1
            if direction == "advertised":
                if one.to is not None and peer in (None, one.to):
                    yield one
            elif one.to is None and (one.best or direction == "received") and peer in (None, one.source.name):
                yield one


def many(count: int) -> list[RouteView]:
    return [view(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}/32") for number in range(count)]


class FakeFib:
    def __init__(self, rows: list[InstalledRoute]) -> None:
        self.rows = rows

    def routes(self) -> Iterator[InstalledRoute]:
        return iter(self.rows)

    def route(self, family: Family, key: bytes) -> InstalledRoute | None:
        return next((row for row in self.rows if (row.family, row.key) == (family, key)), None)

    def status(self) -> FibStatus:
        return FibStatus(installed=len(self.rows))


def installed(prefix: str, **values: object) -> InstalledRoute:
    family, key = prefix_key(prefix)
    route = FibRoute(next_hops=(NextHop(address_octets("192.0.2.2"), "eth0", True),))
    return InstalledRoute(family, key, route, **{"state": "installed", **values})  # type: ignore[arg-type]


class FakeSpeaker:
    def __init__(
        self,
        routes: list[RouteView] | None = None,
        *,
        peers: list[PeerStatus] | None = None,
        fib: FakeFib | None = None,
    ) -> None:
        default = [
            peer("tor-a"),
            peer(
                "2001:db8::3",
                "2001:db8::3",
                state="idle",
                internal=True,
                enabled=False,
                last_error="Cease: shut down",
                uptime=None,
            ),
        ]
        self.loop_stalls = LoopStalls(window=Stalls(samples=3, p50_ms=1, p99_ms=2, max_ms=2), since_start=Stalls())
        self.core = FakeCore(routes or [], default if peers is None else peers)
        self.fib = fib
        self.in_flight: dict[str, int] = {}

    def unacknowledged(self) -> dict[str, int]:
        return self.in_flight

    def now(self) -> float:
        return NOW

    def explain(self, prefix: str, peer: str | None = None) -> Explanation:
        """One bare candidate of what the table has, none of anything else."""
        family, key = prefix_key(prefix)
        way = NextHopWay(reachable=True, cost=0)
        found = Candidate(
            peer="tor-a", source="bgp", kind="external", path_id=0, best=True, multipath=True, reason="",
            next_hop="192.0.2.2", way=way, local_pref=100, as_path="65001", origin="igp", med=None, communities=(),
            rpki=None, damped_until=2.0, before_next=None,
        )  # fmt: skip
        return Explanation(
            asked=key_text(family, key),
            prefix=key_text(family, key),
            family=str(family),
            candidates=(found,) if (family, key) in self.core.by_key else (),
            kernel=Kernel(state="off"),
            peers=(Advertisement(peer=peer, advertised=False, reason="no session", behind=False),) if peer else (),
        )

    def wall(self, t: float) -> datetime:
        return START + timedelta(seconds=t)


@contextmanager
def serving(path: Path, speaker: FakeSpeaker, **options: Any) -> Iterator[asyncio.AbstractEventLoop]:
    """A server in a loop of its own thread, for the blocking client; ended with everything it started."""
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    async def serve() -> None:
        server = ControlServer(speaker, **options)
        await server.serve(SocketFile.claim(ControlConfig(socket=str(path))))
        started.set()
        await stopping.wait()
        await server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert started.wait(10)
        yield loop
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        assert not thread.is_alive()
        loop.close()
