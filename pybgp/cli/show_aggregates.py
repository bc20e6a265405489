"""``pybgp show aggregates``: which aggregates are announced, and what stands behind them."""

from __future__ import annotations

from typing import Any, Final

import click

from .options import json_option, socket_option
from .rows import show_rows

_HEADS: Final = ("prefix", "active", "contributors", "suppressed", "options")
_RIGHT: Final = frozenset({"contributors", "suppressed"})
_OPTIONS: Final = ("suppress", "as_set", "blackhole")


@click.command(short_help="Aggregates, and how many routes they stand for.")
@socket_option
@json_option
def aggregates(socket: str | None, as_json: bool) -> int:
    """Show the configured aggregates: whether each is announced, how many more specific best routes contribute to it,
    and how many of them no peer is told because of it.

    "pybgp show routes --covered PREFIX" shows which these are.
    """
    show_rows(socket, "aggregates", _cells, heads=_HEADS, right=_RIGHT, as_json=as_json)
    return 0


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["prefix"],
        "yes" if row["active"] else "no",
        str(row["contributors"]),
        str(row["suppressed"]),
        " ".join(name for name in _OPTIONS if row[name]),
    )
