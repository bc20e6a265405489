"""What a next hop resolves to, from what the kernel knows and our static routes say (RFC 4271 §5.1.3, §9.1.2.1).

Without a kernel to ask (no FIB, a route server, a simulation) every next hop counts as directly connected. What BGP
has learned is not asked, and circles of static routes lead nowhere, so no route is resolved through itself (DEC-17).
A static route that leads nowhere is passed over: the next, less specific route is the way.

Where our routes go into another table of the kernel's than main, its routes and main's are the mirror, as where the
kernel looks for their gateways: the longest prefix of both. A default route of that table which drops closes it, as
that of a VRF: nothing of main's is behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from ..addresses import IPV4_MAPPED, Family
from .kernel import KernelRoute, NextHop
from .multipath import spread

_LINK_LOCAL: Final = b"\xfe\x80"
_DEFAULT: Final = b"\0"


class Resolution(NamedTuple):
    """Where a next hop leads: the ways out (none: unreachable) and the cost of the kernel's route to it."""

    ways: tuple[NextHop, ...]
    cost: int = 0

    @property
    def reachable(self) -> bool:
        return bool(self.ways)

    def ways_for(self, family: Family) -> tuple[NextHop, ...]:
        """Those that lead packets of a family: IPv4 takes IPv6 in MPLS only (RFC 4798 §3)."""
        if family != Family.IPV6_UNICAST:
            return self.ways
        return tuple(way for way in self.ways if way.gateway is None or len(way.gateway) != 4)


UNREACHABLE: Final = Resolution(())
WHY_UNREACHABLE: Final = "its next hop is unreachable (RFC 4271 §9.1.2)"


class Gateway(NamedTuple):
    """One next hop of a static route, 4, 16 or 32 octets, and its part of the traffic, 1..256."""

    address: bytes
    weight: int = 1


class Hop(NamedTuple):
    """One look-up on the way to a next hop: the prefix that held it, and a kernel's route or a static one of ours."""

    family: Family
    key: bytes
    route: KernelRoute | None
    """None for a static route."""
    gateways: tuple[Gateway, ...] = ()
    """Of a static route; none if it drops."""


_Static = tuple[Family, bytes]
"""A static route: the family and key of its prefix."""
_NONE: Final[frozenset[_Static]] = frozenset()


_FEW: Final = 16
"""More changed routes than this: every next hop is looked at again."""


def _is_under(next_hop: bytes, prefixes: Iterable[bytes]) -> bool:
    """Could one of the prefixes be the way to the next hop?"""
    address = _address(next_hop)
    size = len(address)
    number = int.from_bytes(address)
    return any(
        (number ^ int.from_bytes(key[1:].ljust(size, b"\0"))) >> (size * 8 - key[0]) == 0
        for key in prefixes
        if key[0] <= size * 8
    )


MANY: Final = 4096


