"""``pybgp peer``: what an operator does with one peer of a running speaker."""

from __future__ import annotations

import click

from . import format
from .options import connect, json_option, socket_option


@click.group()
def peer() -> None:
    """What can be done with a peer."""


@peer.command()
@click.argument("name")
@socket_option
@json_option
def refresh(name: str, socket: str | None, as_json: bool) -> int:
    """Ask the peer NAME for its routes again (RFC 2918)."""
    with connect(socket) as client:
        answer = client.ask("refresh", name=name)
    click.echo(format.json_text(answer) if as_json else f"asked {name} for its routes again")
    return 0
