"""Path identifiers that we send (RFC 7911): ours, unique a prefix and session, stable while the path lives."""

from __future__ import annotations

from itertools import count

from .path import Path


class PathIds:
    """Numbers each (peer, received identifier) once, for all prefixes, groups and sessions.

    A prefix has at most one candidate for each such pair, so the number is unique among the paths of a prefix; that it
    does not depend on the receiver lets a whole update group share the encoded UPDATEs.
    """

    __slots__ = ("_ids", "_numbers")

    def __init__(self) -> None:
        self._ids: dict[str, dict[int, int]] = {}  # source name -> received identifier -> ours
        self._numbers = count(1)

    def of(self, path: Path) -> int:
        """1..4294967295."""
        of_source = self._ids.get(path.source.name)
        if of_source is None:
            of_source = self._ids[path.source.name] = {}
        number = of_source.get(path.path_id)
        if number is None:
            number = of_source[path.path_id] = next(self._numbers)
        return number

    def forget(self, source_name: str) -> None:
        """A source is gone, and nobody has a path of it any more; if it comes again, it gets new numbers."""
        self._ids.pop(source_name, None)

    def __len__(self) -> int:
        """How many numbers are in use."""
        return sum(map(len, self._ids.values()))
