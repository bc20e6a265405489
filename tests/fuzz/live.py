"""A live speaker with a hostile peer, while a good one looks on: its session and its routes must not suffer.

Everything is on loopback, in one process: a ``Speaker``, and two raw peers. The hostile one comes back from another
address each time its session ends; what it sends are mutated messages. The good one announces prefixes, probes now and
then how long a change takes, and reads everything it is told: whatever came in, what goes out must be right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import pybgp
from pybgp.addresses import prefix_key
from pybgp.config.model import DynamicPeersConfig, FamilyConfig, GracefulRestartConfig
from pybgp.constants import MessageType
from pybgp.errors import ProtocolError
from pybgp.messages import BlockCache, Context, Framer, Notification, Open, PeerKind, update
from pybgp.messages.capabilities import AddPath, AddPathMode, FourOctetAs, MultiProtocol, RouteRefresh
from pybgp.messages.header import KEEPALIVE, message
from pybgp.rib.path import paths_of
from pybgp.speaker.outputs import Event
from tests.support import free_port

from .mutate import mutated

SPEAKER: Final = "127.0.0.1"
GOOD: Final = "127.0.0.2"
SPEAKER_AS, GOOD_AS, BAD_AS = 64512, 64513, 64514
HOSTILE: Final = range(16, 32)
"""127.N.0.0/16 is where the hostile peer comes from, as an internal peer from the odd ones."""
PREFIXES: Final = tuple(f"198.18.{number}.0/24" for number in range(50))
PROBE: Final = "198.19.0.0/24"
FAMILIES: Final = (pybgp.Family.IPV4_UNICAST, pybgp.Family.IPV6_UNICAST)
ROUND: Final = 40
"""Messages to a session before the hostile peer looks what became of it."""
LIMIT: Final = 20.0
"""Seconds that anything may take which ought to take milliseconds."""


class Finding(Exception):
    """The speaker did what it must not do."""


class LiveSpeaker:
    """``attack`` sends damaged messages; ``check`` says whether the good peer still has everything."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._port = 0
        self._errors: list[str] = []
        self._bad: _RawPeer | None = None
        self.sessions = 0
        self.sent = 0
        self.slowest = 0.0
        """The longest that a change of the good peer took, in seconds."""

    async def __aenter__(self) -> LiveSpeaker:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._escaped)
        self._port = free_port()
        self._speaker = pybgp.Speaker(_config(self._port), on_event=self._event)
        await self._speaker.start()
        self._good = _RawPeer(GOOD, GOOD_AS, strict=True)
        await self._good.connect(self._port)
        await self._speaker.established(GOOD, timeout=LIMIT)
        self._good.announce(PREFIXES)
        await self._until(lambda: self._has(PREFIXES), "the good peer's routes to arrive")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._bad is not None:
            await self._bad.close()
        await self._good.close()
        await self._speaker.stop()

    async def attack(self, seeds: Sequence[tuple[int, bytes]]) -> list[bytes]:
        """Some damaged messages, from ``seeds`` of (type, body), to one session of the hostile peer; returns them."""
        if self._bad is None or self._bad.closed:
            await self._connect_again()
        assert self._bad is not None
        sent = []
        for _ in range(ROUND):
            kind, body = self._random.choice(seeds)
            octets = message(kind, mutated(body, self._random, [other for _, other in seeds])[:4077])
            if self._random.random() < 0.05:  # else the header is right, so that more of the message is looked at
                octets = mutated(octets, self._random, [])
            sent.append(octets)
            if not self._bad.send(octets):
                break
            self.sent += 1
        await self._bad.drained()
        return sent

    async def check(self) -> None:
        """
        Raises:
            Finding: something escaped, the good peer's session or routes suffered, or what it is told is wrong.
        """
        started = asyncio.get_running_loop().time()
        self._good.announce((PROBE,))
        await self._until(lambda: self._has((PROBE,)), "a probe to be taken")
        self._good.withdraw((PROBE,))
        await self._until(lambda: not self._has((PROBE,)), "a probe to be gone")
        self.slowest = max(self.slowest, (asyncio.get_running_loop().time() - started) / 2)
        if not self._has(PREFIXES):
            raise Finding("routes of the good peer are gone")

    async def _connect_again(self) -> None:
        if self._bad is not None:
            await self._bad.close()
        number = self._random.choice(HOSTILE)
        address = f"127.{number}.{self.sessions // 250 % 256}.{self.sessions % 250 + 1}"
        asn = SPEAKER_AS if number % 2 else BAD_AS
        self._bad = _RawPeer(address, asn, add_path=self._random.random() < 0.3)
        self.sessions += 1
        await self._bad.connect(self._port)

    def _has(self, prefixes: Sequence[str]) -> bool:
        table = self._speaker.core.tables[pybgp.Family.IPV4_UNICAST]
        keys = [prefix_key(prefix)[1] for prefix in prefixes]
        return all(any(path.source.name == GOOD for path in paths_of(table.get(key))) for key in keys)

    async def _until(self, condition: Any, why: str) -> None:
        deadline = asyncio.get_running_loop().time() + LIMIT
        while not condition():
            self._look()
            if asyncio.get_running_loop().time() > deadline:
                raise Finding(f"waited {LIMIT:.0f} s for {why}")
            await asyncio.sleep(0.002)
        self._look()

    def _look(self) -> None:
        if self._errors:
            raise Finding("; ".join(self._errors))
        if self._good.closed:
            raise Finding(f"the good peer's session ended: {self._good.why}")

    def _event(self, event: Event) -> None:
        if event.level == "error":
            self._errors.append(f"{event.kind} {event.fields}")

    def _escaped(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._errors.append(f"escaped: {context.get('message')}: {context.get('exception')!r}")


class _RawPeer:
    """Octets over TCP, with an OPEN and KEEPALIVEs in front. ``strict``: what is received must have nothing wrong."""

    def __init__(self, address: str, asn: int, *, strict: bool = False, add_path: bool = False) -> None:
        self.address = address
        self.asn = asn
        self.closed = False
        self.why = ""
        self._strict = strict
        self._add_path = add_path
        self._context = Context(kind=PeerKind.EXTERNAL, families=frozenset(FAMILIES), loopback=True)
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self, port: int) -> None:
        self._reader, self._writer = await asyncio.wait_for(
            asyncio.open_connection(SPEAKER, port, local_addr=(self.address, 0)), LIMIT
        )
        capabilities: list[Any] = [FourOctetAs(self.asn), RouteRefresh(), *map(MultiProtocol, FAMILIES)]
        if self._add_path:
            capabilities.append(AddPath(tuple((family, AddPathMode.BOTH) for family in FAMILIES)))
        octets = bytes(map(int, self.address.split(".")))
        self._writer.write(Open(4, self.asn, 90, octets, tuple(capabilities)).encode() + KEEPALIVE)
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._keep_alive())]

    def announce(self, prefixes: Sequence[str]) -> None:
        attributes = bytes.fromhex("40010100 400206 0201") + self.asn.to_bytes(4) + bytes.fromhex("400304")
        attributes += bytes(map(int, self.address.split(".")))
        keys = b"".join(prefix_key(prefix)[1] for prefix in prefixes)
        self.send(message(2, b"\0\0" + len(attributes).to_bytes(2) + attributes + keys))

    def withdraw(self, prefixes: Sequence[str]) -> None:
        keys = b"".join(prefix_key(prefix)[1] for prefix in prefixes)
        self.send(message(2, len(keys).to_bytes(2) + keys + b"\0\0"))

    def send(self, octets: bytes) -> bool:
        if self.closed or self._writer.is_closing():
            return False
        self._writer.write(octets)
        return True

    async def drained(self) -> None:
        try:
            await asyncio.wait_for(self._writer.drain(), LIMIT)
        except (OSError, TimeoutError):
            self.closed = True
        await asyncio.sleep(0)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(20)
            self.send(KEEPALIVE)

    async def _read(self) -> None:
        framer = Framer()
        try:
            while data := await self._reader.read(65_536):
                for kind, body in framer.feed(data):
                    self._heard(kind, body)
                if framer.error is not None:
                    raise framer.error
            self.why = self.why or "closed"
        except (OSError, ProtocolError) as error:
            self.why = f"{error}"
        self.closed = True

    def _heard(self, kind: int, body: bytes) -> None:
        if kind == MessageType.NOTIFICATION:
            self.why = str(Notification.decode(body).name)
        if self._strict and kind == MessageType.UPDATE:
            problems = update.decode(body, self._context, BlockCache(16)).problems
            if problems:
                self.closed = True
                self.why = f"told something wrong: {problems[0].why} in {body.hex()}"


def _config(port: int) -> pybgp.SpeakerConfig:
    families = {family: FamilyConfig(add_path="receive") for family in FAMILIES}
    both: Any = {"import_policy": ["accept"], "export_policy": ["accept"], "passive": True}
    both |= {"graceful_restart": GracefulRestartConfig(role="off"), "enforce_first_as": False}
    hostile = [
        DynamicPeersConfig(
            f"127.{number}.0.0/16",
            template=pybgp.PeerConfig(
                "", remote_as="internal" if number % 2 else "external", families=families, **both
            ),
            name=f"hostile-{number}",
            limit=1000,
        )
        for number in HOSTILE
    ]
    return pybgp.SpeakerConfig(
        local_as=SPEAKER_AS,
        router_id="192.0.2.1",
        listen=(f"{SPEAKER}:{port}",),
        families={family: FamilyConfig() for family in FAMILIES},
        peers=[pybgp.PeerConfig(GOOD, remote_as=GOOD_AS, **both)],
        dynamic_peers=tuple(hostile),
    )
