"""``pybgp encode``: JSON lines, from ``pybgp decode --json`` or written by hand, become the octets of messages."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import click

NO_MESSAGES: Final = ("damage", "route", "peer-table", "state-change", "record")
"""Types of lines that ``decode --json`` prints beside messages."""


@click.command()
@click.argument("source", metavar="[FILE]", default="-")
@click.option(
    "--to",
    "form",
    type=click.Choice(["hex", "bgp"]),
    help="A line of hexadecimal digits a message (on a terminal), or the messages' octets (elsewhere).",
)
def encode(source: str, form: str | None) -> int:
    """Write the messages that FILE, or the standard input, has as JSON, an object a line.

    The objects are those that pybgp decode --json prints; what is not needed may be left out.

    A line that can't be written is told, and the next one taken; the exit code is 1 then. Lines of decode that are
    no messages (routes, states, damage) are left out and counted.
    """
    from ..messages.json_form import from_json

    if form is None:
        form = "hex" if sys.stdout.isatty() else "bgp"
    failed = 0
    left_out: Counter[str] = Counter()
    for number, line in enumerate(_lines(source), 1):
        if not line.strip():
            continue
        try:
            fields = _fields(line.strip())
            if isinstance(fields, dict) and fields.get("type") in NO_MESSAGES:
                left_out[fields["type"]] += 1
                continue
            octets = from_json(fields)
        except ValueError as error:
            click.echo(f"pybgp encode: line {number}: {error}", err=True)
            failed += 1
            continue
        if form == "hex":
            sys.stdout.write(f"{octets.hex()}\n")
        else:
            sys.stdout.buffer.write(octets)
    sys.stdout.flush()
    if left_out:
        kinds = ", ".join(f"{count} {kind}" for kind, count in left_out.items())
        click.echo(f"pybgp encode: left out what are no messages: {kinds}", err=True)
    return 1 if failed else 0


def _fields(line: bytes) -> Any:
    """The value of a line.

    Raises:
        ValueError: no JSON.
    """
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"column {error.colno}: no JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise ValueError("no JSON: not UTF-8") from None
    except RecursionError:
        raise ValueError("no JSON: nested too deeply") from None


def _lines(source: str) -> Iterator[bytes]:
    if source == "-":
        yield from sys.stdin.buffer
        return
    try:
        file = open(source, "rb")  # noqa: SIM115
    except OSError as error:
        raise click.UsageError(f"{source}: {error.strerror}") from None
    with file:
        lines: Iterable[bytes] = file
        yield from lines
