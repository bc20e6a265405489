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
FIRST_MED: Final = 1000
"""MULTI_EXIT_DISC of the first round of a scenario with rounds; tables have less."""
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
    """One thing to measure; ``prefixes`` is what each source announces, ``timeout`` seconds a run may take.

    ``kind`` says what is timed: "table", until every sink has all that is announced; "churn", until it has everything
    again after the source has withdrawn and announced its table ``rounds`` times; "latency", one change of a route
    after the other, ``rounds`` at most, with a table of ``prefixes`` in the background.
    """

    key: str
    title: str
    peers: tuple[Peer, ...]
    prefixes: int
    kind: Literal["table", "churn", "latency"] = "table"
    profile: Literal["internet", "blocks"] = "internet"
    add_path: bool = False
    rounds: int = 1
    terms: int = 0
    """Policy terms on import, of which the last one accepts: 0 is no policy."""
    timeout: float = 120
    fib: bool = False

    def streams(self) -> list[bytes]:
        """What each source sends when the clock starts, in the order of ``peers``; empty for others."""
        if self.kind == "churn":
            return [self._churn(peer) if peer.source else b"" for peer in self.peers]
        return self.tables() if self.kind == "table" else [b"" for _ in self.peers]

    def tables(self) -> list[bytes]:
        """What each source announces, once; before the clock starts where something else is timed."""
        path_id = 1 if self.add_path else None
        return [self._table(number, peer, path_id) if peer.source else b"" for number, peer in enumerate(self.peers)]

    def _table(self, number: int, peer: Peer, path_id: int | None, med: int | None = None) -> bytes:
        if self.profile == "blocks":
            return traffic.blocks(self.prefixes, node=number, address=peer.ip, path_id=path_id)
        return traffic.internet(
            self.prefixes, address=peer.ip, asn=peer.asn, internal=peer.ibgp, path_id=path_id, med=med
        )

    def _churn(self, peer: Peer) -> bytes:
        """Each round has a MULTI_EXIT_DISC of its own, so that it can be told from the one before."""
        gone = traffic.withdrawals(self._table(0, peer, None))
        return b"".join(gone + self._table(0, peer, None, FIRST_MED + turn) for turn in range(self.rounds))

    @property
    def final_med(self) -> int | None:
        """What the sinks' routes must have at the end, where that matters."""
        return FIRST_MED + self.rounds - 1 if self.kind == "churn" else None

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


def reflector(key: str, *, prefixes: int, clients: int, add_path: bool = False, terms: int = 0) -> Scenario:
    """One client announces a table, the others are told."""
    title = f"reflector: {prefixes:,} prefixes from one client to {_others(clients)}{_with(add_path, terms)}"
    peers = _one_to_all(clients)
    return Scenario(key=key, title=title, peers=peers, prefixes=prefixes, add_path=add_path, terms=terms)


def transit(key: str, *, prefixes: int, sinks: int = 1, terms: int = 0) -> Scenario:
    """One eBGP peer announces a table, others are told."""
    source = Peer(address(0), 65001, True, False)
    peers = (source, *(Peer(address(number), 65001 + number, False, True) for number in range(1, sinks + 1)))
    title = f"transit: {prefixes:,} prefixes from one eBGP peer to {_others(sinks)}{_with(False, terms)}"
    return Scenario(key=key, title=title, peers=peers, prefixes=prefixes, terms=terms)


def cluster(key: str, *, clients: int, blocks: int, add_path: bool = False) -> Scenario:
    """Every client announces its blocks at once, and is told all others'."""
    peers = tuple(Peer(address(number), DAEMON_AS, True, True) for number in range(clients))
    title = f"cluster: {clients:,} clients of a reflector with {blocks} /26 blocks each{_with(add_path, 0)}"
    return Scenario(key=key, title=title, peers=peers, prefixes=blocks, profile="blocks", add_path=add_path)


def churn(key: str, *, prefixes: int, clients: int, rounds: int = 5) -> Scenario:
    """One client withdraws its table and announces it again, several times at full speed."""
    title = f"churn: {prefixes:,} prefixes withdrawn and announced again {rounds} times, to {_others(clients)}"
    peers = _one_to_all(clients)
    return Scenario(key=key, title=title, peers=peers, prefixes=prefixes, kind="churn", rounds=rounds)


def latency(key: str, *, prefixes: int, clients: int, rounds: int = 1000) -> Scenario:
    """One client changes one route, again as soon as all others know it."""
    table = f"{prefixes:,} routes" if prefixes else "an empty table"
    title = f"latency: one change through a reflector to {_others(clients)}, {table}"
    peers = _one_to_all(clients)
    return Scenario(key=key, title=title, peers=peers, prefixes=prefixes, kind="latency", rounds=rounds)


def _one_to_all(clients: int) -> tuple[Peer, ...]:
    return tuple(Peer(address(number), DAEMON_AS, number == 0, number > 0) for number in range(clients + 1))


def _others(count: int) -> str:
    return "one other" if count == 1 else f"{count:,} others"


def _with(add_path: bool, terms: int) -> str:
    return (", ADD-PATH both ways" if add_path else "") + (f", {terms} policy terms" if terms else "")


FULL: Final = (
    reflector("a", prefixes=100_000, clients=50),
    reflector("a-add-path", prefixes=100_000, clients=50, add_path=True),
    cluster("b", clients=200, blocks=10),
    cluster("c", clients=500, blocks=4),
    cluster("c-add-path", clients=500, blocks=4, add_path=True),
    transit("d", prefixes=1_000_000),
    transit("d-10", prefixes=1_000_000, sinks=10),
    churn("e", prefixes=20_000, clients=50),
    latency("f", prefixes=0, clients=10),
    latency("f-100k", prefixes=100_000, clients=10),
    reflector("g-a", prefixes=100_000, clients=50, terms=20),
    transit("g-d", prefixes=1_000_000, terms=20),
    transit("h-10k", prefixes=10_000),
    transit("h-100k", prefixes=100_000),
    reflector("h-10", prefixes=10_000, clients=10),
    reflector("h-100", prefixes=10_000, clients=100),
    reflector("h-1000", prefixes=10_000, clients=1000),
)
"""What the project wants to know; h with d (a million prefixes) are points of two curves."""

QUICK: Final = (
    reflector("a", prefixes=2_000, clients=5),
    reflector("a-add-path", prefixes=2_000, clients=5, add_path=True),
    cluster("b", clients=20, blocks=10),
    cluster("c", clients=20, blocks=4),
    cluster("c-add-path", clients=20, blocks=4, add_path=True),
    transit("d", prefixes=5_000),
    transit("d-10", prefixes=2_000, sinks=3),
    churn("e", prefixes=500, clients=3),
    latency("f", prefixes=0, clients=3, rounds=20),
    latency("f-100k", prefixes=1_000, clients=3, rounds=20),
    reflector("g-a", prefixes=2_000, clients=5, terms=20),
    transit("g-d", prefixes=2_000, terms=20),
    transit("h-10k", prefixes=500),
    transit("h-100k", prefixes=1_000),
    reflector("h-10", prefixes=500, clients=2),
    reflector("h-100", prefixes=500, clients=4),
    reflector("h-1000", prefixes=500, clients=8),
)
"""The same in seconds: to see that it works, not to compare."""
