"""Peers without an address: whoever is the router at the other end of a link, by its advertisements (RFC 4861 §4.2).

The link is between two routers. Its neighbour's address may change; a new one counts as soon as the session is down, or
the old one has not been heard of for a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..addresses import address_octets
from ..constants import CeaseSubcode
from ..errors import Cease
from .peers import Peer

if TYPE_CHECKING:
    from .core import SpeakerCore

SILENCE: Final = 35.0
"""Seconds after which a neighbour that advertises every 10 is not believed to have its address any more."""


def heard(core: SpeakerCore, interface: str, address: str, now: float) -> None:
    """A router is on this link, with this link-local address (without a zone)."""
    sessions = core.sessions
    whole = f"{address}%{interface}"
    for peer in list(sessions.peers.values()):
        if peer.config.unnumbered != interface:
            continue
        known, last = sessions.neighbors.get(interface, ("", 0.0))
        if known == whole or not (peer.established and now - last < SILENCE):
            _learn(core, peer, whole, now)
            sessions.neighbors[interface] = whole, now
        else:
            sessions.once(peer, "other_neighbor", address=whole, kept=known)


def _learn(core: SpeakerCore, peer: Peer, address: str, now: float) -> None:
    if peer.address == address:
        return
    had_one = peer.located
    peer.address, peer.octets = address, address_octets(address)
    core.event("neighbor", peer=peer.name, address=address)
    if had_one:
        error = Cease("the neighbour has another address", subcode=CeaseSubcode.OTHER_CONFIGURATION_CHANGE)
        peer.fsm.stop(now, error)
        core.sessions.drain(peer, now)
    if core.sessions.enabled(peer):
        core.sessions.begin(peer, now)
