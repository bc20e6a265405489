"""Origin validation in the core: connections with the caches, and the table of VRPs that follows from them.

What a new table means for routes is the core's business (``SpeakerCore.new_generation``); who asks a policy gets the
table that was there when the policy's generation was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from ..addresses import Family
from ..config.model import RpkiCacheConfig
from ..fsm.actions import Close, Send
from ..routes import RpkiState
from ..rpki import client
from ..rpki.client import Client
from ..rpki.merge import Merge
from ..rpki.table import VrpTable
from ..rpki.vrp import IPV4_RECORD, IPV6_RECORD, Vrp
from .alarm import Alarm, At
from .outputs import Connect, TransportOptions

if TYPE_CHECKING:
    from .core import SpeakerCore


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStatus:
    """One cache; times are of the clock that the core is driven with."""

    name: str
    """``address:port``, an IPv6 address in brackets."""
    address: str
    port: int
    preference: int
    state: str
    """"idle", "connecting", "asked", "loading", "synced"."""
    since: float
    version: int
    session_id: int | None
    serial: int | None
    used: bool
    """Do its VRPs count? Those of less preferred caches wait."""
    ipv4_vrps: int
    ipv6_vrps: int
    updated_at: float | None
    refresh_at: float | None
    expires_at: float | None
    last_error: str


class _Cache:
    """One configured cache."""

    __slots__ = ("alarm", "client", "config", "conn", "ipv4_vrps")

    def __init__(self, config: RpkiCacheConfig, at: At, wake: Callable[[_Cache, float], None]) -> None:
        self.config = config
        self.client = Client()
        self.conn: int | None = None  # of the connection, or of the one that is being made
        self.alarm = Alarm(at, lambda now: wake(self, now))  # for the client's next deadline
        self.ipv4_vrps = 0

    @property
    def name(self) -> str:
        return cache_name(self.config)


class Rpki:
    """The caches of one speaker, and its VRPs."""

    __slots__ = ("_by_conn", "_caches", "_core", "_merge", "_now", "_updating")

    def __init__(self, core: SpeakerCore) -> None:
        self._core = core
        self._caches: dict[str, _Cache] = {}
        self._by_conn: dict[int, _Cache] = {}
        self._merge = Merge(core.rules.seen_as)
        self._now = 0.0
        self._updating = False
        self._merge.set_static(Vrp.parse(text).record for text in core.config.rpki.roas)
        self._merge.finish()

    @property
    def table(self) -> VrpTable:
        """The VRPs that count."""
        return self._merge.table

    @property
    def active(self) -> bool:
        """Is there anything that routes could be validated with?"""
        return bool(self._caches) or len(self._merge.table) > 0

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Connect to all caches."""
        self._now = now
        for config in self._core.config.rpki.caches:
            self._add(config, now)

    def stop(self, now: float) -> None:
        """Close all connections."""
        for cache in self._caches.values():
            cache.client.lost(now, "stopping")
            cache.client.take_output()
            self._hang_up(cache)
        self._caches.clear()

    def reconfigure(self, now: float) -> None:
        """The configuration is another: only caches that differ are touched."""
        self._now = now
        config = self._core.config
        wanted = {cache_name(each): each for each in config.rpki.caches}
        for name in [name for name in self._caches if name not in wanted]:
            self._remove(name, now)
        for name, each in wanted.items():
            known = self._caches.get(name)
            if known is None:
                self._add(each, now)
            elif known.config != each:
                known.config = each
                self._merge.add_cache(name, each.preference)
        before = self._merge.table
        self._merge.set_own_as(self._core.rules.seen_as)
        if self._merge.table is not before:
            self._core.new_vrps(self._merge.table, None, now)
        self._merge.set_static(Vrp.parse(text).record for text in config.rpki.roas)
        self._follow()

    def _add(self, config: RpkiCacheConfig, now: float) -> None:
        cache = _Cache(config, self._core.at, self._wake)
        self._caches[cache.name] = cache
        self._merge.add_cache(cache.name, config.preference)
        cache.client.start(now)
        self._drain(cache, now)

    def _remove(self, name: str, now: float) -> None:
        cache = self._caches.pop(name)
        cache.client.stop(now)
        cache.client.take_output()
        self._hang_up(cache)
        self._merge.remove_cache(name)

    # -- connections -------------------------------------------------------------------------------------------------

    def connected(self, conn: int, now: float) -> bool:
        """Returns whether the connection is with a cache."""
        cache = self._by_conn.get(conn)
        if cache is not None:
            cache.client.connected(now)
            self._drain(cache, now)
        return cache is not None

    def received(self, conn: int, data: bytes, now: float) -> None:
        cache = self._by_conn.get(conn)
        if cache is not None:
            cache.client.received(data, now)
            self._drain(cache, now)

    def connection_failed(self, conn: int, now: float, why: str) -> bool:
        """Returns whether the connection was with a cache."""
        cache = self._by_conn.pop(conn, None)
        if cache is not None:
            cache.conn = None
            cache.client.lost(now, why)
            self._drain(cache, now)
        return cache is not None

    def _drain(self, cache: _Cache, now: float) -> None:
        self._now = now
        core = self._core
        for action in cache.client.take_output():
            match action:
                case client.Dial():
                    self._dial(cache)
                case client.Send(data) if cache.conn is not None:
                    core.put(Send(cache.conn, data))
                case client.HangUp():
                    self._hang_up(cache)
                case client.Data(announced, withdrawn):
                    cache.ipv4_vrps += _ipv4(announced) - _ipv4(withdrawn)
                    records = chain(announced, withdrawn)
                    self._merge.changed(cache.name, cache.client.vrps, cache.client.has_data, records)
                    self._follow()
                case client.Note(kind, fields, warn):
                    core.event(kind, "warn" if warn else "info", cache=cache.name, **fields)
        cache.alarm.set(cache.client.next_deadline)

    def _dial(self, cache: _Cache) -> None:
        conn = cache.conn = next(self._core.conn_ids)
        self._by_conn[conn] = cache
        self._core.put(Connect(conn, cache.config.address, cache.config.port, TransportOptions()))

    def _hang_up(self, cache: _Cache) -> None:
        if cache.conn is not None:
            del self._by_conn[cache.conn]
            self._core.put(Close(cache.conn))
            cache.conn = None

    def _wake(self, cache: _Cache, now: float) -> None:
        if self._caches.get(cache.name) is cache:
            cache.client.tick(now)
            self._drain(cache, now)

    # -- the table ---------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Make the next table, in slices; what comes meanwhile is in the one after it."""
        if self._merge.is_behind and not self._updating:
            self._updating = True
            self._core.later(self._update())

    def _update(self) -> Iterator[None]:
        for made in self._merge.update():
            if made is not None:
                self._core.new_vrps(*made, self._now)
            yield
        self._updating = False

    # -- questions ---------------------------------------------------------------------------------------------------

    def state(self, family: Family, key: bytes, origin_as: int | None) -> RpkiState:
        """What the VRPs say of a route, now."""
        return self._merge.table.state(family, key, origin_as)

    def status(self) -> list[CacheStatus]:
        """All caches, the most preferred ones first."""
        caches = sorted(self._caches.values(), key=lambda cache: (cache.config.preference, cache.name))
        return [self._status(cache) for cache in caches]

    def _status(self, cache: _Cache) -> CacheStatus:
        config, rtr = cache.config, cache.client
        return CacheStatus(
            name=cache.name,
            address=config.address,
            port=config.port,
            preference=config.preference,
            state=rtr.state.value,
            since=rtr.since,
            version=rtr.version,
            session_id=rtr.session_id,
            serial=rtr.serial,
            used=cache.name in self._merge.active,
            ipv4_vrps=cache.ipv4_vrps,
            ipv6_vrps=len(rtr.vrps) - cache.ipv4_vrps,
            updated_at=rtr.updated_at,
            refresh_at=rtr.refresh_at,
            expires_at=rtr.expires_at,
            last_error=rtr.last_error,
        )


def cache_name(config: RpkiCacheConfig) -> str:
    """``192.0.2.1:323``, ``[2001:db8::1]:323``."""
    return f"[{config.address}]:{config.port}" if ":" in config.address else f"{config.address}:{config.port}"


def _ipv4(records: frozenset[bytes]) -> int:
    octets = sum(map(len, records))  # there are two sizes: so many of the one, so many of the other
    return (IPV6_RECORD * len(records) - octets) // (IPV6_RECORD - IPV4_RECORD)
