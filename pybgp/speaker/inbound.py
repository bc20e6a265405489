"""UPDATE bodies → withdrawn prefixes and Paths → the table: Adj-RIB-In and import policy (RFC 4271 §9, §9.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..addresses import Family
from ..messages import update
from ..messages.attributes.block import Block
from ..messages.attributes.cache import BlockCache
from ..messages.context import Context, PeerKind
from ..messages.errors import Problem
from ..messages.families import registry
from ..policy.builtin import import_check
from ..policy.chain import Policy
from ..rib.next_hops import NextHops
from ..rib.path import Path
from ..rib.table import Table
from ..routes import Reject, Route, Source

_CACHE_LIMIT: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRules:
    """Everything but the route itself that decides whether it is accepted; a change of it means running it again."""

    local_as: int
    router_id: bytes
    cluster_id: bytes
    own_addresses: frozenset[bytes]
    allowas_in: int
    enforce_first_as: bool
    policy: Policy
    shared_subnet: bytes | None = None
    """For a directly connected external peer: next hops must be in it (RFC 4271 §6.3 b)."""


class Importer:
    """Makes Paths of received blocks, by one peer's rules."""

    __slots__ = ("_next_hops", "reads_prefix", "rules")

    def __init__(self, rules: ImportRules, next_hops: NextHops) -> None:
        self.rules = rules
        self.reads_prefix = rules.policy.reads_prefix
        self._next_hops = next_hops

    def path(self, source: Source, path_id: int, block: Block, family: Family, key: bytes = b"") -> Path:
        """What a received block becomes; if it is not eligible it says why. ``key`` counts if ``reads_prefix``."""
        reason = self._refusal(source, block)
        if reason:
            return Path(source, path_id, block, None, reason)
        verdict = self.rules.policy.evaluate(Route(family, key, block, source))
        if isinstance(verdict, Reject):
            return Path(source, path_id, block, None, verdict.reason)
        accepted = verdict.block
        if self._next_hops.active and not self._next_hops.resolve(accepted.next_hop).reachable:
            return Path(source, path_id, block, None, "its next hop is unreachable (RFC 4271 §9.1.2)")
        return Path(source, path_id, block, accepted)

    def _refusal(self, source: Source, block: Block) -> str | None:
        rules = self.rules
        reason = import_check(
            block,
            source,
            local_as=rules.local_as,
            router_id=rules.router_id,
            cluster_id=rules.cluster_id,
            own_addresses=rules.own_addresses,
            allowas_in=rules.allowas_in,
            enforce_first_as=rules.enforce_first_as,
        )
        if reason is None and rules.shared_subnet is not None and source.peer_kind is PeerKind.EXTERNAL:
            reason = self._not_shared(block.next_hop, source.address, rules.shared_subnet)
        return reason

    @staticmethod
    def _not_shared(next_hop: bytes, peer: bytes, subnet: bytes) -> str | None:
        from ..rib.export import within

        if next_hop[:16] == peer or len(next_hop) != len(peer) or within(next_hop, subnet):
            return None
        return "its next hop is neither the peer nor in the subnet shared with it (RFC 4271 §6.3)"


class Inbound:
    """One Established session's way into the tables."""

    __slots__ = ("_blocks", "_context", "_paths", "_split", "_tables", "end_of_ribs", "importer", "problems", "source")

    def __init__(
        self,
        source: Source,
        context: Context,
        importer: Importer,
        tables: Mapping[Family, Table],
        blocks: BlockCache,
    ) -> None:
        self.source = source
        self.importer = importer
        self.end_of_ribs: list[Family] = []  # seen since they were last taken
        self.problems: list[tuple[Problem, bytes]] = []  # with the UPDATE's body, since they were last taken
        self._context = context
        self._tables = tables
        self._blocks = blocks
        self._paths: dict[bytes, Path] = {}  # attribute octets of classic IPv4 UPDATEs -> Path
        codec = registry.codec(Family.IPV4_UNICAST)
        plain = codec is not None and Family.IPV4_UNICAST in tables
        plain = plain and Family.IPV4_UNICAST not in context.add_path_receive
        self._split = codec.split if plain and codec is not None else None

    def receive(self, bodies: list[bytes]) -> None:
        """Apply UPDATEs in order.

        Raises:
            UpdateError: the session must be reset (RFC 7606); what came before it has been applied.
        """
        # HOT, once an UPDATE. The usual one announces IPv4 prefixes with attributes that this session has sent before.
        paths = self._paths
        split = self._split
        for body in bodies:
            if split is not None and body[:2] == b"\0\0":
                end = 4 + (body[2] << 8 | body[3])
                path = paths.get(body[4:end])
                if path is not None and end < len(body):
                    self._tables[Family.IPV4_UNICAST].insert(split(body[end:]), path)
                    continue
            self._general(body)

    def restart(self, source: Source, importer: Importer) -> None:
        """A new epoch or new rules: nothing is known any more."""
        self.source = source
        self.importer = importer
        self._paths.clear()

    def _general(self, body: bytes) -> None:
        message = update.decode(body, self._context, self._blocks)
        source = self.source
        for problem in message.problems:
            self.problems.append((problem, body))
        for gone in message.withdrawn:
            table = self._tables.get(gone.family)
            if table is not None:
                table.withdraw(gone.keys, source.name, gone.path_id)
        for reach in message.reachable:
            table = self._tables.get(reach.family)
            if table is not None:
                path = self._insert(table, reach.path_id, reach.block, reach.keys)
                if path is not None and self._split is not None and len(message.reachable) == 1:
                    self._remember(body, path, message)
        if message.end_of_rib is not None:
            self.end_of_ribs.append(message.end_of_rib)

    def _insert(self, table: Table, path_id: int, block: Block, keys: list[bytes]) -> Path | None:
        importer = self.importer
        if not importer.reads_prefix:
            path = importer.path(self.source, path_id, block, table.family)
            table.insert(keys, path)
            return path
        accepted: Path | None = None
        for key in keys:
            path = importer.path(self.source, path_id, block, table.family, key)
            if path.accepted is not None:  # prefixes that pass alike share a Path
                if accepted is not None and accepted.accepted == path.accepted:
                    path = accepted
                else:
                    accepted = path
            table.insert([key], path)
        return None

    def _remember(self, body: bytes, path: Path, message: update.Update) -> None:
        """The next UPDATE with these octets needs no look at them."""
        if message.reachable[0].family != Family.IPV4_UNICAST or message.problems or message.withdrawn:
            return
        end = 4 + (body[2] << 8 | body[3])
        if body[:2] != b"\0\0" or end == len(body):
            return
        if len(self._paths) >= _CACHE_LIMIT:
            self._paths.clear()
        self._paths[body[4:end]] = path
