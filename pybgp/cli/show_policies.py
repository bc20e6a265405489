"""``pybgp show policies``: the policies that decide now, for whom, and what went wrong in them."""

from __future__ import annotations

from typing import Any, Final

import click

from . import format
from .options import json_option, socket_option
from .rows import show_rows

_HEADS: Final = ("policy", "import of", "export of", "runs once a", "errors", "last error")
_NAMES: Final = 3


@click.command(short_help="Policies in use, and their errors.")
@socket_option
@json_option
def policies(socket: str | None, as_json: bool) -> int:
    """Show the lists of policies in use, the peers they are for, and how many routes a Python policy rejected by
    raising.

    "block" is a set of attributes; "mark" one of these and what the prefix sets say of a prefix.
    """
    show_rows(socket, "policies", _cells, heads=_HEADS, right=_RIGHT, as_json=as_json)
    return 0


_RIGHT: Final = frozenset({"errors"})


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    exports = ["the kernel"] if row["fib"] else []
    return (
        format.printable(row["policy"]),
        _some(row["import_of"]),
        _some(exports + row["export_of"]),
        row["runs"],
        str(row["errors"]),
        format.printable(row["last_error"]),
    )


def _some(names: list[str]) -> str:
    more = len(names) - _NAMES
    return format.printable(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")
