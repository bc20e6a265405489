"""Where routes go: which peer is in which update group, who is slow, who has just joined."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..addresses import Family
from ..constants import RefreshSubtype
from ..messages import update
from ..messages.refresh import RouteRefresh
from ..rib.add_path import PathIds
from ..rib.backlog import Member
from ..rib.changes import Changes
from ..rib.export import ExportRules
from ..rib.group_kinds import update_group
from ..rib.groups import UpdateGroup
from ..rib.moves import Move
from ..rib.stream import Parcel
from ..rib.table import Table

Deliver = Callable[[list[int], bytes, int], None]
"""Takes connections, octets for each of them, and how many messages these are."""


class Outbound:
    """All update groups of a speaker. Octets leave through ``deliver``, which must not call back."""

    __slots__ = (
        "_by_conn",
        "_congested",
        "_deliver",
        "_gone",
        "_groups",
        "_lagging",
        "_refreshes",
        "_release_at",
        "_tables",
        "ids",
    )

    def __init__(self, tables: Mapping[Family, Table], deliver: Deliver) -> None:
        self.ids = PathIds()
        self._tables = tables
        self._deliver = deliver
        self._groups: dict[ExportRules, UpdateGroup] = {}
        self._by_conn: dict[int, list[tuple[UpdateGroup, Member]]] = {}
        self._congested: set[int] = set()
        self._lagging: OrderedDict[tuple[UpdateGroup, Member], None] = (
            OrderedDict()
        )  # behind, and their transport takes
        # more; in turn, none of them twice
        self._refreshes: dict[tuple[int, Family], bool] = {}  # asked for and not begun -> enhanced
        self._gone: set[str] = set()  # sources without paths, of which somebody may not know it yet
        self._release_at: dict[UpdateGroup, float] = {}  # groups within their advertisement interval

    # -- sessions ----------------------------------------------------------------------------------------------------

    def join(self, name: str, conn: int, rules: ExportRules, *, end_of_rib: bool = True) -> tuple[UpdateGroup, Member]:
        """A session begins for one family: the whole table, then End-of-RIB (RFC 4724 §2)."""
        self._gone.discard(name)
        group = self._group(rules)
        member = Member(name, conn)
        member.full = conn in self._congested
        group.join(member, [update.end_of_rib(rules.family)] if end_of_rib else [])
        self._by_conn.setdefault(conn, []).append((group, member))
        self._lagging[group, member] = None
        return group, member

    def leave(self, conn: int) -> None:
        """The session is over."""
        self._congested.discard(conn)
        for group, member in self._by_conn.pop(conn, ()):
            self._refreshes.pop((conn, group.rules.family), None)
            group.leave(conn)
            member.backlog = None
            self._forget_if_empty(group)

    def change_rules(self, conn: int, member: Member, old: UpdateGroup, rules: ExportRules) -> UpdateGroup:
        """A session's policy has changed; it stays, and is told what differs."""
        group = self._group(rules)
        if group is not old:
            group.move_in(member, old)
            memberships = self._by_conn[conn]
            memberships[memberships.index((old, member))] = (group, member)
            self._forget_if_empty(old)
            self._lag(group, member)
        return group

    def refresh(self, conn: int, family: Family, *, enhanced: bool) -> None:
        """The peer asks for everything again; an enhanced answer is framed by BoRR and EoRR (RFC 7313 §4)."""
        for group, member in self._by_conn.get(conn, ()):
            if group.rules.family == family:
                self._refreshes[conn, family] = enhanced  # of a flood of requests one waits, and one is answered
                self._lag(group, member)

    def _begin_refresh(self, group: UpdateGroup, member: Member) -> bool:
        """Start a refresh that is waiting, if there is one."""
        family = group.rules.family
        enhanced = self._refreshes.pop((member.conn, family), None)
        if enhanced is None:
            return False
        if enhanced:
            self._deliver([member.conn], RouteRefresh(family, RefreshSubtype.BEGIN).encode(), 1)
        group.refresh(member, [RouteRefresh(family, RefreshSubtype.END).encode()] if enhanced else [])
        return True

    def end_of_rib(self, family: Family) -> None:
        """Tell everybody End-of-RIB, that had been held back since our restart (RFC 4724 §4.1)."""
        octets = update.end_of_rib(family)
        for conn, memberships in self._by_conn.items():
            for group, member in memberships:
                if group.rules.family == family:
                    if member.backlog is not None:
                        member.backlog.then.append(octets)
                    else:
                        self._deliver([conn], octets, 1)

    def _group(self, rules: ExportRules) -> UpdateGroup:
        group = self._groups.get(rules)
        if group is None:
            group = self._groups[rules] = update_group(rules, self._tables[rules.family], self.ids)
        return group

    def _forget_if_empty(self, group: UpdateGroup) -> None:
        if not group.members:
            self._groups.pop(group.rules, None)
            self._release_at.pop(group, None)

    # -- back-pressure -----------------------------------------------------------------------------------------------

    def congested(self, conn: int) -> None:
        """The transport asks to pause: the session leaves the shared streams."""
        self._congested.add(conn)
        for group, member in self._by_conn.get(conn, ()):
            member.full = True
            group.set_aside(member)

    def is_congested(self, conn: int) -> bool:
        return conn in self._congested

    def writable(self, conn: int) -> None:
        """The transport takes more: the session gets what it missed, newest state only."""
        self._congested.discard(conn)
        for group, member in self._by_conn.get(conn, ()):
            member.full = False
            self._lag(group, member)

    def _lag(self, group: UpdateGroup, member: Member) -> None:
        if member.conn not in self._congested:
            self._lagging[group, member] = None

    # -- telling -----------------------------------------------------------------------------------------------------

    def flush(self, family: Family, changes: Changes, moves: list[Move], now: float) -> None:
        """Tell all groups of the family what has changed."""
        # HOT, once a flush.
        for rules, group in self._groups.items():
            if rules.family != family:
                continue
            if group in self._release_at:
                group.hold(changes)
                continue
            self._send(group.flush(changes, moves))
            if rules.mrai:
                self._release_at[group] = now + rules.mrai

    def tick(self, now: float) -> None:
        """Advertisement intervals that are over (RFC 4271 §9.2.1.1)."""
        for group, deadline in list(self._release_at.items()):
            if deadline <= now:
                if group.held:
                    self._release_at[group] = now + group.rules.mrai
                    self._send(group.release())
                else:
                    del self._release_at[group]

    @property
    def next_deadline(self) -> float | None:
        return min(self._release_at.values()) if self._release_at else None

    @property
    def has_work(self) -> bool:
        return bool(self._lagging)

    def step(self) -> None:
        """Bring one lagging session some 2,000 prefixes closer; the table must have been flushed."""
        (group, member), _ = self._lagging.popitem(last=False)
        if member.conn in self._congested or group.members.get(member.conn) is not member:
            return  # full again, gone, or in another group by now
        if member.backlog is None and not self._begin_refresh(group, member):
            return
        self._send(group.catch_up(member))
        waiting = (member.conn, group.rules.family) in self._refreshes
        if member.backlog is not None or waiting:
            self._lag(group, member)

    def _send(self, parcels: Iterable[Parcel]) -> None:
        for members, data, messages in parcels:
            self._deliver([member.conn for member in members], data, messages)

    def forget(self, names: Iterable[str]) -> None:
        """These peers are gone and their routes too: the identifiers go when nobody has to be told that any more."""
        self._gone.update(names)
        if not self._anybody_behind:
            for name in self._gone:
                self.ids.forget(name)
            self._gone.clear()

    def give_back_ids(self) -> None:
        """All paths that there are have kept their identifiers; the others go when nobody has to be told of them."""
        if self._anybody_behind:
            self.ids.take_back()
        else:
            self.ids.give_back()

    @property
    def _anybody_behind(self) -> bool:
        return any(
            group.held or any(member.backlog is not None for member in group.members.values())
            for group in self.groups()
        )

    def reselect(self) -> None:
        """Costs from elsewhere, or how paths are compared, have changed: who is told by them hears what differs.

        The tables must have been flushed.
        """
        for group in self._groups.values():
            if group.rules.position is not None:
                group.reselect()
                for member in group.members.values():
                    self._lag(group, member)

    def groups(self) -> Iterator[UpdateGroup]:
        return iter(self._groups.values())

    def take_too_long(self) -> Iterator[tuple[UpdateGroup, int]]:
        """How many paths were not told since the last call, because their attributes fill a message."""
        for group in self._groups.values():
            exporter = group.out.exporter
            if exporter.too_long:
                yield group, exporter.too_long
                exporter.too_long = 0
