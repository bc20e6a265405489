"""How answers look: aligned tables, calicoctl's box, JSON lines, times with their age."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, Final

MEASURED_ROWS: Final = 1000
"""Rows that decide how wide columns are; the rest of a long answer is not waited for."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: frozenset[str] = frozenset()) -> Iterator[str]:
    """Aligned lines under lower-case heads, without boxes; a value is never cut. ``right`` are number columns."""
    remaining = iter(rows)
    first = list(islice(remaining, MEASURED_ROWS))
    widths = [max(map(len, column)) for column in zip(heads, *first, strict=True)]
    for row in chain([heads], first, remaining):
        cells = (
            cell.rjust(width) if head in right else cell.ljust(width)
            for head, cell, width in zip(heads, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def box(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The table of ``calicoctl node status``: heads centred, cells left."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    border = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    yield border
    yield "|" + "|".join(f" {_centred(head, width)} " for head, width in zip(heads, widths, strict=True)) + "|"
    yield border
    for row in rows:
        yield "|" + "|".join(f" {cell.ljust(width)} " for cell, width in zip(row, widths, strict=True)) + "|"
    yield border


def _centred(text: str, width: int) -> str:
    return (" " * ((width - len(text)) // 2) + text).ljust(width)


def details(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """``name  value`` lines, values aligned."""
    lines = list(pairs)
    width = max(len(name) for name, _ in lines)
    return (f"{name.ljust(width)}  {value}".rstrip() for name, value in lines)


def json_line(answer: object) -> str:
    """One object on one line, as it came."""
    return json.dumps(answer)


def json_text(answer: object) -> str:
    """One object for reading."""
    return json.dumps(answer, indent=2)


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def time_and_age(text: str | None, now: datetime) -> str:
    """``2026-01-05T10:12:07Z (2m33s)``, "-" for none."""
    return "-" if text is None else f"{text} ({age((now - parse_time(text)).total_seconds())})"


def age(seconds: float) -> str:
    """The two largest units: ``2m33s``, ``3d4h``."""
    left = max(0, int(seconds))
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    for index, (unit, size) in enumerate(units):
        if left >= size:
            count, rest = divmod(left, size)
            if unit == "s":
                break
            below, below_size = units[index + 1]
            return f"{count}{unit}{rest // below_size}{below}"
    return f"{left}s"


def now() -> datetime:
    return datetime.now(UTC)


def printable(value: Any) -> str:
    """A value as a cell: "-" for nothing, and no character of a peer's that could drive the terminal."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(printable, value)) or "-"
    text = str(value)
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)
