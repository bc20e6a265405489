"""``pybgp encode``: JSON lines, from ``pybgp decode --json`` or written by hand, become the octets of messages."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator

import click


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

    A line that can't be written is told, and the next one taken; the exit code is 1 then.
    """
    if form is None:
        form = "hex" if sys.stdout.isatty() else "bgp"
    failed = 0
    for number, line in enumerate(_lines(source), 1):
        if not line.strip():
            continue
        try:
            octets = _octets(line.strip())
        except ValueError as error:
            click.echo(f"pybgp encode: line {number}: {error}", err=True)
            failed += 1
            continue
        if form == "hex":
            sys.stdout.write(f"{octets.hex()}\n")
        else:
            sys.stdout.buffer.write(octets)
    sys.stdout.flush()
    return 1 if failed else 0


def _octets(line: bytes) -> bytes:
    """The message of a line.

    Raises:
        ValueError: no JSON, or not the JSON of a message; the text names field and value and says what was expected.
    """
    from ..messages.json_form import from_json

    try:
        fields = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"column {error.colno}: no JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise ValueError("no JSON: not UTF-8") from None
    except RecursionError:
        raise ValueError("no JSON: nested too deeply") from None
    return from_json(fields)


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
