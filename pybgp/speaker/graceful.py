"""Graceful restart, the helper's side: keep a restarting peer's routes until it has sent them again (RFC 4724 §4.2).

A Path names the epoch of the session that brought it, so "stale" needs no mark: it is what is older than the
present session.
"""

from __future__ import annotations

from ..addresses import Family
from ..constants import CeaseSubcode, ErrorCode
from ..fsm.actions import Down
from ..fsm.negotiate import Negotiated
from .peers import Peer


def families_to_keep(peer: Peer, down: Down) -> frozenset[Family]:
    """The families whose routes outlive the session that has just ended; none if it did not end gracefully."""
    negotiated = peer.negotiated
    if negotiated is None or peer.graceful.role == "off" or negotiated.graceful_restart is None:
        return frozenset()
    if not _was_graceful(down, both_notify=negotiated.graceful_restart.notification):
        return frozenset()
    return frozenset(negotiated.graceful_restart.families) & negotiated.families


def _was_graceful(down: Down, *, both_notify: bool) -> bool:
    """A lost connection always is; a NOTIFICATION or an expired hold timer only by RFC 8538 §4."""
    if down.replaced:
        return True
    if down.received is not None:
        code, subcode = down.received.code, down.received.subcode
    elif down.sent is not None:
        code, subcode = int(down.sent.code), down.sent.subcode
        if code == ErrorCode.CEASE:
            return False  # our own decision to end it
    else:
        return True
    hard = code == ErrorCode.CEASE and subcode == CeaseSubcode.HARD_RESET
    return both_notify and not hard


def restart_time(peer: Peer) -> float:
    """Seconds that the peer asked us to wait for its return."""
    negotiated = peer.negotiated
    assert negotiated is not None
    return float(negotiated.graceful_restart.restart_time) if negotiated.graceful_restart is not None else 0.0


def families_given_up(waiting: set[Family], negotiated: Negotiated) -> set[Family]:
    """On return: families that the new capability leaves out, or whose forwarding state was lost (F = 0)."""
    restart = negotiated.graceful_restart
    if restart is None:
        return set(waiting)
    return {family for family in waiting if not restart.families.get(family, False)}
