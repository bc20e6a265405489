"""From moves to octets: what the members of a group are told when prefixes had one thing and have another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar, TypeVar

from ..messages import update
from ..messages.families.base import identified
from .add_path import PathIds
from .adj_rib_out import AdjRibOut
from .export import Export
from .local import DEFAULT_KEY
from .moves import Again, Move
from .path import Entry, Path, best_of, paths_of
from .selection import Choice, ExportOf
from .stream import Stream

Selected = TypeVar("Selected", tuple[Path, ...], Choice | None)
_Several = tuple[tuple[Path, Export | None], ...]
"""With ADD-PATH: what members are told; None for whatever they have been told."""


class Telling:
    """By the rules of one group."""

    __slots__ = ("_exporter", "_ids", "_limit", "_out", "_rules", "_selection")

    stream_of: ClassVar[type[Stream]] = Stream

    def __init__(self, out: AdjRibOut, ids: PathIds) -> None:
        self._out = out
        self._rules = out.rules
        self._limit = out.rules.limit
        self._exporter = out.exporter
        self._selection = out.selection
        self._ids = ids

    def stream(self, moves: list[Move]) -> Stream:
        stream = self.stream_of(self._withdraw)
        if self._rules.add_path:
            tell = self._tell_all_paths
        else:
            tell = self._tell_best if self._selection is None else self._tell_choice
        alike = not self._exporter.reads_prefix and self._rules.position is None
        if self._out.originated is not None and not self._rules.add_path:
            moves = [move for move in map(_without_default, moves) if move.keys]
        if alike and self._rules.add_path:
            moves = self._tell_new_paths(stream, moves)
        for old, new, keys in moves:
            if old is None and alike and type(new) is Path:
                self._tell_new(stream, new, keys)
            elif isinstance(old, Again):
                self._tell_again(stream, old, new, keys)
            else:
                tell(stream, old, new, keys)
        return stream

    def _tell_new_paths(self, stream: Stream, moves: list[Move]) -> list[Move]:
        """What ``_tell_new`` is without ADD-PATH. Paths that differ in their identifier only share UPDATEs: FRR gives
        each prefix one of its own. Returns the other moves."""
        # HOT, with ADD-PATH: once an UPDATE and group.
        others = []
        together: dict[tuple[str, Export], list[tuple[int, list[bytes]]]] = {}
        for move in moves:
            old, path, keys = move
            if old is not None or type(path) is not Path:
                others.append(move)
                continue
            export = self._exporter.export(path)
            if export is not None:
                together.setdefault((path.source.name, export), []).append((self._ids.of(path), keys))
        for (name, export), parts in together.items():
            if len(parts) == 1:
                ((path_id, keys),) = parts
                stream.for_all_but(name, self._announce(export, keys, path_id), len(keys))
            else:
                nlri = [each for path_id, keys in parts for each in identified(self._labeled(export, keys), path_id)]
                attributes, next_hop, _ = export
                messages = update.announce(self._rules.family, attributes, next_hop, nlri, limit=self._limit)
                stream.for_all_but(name, messages, len(nlri))
        return others

    def _tell_new(self, stream: Stream, path: Path, keys: list[bytes]) -> None:
        """Prefixes that had nothing before and have one path now: all to all but its source."""
        # HOT: the usual case, once an UPDATE and group.
        export = self._exporter.export(path)
        if export is not None:
            rules = self._rules
            attributes, next_hop, _ = export
            messages = update.announce(rules.family, attributes, next_hop, keys, limit=rules.limit)
            stream.for_all_but(path.source.name, messages, len(keys))

    def _tell_best(self, stream: Stream, old: Entry | None, new: Entry | None, keys: list[bytes]) -> None:
        """The best path only: announced to all but its own source, which is told that the former is gone."""
        before, after = best_of(old), best_of(new)
        if before is after:
            return
        exporter = self._exporter
        if not exporter.reads_prefix:
            was = exporter.export(before) if before is not None else None
            sent = exporter.export(after) if after is not None else None
            self._tell_change(stream, before, was, after, sent, keys)
            return
        for was, sent, some in self._by_export(before, after, keys):
            self._tell_change(stream, before, was, after, sent, some)

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
                stream.gone_for_all_but(before.source.name, self._gone(was, keys), -count)
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
        stream.gone_only_for(source, self._gone(was, keys), -count)

    def _tell_all_paths(self, stream: Stream, old: Entry | None, new: Entry | None, keys: list[bytes]) -> None:
        """Every eligible path, each with its identifier (RFC 7911), to all but its own source."""
        if self._selection is None:
            self._tell_paths(stream, paths_of(old), paths_of(new), keys)
            return
        for was, now, some in self._by_selected(self._selection.several, old, new, keys):
            self._tell_paths(stream, was, now, some)

    def _by_selected(
        self,
        select: Callable[[Entry | None, ExportOf], Selected],
        old: Entry | None,
        new: Entry | None,
        keys: list[bytes],
    ) -> Iterable[tuple[Selected, Selected, list[bytes]]]:
        """The prefixes by what was selected and is selected now: all alike, unless policy reads prefixes."""
        if not self._exporter.reads_prefix:
            return ((select(old, self._export), select(new, self._export), keys),)
        alike: defaultdict[tuple[Selected, Selected], list[bytes]] = defaultdict(list)
        for some in self._exporter.alike(keys, *paths_of(old), *paths_of(new)):
            export = partial(self._exporter.export, key=some[0])
            alike[select(old, export), select(new, export)] += some
        return [(was, now, some) for (was, now), some in alike.items()]

    def _tell_paths(self, stream: Stream, old: tuple[Path, ...], new: tuple[Path, ...], keys: list[bytes]) -> None:
        before = {self._ids.of(path): path for path in old}
        after = {self._ids.of(path): path for path in new}
        for path_id in before.keys() | after.keys():
            one, other = before.get(path_id), after.get(path_id)
            if one is other:
                continue
            for was, sent, some in self._by_export(one, other, keys):
                if other is not None and sent is not None:
                    if was != sent:
                        delta = len(some) if was is None else 0
                        stream.for_all_but(other.source.name, self._announce(sent, some, path_id), delta)
                elif one is not None and was is not None:
                    stream.gone_for_all_but(one.source.name, identified(self._gone(was, some), path_id), -len(some))

    def _tell_choice(self, stream: Stream, old: Entry | None, new: Entry | None, keys: list[bytes]) -> None:
        """One path that a selection has chosen: the source of what all others get may be told another one."""
        assert self._selection is not None
        for was, now, some in self._by_selected(self._selection.one, old, new, keys):
            self._tell_chosen(stream, was, now, some, again=False)

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
                sent = was.sent if was is not None else None
                stream.gone_for_all_but("" if again else former, self._gone(sent, keys), common)
                if was is not None and was.other_sent is not None:
                    stream.gone_only_for(former, self._gone(was.other_sent, keys), -count)
            return
        if was is None or was.sent != now.sent:
            common = count if was is None else 0
            told = True
            apart = was.to(former) if was is not None and former != source else None
            if apart is not None and apart[1] == now.sent:  # what the former source alone had
                stream.for_all_but_both((source, former), self._announce(now.sent, keys))
            else:
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
            gone = self._gone(had[1] if had is not None else None, keys)
            stream.gone_only_for(source, gone, -count if had is not None else 0)

    def _tell_again(self, stream: Stream, old: Again, new: Entry | None, keys: list[bytes]) -> None:
        """Other rules: what differs from what they made of it, or everything where nobody knows."""
        entry, by = old
        again = by is None and entry is not None
        originated = self._out.originated is not None or (by is not None and by.originated is not None)
        if originated and len(keys) > 1 and DEFAULT_KEY in keys:
            self._tell_again(stream, old, new, [DEFAULT_KEY])
            keys = [key for key in keys if key != DEFAULT_KEY]
        if self._rules.add_path:
            several: defaultdict[tuple[_Several, _Several], list[bytes]] = defaultdict(list)
            for some in self._by_both(old, new, keys):
                had = by.several(entry, some[0]) if by is not None else _unknown(paths_of(entry))
                several[had, self._out.several(new, some[0])] += some
            for (had, now), some in several.items():
                self._tell_several(stream, had, now, some, again=again)
            return
        one: defaultdict[tuple[Choice | None, Choice | None], list[bytes]] = defaultdict(list)
        for some in self._by_both(old, new, keys):
            one[by.one(entry, some[0]) if by is not None else None, self._out.one(new, some[0])] += some
        for (was, choice), some in one.items():
            self._tell_chosen(stream, was, choice, some, again=again)

    def _by_both(self, old: Again, new: Entry | None, keys: list[bytes]) -> Iterable[list[bytes]]:
        """The prefixes in parts that are alike by the former rules and by these."""
        parts: Iterable[list[bytes]] = (keys,)
        if old.by is not None and old.by.exporter.reads_prefix:
            parts = old.by.exporter.alike(keys, *paths_of(old.entry))
        if self._exporter.reads_prefix:
            parts = [part for some in parts for part in self._exporter.alike(some, *paths_of(new))]
        return parts

    def _tell_several(
        self,
        stream: Stream,
        had: _Several,
        now: _Several,
        keys: list[bytes],
        *,
        again: bool,
    ) -> None:
        before = {self._ids.of(path): (path, sent) for path, sent in had}
        for path, sent in now:
            path_id = self._ids.of(path)
            known = before.pop(path_id, None)
            if sent is not None and (again or known is None or known[1] != sent):
                delta = len(keys) if again or known is None else 0
                stream.for_all_but(path.source.name, self._announce(sent, keys, path_id), delta)
        for path_id, (path, sent) in before.items():
            gone = identified(self._gone(sent, keys), path_id)
            stream.gone_for_all_but(path.source.name, gone, 0 if again else -len(keys))

    def _by_export(
        self, before: Path | None, after: Path | None, keys: list[bytes]
    ) -> Iterable[tuple[Export | None, Export | None, list[bytes]]]:
        """The prefixes by what was and what is now to be told of them: all alike, unless the policy reads prefixes."""
        if not self._exporter.reads_prefix:
            return ((self._export(before), self._export(after), keys),)
        alike: defaultdict[tuple[Export | None, Export | None], list[bytes]] = defaultdict(list)
        for some in self._exporter.alike(keys, before, after):
            alike[self._export(before, some[0]), self._export(after, some[0])] += some
        return [(was, sent, some) for (was, sent), some in alike.items()]

    def _export(self, path: Path | None, key: bytes = b"") -> Export | None:
        if path is None:
            return None
        return self._exporter.export(path, key)

    def _announce(self, export: Export, keys: list[bytes], path_id: int | None = None) -> list[bytes]:
        return update.announce(
            self._rules.family, export.attributes, export.next_hop, keys, path_id=path_id, limit=self._limit
        )

    def _labeled(self, export: Export, keys: list[bytes]) -> list[bytes]:
        """The keys as they are announced, where NLRI have more than what tells routes apart."""
        return keys

    def _gone(self, had: Export | None, keys: list[bytes]) -> list[bytes]:
        """The keys as they are withdrawn from who had that of them, None for whatever it was."""
        return keys

    def _withdraw(self, nlri: list[bytes]) -> list[bytes]:
        return update.withdraw(self._rules.family, nlri, limit=self._limit)


def _unknown(paths: tuple[Path, ...]) -> _Several:
    return tuple((path, None) for path in paths)


def _without_default(move: Move) -> Move:
    """Whatever the table has there: members are told a default route of our own."""
    if isinstance(move.old, Again) or DEFAULT_KEY not in move.keys:
        return move
    return move._replace(keys=[key for key in move.keys if key != DEFAULT_KEY])
