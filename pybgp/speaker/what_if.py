"""Which routes another configuration would change: worked out beside the running core, which stays as it is.

Compared are policies and whatever else decides about import and export, how paths are compared (``decision``,
``preference``, ``default_local_pref``), and the routes of peers that go, because the other configuration doesn't have
them, has them disabled or allows them fewer prefixes; then what follows from the best routes that there would be:
aggregates, and conditions of policies. What is kept for a peer that restarts (RFC 4724) counts like all else. Sessions
that stay are taken as they are: what a new capability or a new peer would bring, and other ``routes`` or ``rpki``, is
not foreseen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from ..addresses import Family
from ..config import resolved
from ..config.model import FibConfig, PeerConfig, SpeakerConfig
from ..messages.attributes.block import Block
from ..rib.adj_rib_out import AdjRibOut
from ..rib.export import Export, ExportRules
from ..rib.flow_table import FlowTable
from ..rib.group_kinds import exporter
from ..rib.local import AGGREGATE, DEFAULT_KEY, DEFAULT_ROUTE
from ..rib.path import Entry, Path, best_of, paths_of
from ..rib.selection import selection_of
from ..rib.table import Table
from . import limits
from .inbound import Importer
from .originate import aggregates
from .peers import Peer
from .reconfigure import beside
from .rules import Functions, Rules
from .successors import by_new_rules, undamped, without_rank
from .views import sent_block
from .what_follows import Aggregating, Conditions

if TYPE_CHECKING:
    from .core import SpeakerCore

_Judge = Callable[[bytes], tuple[tuple[Path, ...], tuple[Path, ...], Entry | None]]
_TOO_MANY: Final = "more prefixes than max_prefixes allows"
_NOT_SELECTED: Final = "none of its paths is selected for the peer"
_Sent = tuple[Path, Export]
_Told = dict[tuple[str, int], _Sent]
"""What a group is told of a prefix, by the source's name and its path identifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChange:
    """A route that would be accepted, rejected or changed ("import"), told, withdrawn or told otherwise ("export").

    ``peers`` are those that it came from, or that would be told. ``before`` and ``after`` are the attributes that
    count, None for no route; ``reason`` says why there is none afterwards (or was none before).
    """

    direction: Literal["import", "export"]
    peers: tuple[str, ...]
    family: Family
    key: bytes
    before: Block | None
    after: Block | None
    reason: str = ""

    @property
    def kind(self) -> str:
        """ "accepted", "rejected" or "changed"; of exports "announced", "withdrawn" or "changed"."""
        if self.before is not None and self.after is not None:
            return "changed"
        if self.direction == "import":
            return "accepted" if self.before is None else "rejected"
        return "announced" if self.before is None else "withdrawn"


@dataclass(frozen=True, slots=True)
class _Audience:
    """Members that are told the same now, and would be told the same then."""

    now: AdjRibOut
    then: AdjRibOut
    names: list[str]

    @property
    def same_rules(self) -> bool:
        return self.now.rules == self.then.rules

    @property
    def selects(self) -> bool:
        return self.now.selection is not None or self.then.selection is not None

    @property
    def originates(self) -> bool:
        return self.now.originated is not None or self.then.originated is not None


