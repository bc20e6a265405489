"""Old and new configuration → the smallest set of changes, by effective values: how something is written is the same.

What a changed key does stands in the schema, where the reference page has it from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Final, NamedTuple

from . import resolved
from .check_peers import Identity, identity
from .model import DynamicPeersConfig, FibConfig, NodeConfig, PeerConfig, PolicyRef, SpeakerConfig
from .schema import CONTROL, DECISION, DYNAMIC, FIB, GRACEFUL_RESTART, LOG, PEER, WEB
from .tables import Reload, Table

_IDENTITY_KEYS: Final = ("address", "group", "prefix")
_IMPORT_KEYS: Final = frozenset({"import_policy", "allowas_in", "enforce_first_as"})
_EXPORT_KEYS: Final = frozenset({"export_policy", "next_hop"})
_RESTART_TIME: Final = "graceful_restart.restart_time"
_LIMIT_KEYS: Final = frozenset({"max_prefixes.limit", "max_prefixes.action"})


class Effect(IntEnum):
    """What becomes of a peer; of several the strongest, which is the highest number."""

    VALUE = 1
    """New values only: timers from their next start, ``passive`` and ``restart_time`` from the next connection."""
    PASSWORD = 2
    """A socket option on the listener and the live connection."""
    POLICY = 3
    """Policy or limit anew; differences are sent, the session stays."""
    RESET = 4
    """The session ends (6/6) and comes back."""
    ENABLED = 5
    DISABLED = 6
    """The session ends (6/2) and stays down."""
    ADDED = 7
    REMOVED = 8
    """The session ends (6/3)."""


_EFFECTS: Final[Mapping[Reload, Effect]] = {
    Reload.VALUE: Effect.VALUE,
    Reload.ENABLED: Effect.VALUE,  # ENABLED or DISABLED, which is seen from the value
    Reload.PASSWORD: Effect.PASSWORD,
    Reload.POLICY: Effect.POLICY,
    Reload.RESET: Effect.RESET,
}


class Difference(NamedTuple):
    """One key's effective values; None is "no value"."""

    key: str
    old: Any
    new: Any
    reload: Reload


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerChange:
    """What becomes of one peer, or of all sessions of a dynamic range.

    ``old`` and ``new`` are as configured; None when there was none or is none any more. ``keys`` are those whose
    effective values differ, and ``import_policy NAME`` for a policy in the list that says something else now. A weaker
    effect's keys are there too: a peer may need ``imports`` and a new ``password`` at once. After ``RESET`` and above
    everything is new anyway.
    """

    identity: Identity
    name: str
    effect: Effect
    keys: tuple[str, ...] = ()
    old: PeerConfig | None = None
    new: PeerConfig | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def imports(self) -> bool:
        """Must what the peer has sent go through import policy again?"""
        return any(key in _IMPORT_KEYS or key.startswith("import_policy ") for key in self.keys)

    @property
    def exports(self) -> bool:
        """Must what the peer is told be made again?"""
        return any(key in _EXPORT_KEYS or key.startswith("export_policy ") for key in self.keys)

    @property
    def password(self) -> bool:
        """Is there another password, or none any more?"""
        return "password" in self.keys

    @property
    def limit(self) -> bool:
        """Must the number of prefixes be held against the limit again?"""
        return not _LIMIT_KEYS.isdisjoint(self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicChange:
    """What becomes of a dynamic range; ``sessions`` is what becomes of its peers, None if nothing does."""

    prefix: str
    effect: Effect
    keys: tuple[str, ...] = ()
    old: DynamicPeersConfig | None = None
    new: DynamicPeersConfig | None = None
    sessions: PeerChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that differs. The tuples of text name what has changed: keys, policies, prefixes; empty is "nothing"."""

    peers: tuple[PeerChange, ...] = ()
    dynamic_peers: tuple[DynamicChange, ...] = ()
    restart_all: tuple[str, ...] = ()
    """Top-level keys that end every session: ``local_as``, ``router_id``, ``cluster_id``."""
    policies_changed: tuple[str, ...] = ()
    """Policies that say something else, by themselves or by a set that they use; also new and removed ones."""
    decision_changed: tuple[str, ...] = ()
    """``decision.*`` and ``default_local_pref``: every best path is chosen again."""
    routes_changed: tuple[str, ...] = ()
    aggregates_changed: tuple[str, ...] = ()
    fib_changed: tuple[str, ...] = ()
    """Keys of ``fib`` whose plan must be made again, and what its policy and imports use; "fib": it came or went."""
    listen_changed: tuple[str, ...] = ()
    control_changed: tuple[str, ...] = ()
    web_changed: tuple[str, ...] = ()
    log_changed: tuple[str, ...] = ()
    values_changed: tuple[str, ...] = ()
    """Other keys that change nothing but the value: those of ``graceful_restart``, ``fib.on_stop``."""

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def lines(self) -> list[str]:
        """What happens, in words, the strongest first; peers to which the same happens share a line."""
        from .changes_text import lines

        return lines(self)


def diff(
    old: NodeConfig,
    new: NodeConfig,
    *,
    functions_changed: Collection[str] = (),
    secrets_changed: Collection[str] = (),
) -> Changes:
    """What it takes to come from ``old`` to ``new``.

    A ``router_id`` "auto" must be resolved in both. ``functions_changed`` are "module:function" policies whose code is
    another now; ``secrets_changed`` are names of peers (of dynamic ranges: the name or prefix) whose password is now
    another in the same place.
    """
    before, after = resolved.node(old).speaker, resolved.node(new).speaker
    policies = _policies_changed(before, after)
    anew = {*policies, *functions_changed}
    top_level = [key for key in ("local_as", "router_id", "cluster_id") if getattr(before, key) != getattr(after, key)]
    fib = _fib_changed(old, new, anew)
    return Changes(
        peers=tuple(_peers(old.speaker, new.speaker, anew, secrets_changed)),
        dynamic_peers=tuple(_dynamic_peers(old.speaker, new.speaker, anew, secrets_changed)),
        restart_all=tuple(top_level),
        policies_changed=policies,
        decision_changed=_decision_changed(before, after),
        routes_changed=_by_prefix(before.routes, after.routes),
        aggregates_changed=_by_prefix(before.aggregates, after.aggregates),
        fib_changed=fib,
        listen_changed=("listen",) if set(before.listen) != set(after.listen) else (),
        control_changed=_keys("control", CONTROL, old.control, new.control),
        web_changed=_keys("web", WEB, old.web, new.web),
        log_changed=_keys("log", LOG, old.log, new.log),
        values_changed=_values_changed(old, new),
    )


# -- peers -------------------------------------------------------------------------------------------------------------


def _peers(
    old: SpeakerConfig, new: SpeakerConfig, anew: Collection[str], secrets: Collection[str]
) -> Iterator[PeerChange]:
    before = {identity(peer): peer for peer in old.peers}
    after = {identity(peer): peer for peer in new.peers}
    for who, peer in before.items():
        if who not in after:
            yield PeerChange(identity=who, name=peer.name or peer.address, effect=Effect.REMOVED, old=peer)
    for who, peer in after.items():
        name = peer.name or peer.address
        if who not in before:
            yield PeerChange(identity=who, name=name, effect=Effect.ADDED, new=peer)
            continue
        first, second = resolved.peer(before[who], old), resolved.peer(peer, new)
        differences = [*_differences(PEER, first, second)]
        if _restart_time_follows(before[who], old) and _restart_time_follows(peer, new):
            differences = [item for item in differences if item.key != _RESTART_TIME]
        if name in secrets and peer.password is not None:
            differences.append(Difference("password", None, None, Reload.PASSWORD))
        change = _peer_change(who, name, first, second, differences, anew)
        if change is not None:
            yield _with(change, before[who], peer)


def _with(change: PeerChange, old: PeerConfig, new: PeerConfig) -> PeerChange:
    return PeerChange(
        identity=change.identity,
        name=change.name,
        effect=change.effect,
        keys=change.keys,
        old=old,
        new=new,
        differences=change.differences,
    )


def _peer_change(
    who: Identity,
    name: str,
    old: PeerConfig,
    new: PeerConfig,
    differences: Sequence[Difference],
    anew: Collection[str],
) -> PeerChange | None:
    """From effective values; None if nothing differs."""
    keys = [difference.key for difference in differences]
    effects = [_EFFECTS[difference.reload] for difference in differences]
    for chain in ("import_policy", "export_policy"):
        for ref in getattr(new, chain) or ():
            if ref in anew and chain not in keys:
                keys.append(f"{chain} {ref}")
                effects.append(Effect.POLICY)
    if old.enabled != new.enabled:
        effects.append(Effect.ENABLED if new.enabled else Effect.DISABLED)
    if not keys:
        return None
    return PeerChange(
        identity=who, name=name, effect=max(effects), keys=tuple(dict.fromkeys(keys)), differences=tuple(differences)
    )


def _dynamic_peers(
    old: SpeakerConfig, new: SpeakerConfig, anew: Collection[str], secrets: Collection[str]
) -> Iterator[DynamicChange]:
    before = {item.prefix: item for item in old.dynamic_peers}
    after = {item.prefix: item for item in new.dynamic_peers}
    for prefix, item in before.items():
        if prefix not in after:
            yield DynamicChange(prefix=prefix, effect=Effect.REMOVED, old=item)
    for prefix, item in after.items():
        if prefix not in before:
            yield DynamicChange(prefix=prefix, effect=Effect.ADDED, new=item)
            continue
        change = _range_change(before[prefix], item, old, new, anew, secrets)
        if change is not None:
            yield change


def _range_change(
    before: DynamicPeersConfig,
    item: DynamicPeersConfig,
    old: SpeakerConfig,
    new: SpeakerConfig,
    anew: Collection[str],
    secrets: Collection[str],
) -> DynamicChange | None:
    first, second = resolved.dynamic(before, old), resolved.dynamic(item, new)
    own = [key for key in ("limit", "name") if getattr(first, key) != getattr(second, key)]
    session_keys = Table(key for key in DYNAMIC.keys.values() if key.name not in ("limit", "name"))
    differences = [*_differences(session_keys, first.template, second.template)]
    if _restart_time_follows(before.template, old) and _restart_time_follows(item.template, new):
        differences = [item for item in differences if item.key != _RESTART_TIME]
    name = item.name or item.prefix
    if name in secrets and item.template.password is not None:
        differences.append(Difference("password", None, None, Reload.PASSWORD))
    who: Identity = (item.prefix, item.template.port, item.template.interface)
    sessions = _peer_change(who, name, first.template, second.template, differences, anew)
    if sessions is not None:
        sessions = _with(sessions, before.template, item.template)
    elif not own:
        return None
    return DynamicChange(
        prefix=item.prefix,
        effect=sessions.effect if sessions is not None else Effect.VALUE,
        keys=(*own, *(sessions.keys if sessions is not None else ())),
        old=before,
        new=item,
        sessions=sessions,
    )


def _restart_time_follows(peer: PeerConfig, speaker: SpeakerConfig) -> bool:
    """It is nothing but a consequence of ``hold_time``, which ends the session if it differs."""
    return (peer.graceful_restart or speaker.graceful_restart).restart_time is None


# -- tables ------------------------------------------------------------------------------------------------------------


def _differences(table: Table, old: Any, new: Any, base: str = "") -> Iterator[Difference]:
    """Key by key; a table that comes or goes counts as all of its keys."""
    for key in table.keys.values():
        if key.name in _IDENTITY_KEYS and not base:
            continue
        name = f"{base}{key.name}"
        first = None if old is None else table.value(old, key)
        second = None if new is None else table.value(new, key)
        if first == second and key.field != ".":
            continue
        if isinstance(key.kind, Table) and key.reload is Reload.PARTS:
            yield from _differences(key.kind, first, second, f"{name}.")
        else:
            yield Difference(name, first, second, key.reload)


def _keys(name: str, table: Table, old: Any, new: Any) -> tuple[str, ...]:
    return tuple(difference.key for difference in _differences(table, old, new, f"{name}."))


def _decision_changed(old: SpeakerConfig, new: SpeakerConfig) -> tuple[str, ...]:
    keys = _keys("decision", DECISION, old.decision, new.decision)
    return keys if old.default_local_pref == new.default_local_pref else (*keys, "default_local_pref")


def _values_changed(old: NodeConfig, new: NodeConfig) -> tuple[str, ...]:
    """The speaker's own graceful restart (peers have theirs in their change), and what a FIB does in the end."""
    graceful = _differences(
        GRACEFUL_RESTART, old.speaker.graceful_restart, new.speaker.graceful_restart, "graceful_restart."
    )
    keys = [item.key for item in graceful if item.reload is Reload.VALUE]
    if old.fib is not None and new.fib is not None and old.fib.on_stop != new.fib.on_stop:
        keys.append("fib.on_stop")
    return tuple(keys)


def _by_prefix(old: Sequence[Any], new: Sequence[Any]) -> tuple[str, ...]:
    """Prefixes that differ; the order they are written in doesn't count."""
    before, after = {item.prefix: item for item in old}, {item.prefix: item for item in new}
    return tuple(prefix for prefix in before | after if before.get(prefix) != after.get(prefix))


# -- policies ----------------------------------------------------------------------------------------------------------


def _policies_changed(old: SpeakerConfig, new: SpeakerConfig) -> tuple[str, ...]:
    names = {**old.policies, **new.policies}
    return tuple(name for name in names if _content(name, old) != _content(name, new))


def _content(name: str, speaker: SpeakerConfig) -> object:
    """A policy and the sets that it uses, whose order doesn't count."""
    terms = speaker.policies.get(name)
    if terms is None:
        return None
    sets = speaker.sets
    return tuple(
        (
            term,
            _entries(sets.prefix_sets, term.match.prefix_set),
            _entries(sets.as_path_sets, term.match.as_path_set),
            _entries(sets.community_sets, term.match.community_set),
        )
        for term in terms
    )


def _entries(sets: Mapping[str, Sequence[str]], name: str | None) -> frozenset[str] | None:
    return None if name is None else frozenset(sets.get(name, ()))


def _fib_changed(old: NodeConfig, new: NodeConfig, anew: Collection[PolicyRef]) -> tuple[str, ...]:
    before, after = old.fib, new.fib
    if before is None or after is None:
        return () if before is after else ("fib",)
    keys = [item.key for item in _differences(FIB, before, after, "fib.") if item.reload is Reload.FIB]
    if after.export_policy in anew and "fib.export_policy" not in keys:
        keys.append(f"fib.export_policy {after.export_policy}")
    if "fib.imports" not in keys:
        keys += [f"fib.imports {name}" for name in _import_sets(after) if _set_changed(name, old, new)]
    return tuple(keys)


def _import_sets(fib: FibConfig) -> Iterator[str]:
    yield from dict.fromkeys(rule.prefix_set for rule in fib.imports if rule.prefix_set is not None)


def _set_changed(name: str, old: NodeConfig, new: NodeConfig) -> bool:
    before, after = old.speaker.sets.prefix_sets, new.speaker.sets.prefix_sets
    return _entries(before, name) != _entries(after, name)
