"""A new configuration for a running core: only what really differs is touched, all or nothing.

The reference page of the configuration says for each key what a reload does; here it is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..config.model import FibConfig, PeerConfig, SpeakerConfig, TimersConfig
from ..constants import CeaseSubcode
from ..errors import Cease
from ..rib.path import Path
from ..rib.table import Table
from .outputs import Rekey
from .peers import Peer, session_settings
from .programming import Programming
from .rules import Functions, Rules

if TYPE_CHECKING:
    from .core import SpeakerCore

_NO_RESET = ("keepalive_time", "import_policy", "export_policy", "next_hop", "enforce_first_as", "allowas_in")
_NO_RESET_EITHER = ("max_prefixes", "passive", "group", "password", "enabled")


def reconfigure(
    core: SpeakerCore,
    config: SpeakerConfig,
    now: float,
    *,
    fib: FibConfig | None,
    functions: Functions,
    secrets: Mapping[str, str],
) -> None:
    """
    Raises:
        ConfigError: the new policies can't be compiled; nothing has changed.
    """
    old = core.config
    rules = Rules(config, functions, fib, previous=core.rules)
    core.config, core.rules = config, rules
    core.fib_config = fib
    secrets, core.sessions.secrets = core.sessions.secrets, secrets
    core.sessions.listen()
    everybody = (old.local_as, old.router_id, old.cluster_id) != (config.local_as, config.router_id, config.cluster_id)
    _peers(core, old, now, everybody=everybody, old_secrets=secrets)
    _dynamic_peers(core, old, now, everybody=everybody)
    if (old.decision, old.default_local_pref) != (config.decision, config.default_local_pref):
        _decide_again(core)
    core.sessions.rules_changed(now)
    core.configure_routes(config)
    core.redistribution.reconfigure(rules)
    core.flush(now)
    core.programming = Programming(rules.fib_policy, core.next_hops, core.own)
    if fib is not None:
        for family, table in core.tables.items():
            core.put(core.programming.whole(family, table.loc_rib()))


def _peers(
    core: SpeakerCore, old: SpeakerConfig, now: float, *, everybody: bool, old_secrets: Mapping[str, str]
) -> None:
    sessions = core.sessions
    before = {_identity(peer): peer for peer in old.peers}
    after = {_identity(peer): peer for peer in core.config.peers}
    for identity, config in before.items():
        if identity not in after:
            sessions.remove(_name(config), now, Cease("removed", subcode=CeaseSubcode.PEER_DECONFIGURED))
    changed = Cease("configuration changed", subcode=CeaseSubcode.OTHER_CONFIGURATION_CHANGE)
    for identity, config in after.items():
        known = before.get(identity)
        if known is None:
            sessions.add(config, now)
        elif everybody or _needs_reset(known, config, old, core.config):
            sessions.remove(_name(known), now, changed)
            sessions.add(config, now)
        else:
            _keep(core, sessions.peers[_name(known)], config, now, old_secrets)


def _keep(core: SpeakerCore, peer: Peer, config: PeerConfig, now: float, old_secrets: Mapping[str, str]) -> None:
    """The session stays: new timers from their next start, new policies at once."""
    was_enabled = peer.config.enabled
    peer.config, peer.speaker = config, core.config
    peer.policies = core.rules.policies(config)
    peer.fsm.update_settings(session_settings(config, core.config), now)
    password = core.sessions.secrets.get(peer.name)
    if password != old_secrets.get(peer.name) and peer.fsm.conn is not None:
        core.put(Rekey(peer.fsm.conn, peer.address, password))
    if was_enabled and not config.enabled:
        peer.fsm.stop(now, Cease("disabled", subcode=CeaseSubcode.ADMINISTRATIVE_SHUTDOWN))
    elif config.enabled and not was_enabled:
        peer.fsm.start(now)
    core.sessions.drain(peer, now)


def _dynamic_peers(core: SpeakerCore, old: SpeakerConfig, now: float, *, everybody: bool) -> None:
    """Guests of a range that is gone, or that now differs in more than policy, have to come again."""
    ranges = {item.prefix: item for item in core.config.dynamic_peers}
    before = {item.prefix: item for item in old.dynamic_peers}
    for peer in [peer for peer in core.sessions.peers.values() if peer.dynamic is not None]:
        assert peer.dynamic is not None
        new, known = ranges.get(peer.dynamic), before[peer.dynamic]
        if new is None:
            core.sessions.remove(peer.name, now, Cease("removed", subcode=CeaseSubcode.PEER_DECONFIGURED))
        elif everybody or _needs_reset(known.template, new.template, old, core.config):
            error = Cease("configuration changed", subcode=CeaseSubcode.OTHER_CONFIGURATION_CHANGE)
            core.sessions.remove(peer.name, now, error)
        else:
            config = replace(new.template, address=peer.address, name=peer.name, passive=True)
            _keep(core, peer, config, now, core.sessions.secrets)


def _identity(peer: PeerConfig) -> tuple[str, int, str | None]:
    return peer.address, peer.port, peer.interface


def _name(peer: PeerConfig) -> str:
    return peer.name or peer.address


def _needs_reset(known: PeerConfig, new: PeerConfig, old: SpeakerConfig, config: SpeakerConfig) -> bool:
    """Does anything differ that a session can't take while it is up?"""
    return _fixed(known, old) != _fixed(new, config)


def _fixed(peer: PeerConfig, speaker: SpeakerConfig) -> PeerConfig:
    """What a session can't change while it is up; everything else is set to one and the same value."""
    graceful = peer.graceful_restart or speaker.graceful_restart
    defaults = PeerConfig("")
    return replace(
        peer,
        families=dict(peer.families if peer.families is not None else speaker.families),
        graceful_restart=replace(type(graceful)(), role=graceful.role, long_lived_time=graceful.long_lived_time),
        timers=TimersConfig(),
        **{name: getattr(defaults, name) for name in (*_NO_RESET, *_NO_RESET_EITHER)},
    )


def _decide_again(core: SpeakerCore) -> None:
    decision = core.rules.decision(core.next_hops)
    for table in core.tables.values():
        table.decision = decision
        core.later(_reorder(table))


def _reorder(table: Table) -> Iterator[None]:
    """Give every candidate a successor without a rank, so that prefixes are ordered anew."""
    made: dict[Path, Path] = {}

    def successor(key: bytes, path: Path) -> Path:
        new = made.get(path)
        if new is None:
            new = made[path] = Path(path.source, path.path_id, path.received, path.accepted, path.reason)
        return new

    return table.replace(successor)
