"""Update groups: peers with equal export rules share one encoded stream.

A flush of the table becomes *moves* (what a set of prefixes had before, what it has now); a group turns them into
segments of octets, once, and each member gets the joined stream less the segments that are not for it: routes of its
own. A member that can't keep up leaves the stream and keeps a ``Backlog``: which prefixes it is behind on and what it
was last told of them. So its memory is bounded by the table, and it gets the newest state and not the history. One that
has just joined walks through the table first, with all others that do (``rib.walk``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import ClassVar, NamedTuple, TypeVar

from ..messages import update
from ..messages.families.base import identified
from .add_path import PathIds
from .changes import Changes
from .export import Export, Exporter, ExportRules
from .local import DEFAULT_KEY, DEFAULT_ROUTE
from .path import Entry, Path, best_of, paths_of
from .selection import Choice, ExportOf, selection_of, told_to
from .table import SLICE, Table
from .walk import Walk, bits


class Again(NamedTuple):
    """The member may have been told something of ``entry``, by other rules: tell it again, come what may."""

    entry: Entry | None


Told = Entry | Again | None
Selected = TypeVar("Selected", tuple[Path, ...], Choice | None)


class Move(NamedTuple):
    """Prefixes that all had ``old`` and now have ``new``."""

    old: Told
    new: Entry | None
    keys: list[bytes]


def moves_of(changes: Changes, table: Table) -> list[Move]:
    """The changes of a flush as moves; new prefixes are grouped already."""
    added, others = changes.split()
    moves = [Move(None, path, keys) for path, keys in added.items() if keys]
    return moves + regroup(others, table) if others else moves


def regroup(changes: dict[bytes, Told] | dict[bytes, Entry | None], table: Table) -> list[Move]:
    """Prefixes and what they had as moves to what the table has now; unchanged prefixes are left out."""
    # HOT: once a changed prefix; neighbours mostly go the same way, then it is one comparison and one append.
    moved: dict[tuple[Told, Entry | None], list[bytes]] = {}
    last_old: object = table  # nothing that could be in a table
    last_new: object = table
    append = list[bytes]().append
    for (key, old), new in zip(changes.items(), map(table.get, changes), strict=True):
        if new is not last_new or old is not last_old:
            if old is new:
                continue
            last_old, last_new = old, new
            append = moved.setdefault((old, new), []).append
        append(key)
    return [Move(old, new, keys) for (old, new), keys in moved.items()]


class Backlog:
    """What a member is behind on, and what it is to hear when it has caught up."""

    __slots__ = ("again", "behind", "fresh", "then", "told", "walk")

    def __init__(
        self, behind: dict[bytes, Told], then: list[bytes], *, walk: Walk | None = None, again: bool = False
    ) -> None:
        self.behind = behind  # prefix -> what the member was last told of it
        self.then = then  # End-of-RIB, or the end of a refresh
        self.walk = walk  # the whole table, before what is in ``behind``
        self.told = 0  # bit mask of the walk's pieces that the member has had
        self.fresh = walk is not None  # it begins (again) with everything, also with what is in no table
        self.again = again  # it may have been told what the walk comes to, by other rules or before a refresh

    def changed(self, changes: Changes) -> None:
        """The table has changed; what was last told stays what it was."""
        if self.walk is None:
            self._remember(changes.before())
            return
        for number, before in self.walk.changed(changes).items():
            if self.told >> number & 1:
                self._remember(before)
            elif self.again:
                self._remember({key: Again(old) for key, old in before.items()})

    def _remember(self, before: dict[bytes, Entry | None] | dict[bytes, Again]) -> None:
        behind = self.behind
        if behind:
            behind.update([item for item in before.items() if item[0] not in behind])
        else:
            behind.update(before)

    def lacks(self, number: int, keys: list[bytes], walk: Walk, *, again: bool) -> bool:
        """Is the member to hear just what others hear with this piece of the walk?"""
        return (
            self.walk is walk
            and self.again is again
            and not self.told >> number & 1
            and self.behind.keys().isdisjoint(keys)
        )

    @property
    def rest(self) -> int:
        """Bit mask of the walk's pieces that the member has not had; 0 without a walk."""
        return self.walk.rest(self.told) if self.walk is not None else 0

    @property
    def size(self) -> int:
        """Prefixes that are still to be told, roughly: some may be gone, or not for the member."""
        walk = self.walk
        rest = sum(len(walk.pieces[number]) for number in bits(self.rest)) if walk is not None else 0
        return len(self.behind) + rest


