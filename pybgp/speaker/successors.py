"""What a candidate becomes when policy, addresses or next hops have changed: functions for ``Table.replace``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

from ..addresses import Family
from ..messages.attributes.block import Block
from ..rib.path import Path
from ..routes import SourceKind
from .damping import DAMPED
from .inbound import UNREACHABLE, Importer

Successor = Callable[[bytes, Path], Path]


Concerned = Callable[[Family, bytes], bool]
"""Which prefixes new rules may treat otherwise than the old ones did."""


def by_new_rules(
    importers: Mapping[str, Importer],
    family: Family,
    concerned: Concerned | None = None,
    names: Set[str] | None = None,
) -> Successor:
    """Run peers' import rules over what they have sent; unchanged paths stay themselves.

    ``importers`` may change meanwhile: what is looked at from then on is judged by the newest rules. With ``concerned``
    only those prefixes are looked at, with ``names`` only these peers' routes.
    """
    judgements = _Judgements(family)

    def successor(key: bytes, path: Path) -> Path:
        name = path.source.name
        importer = importers.get(name) if names is None or name in names else None
        if importer is None or path.reason == DAMPED or (concerned is not None and not concerned(family, key)):
            return path
        made, by_prefix = judgements.of(importer)
        if importer.reads_prefix:
            return by_prefix.of(importer, key, path, keep=True)
        new = made.get(path)
        if new is None:
            new = importer.path(path.source, path.path_id, path.received, family).with_labels(path.labels)
            new = made[path] = _unless_equal(path, new)
        return new

    return successor


def undamped(importers: Mapping[str, Importer], family: Family, others: Successor) -> Successor:
    """These peers' flaps are no longer damped: what was is used as import policy has it."""

    def successor(key: bytes, path: Path) -> Path:
        importer = importers.get(path.source.name) if path.reason == DAMPED else None
        if importer is None:
            return others(key, path)
        return importer.path(path.source, path.path_id, path.received, family, key).with_labels(path.labels)

    return successor


class Dependents(dict[Path, bool]):
    """Which paths depend on next hops that now resolve differently, or had no way and may have one now: looked at once
    a path, and looked up once a prefix."""

    def __init__(self, changed: frozenset[bytes]) -> None:
        super().__init__()
        self._changed = changed

    def __missing__(self, path: Path) -> bool:
        concerned = path.block.next_hop in self._changed or path.reason == UNREACHABLE
        own = path.source.kind is SourceKind.LOCAL  # these follow by themselves: ``OwnRoutes.follow``
        found = self[path] = concerned and path.reason != DAMPED and not own
        return found


def by_new_next_hops(importers: Mapping[str, Importer], depend: Dependents, family: Family) -> Successor:
    """Look again at the paths that depend on next hops; all others stay themselves.

    ``importers`` may change meanwhile, as above.
    """
    judgements = _Judgements(family)

    def successor(key: bytes, path: Path) -> Path:
        if not depend[path]:
            return path
        importer = importers.get(path.source.name)
        made, by_prefix = judgements.of(importer)
        if importer is not None and importer.reads_prefix:
            return by_prefix.of(importer, key, path, keep=path.accepted is None)
        new = made.get(path)
        if new is None and importer is not None:
            new = importer.path(path.source, path.path_id, path.received, family).with_labels(path.labels)
            new = made[path] = new if path.accepted is not None else _unless_equal(path, new)
        elif new is None:  # our own: only the way to its next hop differs
            new = made[path] = Path(path.source, path.path_id, path.received, path.accepted, path.reason, path.labels)
        return new

    return successor


def without_rank() -> Successor:
    """New rules of decision: every candidate is ranked anew."""
    made: dict[Path, Path] = {}

    def successor(key: bytes, path: Path) -> Path:
        new = made.get(path)
        if new is None:
            new = made[path] = Path(path.source, path.path_id, path.received, path.accepted, path.reason, path.labels)
        return new

    return successor


_Made = tuple[dict[Path, Path], "_ByPrefix"]
"""Successors where the policy doesn't look at prefixes, and where it does."""


class _Judgements:
    """What each importer has made so far, and would make again; the last one's is at hand."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._by_importer: dict[Importer | None, tuple[int, _Made]] = {}
        self._last: Importer | None = None
        self._news, self._made = self._of_another(None, 0)

    def of(self, importer: Importer | None) -> _Made:
        # A walk that has begun after this one may have overtaken it: what next hops were then must not come back.
        news = importer.news if importer is not None else 0
        if importer is not self._last or news != self._news:
            self._last = importer
            self._news, self._made = self._of_another(importer, news)
        return self._made

    def _of_another(self, importer: Importer | None, news: int) -> tuple[int, _Made]:
        found = self._by_importer.get(importer)
        if found is None or found[0] != news:
            found = self._by_importer[importer] = news, ({}, _ByPrefix(self._family))
        return found


class _ByPrefix:
    """Successors where the policy looks at prefixes: one for all that fare alike."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._made: dict[tuple[Path, int], Path] = {}  # path and the prefix's mark → successor
        self._alike: dict[tuple[Path, Block | str], Path] = {}

    def of(self, importer: Importer, key: bytes, path: Path, *, keep: bool) -> Path:
        """``keep``: the path itself, if policy makes the same of it again."""
        if not importer.by_mark:
            return self._new(importer, key, path, None, keep)
        mark = importer.rules.policy.mark(self._family, key, path.received)
        found = self._made.get((path, mark))
        if found is None:
            found = self._made[path, mark] = self._new(importer, key, path, mark, keep)
        return found

    def _new(self, importer: Importer, key: bytes, path: Path, mark: int | None, keep: bool) -> Path:
        new = importer.path(path.source, path.path_id, path.received, self._family, key, mark).with_labels(path.labels)
        if keep:
            new = _unless_equal(path, new)
        return self._alike.setdefault((path, new.accepted or new.reason), new)


def _unless_equal(old: Path, new: Path) -> Path:
    """The old Path, if policy made the same of it again: then nothing has changed."""
    return old if old.accepted == new.accepted and old.reason == new.reason else new
