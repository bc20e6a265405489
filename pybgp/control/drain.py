"""``drain``: take traffic off the speaker, take that back, and how far it is (RFC 8326)."""

from __future__ import annotations

from typing import Final

from .answers import JsonObject, Steps, iso
from .arguments import BadArgument
from .asked import Speaker
from .status import all_told

ACTIONS: Final = ("start", "undo", "look")


def drain(speaker: Speaker, *, action: str = "start") -> Steps:
    """Begin, take back, or only look; the answer is how it stands.

    ``judging`` means that routes of external peers are still being given other marks. ``told`` means that this is done,
    and every Established peer's TCP has acknowledged all that we have to say. What a peer then chooses can't be known.

    Raises:
        BadArgument: no such action.
    """
    if action not in ACTIONS:
        raise BadArgument(f"action {action!r}: expected one of {', '.join(ACTIONS)}")
    if action == "start":
        speaker.drain()
    elif action == "undo":
        speaker.undo_drain()
    return _progress(speaker)


def _progress(speaker: Speaker) -> Steps:
    since = speaker.core.draining_since
    unacknowledged = speaker.unacknowledged()
    rows: list[JsonObject] = []
    for row in speaker.core.peer_status(speaker.now()):
        if row.state == "established":
            rows.append(
                {
                    "peer": row.name,
                    "advertised": sum(counters.advertised for counters in row.families.values()),
                    "behind": row.behind,
                    "unacknowledged_octets": unacknowledged.get(row.name, 0),
                }
            )
        yield
    return {
        "draining": since is not None,
        "since": iso(speaker.wall(since)) if since is not None else None,
        "judging": speaker.core.judging,
        "told": all_told(speaker, {row["peer"]: row["behind"] for row in rows}),
        "peers": rows,
    }
