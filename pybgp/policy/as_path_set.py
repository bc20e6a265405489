"""AS-path expressions in the routers' notation, matched on the path as text: "^65001(_65002)*$".

The text is what people see: "64512 65001 {65010,65011}", confederation segments in round and square brackets. ``_``
is a border: the beginning, the end, or what stands between two AS numbers. Braces after something repeat it; those of
an AS_SET are written ``\\{``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..messages.attributes.as_path import AsPath
from ..messages.attributes.block import Block

_BORDER: Final = r"(?:^|$|[ ,{}()\[\]])"
_ALLOWED: Final = frozenset("0123456789^$.*+?|()[]{}-,_ \\")
_ESCAPED: Final = frozenset("^$.*+?|()[]{}\\")


def parse(expression: str) -> re.Pattern[str]:
    """Compile an expression.

    Raises:
        ValueError: not an AS-path expression; the text says what was expected.
    """
    stray = sorted(set(expression) - _ALLOWED)
    if stray or not expression:
        found = f", not {''.join(stray)!r}" if stray else ""
        raise ValueError(f"{expression!r}: expected an AS-path expression of digits and _ ^ $ . * + ? | ( ) [ ]{found}")
    try:
        return re.compile(_translated(expression))
    except (re.error, OverflowError, RecursionError) as problem:
        why = problem.msg if isinstance(problem, re.error) else problem
        raise ValueError(f"{expression!r}: expected an AS-path expression ({why})") from None


class AsPathSet:
    """Expressions of which one has to match; compiled into one pattern."""

    __slots__ = ("_known", "_search")

    _LIMIT: Final = 8192

    def __init__(self, expressions: Iterable[str]) -> None:
        """
        Raises:
            ValueError: an expression that can't be read.
        """
        patterns = [parse(expression).pattern for expression in expressions]
        self._search = re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)").search
        self._known: dict[bytes, bool] = {}  # AS_PATH value -> the answer, for the latest ones

    def matches_text(self, path: str) -> bool:
        """Does an expression match a path as people see it?"""
        return self._search(path) is not None

    def matches(self, block: Block) -> bool:
        """Does an expression match the block's path?"""
        # HOT: once a term and block; 0.25 µs for a path that has been seen lately.
        known = self._known
        octets = block.as_path_octets
        answer = known.get(octets)
        if answer is None:
            if len(known) >= self._LIMIT:
                known.clear()
            answer = known[octets] = self.matches_text(str(AsPath.decode(octets)))
        return answer


def _translated(expression: str) -> str:
    """The same in Python's notation."""
    out: list[str] = []
    in_class = False
    characters = iter(expression)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if not escaped or escaped not in _ESCAPED:
                raise ValueError(f"{expression!r}: expected one of {' '.join(sorted(_ESCAPED))} behind a backslash")
            out.append("\\" + escaped)
        elif in_class:
            in_class = character != "]"
            if character in "_[":
                raise ValueError(f"{expression!r}: expected digits and ranges between square brackets")
            out.append(character)
        elif character == "_":
            out.append(_BORDER)
        elif character == "(":
            out.append("(?:")
        elif character == "?" and out and out[-1] == "(?:":
            raise ValueError(f"{expression!r}: expected something to repeat in front of '?'")
        else:
            in_class = character == "["
            out.append(character)
    return "".join(out)