class NextHops:
    """A mirror of the kernel's foreign routes and of our static ones, and what they mean for the next hops in use."""

    __slots__ = (
        "_aside",
        "_circular",
        "_known",
        "_lengths",
        "_limit",
        "_main",
        "_moved",
        "_routes",
        "_static",
        "_ways",
        "active",
        "changed",
    )

    def __init__(self) -> None:
        self.active = False  # no kernel has spoken yet: everything resolves
        self._routes: dict[Family, dict[bytes, tuple[KernelRoute, ...]]] = {}  # of the table that ours go into
        self._main: dict[Family, dict[bytes, tuple[KernelRoute, ...]]] = {}  # of main, if that is another one
        self._static: dict[Family, dict[bytes, tuple[Gateway, ...]]] = {}  # prefix -> gateways, none if it drops
        self.changed = False
        """Have static routes changed since ``take_changed``?"""
        self._lengths: dict[Family, tuple[int, ...]] = {}  # prefix lengths in use, longest first
        self._known: dict[bytes, Resolution] = {}  # next hop -> what was answered
        self._aside: dict[bytes, Resolution] = {}  # the same, of those that nobody has asked for since ``set_aside``
        self._limit = MANY  # so many known ones are not worth looking for those that are out of use
        self._circular: set[bytes] = set()  # those of them on whose way there is a circle of static routes
        self._ways: dict[_Static, Resolution] = {}  # where each static route itself leads
        self._moved: set[_Static] = set()  # those that lead elsewhere since they were last taken

    def resolve(self, next_hop: bytes) -> Resolution:
        """The way to a next hop of 4, 16 or 32 octets: of 32 the global one is looked up, and the link-local one used
        where that is on a link (RFC 2545 §3). A link-local one alone is on the link of whoever sent it: no device. Of a
        mapped one the IPv4 address is looked up, and is the gateway (RFC 4659 §3.2.1.2, RFC 4798 §2). None at all, b"",
        counts as reachable."""
        known = self._known.get(next_hop)
        if known is None:
            known = self._aside.pop(next_hop, None)
            self._known[next_hop] = known = known or self._resolve(next_hop)
        return known

    # A speaker may meet ever new next hops: what is out of use is found by setting all aside, asking for those of all
    # paths that there are, and giving the rest back.

    @property
    def crowded(self) -> bool:
        """Have they doubled since it was last known which are in use?"""
        return len(self._known) > self._limit

    def __len__(self) -> int:
        """How many next hops are followed."""
        return len(self._known) + len(self._aside)

    def set_aside(self) -> None:
        """Whoever remembers answers must have forgotten them: only what is asked for from now on is told of changes."""
        self._aside, self._known = self._known, {}
        for family, static in self._static.items():
            for key, gateways in static.items():
                self.way_of(family, key, gateways)

    def give_back(self) -> None:
        """Nobody uses those that are still aside."""
        self._aside = {}
        self._circular &= self._known.keys()
        self._limit = max(MANY, 2 * len(self._known))

    def cost(self, next_hop: bytes) -> int:
        return self.resolve(next_hop).cost if next_hop and self.active else 0

    def way_of(self, family: Family, key: bytes, gateways: tuple[Gateway, ...]) -> Resolution:
        """Where a static route of ours leads: not through itself, not through what leads through it."""
        found = [self.resolve(gateway.address) for gateway in gateways]
        if not self._circular.isdisjoint(gateway.address for gateway in gateways):
            above = ((family, key),)
            found = [_Search(self, above).look_up(gateway.address) for gateway in gateways]
        return _together(gateways, found)

    def update(
        self, family: Family, changes: Mapping[bytes, tuple[KernelRoute, ...]], *, main: bool = False
    ) -> frozenset[bytes]:
        """Take new kernel routes (an empty tuple: gone); returns the next hops that now resolve differently.

        ``main``: they are main's, beside the table that ours go into.
        """
        everything = not self.active or len(changes) > _FEW or any(self._static.values())
        self.active = True
        routes = (self._main if main else self._routes).setdefault(family, {})
        for key, candidates in changes.items():
            if candidates:
                routes[key] = candidates
            else:
                routes.pop(key, None)
        self._measure(family, changes)
        if everything:
            return self._look_again()
        return self._look_again(lambda known: _family(known) == family and _is_under(known, changes))

    def set_static(self, family: Family, key: bytes, gateways: tuple[Gateway, ...] | None) -> None:
        """A route of our own leads to ``gateways`` (none: drops what it gets), or is gone (None).

        The next hops that now resolve differently are those of the next ``take_changed``.
        """
        static = self._static.setdefault(family, {})
        if static.get(key) == gateways:
            return
        self._ways.pop((family, key), None)
        self._moved.discard((family, key))
        if gateways is None:
            del static[key]
        else:
            static[key] = gateways
            if gateways:
                self._ways[family, key] = self.way_of(family, key, gateways)
        self._measure(family, (key,))
        self.changed = True

    def take_changed(self) -> frozenset[bytes]:
        """The next hops that resolve differently since static routes changed."""
        if not self.changed:
            return frozenset()
        self.changed = False
        return self._look_again()

    def take_moved(self) -> frozenset[_Static]:
        """The static routes that lead elsewhere since the last call, and have been there before."""
        if not self._moved:
            return frozenset()
        moved = frozenset(self._moved)
        self._moved.clear()
        return moved

    def trace(self, next_hop: bytes) -> list[Hop]:
        """The look-ups from a next hop to routes of the kernel's, or to where it ends: in nothing, in a route that
        drops, or in a circle. Each gateway of a static route is looked up again (RFC 4271 §9.1.2.1); what follows a
        static route that leads nowhere is the less specific route."""
        search = _Search(self)
        if self.active and next_hop:
            search.look_up(next_hop)
        return search.hops

    def matches(self, address: bytes) -> Iterator[Hop]:
        """The routes to an address, the most specific first; of a kernel's and a static one for the same prefix the
        kernel's, which forwards, and of main's and our table's the latter."""
        family = _family(address)
        routes, static = self._routes.get(family, {}), self._static.get(family, {})
        main = self._main.get(family, {})
        if main and any(route.type != "unicast" for route in routes.get(_DEFAULT, ())):
            main = {}
        bits = len(address) * 8
        number = int.from_bytes(address)
        for length in self._lengths.get(family, ()):
            masked = (number >> (bits - length) << (bits - length)).to_bytes(len(address))
            key = bytes((length,)) + masked[: (length + 7) // 8]
            candidates = routes.get(key) or main.get(key)
            if candidates:
                yield Hop(family, key, min(candidates, key=lambda route: route.metric))
            elif key in static:
                yield Hop(family, key, None, static[key])

    def _look_again(self, concerned: Callable[[bytes], bool] = lambda next_hop: True) -> frozenset[bytes]:
        changed = set()
        for known in (self._known, self._aside):
            for next_hop in [each for each in known if concerned(each)]:
                before = known[next_hop]
                after = known[next_hop] = self._resolve(next_hop)
                if after != before:
                    changed.add(next_hop)
        for (family, key), way in list(self._ways.items()):
            found = self.way_of(family, key, self._static[family][key])
            if found != way:
                self._ways[family, key] = found
                self._moved.add((family, key))
        return frozenset(changed)

    def _measure(self, family: Family, changed: Iterable[bytes]) -> None:
        """Prefix lengths, if some may have come or gone."""
        routes, static, main = (each.get(family, {}) for each in (self._routes, self._static, self._main))
        if not set(self._lengths.get(family, ())).issuperset(key[0] for key in changed):
            self._lengths[family] = tuple(sorted({key[0] for key in (*routes, *static, *main)}, reverse=True))

    def _resolve(self, next_hop: bytes) -> Resolution:
        if not self.active or not next_hop:  # flow specifications have none (RFC 8955 §4)
            return Resolution((NextHop(next_hop[-16:]),))
        search = _Search(self)
        found = search.look_up(next_hop)
        if search.circle:
            self._circular.add(next_hop)
        else:
            self._circular.discard(next_hop)
        return found


class _Search:
    """One next hop, looked up until the kernel knows a way or nobody does."""

    __slots__ = ("_above", "_next_hops", "circle", "hops")

    def __init__(self, next_hops: NextHops, above: tuple[_Static, ...] = ()) -> None:
        self._next_hops = next_hops
        self._above = list(above)  # the static routes whose gateways are being looked up
        self.circle = False  # has there been one?
        self.hops: list[Hop] = []  # every look-up

    def look_up(self, next_hop: bytes) -> Resolution:
        return self._look_up(next_hop)[0]

    def _look_up(self, next_hop: bytes) -> tuple[Resolution, frozenset[_Static]]:
        """Where it leads; if nowhere, because of a circle, the static routes above at which that began."""
        gateway, address = _gateway_of(next_hop), _address(next_hop)
        if address.startswith(_LINK_LOCAL):
            return Resolution((NextHop(gateway),)), _NONE
        for hop in self._next_hops.matches(address):
            self.hops.append(hop)
            if hop.route is not None:
                return _kernels(hop.route, gateway), _NONE
            if not hop.gateways:
                return UNREACHABLE, _NONE  # it drops
            route = hop.family, hop.key
            if route in self._above:
                self.circle = True
                return UNREACHABLE, frozenset((route,))
            found, heads = self._follow(route, hop.gateways)
            if found.reachable or heads:
                return found, heads  # what becomes of a circle is for the first route of it to say
        return UNREACHABLE, _NONE

    def _follow(self, route: _Static, gateways: tuple[Gateway, ...]) -> tuple[Resolution, frozenset[_Static]]:
        self._above.append(route)
        answers = [self._look_up(gateway.address) for gateway in gateways]
        self._above.pop()
        found = _together(gateways, [way for way, _ in answers])
        heads = _NONE if found.reachable else _NONE.union(*(heads for _, heads in answers)) - {route}
        return found, heads


def _kernels(route: KernelRoute, gateway: bytes) -> Resolution:
    """Where a kernel's route leads; ``gateway`` is what it directly holds."""
    if route.type != "unicast":
        return UNREACHABLE
    ways = tuple(
        NextHop(gateway if way.gateway is None else way.gateway, way.device, way.onlink, way.weight)
        for way in route.next_hops
    )
    return Resolution(ways, route.metric)


def _together(gateways: tuple[Gateway, ...], found: list[Resolution]) -> Resolution:
    """Where several gateways lead: those that can be reached share the traffic, the nearest one is the cost."""
    if len(found) == 1:
        return found[0]
    there = [(gateway, way) for gateway, way in zip(gateways, found, strict=True) if way.reachable]
    if not there:
        return UNREACHABLE
    return Resolution(
        spread((Fraction(gateway.weight), way.ways) for gateway, way in there), min(way.cost for _, way in there)
    )


def _gateway_of(next_hop: bytes) -> bytes:
    return next_hop[16:] if len(next_hop) == 32 else _address(next_hop)


def _address(next_hop: bytes) -> bytes:
    """What is looked up, 4 or 16 octets."""
    return next_hop[12:16] if next_hop.startswith(IPV4_MAPPED) else next_hop[:16]


def _family(next_hop: bytes) -> Family:
    return Family.IPV4_UNICAST if len(_address(next_hop)) == 4 else Family.IPV6_UNICAST
