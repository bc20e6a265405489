"""What a member of a group is behind on, and by which rules it was told what it has."""

from __future__ import annotations

from .adj_rib_out import AdjRibOut
from .changes import Changes
from .local import DEFAULT_KEY, DEFAULT_ROUTE
from .moves import Again, Told
from .path import Entry, paths_of
from .table import Table
from .walk import Walk, bits


class Backlog:
    """What a member is behind on, and what it is to hear when it has caught up."""

    __slots__ = ("_former", "behind", "then", "told", "walk")

    def __init__(
        self, behind: dict[bytes, Told], then: list[bytes], walk: Walk | None = None, former: Again | None = None
    ) -> None:
        """``former`` says how the member was told what it has of the walk's prefixes, None if it has nothing."""
        self.behind = behind  # prefix -> what the member was last told of it
        self.then = then  # End-of-RIB, or the end of a refresh
        self.walk = walk  # the whole table, or what has changed since the member was set aside, before ``behind``
        self.told = 0  # bit mask of the walk's pieces that the member has had
        self._former: list[tuple[int, Again]] = []  # masks of pieces, and how it was told before; of others, nothing
        if former is not None and walk is not None:
            self._former.append((walk.rest(0), former))

    def former(self, number: int) -> Again | None:
        """How the member was told the prefixes of a piece before this walk came to it; None if it has nothing."""
        for mask, former in self._former:
            if mask >> number & 1:
                return former
        return None

    def changed(self, changes: Changes) -> None:
        """The table has changed; what was last told stays what it was."""
        if self.walk is None:
            self._remember(changes.before())
            return
        for number, before in self.walk.changed(changes).items():
            if self.told >> number & 1:
                self._remember(before)
            elif (former := self.former(number)) is not None:
                self._remember({key: None if old is None else Again(old, former.by) for key, old in before.items()})

    def _remember(self, before: dict[bytes, Entry | None] | dict[bytes, Again | None]) -> None:
        behind = self.behind
        if behind:
            behind.update([item for item in before.items() if item[0] not in behind])
        else:
            behind.update(before)

    def lacks(self, number: int, keys: list[bytes], walk: Walk, former: Again | None) -> bool:
        """Is the member to hear just what others hear with this piece of the walk?"""
        return (
            self.walk is walk
            and not self.told >> number & 1
            and self.former(number) == former
            and self.behind.keys().isdisjoint(keys)
        )

    def piece(self, number: int, keys: list[bytes], table: Table) -> dict[bytes, Told]:
        """What the member was told of a piece's prefixes; it is about to hear the rest."""
        former = self.former(number)
        part: dict[bytes, Told]
        if self.walk is not None and self.walk.before:
            before = self.walk.before
            part = {key: before.get(key) for key in keys}
        elif former is None:
            part = dict.fromkeys(keys)
        else:
            part = {}
            known: dict[Entry | None, Again | None] = {None: None}
            for key, entry in zip(keys, map(table.get, keys), strict=True):
                part[key] = known[entry] if entry in known else known.setdefault(entry, Again(entry, former.by))
        behind = self.behind
        if behind:
            part.update([(key, behind.pop(key)) for key in keys if key in behind])
        return part

    def apart(self) -> Backlog:
        """The same without a list of what has changed that it shares with others."""
        walk = self.walk
        if walk is None or not walk.is_journal:
            return self
        behind: dict[bytes, Told] = {}
        for number in bits(self.rest):
            behind.update([(key, walk.before.get(key)) for key in walk.pieces[number]])
        return Backlog(behind | self.behind, self.then)

    def under_other_rules(self, by: AdjRibOut, to: AdjRibOut, table: Table) -> Backlog:
        """For a member that was told by the rules of ``by`` and falls under ``to``: it is to hear what differs."""
        behind: dict[bytes, Told] = {
            key: was if was is None or isinstance(was, Again) else Again(was, by) for key, was in self.behind.items()
        }
        walk = self.walk
        if walk is None:
            moved = Backlog(behind, self.then, table.walk(), Again(None, by))
        else:
            moved = Backlog(behind, self.then, walk)
            rest = walk.rest(self.told)
            masks = [(mask & rest, former) for mask, former in self._former] + [(self.told, Again(None, by))]
            moved._former = [(mask, former) for mask, former in masks if mask]
            moved._pass_over(to)
        if to is not by:
            moved._look_at_default(by, to, table)
        return moved

    def _pass_over(self, to: AdjRibOut) -> None:
        """Back to the rules of before: what was not told by the others since then stays."""
        for mask, former in self._former:
            if former.by is to and self.walk is not None:
                for number in bits(mask):
                    self.walk.begin(number)  # nothing new may come into it
                self.told |= mask

    def _look_at_default(self, by: AdjRibOut, to: AdjRibOut, table: Table) -> None:
        """The default route of our own may come, change or go, and is in no table."""
        if by.originated is None and to.originated is None:
            return
        if DEFAULT_KEY in self.behind:
            if self.behind[DEFAULT_KEY] is None:  # of the table's, but perhaps of our own
                self.behind[DEFAULT_KEY] = Again(None, by)
            return
        if self.walk is None:
            return
        number = self.walk.number(DEFAULT_KEY)
        former = self.former(number) if number is not None else Again(None, by)
        if former is None:
            self.behind[DEFAULT_KEY] = Again(None)
        else:
            self.behind[DEFAULT_KEY] = Again(table.get(DEFAULT_KEY), former.by)

    @property
    def rest(self) -> int:
        """Bit mask of the walk's pieces that the member has not had; 0 without a walk."""
        return self.walk.rest(self.told) if self.walk is not None else 0

    @property
    def size(self) -> int:
        """Prefixes that are still to be told or compared, roughly: some may be gone, or not for the member."""
        walk = self.walk
        rest = sum(len(walk.pieces[number]) for number in bits(self.rest)) if walk is not None else 0
        return len(self.behind) + rest


