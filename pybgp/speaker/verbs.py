"""What an operator does with one peer by hand: reset, refresh, disable, enable (RFC 4486, RFC 9003, RFC 2918).

A peer that was disabled or enabled by hand stays so until the opposite is said, the daemon starts again, or a new
configuration changes the peer's ``enabled``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from ..constants import CeaseSubcode
from ..errors import ApiError, Cease
from ..fsm.cease import shutdown
from ..messages.notification import MAX_SHUTDOWN_TEXT
from . import refreshing
from .inbound import Importer
from .peers import Peer

if TYPE_CHECKING:
    from .core import SpeakerCore

Refreshed = Literal["asked", "policy"]
"""The peer was asked for its routes again, or import policy ran again over what it has sent."""

_RESET: Final = Cease("administrative reset", subcode=CeaseSubcode.ADMINISTRATIVE_RESET)
_SHUTDOWN: Final = Cease("administrative shutdown", subcode=CeaseSubcode.ADMINISTRATIVE_SHUTDOWN)


def reset(core: SpeakerCore, name: str, now: float, message: str = "") -> None:
    """End the session with Cease/4 and start it again at once; one that was held down comes back too.

    Raises:
        ApiError: there is no such peer, or it is disabled.
        ValueError: the message is longer than 255 octets.
    """
    peer = find(core, name)
    error = _with_message(_RESET, message)
    if not core.sessions.enabled(peer):
        raise ApiError(f"{name} is disabled: there is nothing to reset")
    core.event("peer_reset", peer=name, message=message or None)
    peer.fsm.stop(now, error)
    core.sessions.drain(peer, now)
    if core.sessions.peers.get(name) is peer:  # a dynamic peer is forgotten, and comes again by itself
        core.sessions.begin(peer, now)


def refresh(core: SpeakerCore, name: str, now: float) -> Refreshed:
    """Ask for the peer's routes again; of one that can't be asked, run import policy over what it has sent.

    Raises:
        ApiError: there is no such peer, or it has no session.
    """
    peer = _established(core, name)
    if refreshing.request(core, peer):
        return "asked"
    importer = Importer(core.rules.import_rules(peer, core.host), core.next_hops)
    core.sessions.use_importer(peer, importer)
    return "policy"


def tell_again(core: SpeakerCore, name: str, now: float) -> None:
    """Tell the peer everything again, as if it had asked for it (RFC 2918 §4, RFC 7313 §4).

    Raises:
        ApiError: there is no such peer, or it has no session.
    """
    peer = _established(core, name)
    core.flush(now)
    enhanced = peer.negotiated is not None and peer.negotiated.enhanced_refresh
    for family in sorted(peer.members):
        core.outbound.refresh(peer.fsm.conn or 0, family, enhanced=enhanced)


def disable(core: SpeakerCore, name: str, now: float, message: str = "") -> None:
    """End the session with Cease/2, and keep it down.

    Raises:
        ApiError: there is no such peer.
        ValueError: the message is longer than 255 octets.
    """
    peer = find(core, name)
    error = _with_message(_SHUTDOWN, message)
    core.sessions.switched[name] = False
    core.event("peer_disabled", peer=name, message=message or None)
    core.sessions.switch_off(peer, now, error)


def enable(core: SpeakerCore, name: str, now: float) -> None:
    """Start a peer that was disabled, by hand or by the configuration, or that is held down; at once.

    ``name`` may be the address of a dynamic peer that is held down, and so is no peer now: it may come again.

    Raises:
        ApiError: there is no such peer.
    """
    if core.sessions.guests.let_in(name):
        core.event("peer_enabled", peer=name)
        return
    peer = find(core, name)
    was_enabled = core.sessions.enabled(peer)
    if peer.config.enabled:
        core.sessions.switched.pop(name, None)
    else:
        core.sessions.switched[name] = True
    if was_enabled:
        core.sessions.begin(peer, now)  # where it is Idle, for too many prefixes or another error
        return
    core.event("peer_enabled", peer=name)
    if peer.dynamic is not None:  # it comes again by itself
        core.sessions.remove(name, now, _SHUTDOWN)
        return
    core.sessions.begin(peer, now)


def find(core: SpeakerCore, name: str) -> Peer:
    """
    Raises:
        ApiError: there is no such peer.
    """
    peer = core.sessions.peers.get(name)
    if peer is None:
        raise ApiError(f"no peer {name!r}")
    return peer


def _established(core: SpeakerCore, name: str) -> Peer:
    peer = find(core, name)
    if not peer.established:
        raise ApiError(f"{name} has no session: it is {peer.fsm.state.name.lower()}")
    return peer


def _with_message(error: Cease, message: str) -> Cease:
    size = len(message.encode())
    if size > MAX_SHUTDOWN_TEXT:
        raise ValueError(f"message of {size} octets: expected at most {MAX_SHUTDOWN_TEXT} of UTF-8 (RFC 9003 §2)")
    return shutdown(error, message)
