"""``pybgp show rpki``: the caches, and what their VRPs say of a route."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import click

from . import format
from .options import connect, json_option, socket_option

Row = dict[str, Any]

_HEADS: Final = (
    *("cache", "pref", "state", "since", "used", "ipv4", "ipv6"),
    *("session", "serial", "updated", "expires", "last error"),
)
_NUMBERS: Final = frozenset({"pref", "ipv4", "ipv6", "session", "serial"})
_VRP_HEADS: Final = ("vrp", "max length", "as", "matches")


@click.command(short_help="RTR caches, or the RPKI state of a route.")
@click.argument("prefix", required=False)
@click.argument("origin_as", metavar="[ASN]", required=False)
@socket_option
@json_option
def rpki(prefix: str | None, origin_as: str | None, socket: str | None, as_json: bool) -> int:
    """Show the RTR caches, or the state of a route to PREFIX that ASN originates, with all VRPs that cover it.

    The state is valid, invalid or not_found (RFC 6811).
    """
    with connect(socket) as client:
        answer = client.ask("rpki", prefix=prefix, origin_as=origin_as)
    if as_json:
        click.echo(format.json_line(answer))
    elif prefix is None:
        now = format.now()
        click.echo(f"{answer['vrps']} VRPs, {answer['static']} of them from the configuration")
        for line in format.table(_HEADS, [_cells(row, now) for row in answer["caches"]], right=_NUMBERS):
            click.echo(line)
    else:
        click.echo(f"{answer['prefix']} from AS {answer['origin_as']}: {answer['state']}")
        rows = [_vrp_cells(row) for row in answer["vrps"]]
        for line in format.table(_VRP_HEADS, rows, right=frozenset({"max length", "as"})) if rows else ():
            click.echo(line)
    return 0


def _cells(row: Row, now: datetime) -> tuple[str, ...]:
    return (
        row["name"],
        str(row["preference"]),
        row["state"],
        format.time_and_age(row["since"], now),
        format.printable(row["used"]),
        str(row["ipv4_vrps"]),
        str(row["ipv6_vrps"]),
        format.printable(row["session_id"]),
        format.printable(row["serial"]),
        format.time_and_age(row["updated_at"], now),
        format.printable(row["expires_at"]),
        format.printable(row["last_error"]),
    )


def _vrp_cells(row: Row) -> tuple[str, ...]:
    matches = "yes" if row["matches"] else f"no: {row['why_not']}"
    return (row["prefix"], str(row["max_length"]), str(row["asn"]), matches)
