"""AS-path expressions in the routers' notation, matched on the path as text: "^65001(_65002)*$".

The text is what people see: "64512 65001 {65010,65011}", confederation segments in round and square brackets. ``_``
is a border: the beginning, the end, or what stands between two AS numbers. Braces after something repeat it; those of
an AS_SET are written ``\\{``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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


def parse_set(expressions: Iterable[str]) -> re.Pattern[str]:
    """Compile expressions of which one has to match.

    Raises:
        ValueError: an expression that can't be read.
    """
    patterns = [f"(?:{parse(expression).pattern})" for expression in expressions]
    return re.compile("|".join(patterns) or "(?!)")


class AsPathIndex:
    """Several sets of expressions as one: which of them match a path. The answers for the latest paths are kept."""

    __slots__ = ("_known", "_sets")

    _LIMIT: Final = 16_384

    def __init__(self, sets: Mapping[int, re.Pattern[str]]) -> None:
        """``sets`` are by the bit that stands for them."""
        self._sets = tuple((bit, pattern.search) for bit, pattern in sets.items())
        self._known: dict[bytes, int] = {}  # value of AS_PATH → bits

    def bits(self, block: Block) -> int:
        """The bits of the sets that match the block's path."""
        # HOT: once a block; 0.3 µs for a path that has been seen lately.
        octets = block.as_path_octets
        found = self._known.get(octets)
        if found is None:
            if len(self._known) >= self._LIMIT:
                self._known.clear()
            path = str(AsPath.decode(octets))
            found = self._known[octets] = sum(bit for bit, search in self._sets if search(path))
        return found


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
