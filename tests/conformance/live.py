"""A case played over TCP on loopback: a raw peer scripts octets against a live ``Speaker``, observers see the rest.

Every case has a session from an address of its own, in a range of its kind, so that no case waits for another's idle
hold time. Addresses are in 127.0.0.0/8, ports are high: no root needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Iterable
from itertools import count
from typing import Self

from pybgp import Speaker
from pybgp.addresses import Family
from pybgp.config.model import (
    DynamicPeersConfig,
    FamilyConfig,
    GracefulRestartConfig,
    PeerConfig,
    RouteConfig,
    SpeakerConfig,
)
from pybgp.fsm.states import State
from pybgp.messages.header import KEEPALIVE
from pybgp.speaker.peers import Peer
from pybgp.speaker.rules import HostAddresses
from tests.support import free_port

from . import heard
from .case import LOCAL_AS, Case, Expected, Kind, Result
from .heard import Table
from .kinds import ADD_PATH_BOTH, AS4_INTERNAL, KINDS, REFRESH, V4, V6

FAR, NEAR = "127.1.0.1", "127.2.0.1"
"""Our addresses; 127.2.0.0/16 is a subnet shared with the second one, in whose lower half there are peers."""
OWN = "198.51.100.0/24"
"""A route of ours that everybody is told."""
END = "198.51.101.0/24"
"""Announced behind a case's octets: when an observer has it, it has all that came of them."""
LIMIT = 10.0
"""Seconds that something may take to happen."""
CHECK = 3.0
"""Seconds that an outcome may take when all that is behind it has been seen."""

OBSERVERS = {
    "inside": Kind(name="inside", asn=LOCAL_AS, capabilities=f"{V4} {V6} {REFRESH} {AS4_INTERNAL}"),
    "internal": Kind(name="internal", asn=LOCAL_AS, capabilities=f"{V4} {V6} {REFRESH} {AS4_INTERNAL}"),
    "outside": Kind(name="outside", asn=65002, capabilities=f"{V4} {V6} {REFRESH} 41 04 0000fdea"),
    "old": Kind(name="old-observer", asn=65003, capabilities=f"{V4} {V6} {REFRESH}", four_octet_as=False),
    "many": Kind(
        name="many", asn=LOCAL_AS, capabilities=f"{V4} {V6} {REFRESH} {AS4_INTERNAL} {ADD_PATH_BOTH}", add_path=True
    ),
}
CLIENTS = ("inside", "many")
_FAMILIES = (Family.IPV4_UNICAST, Family.IPV6_UNICAST)


async def until(condition: Callable[[], object], why: str) -> None:
    """Give others their turn until something is so."""
    try:
        async with asyncio.timeout(LIMIT):
            while not condition():
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"waited {LIMIT:g} s for {why}") from None


