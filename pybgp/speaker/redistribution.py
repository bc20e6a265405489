"""Kernel routes that the configuration wants announced (``[fib] imports``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from ..addresses import Family
from ..config.model import FibImportConfig
from ..config.words import PROTOCOLS
from ..policy.built_in_sets import named
from ..policy.prefix_set import PrefixSet
from ..rib.kernel import KernelRoute
from ..rib.local import Redistributed, own_block
from ..rib.table import Table
from .fib import KernelChanges
from .originate import with_attributes
from .rules import Rules

_PLAIN: Final = own_block()


class ImportRule:
    """One entry of ``fib.imports``."""

    __slots__ = ("_interfaces", "_own_protocol", "_prefixes", "_protocols", "block")

    def __init__(self, config: FibImportConfig, prefix_sets: Mapping[str, Sequence[str]], own_protocol: int) -> None:
        self._protocols = {PROTOCOLS[name] if name in PROTOCOLS else int(name) for name in config.protocols}
        self._own_protocol = own_protocol
        self._interfaces = config.interfaces
        self.block = with_attributes(
            _PLAIN, local_pref=config.local_pref, med=config.med, communities=config.communities
        )
        """What its routes are announced with."""
        self._prefixes = None if config.prefix_set is None else PrefixSet(prefix_sets[config.prefix_set])

    def takes(self, family: Family, key: bytes, route: KernelRoute) -> bool:
        if route.protocol not in self._protocols if self._protocols else route.protocol == self._own_protocol:
            return False
        if self._interfaces and not any(self._takes_device(way.device or "") for way in route.next_hops):
            return False
        return self._prefixes is None or self._prefixes.matches(family, key)

    def _takes_device(self, device: str) -> bool:
        """Shell patterns; the first that matches decides, a leading "!" excludes; only exclusions: any other."""
        for pattern in self._interfaces:
            if fnmatchcase(device, pattern.removeprefix("!")):
                return not pattern.startswith("!")
        return all(pattern.startswith("!") for pattern in self._interfaces)


class Redistribution:
    """Looks at every foreign kernel route, once for each change."""

    __slots__ = ("_routes", "_rules", "_seen")

    def __init__(self, tables: Mapping[Family, Table], rules: Rules) -> None:
        self._routes = Redistributed(tables)
        self._rules = self._compile(rules)
        self._seen: dict[tuple[Family, bytes], tuple[KernelRoute, ...]] = {}

    @staticmethod
    def _compile(rules: Rules) -> list[ImportRule]:
        sets = named(rules.config.sets, "prefix_sets")
        fib = rules.fib_config
        return [ImportRule(item, sets, fib.protocol) for item in fib.imports] if fib is not None else []

    def update(self, changes: KernelChanges) -> None:
        for key, candidates in changes.routes.items():
            if candidates:
                self._seen[changes.family, key] = candidates
            else:
                self._seen.pop((changes.family, key), None)
            self._apply(changes.family, key, candidates)

    def reconfigure(self, rules: Rules) -> None:
        """New rules: every kernel route is looked at again."""
        self._rules = self._compile(rules)
        for (family, key), candidates in self._seen.items():
            self._apply(family, key, candidates)

    def _apply(self, family: Family, key: bytes, candidates: tuple[KernelRoute, ...]) -> None:
        taken = ((route, self._rule(family, key, route)) for route in candidates)
        found = [(route, rule.block) for route, rule in taken if rule is not None]
        route, block = min(found, key=lambda each: each[0].metric, default=(None, _PLAIN))
        self._routes.update(family, key, route, block)

    def _rule(self, family: Family, key: bytes, route: KernelRoute) -> ImportRule | None:
        """The first that takes it."""
        return next((rule for rule in self._rules if rule.takes(family, key, route)), None)
