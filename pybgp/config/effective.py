"""The effective configuration as text: every value, and behind it where it comes from. It can be read as a file again.

What has no value stands in a comment, in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..messages.context import PeerKind
from . import resolved
from .document import dynamic_value, top_value
from .kinds import Kind, MapOf
from .merge import DEFAULT, TOP_LEVEL, Origins
from .model import DynamicPeersConfig, NodeConfig, PeerConfig, SecretConfig
from .schema import TOP
from .schema_peers import DYNAMIC, PEER
from .tables import Key, Table
from .toml_text import Path, path_text, toml, toml_key

_COLUMN: Final = 40
_KINDS: Final = {
    PeerKind.INTERNAL: "iBGP",
    PeerKind.EXTERNAL: "eBGP",
    PeerKind.CONFEDERATION: "eBGP in our confederation",
}
_OWN_TABLES: Final = (
    *("confederation", "decision", "damping", "rpki", "preference", "graceful_restart"),
    *("fib", "control", "log", "web"),
)
_FROM_THE_TOP: Final = ("families", "local_as", "graceful_restart")
"""Keys of a peer that have their value from the top level if neither it nor its group has one."""
_LISTS: Final = ("routes", "aggregates")
_NAMED: Final = ("prefix_sets", "community_sets", "as_path_sets")


def render(config: NodeConfig, origins: Origins | None = None) -> str:
    """The effective values of ``config`` as TOML.

    ``origins`` are those that came with it (``file.load``, ``line.load_line``); without them nothing is said about
    where a value comes from. Secrets are not shown, but where they are.
    """
    return "\n".join(_Page(config, origins).lines()) + "\n"


class _Page:
    """One text on its way."""

    def __init__(self, config: NodeConfig, origins: Origins | None) -> None:
        self._written = config
        self._config = resolved.node(config)
        self._origins = origins

    def lines(self) -> Iterator[str]:
        yield "# The effective configuration; behind each value where it comes from."
        for key in TOP.keys.values():
            if not isinstance(key.kind, Table | MapOf) and key.name not in (*_LISTS, "peers", "dynamic_peers"):
                yield self._line((), key.name, top_value(self._config, key), key)
        for name in _OWN_TABLES:
            yield from self._table(TOP.keys[name])
        yield from self._peers()
        yield from self._dynamic_peers()
        yield from self._policies()

    # -- tables --------------------------------------------------------------------------------------------------------

    def _table(self, key: Key) -> Iterator[str]:
        value = top_value(self._config, key)
        yield ""
        if value is None:
            yield f"# {key.name}: {_absent(key, value)}"
            return
        yield f"[{key.name}]"
        if isinstance(key.kind, Table):
            yield from self._values(key.kind, value, (key.name,), "")

    def _values(self, table: Table, value: Any, base: Path, prefix: str) -> Iterator[str]:
        """A line for each key; keys of inner tables with their dots, so that each has its own origin."""
        for key in table.keys.values():
            item = table.value(value, key)
            name = f"{prefix}{toml_key(key.name)}"
            if isinstance(key.kind, Table) and item is not None and not key.kind.secret:
                yield from self._values(key.kind, item, (*base, key.name), f"{name}.")
            else:
                yield self._line(base, name, item, key)

    def _line(self, base: Path, name: str, value: Any, key: Key) -> str:
        origin = self._origin((*base, key.name), value, key)
        behind = f"  # {origin}" if origin else ""
        if value is None:
            return f"# {name}: {_absent(key, value) or 'none'}{f' ({origin})' if origin else ''}"
        if isinstance(value, SecretConfig):
            return self._secret(name, value, key.kind, origin)
        return f"{f'{name} = {toml(key.kind.plain(value))}':<{_COLUMN}}{behind}".rstrip()

    def _secret(self, name: str, value: SecretConfig, kind: Kind, origin: str) -> str:
        source = f"<from file {value.file}>" if value.file else f"<from variable {value.env}>"
        if value.file is None and value.env is None:
            return f"# {name}: <given by the program>"
        said = f"{source}, {origin}" if origin else source
        return f"{f'{name} = {toml(kind.plain(value))}':<{_COLUMN}}  # {said}"

    def _origin(self, path: Path, value: Any, key: Key) -> str:
        if self._origins is None:
            return ""
        found = self._origins.get(path_text(path))
        if found is None and path[0] in ("peers", "dynamic_peers") and path[2] in _FROM_THE_TOP:
            found = self._origins.get(path_text(path[2:]))
        if found is not None:
            return found
        why = _absent(key, value)
        return DEFAULT if value is None or not why or key.required else f"{DEFAULT}: {why}"

    # -- peers ---------------------------------------------------------------------------------------------------------

    def _peers(self) -> Iterator[str]:
        written = self._written.speaker
        for index, peer in enumerate(self._config.speaker.peers):
            yield ""
            yield f"# peers[{index}]: {self._kind(written.peers[index])}"
            yield "[[peers]]"
            yield from self._values(_without_group(PEER), peer, ("peers", index), "")

    def _dynamic_peers(self) -> Iterator[str]:
        written = self._written.speaker
        for index, item in enumerate(self._config.speaker.dynamic_peers):
            yield ""
            yield f"# dynamic_peers[{index}]: {self._kind(written.dynamic_peers[index].template)}, passive"
            yield "[[dynamic_peers]]"
            table = _without_group(DYNAMIC)
            values = _flat(item, table)
            yield from self._values(table, values, ("dynamic_peers", index), "")

    def _kind(self, peer: PeerConfig) -> str:
        speaker = self._written.speaker
        kind = _KINDS[resolved.kind(peer, speaker)]
        client = ", client" if peer.route_reflector_client else ""
        return f"{kind}{client}{f', group {peer.group}' if peer.group else ''}"

    # -- policies and routes, as written -------------------------------------------------------------------------------

    def _policies(self) -> Iterator[str]:
        for name in _NAMED:
            entries: Mapping[str, Any] = top_value(self._config, TOP.keys[name])
            if entries:
                yield ""
                yield f"[{name}]"
                yield from (f"{toml_key(each)} = {toml(list(items))}" for each, items in entries.items())
        terms_kind = TOP.keys["policies"].kind
        empty = [name for name, terms in self._config.speaker.policies.items() if not terms]
        if empty:
            yield from ("", "[policies]", *(f"{toml_key(name)} = []" for name in empty))
        for name, terms in self._config.speaker.policies.items():
            plain: Any = terms_kind.plain({name: terms})
            for term in plain[name]:
                yield from self._item(f"policies.{toml_key(name)}", term)
        for name in _LISTS:
            items: Any = TOP.keys[name].kind.plain(getattr(self._config.speaker, name))
            for item in items:
                yield from self._item(name, item)

    def _item(self, name: str, values: Mapping[str, Any]) -> Iterator[str]:
        yield ""
        yield f"[[{name}]]" + (f"{'':<{_COLUMN - len(name) - 4}}  # {TOP_LEVEL}" if self._origins is not None else "")
        for key, value in values.items():
            if value != {}:
                yield f"{key} = {toml(value)}"


def _absent(key: Key, value: object) -> str:
    """In words, what holds without a value; of two kinds of peers the one that it is, which the value tells."""
    internal, semicolon, external = key.absent.replace("`", "").partition("; ")
    return external if semicolon and value is None else internal


def _without_group(table: Table) -> Table:
    """The group's values are in each peer already."""
    return Table((key for name, key in table.keys.items() if name != "group"), table.model)


def _flat(item: DynamicPeersConfig, table: Table) -> dict[str, Any]:
    return {key.target: dynamic_value(item, key) for key in table.keys.values()}
