"""Aggregates: each is in the table while a more specific route is in the Loc-RIB (RFC 4271 §9.2.2.2).

How many routes contribute, and with which traits, is counted as changes are flushed; nothing is scanned but the table,
once, when aggregates are configured. Aggregates don't contribute to wider ones: what contributes to the narrow one does
so itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..addresses import Family
from ..messages.attributes.block import Block
from .aggregate import AggregateRules, Trait, aggregate_block, trait_of
from .covering import Covering
from .local import AGGREGATE
from .moves import Again, Move
from .path import Path, best_of
from .table import Table
from .unscanned import Unscanned


class AggregateState(NamedTuple):
    """One aggregate as it stands, for people."""

    family: Family
    key: bytes
    rules: AggregateRules
    active: bool
    contributors: int


class _Aggregate:
    """One aggregate and what contributes to it."""

    __slots__ = ("key", "rules", "traits")

    def __init__(self, key: bytes, rules: AggregateRules) -> None:
        self.key = key
        self.rules = rules
        self.traits: Counter[Trait] = Counter()

    def count(self, path: Path | None, by: int) -> bool:
        """More or fewer contributors like ``path``; returns whether the aggregate may say something else now."""
        if path is None or path.accepted is None:
            return False
        trait = trait_of(path.accepted, as_set=self.rules.as_set)
        before = self.traits[trait]
        after = self.traits[trait] = before + by
        if not after:
            del self.traits[trait]
        return not before or not after


class FamilyAggregates:
    """The aggregates of one family over one table, from the time they are configured until others are."""

    __slots__ = ("_aggregates", "_by", "_changed", "_covering", "_installed", "_table", "_unscanned")

    def __init__(
        self,
        table: Table,
        rules: Mapping[bytes, AggregateRules],
        *,
        local_as: int,
        router_id: bytes,
        installed: Mapping[bytes, tuple[Block, AggregateRules]],
    ) -> None:
        """``installed`` is what a former configuration has put into the table; it must have been flushed."""
        self._table = table
        self._by = (local_as, router_id)
        self._aggregates = {key: _Aggregate(key, one) for key, one in rules.items()}
        self._covering = Covering(rules)
        self._installed = {key: found for key, found in installed.items() if key in rules}
        self._changed: set[bytes] = set(rules)  # may have to say something else
        self._unscanned = Unscanned(table)
        table.withdraw([key for key in installed if key not in rules], AGGREGATE.name)

    @property
    def installed(self) -> Mapping[bytes, tuple[Block, AggregateRules]]:
        return self._installed

    def scan(self) -> Iterator[None]:
        """Count what is there already: long work, in slices, each of which needs a table that has been flushed."""
        table = self._table
        for keys in self._unscanned.slices():
            for key in keys:
                self._count([key], None, _contributor(table.best(key)))
            yield
        self._settle()

    def changed(self, moves: Iterable[Move]) -> None:
        """The Loc-RIB has changed; aggregates come, go or change in the table."""
        for old, new, keys in moves:
            before = None if isinstance(old, Again) else _contributor(best_of(old))
            after = _contributor(best_of(new))
            if before is after:
                continue
            if self._unscanned:
                first, keys = self._unscanned.split(keys)
                self._count(first, None, after)
            self._count(keys, before, after)
        if not self._unscanned:
            self._settle()

    def states(self) -> Iterator[AggregateState]:
        family = self._table.family
        for key, one in self._aggregates.items():
            yield AggregateState(family, key, one.rules, key in self._installed, one.traits.total())

    def rules_of(self, key: bytes) -> AggregateRules | None:
        found = self._aggregates.get(key)
        return None if found is None else found.rules

    def _count(self, keys: Iterable[bytes], before: Path | None, after: Path | None) -> None:
        covering = self._covering.of
        for found, count in Counter(one for key in keys for one in covering(key)).items():
            aggregate = self._aggregates[found]
            if aggregate.count(after, count) | aggregate.count(before, -count):
                self._changed.add(found)

    def _settle(self) -> None:
        """Put into the table what the counted contributors make of the aggregates."""
        changed, self._changed = self._changed, set()
        for key in sorted(changed):
            one = self._aggregates[key]
            if not one.traits:
                if self._installed.pop(key, None) is not None:
                    self._table.withdraw([key], AGGREGATE.name)
                continue
            local_as, router_id = self._by
            block = aggregate_block(one.rules, one.traits.keys(), local_as=local_as, router_id=router_id)
            if self._installed.get(key) != (block, one.rules):
                self._installed[key] = (block, one.rules)
                self._table.insert([key], Path(AGGREGATE, 0, block, block))


class Aggregates:
    """The aggregates of all families; false while there are none."""

    __slots__ = ("_configured", "_families", "_tables")

    def __init__(self, tables: Mapping[Family, Table]) -> None:
        self._tables = tables
        self._families: dict[Family, FamilyAggregates] = {}
        self._configured: object = None

    def __bool__(self) -> bool:
        return bool(self._families)

    def configure(
        self, wanted: Mapping[Family, Mapping[bytes, AggregateRules]], *, local_as: int, router_id: bytes
    ) -> Iterator[Iterator[None]]:
        """Other aggregates; the tables have been flushed. Yields long work: the scans of what is there."""
        if self._configured == (wanted, local_as, router_id):
            return
        self._configured = (wanted, local_as, router_id)
        for family, table in self._tables.items():
            rules = wanted.get(family, {})
            former = self._families.pop(family, None)
            if not rules and former is None:
                continue
            made = FamilyAggregates(
                table,
                rules,
                local_as=local_as,
                router_id=router_id,
                installed=former.installed if former is not None else {},
            )
            if rules:
                self._families[family] = made
                yield self._scan(family, made)

    def _scan(self, family: Family, made: FamilyAggregates) -> Iterator[None]:
        """The scan, until other aggregates are configured."""
        for step in made.scan():
            yield step
            if self._families.get(family) is not made:
                return

    def changed(self, family: Family, moves: Iterable[Move]) -> None:
        """A flush of a family's table."""
        found = self._families.get(family)
        if found is not None:
            found.changed(moves)

    def rules_of(self, family: Family, key: bytes) -> AggregateRules | None:
        """An aggregate as configured, None if the prefix is none."""
        found = self._families.get(family)
        return None if found is None else found.rules_of(key)

    def states(self) -> Iterator[AggregateState]:
        for found in self._families.values():
            yield from found.states()


def _contributor(path: Path | None) -> Path | None:
    return None if path is None or path.source is AGGREGATE else path
