"""The speaker and all its peers in one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..version import __version__
from .answers import JsonObject, Steps, time_text
from .asked import Speaker
from .fib import fib_counters
from .peers import peer_row


def version() -> JsonObject:
    """Who answers."""
    return {"name": "pybgp", "version": __version__}


def status(speaker: Speaker, facts: Mapping[str, Any]) -> Steps:
    """The speaker and all its peers. ``facts`` are the daemon's own: process id, start, configuration file, ..."""
    config = speaker.core.config
    rows = []
    for row in speaker.core.peer_status(speaker.now()):
        rows.append(peer_row(speaker, row))
        yield
    return {
        **version(),
        "time": time_text(speaker, speaker.now()),
        "local_as": config.local_as,
        "router_id": config.router_id,
        "cluster_id": config.cluster_id or config.router_id,
        "listen": list(config.listen),
        **facts,
        "draining": time_text(speaker, speaker.core.draining_since),
        "told": all_told(speaker, {row["name"]: row["behind"] for row in rows if row["state"] == "established"}),
        "peers_configured": len(rows),
        "peers_established": sum(row["state"] == "established" for row in rows),
        "families": _sums(rows),
        "loop_stalls": asdict(speaker.loop_stalls),
        "fib": fib_counters(speaker.fib) if speaker.fib is not None else None,
        "peers": rows,
    }


def all_told(speaker: Speaker, behind: Mapping[str, int]) -> bool:
    """Has every Established peer's TCP acknowledged all that we have to say? ``behind``: prefixes, by name."""
    core = speaker.core
    if core.judging or core.flush_wanted:
        return False
    unacknowledged = speaker.unacknowledged()
    return not any(prefixes or unacknowledged.get(name) for name, prefixes in behind.items())


def _sums(rows: list[JsonObject]) -> JsonObject:
    sums: JsonObject = {}
    for row in rows:
        for family, counters in row["families"].items():
            total = sums.setdefault(family, dict.fromkeys(("received", "accepted", "advertised", "stale"), 0))
            for name in total:
                total[name] += counters[name]
    return sums
