"""The schema of origin validation: caches, and VRPs of the operator's own."""

from __future__ import annotations

from typing import Final

from .kinds import Integer, ListOf
from .model import RpkiCacheConfig, RpkiConfig
from .tables import Key, Reload, Table
from .words import ADDRESS, ROA

RPKI_CACHE: Final = Table(
    (
        Key(
            name="address",
            kind=ADDRESS,
            meaning="A cache that speaks RTR (RFC 8210).",
            reload=Reload.CACHES,
            required=True,
        ),
        Key(name="port", kind=Integer(1, 65535), meaning="Its TCP port.", reload=Reload.CACHES),
        Key(
            name="preference",
            kind=Integer(0, 65535),
            meaning="Of all caches that have data, those with the lowest number count, together; the others stand by "
            "(RFC 8210 §10).",
            reload=Reload.CACHES,
        ),
    ),
    RpkiCacheConfig,
    sparse=True,
)
RPKI: Final = Table(
    (
        Key(
            name="caches",
            kind=ListOf(RPKI_CACHE, like='[{ address = "192.0.2.1", port = 3323 }]'),
            meaning="Where validated ROAs come from.",
            reload=Reload.CACHES,
        ),
        Key(
            name="roas",
            kind=ListOf(ROA, like='["192.0.2.0/24 le 28 as 65001"]', distinct=True),
            meaning="ROAs of our own, beside those of the caches: the prefix, the longest length that may be announced "
            "of it, the origin AS.",
            reload=Reload.POLICY,
        ),
    ),
    RpkiConfig,
)
