"""What is, or should be, in the kernel because of us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from ..addresses import Family, address_text, key_text
from ..rib.covering import covering_keys
from ..speaker.fib import Fib, InstalledRoute
from .answers import JsonObject
from .arguments import BadArgument, Inside, Match, parse_family, parse_prefix, unknown_match
from .asked import Speaker


def fib(
    speaker: Speaker, *, prefix: str | None = None, match: Match | None = None, family: str | None = None
) -> Iterator[JsonObject | None]:
    """What is, or should be, in the kernel because of us.

    Raises:
        BadArgument: at once, not at the first item.
    """
    wanted = parse_family(family)
    if prefix is None:
        rows = speaker.fib.routes() if speaker.fib is not None else iter(())
        return (_installed(row) if wanted in (None, row.family) else None for row in rows)
    of_prefix, key = parse_prefix(prefix)
    if wanted not in (None, of_prefix):
        raise BadArgument(f"{prefix} is not of family {family}")
    if match not in (None, *get_args(Match)):
        raise unknown_match(match)
    if speaker.fib is None:
        return iter(())
    return _fib_of(speaker.fib, of_prefix, key, match or ("exact" if "/" in prefix else "longest"))


def _fib_of(fib: Fib, family: Family, key: bytes, match: Match) -> Iterator[JsonObject | None]:
    if match == "covered":
        inside = Inside(key)
        for each in fib.routes():
            yield _installed(each) if each.family == family and inside(each.key) else None
        return
    for candidate in covering_keys(key) if match == "longest" else [key]:
        row = fib.route(family, candidate)
        if row is not None:
            yield _installed(row)
            return


def fib_counters(fib: Fib) -> JsonObject:
    """Counters since the start."""
    counters = fib.status()
    return {
        "installed": counters.installed,
        "pending": counters.pending,
        "failed": counters.failed,
        "adopted": counters.adopted,
        "foreign_bird": counters.foreign_bird,
    }


def _installed(row: InstalledRoute) -> JsonObject:
    return {
        "prefix": key_text(row.family, row.key),
        "family": str(row.family),
        "type": row.route.type,
        "next_hops": [
            {
                "gateway": address_text(hop.gateway) if hop.gateway else None,
                "device": hop.device,
                "onlink": hop.onlink,
                "weight": hop.weight,
            }
            for hop in row.route.next_hops
        ],
        "metric": row.route.metric,
        "state": row.state,
        "error": row.error,
    }
