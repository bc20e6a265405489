"""What the core and a FIB say to each other: a protocol and plain values.

A FIB is the kernel (``pybgp.fib.kernel``), a dictionary (``pybgp.fib.memory``) or nothing at all; the core does not
know which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ..addresses import Family
from ..rib.kernel import FibRoute, KernelRoute, NextHop, RouteType

__all__ = [
    "Fib",
    "FibChanges",
    "FibRoute",
    "FibStatus",
    "InstalledRoute",
    "KernelChanges",
    "KernelEvent",
    "KernelRoute",
    "LocalAddresses",
    "NextHop",
    "RouteType",
]


@dataclass(frozen=True, slots=True)
class FibChanges:
    """Desired state, prefix by prefix: a route, or None for "no route of ours"."""

    family: Family
    routes: Mapping[bytes, FibRoute | None]


@dataclass(frozen=True, slots=True)
class KernelChanges:
    """Foreign routes that appeared, changed or went (an empty tuple), by prefix; all metrics of a prefix together. None
    at the start says that the kernel has been asked, and has none."""

    family: Family
    routes: Mapping[bytes, tuple[KernelRoute, ...]]
    main: bool = False
    """Of the table main where that isn't ours: only to resolve next hops with."""


@dataclass(frozen=True, slots=True)
class LocalAddresses:
    """All addresses of this host (4 or 16 octets) and the prefix key of the subnet each is in."""

    addresses: Mapping[bytes, bytes] = field(default_factory=dict)
    devices: Mapping[bytes, str] = field(default_factory=dict)
    """The interface each address is on."""
    links_up: frozenset[str] = frozenset()


KernelEvent = KernelChanges | LocalAddresses


@dataclass(frozen=True, slots=True)
class InstalledRoute:
    """A row of ``pybgp show fib``."""

    family: Family
    key: bytes
    route: FibRoute
    state: Literal["installed", "pending", "failed", "foreign", "adopted"]
    error: str = ""
    """The kernel's words, or who owns the prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FibStatus:
    """Counters of a FIB since its start."""

    installed: int = 0
    pending: int = 0
    failed: int = 0
    adopted: int = 0
    """Left by an earlier run and not yet wanted again."""
    foreign_bird: int = 0
    """Routes with our protocol number that are not ours: a BIRD on the same host."""
    foreign: int = 0
    """Wanted, but another program's route has the prefix and metric."""
    reinstalled: int = 0
    """Routes that another program deleted or replaced."""


class Fib(Protocol):
    """Where best routes go. ``apply`` takes newest desired state and coalesces; nothing here blocks the loop."""

    async def start(self, on_event: Callable[[KernelEvent], None]) -> None:
        """Read what is there, adopt what an earlier run left, follow changes and report foreign routes.

        The first events (the whole table, the addresses) are delivered before this returns.

        Raises:
            FibError: the kernel's tables can't be read (no permission, no such table).
        """

    def apply(self, changes: FibChanges) -> None:
        """Take the newest desired state of some prefixes."""

    def sweep(self, family: Family) -> None:
        """Delete the adopted routes that nobody wanted: all first End-of-RIBs of the family are in."""

    async def settled(self) -> None:
        """Wait until everything applied so far is in the kernel or has failed."""

    async def close(self, *, flush: bool = False) -> None:
        """Stop; ``flush`` removes our routes first, else they stay (and the state file says so)."""

    def routes(self) -> Iterator[InstalledRoute]:
        """What is (or should be) installed, also while it changes: each row as it is when it is asked for."""

    def route(self, family: Family, key: bytes) -> InstalledRoute | None:
        """The row of one prefix; of two (one has another metric, and was left by an earlier run) that we want."""

    def status(self) -> FibStatus:
        """Counters, kept and not counted."""
