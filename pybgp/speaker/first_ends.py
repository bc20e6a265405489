"""Our own start: when has everybody told us what they have (RFC 4724 §4.1)?

Until then nothing that an earlier run left in the kernel is deleted, and, if peers may be keeping our routes, nobody is
told End-of-RIB: they would drop what we have not learned again yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ..addresses import Family
from ..config.model import SpeakerConfig
from .peers import Peer, families_of


class FirstEnds:
    """The families whose first End-of-RIBs are not all in."""

    __slots__ = ("_missing", "_open", "_started", "preserved")

    def __init__(self) -> None:
        self.preserved: frozenset[Family] = frozenset()  # families whose forwarding state an earlier run left
        self._open: set[Family] = set()
        self._missing: dict[Family, list[Peer]] = {}  # those that had not ended when all were looked at last
        self._started = 0.0

    def start(self, now: float, families: Iterable[Family], preserved: frozenset[Family]) -> None:
        self._started = now
        self._open = set(families)
        self.preserved = preserved

    @property
    def restarting(self) -> bool:
        """We have just come back, and peers may be keeping our routes."""
        return bool(self.preserved and self._open)

    def holds_back(self, family: Family) -> bool:
        """Is our own End-of-RIB of the family to wait?"""
        return self.restarting and family in self._open

    def complete(
        self, peers: Mapping[str, Peer], expected: Callable[[Peer], bool], config: SpeakerConfig, now: float
    ) -> list[Family]:
        """The families that are complete since the last call; ``expected`` are those of the peers that are to be up.

        Hundreds of peers end one after another: all are looked at again only when none is known to be missing.
        """
        waited = now - self._started
        deferral_over = waited >= config.graceful_restart.deferral_time
        done = []
        for family in sorted(self._open):

            def is_missing(peer: Peer, family: Family = family) -> bool:
                return expected(peer) and not _has_ended(peer, family, config, now, waited)

            missing = self._missing.setdefault(family, [])
            while missing and not is_missing(missing[-1]):
                missing.pop()
            if not missing:
                missing += filter(is_missing, peers.values())
            if deferral_over or not missing:
                del self._missing[family]
                done.append(family)
        self._open.difference_update(done)
        return done

    def over(self) -> bool:
        """Whether this was the end of a restart; says so once."""
        if self.preserved and not self._open:
            self.preserved = frozenset()
            return True
        return False


def _has_ended(peer: Peer, family: Family, config: SpeakerConfig, now: float, waited: float) -> bool:
    """The peer has sent its table, has none of this family, or is away; one that sends no End-of-RIB gets a while."""
    absent_time = config.graceful_restart.absent_time
    if family in peer.received_end_of_rib or family not in families_of(peer.config, config):
        return True
    negotiated = peer.negotiated
    if negotiated is None:
        return waited >= absent_time
    if family not in negotiated.families:
        return True
    if negotiated.graceful_restart is not None:
        return False
    since = peer.fsm.status().up_since
    return since is not None and now - since >= absent_time
