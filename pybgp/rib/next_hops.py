"""What a next hop resolves to, from what the kernel knows (RFC 4271 §5.1.3, §9.1.2.1).

Without a kernel to ask (no FIB, a route server, a simulation) every next hop counts as directly connected. Routes of
our own are not asked, so no route is resolved through itself (DEC-17).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ..addresses import Family
from .kernel import KernelRoute, NextHop

_LINK_LOCAL: Final = b"\xfe\x80"


class Resolution(NamedTuple):
    """Where a next hop leads: the ways out (none: unreachable) and the cost of the kernel's route to it."""

    ways: tuple[NextHop, ...]
    cost: int = 0

    @property
    def reachable(self) -> bool:
        return bool(self.ways)


UNREACHABLE: Final = Resolution(())


_FEW: Final = 16
"""More changed routes than this: every next hop is looked at again."""


def _is_under(next_hop: bytes, prefixes: Iterable[bytes]) -> bool:
    """Could one of the prefixes be the way to the next hop?"""
    size = 4 if len(next_hop) == 4 else 16
    number = int.from_bytes(next_hop[:size])
    return any(
        (number ^ int.from_bytes(key[1:].ljust(size, b"\0"))) >> (size * 8 - key[0]) == 0
        for key in prefixes
        if key[0] <= size * 8
    )


class NextHops:
    """A mirror of the kernel's foreign routes, and of what it means for the next hops in use."""

    __slots__ = ("_known", "_lengths", "_routes", "active")

    def __init__(self) -> None:
        self.active = False  # no kernel has spoken yet: everything resolves
        self._routes: dict[Family, dict[bytes, tuple[KernelRoute, ...]]] = {}
        self._lengths: dict[Family, tuple[int, ...]] = {}  # prefix lengths in use, longest first
        self._known: dict[bytes, Resolution] = {}  # next hop -> what was answered

    def resolve(self, next_hop: bytes) -> Resolution:
        """The way to a next hop of 4, 16 or 32 octets: of 32 the global one is looked up, and the link-local one used
        where that is on a link (RFC 2545 §3). A link-local one alone is on the link of whoever sent it: no device."""
        known = self._known.get(next_hop)
        if known is None:
            known = self._known[next_hop] = self._resolve(next_hop)
        return known

    def cost(self, next_hop: bytes) -> int:
        return self.resolve(next_hop).cost if next_hop and self.active else 0

    def update(self, family: Family, changes: Mapping[bytes, tuple[KernelRoute, ...]]) -> frozenset[bytes]:
        """Take new kernel routes (an empty tuple: gone); returns the next hops that now resolve differently."""
        everything = not self.active or len(changes) > _FEW
        self.active = True
        routes = self._routes.setdefault(family, {})
        for key, candidates in changes.items():
            if candidates:
                routes[key] = candidates
            else:
                routes.pop(key, None)
        if not set(self._lengths.get(family, ())).issuperset(key[0] for key in changes):
            self._lengths[family] = tuple(sorted({key[0] for key in routes}, reverse=True))
        changed = set()
        for next_hop, before in self._known.items():
            if self._family(next_hop) == family and (everything or _is_under(next_hop, changes)):
                after = self._known[next_hop] = self._resolve(next_hop)
                if after != before:
                    changed.add(next_hop)
        return frozenset(changed)

    @staticmethod
    def _family(next_hop: bytes) -> Family:
        return Family.IPV4_UNICAST if len(next_hop) == 4 else Family.IPV6_UNICAST

    def _resolve(self, next_hop: bytes) -> Resolution:
        gateway = next_hop[16:] if len(next_hop) == 32 else next_hop
        address = next_hop[:16]
        if not self.active or address.startswith(_LINK_LOCAL):
            return Resolution((NextHop(gateway),))
        route = self._longest_match(self._family(next_hop), address)
        if route is None or route.type != "unicast":
            return UNREACHABLE
        ways = tuple(
            NextHop(gateway if way.gateway is None else way.gateway, way.device, way.onlink, way.weight)
            for way in route.next_hops
        )
        return Resolution(ways, route.metric)

    def _longest_match(self, family: Family, address: bytes) -> KernelRoute | None:
        routes = self._routes.get(family, {})
        bits = len(address) * 8
        number = int.from_bytes(address)
        for length in self._lengths.get(family, ()):
            masked = (number >> (bits - length) << (bits - length)).to_bytes(len(address))
            candidates = routes.get(bytes((length,)) + masked[: (length + 7) // 8])
            if candidates:
                return min(candidates, key=lambda route: route.metric)
        return None
