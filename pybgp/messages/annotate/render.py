"""An annotation as lines of text: offset, octets, meaning, source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .note import Note

_OCTETS: Final = 8
_WIDTH: Final = _OCTETS * 3 - 1
_RED, _DIM, _PLAIN = "\x1b[31m", "\x1b[2m", "\x1b[0m"


def lines(note: Note, message: bytes, *, colour: bool = False) -> Iterator[str]:
    """A line for each note, deeper ones further to the right; the octets of a leaf beside it, eight a line.

    Under what is wrong stands why, and what it costs; with ``colour`` this and the octets concerned are red.
    """
    yield from _lines(note, message, 0, _Paint(colour), red=False)


class _Paint:
    """Colours of a terminal, or none."""

    __slots__ = ("_on",)

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._on and text.strip() else text


def _lines(note: Note, message: bytes, depth: int, paint: _Paint, *, red: bool) -> Iterator[str]:
    red = red or bool(note.problems)
    octets = b"" if note.children else message[note.start : note.end]
    rows = [octets[at : at + _OCTETS].hex(" ") for at in range(0, len(octets), _OCTETS)] or [""]
    source = paint(f"  [RFC {note.rfc}]", _DIM) if note.rfc else ""
    for number, row in enumerate(rows):
        shown = row.ljust(_WIDTH)
        line = f"{note.start + number * _OCTETS:5}  {paint(shown, _RED) if red else shown}"
        if not number:
            line += f"  {'  ' * depth}{note.text}{source}"
        yield line.rstrip()
    for flaw in note.problems:
        yield f"{'':5}  {'':{_WIDTH}}  {'  ' * depth}" + paint(f"^ {flaw}", _RED)
    for child in note.children:
        yield from _lines(child, message, depth + 1, paint, red=red and bool(note.problems))
