"""``pybgp reload``: read the configuration again, as SIGHUP does, and say what came of it."""

from __future__ import annotations

import click

from . import format
from .options import connect, json_option, socket_option


@click.command()
@socket_option
@json_option
def reload(socket: str | None, as_json: bool) -> int:
    """Make the speaker read its configuration again.

    Only sessions whose settings really changed end. A configuration with an error changes nothing: its findings are
    printed, and the exit code is 2.
    """
    with connect(socket) as client:
        answer = client.ask("reload")
    if as_json:
        click.echo(format.json_text(answer))
        return 0
    for warning in answer["warnings"]:
        click.echo(f"warning: {warning}", err=True)
    for change in answer["changes"]:
        click.echo(format.printable(change))
    if not answer["changes"]:
        click.echo("nothing has changed")
    return 0
