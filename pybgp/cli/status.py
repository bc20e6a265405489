"""``pybgp status``: the table that users of ``calicoctl node status`` know."""

from __future__ import annotations

from datetime import datetime, timedelta
from shlex import quote
from typing import Any, Final

import click

from . import format
from .options import connect, json_option, socket_option

HEADS: Final = ("PEER ADDRESS", "PEER TYPE", "STATE", "SINCE", "INFO")
TIME_OF_DAY_UNTIL: Final = timedelta(hours=20)
"""From then on SINCE is a date, as BIRD has it."""
_STATES: Final = {
    "idle": "Idle",
    "connect": "Connect",
    "active": "Active",
    "open_sent": "OpenSent",
    "open_confirm": "OpenConfirm",
    "established": "Established",
}

_DOWN: Final = {
    "configuration": "disabled in the configuration",
    "by_hand": "disabled by hand",
    "max_prefixes": "held down for too many prefixes",
}


@click.command()
@socket_option
@json_option
def status(socket: str | None, as_json: bool) -> int:
    """Show the speaker and its sessions, as calicoctl node status does.

    STATE is "up", "start" (trying) or "down" (shut down by the configuration or by hand, or for too many prefixes).
    SINCE is in UTC: a time of day, or a date when the change is older than 20 hours. INFO is the session's state, why
    the last one ended, and what brings back a peer that is down.
    """
    with connect(socket) as client:
        answer = client.ask("status")
    if as_json:
        click.echo(format.json_text(answer))
        return 0
    click.echo(_head_line(answer))
    rows: dict[int, list[tuple[str, ...]]] = {4: [], 6: []}
    time = format.parse_time(answer["time"])
    for peer in answer["peers"]:
        rows[6 if ":" in peer["address"] else 4].append(_row(peer, time))
    for version in (4, 6):
        click.echo(f"\nIPv{version} BGP status")
        for line in format.box(HEADS, rows[version]) if rows[version] else [f"No IPv{version} peers found."]:
            click.echo(line)
    return 0


def _head_line(answer: dict[str, Any]) -> str:
    started = answer.get("started")
    since = f" since {format.time_and_age(started, format.parse_time(answer['time']))}" if started else ""
    told = "all peers have been told" if answer["told"] else "peers are being told"
    draining = f", draining since {answer['draining']} ({told})" if answer["draining"] else ""
    who = f"AS {answer['local_as']}, router id {answer['router_id']}"
    return f"pybgp {answer['version']} is running{since}: {who}{draining}."


def _row(peer: dict[str, Any], now: datetime) -> tuple[str, ...]:
    return (
        format.printable(peer["address"]),
        peer_type(peer),
        peer_state(peer),
        _since(peer["down_since"] or peer["since"], now),
        _info(peer),
    )


def peer_type(peer: dict[str, Any]) -> str:
    """ "route reflector client", "internal" or "external", and "dynamic" where nobody listed it."""
    kind = "route reflector client" if peer["client"] else peer["type"]
    return f"{kind}, dynamic" if peer["dynamic"] else str(kind)


def peer_state(peer: dict[str, Any]) -> str:
    if peer["state"] == "established":
        return "up"
    for_good = peer["down"] and not peer["next_retry"]
    return "down" if for_good or not peer["enabled"] else "start"


def state_name(peer: dict[str, Any]) -> str:
    """As RFC 4271 spells it."""
    return _STATES.get(peer["state"], str(peer["state"]))


def down_words(peer: dict[str, Any]) -> str:
    """Who keeps it down, "" if nobody does."""
    return _DOWN.get(peer["down"], "")


def remedy(peer: dict[str, Any]) -> str:
    """What brings back a peer that is kept down, "" of any other."""
    if not peer["down"]:
        return ""
    if peer["next_retry"]:
        return f"tries again at {peer['next_retry']}"
    enable = f"pybgp peer enable {quote(format.printable(peer['name']))}"
    changed = "enabled = true and pybgp reload, or " if peer["down"] == "configuration" else ""
    return f"back with: {changed}{enable}"


def _info(peer: dict[str, Any]) -> str:
    name = state_name(peer)
    if peer["state"] == "established":
        return name
    error = format.printable(peer["last_error"]) if peer["last_error"] else ""
    if peer["down"]:
        return "; ".join(filter(None, (f"{name}, {down_words(peer)}", error, remedy(peer))))
    return f"{name} {error}".rstrip()


def _since(text: str, now: datetime) -> str:
    since = format.parse_time(text)
    return f"{since:%H:%M:%S}" if now - since < TIME_OF_DAY_UNTIL else f"{since:%Y-%m-%d}"
