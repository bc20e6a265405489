"""What a test can do with a daemon, whichever it is."""

from __future__ import annotations

import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..network import BGP, Host

STOP_LIMIT = 10
"""Seconds a daemon has to leave by itself when asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """One end of a session, as its daemon is configured. Times are in seconds."""

    name: str
    """What the daemon calls it: letters, digits and "_"."""
    local: str
    remote: str
    remote_as: int
    passive: bool = False
    password: str | None = None
    hold_time: int = 30
    client: bool = False
    """The other one is our route reflector client."""
    add_path: bool = False
    restarts: bool = False
    """It asks the other one to keep its routes over a restart (RFC 4724); all can keep the other's."""
    more: tuple[str, ...] = ()
    """What only this daemon understands: lines of BIRD's protocol, of pybgp's table, FRR's behind the neighbor,
    GoBGP's for a reflector's client."""
    # From here on, only BIRD and pybgp can do everything.
    port: int = BGP
    """The other one's."""
    interface: str | None = None
    """The only one that packets may take."""
    multihop: int = 0
    """Hops to an external peer that is not on our link; 0: it is."""
    ttl_security: bool = False
    """RFC 5082, for one hop."""
    families: tuple[int, ...] | None = None
    """Of the routes; None: the transport's."""
    add_path_limit: int | None = None
    """Send only so many paths; pybgp can do it."""
    limit: int | None = None
    """``remote`` is a range: take so many peers from it. Each is called by its address."""

    @property
    def version(self) -> int:
        """Of IP: the transport's."""
        return 6 if ":" in self.remote else 4

    @property
    def versions(self) -> tuple[int, ...]:
        """Of IP: the routes'."""
        return (self.version,) if self.families is None else self.families


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A route of the daemon's own. Communities are text: "65001:7", large ones "65001:1:2"."""

    prefix: str
    communities: tuple[str, ...] = ()
    large_communities: tuple[str, ...] = ()
    med: int | None = None
    local_pref: int | None = None

    @property
    def version(self) -> int:
        return 6 if ":" in self.prefix else 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """A route as a daemon has it: best, and learned from a peer."""

    peering: str
    """The name of the peering that it came by."""
    next_hop: str
    as_path: tuple[int, ...]
    origin: str
    """"igp", "egp", "incomplete"."""
    local_pref: int | None = None
    med: int | None = None
    communities: frozenset[str] = frozenset()
    large_communities: frozenset[str] = frozenset()
    originator_id: str | None = None
    cluster_list: tuple[str, ...] = ()
    atomic_aggregate: bool = False
    aggregator: tuple[int, str] | None = None
    """AS and router id."""


class Daemon(ABC):
    """A daemon in a host. It is configured before it starts, and may be configured again while it runs."""

    kind: ClassVar[str]

    more: tuple[str, ...] = ()
    """Lines of its configuration that no other daemon has, in its own language."""

    def __init__(self, host: Host, asn: int, folder: Path) -> None:
        """``folder`` is the daemon's own, for configuration, sockets and logs."""
        self.host = host
        self.asn = asn
        self.folder = folder
        self.peerings: dict[str, Peering] = {}
        self.announced: dict[str, Announcement] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self._log = folder / "log"
        folder.mkdir(parents=True, exist_ok=True)

    def __repr__(self) -> str:
        return f"{self.kind}@{self.host.name}"

    # -- its life ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def start(self) -> None:
        """Start with the configuration as it is, and wait until it answers questions."""

    def stop(self) -> None:
        """Ask it to leave, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: it can't say good-bye; the kernel closes its connections."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP: it falls silent, its connections stay."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo ``pause``."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def configure(
        self, *, peerings: Iterable[Peering] | None = None, announced: Iterable[Announcement] | None = None
    ) -> None:
        """Replace peerings or announcements, or both; takes effect at once if it runs."""
        if peerings is not None:
            self.peerings = {peering.name: peering for peering in peerings}
        if announced is not None:
            self.announced = {announcement.prefix: announcement for announcement in announced}
        if self.running:
            self.reload()

    @abstractmethod
    def reload(self) -> None:
        """Take the configuration as it is now; daemons that can't do that are started again."""

    # -- routes --------------------------------------------------------------------------------------------------------

    @abstractmethod
    def announce(self, *announcements: Announcement) -> None:
        """Announce more."""

    @abstractmethod
    def withdraw(self, *prefixes: str) -> None:
        """Announce these no longer."""

    @abstractmethod
    def routes(self, version: int) -> dict[str, Attributes]:
        """The best routes that were learned from peers, by prefix, of IPv4 or IPv6."""

    @abstractmethod
    def paths(self, prefix: str) -> list[Attributes]:
        """All that it has of a prefix from its peers, the best one and others."""

    # -- sessions ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def state(self, name: str) -> str:
        """The state of a peering's session in lower case letters: "established", "active", "opensent", ..."""

    def established(self, name: str) -> bool:
        return self.state(name) == "established"

    @abstractmethod
    def refresh(self, name: str) -> None:
        """Ask the peer for its routes again (RFC 2918)."""

    @abstractmethod
    def updates_received(self, name: str) -> int:
        """How many UPDATEs, or routes in them, this session has brought: it grows with each that comes."""

    @abstractmethod
    def updates_sent(self, name: str) -> int:
        """The same for what it has sent."""

    @abstractmethod
    def last_error(self, name: str) -> str:
        """Why a session of this peering ended last, in the daemon's own words; "" if none did."""

    # -- for those who implement one -----------------------------------------------------------------------------------

    def log(self, lines: int = 40) -> str:
        """The end of what it said."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:]) if self._log.exists() else ""

    def spawn(self, *arguments: str, log: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a program in the host; what it says is added to its log."""
        with (log or self._log).open("ab") as output:
            return subprocess.Popen(
                self.host.command(*arguments), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder
            )

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        end(self.process, number)
        self.process = None


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """End a process that we started, even a paused one, even one that does not listen."""
    if process.poll() is None:
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
