"""Routes as a kernel knows them: what we want there, and what others have put there."""

from __future__ import annotations

from typing import Literal, NamedTuple

RouteType = Literal["unicast", "blackhole", "unreachable", "prohibit"]


class NextHop(NamedTuple):
    """One way out: ``gateway`` is 4 or 16 octets or None (directly on the device), ``weight`` 1..256."""

    gateway: bytes | None = None
    device: str | None = None
    onlink: bool = False
    weight: int = 1


class FibRoute(NamedTuple):
    """What the kernel should have for a prefix. One object is shared by all prefixes that go the same way."""

    type: RouteType = "unicast"
    next_hops: tuple[NextHop, ...] = ()
    metric: int | None = None
    """None is the FIB's configured metric."""


class KernelRoute(NamedTuple):
    """A route of somebody else's in our table, or in main: input for next-hop resolution and redistribution."""

    type: RouteType
    protocol: int
    """rtm_protocol, e.g. 2 kernel, 3 boot, 4 static, 80 Felix."""
    next_hops: tuple[NextHop, ...] = ()
    metric: int = 0
    scope: int = 0
    """rtm_scope: 0 universe, 253 link (directly connected)."""
    source: bytes | None = None
    """RTA_PREFSRC"""
