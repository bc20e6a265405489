"""``pybgp peer``: what an operator does with the peers of a running speaker."""

from __future__ import annotations

from typing import Any

import click

from ..messages.notification import MAX_SHUTDOWN_TEXT
from . import format
from .options import Command, connect, json_option, socket_option


@click.group()
def peer() -> None:
    """What can be done with a peer: NAME is its name or address.

    Exit code 1: there is no such peer, or it can't be done with it.
    """


def _peers_options(command: Command) -> Command:
    """Which peers are meant, and the options of every command."""
    for option in (
        json_option,
        socket_option,
        click.option("--group", metavar="GROUP", help="All peers of this peer group."),
        click.option("--all", "everybody", is_flag=True, help="All peers."),
        click.argument("name", required=False),
    ):
        command = option(command)
    return command


def _message_option(command: Command) -> Command:
    return click.option(
        "--message", metavar="TEXT", help="What the peer's operator is told (RFC 9003), at most 255 octets."
    )(command)


@peer.command(short_help="End the session and begin it again.")
@_peers_options
@click.option("--in", "inbound", is_flag=True, help="Soft: only ask for the peer's routes again.")
@click.option("--out", "outbound", is_flag=True, help="Soft: only tell the peer everything again.")
@_message_option
def reset(inbound: bool, outbound: bool, message: str | None, **about: Any) -> int:
    """End the session with NAME (Cease, Administrative Reset) and begin it again at once.

    With --in or --out the session stays: this is refresh then.
    """
    if inbound or outbound:
        if message is not None:
            raise click.UsageError("--message goes with the end of a session; with --in or --out none ends")
        return _ask("refresh", direction=_direction(inbound, outbound), **about)
    return _ask("reset", message=_checked(message), **about)


@peer.command(short_help="Routes again; the session stays.")
@_peers_options
@click.option("--in", "inbound", is_flag=True, help="The peer's routes. The default.")
@click.option("--out", "outbound", is_flag=True, help="Ours.")
def refresh(inbound: bool, outbound: bool, **about: Any) -> int:
    """Ask NAME for its routes again (RFC 2918), tell it ours again (--out), or both.

    If the peer offers no route refresh, import policy runs again over what it has sent; the answer says which.
    """
    return _ask("refresh", direction=_direction(inbound, outbound), **about)


@peer.command(short_help="End the session and keep it down.")
@_peers_options
@_message_option
def disable(message: str | None, **about: Any) -> int:
    """End the session with NAME (Cease, Administrative Shutdown), and keep it down.

    It stays down until "pybgp peer enable", or until the speaker starts again. A reload leaves it down, unless it
    changes the peer's own "enabled".
    """
    return _ask("disable", message=_checked(message), **about)


@peer.command(short_help="Start a peer that was disabled.")
@_peers_options
def enable(**about: Any) -> int:
    """Start NAME again, whether "pybgp peer disable" or the configuration keeps it down."""
    return _ask("enable", **about)


def _direction(inbound: bool, outbound: bool) -> str:
    if inbound and outbound:
        return "both"
    return "out" if outbound else "in"


def _checked(message: str | None) -> str | None:
    size = len((message or "").encode())
    if size > MAX_SHUTDOWN_TEXT:
        raise click.UsageError(f"--message has {size} octets: expected at most {MAX_SHUTDOWN_TEXT} octets of UTF-8")
    return message


def _ask(
    query: str, *, name: str | None, group: str | None, everybody: bool, socket: str | None, as_json: bool, **more: Any
) -> int:
    if (name is not None) + (group is not None) + everybody != 1:
        raise click.UsageError("expected one of NAME, --group and --all")
    with connect(socket) as client:
        answer = client.ask(query, name=name, group=group, all="true" if everybody else None, **more)
    if as_json:
        click.echo(format.json_text(answer))
    else:
        for row in answer["peers"]:
            words = row["done"] if row["error"] is None else f"failed: {row['error']}"
            click.echo(f"{format.printable(row['peer'])}: {format.printable(words)}")
    return 1 if any(row["error"] is not None for row in answer["peers"]) else 0
