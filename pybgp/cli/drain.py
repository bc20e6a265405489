"""``pybgp drain``: take traffic off a speaker before it stops (RFC 8326), and wait until its peers know."""

from __future__ import annotations

import time
from typing import Any, Final

import click

from . import format
from .options import connect, json_option, socket_option

POLL_S: Final = 0.2


@click.command()
@click.option("--undo", is_flag=True, help="Take it back: routes are told as they are.")
@click.option("--timeout", default=60.0, show_default=True, metavar="S", help="Seconds to wait for all peers.")
@socket_option
@json_option
def drain(undo: bool, timeout: float, socket: str | None, as_json: bool) -> int:
    """Tell all peers that our routes will soon be gone (GRACEFUL_SHUTDOWN, RFC 8326), so that they choose others.

    Sessions stay up. Returns when every peer's TCP has acknowledged everything; exit code 1 if that takes longer than
    the timeout. What peers then choose is not to be seen from here: give their network the time to converge before you
    stop the speaker. Draining outlives a reload, and ends with --undo or a restart.
    """
    deadline = time.monotonic() + timeout
    with connect(socket) as client:
        was = not undo or client.ask("drain", action="look")["draining"]
        answer = client.ask("drain", action="undo" if undo else "start")
        shown = ""
        while not answer["told"] and time.monotonic() < deadline:
            line = _waiting_for(answer)
            if not as_json and line != shown:
                click.echo(line, err=True)
                shown = line
            time.sleep(POLL_S)
            answer = client.ask("drain", action="look")
    if as_json:
        click.echo(format.json_text(answer))
    elif not was:
        click.echo("was not draining")
    elif answer["told"]:
        click.echo(f"{'no longer draining' if undo else 'draining'}: {_told(answer)}")
    else:
        click.echo(f"not everybody knows after {timeout:g} s: {_waiting_for(answer)}", err=True)
    return 0 if answer["told"] else 1


def _told(answer: dict[str, Any]) -> str:
    count = len(answer["peers"])
    return f"{count} peer{'s have' if count != 1 else ' has'} been told"


def _waiting_for(answer: dict[str, Any]) -> str:
    rows = [row for row in answer["peers"] if row["behind"] or row["unacknowledged_octets"]]
    words = (
        f"{format.printable(row['peer'])} ({row['behind']} prefixes, {row['unacknowledged_octets']} octets)"
        for row in rows
    )
    if answer["judging"]:
        return "waiting for the routes of external peers to be judged again"
    return f"waiting for {', '.join(words) or 'the last changes'}"
