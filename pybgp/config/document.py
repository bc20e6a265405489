"""Model → the document that a file of it would be: plain tables, lists, text and numbers."""

from __future__ import annotations

from typing import Any

from .model import DynamicPeersConfig, NodeConfig
from .schema import TOP
from .schema_peers import DYNAMIC, PEER
from .tables import Key

_SETS = ("prefix_sets", "as_path_sets", "community_sets")
_SHELLS = ("fib", "control", "log", "web")


def document_of(config: NodeConfig) -> dict[str, Any]:
    """What says the same as ``config``, without what has no value.

    A password that a program has given (``SecretConfig.value``) can't be in there.
    """
    document = {}
    for key in TOP.keys.values():
        value = top_value(config, key)
        if value is not None:
            document[key.name] = _plain(value, key)
    return document


def top_value(config: NodeConfig, key: Key) -> Any:
    """The value of a top-level key, from wherever the model has it."""
    if key.name in _SHELLS:
        return getattr(config, key.name)
    return getattr(config.speaker.sets if key.name in _SETS else config.speaker, key.name)


def dynamic_value(item: DynamicPeersConfig, key: Key) -> Any:
    """The value of a key of ``dynamic_peers``: its own, or its template's."""
    return getattr(item if key.name in ("prefix", "limit", "name") else item.template, key.name)


def _plain(value: Any, key: Key) -> object:
    if key.name == "peers":
        return [PEER.plain(peer) for peer in value]
    if key.name == "dynamic_peers":
        return [_dynamic(item) for item in value]
    return value if key.name == "peer_groups" else key.kind.plain(value)


def _dynamic(item: DynamicPeersConfig) -> dict[str, object]:
    values = {name: dynamic_value(item, key) for name, key in DYNAMIC.keys.items()}
    return {name: DYNAMIC.keys[name].kind.plain(value) for name, value in values.items() if value is not None}
