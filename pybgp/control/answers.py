"""What all answers have in common: their form, and how they write times.

An answer is JSON-ready: text, numbers, booleans, None, lists and dicts of these. The field names are documented in
``docs/reference/control-socket.md`` and stable. Times are ISO 8601 in UTC; a number's unit is in its name.

Long answers are iterators. They yield None where a while may pass without an item, so that whoever drives one can give
the event loop its turn. An answer that is one object, but takes a while, is made in ``Steps``.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any, Final

from .asked import Speaker

JsonObject = dict[str, Any]
Steps = Generator[None, None, JsonObject]
"""Each a fraction of a millisecond; it returns the answer."""

HEARTBEAT: Final = 64
"""Prefixes looked at before an iterator yields None."""


def time_text(speaker: Speaker, t: float | None) -> str | None:
    """A time of the speaker's clock, as people write it."""
    return None if t is None else iso(speaker.wall(t))


def iso(time: datetime) -> str:
    """``2026-01-05T10:12:07Z``"""
    return time.isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def seconds(value: float | None) -> float | int | None:
    """To the millisecond; a whole number if it is one."""
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, 3)
