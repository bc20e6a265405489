"""The command line → the same model as a file: ``--peer 192.0.2.2,asn=64512,client,timers.connect_retry=5``.

``asn`` is short for ``local_as`` and ``remote_as``, ``client`` for ``route_reflector_client``; every other word is the
key. A "+" stands between the items of a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..errors import ConfigError
from .document import document_of
from .file import read_document
from .kinds import Boolean, Kind, ListOf, MapOf
from .merge import COMMAND_LINE, TOP_LEVEL, Loaded
from .merge import PEER as PEER_ORIGIN
from .model import NodeConfig
from .problems import At, Problem, Problems, nearest
from .schema import TOP
from .schema_peers import PEER
from .tables import Key, Table
from .toml_text import Path, path_text, quoted
from .words import Families

_SHORT: Final = {"asn": "remote_as", "client": "route_reflector_client"}
_OPTION: Final = "--peer"
_TOP_OPTIONS: Final = {"local_as": "--asn", "router_id": "--router-id"}


@dataclass(frozen=True, slots=True)
class PeerOption:
    """A ``--peer``: the text, and the table that a file would have for it."""

    text: str
    table: Mapping[str, Any]

    @property
    def where(self) -> str:
        """How messages call it: ``--peer 192.0.2.2``."""
        return _where(str(self.table["address"]))


def peer_from_option(text: str) -> PeerOption:
    """Read ``ADDRESS,KEY=VALUE,FLAG,...``.

    Raises:
        ConfigError: an unknown key, or a value that can't be meant; one line for each.
    """
    address, *words = [word.strip() for word in text.split(",")]
    table: dict[str, Any] = {"address": address}
    problems = Problems()
    at = At((), problems)
    for word in words:
        _put(word, table, at)
    if not address:
        raise ConfigError(f"{_where(text)}: expected the peer's address first, then a comma and KEY=VALUE")
    PEER.read_given(table, at)
    if problems.found:
        raise ConfigError(*(_line(_where(address), problem) for problem in problems))
    return PeerOption(text, table)


def from_line(
    asn: int | str | None,
    router_id: str | None,
    peers: Iterable[PeerOption | str],
    *,
    base: NodeConfig | None = None,
    **scalars: object,
) -> NodeConfig:
    """The model of a command line, or ``base`` (a file's) with what the line adds and replaces.

    ``scalars`` are keys of the top level or, with a dot or an underscore, of its tables: ``cluster_id="192.0.2.9"``,
    ``**{"log.format": "json"}``, ``log_format="json"``. Text is read as the key wants it; None is "not said". Without
    ``base`` they may also be lists (``listen``).

    Raises:
        ConfigError: with everything that is wrong, one line for each finding.
    """
    return load_line(asn, router_id, peers, base=None if base is None else Loaded(base), **scalars).config


def load_line(
    asn: int | str | None,
    router_id: str | None,
    peers: Iterable[PeerOption | str],
    *,
    base: Loaded | None = None,
    **scalars: object,
) -> Loaded:
    """As ``from_line``, with the origin of each value.

    Raises:
        ConfigError: as ``from_line`` does.
    """
    wrong: list[str] = []
    options = _options(peers, wrong)
    problems = Problems()
    top = _top({"local_as": asn, "router_id": router_id, **scalars}, At((), problems), lists=base is None)
    wrong += [_top_line(problem) for problem in problems]
    document = {} if base is None else dict(base.document) or document_of(base.config)
    first = len(document.get("peers", ()))
    document["peers"] = [*document.get("peers", ()), *(option.table for option in options)]
    name = base.name if base is not None else ""
    try:
        loaded = read_document(_updated(document, top), name=name, line_of=_Words(name, top, options, first))
    except ConfigError as error:
        raise ConfigError(*wrong, *error.problems) from None
    if wrong:
        raise ConfigError(*wrong)
    return Loaded(loaded.config, _origins(loaded.origins, top, first), loaded.document, name)


# -- words → tables ----------------------------------------------------------------------------------------------------


def _options(peers: Iterable[PeerOption | str], wrong: list[str]) -> list[PeerOption]:
    found = []
    for item in peers:
        try:
            found.append(peer_from_option(item) if isinstance(item, str) else item)
        except ConfigError as error:
            wrong += error.problems
    return found


def _put(word: str, table: dict[str, Any], at: At) -> None:
    """One ``KEY=VALUE`` or flag into a peer's table."""
    name, equals, text = word.partition("=")
    names = _SHORT.get(name, name).split(".")
    key = _key(names, PEER)
    if key is None:
        _unknown(name, names, at)
        return
    place = At(tuple(names), at.problems)
    if not equals and not isinstance(key, Boolean):
        place.say(f"expected a value behind {name}=, {key.expected}")
        return
    inner = table
    for part in names[:-1]:
        inner = inner.setdefault(part, {})
    if not isinstance(inner, dict) or names[-1] in inner:
        place.say("expected only once")
        return
    inner[names[-1]] = key.from_words(text) if equals else True


def _unknown(name: str, names: Sequence[str], at: At) -> None:
    if not name:
        at.say("expected KEY=VALUE between two commas")
        return
    known = [*_SHORT, *PEER.keys, *(f"{key.name}.{inner}" for key in PEER.keys.values() for inner in _inner(key))]
    tables = _inner(PEER.keys[name]) if name in PEER.keys else []
    near = nearest(name, known)
    expected = f"did you mean {near}?" if near else "expected asn, client, or a key of peers"
    if tables:
        expected = f"expected {' or '.join(f'{name}.{inner}=...' for inner in tables[:3])}"
    At(tuple(names), at.problems).say(f"unknown key; {expected}")


def _inner(key: Key) -> list[str]:
    return list(key.kind.keys) if isinstance(key.kind, Table) else []


def _key(names: Sequence[str], table: Table) -> Kind | None:
    """The kind of value that stands at ``timers.connect_retry``; None if there is no such key, or it is a table."""
    kind: Kind = table
    for name in names:
        if isinstance(kind, Families):
            return None  # a family's options need a table, which a line has no room for
        key = kind.keys.get(name) if isinstance(kind, Table) else None
        if key is None:
            return None
        kind = key.kind
    return None if isinstance(kind, Table) else kind


def _top(given: Mapping[str, object], at: At, *, lists: bool) -> dict[str, Any]:
    """The document of what is said about the top level."""
    document: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        path = _top_path(name)
        kind = None if path is None else _key([str(part) for part in path], TOP)
        if path is None or kind is None or isinstance(kind, MapOf) or _of_tables(kind):
            (at / name).say("expected a key of the top level that is not a table")
            continue
        place = At(path, at.problems)
        if isinstance(kind, ListOf | Families) and not lists:
            place.say("expected in the file: with a file, the line may only add peers and replace single values")
            continue
        inner = document
        for part in path[:-1]:
            inner = inner.setdefault(str(part), {})
        inner[str(path[-1])] = _raw(value, kind)
    return document


def _raw(value: object, kind: Kind) -> object:
    if isinstance(value, str):
        return kind.from_words(value)
    return list(value) if isinstance(value, tuple) else value


def _of_tables(kind: Kind) -> bool:
    return isinstance(kind, ListOf) and isinstance(kind.item, Table)


def _top_path(name: str) -> Path | None:
    """``log.format`` and ``log_format`` → ("log", "format"); the key itself first."""
    if name in TOP.keys:
        return (name,)
    if "." in name:
        return tuple(name.split("."))
    for table in TOP.keys:
        if name.startswith(f"{table}_"):
            return (table, name.removeprefix(f"{table}_"))
    return None


# -- tables → model ----------------------------------------------------------------------------------------------------


def _updated(document: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """The document with what the line says about the top level."""
    updated = dict(document)
    for name, value in top.items():
        inner = document.get(name)
        updated[name] = _updated(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return updated


def _origins(origins: Mapping[str, str], top: Mapping[str, Any], first: int) -> dict[str, str]:
    """What the line said is from the line; what its peers have from a group stays the group's."""
    said = {path_text(path) for path in _leaves(top, ())}

    def is_from_the_line(path: str, origin: str) -> bool:
        listed, _, rest = path.partition("].")
        index = listed.removeprefix("peers[")
        of_its_peer = origin == PEER_ORIGIN and index.isdigit() and int(index) >= first
        return of_its_peer or path in said or (origin == TOP_LEVEL and rest in said)

    return {path: COMMAND_LINE if is_from_the_line(path, origin) else origin for path, origin in origins.items()}


def _leaves(table: Mapping[str, Any], base: Path) -> Iterator[Path]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*base, name))
        else:
            yield (*base, name)


class _Words:
    """Findings by the words of the line where the line is to blame, by the file's name where the file is."""

    def __init__(self, name: str, top: Mapping[str, Any], options: Sequence[PeerOption], first: int) -> None:
        self._name = name
        self._said = set(_leaves(top, ()))
        self._options = options
        self._first = first

    def __call__(self, problem: Problem) -> str:
        path = problem.path
        if len(path) > 1 and path[0] == "peers" and isinstance(path[1], int) and path[1] >= self._first:
            option = self._options[path[1] - self._first]
            return _line(option.where, Problem(path[2:], problem.text))
        if not self._name or path in self._said:
            return _top_line(problem)
        return problem.line(self._name)


def _where(address: str) -> str:
    return f"{_OPTION} {address if address.isprintable() else quoted(address)}"


def _line(where: str, problem: Problem) -> str:
    return problem.line(where) if problem.path else f"{where}{problem.text}"


def _top_line(problem: Problem) -> str:
    option = _TOP_OPTIONS.get(path_text(problem.path))
    return f"{option}{problem.text}" if option else problem.line(COMMAND_LINE)
