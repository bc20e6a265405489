"""How much of what was kept for a peer's return it has not sent again yet, till its End-of-RIB (RFC 4724 §4.2).

What a session changes meanwhile goes through ``Renewal``s; before and after that nobody counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..addresses import Family
from ..rib.path import Path
from ..rib.table import Table
from .damping import candidate

if TYPE_CHECKING:
    from .core import SpeakerCore
    from .inbound import Receiver
    from .peers import Peer


class Renewal:
    """A table as the session of a peer sees it that has returned: what it changes is stale no longer."""

    __slots__ = ("_fresh", "_name", "_since", "_table", "family", "into")

    def __init__(self, table: Table, peer: Peer) -> None:
        self.family = table.family
        self.into: Receiver = table  # or what stands before it
        self._table = table
        self._name = peer.name
        self._since = peer.stale_before
        self._fresh = 0  # routes of this session

    @property
    def stale(self) -> int:
        """Routes of former sessions that are still there."""
        return max(0, self._table.counters(self._name).received - self._fresh)

    def insert(self, keys: list[bytes], path: Path) -> None:
        self._fresh += sum(not self._is_fresh(key, path.path_id) for key in dict.fromkeys(keys))
        self.into.insert(keys, path)

    def withdraw(self, keys: Iterable[bytes], source_name: str, path_id: int = 0) -> None:
        keys = list(dict.fromkeys(keys))
        self._fresh -= sum(self._is_fresh(key, path_id) for key in keys)
        self.into.withdraw(keys, source_name, path_id)

    def _is_fresh(self, key: bytes, path_id: int) -> bool:
        path = candidate(self._table, key, self._name, path_id)
        return path is not None and path.source.epoch >= self._since


def begin(core: SpeakerCore, peer: Peer) -> None:
    """A session begins, and some of the peer's routes are still there."""
    peer.renewals = {family: Renewal(core.tables[family], peer) for family in peer.waiting}


def ways_in(core: SpeakerCore, peer: Peer) -> Mapping[Family, Receiver]:
    """Where the routes of a peer's session go: into the tables, through what looks at them before."""
    tables = core.tables if peer.damping is None else peer.damping.tables
    if not peer.renewals:
        return tables
    for family, renewal in peer.renewals.items():
        renewal.into = tables[family]
    return {**tables, **peer.renewals}


def stale(core: SpeakerCore, peer: Peer, family: Family) -> int:
    """How many of a peer's routes are kept though their session is over."""
    if family not in peer.waiting:
        return 0
    renewal = peer.renewals.get(family)
    return core.tables[family].counters(peer.name).received if renewal is None else renewal.stale
