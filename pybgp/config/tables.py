"""Keys and tables of keys: what the schema is made of, and how a table is read by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, Final

from .kinds import WRONG, Kind, Wrong
from .problems import At, nearest

_ABSENT: Final = object()
_LIST_LIMIT: Final = 16
"""So many keys are named in a message; of more, those that share a word with what was written, or else the first."""
_SHORT: Final = 2
"""A word of so many letters is the same only as a whole: `as` and `asn`."""


class Reload(StrEnum):
    """What a changed value does to a running speaker; the value is what the reference says."""

    VALUE = "new value only"
    PASSWORD = "socket option only"
    ENABLED = "shut down (6/2) or started"
    POLICY = "policy runs again"
    FIB = "FIB plan again"
    CACHES = "caches connect and disconnect"
    LISTENERS = "listeners open and close"
    RESET = "this session ends and comes back"
    ALL = "every session ends"
    RESTART = "refused: restart pybgp"
    PARTS = ""
    """The keys inside say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a table."""

    name: str
    kind: Kind
    meaning: str
    """A sentence for the reference; what depends on the release it works in is in ``later``."""
    reload: Reload = Reload.PARTS
    field: str = ""
    """The model's field, where it is not ``name``; "." when the fields of an inner table are the outer one's."""
    required: bool = False
    absent: str = ""
    """In words, what holds when there is no value."""
    later: bool = False
    """Read and checked, but nothing comes of it in this version."""

    @property
    def target(self) -> str:
        return self.field or self.name


class Table(Kind):
    """A table with known keys. With ``model`` it is read as that dataclass, else as a dict of what was given."""

    toml = "table"

    def __init__(
        self,
        keys: Iterable[Key],
        model: type | None = None,
        *,
        hints: Mapping[str, str] | None = None,
        sparse: bool = False,
    ) -> None:
        """``hints`` are messages for keys that somebody may look for here; ``sparse`` leaves out defaults in print."""
        self.keys = {key.name: key for key in keys}
        self.model = model
        self._hints = hints or {}
        self._sparse = sparse
        names = list(self.keys)
        self.expected = f"a table of {', '.join(names[:4])}{', …' if len(names) > 4 else ''}"

    def read(self, value: object, at: At) -> Any:
        given = self.read_given(value, at)
        if isinstance(given, Wrong) or self.model is None:
            return given
        return self.build(given)

    def read_given(self, value: object, at: At) -> Any:
        """The values that are there and right, by field; ``WRONG`` if it is not a table."""
        if not isinstance(value, Mapping):
            at.wrong(value, f"expected {self.expected}")
            return WRONG
        given: dict[str, Any] = {}
        for name, raw in value.items():
            key = self.keys.get(name)
            if key is None:
                self._unknown(str(name), at / str(name))
                continue
            item = key.kind.read(raw, at / name)
            if isinstance(item, Wrong):
                continue
            if key.field == ".":
                given.update(item)
            else:
                given[key.target] = item
        for key in self.keys.values():
            if key.required and key.name not in value:
                (at / key.name).say(f"missing; expected {key.kind.expected}")
        return given

    def build(self, given: Mapping[str, Any]) -> Any:
        """The model's value of what was given; ``WRONG`` while a required one is missing."""
        if self.model is None:
            return dict(given)
        required = (field.name for field in fields(self.model) if field.init and _default(field) is _ABSENT)
        if any(name not in given for name in required):
            return WRONG
        return self.model(**given)

    def plain(self, value: Any) -> object:
        """Without what is not set, so that reading it again gives the same."""
        found = {}
        for key in self.keys.values():
            item = self.value(value, key)
            if item is not None and not (self._sparse and item == self.default(key)):
                found[key.name] = key.kind.plain(item)
        return found

    def value(self, of: Any, key: Key) -> Any:
        """The value of ``key`` in a model's value (or a dict of them)."""
        if key.field == ".":
            return of
        return of.get(key.target) if isinstance(of, Mapping) else getattr(of, key.target)

    def default(self, key: Key) -> Any:
        """The model's default; None where there is none."""
        if self.model is None or key.field == ".":
            return None
        for field in fields(self.model):
            if field.name == key.target:
                found = _default(field)
                return None if found is _ABSENT else found
        return None

    def inner(self, key: Key) -> Table | None:
        """The table that a key holds, with its model; None if it holds none."""
        if not isinstance(key.kind, Table):
            return None
        return Table(key.kind.keys.values(), self.model) if key.field == "." else key.kind

    def _unknown(self, name: str, at: At) -> None:
        if name in self._hints:
            at.say(self._hints[name])
            return
        near = nearest(name, self.keys)
        at.say(f"unknown key; {f'did you mean {near}?' if near else _known(name, list(self.keys))}")


def _known(name: str, keys: list[str]) -> str:
    """What there is instead."""
    if len(keys) <= _LIST_LIMIT:
        return f"expected {_listed(keys)}"
    akin = [key for key in keys if _share_a_word(name, key)][:_LIST_LIMIT]
    named = akin or keys[:_LIST_LIMIT]
    return f"expected {', '.join(named)} or one of {len(keys) - len(named)} others"


def _share_a_word(one: str, other: str) -> bool:
    """remote_as and local_as do, prefix_limit and max_prefixes too."""
    return any(
        mine == theirs
        or (min(len(mine), len(theirs)) > _SHORT and (mine.startswith(theirs) or theirs.startswith(mine)))
        for mine in one.lower().replace("-", "_").split("_")
        for theirs in other.split("_")
    )


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else _ABSENT


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return f"{', '.join(found[:-1])} or {found[-1]}" if len(found) > 1 else "".join(found)


ABOVE: Final = dict.fromkeys(
    ("local_as", "router_id", "cluster_id", "listen", "default_local_pref", "client_to_client_reflection"),
    "unknown key; it belongs to the top level, which means above the first [table] of the file",
)
"""Hints for keys that got into a table because they stand below its head."""
FAMILIES_ABOVE: Final = {**ABOVE, "families": ABOVE["listen"]}
