"""Routes of our own: announced by the operator or an agent, or learned from the kernel and redistributed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from .. import constants
from ..addresses import Family
from ..messages.attributes.as_path import AsPath
from ..messages.attributes.block import Block
from ..messages.attributes.origin import Origin
from ..messages.context import PeerKind
from ..routes import Source, SourceKind
from .kernel import KernelRoute, RouteType
from .next_hops import WHY_UNREACHABLE, Gateway, NextHops
from .path import Path
from .preference import DIRECT_NAME
from .table import Table

_PROTOCOL_KERNEL: Final = 2


def own_source(name: str, kind: SourceKind, number: int = 0) -> Source:
    """A source that is not a peer; ``number`` stands for a router id, so that nothing depends on who came first."""
    return Source(kind=kind, name=name, peer_kind=PeerKind.INTERNAL, router_id=number.to_bytes(4))


OWN: Final = own_source("local", SourceKind.LOCAL)
AGGREGATE: Final = own_source("aggregate", SourceKind.LOCAL, 1)
ORIGINATED: Final = own_source("default_originate", SourceKind.LOCAL, 4)
DIRECT: Final = own_source(DIRECT_NAME, SourceKind.KERNEL, 2)
KERNEL: Final = own_source("kernel", SourceKind.KERNEL, 3)


def own_block(next_hop: bytes = b"") -> Block:
    """The attributes of a route that starts here: ORIGIN IGP, an empty AS_PATH (RFC 4271 §5.1.1, §5.1.2)."""
    return Block.build((Origin(constants.Origin.IGP), AsPath(())), next_hop)


DEFAULT_KEY: Final = b"\0"
"""0.0.0.0/0 and ::/0."""
DEFAULT_ROUTE: Final = Path(ORIGINATED, 0, own_block(), own_block())
"""What a peer with ``default_originate`` is told. It is in no table."""


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """What an operator or agent asked us to announce."""

    block: Block
    """Of a route with several gateways it has no next hop: peers are given our address."""
    type: RouteType = "unicast"
    several: tuple[Gateway, ...] = ()
    """Gateways that share the traffic, instead of the block's next hop."""

    while_reachable: bool = False
    """Announced only while one of its gateways can be reached."""
    preference: int | None = None
    """Its own; None is ``[preference] own``."""

    @property
    def gateways(self) -> tuple[Gateway, ...]:
        """Where packets go; none if they are dropped, or somebody else forwards them."""
        if self.type != "unicast":
            return ()
        return self.several or ((Gateway(self.block.next_hop),) if self.block.next_hop else ())


class OwnRoutes:
    """The routes that start here, of all families, and the type each has in the kernel."""

    __slots__ = ("_next_hops", "_routes", "_sources", "_tables")

    def __init__(self, tables: Mapping[Family, Table], next_hops: NextHops | None = None) -> None:
        """Next hops are resolved by those of our routes that lead somewhere, or drop (``next_hops``)."""
        self._tables = tables
        self._next_hops = next_hops
        self._routes: dict[tuple[Family, bytes], OwnRoute] = {}
        self._sources: dict[int | None, Source] = {None: OWN}  # by preference

    def announce(self, family: Family, key: bytes, route: OwnRoute) -> None:
        """Announce a prefix, or change what is announced of it."""
        if self._routes.get((family, key)) == route:
            return
        self._routes[family, key] = route
        if self._next_hops is not None:
            self._next_hops.set_static(family, key, _static(route))
        self._insert(family, key, route)

    def withdraw(self, family: Family, key: bytes) -> bool:
        """Returns whether the prefix was ours."""
        if self._routes.pop((family, key), None) is None:
            return False
        if self._next_hops is not None:
            self._next_hops.set_static(family, key, None)
        self._tables[family].withdraw([key], OWN.name)
        return True

    def follow(self) -> None:
        """Tables hear of routes whose gateways are now reached another way."""
        for family, key in self._next_hops.take_moved() if self._next_hops is not None else ():
            self._insert(family, key, self._routes[family, key])

    def _insert(self, family: Family, key: bytes, route: OwnRoute) -> None:
        source = self._sources.get(route.preference)
        if source is None:
            source = self._sources[route.preference] = replace(OWN, preference=route.preference)
        dead = route.while_reachable and route.gateways and not self._leads_somewhere(family, key, route.gateways)
        accepted, reason = (None, WHY_UNREACHABLE) if dead else (route.block, "")
        self._tables[family].insert([key], Path(source, 0, route.block, accepted, reason))

    def _leads_somewhere(self, family: Family, key: bytes, gateways: tuple[Gateway, ...]) -> bool:
        return self._next_hops is None or bool(self._next_hops.way_of(family, key, gateways).ways_for(family))

    def gateways_of(self, family: Family, key: bytes) -> tuple[Gateway, ...]:
        route = self._routes.get((family, key))
        return () if route is None else route.gateways

    def type_of(self, family: Family, key: bytes) -> RouteType:
        route = self._routes.get((family, key))
        return "unicast" if route is None else route.type

    def prefixes(self) -> list[tuple[Family, bytes]]:
        return list(self._routes)


def _static(route: OwnRoute) -> tuple[Gateway, ...] | None:
    """What it is to next hops: its gateways, none if it drops; None where somebody else forwards."""
    return route.gateways if route.gateways or route.type != "unicast" else None


class Redistributed:
    """Kernel routes that the configuration lets in; direct routes come before all, others after BGP's."""

    __slots__ = ("_present", "_tables")

    def __init__(self, tables: Mapping[Family, Table]) -> None:
        self._tables = tables
        self._present: dict[tuple[Family, bytes], tuple[Source, Block]] = {}

    def update(self, family: Family, key: bytes, route: KernelRoute | None, block: Block) -> None:
        """The kernel has this route for the prefix (None: none that we may announce), with these attributes."""
        table = self._tables.get(family)
        if table is None:
            return
        now = None
        if route is not None:
            now = (DIRECT if route.protocol == _PROTOCOL_KERNEL else KERNEL), block
        before = self._present.pop((family, key), None)
        if before is not None and (now is None or before[0] is not now[0]):
            table.withdraw([key], before[0].name)
        if now is not None:
            self._present[family, key] = now
            if before != now:
                table.insert([key], Path(now[0], 0, block, block))
