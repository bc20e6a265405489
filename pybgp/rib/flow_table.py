"""The table of flow specifications, in which nothing is eligible that has not been validated (RFC 8955 §6).

Whoever puts a route in gives it as import policy has accepted it. What is not feasible stands in the table without
accepted attributes, with the reason, and what was given is kept beside: it takes its place when unicast routes change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from ..addresses import Family
from ..messages.families.flowspec import FlowSpecFamily
from ..messages.families.registry import codec
from ..routes import SourceKind
from .changes import Changes
from .decision import Decision
from .destinations import Destinations
from .feasible import NO_DESTINATION, why_not
from .moves import Move
from .path import Path, paths_of
from .table import SLICE, Table

UNICAST_OF: Final[Mapping[Family, Family]] = {
    Family.IPV4_FLOWSPEC: Family.IPV4_UNICAST,
    Family.IPV6_FLOWSPEC: Family.IPV6_UNICAST,
}
"""The family whose routes a flow specification is validated against."""

Successor = Callable[[bytes, Path], Path]
_Origin = tuple[str, int]
"""A peer's name and its path identifier."""


class FlowTable(Table):
    """A ``Table`` that validates."""

    __slots__ = (
        "_by_destination",
        "_codec",
        "_destinations",
        "_later",
        "_offered",
        "_scanning",
        "_stale",
        "_unicast",
        "_validates",
    )

    def __init__(
        self,
        family: Family,
        decision: Decision,
        unicast: Table,
        *,
        validates: Callable[[str], bool],
        later: Callable[[Iterator[None]], None],
    ) -> None:
        """``validates`` says of a peer's name whether its routes are to be validated; ``later`` takes long work, before
        each step of which the tables are flushed."""
        super().__init__(family, decision)
        found = codec(family)
        assert isinstance(found, FlowSpecFamily)
        self._codec = found
        self._unicast = unicast.family
        self._destinations = Destinations(unicast)
        self._validates = validates
        self._later = later
        self._by_destination: dict[bytes, set[bytes]] = {}  # destination → keys
        self._offered: dict[bytes, dict[_Origin, Path]] = {}  # of paths that are not feasible, what was to be used
        self._stale: set[bytes] = set()  # destinations whose keys are to be judged again
        self._scanning = False

    # -- what goes in ------------------------------------------------------------------------------------------------

    def insert(self, keys: list[bytes], path: Path) -> None:
        by_reason: dict[str, list[bytes]] = {}
        for key in keys:
            by_reason.setdefault(self._judge(key, path), []).append(key)
        for reason, some in by_reason.items():
            super().insert(some, _refused(path, reason) if reason else path)

    def replace(self, successor: Successor, only: Mapping[Path, bool] | None = None) -> Iterator[None]:
        """``successor`` sees paths as they were given, and what it makes of them is validated."""
        made: dict[tuple[Path, str], Path] = {}

        def judged(key: bytes, path: Path) -> Path:
            offered = self._as_offered(key, path)
            return self._settled(key, path, successor(key, offered), made)

        return super().replace(judged, only)

    def foreseen(self, successor: Successor, validates: Callable[[str], bool]) -> Successor:
        """What ``replace`` would put into the table if ``validates`` said whose routes are validated."""

        def judged(key: bytes, path: Path) -> Path:
            new = successor(key, self._as_offered(key, path))
            reason = self._why_not(key, new, validates)
            if not reason:
                return new
            return path if path.accepted is None and path.reason == reason else _refused(new, reason)

        return judged

    def take_pending(self) -> Changes:
        changes = super().take_pending()
        for key in changes.before():
            self._tidy(key)
        if self._destinations.uncounted and not self._scanning:
            self._scanning = True
            self._later(self._scan())
        return changes

    def _tidy(self, key: bytes) -> None:
        """Forget what nobody needs of a key that has changed."""
        paths = paths_of(self.get(key))
        offered = self._offered.get(key)
        if offered is not None:
            there = {(path.source.name, path.path_id) for path in paths}
            for origin in offered.keys() - there:
                del offered[origin]
            if not offered:
                del self._offered[key]
        if not paths:
            destination = self._codec.destination(key)
            keys = self._by_destination.get(destination) if destination is not None else None
            if destination is not None and keys is not None:
                keys.discard(key)
                if not keys:
                    del self._by_destination[destination]
                    self._destinations.discard(destination)
                    self._stale.discard(destination)

    # -- validation --------------------------------------------------------------------------------------------------

    def _judge(self, key: bytes, path: Path) -> str:
        """Why a path is not feasible, "" if it is or is not eligible anyway; what was given is kept with the reason."""
        reason = self._why_not(key, path, self._validates)
        origin = path.source.name, path.path_id
        if reason:
            self._offered.setdefault(key, {})[origin] = path
        elif key in self._offered:
            self._offered[key].pop(origin, None)
        return reason

    def _why_not(self, key: bytes, path: Path, validates: Callable[[str], bool]) -> str:
        source = path.source
        if path.accepted is None or source.kind is not SourceKind.BGP or not validates(source.name):
            return ""
        destination = self._codec.destination(key)
        if destination is None:
            return NO_DESTINATION
        known = self._destinations
        if destination not in known:
            known.add(destination)
        self._by_destination.setdefault(destination, set()).add(key)
        return why_not(path, self._unicast, destination, known.best(destination), known.neighbors(destination))

    def _as_offered(self, key: bytes, path: Path) -> Path:
        if path.accepted is not None or key not in self._offered:
            return path
        return self._offered[key].get((path.source.name, path.path_id), path)

    def _settled(self, key: bytes, path: Path, given: Path, made: dict[tuple[Path, str], Path]) -> Path:
        """What stands in the table for ``given``, where ``path`` stands now; itself, if that is the same."""
        reason = self._judge(key, given)
        if not reason:
            return given
        if path.accepted is None and path.reason == reason and path.received is given.received:
            return path
        return made.setdefault((given, reason), _refused(given, reason))

    def unicast_changed(self, moves: Iterable[Move]) -> None:
        """A flush of the unicast table: what depends on it is judged again, at once or (if it is much) as long work."""
        self._again(self._destinations.changed(moves))

    def _again(self, destinations: set[bytes]) -> None:
        waiting = bool(self._stale)
        self._stale |= destinations
        if self._stale and not waiting:
            work = self._judge_stale()
            if next(work, self) is None:
                self._later(work)

    def _judge_stale(self) -> Iterator[None]:
        room = SLICE
        made: dict[tuple[Path, str], Path] = {}
        while self._stale:
            for key in list(self._by_destination.get(self._stale.pop(), ())):
                self._judge_again(key, made)
                room -= 1
            if room <= 0 and self._stale:
                yield
                room = SLICE

    def _judge_again(self, key: bytes, made: dict[tuple[Path, str], Path]) -> None:
        for path in paths_of(self.get(key)):
            new = self._settled(key, path, self._as_offered(key, path), made)
            if new is not path:
                super().insert([key], new)

    def _scan(self) -> Iterator[None]:
        """Look at what is more specific than new destinations."""
        for counted in self._destinations.scan():
            self._again(counted)
            yield
        self._scanning = False


def _refused(path: Path, reason: str) -> Path:
    return Path(path.source, path.path_id, path.received, None, reason, path.labels)
