"""Route target constraint: when a session is told VPN routes, and which (RFC 4684).

A peer with which the route-target family is negotiated is told none until its End-of-RIB of that family has come, or
has not come for a minute (§6). If some peer doesn't have the family, nobody knows what it wants: then the others are
asked for everything, by the default membership.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..addresses import Family
from ..rib.targets import CONSTRAINED

if TYPE_CHECKING:
    from ..fsm.negotiate import Negotiated
    from .core import SpeakerCore
    from .peers import Peer

WAIT: Final = 60.0
"""Seconds that VPN routes wait for the End-of-RIB of memberships."""
WAITS: Final = "it waits for the peer's route targets, until their End-of-RIB or for a minute (RFC 4684 §6)"


def constrains(negotiated: Negotiated) -> bool:
    """Does the peer say which VPN routes it wants?"""
    return Family.ROUTE_TARGET in negotiated.families


def concerns(negotiated: Negotiated) -> bool:
    """Does the session have VPN routes, or memberships?"""
    return constrains(negotiated) or bool(negotiated.families & CONSTRAINED)


def waiting(peer: Peer) -> frozenset[Family]:
    """The families that wait for what the peer wants."""
    negotiated = peer.negotiated
    if negotiated is None or not constrains(negotiated):
        return frozenset()
    return (negotiated.families & CONSTRAINED) - peer.members.keys()


def up(core: SpeakerCore, peer: Peer, now: float) -> None:
    """A session is Established; nothing has been told yet."""
    negotiated, conn = peer.negotiated, peer.fsm.conn
    assert negotiated is not None
    peer.targets = core.memberships.of(peer.name) if constrains(negotiated) else None
    if waiting(peer):

        def begin(now: float) -> None:
            if peer.fsm.conn == conn:
                core.sessions.join_waiting(peer, now)

        core.at(now + WAIT, begin)
    look_for_the_silent(core, now)


def look_for_the_silent(core: SpeakerCore, now: float) -> None:
    """Sessions have come or gone: is there a peer with VPN routes that doesn't say which it wants?"""
    sessions = [(peer, peer.negotiated) for peer in core.sessions.peers.values() if peer.negotiated is not None]
    silent = any(found.families & CONSTRAINED and not constrains(found) for _, found in sessions)
    changed = [peer for peer, _ in sessions if peer.tells_default_target != silent]
    for peer in changed:
        peer.tells_default_target = silent
    if any(Family.ROUTE_TARGET in peer.members for peer in changed):
        core.flush(now)
        for peer in changed:
            core.sessions.export_anew(peer, frozenset({Family.ROUTE_TARGET}))


def follow(core: SpeakerCore) -> None:
    """Memberships have changed, and the tables have been flushed: peers are told what differs."""
    news = core.memberships.news
    while news:
        peer = core.sessions.peers.get(news.pop())
        if peer is None or peer.negotiated is None or not constrains(peer.negotiated):
            continue
        targets = core.memberships.of(peer.name)
        if targets != peer.targets:
            peer.targets = targets
            core.sessions.export_anew(peer, CONSTRAINED)
