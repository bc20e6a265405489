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
_UNSET: Final = PeerConfig("")
"""What a peer has that sets none of them."""


def confederation(speaker: SpeakerConfig) -> Iterator[Finding]:
    """Nobody outside may have the number that we have outside."""
    confederation = speaker.confederation
    if confederation is None:
        return
    for index, peer in enumerate(speaker.peers):
        if peer.remote_as == confederation.identifier and resolved.is_external(peer, speaker):
            yield Finding(
                path=("peers", index, "remote_as"),
                value=peer.remote_as,
                text="expected another AS, this is our confederation's; inside, peers have the numbers of members",
                others=(("confederation", "identifier"), ("peers", index, "group")),
            )


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
    elif peer.local_as_mode != "replace_as" and peer.local_as in (None, speaker.local_as):
        yield Finding(
            path=(*base, "local_as_mode"),
            value=peer.local_as_mode,
            text="without effect, since local_as is the top level's",
            others=((*base, "local_as"), ("local_as",), group),
            warning=True,
        )
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
