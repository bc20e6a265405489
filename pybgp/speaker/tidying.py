"""What is given back once routes are gone: memory that only they needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rib.local import DEFAULT_ROUTE
from ..rib.path import Path

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
    for table in tables:  # all in one slice: whoever comes back after it is counted anew
        for name in gone:
            table.forget(name)
    for table in tables:
        table.shrink()
        yield
    yield from core.blocks.forget_unused()


class _InUse(dict[Path, bool]):
    """Met once a path: its next hop and its identifier stay. False for all: none of them gets a successor."""

    def __init__(self, core: SpeakerCore) -> None:
        super().__init__()
        self._next_hops = core.next_hops
        self._ids = core.outbound.ids

    def __missing__(self, path: Path) -> bool:
        next_hop = path.block.next_hop
        if next_hop:
            self._next_hops.resolve(next_hop)
        self._ids.keep(path)
        self[path] = False
        return False


def forget_unused(core: SpeakerCore) -> Iterator[None]:
    """Forget the next hops and path identifiers that no path has any more, however long their peers stay.

    A walk over all tables, in slices, before each of which there is a flush; begun when there are twice as many as
    after the last one, so that a route costs next to nothing.
    """
    yield
    core.sessions.forget_answers()
    core.next_hops.set_aside()
    core.outbound.ids.set_aside()
    in_use = _InUse(core)
    in_use[DEFAULT_ROUTE]
    for table in list(core.tables.values()):
        yield from table.replace(lambda key, path: path, in_use)
    core.next_hops.give_back()
    core.outbound.give_back_ids()
