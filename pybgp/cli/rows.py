"""What the commands share that print the rows of one question as a table, or a line of JSON each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from . import format
from .options import connect


def show_rows(
    socket: str | None,
    query: str,
    cells: Callable[[dict[str, Any]], Sequence[str]],
    *,
    heads: Sequence[str],
    right: frozenset[str],
    as_json: bool,
) -> None:
    """Ask a speaker, and print its rows as they come; ``heads`` and ``right`` are those of ``format.table``."""
    with connect(socket) as client:
        rows = client.stream(query)
        for line in map(format.json_line, rows) if as_json else format.table(heads, map(cells, rows), right=right):
            click.echo(line)