class RawPeer:
    """A TCP connection to the speaker, and all that comes over it."""

    def __init__(self, kind: Kind, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.kind = kind
        self.messages: list[tuple[int, bytes]] = []
        self.table = Table(add_path=kind.add_path, four_octet_as=kind.four_octet_as)
        self.closed = False
        self.keeps_table = True
        self._reader, self._writer = reader, writer
        self._task = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def connect(cls, kind: Kind, address: str, port: int) -> Self:
        local = NEAR if kind.on_link else FAR
        return cls(kind, *await asyncio.open_connection(local, port, local_addr=(address, 0)))

    async def _read(self) -> None:
        stream = bytearray()
        try:
            while data := await self._reader.read(65536):
                stream += data
                for kind, whole in heard.messages_of(stream):
                    self.messages.append((kind, whole))
                    if kind == heard.UPDATE and self.keeps_table:
                        self.table.update(whole[19:])
        except ConnectionError:
            pass
        self.closed = True

    def write(self, data: bytes, pieces_of: int = 0) -> None:
        size = pieces_of or len(data)
        for at in range(0, len(data), size or 1):
            self._writer.write(data[at : at + size])

    def of(self, kind: int) -> list[bytes]:
        return [whole for found, whole in self.messages if found == kind]

    async def open(self, octets: bytes) -> None:
        """The peer's OPEN, answered by ours and a KEEPALIVE."""
        self.write(octets)
        await until(lambda: self.of(heard.KEEPALIVE) or self.closed, "a KEEPALIVE")

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
        await self._task


class Live:
    """A speaker with its observers."""

    def __init__(self) -> None:
        self._hosts = {kind.name: count(1) for kind in KINDS}
        self._ranges: dict[str, str] = {}
        self.observers: dict[str, RawPeer] = {}
        self.port = 0
        self.speaker: Speaker

    async def start(self) -> None:
        ranges = []
        for number, kind in enumerate(KINDS):
            prefix = "127.2.0.0/17" if kind.on_link else f"127.{100 + number}.0.0/16"
            self._ranges[kind.name] = prefix
            ranges.append(DynamicPeersConfig(prefix, template=kind.config("")))
        peers = [
            PeerConfig(
                self._observer(name),
                name=name,
                remote_as=kind.asn,
                passive=True,
                hold_time=0,
                route_reflector_client=name in CLIENTS,
                import_policy=("accept",),
                export_policy=("accept",),
                families={family: FamilyConfig(add_path="both" if kind.add_path else "off") for family in _FAMILIES},
            )
            for name, kind in OBSERVERS.items()
        ]
        self.port = free_port()
        self.speaker = Speaker(
            SpeakerConfig(
                local_as=LOCAL_AS,
                router_id="10.0.0.1",
                listen=(f"{FAR}:{self.port}", f"{NEAR}:{self.port}"),
                graceful_restart=GracefulRestartConfig(role="off"),
                families={family: FamilyConfig() for family in _FAMILIES},
                routes=(RouteConfig(OWN),),
                peers=peers,
                dynamic_peers=tuple(ranges),
            )
        )
        subnet = b"\x10\x7f\x02"  # 127.2.0.0/16
        self.speaker.core.host_addresses(HostAddresses({ipaddress.ip_address(NEAR).packed: subnet}), 0.0)
        await self.speaker.start()
        for number, (name, kind) in enumerate(OBSERVERS.items()):
            peer = await RawPeer.connect(kind, self._observer(name), self.port)
            await peer.open(kind.open(f"0a0001{number + 1:02x}"))
            peer.write(KEEPALIVE)
            self.observers[name] = peer
        await self._clean()

    async def stop(self) -> None:
        await self.speaker.stop()
        for peer in self.observers.values():
            await peer.close()

    @staticmethod
    def _observer(name: str) -> str:
        return f"127.1.9.{list(OBSERVERS).index(name) + 1}"

    async def play(self, case: Case) -> None:
        """Play a case, and check what came of it."""
        expected = case.on_the_wire or case.expect
        network = ipaddress.ip_network(self._ranges[case.kind.name])
        address = str(network[256 + next(self._hosts[case.kind.name])])
        raw = await RawPeer.connect(case.kind, address, self.port)
        raw.keeps_table = case.at == "peer"
        try:
            await self._play(case, expected, raw, address)
        finally:
            await raw.close()
            await self._clean([prefix for prefix, _ in case.announces])

    async def _play(self, case: Case, expected: Expected, raw: RawPeer, address: str) -> None:
        await until(lambda: raw.messages or raw.closed, "our OPEN")
        peer = self.speaker.core.sessions.peers[address]
        watched = raw if case.at == "peer" else self.observers[case.at]
        sent = 0
        if case.state > State.OPEN_SENT:
            await raw.open(case.opens or case.kind.open())
            sent += 1
        if case.state > State.OPEN_CONFIRM:
            raw.write(KEEPALIVE)
            sent += 1
            await until(lambda: peer.established, "Established")
        for prefix, options in case.announces:
            self.speaker.announce(prefix, **options)
        if case.before:
            raw.write(case.before)
            sent += _messages(case.before)
            await until(lambda: peer.fsm.status().messages_in >= sent, "what comes before")
            await self._settle(watched, established=True)
        before, told = len(watched.table.withdrawals), len(raw.messages)
        raw.write(case.sends, case.pieces_of)
        if expected.ends:
            await until(lambda: raw.closed, "the end of the session")
        else:
            sent += _messages(case.sends)
            await until(lambda: peer.fsm.status().messages_in >= sent or raw.closed, "the speaker to read it all")
            if not raw.closed and case.state >= State.ESTABLISHED:
                await self._settle(watched, established=peer.established)
        await self._check(expected, raw, peer, watched, (before, told))

    async def _settle(self, watched: RawPeer, *, established: bool) -> None:
        """Wait until ``watched`` has been told all that happened so far."""
        if END in watched.table.routes:
            self.speaker.withdraw(END)
            await until(lambda: END not in watched.table.routes, "the end to be withdrawn")
        self.speaker.announce(END)
        await until(lambda: END in watched.table.routes or watched.closed, "the observer to have it all")

    async def _check(
        self, expected: Expected, raw: RawPeer, peer: Peer, watched: RawPeer, counts: tuple[int, int]
    ) -> None:
        """What is so may take a moment yet: answers to a refresh go out in slices."""
        negotiated = peer.negotiated
        deadline = asyncio.get_running_loop().time() + CHECK
        while True:
            said = raw.of(heard.NOTIFICATION)
            result = Result(
                opened=raw.messages[0][1],
                notification=(said[0][19], said[0][20], said[0][21:]) if said else None,
                closed=raw.closed,
                state=peer.fsm.state,
                negotiated=negotiated or peer.negotiated,
                table=watched.table,
                withdrawn=[prefix for prefix in watched.table.withdrawals[counts[0] :] if prefix != END],
                heard=raw.messages[counts[1] :],
                problems=peer.damage.kinds,
            )
            try:
                expected.check(result)
            except AssertionError:
                if raw.closed or asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.001)
            else:
                return

    async def _clean(self, announced: Iterable[str] = ()) -> None:
        """Only our own route is left, and the observers are still there."""
        for prefix in announced:
            self.speaker.withdraw(prefix)
        self.speaker.announce(END)
        self.speaker.withdraw(END)
        await until(lambda: all(set(peer.table.routes) == {OWN} for peer in self.observers.values()), "a clean table")
        assert not any(peer.closed for peer in self.observers.values())


def _messages(data: bytes) -> int:
    return len(list(heard.messages_of(bytearray(data))))
