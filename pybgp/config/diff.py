"""Old and new configuration → the smallest set of changes, by effective values: how something is written is the same.

What a changed key does stands in the schema, where the reference page has it from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ..addresses import Family
from . import resolved
from .changes import Changes, Difference, DynamicChange, Effect, PeerChange
from .check_peers import Identity, identity
from .model import (
    DynamicPeersConfig,
    FamilyConfig,
    FibConfig,
    NodeConfig,
    PeerConfig,
    PolicyRef,
    RpkiConfig,
    SpeakerConfig,
)
from .schema import DECISION, PREFERENCE
from .schema_damping import DAMPING
from .schema_peers import DYNAMIC, GRACEFUL_RESTART, PEER
from .schema_shells import CONTROL, FIB, LOG, WEB
from .tables import Key, Reload, Table
from .words import Families

_IDENTITY_KEYS: Final = ("address", "group", "prefix")
_RESTART_TIME: Final = "graceful_restart.restart_time"

__all__ = ["Changes", "Difference", "DynamicChange", "Effect", "PeerChange", "diff"]

_EFFECTS: Final[Mapping[Reload, Effect]] = {
    Reload.VALUE: Effect.VALUE,
    Reload.ENABLED: Effect.VALUE,  # ENABLED or DISABLED, which is seen from the value
    Reload.PASSWORD: Effect.PASSWORD,
    Reload.POLICY: Effect.POLICY,
    Reload.RESET: Effect.RESET,
}


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
    before, after = old.speaker, new.speaker
    policies = _policies_changed(before, after)
    anew = {*policies, *functions_changed}
    return Changes(
        peers=tuple(_peers(before, after, anew, secrets_changed)),
        dynamic_peers=tuple(_dynamic_peers(before, after, anew, secrets_changed)),
        restart_all=_who_we_are_changed(before, after),
        policies_changed=policies,
        decision_changed=_decision_changed(before, after),
        routes_changed=_by_prefix(before.routes, after.routes),
        aggregates_changed=_by_prefix(before.aggregates, after.aggregates),
        rpki_changed=_rpki_changed(before.rpki, after.rpki),
        fib_changed=_fib_changed(old, new, anew),
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
    same_top = _inherited(old) == _inherited(new)
    before = {identity(peer): peer for peer in old.peers}
    after = {identity(peer): peer for peer in new.peers}
    for who, peer in before.items():
        if who not in after:
            yield PeerChange(identity=who, name=resolved.name(peer), effect=Effect.REMOVED, old=peer)
    for who, peer in after.items():
        name = resolved.name(peer)
        if who not in before:
            yield PeerChange(identity=who, name=name, effect=Effect.ADDED, new=peer)
            continue
        if same_top and peer == before[who] and not secrets and not _uses(peer, anew):
            continue  # most of hundreds, most of the time
        first, second = resolved.peer(before[who], old), resolved.peer(peer, new)
        differences = [*_differences(PEER, first, second)]
        if _restart_time_follows(before[who], old) and _restart_time_follows(peer, new):
            differences = [item for item in differences if item.key != _RESTART_TIME]
        if name in secrets and peer.password is not None:
            differences.append(Difference("password", None, None, Reload.PASSWORD))
        change = _peer_change(who, name, first, second, differences, anew)
        if change is not None:
            yield _with(change, before[who], peer)


def _inherited(speaker: SpeakerConfig) -> tuple[object, ...]:
    """All that a peer's effective values take from the top level."""
    return speaker.local_as, speaker.confederation, dict(speaker.families), speaker.graceful_restart


def _uses(peer: PeerConfig, policies: Collection[PolicyRef]) -> bool:
    refs = (*(peer.import_policy or ()), *(peer.export_policy or ()))
    return any(isinstance(ref, str) and ref in policies for ref in (*refs, peer.orr))


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
    chains = {"import_policy": new.import_policy, "export_policy": new.export_policy, "orr": new.orr and (new.orr,)}
    for chain, refs in chains.items():
        for ref in refs or ():
            if isinstance(ref, str) and ref in anew and chain not in keys:
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
            yield Difference(name, first, second, _reload(key, first, second))


