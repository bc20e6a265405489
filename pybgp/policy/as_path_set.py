"""AS-path expressions in the routers' notation, matched on the path as text: "^65001(_65002)*$".

The text is what people see: "64512 65001 {65010,65011}", confederation segments in round and square brackets. ``_``
is a border: the beginning, the end, or what stands between two AS numbers. Braces after something repeat it; those of
an AS_SET are written ``\\{``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from struct import Struct, unpack
from typing import Final

from ..messages.attributes.as_path import AsPath
from ..messages.attributes.block import Block

_BORDER: Final = r"(?:^|$|[ ,{}()\[\]])"
_ALLOWED: Final = frozenset("0123456789^$.*+?|()[]{}-,_ \\")
_AS_SEQUENCE: Final = 2
_ORIGIN_SIZE: Final = 4
_FIRST_AS_AT: Final = 9
"""Where a block has the first AS of a path of one AS_SEQUENCE, behind ORIGIN."""
_READERS: Final = {
    bytes((0x40, 2, 2 + 4 * count, _AS_SEQUENCE, count)): Struct(f"!{count}I").unpack_from for count in range(1, 64)
}
"""What stands in front of the AS numbers of such a path → how to read them."""
_SIMPLE: Final = re.compile(r"([\^_])([0-9]{1,10})([$_])")
_PLACES: Final = {("^", "_"): "first", ("_", "$"): "last", ("_", "_"): "any", ("^", "$"): "only"}
"""What an expression that asks for one AS means for a path of one AS_SEQUENCE."""
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


@dataclass(frozen=True, slots=True)
class AsPathSet:
    """Expressions of which one has to match a path."""

    pattern: re.Pattern[str]
    """All of them in one."""
    simple: tuple[tuple[str, int], ...] = ()
    """Those that ask for one AS only, and where it must stand: ``_PLACES``."""
    rest: re.Pattern[str] | None = None
    """The others in one, if there are any."""


def parse_set(expressions: Iterable[str]) -> AsPathSet:
    """Compile expressions of which one has to match.

    Raises:
        ValueError: an expression that can't be read.
    """
    simple: list[tuple[str, int]] = []
    rest: list[str] = []
    patterns: list[str] = []
    for expression in expressions:
        pattern = f"(?:{parse(expression).pattern})"
        patterns.append(pattern)
        found = _SIMPLE.fullmatch(expression)
        place = None if found is None else _PLACES.get((found[1], found[3]))
        if found is None or place is None or str(int(found[2])) != found[2]:
            rest.append(pattern)
        else:
            simple.append((place, int(found[2])))
    whole = re.compile("|".join(patterns) or "(?!)")
    return AsPathSet(whole, tuple(simple), re.compile("|".join(rest)) if rest else None)


class AsPathIndex:
    """Several sets of expressions as one: which of them match a path. The answers for the latest paths are kept."""

    __slots__ = ("_all", "_any", "_any_keys", "_first", "_known", "_last", "_only", "_rest")

    _LIMIT: Final = 16_384

    def __init__(self, sets: Mapping[int, AsPathSet]) -> None:
        """``sets`` are by the bit that stands for them."""
        self._first: dict[int, int] = {}  # AS → bits of the sets that want it there
        self._last: dict[int, int] = {}
        self._any: dict[int, int] = {}
        self._only: dict[int, int] = {}
        tables = {"first": self._first, "last": self._last, "any": self._any, "only": self._only}
        for bit, found in sets.items():
            for place, asn in found.simple:
                tables[place][asn] = tables[place].get(asn, 0) | bit
        self._any_keys = self._any.keys()
        self._rest = tuple((bit, found.rest.search) for bit, found in sets.items() if found.rest is not None)
        self._all = tuple((bit, found.pattern.search) for bit, found in sets.items())
        self._known: dict[bytes, int] = {}  # value of AS_PATH → bits

    def bits(self, block: Block) -> int:
        """The bits of the sets that match the block's path."""
        # HOT: once a block; 0.8 µs for one AS_SEQUENCE and expressions that ask for one AS. Others are searched in the
        # path's text, and the answers for the latest paths kept: 0.4 µs for one of those.
        octets = block.octets
        read = _READERS.get(octets[_ORIGIN_SIZE:_FIRST_AS_AT])
        if read is None or self._rest:
            path = block.as_path_octets
            found = self._known.get(path)
            if found is None:
                if len(self._known) >= self._LIMIT:
                    self._known.clear()
                found = self._known[path] = self._look_up(path)
            return found
        return self._of_sequence(read(octets, _FIRST_AS_AT))

    def _of_sequence(self, asns: tuple[int, ...]) -> int:
        """What the expressions that ask for one AS say."""
        found = self._first.get(asns[0], 0) | self._last.get(asns[-1], 0)
        if len(asns) == 1:
            found |= self._only.get(asns[0], 0)
        if not self._any_keys.isdisjoint(asns):
            for asn in asns:
                found |= self._any.get(asn, 0)
        return found

    def _look_up(self, octets: bytes) -> int:
        if not octets or octets[0] != _AS_SEQUENCE or len(octets) != 2 + 4 * octets[1]:
            path = str(AsPath.decode(octets))
            return sum(bit for bit, search in self._all if search(path))
        asns = unpack(f"!{octets[1]}I", octets[2:])
        found = self._of_sequence(asns)
        path = " ".join(map(str, asns))
        for bit, search in self._rest:
            if not found & bit and search(path):
                found |= bit
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