def set_aside(held: dict[bytes, Told], journal: Walk) -> Backlog:
    """Of a member that was up to date, but for what is ``held``, and can't take more."""
    backlog = Backlog(held, [], journal)
    backlog.told = journal.begin_all()
    return backlog


def whole_table(out: AdjRibOut, then: list[bytes], table: Table) -> Backlog:
    """Of a new session."""
    behind: dict[bytes, Told] = {DEFAULT_KEY: Again(None)} if out.originated is not None else {}
    return Backlog(behind, then, table.walk())


def everything_again(behind: dict[bytes, Told], out: AdjRibOut, then: list[bytes], table: Table) -> Backlog:
    """The whole table come what may, and the end of what the member was told and is no longer there."""
    again = {key: None if was is None else _come_what_may(key, was) for key, was in behind.items()}
    if out.originated is not None and DEFAULT_KEY not in again:
        again[DEFAULT_KEY] = Again((DEFAULT_ROUTE, *paths_of(table.get(DEFAULT_KEY))))
    return Backlog(dict(again), then, table.walk(), Again(None))


def _come_what_may(key: bytes, was: Entry | Again) -> Again:
    if not isinstance(was, Again):
        return Again(was)
    if key == DEFAULT_KEY and was.by is not None and was.by.originated is not None:
        return Again((DEFAULT_ROUTE, *paths_of(was.entry)))
    return Again(was.entry)


class Member:
    """One Established session in the group of one family."""

    __slots__ = ("advertised", "backlog", "conn", "full", "name")

    def __init__(self, name: str, conn: int) -> None:
        self.name = name  # the peer's, as in Source.name
        self.conn = conn
        self.advertised = 0  # prefixes (paths, with ADD-PATH) that the peer has from us
        self.backlog: Backlog | None = None
        self.full = False  # its transport asks to pause
