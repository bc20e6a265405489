"""``pybgp show``: peers, routes, and what is in the kernel because of us."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final

import click

from ..constants import with_names
from . import format
from .options import connect, json_option, socket_option
from .show_aggregates import aggregates
from .show_policies import policies
from .show_rpki import rpki
from .status import down_words, peer_type, remedy, state_name

Row = dict[str, Any]

_PEER_HEADS: Final = ("peer", "as", "type", "state", "since", "received", "accepted", "advertised", "last error")
_PEER_NUMBERS: Final = frozenset({"as", "received", "accepted", "advertised"})
_ROUTE_HEADS: Final = ("", "prefix", "next hop", "from", "pref", "med", "as path", "origin", "communities", "note")
_ADVERTISED_HEADS: Final = ("to", "prefix", "next hop", "from", "pref", "med", "as path", "origin", "communities")
_ROUTE_NUMBERS: Final = frozenset({"pref", "med"})
_FIB_HEADS: Final = ("prefix", "type", "next hops", "metric", "state", "error")


@click.group()
def show() -> None:
    """Show peers, routes, and what is in the kernel.

    With --json each object is on a line of its own.
    """


show.add_command(aggregates)
show.add_command(policies)
show.add_command(rpki)


# -- peers -------------------------------------------------------------------------------------------------------------


@show.command(short_help="Peers, or everything about one.")
@click.argument("name", required=False)
@socket_option
@json_option
def peers(name: str | None, socket: str | None, as_json: bool) -> int:
    """Show all peers, or everything about the one with this NAME or address."""
    with connect(socket) as client:
        rows = client.stream("peers", name=name)
        now = format.now()
        if as_json:
            _echo(map(format.json_line, rows))
        elif name is not None:
            for row in rows:
                _echo(format.details(_peer_details(row, now)))
        else:
            _echo(format.table(_PEER_HEADS, (_peer_cells(row, now) for row in rows), right=_PEER_NUMBERS))
    return 0


def _peer_cells(row: Row, now: datetime) -> tuple[str, ...]:
    families = row["families"].values()
    return (
        format.printable(row["name"]),
        format.printable(row["remote_as"]),
        peer_type(row),
        f"{state_name(row)} ({down_words(row)})" if row["down"] else state_name(row),
        format.time_and_age(row["down_since"] or row["since"], now),
        *(str(sum(family[count] for family in families)) for count in ("received", "accepted", "advertised")),
        format.printable("; ".join(filter(None, (row["last_error"], remedy(row))))),
    )


def _peer_details(row: Row, now: datetime) -> Iterator[tuple[str, str]]:
    times = ("since", "last_error_at", "next_retry", "down_since")
    for name, value in row.items():
        if name == "families":
            for family, counters in value.items():
                yield family, " ".join(f"{key}={format.printable(item)}" for key, item in counters.items())
        elif name == "update_errors_by_kind":
            for attribute, counts in value.items():
                yield f"update_errors {attribute}", " ".join(f"{outcome}={count}" for outcome, count in counts.items())
        elif name == "down":
            yield name, format.printable("; ".join(filter(None, (down_words(row), remedy(row)))))
        elif name in times:
            yield name, format.time_and_age(value, now)
        else:
            yield name, format.printable(value)


# -- routes ------------------------------------------------------------------------------------------------------------


@show.command(short_help="Routes: received, best, advertised.")
@click.argument("prefix", required=False)
@click.option("--best", "direction", flag_value="best", default=True, help="The routes that are used. The default.")
@click.option("--received", "direction", flag_value="received", help="All candidates, as peers sent them.")
@click.option("--advertised", "direction", flag_value="advertised", help="What peers are told.")
@click.option("--peer", metavar="NAME", help="Only from this peer; with --advertised: what it is told.")
@click.option("--family", metavar="FAMILY", help="Only of this one: ipv4-unicast, ipv4-vpn, ...")
@click.option("--covered", "match", flag_value="covered", help="PREFIX and everything inside it.")
@click.option("--longest", "match", flag_value="longest", help="The most specific route that holds PREFIX.")
@click.option("--community", metavar="COMMUNITY", help="With this community; 65001:*, rt:65001:1; several with commas.")
@click.option("--as-path", metavar="REGEX", help="Whose AS path matches, in the notation of as_path_sets.")
@click.option("--origin-as", metavar="AS", help="Whose AS path ends with this AS.")
@click.option("--source", metavar="SOURCE", help="local, kernel or bgp.")
@click.option("--next-hop", metavar="ADDRESS", help="With this next hop, or one inside this prefix.")
@click.option("--count", is_flag=True, help="Only how many there are.")
@socket_option
@json_option
def routes(
    prefix: str | None,
    direction: str,
    peer: str | None,
    family: str | None,
    match: str | None,
    count: bool,
    socket: str | None,
    as_json: bool,
    **conditions: str | None,
) -> int:
    """Show routes: all, or those of exactly PREFIX. A bare address means the most specific route that holds it.

    The first column has a * for the best route; the last one says why a route is not used.
    """
    with connect(socket) as client:
        about = {"prefix": prefix, "direction": direction, "peer": peer, "family": family, "match": match, **conditions}
        if count:
            (sums,) = client.stream("routes", count="true", **about)
            click.echo(format.json_line(sums) if as_json else _sums_text(sums))
            return 0 if sums["routes"] or prefix is None else 1
        rows = client.stream("routes", **about)
        first = next(rows, None)
        if first is None:
            return _nothing("route", prefix, peer)
        found = chain([first], rows)
        if as_json:
            _echo(map(format.json_line, found))
        elif direction == "advertised":
            _echo(format.table(_ADVERTISED_HEADS, map(_advertised_cells, found), right=_ROUTE_NUMBERS))
        else:
            _echo(format.table(_ROUTE_HEADS, map(_route_cells, found), right=_ROUTE_NUMBERS))
    return 0


def _sums_text(sums: Row) -> str:
    by_family = ", ".join(f"{family} {counts['routes']}" for family, counts in sums["families"].items())
    return f"{sums['routes']} routes for {sums['prefixes']} prefixes" + (f" ({by_family})" if by_family else "")


def _route_cells(row: Row) -> tuple[str, ...]:
    until = f"until {row['damped_until']}" if row.get("damped_until") else ""
    notes = [note for note in ("stale" if row["stale"] else "", row["reason"], until) if note]
    return ("*" if row["best"] else "", *_attribute_cells(row), format.printable("; ".join(notes)))


def _advertised_cells(row: Row) -> tuple[str, ...]:
    return (format.printable(row["to"]), *_attribute_cells(row))


def _attribute_cells(row: Row) -> tuple[str, ...]:
    communities = row["communities"] + row["large_communities"] + row["extended_communities"]
    return (
        row["prefix"],
        format.printable(row["next_hop"]),
        format.printable(row["peer"] or ("aggregate" if row.get("aggregate") else row["source"])),
        format.printable(row["local_pref"]),
        format.printable(row["med"]),
        format.printable(row["as_path_text"]),
        row["origin"],
        format.printable(with_names(communities)),
    )


# -- the kernel --------------------------------------------------------------------------------------------------------


@show.command(short_help="What is in the kernel because of us.")
@click.argument("prefix", required=False)
@click.option("--family", metavar="FAMILY", help="Only ipv4-unicast or ipv6-unicast.")
@click.option("--covered", "match", flag_value="covered", help="PREFIX and everything inside it.")
@socket_option
@json_option
def fib(prefix: str | None, family: str | None, match: str | None, socket: str | None, as_json: bool) -> int:
    """Show what is, or should be, in the kernel because of us."""
    with connect(socket) as client:
        rows = client.stream("fib", prefix=prefix, family=family, match=match)
        first = next(rows, None)
        if first is None:
            return _nothing("kernel route of ours", prefix, None)
        found = chain([first], rows)
        if as_json:
            _echo(map(format.json_line, found))
        else:
            _echo(format.table(_FIB_HEADS, map(_fib_cells, found), right=frozenset({"metric"})))
    return 0


def _fib_cells(row: Row) -> tuple[str, ...]:
    return (
        row["prefix"],
        row["type"],
        format.printable([_next_hop(hop) for hop in row["next_hops"]]),
        format.printable(row["metric"]),
        row["state"],
        format.printable(row["error"]),
    )


def _next_hop(hop: Row) -> str:
    words = []
    if hop["gateway"]:
        words += ["via", hop["gateway"]]
    if hop["device"]:
        words += ["dev", hop["device"]]
    if hop["onlink"]:
        words.append("onlink")
    if hop["weight"] != 1:
        words += ["weight", str(hop["weight"])]
    return " ".join(words)


def _echo(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


def _nothing(what: str, prefix: str | None, peer: str | None) -> int:
    """Nothing found is a "no" only to who asked for a prefix."""
    about = (f" to {prefix}" if prefix else "") + (f" with {peer}" if peer else "")
    click.echo(f"no {what}{about}", err=True)
    return 1 if prefix else 0
