"""A new configuration for a running core: only what really differs is touched, all or nothing.

``config.diff`` says what that is, and the reference page of the configuration for each key; here it is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..addresses import address_octets
from ..config import resolved
from ..config.changes import Changes, Effect
from ..config.diff import diff
from ..config.model import UNICAST, FibConfig, NodeConfig, PeerConfig, SpeakerConfig
from ..constants import CeaseSubcode
from ..errors import Cease
from . import limits
from .outputs import Rekey
from .peers import Peer
from .rules import Functions, Rules
from .successors import without_rank
from .validate import validate

if TYPE_CHECKING:
    from .core import SpeakerCore

_REMOVED: Final = Cease("removed", subcode=CeaseSubcode.PEER_DECONFIGURED)
_DISABLED: Final = Cease("disabled", subcode=CeaseSubcode.ADMINISTRATIVE_SHUTDOWN)
_CHANGED: Final = Cease("configuration changed", subcode=CeaseSubcode.OTHER_CONFIGURATION_CHANGE)


def reconfigure(
    core: SpeakerCore,
    config: SpeakerConfig,
    now: float,
    *,
    fib: FibConfig | None,
    functions: Functions,
    secrets: Mapping[str, str],
) -> Changes:
    """Apply what differs; returns what that was.

    Raises:
        ConfigError: the new policies can't be compiled; nothing has changed.
    """
    validate(config, secrets)
    staying, leaving = beside(core, config)
    everybody = replace(config, peers=(*config.peers, *(peer.config for peer in staying)))
    rules = Rules(everybody, functions, fib, previous=core.rules)
    old_secrets = core.sessions.secrets
    changes = diff(
        NodeConfig(speaker=core.config, fib=core.fib_config),
        NodeConfig(speaker=config, fib=fib),
        functions_changed=[name for name in functions if core.rules.functions.get(name) is not functions[name]],
        secrets_changed=[name for name in secrets if secrets[name] != old_secrets.get(name)],
    )
    core.config, core.rules, core.fib_config = config, rules, fib
    names = {peer.name for peer in staying}
    core.sessions.secrets = {name: old for name, old in old_secrets.items() if name in names} | dict(secrets)
    core.make_tables(config)
    for peer in leaving:
        core.sessions.remove(peer.name, now, _CHANGED)
    core.sessions.listen()
    _peers(core, changes, everybody.peers, now)
    _dynamic_peers(core, changes, now)
    if changes.decision_changed:
        _decide_again(core, now)
    core.rpki.reconfigure(now)
    core.sessions.rules_changed(now)
    for peer in list(core.sessions.peers.values()):
        if peer.config.max_prefixes is not None:
            limits.check(core, peer, peer.config.max_prefixes, now)
    core.configure_routes(config)
    core.redistribution.reconfigure(rules)
    core.configure_aggregates(config, now)
    core.watch_existence(now)
    core.flush(now)
    core.programming = core.new_programming()
    if changes.fib_changed:
        for family in UNICAST:
            core.put(core.programming.whole(family, core.tables[family].entries()))
    return changes


def beside(core: SpeakerCore, config: SpeakerConfig) -> tuple[list[Peer], list[Peer]]:
    """Of the peers that the former configuration didn't list: those that a program has added and that stay, and those,
    also from ranges, in whose place the new one lists a peer, by name or address."""
    listed = {resolved.name(each) for each in core.config.peers}
    names = {resolved.name(each) for each in config.peers}
    ends = {(address_octets(each.address), each.port) for each in config.peers}
    addresses = {octets for octets, _ in ends}
    staying, leaving = [], []
    for peer in core.sessions.peers.values():
        if peer.name in listed:
            continue
        guest = peer.dynamic is not None
        if peer.name in names or (peer.octets in addresses if guest else (peer.octets, peer.config.port) in ends):
            leaving.append(peer)
        elif not guest:
            staying.append(peer)
    return staying, leaving


def _peers(core: SpeakerCore, changes: Changes, peers: Iterable[PeerConfig], now: float) -> None:
    """``peers`` are those that there are to be, without those from ranges."""
    sessions = core.sessions
    bounced = set()
    for change in changes.peers:
        if change.old is not None and (change.new is None or change.old.enabled != change.new.enabled):
            sessions.switched.pop(resolved.name(change.old), None)
        if change.old is None or resolved.name(change.old) not in sessions.peers:  # or a program has taken it away
            continue
        if change.effect in (Effect.REMOVED, Effect.RESET):
            error = _REMOVED if change.effect is Effect.REMOVED else _CHANGED
            sessions.remove(resolved.name(change.old), now, error)
    for config in peers:
        peer = sessions.peers.get(resolved.name(config))
        if peer is None:
            sessions.add(config, now)
            bounced.add(resolved.name(config))
        elif changes.restart_all:
            sessions.remove(peer.name, now, _CHANGED)
            sessions.add(config, now)
            bounced.add(peer.name)
        else:
            _keep(core, peer, config, now)
    for change in changes.peers:
        if change.password and change.name not in bounced:
            _rekey(core, sessions.peers[change.name])


def _keep(core: SpeakerCore, peer: Peer, config: PeerConfig, now: float) -> None:
    """The session stays: new timers from their next start, new policies at once."""
    was_enabled = core.sessions.enabled(peer)
    if peer.config.enabled != config.enabled:
        core.sessions.switched.pop(peer.name, None)
    if peer.config.max_prefixes != config.max_prefixes:
        limits.forget_warnings(peer)
    peer.config, peer.speaker = config, core.config
    peer.policies = core.rules.policies(config)
    core.sessions.update_settings(peer, now)
    enabled = core.sessions.enabled(peer)
    if was_enabled and not enabled:
        core.sessions.switch_off(peer, now, _DISABLED)
    elif enabled and not was_enabled:
        core.sessions.begin(peer, now)
    core.sessions.drain(peer, now)
    core.sessions.damp(peer)


def _rekey(core: SpeakerCore, peer: Peer) -> None:
    if peer.fsm.conn is not None:
        core.put(Rekey(peer.fsm.conn, peer.address, core.sessions.secrets.get(peer.name)))


def _dynamic_peers(core: SpeakerCore, changes: Changes, now: float) -> None:
    """Guests of a range that is gone, or whose sessions can't go on, have to come again."""
    effects = {change.prefix: change.effect for change in changes.dynamic_peers}
    ranges = {item.prefix: item for item in core.config.dynamic_peers}
    for peer in [peer for peer in core.sessions.peers.values() if peer.dynamic is not None]:
        prefix = peer.dynamic or ""
        effect = effects.get(prefix, Effect.VALUE)
        if effect is Effect.REMOVED:
            core.sessions.remove(peer.name, now, _REMOVED)
        elif effect in (Effect.RESET, Effect.DISABLED) or changes.restart_all:
            core.sessions.remove(peer.name, now, _CHANGED)
        else:
            _keep(core, peer, replace(ranges[prefix].template, address=peer.address, name=peer.name, passive=True), now)


def _decide_again(core: SpeakerCore, now: float) -> None:
    core.flush(now)
    core.decision = core.rules.decision(core.next_hops)
    for table in core.tables.values():
        table.decision = core.decision
        core.later(table.replace(without_rank()))
    core.sessions.forget_paths()
    core.outbound.reselect()
