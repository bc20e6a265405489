"""Update groups: peers with equal export rules share one encoded stream.

A flush of the table becomes *moves* (what a set of prefixes had before, what it has now); a group turns them into
segments of octets, once, and each member gets the joined stream less the segments that are not for it: routes of its
own. A member that can't keep up leaves the stream and keeps a ``Backlog``: which prefixes it is behind on and what it
was last told of them. So its memory is bounded by the table, and it gets the newest state and not the history. One that
has just joined walks through the table first, with all others that do (``rib.walk``); so does one whose rules have
changed, to hear what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from itertools import islice
from typing import ClassVar, Final
from weakref import ref

from .add_path import PathIds
from .adj_rib_out import AdjRibOut
from .backlog import Backlog, Member, everything_again, set_aside, whole_table
from .changes import Changes
from .export import Export, Exporter, ExportRules
from .moves import Move, Told, regroup
from .path import Entry, Path
from .selection import Selection, selection_of
from .stream import Parcel
from .table import SLICE, Table
from .telling import Telling
from .walk import PIECE, Walk, bits

RIDERS: Final = 100
"""Members that are told a piece of a walk in one turn: some 5 ms of work."""


class UpdateGroup:
    """The members of one family that are told the same."""

    __slots__ = ("_ids", "_journal", "_table", "_telling", "held", "limit", "members", "out")

    exporter_of: ClassVar[type[Exporter]] = Exporter
    out_of: ClassVar[type[AdjRibOut]] = AdjRibOut
    telling_of: ClassVar[type[Telling]] = Telling

    def __init__(self, rules: ExportRules, table: Table, ids: PathIds) -> None:
        self.out = self.out_of(self.exporter_of(rules), self._selection(rules, table))
        self.limit = rules.limit
        self.members: dict[int, Member] = {}  # by connection
        self.held: dict[bytes, Told] = {}  # with an MRAI: what waits for the interval to end
        self._table = table
        self._journal: ref[Walk] | None = None  # while somebody who has been set aside has it
        self._ids = ids
        self._telling = self.telling_of(self.out, ids)

    @staticmethod
    def _selection(rules: ExportRules, table: Table) -> Selection | None:
        return selection_of(rules, lambda: table.decision)

    @property
    def rules(self) -> ExportRules:
        return self.out.rules

    @property
    def exporter(self) -> Exporter:
        return self.out.exporter

    # -- membership --------------------------------------------------------------------------------------------------

    def join(self, member: Member, then: list[bytes]) -> None:
        """A new session: it is behind on the whole table, and hears ``then`` when it has got it."""
        member.backlog = whole_table(self.out, then, self._table)
        self.members[member.conn] = member

    def move_in(self, member: Member, old: UpdateGroup) -> None:
        """A member whose rules have changed: it hears what differs from what the old group has told it."""
        old.leave(member.conn)
        old.out.stays()
        self._compare(member, old)
        self.members[member.conn] = member

    def leave(self, conn: int) -> None:
        self.members.pop(conn, None)

    def refresh(self, member: Member, end: list[bytes]) -> None:
        """A ROUTE-REFRESH: everything again (RFC 2918 §4), then ``end``."""
        backlog = self._behind(member)
        member.backlog = everything_again(backlog.behind, self.out, backlog.then + end, self._table)
        member.advertised = 0

    def reselect(self) -> None:
        """Costs from elsewhere, or how paths are compared, may have changed: members hear what differs."""
        former = copy(self)
        former.out.stays()
        self.out = former.out.reselecting()
        self._telling = self.telling_of(self.out, self._ids)
        for member in self.members.values():
            if former.out.is_known:
                self._compare(member, former)
            else:
                self.refresh(member, [])

    def _compare(self, member: Member, former: UpdateGroup) -> None:
        backlog = former._behind(member)
        member.backlog = backlog.under_other_rules(former.out, self.out, self._table)

    def _behind(self, member: Member) -> Backlog:
        """What a member is behind on, shared with nobody; one that is up to date waits for what is held."""
        return member.backlog.apart() if member.backlog is not None else Backlog(self.held, [])

    def set_aside(self, member: Member) -> None:
        """The member's transport is full: from now on only remember what it misses."""
        if member.backlog is None:
            member.backlog = set_aside(dict(self.held), self._shared_journal())

    def _shared_journal(self) -> Walk:
        """What changes from now on, for all that are set aside; a new one when most of the old one is of no use."""
        journal = self._journal() if self._journal is not None else None
        if journal is None or len(journal) > len(self._table) + PIECE:
            journal = Walk([], is_journal=True)
            self._journal = ref(journal)
        return journal

    # -- telling -----------------------------------------------------------------------------------------------------

    def flush(self, changes: Changes, moves: list[Move]) -> Iterable[Parcel]:
        """Tell the members that are up to date; the others remember."""
        # HOT, once a flush and group.
        present = [member for member in self.members.values() if member.backlog is None]
        if len(present) < len(self.members):
            for member in self.members.values():
                if member.backlog is not None:
                    member.backlog.changed(changes)
        return self._telling.stream(moves).to(present) if present else ()

    def hold(self, changes: Changes) -> None:
        """Within the advertisement interval: keep only what each prefix had before it (RFC 4271 §9.2.1.1)."""
        for member in self.members.values():
            if member.backlog is not None:
                member.backlog.changed(changes)
        for key, old in changes.before().items():
            self.held.setdefault(key, old)

    def release(self) -> Iterator[Parcel]:
        """The interval is over: the newest state of what was held."""
        held, self.held = self.held, {}
        present = [member for member in self.members.values() if member.backlog is None]
        if held and present:
            yield from self._telling.stream(regroup(held, self._table)).to(present)

    def catch_up(self, member: Member) -> Iterator[Parcel]:
        """The next part of what a member is behind on; when nothing is left it rejoins the stream.

        Others that lack the same piece of the table get it too.
        """
        backlog = member.backlog
        if backlog is None:
            return
        rest = backlog.rest
        if backlog.walk is not None and rest:
            yield from self._walk_on(member, backlog, backlog.walk, next(bits(rest)))
        else:
            if backlog.walk is not None and not backlog.walk.is_journal:
                backlog.walk = None
            behind = backlog.behind
            part: dict[bytes, Told] = {}
            while behind and len(part) < SLICE:
                key, told = behind.popitem()
                part[key] = told
            yield from self._telling.stream(regroup(part, self._table)).to([member])
        if not backlog.behind and not backlog.rest:
            if self.held:  # the others first, so that nobody hears the same change twice
                yield from self.release()
            if backlog.then:
                yield Parcel((member,), b"".join(backlog.then), len(backlog.then))
            member.backlog = None

    def _walk_on(self, member: Member, backlog: Backlog, walk: Walk, number: int) -> Iterator[Parcel]:
        """A piece of the table, for many that lack it and whose transport takes it; encoded once for them."""
        keys = walk.begin(number)
        former = backlog.former(number)
        riders = [member]
        if backlog.lacks(number, keys, walk, former):  # it was not told something else of some of them
            others = (
                other
                for other in self.members.values()
                if other.backlog is not None
                and other is not member
                and not other.full
                and other.backlog.lacks(number, keys, walk, former)
            )
            riders += islice(others, RIDERS - 1)
        part = backlog.piece(number, keys, self._table)
        for rider in riders:
            assert rider.backlog is not None
            rider.backlog.told |= 1 << number
        yield from self._telling.stream(regroup(part, self._table)).to(riders)

    def told(self, name: str, key: bytes, entry: Entry | None) -> Iterator[tuple[Path, Export]]:
        """What a member has of a prefix that has ``entry``, when it is up to date."""
        return self.out.told(name, key, entry)
