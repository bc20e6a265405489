"""Origin validation: the caches, and what their VRPs say of a route."""

from __future__ import annotations

from ..addresses import key_text, parse_as
from ..rpki.vrp import Vrp
from ..speaker.rpki import CacheStatus
from .answers import JsonObject, time_text
from .arguments import BadArgument, parse_prefix
from .asked import Speaker


def rpki(speaker: Speaker, *, prefix: str | None = None, origin_as: str | None = None) -> JsonObject:
    """The caches, or with a prefix and an AS what the VRPs say of such a route (RFC 6811 §2).

    Raises:
        BadArgument: not a prefix, not an AS number, or only one of the two.
    """
    core = speaker.core.rpki
    if prefix is None and origin_as is None:
        return {
            "vrps": len(core.table),
            "static": len(speaker.core.config.rpki.roas),
            "caches": [_cache(speaker, row) for row in core.status()],
        }
    if prefix is None or origin_as is None:
        raise BadArgument("expected a prefix and an AS number, as in 192.0.2.0/24 65001")
    family, key = parse_prefix(prefix)
    try:
        asn = parse_as(origin_as)
    except ValueError as error:
        raise BadArgument(str(error)) from None
    covering = core.table.covering(family, key)
    return {
        "prefix": key_text(family, key),
        "origin_as": asn,
        "state": core.table.state(family, key, asn).value,
        "vrps": [_vrp(vrp, key[0], asn) for vrp in covering],
    }


def _vrp(vrp: Vrp, length: int, asn: int) -> JsonObject:
    why = []
    if vrp.asn != asn or asn == 0:
        why.append("another AS")
    if length > vrp.max_length:
        why.append("too long")
    return {
        "prefix": vrp.prefix_text,
        "max_length": vrp.max_length,
        "asn": vrp.asn,
        "matches": not why,
        "why_not": " and ".join(why),
    }


def _cache(speaker: Speaker, row: CacheStatus) -> JsonObject:
    return {
        "name": row.name,
        "address": row.address,
        "port": row.port,
        "preference": row.preference,
        "state": row.state,
        "since": time_text(speaker, row.since),
        "version": row.version,
        "session_id": row.session_id,
        "serial": row.serial,
        "used": row.used,
        "ipv4_vrps": row.ipv4_vrps,
        "ipv6_vrps": row.ipv6_vrps,
        "updated_at": time_text(speaker, row.updated_at),
        "refresh_at": time_text(speaker, row.refresh_at),
        "expires_at": time_text(speaker, row.expires_at),
        "last_error": row.last_error,
    }
