"""The answer to "what would these policies change": examples as they are found, then counts by peer and direction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from ..messages.families.registry import route_text
from ..speaker.what_if import RouteChange
from .answers import JsonObject
from .attributes import AttributeFields

DEFAULT_LIMIT: Final = 10
"""Examples of each kind of change and direction."""


def items(changes: Iterable[RouteChange | None], limit: int = DEFAULT_LIMIT) -> Iterator[JsonObject | None]:
    """At most ``limit`` examples of each kind and direction, then a line for each peer and direction with changes."""
    fields = AttributeFields()
    shown: Counter[tuple[str, str]] = Counter()
    counts: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for change in changes:
        if change is None:
            yield None
            continue
        counts[change.direction, change.kind, change.peers] += 1
        shown[change.direction, change.kind] += 1
        if shown[change.direction, change.kind] <= limit:
            yield _example(change, fields)
    yield from _sums(counts)


def _example(change: RouteChange, fields: AttributeFields) -> JsonObject:
    return {
        "direction": change.direction,
        "change": change.kind,
        "peers": list(change.peers),
        "family": str(change.family),
        "prefix": route_text(change.family, change.key),
        "before": None if change.before is None else fields.of(change.before),
        "after": None if change.after is None else fields.of(change.after),
        "reason": change.reason or None,
    }


def _sums(counts: Counter[tuple[str, str, tuple[str, ...]]]) -> Iterator[JsonObject]:
    by_peer: dict[tuple[str, str], Counter[str]] = {}
    for (direction, kind, peers), count in counts.items():
        for peer in peers:
            by_peer.setdefault((peer, direction), Counter())[kind] += count
    for (peer, direction), kinds in sorted(by_peer.items()):
        words = ("accepted", "rejected") if direction == "import" else ("announced", "withdrawn")
        yield {"peer": peer, "direction": direction, **{word: kinds[word] for word in (*words, "changed")}}
