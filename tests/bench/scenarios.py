"""What is measured: who announces how much to whom."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from ipaddress import IPv4Address
from typing import Any, Final, Literal

from . import traffic

DAEMON_ADDRESS: Final = "10.99.0.1"
DAEMON_AS: Final = 65000
PORT: Final = 179
HOLD_TIME: Final = 240
PEER_NETWORK: Final = "10.99.16.0/20"
"""All simulated peers live here, one address each."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One simulated peer; ``source`` ones announce, ``sink`` ones must be told everything that others announce."""

    ip: str
    asn: int
    source: bool
    sink: bool

    @property
    def ibgp(self) -> bool:
        """It is of the daemon's AS, and a client of the reflector."""
        return self.asn == DAEMON_AS


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One thing to measure; ``prefixes`` is what each source announces, ``timeout`` seconds a run may take."""

    key: str
    title: str
    peers: tuple[Peer, ...]
    prefixes: int
    profile: Literal["internet", "blocks"] = "internet"
    add_path: bool = False
    timeout: float = 180
    fib: bool = False

    def streams(self) -> list[bytes]:
        """What each source sends, in the order of ``peers``; empty for others."""
        path_id = 1 if self.add_path else None
        return [self._stream(number, peer, path_id) if peer.source else b"" for number, peer in enumerate(self.peers)]

    def _stream(self, number: int, peer: Peer, path_id: int | None) -> bytes:
        if self.profile == "blocks":
            return traffic.blocks(self.prefixes, node=number, address=peer.ip, path_id=path_id)
        return traffic.internet(self.prefixes, address=peer.ip, asn=peer.asn, internal=peer.ibgp, path_id=path_id)

    def to_json(self) -> dict[str, Any]:
        """For another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Scenario:
        """The way back."""
        return cls(**{**value, "peers": tuple(Peer(**peer) for peer in value["peers"])})


def address(number: int) -> str:
    """The address of peer ``number``, from 0."""
    return str(IPv4Address(PEER_NETWORK.partition("/")[0]) + 1 + number)


def reflector(key: str, *, prefixes: int, clients: int, add_path: bool = False) -> Scenario:
    """One client announces a table, the others are told."""
    peers = [Peer(address(number), DAEMON_AS, number == 0, number > 0) for number in range(clients + 1)]
    title = f"reflector: {prefixes:,} prefixes from one client to {clients} others{_with(add_path)}"
    return Scenario(key=key, title=title, peers=tuple(peers), prefixes=prefixes, add_path=add_path)


def transit(key: str, *, prefixes: int, timeout: float = 180) -> Scenario:
    """One eBGP peer announces a table, another is told."""
    peers = (Peer(address(0), 65001, True, False), Peer(address(1), 65002, False, True))
    title = f"transit: {prefixes:,} prefixes from one eBGP peer to another"
    return Scenario(key=key, title=title, peers=peers, prefixes=prefixes, timeout=timeout)


def cluster(key: str, *, clients: int, blocks: int, add_path: bool = False) -> Scenario:
    """Every client announces its blocks at once, and is told all others'."""
    peers = tuple(Peer(address(number), DAEMON_AS, True, True) for number in range(clients))
    title = f"cluster: {clients} clients of a reflector with {blocks} /26 blocks each{_with(add_path)}"
    return Scenario(key=key, title=title, peers=peers, prefixes=blocks, profile="blocks", add_path=add_path)


def _with(add_path: bool) -> str:
    return ", ADD-PATH both ways" if add_path else ""


FULL: Final = (
    reflector("a", prefixes=100_000, clients=50),
    reflector("a-add-path", prefixes=100_000, clients=50, add_path=True),
    transit("b-100k", prefixes=100_000),
    transit("b-1m", prefixes=1_000_000, timeout=400),
    cluster("c", clients=500, blocks=4),
    cluster("c-add-path", clients=500, blocks=4, add_path=True),
)
"""What the issue of the project asks for."""

QUICK: Final = (
    reflector("a", prefixes=2_000, clients=5),
    reflector("a-add-path", prefixes=2_000, clients=5, add_path=True),
    transit("b-100k", prefixes=2_000),
    transit("b-1m", prefixes=5_000),
    cluster("c", clients=20, blocks=4),
    cluster("c-add-path", clients=20, blocks=4, add_path=True),
)
"""The same in seconds: to see that it works, not to compare."""
