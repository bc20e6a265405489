"""Ways out, compared and written: is what the kernel shows what we asked for?"""

from __future__ import annotations

from collections.abc import Callable

from ..addresses import address_text
from ..speaker.fib import FibRoute, KernelRoute, NextHop


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