class WhatIf:
    """Another configuration, compiled beside the one that runs."""

    def __init__(
        self, core: SpeakerCore, config: SpeakerConfig, *, fib: FibConfig | None, functions: Functions
    ) -> None:
        """
        Raises:
            ConfigError: a policy that can't be compiled.
        """
        self._core = core
        added, _ = beside(core, config)
        peers = (*config.peers, *(peer.config for peer in added))
        self._configured = {resolved.name(each): each for each in peers}
        self._rules = Rules(replace(config, peers=peers), functions, fib, previous=core.rules)
        self._leaving: dict[str, str] = {}  # peers whose routes go, and why
        self._peers = [(peer, self._as_configured(peer, config)) for peer in core.sessions.peers.values()]
        self._importers: dict[str, Importer] = {}
        old = core.config
        self._decision = core.decision
        if (config.decision, config.preference, config.default_local_pref) != (
            old.decision,
            old.preference,
            old.default_local_pref,
        ):
            self._decision = self._rules.decision(core.next_hops)
        for peer, other in self._peers:
            if other is not None:
                rules = self._rules.import_rules(other, core.host)
                if rules != core.rules.import_rules(peer, core.host):
                    self._importers[peer.name] = Importer(rules, core.next_hops)
        self._released = {  # peers whose damping ends
            peer.name
            for peer, other in self._peers
            if peer.damping is not None and other is not None and not other.is_damped
        }
        self._aggregate_rules = aggregates(config)
        self._aggregates: dict[Family, dict[bytes, Path]] = {}

    def _as_configured(self, peer: Peer, config: SpeakerConfig) -> Peer | None:
        """The peer with the other configuration's options, None if it wouldn't be there, or has no routes now."""
        sessions = self._core.sessions
        if peer.name not in sessions.importers:  # neither a session, nor routes that are kept for its return
            return None
        found = self._configured.get(peer.name) or _of_range(peer, config)
        if found is None or not (sessions.enabled(peer) if found.enabled == peer.config.enabled else found.enabled):
            self._leaving[peer.name] = "the peer goes"
            return None
        other = copy(peer)
        other.config, other.speaker, other.policies = found, config, self._rules.policies(found)
        return other

    def changes(self) -> Iterator[RouteChange | None]:
        """All of them, in the order of the tables; None after each prefix, for who gives others a turn.

        Walks copies: what changes meanwhile may be seen or not.
        """
        tables = dict(self._core.tables)
        judges = {family: self._judge(table) for family, table in tables.items()}
        yield from self._look_at_limits(judges)
        yield from self._look_ahead(judges)
        for family, table in tables.items():
            audiences = list(self._audiences(family))
            made = self._aggregates[family]
            keys = table.prefixes() if self._differs or any(not each.same_rules for each in audiences) else []
            others = [*made, *((DEFAULT_KEY,) if any(each.originates for each in audiences) else ())]
            keys += [key for key in dict.fromkeys(others) if table.get(key) is None]
            for key in keys:
                entry = table.get(key)
                paths, new, after = judges[family](key)
                yield from self._imports(family, key, paths, new)
                yield from _exports(family, key, entry, after, audiences)
                yield None

    @property
    def _differs(self) -> bool:
        """May the tables have something else?"""
        others = self._importers or self._leaving or self._released or self._aggregate_rules or self._core.aggregates
        return bool(others) or self._decision is not self._core.decision

    def _judge(self, table: Table) -> _Judge:
        """For a prefix, its paths, their successors, and what it would have."""
        family = table.family
        successor = by_new_rules(self._importers, family)
        if self._released:
            importers = {
                name: self._importers.get(name, self._core.sessions.importers[name]) for name in self._released
            }
            successor = undamped(importers, family, successor)
        if isinstance(table, FlowTable):
            successor = table.foreseen(successor, self._validates_flows)
        ranked_anew = without_rank() if self._decision is not self._core.decision else None
        made: dict[bytes, Path] = {}
        self._aggregates[family] = made

        def judge(key: bytes) -> tuple[tuple[Path, ...], tuple[Path, ...], Entry | None]:
            entry = table.get(key)
            paths = paths_of(entry)
            new = tuple(successor(key, path) for path in paths)
            stay = tuple(path for path in new if path.source.name not in self._leaving)
            stay = _with_aggregate(stay, made.get(key))
            if ranked_anew is not None:
                stay = tuple(ranked_anew(key, path) for path in stay)
            return paths, new, entry if stay == paths else self._ordered(stay, entry)

        return judge

    def _look_at_limits(self, judges: Mapping[Family, _Judge]) -> Iterator[None]:
        """Which sessions would end for too many prefixes."""
        to_count: dict[str, int] = {}  # where other rules would accept more, or fewer
        for peer, other in self._peers:
            limit = other.config.max_prefixes if other is not None else None
            if limit is None or limit.action == "warn" or not peer.established:
                continue
            if limit.count == "accepted" and peer.name in self._importers.keys() | self._released:
                to_count[peer.name] = limit.limit
            elif any(limits.count(self._core, peer, limit, family) > limit.limit for family in peer.members):
                self._leaving[peer.name] = _TOO_MANY
        for family, judge in judges.items() if to_count else ():
            accepted: Counter[str] = Counter()
            for key in self._core.tables[family].prefixes():
                accepted.update(path.source.name for path in judge(key)[1] if path.accepted is not None)
                yield None
            self._leaving |= {name: _TOO_MANY for name, most in to_count.items() if accepted[name] > most}

    def _look_ahead(self, judges: Mapping[Family, _Judge]) -> Iterator[None]:
        """Which aggregates there would be, and which conditions of policies would hold."""
        rules = self._rules
        conditions = Conditions(rules.watched)
        for family, judge in judges.items():
            wanted = self._aggregate_rules.get(family, {})
            aggregating = Aggregating(wanted, local_as=rules.seen_as, router_id=rules.router_id)
            made = self._aggregates[family]
            for key in self._core.tables[family].prefixes() if wanted or conditions else ():
                if key not in wanted:
                    best = best_of(judge(key)[2])
                    aggregating.count(key, best)
                    conditions.count(family, key, best)
                yield None
            for key in sorted(wanted, reverse=True):  # a key begins with the length of its prefix
                aggregate = aggregating.path(key)
                if aggregate is not None:
                    made[key] = aggregate
                best = best_of(judge(key)[2])
                aggregating.count(key, best)
                conditions.count(family, key, best)
        self._rules = rules.renewed(replace(rules.generation, existing=conditions.existing))
        for _, other in self._peers:
            if other is not None:
                other.policies = self._rules.policies(other.config)

    def _validates_flows(self, name: str) -> bool:
        importer = self._importers.get(name)
        return self._core.validates_flows(name) if importer is None else importer.rules.validate_flowspec

    def _ordered(self, paths: tuple[Path, ...], entry: Entry | None) -> Entry | None:
        if len(paths) < 2:
            return paths[0] if paths else None
        return self._decision.order(paths, best_of(entry))

    def _imports(
        self, family: Family, key: bytes, paths: tuple[Path, ...], successors: tuple[Path, ...]
    ) -> Iterator[RouteChange]:
        for path, new in zip(paths, successors, strict=True):
            goes = self._leaving.get(path.source.name) if path.accepted is not None else None
            if goes or path.accepted != new.accepted:
                yield RouteChange(
                    direction="import",
                    peers=(path.source.name,),
                    family=family,
                    key=key,
                    before=path.accepted,
                    after=None if goes else new.accepted,
                    reason=goes or new.reason or path.reason,
                )

    def _audiences(self, family: Family) -> Iterable[_Audience]:
        table = self._core.tables[family]
        found: dict[tuple[ExportRules, ExportRules], _Audience] = {}
        for peer, other in self._peers:
            membership = peer.members.get(family)
            if membership is None or other is None or peer.name in self._leaving:
                continue
            now = membership[0].rules
            then = self._rules.export_rules(other, family, self._core.host)
            audience = found.get((now, then))
            if audience is None:
                audience = found[now, then] = _Audience(
                    AdjRibOut(exporter(now), selection_of(now, lambda: table.decision)),
                    AdjRibOut(exporter(then), selection_of(then, lambda: self._decision)),
                    [],
                )
            audience.names.append(peer.name)
        return found.values()


