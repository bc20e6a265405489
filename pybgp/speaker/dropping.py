"""Paths that go because their session is over, or has not brought them again: in slices, however many peers go.

A Path names the epoch of the session that brought it, so what is to go is said by a number for each peer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ..addresses import Family
from ..rib.path import Path
from .tidying import give_back

if TYPE_CHECKING:
    from .core import SpeakerCore
    from .peers import Peer


class Dropping:
    """What is to be dropped, of all peers together."""

    __slots__ = ("_core", "_dropping", "_drops", "_left")

    def __init__(self, core: SpeakerCore) -> None:
        self._core = core
        self._drops: dict[Family, dict[str, int]] = {}  # paths to drop: peer -> those of epochs below this
        self._dropping: set[Family] = set()  # a job for them is queued
        self._left: set[str] = set()  # peers whose routes have gone since memory was last given back

    def drop_older(self, peer: Peer, families: Iterable[Family], epoch: int) -> None:
        """Remove the peer's paths of earlier epochs, in slices."""
        for family in families:
            if self._core.tables[family].counters(peer.name).received:
                drops = self._drops.setdefault(family, {})
                drops[peer.name] = max(epoch, drops.get(peer.name, 0))
                if family not in self._dropping:
                    self._dropping.add(family)
                    self._core.later(self._drop(family))

    def _drop(self, family: Family) -> Iterator[None]:
        """One walk for all peers that are waiting for it, and another for those that come meanwhile."""
        while family in self._drops:
            drops = self._drops.pop(family)
            yield from self._core.tables[family].drop(_of_epochs_below(drops))
            self.tidy_up(drops)
        self._dropping.discard(family)

    def tidy_up(self, names: Iterable[str]) -> None:
        """Give back, when other work is done, what only routes of these peers needed."""
        if not self._left:
            self._core.later(give_back(self._core, self._left))
        self._left.update(names)


def _of_epochs_below(limits_by_peer: Mapping[str, int]) -> Callable[[Path], bool]:
    return lambda path: path.source.epoch < limits_by_peer.get(path.source.name, 0)
