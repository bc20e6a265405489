"""The configured aggregates."""

from __future__ import annotations

from ..addresses import key_text
from .answers import JsonObject
from .asked import Speaker


def aggregates(speaker: Speaker) -> list[JsonObject]:
    """The configured aggregates: which are announced, how many best routes contribute, how many no peer is told."""
    return [
        {
            "prefix": key_text(state.family, state.key),
            "family": str(state.family),
            "active": state.active,
            "contributors": state.contributors,
            "suppressed": state.contributors if state.rules.suppress else 0,
            "suppress": state.rules.suppress,
            "as_set": state.rules.as_set,
            "blackhole": state.rules.blackhole,
        }
        for state in speaker.core.aggregates.states()
    ]
