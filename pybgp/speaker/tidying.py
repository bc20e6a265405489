"""What is given back once a peer's routes are gone: memory that only they needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core import SpeakerCore


def give_back(core: SpeakerCore, left: set[str]) -> Iterator[None]:
    """Forget what was kept for routes that the peers in ``left`` had: exports, blocks, counters, path identifiers.

    A generator, like other long work; before each slice there is a flush, so everybody has been told that the routes
    are gone, or is behind. ``left`` is empty from the second slice on: who leaves then is for another walk.
    """
    yield
    tables = list(core.tables.values())
    names = [name for name in left if name not in core.sessions.peers]
    left.clear()
    gone = [name for name in names if not any(table.counters(name).received for table in tables)]
    for group in core.outbound.groups():
        group.exporter.forget()
    core.outbound.forget(gone)
    for table in tables:
        for name in gone:
            table.forget(name)
        table.shrink()
        yield
    yield from core.blocks.forget_unused()
