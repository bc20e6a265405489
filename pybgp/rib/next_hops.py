"""What a next hop resolves to, from what the kernel knows and our static routes say (RFC 4271 §5.1.3, §9.1.2.1).

Without a kernel to ask (no FIB, a route server, a simulation) every next hop counts as directly connected. What BGP
has learned is not asked, and circles of static routes lead nowhere, so no route is resolved through itself (DEC-17).
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


class Hop(NamedTuple):
    """One look-up on the way to a next hop: the prefix that held it, and a kernel's route or a static one of ours."""

    family: Family
    key: bytes
    route: KernelRoute | None
    """None for a static route."""
    next_hop: bytes = b""
    """Of a static route; empty if it drops."""


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
    """A mirror of the kernel's foreign routes and of our static ones, and what they mean for the next hops in use."""

    __slots__ = ("_known", "_lengths", "_routes", "_static", "_static_changed", "active")

    def __init__(self) -> None:
        self.active = False  # no kernel has spoken yet: everything resolves
        self._routes: dict[Family, dict[bytes, tuple[KernelRoute, ...]]] = {}
        self._static: dict[Family, dict[bytes, bytes]] = {}  # prefix -> next hop, empty if it drops
        self._static_changed = False
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
        everything = not self.active or len(changes) > _FEW or any(self._static.values())
        self.active = True
        routes = self._routes.setdefault(family, {})
        for key, candidates in changes.items():
            if candidates:
                routes[key] = candidates
            else:
                routes.pop(key, None)
        self._measure(family, changes)
        if everything:
            return self._look_again(self._known)
        return self._look_again(
            [known for known in self._known if _family(known) == family and _is_under(known, changes)]
        )

    def set_static(self, family: Family, key: bytes, next_hop: bytes | None) -> None:
        """A route of our own leads to ``next_hop`` (empty: drops what it gets), or is gone (None).

        The next hops that now resolve differently are those of the next ``take_changed``.
        """
        static = self._static.setdefault(family, {})
        if static.get(key) == next_hop:
            return
        if next_hop is None:
            del static[key]
        else:
            static[key] = next_hop
        self._measure(family, (key,))
        self._static_changed = True

    def take_changed(self) -> frozenset[bytes]:
        """The next hops that resolve differently since static routes changed."""
        if not self._static_changed:
            return frozenset()
        self._static_changed = False
        return self._look_again(self._known)

    def trace(self, next_hop: bytes) -> list[Hop]:
        """The look-ups from a next hop to a route of the kernel's, or to where it ends: in nothing, in a route that
        drops, or in a circle (then the last one is among those before it). Each static route's next hop is looked up
        again (RFC 4271 §9.1.2.1)."""
        hops: list[Hop] = []
        address = next_hop[:16]
        while self.active and address and not address.startswith(_LINK_LOCAL):
            hop = self._longest_match(_family(address), address)
            if hop is None:
                break
            circle = hop in hops
            hops.append(hop)
            if hop.route is not None or circle:
                break
            address = hop.next_hop[:16]
        return hops

    def _look_again(self, next_hops: Iterable[bytes]) -> frozenset[bytes]:
        changed = set()
        for next_hop in next_hops:
            before = self._known[next_hop]
            after = self._known[next_hop] = self._resolve(next_hop)
            if after != before:
                changed.add(next_hop)
        return frozenset(changed)

    def _measure(self, family: Family, changed: Iterable[bytes]) -> None:
        """Prefix lengths, if some may have come or gone."""
        routes, static = self._routes.get(family, {}), self._static.get(family, {})
        if not set(self._lengths.get(family, ())).issuperset(key[0] for key in changed):
            self._lengths[family] = tuple(sorted({key[0] for key in (*routes, *static)}, reverse=True))

    def _resolve(self, next_hop: bytes) -> Resolution:
        gateway = next_hop[16:] if len(next_hop) == 32 else next_hop
        address = next_hop[:16]
        if not self.active or address.startswith(_LINK_LOCAL):
            return Resolution((NextHop(gateway),))
        hops = self.trace(next_hop)
        if len(hops) > 1:
            gateway = hops[-2].next_hop
        if not hops:
            return UNREACHABLE
        route = hops[-1].route
        if route is None:
            last = hops[-1].next_hop
            on_link = last.startswith(_LINK_LOCAL)  # of a static route: on a link that only the kernel may know
            return Resolution((NextHop(last),)) if on_link else UNREACHABLE
        if route.type != "unicast":
            return UNREACHABLE
        ways = tuple(
            NextHop(gateway if way.gateway is None else way.gateway, way.device, way.onlink, way.weight)
            for way in route.next_hops
        )
        return Resolution(ways, route.metric)

    def _longest_match(self, family: Family, address: bytes) -> Hop | None:
        """The most specific route; of a kernel's and a static one for the same prefix the kernel's, which forwards."""
        routes, static = self._routes.get(family, {}), self._static.get(family, {})
        bits = len(address) * 8
        number = int.from_bytes(address)
        for length in self._lengths.get(family, ()):
            masked = (number >> (bits - length) << (bits - length)).to_bytes(len(address))
            key = bytes((length,)) + masked[: (length + 7) // 8]
            candidates = routes.get(key)
            if candidates:
                return Hop(family, key, min(candidates, key=lambda route: route.metric))
            if key in static:
                return Hop(family, key, None, static[key])
        return None


def _family(next_hop: bytes) -> Family:
    return Family.IPV4_UNICAST if len(next_hop) == 4 else Family.IPV6_UNICAST
