"""``pybgp explain``: why a prefix goes where it goes, and who is told of it."""

from __future__ import annotations

import click

from ..rib.explanation import text
from . import format
from .options import connect, json_option, socket_option


@click.command()
@click.argument("prefix")
@click.option("--peer", metavar="NAME", help="Only what this peer is told.")
@socket_option
@json_option
def explain(prefix: str, peer: str | None, socket: str | None, as_json: bool) -> int:
    """Explain PREFIX: its candidates in order, with the rule that decided between each two; why a candidate can't be
    used; the way to each next hop; the kernel; which peers are told, and what stopped it for the others.

    Of an address, or a prefix that isn't there, the most specific prefix that holds it. Exit code 1: there is none.
    """
    with connect(socket) as client:
        answer = client.ask("explain", prefix=prefix, peer=peer)
    if as_json:
        click.echo(format.json_text(answer))
    else:
        for line in text(answer):
            click.echo(format.printable(line) if line else "")
    return 0 if answer["candidates"] else 1