def _reload(key: Key, old: Any, new: Any) -> Reload:
    """A family's options are one value, but not all of them were agreed with the peer."""
    if isinstance(key.kind, Families) and old is not None and new is not None and _agreed(old) == _agreed(new):
        return Reload.POLICY
    return key.reload


def _agreed(families: Mapping[Family, FamilyConfig]) -> Mapping[Family, FamilyConfig]:
    return {family: replace(options, add_path_limit=None) for family, options in families.items()}


def _keys(name: str, table: Table, old: Any, new: Any) -> tuple[str, ...]:
    return tuple(difference.key for difference in _differences(table, old, new, f"{name}."))


def _who_we_are_changed(old: SpeakerConfig, new: SpeakerConfig) -> tuple[str, ...]:
    keys = [key for key in ("local_as", "router_id", "confederation") if getattr(old, key) != getattr(new, key)]
    if resolved.cluster_id(old) != resolved.cluster_id(new):
        keys.append("cluster_id")
    return tuple(keys)


def _decision_changed(old: SpeakerConfig, new: SpeakerConfig) -> tuple[str, ...]:
    keys = _keys("decision", DECISION, old.decision, new.decision)
    keys += _keys("preference", PREFERENCE, old.preference, new.preference)
    own = ("default_local_pref", "client_to_client_reflection")
    return (*keys, *(key for key in own if getattr(old, key) != getattr(new, key)))


def _values_changed(old: NodeConfig, new: NodeConfig) -> tuple[str, ...]:
    """The speaker's own graceful restart (peers have theirs in their change), damping, what a FIB does in the end."""
    graceful = _differences(
        GRACEFUL_RESTART, old.speaker.graceful_restart, new.speaker.graceful_restart, "graceful_restart."
    )
    keys = [item.key for item in graceful if item.reload is Reload.VALUE]
    keys += _keys("damping", DAMPING, old.speaker.damping, new.speaker.damping)
    if old.fib is not None and new.fib is not None and old.fib.on_stop != new.fib.on_stop:
        keys.append("fib.on_stop")
    return tuple(keys)


def _by_prefix(old: Sequence[Any], new: Sequence[Any]) -> tuple[str, ...]:
    """Prefixes that differ; the order they are written in doesn't count."""
    before, after = ({(each.prefix, getattr(each, "family", None)): each for each in some} for some in (old, new))
    differ = [key for key in before | after if before.get(key) != after.get(key)]
    return tuple(dict.fromkeys(prefix for prefix, _ in differ))


def _rpki_changed(old: RpkiConfig, new: RpkiConfig) -> tuple[str, ...]:
    """Caches that differ, by address and port."""
    before, after = ({(each.address, each.port): each for each in one.caches} for one in (old, new))
    caches = (f"{address} port {port}" for address, port in before | after
              if before.get((address, port)) != after.get((address, port)))  # fmt: skip
    return (*caches, *(("rpki.roas",) if set(old.roas) != set(new.roas) else ()))


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
    keys = [
        item.key for item in _differences(FIB, before, after, "fib.") if item.reload in (Reload.FIB, Reload.RESTART)
    ]
    if isinstance(after.export_policy, str) and after.export_policy in anew and "fib.export_policy" not in keys:
        keys.append(f"fib.export_policy {after.export_policy}")
    if "fib.imports" not in keys:
        keys += [f"fib.imports {name}" for name in _import_sets(after) if _set_changed(name, old, new)]
    return tuple(keys)


def _import_sets(fib: FibConfig) -> Iterator[str]:
    yield from dict.fromkeys(rule.prefix_set for rule in fib.imports if rule.prefix_set is not None)


def _set_changed(name: str, old: NodeConfig, new: NodeConfig) -> bool:
    before, after = old.speaker.sets.prefix_sets, new.speaker.sets.prefix_sets
    return _entries(before, name) != _entries(after, name)
