"""The schema of flap damping."""

from __future__ import annotations

from typing import Final

from ..rib.damping import DampingRules
from .kinds import Integer, Seconds
from .tables import Key, Reload, Table

_POINTS: Final = Integer(0, 1_000_000, "points")
_THRESHOLD: Final = Integer(1, 1_000_000, "points")
DAMPING: Final = Table(
    (
        Key(
            name="half_life",
            kind=Seconds(above=True),
            meaning="How long it takes until a route's figure of merit is half of what it was.",
            reload=Reload.VALUE,
        ),
        Key(name="suppress", kind=_THRESHOLD, meaning="Above this a route is not used.", reload=Reload.VALUE),
        Key(name="reuse", kind=_THRESHOLD, meaning="Below this it is used again.", reload=Reload.VALUE),
        Key(
            name="max_suppress_time",
            kind=Seconds(above=True),
            meaning="No route is kept out for longer, however often it has changed.",
            reload=Reload.VALUE,
        ),
        Key(name="withdrawal", kind=_POINTS, meaning="What a withdrawal costs.", reload=Reload.VALUE),
        Key(
            name="readvertisement",
            kind=_POINTS,
            meaning="What it costs to announce a withdrawn route again.",
            reload=Reload.VALUE,
        ),
        Key(name="attribute_change", kind=_POINTS, meaning="What other attributes cost.", reload=Reload.VALUE),
    ),
    DampingRules,
)
