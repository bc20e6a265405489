"""Ways out, compared, shared and written: is what the kernel shows what we asked for?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ..addresses import Family, address_text
from ..speaker.fib import FibRoute, KernelRoute, NextHop

_MANY: Final = 4096


class Ways:
    """The ways of one family with their metric: one object for all prefixes that go the same way."""

    __slots__ = ("_family", "_metric", "_shared")

    def __init__(self, family: Family, metric: int) -> None:
        """``metric`` is that of routes which have none of their own."""
        self._family = family
        self._metric = metric
        self._shared: dict[FibRoute, FibRoute] = {}  # as asked -> with its metric

    def shared(self, route: FibRoute) -> FibRoute:
        """The object for that way, with its metric."""
        known = self._shared.get(route)
        if known is None:
            known = route
            metric = self._metric if route.metric is None else route.metric
            if metric == 0 and self._family == Family.IPV6_UNICAST:
                metric = 1024
            if metric != route.metric or (route.type != "unicast" and route.next_hops):
                hops = route.next_hops if route.type == "unicast" else ()
                known = FibRoute(route.type, hops, metric)
                known = self._shared.setdefault(known, known)
            self._shared[route] = known
        return known

    def without(self, route: FibRoute, leg: KernelRoute) -> FibRoute:
        """What is left when the next hops of ``leg`` have gone."""
        left = list(route.next_hops)
        for hop in leg.next_hops:
            left.remove(next(other for other in left if same_hop(other, hop, weights=False)))
        return self.shared(route._replace(next_hops=tuple(left)))

    def through(self, device: str, leads_to: Callable[[bytes], str | None], any_leg: bool) -> set[int]:
        """The ``id`` of each way that leads there, as ``through`` below has it."""
        return {id(way) for way in self._shared.values() if through(way, device, leads_to, any_leg)}

    def renamed(self, device: str, name: str) -> dict[int, FibRoute]:
        """By the ``id`` of each way through that device: how it reads now."""
        return {
            id(way): self.shared(way._replace(next_hops=tuple(_renamed(hop, device, name) for hop in way.next_hops)))
            for way in set(self._shared.values())
            if any(hop.device == device for hop in way.next_hops)
        }

    def have_leg_through(self, device: str) -> bool:
        """Is there a way with several next hops, one of them through that device?"""
        return any(
            len(way.next_hops) > 1 and any(hop.device == device for hop in way.next_hops)
            for way in self._shared.values()
        )

    def tidy(self, used: Iterable[tuple[bytes, FibRoute]]) -> None:
        """Forget those that no route goes any more, when there are many."""
        if len(self._shared) > _MANY:
            ways = {id(way): way for _, way in used}
            self._shared = {way: way for way in ways.values()}


def same_way(route: FibRoute, kernel: KernelRoute | FibRoute) -> bool:
    """The kernel's route is what we asked for; a device that we left to the kernel may be any."""
    if route.type != kernel.type or (route.metric or 0) != (kernel.metric or 0):
        return False
    if route.next_hops == kernel.next_hops:
        return True
    return len(route.next_hops) == len(kernel.next_hops) and _within(kernel.next_hops, route.next_hops)


def damaged(route: FibRoute, kernel: KernelRoute | FibRoute) -> bool:
    """The kernel's route is ours with some next hops gone, because their device went."""
    return (
        route.type == kernel.type == "unicast"
        and (route.metric or 0) == (kernel.metric or 0)
        and 0 < len(kernel.next_hops) < len(route.next_hops)
        and _within(kernel.next_hops, route.next_hops)
    )


def _within(hops: tuple[NextHop, ...], wanted: tuple[NextHop, ...]) -> bool:
    left = list(wanted)
    weights = len(hops) > 1  # the kernel shows none for a single one
    for hop in hops:
        found = next((other for other in left if same_hop(other, hop, weights)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def same_hop(wanted: NextHop, hop: NextHop, weights: bool) -> bool:
    """The kernel's next hop is the wanted one."""
    return (
        hop.gateway == wanted.gateway
        and wanted.device in (None, hop.device)
        and hop.onlink == wanted.onlink
        and (not weights or hop.weight == wanted.weight)
    )


def through(route: FibRoute, device: str, leads_to: Callable[[bytes], str | None], any_leg: bool) -> bool:
    """All next hops (``any_leg``: one of them) lead to the device; ``leads_to`` knows where a bare gateway is."""

    def out(hop: NextHop) -> str | None:
        if hop.device is None and hop.gateway is not None:
            return leads_to(hop.gateway)
        return hop.device

    legs = [out(hop) == device for hop in route.next_hops]
    return any(legs) if any_leg else bool(legs) and all(legs)


def route_text(route: FibRoute) -> str:
    """A way as ``ip route`` writes it: "via 192.0.2.1 dev eth0 onlink", "blackhole"."""
    if route.type != "unicast":
        return route.type
    return " nexthop ".join(_hop_text(hop) for hop in route.next_hops)


def _renamed(hop: NextHop, device: str, name: str) -> NextHop:
    return hop._replace(device=name) if hop.device == device else hop


def _hop_text(hop: NextHop) -> str:
    words = []
    if hop.gateway is not None:
        words.append(f"via {address_text(hop.gateway)}")
    if hop.device is not None:
        words.append(f"dev {hop.device}")
    if hop.onlink:
        words.append("onlink")
    if hop.weight != 1:
        words.append(f"weight {hop.weight}")
    return " ".join(words)
