"""Best paths → what the kernel should have: FIB policy, next hops, own routes (RFC 4271 §9.1.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..addresses import Family
from ..policy.chain import Policy
from ..rib.aggregates import Aggregates
from ..rib.groups import Again, Move
from ..rib.kernel import FibRoute, NextHop, RouteType
from ..rib.local import AGGREGATE, OwnRoutes
from ..rib.next_hops import NextHops
from ..rib.path import Path, best_of
from ..routes import KernelHints, Reject, Route, SourceKind
from .fib import FibChanges

_LINK_LOCAL: Final = b"\xfe\x80"


class Programming:
    """Works out, for every change of a best path, what the kernel is to do."""

    __slots__ = ("_aggregates", "_made", "_next_hops", "_own", "_policy")

    def __init__(self, policy: Policy, next_hops: NextHops, own: OwnRoutes, aggregates: Aggregates) -> None:
        self._policy = policy
        self._next_hops = next_hops
        self._own = own
        self._aggregates = aggregates
        self._made: dict[FibRoute, FibRoute] = {}  # one object for all prefixes that go the same way

    def changes(self, family: Family, moves: Iterable[Move]) -> FibChanges | None:
        """The desired routes of all prefixes whose best path changed."""
        routes: dict[bytes, FibRoute | None] = {}
        for move in moves:
            after = best_of(move.new)
            if not isinstance(move.old, Again) and best_of(move.old) is after:
                continue
            for keys, route in self._routes(family, after, move.keys):
                routes.update(dict.fromkeys(keys, route))
        return FibChanges(family, routes) if routes else None

    def whole(self, family: Family, best: Iterable[tuple[bytes, Path]]) -> FibChanges:
        """Everything again, for a new policy."""
        routes = {}
        for key, path in best:
            for _, route in self._routes(family, path, [key]):
                routes[key] = route
        return FibChanges(family, routes)

    def _routes(
        self, family: Family, path: Path | None, keys: list[bytes]
    ) -> Iterable[tuple[list[bytes], FibRoute | None]]:
        if path is None or path.source.kind is SourceKind.KERNEL:
            return ((keys, None),)
        if self._policy.reads_prefix or path.source.kind is SourceKind.LOCAL:
            return [([key], self._route(family, key, path)) for key in keys]
        return ((keys, self._route(family, keys[0], path)),)

    def _route(self, family: Family, key: bytes, path: Path) -> FibRoute | None:
        block = path.accepted
        if block is None:
            return None
        verdict = self._policy.evaluate(Route(family, key, block, path.source))
        if isinstance(verdict, Reject):
            return None
        hints = verdict.hints or KernelHints()
        if path.source.kind is SourceKind.LOCAL:
            kind = self._type_of(family, key, path)
            if kind != "unicast":
                return self._shared(FibRoute(kind, (), hints.metric))
            if not verdict.block.next_hop:
                return None  # announced for somebody else to forward
        return self._forwarded(verdict.block.next_hop, hints, path.source.interface)

    def _type_of(self, family: Family, key: bytes, path: Path) -> RouteType:
        """What becomes of packets to a route of our own: those that an aggregate gets are for nobody (RFC 4632 §5)."""
        if path.source is not AGGREGATE:
            return self._own.type_of(family, key)
        rules = self._aggregates.rules_of(family, key)
        return "blackhole" if rules is not None and rules.blackhole else "unicast"

    def _forwarded(self, next_hop: bytes, hints: KernelHints, link: str) -> FibRoute | None:
        """``link`` is the device on which a link-local next hop is to be found."""
        if hints.device is not None:
            ways: tuple[NextHop, ...] = (NextHop(next_hop[:16], hints.device, hints.onlink),)
        else:
            ways = self._next_hops.resolve(next_hop).ways
            if not ways:
                return None
            if link:
                ways = tuple(_on_link(way, link) for way in ways)
        return self._shared(FibRoute("unicast", ways, hints.metric))

    def _shared(self, route: FibRoute) -> FibRoute:
        return self._made.setdefault(route, route)


def _on_link(way: NextHop, link: str) -> NextHop:
    if way.device is None and way.gateway is not None and way.gateway.startswith(_LINK_LOCAL):
        return way._replace(device=link)
    return way
