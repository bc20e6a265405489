"""Whose an incoming connection is: a configured peer's, or that of a guest, who comes from a dynamic range."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from ..addresses import address_octets
from ..config.model import DynamicPeersConfig

if TYPE_CHECKING:
    from .core import SpeakerCore
    from .peers import Peer


class Guests:
    """The dynamic ranges of a core, and who may not come from them for a while."""

    __slots__ = ("_core", "_held_down")

    def __init__(self, core: SpeakerCore) -> None:
        self._core = core
        self._held_down: dict[bytes, float] = {}  # who may not come before this, by address

    def owner(self, remote_address: str, local_address: str, now: float) -> Peer | str:
        """The configured peer with this address, or one made for it from the longest dynamic range; else why none."""
        sessions = self._core.sessions
        octets = address_octets(remote_address)
        zone = remote_address.partition("%")[2]
        elsewhere = ""
        for peer in sessions.peers.values():
            if peer.octets != octets or (zone and _zone(peer) not in ("", zone)):
                continue
            wanted = peer.config.local_address
            if wanted is None or address_octets(wanted) == address_octets(local_address):
                return peer
            elsewhere = f"peer {peer.name} has local_address {wanted}, not {local_address}"
        dynamic = self._range_of(remote_address)
        if dynamic is None or elsewhere:
            return elsewhere or "no such peer"
        if self._held_down.get(octets, now) > now:
            return "held down: it had too many prefixes"
        if sum(peer.dynamic == dynamic.prefix for peer in sessions.peers.values()) >= dynamic.limit:
            self._core.event("dynamic_limit", "warn", prefix=dynamic.prefix, limit=dynamic.limit)
            return f"{dynamic.limit} peers of {dynamic.prefix} are there (limit)"
        config = replace(dynamic.template, address=remote_address, name=remote_address, passive=True)
        return sessions.add(config, now, dynamic.prefix)

    def _range_of(self, remote_address: str) -> DynamicPeersConfig | None:
        address = ipaddress.ip_address(remote_address.partition("%")[0])
        best: DynamicPeersConfig | None = None
        length = -1
        for item in self._core.config.dynamic_peers:
            network = ipaddress.ip_network(item.prefix)
            if address in network and network.prefixlen > length:
                best, length = item, network.prefixlen
        return best

    def keep_away(self, peer: Peer, seconds: float | None, now: float) -> None:
        """A guest is forgotten when its session ends; its address is not, for so long (None: for good)."""
        self._held_down = {octets: until for octets, until in self._held_down.items() if until > now}
        self._held_down[peer.octets] = now + (seconds if seconds is not None else inf)

    def let_in(self, address: str) -> bool:
        """It may come again at once. False: it was not held down."""
        try:
            return self._held_down.pop(address_octets(address), None) is not None
        except ValueError:  # a name
            return False


def _zone(peer: Peer) -> str:
    return peer.address.partition("%")[2] or (peer.config.interface or "")
