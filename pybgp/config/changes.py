"""What a new configuration changes, as values: what becomes of each peer, and which parts of the rest differ."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Final, NamedTuple

from .check_peers import Identity
from .model import DynamicPeersConfig, PeerConfig
from .tables import Reload

_IMPORT_KEYS: Final = frozenset({"import_policy", "allowas_in", "enforce_first_as", "validate_flowspec"})
_EXPORT_KEYS: Final = frozenset({"export_policy", "next_hop", "default_originate", "default_route_target"})
_LIMIT_KEYS: Final = frozenset({"max_prefixes.limit", "max_prefixes.action", "max_prefixes.count"})


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
    """``decision.*`` and the speaker's own keys of policy: routes are chosen, or told, again."""
    routes_changed: tuple[str, ...] = ()
    aggregates_changed: tuple[str, ...] = ()
    rpki_changed: tuple[str, ...] = ()
    """"rpki.roas", and ``address:port`` of caches that come, go, or are preferred otherwise."""
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
