"""TOML text → model. Every finding is told, with file, key, value and what was expected, before anything is used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError
from .check import Finding, findings
from .kinds import Wrong
from .merge import Loaded, Merger
from .model import NodeConfig
from .problems import At, Problem, Problems, in_file_order
from .schema import TOP
from .schema_peers import DYNAMIC, PEER
from .toml_text import Path as KeyPath

_TOML_PLACE: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_PEER_LISTS: Final = {"peers": PEER, "dynamic_peers": DYNAMIC}


def load_config(path: str | Path) -> NodeConfig:
    """Read a configuration file.

    Raises:
        ConfigError: it can't be read or used; one line for each finding, all at once, in the order of the file.
    """
    return load(path).config


def load(path: str | Path) -> Loaded:
    """As ``load_config``, with the origin of each value.

    Raises:
        ConfigError: as ``load_config`` does.
    """
    try:
        octets = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from None
    except ValueError as error:  # an octet of zero in its name
        raise ConfigError(f"{path!r}: can't be read: {error}") from None
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: not text: expected UTF-8") from None
    return read(text, name=str(path))


def parse(text: str, *, name: str) -> NodeConfig:
    """Read a configuration; ``name`` is the file's for messages.

    Raises:
        ConfigError: as ``load_config`` does.
    """
    return read(text, name=name).config


def read(text: str, *, name: str) -> Loaded:
    """As ``parse``, with the origin of each value.

    Raises:
        ConfigError: as ``load_config`` does.
    """
    return read_document(_document(text, name), name=name)


def read_document(document: Mapping[str, Any], *, name: str, line_of: Callable[[Problem], str] | None = None) -> Loaded:
    """Read a document that a TOML file was, or could have been; ``line_of`` words a finding in another way.

    Raises:
        ConfigError: as ``load_config`` does.
    """
    problems = Problems()
    at = At((), problems)
    given = TOP.read_given(document, at)
    for key in _PEER_LISTS:
        if key in given:
            given[key] = _in_place(document[key], key)
    merger = Merger(at)
    merger.note_top_level(document)
    groups = document.get("peer_groups")
    node = merger.node(given, groups if isinstance(groups, Mapping) else {})
    wrong = list(problems)
    wrong += [
        Problem(found.path, found.text_from(merger.origins))
        for found in findings(node)
        if not found.warning and not _in_doubt(found, problems, node)
    ]
    if wrong:
        words = line_of if line_of is not None else lambda problem: problem.line(name)
        raise ConfigError(*map(words, in_file_order(wrong, document)))
    return Loaded(node, merger.origins, document, name)


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: {_syntax(str(error), text)}") from None
    except RecursionError:
        raise ConfigError(f"{name}: not TOML: nested too deeply") from None
    except ValueError:  # as Python says it, without a place
        raise ConfigError(f"{name}: not TOML: a number of thousands of digits") from None


def _syntax(message: str, text: str) -> str:
    """``line 3, column 5: not TOML: ...``, and the line itself."""
    found = _TOML_PLACE.fullmatch(message)
    if found is None:
        return f"not TOML: {message}"
    why = found[1][:1].lower() + found[1][1:]
    if found[2] is None:
        return f"line {text.count(chr(10)) + 1}: not TOML: {why} at the end of the file"
    line = text.splitlines()[int(found[2]) - 1].strip() if int(found[2]) <= len(text.splitlines()) else ""
    shown = "".join(char if char.isprintable() else "?" for char in line)[:60]
    return f"line {found[2]}, column {found[3]}: not TOML: {why}{f' in: {shown}' if shown else ''}"


def _in_place(items: Any, key: str) -> list[Mapping[str, Any]]:
    """Peers with what could be read of each, at its own index, so that later findings name the right one.

    What is wrong with them has been told when the list was read.
    """
    silent = At((), Problems())
    found = []
    for item in items:
        given = _PEER_LISTS[key].read_given(item, silent)
        found.append({} if isinstance(given, Wrong) else given)
    return found


def _in_doubt(found: Finding, problems: Problems, node: NodeConfig) -> bool:
    """Does it rest on a value that is itself wrong? Then it may be nothing but a consequence."""
    return any(problems.touch(path) for base in found.rests_on for path in (base, *_group_paths(base, node)))


def _group_paths(path: KeyPath, node: NodeConfig) -> tuple[KeyPath, ...]:
    """Where a peer's value would stand in its group and at the top level."""
    if len(path) < 2 or path[0] not in _PEER_LISTS or not isinstance(path[1], int):
        return ()
    speaker = node.speaker
    peer = speaker.peers[path[1]] if path[0] == "peers" else speaker.dynamic_peers[path[1]].template
    in_group = () if peer.group is None else (("peer_groups", peer.group, *path[2:]),)
    on_top = (path[2:],) if len(path) > 2 and path[2] in ("families", "graceful_restart", "local_as") else ()
    return (*in_group, *on_top)
