"""Changes in words, for ``pybgp reload`` and the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from .changes import Changes, Difference, DynamicChange, Effect, PeerChange
from .schema_peers import FAMILIES
from .toml_text import shown, toml

if TYPE_CHECKING:
    from .model import PeerConfig

_WORDS: Final[Mapping[Effect, str]] = {
    Effect.VALUE: "new values",
    Effect.PASSWORD: "another password",
    Effect.POLICY: "policy runs again, the session stays",
    Effect.RESET: "the session ends and comes back",
    Effect.ENABLED: "enabled",
    Effect.DISABLED: "shut down",
    Effect.ADDED: "added",
    Effect.REMOVED: "removed",
}
_LIMITS: Final = frozenset({"max_prefixes.limit", "max_prefixes.action", "max_prefixes.count"})
_NAMES_SHOWN: Final = 5
_HIDDEN: Final = frozenset({"password", "password.file", "password.env"})


def lines(changes: Changes) -> list[str]:
    """The strongest effect first; peers to which the same happens share a line."""
    found = []
    if changes.restart_all:
        found.append(f"every session ends and comes back: {', '.join(changes.restart_all)}")
    found += _together(changes.peers)
    found += [_range(change) for change in changes.dynamic_peers]
    told: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("policies that say something else", changes.policies_changed),
        ("best paths are chosen again", changes.decision_changed),
        ("our own routes", changes.routes_changed),
        ("aggregates", changes.aggregates_changed),
        ("origin validation", changes.rpki_changed),
        ("kernel routes are planned again", changes.fib_changed),
        ("listening sockets", changes.listen_changed),
        ("control socket", changes.control_changed),
        ("web", changes.web_changed),
        ("log", changes.log_changed),
        ("new values", changes.values_changed),
    )
    return found + [f"{what}: {_some(names)}" for what, names in told if names]


def _together(changes: Iterable[PeerChange]) -> Iterator[str]:
    by_text: dict[tuple[int, str], list[str]] = {}
    for change in changes:
        by_text.setdefault((-change.effect, _what(change)), []).append(change.name)
    for (_, text), names in sorted(by_text.items(), key=lambda item: item[0][0]):
        yield f"peer{'s' if len(names) > 1 else ''} {_some(names)}: {text}"


def _what(change: PeerChange) -> str:
    words = _WORDS[change.effect]
    if change.effect is Effect.RESET and not _enabled(change.new):
        words = "new values, it stays shut down"
    elif change.effect is Effect.POLICY and any(item.key in _LIMITS and item.new for item in change.differences):
        words += ", unless it has too many prefixes"
    details = [_difference(item) for item in change.differences if item.key != "enabled"]
    details += [key for key in change.keys if " " in key]
    shown_details = [detail for detail in details if detail != words]
    return f"{words} ({', '.join(shown_details)})" if shown_details else words


def _enabled(peer: PeerConfig | None) -> bool:
    return peer is not None and peer.enabled


def _difference(item: Difference) -> str:
    if item.key in _HIDDEN:
        return "another password"
    old, new = _value(item.old), _value(item.new)
    if item.key == "families" and old == new:
        old, new = toml(FAMILIES.plain(item.old)), toml(FAMILIES.plain(item.new))
    return f"{item.key} {old} -> {new}"


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return "+".join(str(key) for key in value)
    if isinstance(value, tuple | list):
        return "+".join(str(item) for item in value) or "nothing"
    return value if isinstance(value, str) else shown(value)


def _range(change: DynamicChange) -> str:
    base = f"dynamic peers {change.prefix}"
    if change.sessions is not None:
        return f"{base}: {_what(change.sessions)}"
    if change.effect in (Effect.ADDED, Effect.REMOVED):
        return f"{base}: {_WORDS[change.effect]}"
    return f"{base}: {_WORDS[Effect.VALUE]} ({', '.join(change.keys)})"


def _some(names: Iterable[str]) -> str:
    found = list(names)
    text = ", ".join(found[:_NAMES_SHOWN])
    return text if len(found) <= _NAMES_SHOWN else f"{text} and {len(found) - _NAMES_SHOWN} more"
