"""Checks of families with labels, which mean something to the next hop only: where we would put ourselves in its place.

We assign no labels, so such a route isn't told (``rib.labeled``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..addresses import Family
from ..messages.families.registry import codec
from . import resolved
from .findings import Finding
from .model import PeerConfig, PolicyRef, SpeakerConfig
from .toml_text import Path


def findings(base: Path, peer: PeerConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    """Of the peer at ``base``. Without ``remote_as`` nobody knows whose routes get our address."""
    if peer.remote_as is None or peer.next_hop == "keep" or _another_next_hop(peer.export_policy or (), speaker):
        return
    external = resolved.is_external(peer, speaker)
    if external and set(peer.export_policy or ()) <= {"reject"}:
        return  # it is told nothing anyway
    told = _labeled(peer, speaker)
    if peer.next_hop != "self_all":
        if peer.route_server_client or (not external and peer.next_hop == "auto"):
            return
        if not external:  # only what is from outside gets our address
            others = (*speaker.peers, *(each.template for each in speaker.dynamic_peers))
            outside = [_labeled(each, speaker) for each in others if resolved.is_external(each, speaker)]
            told &= frozenset[Family]().union(*outside)
    if told:
        yield Finding(
            path=(*base, "next_hop"),
            value=peer.next_hop,
            text=f"routes of {', '.join(sorted(map(str, told)))} aren't told where that makes us the next hop, since "
            'we assign no labels; "keep" leaves it as it is',
            others=((*base, "remote_as"), (*base, "families"), ("families",), (*base, "group")),
            warning=True,
        )


def _labeled(peer: PeerConfig, speaker: SpeakerConfig) -> frozenset[Family]:
    families = speaker.families if peer.families is None else peer.families
    return frozenset(family for family in families if (found := codec(family)) is not None and found.labeled)


def _another_next_hop(policies: Iterable[PolicyRef], speaker: SpeakerConfig) -> bool:
    """May one of the policies set a next hop that is not our address? Of Python nobody knows."""
    return any(
        not isinstance(policy, str)
        or ":" in policy
        or any(term.set.next_hop not in (None, "self") for term in speaker.policies.get(policy, ()))
        for policy in policies
    )
