"""Checks of route target constraint: who gets fewer VPN routes because a peer isn't asked for all (RFC 4684)."""

from __future__ import annotations

from collections.abc import Iterator, Set

from ..addresses import Family
from ..rib.targets import CONSTRAINED
from . import resolved
from .findings import Finding
from .model import PeerConfig, SpeakerConfig
from .toml_text import Path


def findings(base: Path, peer: PeerConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    """Of the peer at ``base``: about ``default_route_target = false``."""
    if peer.default_route_target:
        return
    if Family.ROUTE_TARGET not in _families(peer, speaker):
        text = "without effect, since route-target is not among its families"
    else:
        silent = [_name(each) for each in _others(speaker) if _is_silent(each, speaker)]
        if not silent:
            return
        text = (
            f"{', '.join(silent)}: of its VPN routes told only those that another peer has asked for; without "
            "route-target among the families nobody knows what is wanted (RFC 4684 §4)"
        )
    yield Finding(
        path=(*base, "default_route_target"),
        value=False,
        text=text,
        others=((*base, "families"), ("families",), (*base, "group")),
        warning=True,
    )


def _others(speaker: SpeakerConfig) -> Iterator[PeerConfig]:
    yield from speaker.peers
    yield from (each.template for each in speaker.dynamic_peers)


def _is_silent(peer: PeerConfig, speaker: SpeakerConfig) -> bool:
    families = _families(peer, speaker)
    return bool(families & CONSTRAINED) and Family.ROUTE_TARGET not in families


def _families(peer: PeerConfig, speaker: SpeakerConfig) -> Set[Family]:
    return (speaker.families if peer.families is None else peer.families).keys()


def _name(peer: PeerConfig) -> str:
    return resolved.name(peer) or "a dynamic peer"
