"""What all prefixes that one peer sent with one set of attributes share."""

from __future__ import annotations

from ..messages.attributes.block import Block
from ..routes import Source
from .rank import Rank


class Path:
    """One way to reach many prefixes: who told us, with which attributes, and what policy made of them.

    Immutable (``rank`` is a cache of what follows from the rest); compared by identity, so that the prefixes of an
    UPDATE can be regrouped by it. ``accepted`` is None for a path that is not eligible, and ``reason`` says why; it
    stays in the table so that a changed policy can be run again without asking the peer (RFC 4271 §9.1.1). ``labels``
    is what its NLRI have besides the keys of the table, in families with labels (``FamilyCodec.labels_of``).
    """

    __slots__ = ("accepted", "labels", "path_id", "rank", "reason", "received", "source")

    def __init__(
        self,
        source: Source,
        path_id: int,
        received: Block,
        accepted: Block | None,
        reason: str = "",
        labels: bytes = b"",
    ) -> None:
        self.source = source
        self.path_id = path_id  # as received (RFC 7911), 0 without ADD-PATH
        self.received = received
        self.accepted = accepted
        self.reason = reason
        self.labels = labels
        self.rank: Rank | None = None  # filled by rib.decision, only when paths compete

    def with_labels(self, labels: bytes) -> Path:
        """The same with other labels; itself, if they are these."""
        if labels == self.labels:
            return self
        return Path(self.source, self.path_id, self.received, self.accepted, self.reason, labels)

    @property
    def block(self) -> Block:
        """As accepted, or as received where nothing was accepted."""
        return self.accepted if self.accepted is not None else self.received

    def same_origin(self, other: Path) -> bool:
        """A route from the same peer with the same path identifier: one replaces the other (RFC 7911 §2)."""
        return self.path_id == other.path_id and self.source.name == other.source.name

    def __repr__(self) -> str:
        state = "" if self.accepted is not None else f", {self.reason!r}"
        return f"Path({self.source.name}, id {self.path_id}, {self.received!r}{state})"


Entry = Path | tuple[Path, ...]
"""What a prefix has in the table: its only candidate, or two and more, best first."""


def best_of(entry: Entry | None) -> Path | None:
    """The route of the Loc-RIB, if any candidate is eligible."""
    if entry is None:
        return None
    first = entry if type(entry) is Path else entry[0]  # type: ignore[index]
    return first if first.accepted is not None else None


def paths_of(entry: Entry | None) -> tuple[Path, ...]:
    """All candidates, best first."""
    if entry is None:
        return ()
    return (entry,) if isinstance(entry, Path) else entry
