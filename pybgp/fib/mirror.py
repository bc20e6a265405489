"""What we know of the kernel: its links and tables, fed by notifications and dumps; and what of it is news. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ..addresses import Family
from ..config.model import FibConfig
from ..speaker.fib import KernelChanges, KernelEvent, LocalAddresses
from .foreign import device_towards
from .links import LinkChange, Links
from .table import Table
from .wire import Header, MessageType, address_family

_MAIN: Final = 254
"""RT_TABLE_MAIN."""
_NOBODYS: Final = -1
"""No route has this protocol number."""


class Mirror:
    """``tables`` are those that our routes go into; ``all_tables`` are also main's, where that is another one."""

    __slots__ = (
        "_events",
        "_links_changed",
        "_main",
        "_names_changed",
        "_protocol",
        "_renamed",
        "_said",
        "_told",
        "all_tables",
        "links",
        "tables",
    )

    def __init__(self, config: FibConfig, families: Iterable[Family]) -> None:
        self.links = Links()
        self.tables = {
            family: Table(
                family,
                protocol=config.protocol,
                table=config.table,
                metric=config.metric if family == Family.IPV4_UNICAST else config.metric or 1024,
                name_of=self.links.name_of,
            )
            for family in families
        }
        beside = self.tables if config.table != _MAIN else ()
        self._main = tuple(  # next hops are resolved by it too; nothing in it is ours
            Table(family, protocol=_NOBODYS, table=_MAIN, metric=0, name_of=self.links.name_of) for family in beside
        )
        self.all_tables = (*self.tables.values(), *self._main)
        self._protocol = config.protocol
        self._links_changed = False
        self._names_changed = False
        self._renamed = False
        self._told = LocalAddresses()
        self._said = 0  # routes with our protocol number, when they were last worth a line
        self._events: list[tuple[str, dict[str, object]]] = []

    @property
    def resync_wanted(self) -> bool:
        """Only a dump can say what is there."""
        return any(table.resync_wanted for table in self.all_tables)

    # What comes in

    def notified(self, data: bytes, header: Header, now: float) -> None:
        """Somebody changed a route, a link or an address."""
        if header.type in (MessageType.NEW_ROUTE, MessageType.DEL_ROUTE):
            for table in self.all_tables:
                if address_family(table.family) == data[header.start + 16]:
                    table.notified(data, header, now)
        else:
            self._link_changed(self.links.feed(data, header))

    def links_dumped(self) -> None:
        """All links and addresses have been read."""
        self._links_changed = True
        self._forget_links()

    def distrust(self) -> None:
        """Notifications were lost."""
        for table in self.tables.values():
            table.plan.distrust()

    def _link_changed(self, change: LinkChange) -> None:
        if not change.anything:
            return
        self._links_changed = True
        self._forget_links()
        for table in self.all_tables:
            if change.gone is not None:
                self._device_gone(table, change.gone, deleted=change.deleted)
            if table.family == Family.IPV4_UNICAST:
                if change.gone_ipv4 is not None:
                    self._device_gone(table, change.gone_ipv4)
                if change.gone_source is not None:
                    table.source_gone(change.gone_source)
            if change.appeared is not None:
                table.plan.device_appeared(change.appeared)
            if change.renamed is not None:
                table.plan.device_renamed(*change.renamed)
                table.doubtful = True
                self._renamed = True

    def _device_gone(self, table: Table, device: str, *, deleted: bool = False) -> None:
        ours = table.device_gone(device, self._leads_to, deleted=deleted)
        if ours:
            self._events.append(("fib_link_down", {"device": device, "family": str(table.family), "routes": ours}))

    def _leads_to(self, gateway: bytes) -> str | None:
        family = Family.IPV4_UNICAST if len(gateway) == 4 else Family.IPV6_UNICAST
        return device_towards(gateway, [table.foreign for table in self.all_tables if table.family == family])

    def _forget_links(self) -> None:
        self._names_changed = True
        for table in self.all_tables:
            table.reader.forget()

    # What comes out

    def take_names_changed(self) -> bool:
        """Have interfaces other names or numbers than at the last call?"""
        changed, self._names_changed = self._names_changed, False
        return changed

    def take_renamed(self) -> bool:
        """Do routes of ours read differently than at the last call?"""
        renamed, self._renamed = self._renamed, False
        return renamed

    def take_news(self, now: float) -> Iterator[KernelEvent]:
        """What the core is to know; and the plans, which may try again."""
        changed = self._links_changed
        if self._links_changed:
            self._links_changed = False
            now_there = self.links.snapshot()
            if now_there != self._told:
                self._told = now_there
                yield now_there
        for table in self.all_tables:
            if table.changed:
                table.changed = False
                changed = True
                news = table.foreign.take_changes(main=table in self._main)
                if news is not None:
                    yield news
        if changed:
            for table in self.tables.values():
                table.plan.environment_changed(now)

    def nothing(self) -> Iterator[KernelEvent]:
        """No route at all is an answer too: no next hop can be reached."""
        if not any(len(table.foreign) for table in self.all_tables):
            for family in self.tables:
                yield KernelChanges(family, {})

    def take_events(self) -> list[tuple[str, dict[str, object]]]:
        """Lines for the log: a link that took routes of ours, and a BIRD's routes beside ours."""
        self._say_bird_routes()
        events, self._events = self._events, []
        return events

    def _say_bird_routes(self) -> None:
        """Once when they appear, and when there are ten times as many."""
        count = sum(table.foreign.same_protocol for table in self.tables.values())
        if count > 10 * self._said:
            self._said = count
            self._events.append(("fib_bird_routes", {"routes": count, "protocol": self._protocol}))
