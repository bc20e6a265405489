"""Flap damping of one external peer, between its session and the tables (RFC 2439).

The session of a damped peer puts its routes into ``DampedTable``s, which count what comes and goes; those of other
peers know nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ..addresses import Family
from ..rib.damping import Damping, DampingRules, RouteId
from ..rib.path import Path, paths_of
from ..rib.table import Table
from .alarm import Alarm

if TYPE_CHECKING:
    from .core import SpeakerCore
    from .inbound import Importer

DAMPED: Final = "damped: it has changed too often (RFC 2439)"


class PeerDamping:
    """One peer's flaps; kept over its sessions, whose ends are no flaps."""

    __slots__ = ("_alarm", "_core", "_name", "flaps", "now", "tables")

    def __init__(self, core: SpeakerCore, name: str, rules: DampingRules) -> None:
        self.flaps = Damping(rules)
        self.now = 0.0  # of the input that is being applied
        self.tables: dict[Family, DampedTable] = {}
        self._core = core
        self._name = name
        self._alarm = Alarm(core.at, self._wake)
        self._cover_tables()

    def _cover_tables(self) -> None:
        """One before each of the core's tables."""
        for family, table in self._core.tables.items():
            if family not in self.tables:
                self.tables[family] = DampedTable(table, self)

    def use_rules(self, rules: DampingRules) -> None:
        """Other values, or the same; there may be other tables."""
        self._cover_tables()
        self.flaps.use_rules(rules)
        self.arm()

    def arm(self) -> None:
        """Wake up for what is due next."""
        self._alarm.set(self.flaps.next_deadline)

    def _wake(self, now: float) -> None:
        peer = self._core.sessions.peers.get(self._name)
        if peer is not None and peer.damping is self:  # not of a former peer, or of a former setting
            self.release(self.flaps.tick(now))
            self.arm()

    def release(self, routes: Iterable[RouteId]) -> None:
        """These are used again, as import policy has them now."""
        importer = self._core.sessions.importers.get(self._name)
        if importer is None:
            return  # no session: what it will send is looked at then
        for family, path_id, key in routes:
            self._release(family, path_id, key, importer)

    def _release(self, family: Family, path_id: int, key: bytes, importer: Importer) -> None:
        table = self._core.tables[family]
        path = candidate(table, key, self._name, path_id)
        if path is not None and path.reason == DAMPED:
            new = importer.path(path.source, path_id, path.received, family, key)
            table.insert([key], new.with_labels(path.labels))


class DampedTable:
    """A table as a damped peer's session sees it: what it changes is counted, what it may not use is not eligible."""

    __slots__ = ("_damping", "_table", "family")

    def __init__(self, table: Table, damping: PeerDamping) -> None:
        self.family = table.family
        self._table = table
        self._damping = damping

    def insert(self, keys: list[bytes], path: Path) -> None:
        """``Table.insert``, with what is suppressed as not eligible."""
        damping, table = self._damping, self._table
        flaps, now, get = damping.flaps, damping.now, table.get
        free: list[bytes] = []
        damped: list[bytes] = []
        for key in keys:
            entry = get(key)
            if entry is None and flaps.knows_none:
                free.append(key)
                continue
            route = (self.family, path.path_id, key)
            before = candidate(table, key, path.source.name, path.path_id) if entry is not None else None
            if before is None:
                flaps.came_back(route, now)
            elif before.received != path.received:
                flaps.changed(route, now)
            (damped if flaps.is_suppressed(route) else free).append(key)
        if free:
            table.insert(free, path)
        if damped:
            table.insert(damped, Path(path.source, path.path_id, path.received, None, DAMPED, path.labels))
        damping.arm()

    def withdraw(self, keys: Iterable[bytes], source_name: str, path_id: int = 0) -> None:
        """``Table.withdraw``; only what was there is a flap."""
        damping, table = self._damping, self._table
        keys = list(keys)
        for key in keys:
            if candidate(table, key, source_name, path_id) is not None:
                damping.flaps.withdrawn((self.family, path_id, key), damping.now)
        table.withdraw(keys, source_name, path_id)
        damping.arm()


def candidate(table: Table, key: bytes, source_name: str, path_id: int) -> Path | None:
    """What a peer has told us of a prefix with that path identifier."""
    for path in paths_of(table.get(key)):
        if path.path_id == path_id and path.source.name == source_name:
            return path
    return None