class Member:
    """One Established session in the group of one family."""

    __slots__ = ("advertised", "backlog", "conn", "full", "name")

    def __init__(self, name: str, conn: int) -> None:
        self.name = name  # the peer's, as in Source.name
        self.conn = conn
        self.advertised = 0  # prefixes (paths, with ADD-PATH) that the peer has from us
        self.backlog: Backlog | None = None
        self.full = False  # its transport asks to pause


class Stream:
    """The segments that one set of moves becomes: for all, for all but one member, for one member only.

    What is withdrawn gathers, so that it needs few UPDATEs whatever attributes it had.
    """

    __slots__ = ("_delta", "_delta_by_member", "_gone_not_for", "_gone_only", "_not_for", "_only", "_withdraw")

    def __init__(self, withdraw: Callable[[list[bytes]], list[bytes]]) -> None:
        """``withdraw`` makes UPDATEs of NLRI, which have their path identifiers in front with ADD-PATH."""
        self._withdraw = withdraw
        self._not_for: defaultdict[str, list[bytes]] = defaultdict(list)  # a member's name -> what all others get
        self._only: defaultdict[str, list[bytes]] = defaultdict(list)
        self._gone_not_for: defaultdict[str, list[bytes]] = defaultdict(list)  # NLRI, likewise
        self._gone_only: defaultdict[str, list[bytes]] = defaultdict(list)
        self._delta = 0  # prefixes announced less withdrawn, for all
        self._delta_by_member: defaultdict[str, int] = defaultdict(int)

    def for_all_but(self, name: str, messages: list[bytes], delta: int) -> None:
        self._not_for[name] += messages
        self._count_for_all_but(name, delta)

    def only_for(self, name: str, messages: list[bytes], delta: int) -> None:
        self._only[name] += messages
        self._delta_by_member[name] += delta

    def gone_for_all_but(self, name: str, nlri: Sequence[bytes], delta: int) -> None:
        self._gone_not_for[name] += nlri
        self._count_for_all_but(name, delta)

    def gone_only_for(self, name: str, nlri: Sequence[bytes], delta: int) -> None:
        self._gone_only[name] += nlri
        self._delta_by_member[name] += delta

    def _count_for_all_but(self, name: str, delta: int) -> None:
        self._delta += delta
        self._delta_by_member[name] -= delta

    def to(self, members: Iterable[Member]) -> Iterator[tuple[Member, bytes]]:
        """What each member is sent; the same object for all that get the same."""
        for gone, messages_of in ((self._gone_not_for, self._not_for), (self._gone_only, self._only)):
            for name, nlri in gone.items():
                messages_of[name] += self._withdraw(nlri)
        parts = {name: b"".join(messages) for name, messages in self._not_for.items()}
        whole = b"".join(parts.values())
        starts, at = {}, 0
        for name, part in parts.items():
            starts[name] = at
            at += len(part)
        # HOT: once a flush and member.
        delta, by_member = self._delta, self._delta_by_member
        for member in members:
            data, name = whole, member.name
            member.advertised += delta
            if name in by_member:  # something is not for it, or for it only
                member.advertised += by_member[name]
                if name in parts:
                    start = starts[name]
                    data = whole[:start] + whole[start + len(parts[name]) :]
                if name in self._only:
                    data += b"".join(self._only[name])
            if data:
                yield member, data


