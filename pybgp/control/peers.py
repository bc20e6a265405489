"""The peers, a row each."""

from __future__ import annotations

from collections.abc import Iterator

from ..speaker.status import FamilyCounters, PeerStatus
from .answers import JsonObject, seconds, time_text
from .arguments import UnknownPeer
from .asked import Speaker


def peers(speaker: Speaker, name: str | None = None) -> Iterator[JsonObject]:
    """All peers, or the one with this name or address.

    Raises:
        UnknownPeer: there is none; at once, not at the first item.
    """
    rows = speaker.core.peer_status(speaker.now())
    if name is not None:
        known = list(rows)
        named = [row for row in known if row.name == name] or [row for row in known if row.address == name]
        if not named:
            raise UnknownPeer(f"no peer is called {name}")
        rows = iter(named)
    return (peer_row(speaker, row) for row in rows)


def peer_row(speaker: Speaker, row: PeerStatus) -> JsonObject:
    return {
        "name": row.name,
        "address": row.address,
        "description": row.description,
        "group": row.group or None,
        "remote_as": row.remote_as,
        "local_as": row.local_as,
        "type": "internal" if row.internal else "confederation" if row.confederation else "external",
        "client": row.client,
        "role": row.role,
        "dynamic": row.dynamic,
        "enabled": row.enabled,
        "switched": row.switched,
        "down": row.down or None,
        "down_since": time_text(speaker, row.down_since),
        "state": row.state,
        "since": time_text(speaker, row.since),
        "uptime_s": seconds(row.uptime),
        "local_address": row.local_address,
        "router_id": row.router_id,
        "hold_time_s": seconds(row.hold_time),
        "keepalive_time_s": seconds(row.keepalive_time),
        "import_policy": row.import_policy,
        "export_policy": row.export_policy,
        "max_prefixes": row.max_prefixes,
        "last_error": row.last_error,
        "last_error_at": time_text(speaker, row.last_error_at),
        "last_notification": row.last_notification,
        "next_retry": time_text(speaker, row.next_retry),
        "messages_in": row.messages_in,
        "messages_out": row.messages_out,
        "update_errors": row.update_errors,
        "update_errors_by_kind": {name: dict(counts) for name, counts in row.update_errors_by_kind.items()},
        "capabilities": list(row.capabilities),
        "families": {
            str(family): _family(counters, row.add_path.get(family, "off")) for family, counters in row.families.items()
        },
        "graceful_restart": row.graceful_restart,
        "behind": row.behind,
    }


def _family(counters: FamilyCounters, add_path: str) -> JsonObject:
    return {
        "received": counters.received,
        "accepted": counters.accepted,
        "advertised": counters.advertised,
        "stale": counters.stale,
        "add_path": add_path,
    }
