"""Best paths → what the kernel should have: FIB policy, next hops, multipath, own routes (RFC 4271 §9.1.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..addresses import Family
from ..config.model import UNICAST
from ..policy.chain import Policy
from ..policy.import_checks import BLACKHOLE, carries
from ..rib.aggregates import Aggregates
from ..rib.kernel import FibRoute, NextHop, RouteType
from ..rib.local import AGGREGATE, OwnRoutes
from ..rib.moves import Again, Move
from ..rib.multipath import Multipath, spread
from ..rib.next_hops import WHY_UNREACHABLE, NextHops
from ..rib.path import Entry, Path, best_of
from ..routes import Accept, Reject, Route, SourceKind, Verdict
from .fib import FibChanges

MANY: Final = 65_536
"""Different routes that are remembered, to be shared by prefixes; there may be ever new ones."""
_LINK_LOCAL: Final = b"\xfe\x80"
_OVER_IPV4: Final = "its next hop is an IPv4 address (mapped), and no IPv6 goes over IPv4 here (RFC 4798 §3)"


class Programming:
    """Works out, for every change of a best path or of those beside it, what the kernel is to do."""

    __slots__ = ("_aggregates", "_made", "_members", "_next_hops", "_own", "_policy", "multipath")

    def __init__(
        self, policy: Policy, next_hops: NextHops, own: OwnRoutes, aggregates: Aggregates, multipath: Multipath
    ) -> None:
        self._policy = policy
        self._next_hops = next_hops
        self._own = own
        self._aggregates = aggregates
        self.multipath = multipath
        self._members = multipath.members if multipath.active else _best_only
        self._made: dict[FibRoute, FibRoute] = {}  # one object for all prefixes that go the same way

    def changes(self, family: Family, moves: Iterable[Move]) -> FibChanges | None:
        """The desired routes of all prefixes whose ways changed."""
        routes: dict[bytes, FibRoute | None] = {}
        members = self._members
        for move in moves:
            after = members(move.new)
            if not isinstance(move.old, Again) and members(move.old) == after:
                continue
            for keys, route in self._routes(family, after, move.keys):
                routes.update(dict.fromkeys(keys, route))
        return FibChanges(family, routes) if routes else None

    def whole(self, family: Family, entries: Iterable[tuple[bytes, Entry]]) -> FibChanges:
        """Everything again, for a new policy."""
        routes = {}
        for key, entry in entries:
            paths = self._members(entry)
            for _, route in self._routes(family, paths, [key]) if paths else ():
                routes[key] = route
        return FibChanges(family, routes)

    def _routes(
        self, family: Family, paths: tuple[Path, ...], keys: list[bytes]
    ) -> Iterable[tuple[list[bytes], FibRoute | None]]:
        if paths and (self._policy.reads_prefix or paths[0].source.kind is SourceKind.LOCAL):
            return [([key], self._route(family, key, paths)) for key in keys]
        return ((keys, self._route(family, keys[0], paths)),)

    def wanted(self, family: Family, key: bytes, entry: Entry | None) -> FibRoute | str:
        """What the kernel is to have for a prefix, or why nothing; from the code that decides."""
        if family not in UNICAST:
            return f"routes of {family} are not for the kernel"
        return self._decide(family, key, self._members(entry))

    def _route(self, family: Family, key: bytes, paths: tuple[Path, ...]) -> FibRoute | None:
        found = self._decide(family, key, paths)
        return None if isinstance(found, str) else self._shared(found)

    def _decide(self, family: Family, key: bytes, paths: tuple[Path, ...]) -> FibRoute | str:
        if not paths:
            return "no candidate can be used"
        best = paths[0]
        if best.source.kind is SourceKind.KERNEL:
            return "the best route is the kernel's own"
        accepted = self._verdict(family, key, best)
        if isinstance(accepted, Reject):
            return f"fib.export_policy: {accepted.reason}"
        metric = accepted.hints.metric if accepted.hints else None
        if best.source.kind is SourceKind.LOCAL:
            kind = self._type_of(family, key, best)
            if kind != "unicast":
                return FibRoute(kind, (), metric)
            if not accepted.block.next_hop and not self._own.gateways_of(family, key):
                return "a route of our own that names no next hop: somebody else forwards it"
        if _is_black_hole(accepted, best):
            return FibRoute("blackhole", (), metric)
        if best.source.kind is SourceKind.LOCAL:
            ways = self._own_ways(family, key, accepted, best)
        else:
            ways = self._ways(family, accepted, best)
        if not ways:
            return self._why_no_way(accepted.block.next_hop)
        if len(paths) > 1:
            ways = self._together(family, key, paths)
        return FibRoute("unicast", ways, metric)

    def _verdict(self, family: Family, key: bytes, path: Path) -> Verdict:
        """What the FIB's policy makes of a path."""
        block = path.accepted
        if block is None:
            return Reject(path.reason)
        return self._policy.evaluate(Route(family, key, block, path.source))

    def _type_of(self, family: Family, key: bytes, path: Path) -> RouteType:
        """What becomes of packets to a route of our own: those that an aggregate gets are for nobody (RFC 4632 §5)."""
        if path.source is not AGGREGATE:
            return self._own.type_of(family, key)
        rules = self._aggregates.rules_of(family, key)
        return "blackhole" if rules is not None and rules.blackhole else "unicast"

    def _ways(self, family: Family, accepted: Accept, path: Path) -> tuple[NextHop, ...]:
        next_hop, hints, link = accepted.block.next_hop, accepted.hints, path.source.interface
        if hints is not None and hints.device is not None:
            return (NextHop(next_hop[:16], hints.device, hints.onlink),)
        ways = self._next_hops.resolve(next_hop).ways_for(family)
        return tuple(_on_link(way, link) for way in ways) if link else ways

    def _why_no_way(self, next_hop: bytes) -> str:
        reached = next_hop and self._next_hops.resolve(next_hop).reachable
        return _OVER_IPV4 if reached else WHY_UNREACHABLE

    def _own_ways(self, family: Family, key: bytes, accepted: Accept, path: Path) -> tuple[NextHop, ...]:
        """Those of a route of our own: through its gateways, unless the policy says another next hop."""
        gateways = self._own.gateways_of(family, key)
        block, hints = accepted.block, accepted.hints
        if not gateways or block.next_hop != path.received.next_hop:
            return self._ways(family, accepted, path)
        if hints is not None and hints.device is not None:
            return tuple(NextHop(each.address[:16], hints.device, hints.onlink, each.weight) for each in gateways)
        return self._next_hops.way_of(family, key, gateways).ways_for(family)

    def _together(self, family: Family, key: bytes, paths: tuple[Path, ...]) -> tuple[NextHop, ...]:
        """The ways of several paths, each with its part of the traffic; of what the best path doesn't discard, who asks
        for a black hole gets no part (RFC 7999 §3.3)."""
        parts = []
        for path, share in zip(paths, self.multipath.weights(paths), strict=True):
            accepted = self._verdict(family, key, path)
            if not isinstance(accepted, Reject) and not _is_black_hole(accepted, path):
                parts.append((share, self._ways(family, accepted, path)))
        return spread(parts)

    def _shared(self, route: FibRoute) -> FibRoute:
        if len(self._made) >= MANY:
            self._made.clear()
        return self._made.setdefault(route, route)


def _best_only(entry: Entry | None) -> tuple[Path, ...]:
    best = best_of(entry)
    return () if best is None else (best,)


def _is_black_hole(accepted: Accept, path: Path) -> bool:
    """Is its traffic to be discarded, since a peer asks for it that may (RFC 7999 §3.3)?"""
    return path.source.honors_blackhole and carries(accepted.block, BLACKHOLE)


def _on_link(way: NextHop, link: str) -> NextHop:
    if way.device is None and way.gateway is not None and way.gateway.startswith(_LINK_LOCAL):
        return way._replace(device=link)
    return way
