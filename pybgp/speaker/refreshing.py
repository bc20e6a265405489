"""ROUTE-REFRESH, ours and the peer's (RFC 2918), and what an enhanced one sweeps (RFC 7313)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..addresses import Family
from ..constants import RefreshSubtype
from ..messages.refresh import RouteRefresh
from .outputs import Send
from .peers import Peer, Refreshing

if TYPE_CHECKING:
    from .core import SpeakerCore

LIMIT: Final = 600.0
"""Seconds that an enhanced refresh may take before what was not renewed goes (RFC 7313 §4)."""


def request(core: SpeakerCore, peer: Peer) -> bool:
    """Send ROUTE-REFRESH for every family of an Established peer that takes it.

    While one that knows graceful restart is still telling us its table, the request waits for End-of-RIB, so that
    BoRR doesn't come before that (RFC 7313 §4.2).
    """
    negotiated = peer.negotiated
    if peer.fsm.conn is None or negotiated is None or not negotiated.route_refresh:
        return False
    for family in sorted(peer.members):
        if negotiated.graceful_restart is not None and family not in peer.received_end_of_rib:
            peer.to_refresh.add(family)
        else:
            _ask(core, peer, family)
    return True


def ask_waiting(core: SpeakerCore, peer: Peer, family: Family) -> None:
    """End-of-RIB has come: the request that waited for it may go."""
    if family in peer.to_refresh:
        peer.to_refresh.discard(family)
        _ask(core, peer, family)


def _ask(core: SpeakerCore, peer: Peer, family: Family) -> None:
    conn = peer.fsm.conn or 0
    core.put(Send(conn, RouteRefresh(family, RefreshSubtype.REQUEST).encode()))
    told = core.sessions.told.get(conn)
    if told is not None:
        told(1, None)


def received(core: SpeakerCore, peer: Peer, conn: int, message: RouteRefresh, now: float) -> None:
    """The peer asks for our routes again, or begins or ends to send its own."""
    family = message.family
    if family not in peer.members:
        return
    negotiated = peer.negotiated
    if message.subtype == RefreshSubtype.REQUEST:
        core.flush(now)
        enhanced = negotiated is not None and negotiated.enhanced_refresh
        core.outbound.refresh(conn, family, enhanced=enhanced)
    elif message.subtype == RefreshSubtype.BEGIN:
        _begin(core, peer, conn, family, now)
    elif message.subtype == RefreshSubtype.END:
        _end(core, peer, family)


def _begin(core: SpeakerCore, peer: Peer, conn: int, family: Family, now: float) -> None:
    source = peer.next_epoch()
    if source is not None:
        core.sessions.go_on_as(source, conn)
        known = peer.refreshing.get(family)
        if known is None:
            core.at(now + LIMIT, lambda _: _give_up(core, peer, family, source.epoch))
        peer.refreshing[family] = Refreshing(known.first if known is not None else source.epoch, source.epoch)


def _end(core: SpeakerCore, peer: Peer, family: Family) -> None:
    """What has not been sent again since BoRR is gone (RFC 7313 §4)."""
    refreshing = peer.refreshing.pop(family, None)
    if refreshing is not None:
        core.sessions.dropping.drop_older(peer, {family}, refreshing.last)


def _give_up(core: SpeakerCore, peer: Peer, family: Family, first: int) -> None:
    """EoRR has not come in time (RFC 7313 §4); one that came may have been followed by another refresh."""
    refreshing = peer.refreshing.get(family)
    if refreshing is not None and refreshing.first == first:
        core.event("refresh_unfinished", "warn", peer=peer.name, family=str(family), limit_s=LIMIT)
        _end(core, peer, family)
