"""Checks of a peer's options about AS numbers: what is for one kind of peer only, and what needs another key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from . import resolved
from .findings import Finding
from .model import PeerConfig, SpeakerConfig
from .toml_text import Path

_ONLY_EXTERNAL: Final = (
    "as_override",
    "remove_private_as",
    "local_as_mode",
    "role",
    "route_server_client",
    "same_domain",
)
_OF_PATHS: Final = ("as_override", "remove_private_as")
"""What changes paths, which a route server leaves as they are."""
_UNSET: Final = PeerConfig("")
"""What a peer has that sets none of them."""


def confederation(speaker: SpeakerConfig) -> Iterator[Finding]:
    """Nobody outside may have the number that we have outside, and no member should."""
    confederation = speaker.confederation
    if confederation is None:
        return
    if confederation.identifier in (speaker.local_as, *confederation.members):
        ours = confederation.identifier == speaker.local_as
        yield Finding(
            path=("confederation", "identifier"),
            value=confederation.identifier,
            text=f"{'local_as' if ours else 'one of the members'} is the same: members that look for it in the whole "
            "path, as FRR does, take routes over that member for loops",
            others=(("local_as",), ("confederation", "members")),
            warning=True,
        )
    for base, peer in _all(speaker):
        if not resolved.is_external(peer, speaker):
            continue
        if peer.remote_as == confederation.identifier:
            yield Finding(
                path=(*base, "remote_as"),
                value=peer.remote_as,
                text="expected another AS, this is our confederation's; inside, peers have the numbers of members",
                others=(("confederation", "identifier"), (*base, "group")),
            )
        if peer.local_as == speaker.local_as != confederation.identifier:
            yield Finding(
                path=(*base, "local_as"),
                value=peer.local_as,
                text=f"an eBGP peer is shown our member AS; without local_as it sees {confederation.identifier}, the "
                "confederation (RFC 5065 §4)",
                others=(("local_as",), ("confederation", "identifier"), (*base, "remote_as"), (*base, "group")),
                warning=True,
            )


def _all(speaker: SpeakerConfig) -> Iterator[tuple[Path, PeerConfig]]:
    """Every peer and template with its place."""
    for index, peer in enumerate(speaker.peers):
        yield ("peers", index), peer
    for index, dynamic in enumerate(speaker.dynamic_peers):
        yield ("dynamic_peers", index), dynamic.template


def findings(base: Path, peer: PeerConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    """Of the peer at ``base``. Without ``remote_as`` nobody knows which kind it is."""
    if peer.remote_as is None:
        return
    group: Path = (*base, "group")
    on_kind: tuple[Path, ...] = ((*base, "remote_as"), (*base, "local_as"), ("local_as",), group)
    if not resolved.is_external(peer, speaker):
        for key in _ONLY_EXTERNAL:
            if getattr(peer, key) != getattr(_UNSET, key):
                yield Finding(
                    path=(*base, key), value=getattr(peer, key), text="expected only for eBGP peers", others=on_kind
                )
    else:
        yield from _without_effect(base, peer, speaker)
    if peer.role_strict and peer.role is None:
        yield Finding(
            path=(*base, "role_strict"),
            value=True,
            text="expected a role, too (RFC 9234 §4.2)",
            others=((*base, "role"), group),
        )
    if peer.cluster_id is not None and not peer.route_reflector_client:
        yield Finding(
            path=(*base, "cluster_id"),
            value=peer.cluster_id,
            text="expected only with route_reflector_client = true (RFC 4456 §7)",
            others=((*base, "route_reflector_client"), group),
        )


def _without_effect(base: Path, peer: PeerConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    """What an eBGP peer has, and nothing comes of."""
    group: Path = (*base, "group")
    outside = speaker.local_as if speaker.confederation is None else speaker.confederation.identifier
    if peer.local_as_mode != "replace_as" and peer.local_as in (None, outside):
        whose = "the top level's" if speaker.confederation is None else "confederation.identifier"
        yield Finding(
            path=(*base, "local_as_mode"),
            value=peer.local_as_mode,
            text=f"without effect, since local_as is {whose}",
            others=((*base, "local_as"), ("local_as",), ("confederation", "identifier"), group),
            warning=True,
        )
    for key in _OF_PATHS:
        if peer.route_server_client and getattr(peer, key) != getattr(_UNSET, key):
            yield Finding(
                path=(*base, key),
                value=getattr(peer, key),
                text="without effect on what other eBGP peers say, which route_server_client tells unchanged "
                "(RFC 7947 §2.2.2)",
                others=((*base, "route_server_client"), group),
                warning=True,
            )
