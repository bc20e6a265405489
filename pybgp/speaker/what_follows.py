"""What follows from the best routes that there would be: aggregates (RFC 4271 §9.2.2.2), and which conditions hold."""

from __future__ import annotations

from collections.abc import Mapping

from ..addresses import Family
from ..policy.prefix_set import PrefixSet
from ..rib.aggregate import AggregateRules, Trait, aggregate_block, trait_of
from ..rib.covering import Covering
from ..rib.local import AGGREGATE
from ..rib.path import Path


class Aggregating:
    """The aggregates of one family, from best routes that are counted one after the other.

    The aggregates' own prefixes come last, the longest first: only then is it known what contributes to them.
    """

    __slots__ = ("_by", "_covering", "_rules", "_traits")

    def __init__(self, rules: Mapping[bytes, AggregateRules], *, local_as: int, router_id: bytes) -> None:
        self._by = local_as, router_id
        self._rules = rules
        self._covering = Covering(rules)
        self._traits: dict[bytes, set[Trait]] = {key: set() for key in rules}

    def count(self, key: bytes, best: Path | None) -> None:
        if best is not None and best.accepted is not None and best.source is not AGGREGATE:
            for found in self._covering.of(key):
                self._traits[found].add(trait_of(best.accepted, as_set=self._rules[found].as_set))

    def path(self, key: bytes) -> Path | None:
        """The aggregate, None if nothing contributes to it."""
        traits = self._traits[key]
        if not traits:
            return None
        local_as, router_id = self._by
        block = aggregate_block(self._rules[key], traits, local_as=local_as, router_id=router_id)
        return Path(AGGREGATE, 0, block, block)


class Conditions:
    """Which of the sets that policies ask for have a best route, likewise."""

    __slots__ = ("_missing", "_watched")

    def __init__(self, watched: Mapping[str, PrefixSet]) -> None:
        self._watched = watched
        self._missing = dict(watched)

    def __bool__(self) -> bool:
        """May the next route make a difference?"""
        return bool(self._missing)

    def count(self, family: Family, key: bytes, best: Path | None) -> None:
        if best is not None:
            for name in [name for name, one in self._missing.items() if one.matches(family, key)]:
                del self._missing[name]

    @property
    def existing(self) -> frozenset[str]:
        return frozenset(self._watched.keys() - self._missing.keys())
