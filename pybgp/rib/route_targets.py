"""Route target constraint: peers are told only the VPN routes that they have asked for (RFC 4684).

A peer asks by announcing memberships, which are routes of a family of their own: an AS and a route target, or the first
bits of them. Memberships are reflected by rules of their own (§3.2), so that each client also hears of the targets that
only it, and others beside it, have asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..messages.attributes.block import Block
from ..messages.attributes.originator_id import OriginatorId
from .adj_rib_out import AdjRibOut
from .export import Export, Exporter, ExportRules
from .groups import UpdateGroup
from .local import DEFAULT_KEY
from .moves import Again, Move
from .path import Entry, Path, paths_of
from .selection import Selection
from .stream import Stream
from .table import Table
from .targets import Targets
from .telling import Telling


class Memberships:
    """Who has announced which memberships, counted as their table is flushed."""

    __slots__ = ("_keys", "news")

    def __init__(self) -> None:
        self._keys: dict[str, Counter[bytes]] = {}  # peer -> how many of its paths have a key
        self.news: set[str] = set()  # peers that have asked for something else since this was last empty

    def changed(self, moves: Iterable[Move]) -> None:
        """A flush of the table of memberships."""
        for old, new, keys in moves:
            before, after = _askers(None if isinstance(old, Again) else old), _askers(new)
            for name in before.keys() | after.keys():
                more = after[name] - before[name]
                if more:
                    self._count(name, keys, more)
                    self.news.add(name)

    def _count(self, name: str, keys: Iterable[bytes], by: int) -> None:
        counts = self._keys.setdefault(name, Counter())
        for key in keys:
            counts[key] += by
            if not counts[key]:
                del counts[key]
        if not counts:
            del self._keys[name]

    def of(self, name: str) -> Targets:
        """What a peer wants."""
        return Targets.of(self._keys.get(name, ()))


def _askers(entry: Entry | None) -> Counter[str]:
    return Counter(path.source.name for path in paths_of(entry) if path.accepted is not None)


class MembershipExporter(Exporter):
    """A client gets memberships as from ourselves, so that it takes also what it has announced (§3.2, first rule)."""

    __slots__ = ()

    def __init__(self, rules: ExportRules) -> None:
        super().__init__(rules)
        if not rules.default_route_target:
            self.reads_prefix, self._marked = True, False

    def _make(self, path: Path, key: bytes, mark: int | None = None) -> Export | str:
        if key == DEFAULT_KEY and not self.rules.default_route_target:
            return "the peer is never asked for all VPN routes (default_route_target = false)"
        return super()._make(path, key, mark)

    def _reflected(self, path: Path, block: Block) -> tuple[bytes, bytes]:
        if self.rules.client:
            block = block.replace(set=(OriginatorId(self.rules.router_id),))
        return super()._reflected(path, block)

    def _finish(self, head: bytes, tail: bytes, next_hop: bytes) -> Export | str:
        return super()._finish(head, tail, self.rules.own_next_hop if self.rules.client else next_hop)


class _ClientsToo(Selection):
    """In place of a non-client's path, which is not for another non-client, that of a client (§3.2, second rule)."""

    __slots__ = ()

    def _in_order(self, entry: Entry | None) -> Iterable[Path]:
        paths = self._candidates(entry)
        return (*paths[:1], *(path for path in paths[1:] if path.source.client))


class MembershipGroup(UpdateGroup):
    """Memberships for peers that are no clients: what only clients have asked for goes to them, too."""

    __slots__ = ()

    exporter_of = MembershipExporter

    @staticmethod
    def _selection(rules: ExportRules, table: Table) -> Selection | None:
        if rules.add_path or rules.client:
            return UpdateGroup._selection(rules, table)
        return _ClientsToo(rules, lambda: table.decision)


class _ForAll(Stream):
    """No split horizon: what goes to all but one goes to all, and nobody gets anything else."""

    __slots__ = ()

    def for_all_but(self, name: str, messages: list[bytes], delta: int) -> None:
        super().for_all_but("", messages, delta)

    def for_all_but_both(self, names: tuple[str, str], messages: list[bytes]) -> None:
        super().for_all_but("", messages, 0)

    def gone_for_all_but(self, name: str, nlri: Sequence[bytes], delta: int) -> None:
        super().gone_for_all_but("", nlri, delta)

    def only_for(self, name: str, messages: list[bytes], delta: int) -> None:
        pass

    def gone_only_for(self, name: str, nlri: Sequence[bytes], delta: int) -> None:
        pass


class _ForAllOut(AdjRibOut):
    __slots__ = ()

    def told(self, name: str, key: bytes, entry: Entry | None) -> Iterator[tuple[Path, Export]]:
        return super().told("", key, entry)


class _ForAllTelling(Telling):
    __slots__ = ()

    stream_of = _ForAll


class ClientsMembershipGroup(MembershipGroup):
    """Memberships for clients: all of them, their own as well."""

    __slots__ = ()

    out_of = _ForAllOut
    telling_of = _ForAllTelling