def _with_aggregate(paths: tuple[Path, ...], aggregate: Path | None) -> tuple[Path, ...]:
    """The paths with this aggregate in the place of the one there is; with that itself, if it stays the same."""
    for path in paths:
        if path.source is AGGREGATE:
            if aggregate is not None and path.accepted == aggregate.accepted:
                return paths
            paths = tuple(each for each in paths if each is not path)
    return paths if aggregate is None else (*paths, aggregate)


def _of_range(peer: Peer, config: SpeakerConfig) -> PeerConfig | None:
    for item in config.dynamic_peers:
        if item.prefix == peer.dynamic:
            return replace(item.template, address=peer.address, name=peer.name, passive=True)
    return None


def _exports(
    family: Family, key: bytes, entry: Entry | None, after: Entry | None, audiences: list[_Audience]
) -> Iterator[RouteChange]:
    for audience in audiences:
        if audience.same_rules and entry is after:
            continue
        if audience.selects:
            for name in audience.names:
                yield from _selected(family, key, entry, after, audience, name)
            continue
        before, then = _told(audience.now, entry, key), _told(audience.then, after, key)
        for identity in dict.fromkeys((*before, *then)):
            old, new = before.get(identity), then.get(identity)
            for names, before_it, after_it in _differences(audience, old, new):
                reason = _why(audience, key, old, after) if after_it is None else ""
                yield _exported(audience, names, family, key, before_it, after_it, reason)


