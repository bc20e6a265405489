"""The mirror of other programs' routes in a table: what the core resolves next hops with, what we never disturb."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from ..addresses import Family
from ..speaker.fib import KernelChanges, KernelRoute

PROTOCOL_NAMES: Final = {
    1: "redirect",
    2: "kernel",
    3: "boot",
    4: "static",
    9: "ra",
    11: "zebra",
    12: "bird",
    16: "dhcp",
    80: "felix",
    186: "bgp",
    188: "ospf",
}
"""rt_protos, as far as they matter to a Calico node."""


_SLICE: Final = 2000


def protocol_name(protocol: int) -> str:
    return PROTOCOL_NAMES.get(protocol, str(protocol))


class ForeignRoutes:
    """Foreign routes of one family by prefix. Changes are collected until ``take_changes``.

    Several routes may have the same prefix and even the same metric (IPv4 ``append``, IPv6 link-local).
    """

    __slots__ = ("_by_device", "_changed", "_family", "_own_protocol", "_routes", "same_protocol")

    def __init__(self, family: Family, own_protocol: int) -> None:
        self._family = family
        self._own_protocol = own_protocol
        self._routes: dict[bytes, tuple[KernelRoute, ...]] = {}
        self._by_device: dict[str, set[bytes]] = {}
        self._changed: set[bytes] = set()
        self.same_protocol = 0  # routes with our protocol number that another program installed

    def __len__(self) -> int:
        return len(self._routes)

    def get(self, key: bytes) -> tuple[KernelRoute, ...]:
        """All metrics of a prefix, the lowest first."""
        return self._routes.get(key, ())

    def owner(self, key: bytes, metric: int) -> str | None:
        """Who has that prefix with that metric, in words; None: nobody."""
        for route in self._routes.get(key, ()):
            if route.metric == metric:
                if route.protocol == self._own_protocol:
                    return f"another program with our protocol {route.protocol} ({protocol_name(route.protocol)})"
                return f"protocol {protocol_name(route.protocol)}"
        return None

    def add(self, key: bytes, route: KernelRoute, *, replace: bool = False) -> None:
        """A route appeared; ``replace``: in the place of the first one with its metric."""
        old = self._routes.get(key, ())
        if route in old and not replace:
            return
        kept = list(old)
        for other in old:
            if other.metric == route.metric and (replace or _grows(other, route)):
                kept.remove(other)
                break
        if route not in kept:
            kept.append(route)
        self._set(key, tuple(sorted(kept, key=_by_metric)))

    def remove(self, key: bytes, route: KernelRoute) -> bool:
        """A route went; False: the mirror had something else there, so it is in doubt."""
        old = self._routes.get(key, ())
        if route in old:
            self._set(key, tuple(other for other in old if other != route))
            return True
        return not any(other.metric == route.metric for other in old)

    def device_gone(self, device: str, *, any_leg: bool = False) -> list[bytes]:
        """Drop what led only through that device (``any_leg``: also through it); returns the prefixes."""
        keys = list(self._by_device.get(device, ()))
        for key in keys:
            kept = tuple(route for route in self._routes[key] if not _through(route, device, any_leg))
            self._set(key, kept)
        return keys

    def source_gone(self, source: bytes) -> list[bytes]:
        """Drop what preferred that source address; returns the prefixes."""
        keys = [key for key, routes in self._routes.items() if any(route.source == source for route in routes)]
        for key in keys:
            self._set(key, tuple(route for route in self._routes[key] if route.source != source))
        return keys

    def replace_all(self, routes: Mapping[bytes, Iterable[KernelRoute]]) -> Iterator[list[bytes]]:
        """The whole truth, from a dump, taken in slices; yields the prefixes where something went."""
        gone = [key for key in self._routes if key not in routes]
        for at in range(0, len(gone), _SLICE):
            for key in gone[at : at + _SLICE]:
                self._set(key, ())
            yield gone[at : at + _SLICE]
        went: list[bytes] = []
        for count, (key, found) in enumerate(routes.items(), 1):
            new = tuple(sorted(found, key=_by_metric))
            old = self._routes.get(key, ())
            if new != old:
                self._set(key, new)
                if old:
                    went.append(key)
            if count % _SLICE == 0:
                yield went
                went = []
        yield went

    def take_changes(self, *, main: bool = False) -> KernelChanges | None:
        """What changed since the last call, or None; ``main`` as there."""
        if not self._changed:
            return None
        changed, self._changed = self._changed, set()
        return KernelChanges(self._family, {key: self._routes.get(key, ()) for key in changed}, main)

    def _set(self, key: bytes, routes: tuple[KernelRoute, ...]) -> None:
        own, old = self._own_protocol, self._routes.get(key, ())
        if routes == old:
            return
        self.same_protocol += sum(r.protocol == own for r in routes) - sum(r.protocol == own for r in old)
        if routes:
            self._routes[key] = routes
        else:
            self._routes.pop(key, None)
        before, after = _devices(old), _devices(routes)
        for device in before - after:
            self._by_device[device].discard(key)
            if not self._by_device[device]:
                del self._by_device[device]
        for device in after - before:
            self._by_device.setdefault(device, set()).add(key)
        self._changed.add(key)


def device_towards(gateway: bytes, mirrors: Collection[ForeignRoutes]) -> str | None:
    """The device of the longest prefix that holds ``gateway``: where the kernel sends a gateway without device."""
    size = len(gateway)
    number = int.from_bytes(gateway)
    for length in range(size * 8, -1, -1):
        shift = size * 8 - length
        octets = (number >> shift << shift).to_bytes(size)
        key = bytes([length]) + octets[: (length + 7) // 8]
        for route in chain.from_iterable(mirror.get(key) for mirror in mirrors):
            if route.next_hops and route.next_hops[0].device:
                return route.next_hops[0].device
    return None


def _through(route: KernelRoute, device: str, any_leg: bool) -> bool:
    legs = [hop.device == device for hop in route.next_hops]
    return any(legs) if any_leg else bool(legs) and all(legs)


def _by_metric(route: KernelRoute) -> int:
    return route.metric


def _devices(routes: tuple[KernelRoute, ...]) -> set[str]:
    return {hop.device for route in routes for hop in route.next_hops if hop.device}


def _grows(old: KernelRoute, new: KernelRoute) -> bool:
    """IPv6 says a leg was appended by naming all legs of the route."""
    return (
        old.protocol == new.protocol
        and len(new.next_hops) > len(old.next_hops)
        and set(old.next_hops) <= set(new.next_hops)
    )
