"""Kinds of values: how one is read and checked, what a message says was expected, how a command line spells it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .problems import At, nearest, one_of

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}")  # Python doesn't read thousands of digits
_SEPARATOR: Final = "+"
MAX_SECONDS: Final = 31_536_000
"""A year: more is a mistake, and no timer has to take it."""


class Wrong:
    """The type of ``WRONG``."""


WRONG: Final = Wrong()
"""What reading returns for a value that has been reported: whoever gets it leaves it out."""


class Kind:
    """A kind of value. ``toml`` is its TOML type, ``expected`` what a message says behind "expected"."""

    toml: str
    expected: str
    secret: bool = False
    """No message may show the value."""

    def read(self, value: object, at: At) -> Any:
        """The model's value, or ``WRONG`` after telling ``at``."""
        try:
            return self.convert(value)
        except ValueError as error:
            if self.secret:
                at.hidden(reason(error, self.expected))
            else:
                at.wrong(value, reason(error, self.expected))
            return WRONG

    def convert(self, value: object) -> Any:
        """
        Raises:
            ValueError: not such a value; its text, if any, says more than ``expected`` does.
        """
        raise NotImplementedError

    def from_words(self, text: str) -> object:
        """What a file would have for this text of a command line; the text itself where that makes no sense."""
        return text

    def plain(self, value: Any) -> object:
        """The model's value as a file has it."""
        return value


def reason(error: ValueError, expected: str) -> str:
    """``expected ...`` from what a reader of a lower floor raised, which may have repeated the value."""
    text = str(error)
    if not text:
        return f"expected {expected}"
    _, found, behind = text.partition("expected ")
    return f"expected {behind}" if found else f"expected {expected} ({text})"


class Boolean(Kind):
    toml = "boolean"
    expected = "true or false"

    def convert(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    def from_words(self, text: str) -> object:
        return {"true": True, "false": False}.get(text, text)


@dataclass(frozen=True, slots=True)
class Integer(Kind):
    """``also`` are numbers outside of the range that have a meaning; ``note`` is a unit and the RFC's section."""

    low: int
    high: int
    note: str = ""
    also: tuple[int, ...] = ()
    toml = "integer"

    @property
    def expected(self) -> str:  # type: ignore[override]
        extra = "".join(f"{number} or " for number in self.also)
        return f"{extra}{self.low}..{self.high}{f' {self.note}' if self.note else ''}"

    def convert(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError
        if not self.low <= value <= self.high and value not in self.also:
            raise ValueError
        return value

    def from_words(self, text: str) -> object:
        return int(text) if _INTEGER.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Seconds(Kind):
    """A time; fractions are allowed."""

    low: float = 0
    above: bool = False
    """``low`` itself is too little."""
    note: str = ""
    toml = "number"

    @property
    def expected(self) -> str:  # type: ignore[override]
        limits = f"more than {self.low:g}, up to {MAX_SECONDS}" if self.above else f"{self.low:g}..{MAX_SECONDS}"
        return f"{limits} seconds{f' {self.note}' if self.note else ''}"

    def convert(self, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise ValueError
        if not self.low <= value <= MAX_SECONDS or (self.above and value == self.low):
            raise ValueError
        return value

    def from_words(self, text: str) -> object:
        try:
            return int(text) if _INTEGER.fullmatch(text) else float(text)
        except ValueError:
            return text


class Choice(Kind):
    """One of a few words."""

    toml = "text"

    def __init__(self, *names: str) -> None:
        self.names = names
        self.expected = one_of(names)

    def convert(self, value: object) -> str:
        if isinstance(value, str) and value in self.names:
            return value
        near = nearest(value, self.names) if isinstance(value, str) else None
        raise ValueError(f'expected {self.expected}; did you mean "{near}"?' if near else "")


class Text(Kind):
    """Text of a certain form: ``parse`` returns the model's value or raises ValueError."""

    toml = "text"

    def __init__(self, expected: str, parse: Callable[[str], Any], *, secret: bool = False) -> None:
        self.expected = expected
        self.secret = secret
        self._parse = parse

    def convert(self, value: object) -> Any:
        if not isinstance(value, str):
            raise ValueError
        return self._parse(value)


class Of(Kind):
    """Values that may be text or a number: ``parse`` takes either and returns the model's value."""

    def __init__(
        self, toml: str, expected: str, parse: Callable[[object], Any], words: Callable[[str], object] = str
    ) -> None:
        self.toml = toml
        self.expected = expected
        self._parse = parse
        self._words = words

    def convert(self, value: object) -> Any:
        return self._parse(value)

    def from_words(self, text: str) -> object:
        return self._words(text)


class ListOf(Kind):
    """A list of one kind, as a tuple. ``minimum`` is how many there must be; ``distinct`` forbids repetition."""

    def __init__(self, item: Kind, *, like: str, minimum: int = 0, distinct: bool = False) -> None:
        self.item = item
        self.toml = f"list of {item.toml}"
        self.expected = f"a list like {like}"
        self._minimum = minimum
        self._distinct = distinct

    def read(self, value: object, at: At) -> Any:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            at.wrong(value, f"expected {self.expected}")
            return WRONG
        if len(value) < self._minimum:
            at.wrong(value, f"expected at least one, {self.expected}")
            return WRONG
        found: list[Any] = []
        for index, raw in enumerate(value):
            item = self.item.read(raw, at / index)
            if self._distinct and not isinstance(item, Wrong) and item in found:
                (at / index).wrong(raw, f"expected each only once, it is also at {found.index(item)}")
            found.append(item)
        return tuple(item for item in found if not isinstance(item, Wrong))

    def from_words(self, text: str) -> object:
        return [self.item.from_words(word) for word in text.split(_SEPARATOR)] if text else []

    def plain(self, value: Any) -> object:
        return [self.item.plain(item) for item in value]


class MapOf(Kind):
    """A table whose keys the operator chooses: names of sets, policies, groups."""

    toml = "table"

    def __init__(self, item: Kind, name: Kind, *, what: str) -> None:
        self.item = item
        self.expected = f"a table of {what}"
        self._name = name

    def read(self, value: object, at: At) -> Any:
        if not isinstance(value, Mapping):
            at.wrong(value, f"expected {self.expected}")
            return WRONG
        found = {}
        for name, raw in value.items():
            place = at / str(name)
            try:
                self._name.convert(name)
            except ValueError as error:
                place.say(reason(error, self._name.expected))
            item = self.item.read(raw, place)
            if not isinstance(item, Wrong):
                found[name] = item
        return found

    def plain(self, value: Any) -> object:
        return {name: self.item.plain(item) for name, item in value.items()}


BOOLEAN: Final = Boolean()
MAX_NUMBER: Final = 0xFFFFFFFF
"""The largest number of 32 bits: of LOCAL_PREF, MED, metrics, tables."""
