"""The core's state as plain values: Adj-RIB-In, Loc-RIB and Adj-RIB-Out as questions, and how each peer is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..addresses import Family, address_text
from ..config.model import UNICAST
from ..fsm.status import SessionStatus
from ..messages import update
from ..messages.attributes.block import Block
from ..messages.context import Context, PeerKind
from ..rib.export import Export, ExportRules
from ..rib.local import DEFAULT_KEY
from ..rib.path import Path, best_of, paths_of
from . import renewal
from .damping import DAMPED
from .peers import Peer, remote_as
from .status import FamilyCounters, PeerStatus, RouteDirection, RouteView

if TYPE_CHECKING:
    from .core import SpeakerCore


def peer_status(core: SpeakerCore, peer: Peer, now: float) -> PeerStatus:
    status = peer.fsm.status()
    down = _down(core, peer, status)
    negotiated = peer.negotiated
    families = {}
    add_path = {}
    for family, (_, member) in peer.members.items():
        counters = core.tables[family].counters(peer.name)
        families[family] = FamilyCounters(
            received=counters.received,
            accepted=counters.accepted,
            advertised=member.advertised,
            stale=renewal.stale(core, peer, family),
        )
    for family in peer.waiting - families.keys():
        counters = core.tables[family].counters(peer.name)
        families[family] = FamilyCounters(
            received=counters.received, accepted=counters.accepted, stale=renewal.stale(core, peer, family)
        )
    if negotiated is not None:
        context = negotiated.context
        for family in negotiated.families:
            ways = [
                word
                for word, some in (("receive", context.add_path_receive), ("send", context.add_path_send))
                if family in some
            ]
            if ways:
                add_path[family] = "both" if len(ways) == 2 else ways[0]
    behind = sum(member.backlog.size for _, member in peer.members.values() if member.backlog is not None)
    return PeerStatus(
        name=peer.name,
        address=peer.address,
        description=peer.config.description,
        group=peer.config.group or "",
        enabled=core.sessions.enabled(peer),
        switched=peer.name in core.sessions.switched,
        remote_as=negotiated.remote_as if negotiated is not None else remote_as(peer.config, core.config),
        local_as=peer.local_as,
        internal=peer.internal,
        confederation=peer.kind is PeerKind.CONFEDERATION,
        client=peer.config.route_reflector_client,
        dynamic=peer.dynamic is not None,
        state=status.state.name.lower(),
        since=status.since,
        uptime=now - status.up_since if negotiated is not None and status.up_since is not None else None,
        router_id=address_text(negotiated.remote_router_id) if negotiated is not None else None,
        role=peer.config.role,
        hold_time=negotiated.hold_time if negotiated is not None else None,
        keepalive_time=negotiated.keepalive_time if negotiated is not None else None,
        last_error=status.last_error,
        last_error_at=status.last_error_at,
        last_notification=str(status.last_received) if status.last_received is not None else None,
        next_retry=status.next_retry,
        messages_in=status.messages_in,
        messages_out=status.messages_out,
        update_errors=peer.damage.total,
        update_errors_by_kind=peer.damage.by_attribute(),
        local_address=peer.local_address if negotiated is not None else None,
        import_policy=peer.policies.imports.name,
        export_policy=peer.policies.exports.name,
        max_prefixes=peer.config.max_prefixes.limit if peer.config.max_prefixes is not None else None,
        capabilities=tuple(str(item) for item in negotiated.capabilities) if negotiated is not None else (),
        families=families,
        add_path=add_path,
        graceful_restart=_graceful_restart(peer),
        down=down,
        down_since=status.down_since if down else None,
        behind=behind,
    )


def _down(core: SpeakerCore, peer: Peer, status: SessionStatus) -> str:
    """Who keeps the peer down, "" if nobody does."""
    if not core.sessions.enabled(peer):
        return "by_hand" if peer.name in core.sessions.switched else "configuration"
    return "max_prefixes" if status.held_down else ""


def _graceful_restart(peer: Peer) -> str:
    if peer.waiting:
        return "waiting"
    negotiated = peer.negotiated
    return "helper" if negotiated is not None and negotiated.graceful_restart is not None else "none"


def route_views(
    core: SpeakerCore,
    family: Family | None,
    key: bytes | None,
    peer: str | None,
    direction: RouteDirection,
) -> Iterator[RouteView]:
    """Candidates, best routes, or what a peer is told. Walks copies, so the caller may take its time."""
    for one in list(core.tables):
        if family not in (None, one):
            continue
        for each in shown_keys(core, one, direction) if key is None else [key]:
            if direction == "advertised":
                yield from _advertised(core, one, each, peer)
            else:
                yield from _candidates(core, one, each, peer, best_only=direction == "best")


def shown_keys(core: SpeakerCore, family: Family, direction: RouteDirection) -> list[bytes]:
    """The keys that there may be something to say of: peers may be told a default route that is in no table."""
    table = core.tables[family]
    keys = table.prefixes()
    if direction == "advertised" and family in UNICAST and table.get(DEFAULT_KEY) is None:
        keys.append(DEFAULT_KEY)
    return keys


def _candidates(
    core: SpeakerCore, family: Family, key: bytes, peer: str | None, *, best_only: bool
) -> Iterator[RouteView]:
    entry = core.tables[family].get(key)
    best = best_of(entry)
    for path in paths_of(entry):
        if (best_only and path is not best) or peer not in (None, path.source.name):
            continue
        yield RouteView(
            family=family,
            key=key,
            source=path.source,
            path_id=path.path_id,
            block=path.block,
            best=path is best,
            reason=path.reason,
            stale=_is_stale(core, family, path),
            damped_until=damped_until(core, family, key, path),
            rpki=rpki_state(core, family, key, path),
            labels=path.labels,
        )


def rpki_state(core: SpeakerCore, family: Family, key: bytes, path: Path) -> str | None:
    """What origin validation says of a path, None if nothing validates."""
    return core.rpki.state(family, key, path.received.origin_as).value if core.rpki.active else None


def damped_until(core: SpeakerCore, family: Family, key: bytes, path: Path) -> float | None:
    """When a damped path is used again, None for others."""
    peer = core.sessions.peers.get(path.source.name) if path.reason == DAMPED else None
    return peer.damping.flaps.until((family, path.path_id, key)) if peer is not None and peer.damping else None


def _is_stale(core: SpeakerCore, family: Family, path: Path) -> bool:
    peer = core.sessions.peers.get(path.source.name)
    return peer is not None and family in peer.waiting and path.source.epoch < peer.stale_before


def _advertised(core: SpeakerCore, family: Family, key: bytes, name: str | None) -> Iterator[RouteView]:
    """From the code that tells: what the update group of each peer has for it."""
    entry = core.tables[family].get(key)
    best = best_of(entry)
    for peer in list(core.sessions.peers.values()):  # some may come or go before the caller goes on
        membership = peer.members.get(family)
        if name not in (None, peer.name) or membership is None:
            continue
        group, _ = membership
        for path, export in group.told(peer.name, key, entry):
            path_id = core.outbound.ids.of(path) if group.rules.add_path else 0
            yield RouteView(
                family=family,
                key=key,
                source=path.source,
                path_id=path_id,
                block=sent_block(export, path, group.rules),
                best=path is best,
                reason="",
                rpki=rpki_state(core, family, key, path),
                labels=path.labels,
                to=peer.name,
            )


def sent_block(export: Export, path: Path, rules: ExportRules) -> Block:
    """The octets that are sent, read back as the peer reads them."""
    context = Context(kind=rules.kind, four_octet_as=rules.four_octet_as)
    return update.block_of(export.attributes, export.next_hop, context) or path.received
