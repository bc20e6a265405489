"""The schema of what decides which of several paths a peer is told."""

from __future__ import annotations

from typing import Final

from .kinds import BOOLEAN
from .tables import Key, Reload
from .words import FUNCTION

SELECTION_KEYS: Final = (
    Key(
        name="best_external",
        kind=BOOLEAN,
        meaning="Where the best path is internal and may not be told to this internal peer, tell the best external "
        "one, so that it has a way round (draft-ietf-idr-best-external).",
        reload=Reload.POLICY,
    ),
    Key(
        name="orr",
        kind=FUNCTION,
        meaning="Optimal route reflection (RFC 9107): called with the peer's name and a next hop, as text; returns the "
        "interior cost from the peer to there, None if it can't reach it. The peer is told what is best from there.",
        reload=Reload.POLICY,
        absent="our own costs",
    ),
)