def _exported(
    audience: _Audience,
    names: tuple[str, ...],
    family: Family,
    key: bytes,
    before: _Sent | None,
    after: _Sent | None,
    reason: str,
) -> RouteChange:
    return RouteChange(
        direction="export",
        peers=names,
        family=family,
        key=key,
        before=before and sent_block(before[1], before[0], audience.now.rules),
        after=after and sent_block(after[1], after[0], audience.then.rules),
        reason=reason,
    )


def _selected(
    family: Family, key: bytes, entry: Entry | None, after: Entry | None, audience: _Audience, name: str
) -> Iterator[RouteChange]:
    """For one member: which paths it is told depends on which are its own."""

    def of(out: AdjRibOut, one: Entry | None) -> _Told:
        add_path = out.rules.add_path
        pairs = out.told(name, key, one)
        return {(path.source.name, path.path_id) if add_path else ("", 0): (path, sent) for path, sent in pairs}

    before, then = of(audience.now, entry), of(audience.then, after)
    for identity in dict.fromkeys((*before, *then)):
        old, new = before.get(identity), then.get(identity)
        if (old and old[1]) != (new and new[1]):
            reason = "" if new is not None else _why_none_is_ours(audience, old) or _NOT_SELECTED
            yield _exported(audience, (name,), family, key, old, new, reason)


def _told(out: AdjRibOut, entry: Entry | None, key: bytes) -> _Told:
    """By the best path, or with ADD-PATH by all."""
    if out.rules.add_path:
        return {(path.source.name, path.path_id): (path, sent) for path, sent in out.several(entry, key)}
    choice = out.one(entry, key)
    return {} if choice is None else {("", 0): (choice.path, choice.sent)}


def _differences(
    audience: _Audience, old: _Sent | None, new: _Sent | None
) -> Iterator[tuple[tuple[str, ...], _Sent | None, _Sent | None]]:
    """Nobody is told its own routes: the source of either path sees another difference than all others."""
    sources = list(dict.fromkeys(each[0].source.name for each in (old, new) if each is not None))
    others = tuple(name for name in audience.names if name not in sources)
    for names in (others, *((name,) for name in sources if name in audience.names)):
        before = None if old is None or names == (old[0].source.name,) else old
        after = None if new is None or names == (new[0].source.name,) else new
        if names and (before and before[1]) != (after and after[1]):
            yield names, before, after


def _why(audience: _Audience, key: bytes, old: _Sent | None, after: Entry | None) -> str:
    """Why there is nothing to tell in the place of ``old``."""
    ours = _why_none_is_ours(audience, old)
    if ours:
        return ours
    best = best_of(after)
    if audience.then.rules.add_path and old is not None:
        best = next((path for path in paths_of(after) if path.same_origin(old[0])), None)
    if best is None or best.accepted is None:
        return "no longer accepted"
    return audience.then.exporter.why_not(best, key) or "it would be the peer's own route"


def _why_none_is_ours(audience: _Audience, old: _Sent | None) -> str:
    """Why a default route that we originate is told no longer, "" if ``old`` is another route."""
    if old is None or old[0] is not DEFAULT_ROUTE:
        return ""
    then = audience.then
    if not then.rules.default_originate:
        return "no longer originated (default_originate)"
    return then.exporter.why_not(DEFAULT_ROUTE, DEFAULT_KEY)
