"""What is wrong with a configuration: findings with their place, all collected before anybody is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from .toml_text import Path, path_text, shown

HIDDEN: Final = "<hidden>"
"""Stands for a value that may be a secret."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. ``path`` is the key, ``text`` all that follows it: `` = 2: expected 3..65535``."""

    path: Path
    text: str

    def line(self, name: str = "") -> str:
        """``node.toml: peers[2].hold_time = 2: expected ...``"""
        return f"{name}: {path_text(self.path)}{self.text}" if name else f"{path_text(self.path)}{self.text}"


class Problems:
    """Collects findings."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def touch(self, path: Path) -> bool:
        """Is something wrong at this key, inside it, or with a table that holds it?"""
        return any(within(problem.path, path) or within(path, problem.path) for problem in self.found)


@dataclass(frozen=True, slots=True)
class At:
    """A place in the configuration that is being read."""

    path: Path
    problems: Problems

    def __truediv__(self, part: str | int) -> At:
        return At((*self.path, part), self.problems)

    def say(self, text: str) -> None:
        """A finding that needs no value."""
        self.problems.found.append(Problem(self.path, f": {text}"))

    def wrong(self, value: object, expected: str) -> None:
        """This value is not what was expected."""
        self.problems.found.append(Problem(self.path, f" = {shown(value)}: {expected}"))

    def hidden(self, expected: str) -> None:
        """As ``wrong``, for a value that nobody may see."""
        self.problems.found.append(Problem(self.path, f" = {HIDDEN}: {expected}"))


def within(path: Path, outer: Path) -> bool:
    return path[: len(outer)] == outer


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    known = {known.lower().replace("-", "_"): known for known in names}
    found = get_close_matches(name.lower().replace("-", "_"), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


def one_of(names: Sequence[str]) -> str:
    """``"a", "b" or "c"``"""
    texts = [f'"{name}"' for name in names]
    return f"{', '.join(texts[:-1])} or {texts[-1]}" if len(texts) > 1 else "".join(texts)


def in_file_order(problems: Iterable[Problem], document: object) -> list[Problem]:
    """Findings in the order of the document's keys; what is missing there comes behind its neighbours."""
    return sorted(problems, key=lambda problem: _position(problem.path, document))


def _position(path: Path, document: object) -> tuple[int, ...]:
    position = []
    inside = document
    for part in path:
        if isinstance(inside, dict) and part in inside:
            position.append(list(inside).index(part))
            inside = inside[part]
        elif isinstance(inside, list) and isinstance(part, int) and part < len(inside):
            position.append(part)
            inside = inside[part]
        else:
            position.append(len(inside) if isinstance(inside, dict | list) else 0)
            break
    return tuple(position)
