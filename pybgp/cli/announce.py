"""``pybgp announce`` and ``pybgp withdraw``: routes by hand, on a running speaker."""

from __future__ import annotations

from typing import Any

import click

from . import format
from .options import connect, json_option, socket_option

_family_option = click.option(
    "--family", metavar="FAMILY", help="Of a flow specification without addresses: ipv6-flowspec; else ipv4-flowspec."
)


@click.command(short_help="Announce a route by hand.")
@click.argument("prefix")
@click.option(
    "--next-hop",
    "next_hops",
    multiple=True,
    metavar="ADDRESS[,weight=N]",
    help="Where it leads; again for several that share the traffic. Without: ourselves.",
)
@click.option("--type", "kind", metavar="TYPE", help="unicast, blackhole, unreachable or prohibit.")
@click.option("--always", is_flag=True, help="Also while no next hop can be reached.")
@click.option("--preference", metavar="N", help="Against other sources of the prefix, the highest wins.")
@click.option("--local-pref", metavar="N", help="LOCAL_PREF.")
@click.option("--med", metavar="N", help="MED.")
@click.option("--community", "communities", multiple=True, metavar="COMMUNITY", help="Of any kind; may be given again.")
@click.option(
    "--then",
    "actions",
    multiple=True,
    metavar="ACTION",
    help="Of a flow specification: discard, traffic-rate:BYTES_PER_SECOND, redirect:AS:VALUE, mark:DSCP.",
)
@_family_option
@socket_option
@json_option
def announce(
    prefix: str,
    next_hops: tuple[str, ...],
    kind: str | None,
    always: bool,
    preference: str | None,
    local_pref: str | None,
    med: str | None,
    communities: tuple[str, ...],
    actions: tuple[str, ...],
    **about: Any,
) -> int:
    """Announce PREFIX, or change what is announced of it; each peer's export policy still decides.

    PREFIX may be a flow specification: "destination 192.0.2.7/32; protocol =tcp; destination-port =80 =443".

    The route lives until "pybgp withdraw", or until the speaker stops; a reload leaves it. What is to last belongs in
    the configuration's routes; a prefix that is there can't be announced by hand.
    """
    several = len(next_hops) > 1 or any("," in word for word in next_hops)
    return _ask(
        "announce",
        prefix=prefix,
        next_hop=next_hops[0] if next_hops and not several else None,
        next_hops=" ".join(next_hops) if several else None,
        type=kind,
        while_reachable="false" if always else None,
        preference=preference,
        local_pref=local_pref,
        med=med,
        communities=" ".join(communities) or None,
        then=" ".join(actions) or None,
        **about,
    )


@click.command(short_help="Take back a route announced by hand.")
@click.argument("prefix")
@_family_option
@socket_option
@json_option
def withdraw(prefix: str, **about: Any) -> int:
    """Take back PREFIX, or a flow specification, which "pybgp announce" or a program has announced."""
    return _ask("withdraw", prefix=prefix, **about)


def _ask(query: str, *, socket: str | None, as_json: bool, **arguments: str | None) -> int:
    with connect(socket) as client:
        answer = client.ask(query, **arguments)
    why_not = f", but not used now: {answer['reason']}" if answer.get("reason") else ""
    click.echo(format.json_text(answer) if as_json else f"{answer['prefix']}: {answer['done']}{why_not}")
    return 0
