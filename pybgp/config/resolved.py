"""What holds in the end: every value that a configuration leaves open, filled in by what it means.

Comparing (``diff``) and printing (``effective``) go by this, so how something is written makes no difference.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..messages.context import PeerKind
from .model import DynamicPeersConfig, GracefulRestartConfig, NodeConfig, PeerConfig, SpeakerConfig

RESTART_TIME: Final = 120
AUTO: Final = "auto"


def name(peer: PeerConfig) -> str:
    """What it is called everywhere; its routes are by this name."""
    return peer.name or peer.address


def kind(peer: PeerConfig, speaker: SpeakerConfig) -> PeerKind:
    """How the peer stands to us. One without ``remote_as`` is internal; "external" is never a member's."""
    remote_as = peer.remote_as
    if remote_as == "external":
        return PeerKind.EXTERNAL
    if remote_as in ("internal", None, peer.local_as or speaker.local_as):
        return PeerKind.INTERNAL
    confederation = speaker.confederation
    if confederation is not None and remote_as in confederation.members:
        return PeerKind.CONFEDERATION
    return PeerKind.EXTERNAL


def is_external(peer: PeerConfig, speaker: SpeakerConfig) -> bool:
    """Is it eBGP, and not only between members of our confederation?"""
    return kind(peer, speaker) is PeerKind.EXTERNAL


def local_as(peer: PeerConfig, speaker: SpeakerConfig) -> int:
    """Our AS number towards the peer; outside a confederation that is its identifier (RFC 5065 §4)."""
    if peer.local_as is not None:
        return peer.local_as
    if speaker.confederation is not None and is_external(peer, speaker):
        return speaker.confederation.identifier
    return speaker.local_as


def seen_as(speaker: SpeakerConfig) -> int:
    """Our AS number for the world."""
    return speaker.confederation.identifier if speaker.confederation is not None else speaker.local_as


def node(config: NodeConfig) -> NodeConfig:
    """The whole configuration without groups; peers have all of their values."""
    speaker = config.speaker
    return replace(
        config,
        speaker=replace(
            speaker,
            cluster_id=cluster_id(speaker),
            peers=tuple(peer(item, speaker) for item in speaker.peers),
            dynamic_peers=tuple(dynamic(item, speaker) for item in speaker.dynamic_peers),
            peer_groups={},
        ),
    )


def cluster_id(speaker: SpeakerConfig) -> str | None:
    """RFC 4456 §7: the router id, unless another is configured; None while that is still "auto"."""
    return speaker.cluster_id or (None if speaker.router_id == AUTO else speaker.router_id)


def peer(config: PeerConfig, speaker: SpeakerConfig) -> PeerConfig:
    """A peer's effective values. What stays None has no value: no password, no limit, the kernel's choice."""
    return replace(_session(config, speaker), name=name(config))


def dynamic(config: DynamicPeersConfig, speaker: SpeakerConfig) -> DynamicPeersConfig:
    """A range's effective values; its template has no name."""
    template = replace(_session(config.template, speaker), passive=True)
    return replace(config, template=template, name=config.name or config.prefix)


def graceful_restart(config: PeerConfig, speaker: SpeakerConfig) -> GracefulRestartConfig:
    """RFC 4724 §3 wants a restart time of at most the hold time."""
    graceful = config.graceful_restart or speaker.graceful_restart
    if graceful.restart_time is not None:
        return graceful
    return replace(graceful, restart_time=min(RESTART_TIME, config.hold_time or RESTART_TIME))


def _session(config: PeerConfig, speaker: SpeakerConfig) -> PeerConfig:
    external = is_external(config, speaker)
    remote_as = config.remote_as
    if kind(config, speaker) is PeerKind.INTERNAL:
        remote_as = config.local_as or speaker.local_as
    unwritten = None if external else ("accept",)  # RFC 8212
    imports, exports = config.import_policy, config.export_policy
    return replace(
        config,
        remote_as=remote_as,
        local_as=local_as(config, speaker),
        cluster_id=config.cluster_id or (cluster_id(speaker) if config.route_reflector_client else None),
        interface=config.interface or config.address.partition("%")[2] or None,
        group=None,
        families=dict(speaker.families if config.families is None else config.families),
        import_policy=unwritten if imports is None else tuple(imports),
        export_policy=unwritten if exports is None else tuple(exports),
        graceful_restart=graceful_restart(config, speaker),
    )
