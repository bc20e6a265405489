"""Path identifiers that we send (RFC 7911): ours, unique a prefix and session, stable while the path lives."""

from __future__ import annotations

from .path import Path


class PathIds:
    """Numbers each (peer, received identifier) once, for all prefixes, groups and sessions.

    A prefix has at most one candidate for each such pair, so the number is unique among the paths of a prefix; that it
    does not depend on the receiver lets a whole update group share the encoded UPDATEs.
    """

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids: dict[tuple[str, int], int] = {}

    def of(self, path: Path) -> int:
        """1..4294967295."""
        origin = (path.source.name, path.path_id)
        number = self._ids.get(origin)
        if number is None:
            number = self._ids[origin] = len(self._ids) + 1
        return number