class UpdateGroup:
    """The members of one family that are told the same."""

    __slots__ = ("_ids", "_originated", "_selection", "_table", "exporter", "held", "limit", "members")

    exporter_of: ClassVar[type[Exporter]] = Exporter

    def __init__(self, rules: ExportRules, table: Table, ids: PathIds) -> None:
        self.exporter = self.exporter_of(rules)
        self.limit = rules.limit
        self._originated = self.exporter.originated()  # the default route of our own, in no table
        self.members: dict[int, Member] = {}  # by connection
        self.held: dict[bytes, Told] = {}  # with an MRAI: what waits for the interval to end
        self._table = table
        self._ids = ids
        self._selection = selection_of(rules, lambda: table.decision)

    @property
    def rules(self) -> ExportRules:
        return self.exporter.rules

    # -- membership --------------------------------------------------------------------------------------------------

    def join(self, member: Member, then: list[bytes]) -> None:
        """A new session: it is behind on the whole table, and hears ``then`` when it has got it."""
        member.backlog = Backlog({}, then, walk=self._table.walk())
        self.members[member.conn] = member

    def move_in(self, member: Member, old: UpdateGroup) -> None:
        """A member whose rules have changed: what it may have from the old group is told again or withdrawn."""
        old.leave(member.conn)
        then = member.backlog.then if member.backlog is not None else []
        self._start_over(member, then, old.held)
        if old._originated is not None and member.backlog is not None:
            behind = member.backlog.behind
            told = behind.get(DEFAULT_KEY, self._table.get(DEFAULT_KEY)) if old.rules.add_path else None
            beside = paths_of(told.entry if isinstance(told, Again) else told)
            behind[DEFAULT_KEY] = Again((DEFAULT_ROUTE, *beside) if beside else DEFAULT_ROUTE)
        self.members[member.conn] = member

    def leave(self, conn: int) -> None:
        self.members.pop(conn, None)

    def refresh(self, member: Member, end: list[bytes]) -> None:
        """A ROUTE-REFRESH: everything again (RFC 2918 §4), then ``end``."""
        then = member.backlog.then if member.backlog is not None else []
        self._start_over(member, then + end, self.held)

    def _start_over(self, member: Member, then: list[bytes], held: dict[bytes, Told]) -> None:
        """Everything in the table again, and the end of what the member was told and is no longer there."""
        behind: dict[bytes, Told] = {}
        for key, told in (held if member.backlog is None else member.backlog.behind).items():
            behind[key] = told if told is None or isinstance(told, Again) else Again(told)
        member.backlog = Backlog(behind, then, walk=self._table.walk(), again=True)
        member.advertised = 0

    def set_aside(self, member: Member) -> None:
        """The member's transport is full: from now on only remember what it misses."""
        if member.backlog is None:
            member.backlog = Backlog(dict(self.held), [])

    # -- telling -----------------------------------------------------------------------------------------------------

    def flush(self, changes: Changes, moves: list[Move]) -> Iterator[tuple[Member, bytes]]:
        """Tell the members that are up to date; the others remember."""
        present = []
        for member in self.members.values():
            if member.backlog is None:
                present.append(member)
            else:
                member.backlog.changed(changes)
        if present:
            yield from self._stream(moves).to(present)

    def hold(self, changes: Changes) -> None:
        """Within the advertisement interval: keep only what each prefix had before it (RFC 4271 §9.2.1.1)."""
        for member in self.members.values():
            if member.backlog is not None:
                member.backlog.changed(changes)
        for key, old in changes.before().items():
            self.held.setdefault(key, old)

    def release(self) -> Iterator[tuple[Member, bytes]]:
        """The interval is over: the newest state of what was held."""
        held, self.held = self.held, {}
        present = [member for member in self.members.values() if member.backlog is None]
        if held and present:
            yield from self._stream(regroup(held, self._table)).to(present)

    def catch_up(self, member: Member) -> Iterator[tuple[Member, bytes]]:
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
            backlog.walk = None
            behind = backlog.behind
            part: dict[bytes, Told] = {}
            while behind and len(part) < SLICE:
                key, told = behind.popitem()
                part[key] = told
            yield from self._stream(regroup(part, self._table)).to([member])
        if not backlog.behind and not backlog.rest:
            if self.held:  # the others first, so that nobody hears the same change twice
                yield from self.release()
            if backlog.fresh and self._originated is not None:
                path_id = self._ids.of(DEFAULT_ROUTE) if self.rules.add_path else None
                member.advertised += 1
                yield member, b"".join(self._announce(self._originated, [DEFAULT_KEY], path_id))
            if backlog.then:
                yield member, b"".join(backlog.then)
            member.backlog = None

    def _walk_on(self, member: Member, backlog: Backlog, walk: Walk, number: int) -> Iterator[tuple[Member, bytes]]:
        """A piece of the table, for all that lack it and whose transport takes it; encoded once."""
        keys = walk.begin(number)
        again = backlog.again
        riders = [
            other
            for other in self.members.values()
            if other.backlog is not None and not other.full and other.backlog.lacks(number, keys, walk, again=again)
        ]
        if member not in riders:
            riders = [member]  # it was told something else of some of them
        part: dict[bytes, Told] = dict.fromkeys(keys)
        if again:
            get = self._table.get
            known: dict[Entry | None, Again | None] = {None: None}
            for key in keys:
                entry = get(key)
                part[key] = known[entry] if entry in known else known.setdefault(entry, Again(entry))
            behind = backlog.behind
            part.update([(key, behind.pop(key)) for key in keys if key in behind])
        for rider in riders:
            assert rider.backlog is not None
            rider.backlog.told |= 1 << number
        yield from self._stream(regroup(part, self._table)).to(riders)

    def _stream(self, moves: list[Move]) -> Stream:
        stream = Stream(self._withdraw)
        if self.rules.add_path:
            tell = self._tell_all_paths
        else:
            tell = self._tell_best if self._selection is None else self._tell_choice
        alike = not self.exporter.reads_prefix and self.rules.position is None
        if self._originated is not None and not self.rules.add_path:
            others = ((old, new, [key for key in keys if key != DEFAULT_KEY]) for old, new, keys in moves)
            moves = [Move(old, new, keys) for old, new, keys in others if keys]
        for old, new, keys in moves:
            if old is None and alike and type(new) is Path:
                self._tell_new(stream, new, keys)
            else:
                tell(stream, old, new, keys)
        return stream

    def _tell_new(self, stream: Stream, path: Path, keys: list[bytes]) -> None:
        """Prefixes that had nothing before and have one path now: all to all but its source."""
        # HOT: the usual case, once an UPDATE and group.
        export = self.exporter.export(path)
        if export is not None:
            rules = self.rules
            path_id = self._ids.of(path) if rules.add_path else None
            attributes, next_hop, _ = export
            messages = update.announce(rules.family, attributes, next_hop, keys, path_id=path_id, limit=rules.limit)
            stream.for_all_but(path.source.name, messages, len(keys))

    def _tell_best(self, stream: Stream, old: Told, new: Entry | None, keys: list[bytes]) -> None:
        """The best path only: announced to all but its own source, which is told that the former is gone."""
        after = best_of(new)
        if isinstance(old, Again):
            for _, sent, some in self._by_export(None, after, keys):
                self._tell_again(stream, after, sent, some)
            return
        before = best_of(old)
        if before is after:
            return
        for was, sent, some in self._by_export(before, after, keys):
            self._tell_change(stream, before, was, after, sent, some)

    def _tell_again(self, stream: Stream, after: Path | None, sent: Export | None, keys: list[bytes]) -> None:
        if after is None or sent is None:
            stream.gone_for_all_but("", keys, 0)
        else:
            source = after.source.name
            stream.for_all_but(source, self._announce(sent, keys), len(keys))
            stream.gone_only_for(source, keys, 0)

    def _tell_change(
        self,
        stream: Stream,
        before: Path | None,
        was: Export | None,
        after: Path | None,
        sent: Export | None,
        keys: list[bytes],
    ) -> None:
        count = len(keys)
        if after is None or sent is None:
            if before is not None and was is not None:
                stream.gone_for_all_but(before.source.name, keys, -count)
            return
        source = after.source.name
        if before is None or was is None:
            stream.for_all_but(source, self._announce(sent, keys), count)
            return
        old_source = before.source.name
        if source == old_source:
            if was != sent:
                stream.for_all_but(source, self._announce(sent, keys), 0)
            return
        if was == sent:
            stream.only_for(old_source, self._announce(sent, keys), count)
        else:
            stream.for_all_but(source, self._announce(sent, keys), 0)
            stream.only_for(old_source, [], count)
        stream.gone_only_for(source, keys, -count)

    def _tell_all_paths(self, stream: Stream, old: Told, new: Entry | None, keys: list[bytes]) -> None:
        """Every eligible path, each with its identifier (RFC 7911), to all but its own source."""
        again = isinstance(old, Again)
        former = old.entry if isinstance(old, Again) else old
        if self._selection is None:
            self._tell_paths(stream, paths_of(former), paths_of(new), keys, again=again)
            return
        every = paths_of(former) if again else None  # it may have had any of them
        for was, now, some in self._by_selected(self._selection.several, former, new, keys):
            self._tell_paths(stream, every or was, now, some, again=again)

    def _by_selected(
        self,
        select: Callable[[Entry | None, ExportOf], Selected],
        old: Entry | None,
        new: Entry | None,
        keys: list[bytes],
    ) -> Iterable[tuple[Selected, Selected, list[bytes]]]:
        """The prefixes by what was selected and is selected now: all alike, unless policy reads prefixes."""
        if not self.exporter.reads_prefix:
            return ((select(old, self._export), select(new, self._export), keys),)
        alike: defaultdict[tuple[Selected, Selected], list[bytes]] = defaultdict(list)
        for some in self.exporter.alike(keys, *paths_of(old), *paths_of(new)):
            export = partial(self.exporter.export, key=some[0])
            alike[select(old, export), select(new, export)] += some
        return [(was, now, some) for (was, now), some in alike.items()]

    def _tell_paths(
        self, stream: Stream, old: tuple[Path, ...], new: tuple[Path, ...], keys: list[bytes], *, again: bool
    ) -> None:
        before = {self._ids.of(path): path for path in old}
        after = {self._ids.of(path): path for path in new}
        for path_id in before.keys() | after.keys():
            one, other = before.get(path_id), after.get(path_id)
            if one is other and not again:
                continue
            for was, sent, some in self._by_export(one, other, keys):
                if other is not None and sent is not None:
                    if again or was != sent:
                        delta = len(some) if again or was is None else 0
                        stream.for_all_but(other.source.name, self._announce(sent, some, path_id), delta)
                elif one is not None and (again or was is not None):
                    delta = 0 if again else -len(some)
                    stream.gone_for_all_but(one.source.name, identified(some, path_id), delta)

    def _tell_choice(self, stream: Stream, old: Told, new: Entry | None, keys: list[bytes]) -> None:
        """One path that a selection has chosen: the source of what all others get may be told another one."""
        again = isinstance(old, Again)
        former = None if isinstance(old, Again) else old
        assert self._selection is not None
        for was, now, some in self._by_selected(self._selection.one, former, new, keys):
            self._tell_chosen(stream, was, now, some, again=again)

    def _tell_chosen(
        self, stream: Stream, was: Choice | None, now: Choice | None, keys: list[bytes], *, again: bool
    ) -> None:
        source = now.path.source.name if now is not None else ""
        former = was.path.source.name if was is not None else ""
        count = len(keys)
        common = 0  # how many more those have to whom neither path belongs
        told = False  # were they told something?
        if now is None:
            if was is not None or again:
                common = -count if was is not None else 0
                stream.gone_for_all_but("" if again else former, keys, common)
                if was is not None and was.other_sent is not None:
                    stream.gone_only_for(former, keys, -count)
            return
        if was is None or was.sent != now.sent:
            common = count if was is None else 0
            told = True
            stream.for_all_but(source, self._announce(now.sent, keys), common)
        if former and former != source:
            had = was.to(former) if was is not None else None
            delta = (0 if had is not None else count) - common
            missing = not told and (had is None or had[1] != now.sent)
            stream.only_for(former, self._announce(now.sent, keys) if missing else [], delta)
        had = was.to(source) if was is not None else None
        if now.other_sent is not None:
            if had is None or had[1] != now.other_sent:
                delta = count if had is None else 0
                stream.only_for(source, self._announce(now.other_sent, keys), delta)
        elif had is not None or again:
            stream.gone_only_for(source, keys, -count if had is not None else 0)

    def told(self, name: str, key: bytes, entry: Entry | None) -> Iterator[tuple[Path, Export]]:
        """What a member has of a prefix that has ``entry``, when it is up to date."""
        if self._originated is not None and key == DEFAULT_KEY:
            yield DEFAULT_ROUTE, self._originated
            if not self.rules.add_path:
                return
        yield from told_to(self.rules, self._selection, partial(self.exporter.export, key=key), entry, name)

    def reselect(self) -> None:
        """Costs from elsewhere may have changed: all members are told everything again."""
        if self._selection is not None:
            self._selection.forget()
            for member in self.members.values():
                self.refresh(member, [])

    def _by_export(
        self, before: Path | None, after: Path | None, keys: list[bytes]
    ) -> Iterable[tuple[Export | None, Export | None, list[bytes]]]:
        """The prefixes by what was and what is now to be told of them: all alike, unless the policy reads prefixes."""
        if not self.exporter.reads_prefix:
            return ((self._export(before), self._export(after), keys),)
        alike: defaultdict[tuple[Export | None, Export | None], list[bytes]] = defaultdict(list)
        for some in self.exporter.alike(keys, before, after):
            alike[self._export(before, some[0]), self._export(after, some[0])] += some
        return [(was, sent, some) for (was, sent), some in alike.items()]

    def _export(self, path: Path | None, key: bytes = b"") -> Export | None:
        if path is None:
            return None
        return self.exporter.export(path, key)

    def _announce(self, export: Export, keys: list[bytes], path_id: int | None = None) -> list[bytes]:
        return update.announce(
            self.rules.family, export.attributes, export.next_hop, keys, path_id=path_id, limit=self.limit
        )

    def _withdraw(self, nlri: list[bytes]) -> list[bytes]:
        return update.withdraw(self.rules.family, nlri, limit=self.limit)
