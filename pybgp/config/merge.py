"""Peer ← group ← top level ← default: what is written in several places becomes one value, and we note from where.

Tables (``timers``, ``graceful_restart``, ``max_prefixes``) are merged key by key; everything else replaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .model import (
    UNNUMBERED,
    ControlConfig,
    DynamicPeersConfig,
    FibConfig,
    GracefulRestartConfig,
    LogConfig,
    MaxPrefixesConfig,
    NodeConfig,
    PeerConfig,
    PolicySets,
    SpeakerConfig,
    TimersConfig,
    WebConfig,
)
from .problems import At
from .toml_text import Path, path_text
from .words import ADDRESS

MERGED: Final = ("timers", "graceful_restart", "max_prefixes")
PEER: Final = "peer"
TOP_LEVEL: Final = "top level"
COMMAND_LINE: Final = "command line"
DEFAULT: Final = "default"
_PLACEHOLDER_AS: Final = 0
_SETS: Final = ("prefix_sets", "as_path_sets", "community_sets")
_SHELLS: Final[Mapping[str, type]] = {"fib": FibConfig, "control": ControlConfig, "log": LogConfig, "web": WebConfig}

Origins = Mapping[str, str]
"""Where values come from, by the path that the effective configuration shows ("peers[2].timers.mrai"): "peer",
"group NAME", "top level" or "command line". What is not in there is a default."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, and where each of its values comes from."""

    config: NodeConfig
    origins: Origins = field(default_factory=dict, repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What was read; empty if it is not known."""
    name: str = ""


@dataclass(slots=True)
class Merger:
    """Builds the model of typed values as a file gives them."""

    at: At
    origins: dict[str, str] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    graceful_restart: Mapping[str, Any] = field(default_factory=dict)

    def node(self, given: Mapping[str, Any], written_groups: Mapping[str, Any]) -> NodeConfig:
        """The whole model. For a ``local_as`` or ``router_id`` that is missing, which has been told, a placeholder."""
        rest = dict(given)
        self.groups = rest.pop("peer_groups", {})
        self.graceful_restart = rest.get("graceful_restart", {})
        peers = tuple(self.peer(index, own) for index, own in enumerate(rest.pop("peers", ())))
        dynamic = tuple(self.dynamic(index, own) for index, own in enumerate(rest.pop("dynamic_peers", ())))
        shells = {name: rest.pop(name) for name in _SHELLS if name in rest}
        sets = PolicySets(**{name: rest.pop(name) for name in _SETS if name in rest})
        if "graceful_restart" in rest:
            rest["graceful_restart"] = GracefulRestartConfig(**rest["graceful_restart"])
        rest.setdefault("local_as", _PLACEHOLDER_AS)
        rest.setdefault("router_id", "0.0.0.0")
        speaker = SpeakerConfig(**rest, sets=sets, peers=peers, dynamic_peers=dynamic, peer_groups=written_groups)
        return NodeConfig(speaker=speaker, **shells)

    def peer(self, index: int, own: Mapping[str, Any]) -> PeerConfig:
        """One of ``peers``. An address that could not be read is empty."""
        base: Path = ("peers", index)
        merged = self._merged(own, base, PEER)
        address = merged.pop("address", "")
        place = At((*base, "address"), self.at.problems)
        if not address and merged.get("interface"):
            address = f"{UNNUMBERED}%{merged['interface']}"
            merged.setdefault("name", merged["interface"])
        elif not address and not place.problems.touch(place.path):
            place.say(f"missing; expected {ADDRESS.expected}")
        return PeerConfig(address, **merged)

    def dynamic(self, index: int, own: Mapping[str, Any]) -> DynamicPeersConfig:
        """One of ``dynamic_peers``; the template is passive, and neither has an address nor a name."""
        base: Path = ("dynamic_peers", index)
        merged = self._merged(own, base, PEER)
        outside = {name: merged.pop(name) for name in ("limit", "name") if name in merged}
        prefix = merged.pop("prefix", "")
        merged["passive"] = True
        merged.pop("port", None)
        for name in ("passive", "port"):
            self.origins.pop(path_text((*base, name)), None)
        return DynamicPeersConfig(prefix, template=PeerConfig("", **merged), **outside)

    def note_top_level(self, document: Mapping[str, Any], base: Path = ()) -> None:
        """Remember what the top level and its tables say, as written."""
        for name, value in document.items():
            if name in ("peers", "dynamic_peers", "peer_groups"):
                continue
            if isinstance(value, Mapping) and name not in ("families", *_SETS, "policies"):
                self.note_top_level(value, (*base, name))
            else:
                self.origins[path_text((*base, name))] = TOP_LEVEL

    def _merged(self, own: Mapping[str, Any], base: Path, own_origin: str) -> dict[str, Any]:
        name = own.get("group")
        group = self.groups.get(name, {}) if name is not None else {}
        from_group = f"group {name}"
        merged: dict[str, Any] = {}
        for values, origin in ((group, from_group), (own, own_origin)):
            for key, value in values.items():
                if key not in MERGED:
                    merged[key] = value
                    self.origins[path_text((*base, key))] = origin
        for key in MERGED:
            layers = [(group.get(key), from_group), (own.get(key), own_origin)]
            if any(values is not None for values, _ in layers):
                if key == "graceful_restart":
                    layers.insert(0, (self.graceful_restart, TOP_LEVEL))
                table = self._layered(layers, (*base, key))
                self._build(merged, key, table, base)
        return merged

    def _layered(self, layers: list[tuple[Mapping[str, Any] | None, str]], base: Path) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for values, origin in layers:
            for key, value in (values or {}).items():
                table[key] = value
                self.origins[path_text((*base, key))] = origin
        return table

    def _build(self, merged: dict[str, Any], key: str, table: dict[str, Any], base: Path) -> None:
        if key == "timers":
            merged[key] = TimersConfig(**table)
        elif key == "graceful_restart":
            merged[key] = GracefulRestartConfig(**table)
        elif "limit" in table:
            merged[key] = MaxPrefixesConfig(**table)
        else:
            place = At((*base, key, "limit"), self.at.problems)
            if not place.problems.touch(place.path):
                place.say("missing; expected 1..4294967295 prefixes, here or in the group")
