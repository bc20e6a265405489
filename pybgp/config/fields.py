"""Is everything in a configuration made by a program of the kind that its field says? A file's values are by then."""

from __future__ import annotations

import collections.abc
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

_WORDS: Final[Mapping[Any, str]] = {
    bool: "True or False",
    float: "a number",
    int: "an integer",
    str: "text",
    NoneType: "None",
    collections.abc.Callable: "a function",
}


def wrong_kinds(value: Any, where: str = "") -> Iterator[str]:
    """A line for each field of a dataclass, and of those in it, that holds something of another kind."""
    made: Any = type(value)
    for name, kind, default, plain in _fields(made):
        given = getattr(value, name)
        if given is not default and type(given) not in plain:
            yield from _wrong(given, kind, f"{where}{name}")


@cache
def _fields(made: Any) -> tuple[tuple[str, Any, Any, frozenset[Any]], ...]:
    """Name, kind, the default and the classes that need no closer look: reloads don't wait for a thousand peers."""
    hints = get_type_hints(made)
    return tuple((each.name, hints[each.name], each.default, _plain(hints[each.name])) for each in fields(made))


def _plain(kind: Any) -> frozenset[Any]:
    arms = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return frozenset(arms) & {bool, int, float, str, NoneType}


def _wrong(value: Any, kind: Any, where: str) -> Iterator[str]:
    origin, items = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        fitting = [item for item in items if _is_of(value, item)]
        if fitting:
            yield from _wrong(value, fitting[0], where)
            return
    if not _is_of(value, kind):
        yield f"{where}{_shown(value, where)}: expected {_either(_words(kind))}"
    elif is_dataclass(value):
        yield from wrong_kinds(value, f"{where}.")
    elif origin is collections.abc.Mapping:
        for key, item in value.items():
            yield from _wrong(key, items[0], f"{where}: key")
            yield from _wrong(item, items[1], f"{where}[{key}]")
    elif origin in (tuple, collections.abc.Sequence):
        for number, item in enumerate(value):
            yield from _wrong(item, items[0], f"{where}[{number}]")


def _is_of(value: Any, kind: Any) -> bool:
    """From outside; what is in it is looked at later."""
    origin = get_origin(kind)
    if kind is Any:
        return True
    if origin in (Union, UnionType):
        return any(_is_of(value, item) for item in get_args(kind))
    if origin is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if origin in (tuple, collections.abc.Sequence):
        return isinstance(value, (list, tuple))
    if origin is not None:
        return isinstance(value, origin)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _shown(value: Any, where: str) -> str:
    """A password is never shown."""
    return "" if where.endswith("password") else f" = {repr(value)[:60]}"


def _words(kind: Any) -> list[str]:
    """What would fit, each in words."""
    origin, items = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return [word for item in items for word in _words(item)]
    if origin is Literal:
        return [f'"{item}"' for item in items]
    if origin is collections.abc.Mapping:
        named = all(isinstance(item, type) for item in items)
        return [f"a mapping from {items[0].__name__} to {items[1].__name__}" if named else "a mapping"]
    if origin in (tuple, collections.abc.Sequence):
        return ["a list"]
    return [_WORDS.get(origin or kind, f"a {getattr(kind, '__name__', kind)}")]


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
