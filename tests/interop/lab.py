"""One speaker with a peer of every kind: BIRD, FRR, GoBGP x IPv4, IPv6 x internal, external; twelve links on one LAN.

The speaker is pybgp; with ``PYBGP_INTEROP_SPEAKER=bird`` a BIRD stands in for it, which shows that a test asks for no
more than real daemons do. Whatever is slow (a timer that expires, a daemon that comes back) happens to all links at the
same time, once, and each link's outcome is a test of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest

from tests.support import until

from .daemons import KINDS, Announcement, Daemon, Peering
from .network import Network

T = TypeVar("T")

SPEAKER = os.environ.get("PYBGP_INTEROP_SPEAKER", "pybgp")
AS = 64512
PATIENCE = 30
"""Seconds a session has to come up. GoBGP dials every 10 s, FRR and BIRD every second or two."""
POLL = 0.2


@dataclass(frozen=True, slots=True)
class Link:
    """A session between the speaker and one peer."""

    number: int
    kind: str
    version: int
    external: bool

    @property
    def name(self) -> str:
        """Of the peer's host, and of the speaker's peering."""
        return f"{self.kind}{self.version}{'e' if self.external else 'i'}"

    @property
    def asn(self) -> int:
        """The peer's."""
        return 65000 + self.number if self.external else AS

    def __str__(self) -> str:
        return f"{self.kind}-ipv{self.version}-{'ebgp' if self.external else 'ibgp'}"

    def prefix(self, number: int) -> str:
        """A prefix that the peer announces."""
        if self.version == 4:
            return f"10.{100 + self.number}.{number}.0/24"
        return f"2001:db8:{100 + self.number}:{number:x}::/64"

    def announcement(self, number: int) -> Announcement:
        """That prefix with attributes that tell it from every other."""
        return Announcement(
            prefix=self.prefix(number),
            communities=(f"{AS}:{self.number}", f"{AS}:{1000 + number}"),
            large_communities=(f"{AS}:{self.number}:{number}",),
            med=10 + number,
        )


LINKS = [
    Link(number, kind, version, external)
    for number, (kind, version, external) in enumerate(
        (
            (kind, version, external)
            for kind in ("bird", "frr", "gobgp")
            for version in (4, 6)
            for external in (False, True)
        ),
        start=1,
    )
]


def own_announcement(version: int, number: int) -> Announcement:
    """A prefix that the speaker announces."""
    prefix = f"10.200.{number}.0/24" if version == 4 else f"2001:db8:200:{number:x}::/64"
    return Announcement(prefix=prefix, communities=(f"{AS}:200",), med=70 + number)


def each_link(kinds: Iterable[str] = ("bird", "frr", "gobgp")) -> pytest.MarkDecorator:
    """Parametrises a test by the links with daemons of these kinds."""
    return pytest.mark.parametrize(
        "link",
        [pytest.param(link, id=str(link), marks=pytest.mark.daemon(link.kind)) for link in LINKS if link.kind in kinds],
    )


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of something that was done to all links at once: a value or an error."""

    value: T | None = None
    error: BaseException | None = None

    def get(self) -> T:
        """The value.

        Raises:
            Exception: what went wrong with this link.
        """
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]


class Pair:
    """Both ends of a link."""

    def __init__(self, link: Link, speaker: Daemon, peer: Daemon) -> None:
        self.link = link
        self.speaker = speaker
        self.peer = peer

    def base(self) -> Peering:
        """The speaker's end as it is before a test changes it."""
        local, remote = (each.host.address(self.link.version) for each in (self.speaker, self.peer))
        return Peering(name=self.link.name, local=local, remote=remote, remote_as=self.link.asn)

    def peer_base(self) -> Peering:
        """The peer's end."""
        local, remote = (each.host.address(self.link.version) for each in (self.peer, self.speaker))
        return Peering(name="speaker", local=local, remote=remote, remote_as=AS)

    def states(self) -> tuple[str, str]:
        """Of the speaker's session and of the peer's."""
        return self.speaker.state(self.link.name), self.peer.state("speaker")

    def up(self, limit: float = PATIENCE) -> None:
        """Wait until both ends are Established."""
        until(
            lambda: self.states() == ("established", "established"),
            limit=limit,
            why=f"{self.link}: both ends to be Established",
            seen=lambda: f"{self.states()}, {self.speaker.last_error(self.link.name)!r}",
            interval=POLL,
        )

    def has(self, *numbers: int) -> bool:
        """Does the speaker have these prefixes of the peer's, and by this session?"""
        routes = self.speaker.routes(self.link.version)
        return all(
            (route := routes.get(self.link.prefix(number))) and route.peering == self.link.name for number in numbers
        )

    def connections(self) -> frozenset[tuple[int, int]]:
        """TCP connections between the two: (the speaker's port, the peer's)."""
        return self.speaker.host.connections("established", self.peer.host.address(self.link.version))


class Lab:
    """The network, the speaker and its peers, running."""

    def __init__(self, network: Network, folder: Path, links: list[Link]) -> None:
        self.network = network
        self.links = links
        for link in links:
            if not link.external:
                network[
                    link.name
                ].router_id = f"10.254.0.{link.number}"  # lower than the speaker's; the others are higher
        self.speaker = KINDS[SPEAKER](network["speaker"], AS, folder / "speaker")
        self.pairs = {
            link: Pair(link, self.speaker, KINDS[link.kind](network[link.name], link.asn, folder / link.name))
            for link in links
        }

    @property
    def daemons(self) -> list[Daemon]:
        return [self.speaker, *(pair.peer for pair in self.pairs.values())]

    def start(self) -> None:
        """Everything configured plainly, both sides active."""
        self.speaker.configure(
            peerings=[pair.base() for pair in self.pairs.values()],
            announced=[own_announcement(version, 1) for version in (4, 6)],
        )
        for pair in self.pairs.values():
            pair.peer.configure(peerings=[pair.peer_base()], announced=[pair.link.announcement(1)])
        self.speaker.start()
        self.each(lambda pair: pair.peer.start())

    def stop(self) -> None:
        for daemon in self.daemons:
            daemon.stop()

    def each(self, action: Callable[[Pair], T]) -> dict[Link, Outcome[T]]:
        """Do it to all links at the same time."""

        def one(pair: Pair) -> Outcome[T]:
            try:
                return Outcome(action(pair))
            except (Exception, pytest.fail.Exception) as error:
                return Outcome(error=error)

        with ThreadPoolExecutor(len(self.pairs)) as pool:
            return dict(zip(self.pairs, pool.map(one, self.pairs.values()), strict=True))

    def configure_speaker(self, **changes: Any) -> None:
        """The speaker's end of every link: plain but for ``changes``."""
        self.speaker.configure(peerings=[replace(pair.base(), **changes) for pair in self.pairs.values()])

    def configure_peers(self, **changes: Any) -> None:
        """The peers' ends likewise; daemons that must, start again."""
        self.each(lambda pair: pair.peer.configure(peerings=[replace(pair.peer_base(), **changes)]))

    def up(self) -> dict[Link, Outcome[None]]:
        """Wait until every link is Established at both ends."""
        return self.each(lambda pair: pair.up())


def hosts(links: Iterable[Link]) -> Iterator[str]:
    yield "speaker"
    yield from (link.name for link in links)
