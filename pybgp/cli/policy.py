"""``pybgp policy``: try a policy before it decides on anything."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..constants import with_names
from . import format
from .options import connect, json_option, socket_option

if TYPE_CHECKING:
    from ..config.model import PeerConfig, SpeakerConfig
    from ..policy.trace import Note, Trace, Tracer
    from ..routes import Route

SHOWN: Final = ("next_hop", "as_path_text", "local_pref", "med", "origin", "communities", "large_communities",
                "extended_communities")  # fmt: skip
"""Fields of a route's attributes that are compared for people."""
_NAMES: Final = {"as_path_text": "as_path"}


@click.group()
def policy() -> None:
    """Try policies."""


@policy.command()
@click.argument("policies", nargs=-1, metavar="[POLICY]...")
@click.option("-c", "--config", "path", type=click.Path(path_type=Path), required=True, help="The configuration file.")
@click.option(
    "--peer", "name", metavar="NAME", help="Routes come from this peer (--export: go to it), by its policies or POLICY."
)
@click.option("--import/--export", "incoming", default=True, help="Which of the peer's policies; default: import.")
@click.option("--route", "given", multiple=True, metavar="ROUTE", help="A route, as below; may be repeated.")
@click.option("--mrt", type=click.File("rb"), help="Routes of a table dump.")
@click.option("--exists", "existing", multiple=True, metavar="SET", help="A prefix set that exists / not_exists sees.")
@click.option("--summary", is_flag=True, help="Only how many routes met which term.")
@json_option
def test(
    policies: tuple[str, ...],
    path: Path,
    name: str | None,
    incoming: bool,
    given: tuple[str, ...],
    mrt: Any,
    existing: tuple[str, ...],
    summary: bool,
    as_json: bool,
) -> int:
    """Say what policies make of routes, and which term did what.

    POLICY is what a list of policies has: names, accept, reject, module:function. A ROUTE is a prefix and attributes,
    "10.1.0.0/24 as_path='65001 65002' communities=64512:7,no-export local_pref=200 med=5 origin=igp
    next_hop=192.0.2.1 source=bgp from=PEER rpki=valid". Without --route and --mrt, routes come from standard input:
    JSON, an object with these keys a line, or what "pybgp show routes --json" prints.
    """
    from ..policy.built_in_sets import named
    from .policy_routes import States, from_lines, from_mrt, from_text

    speaker, functions = _configuration(path, policies)
    peer = None if name is None else _peer(speaker, name)
    for each in existing:
        if each not in named(speaker.sets, "prefix_sets"):
            raise click.BadParameter(f"{each}: no prefix set has this name", param_hint="--exists")
    source = peer if incoming else None
    to = None if peer is None or incoming else peer.name or peer.address
    states = States(speaker)
    tracer = _tracer(speaker, functions, _refs(policies, peer, incoming), states, frozenset(existing))
    if given:
        routes: Iterator[Route] = (from_text(text, speaker, source, states) for text in given)
    elif mrt is not None:
        routes = from_mrt(mrt, speaker, source, states)
    else:
        routes = from_lines(sys.stdin, speaker, source, states)
    counts: Counter[tuple[str, str]] = Counter()
    for route in routes:
        trace = tracer.trace(route)
        _count(counts, trace)
        if not summary:
            shown = _as_json(route, trace, to) if as_json else _as_text(route, trace, to)
            click.echo(shown)
    _print_summary(tracer, counts, as_json)
    return 0


@policy.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--limit", type=click.IntRange(0), default=10, help="Examples of each kind of change; default: 10.")
@socket_option
@json_option
def diff(path: Path, limit: int, socket: str | None, as_json: bool) -> int:
    """Say which routes the policies of FILE would change, before they do.

    The running speaker compares: what each peer's routes would become on import, and what each peer would be told
    otherwise. Nothing changes. FILE is read by the speaker; with an error in it the exit code is 2.
    """
    summary: list[dict[str, Any]] = []
    with connect(socket) as client:
        for item in client.stream("policy_diff", path=str(path.absolute()), limit=str(limit)):
            if as_json:
                click.echo(format.json_line(item))
            elif "prefix" in item:
                click.echo(_difference(item))
            else:
                summary.append(item)
    if not as_json:
        _print_differences(summary)
    return 0


def _difference(item: dict[str, Any]) -> str:
    where = "from" if item["direction"] == "import" else "to"
    peers = ",".join(item["peers"][:3]) + (f" and {len(item['peers']) - 3} more" if len(item["peers"]) > 3 else "")
    text = f"{item['direction']} {item['prefix']} {where} {peers}: {item['change']}"
    before, after = item["before"], item["after"]
    if before is not None and after is not None:
        text += _text_of(_compared(_named(before), _named(after)))
    else:
        if item["direction"] == "export":
            text += _which_path(after or before)
        if item["reason"]:
            text += f" ({'was: ' if after is not None else ''}{item['reason']})"
    return format.printable(text)


def _which_path(fields: dict[str, Any]) -> str:
    """With ADD-PATH a peer may lose one path of a prefix and keep, or get, another."""
    as_path = f", AS path {fields['as_path_text']}" if fields["as_path_text"] else ""
    return f", next hop {fields['next_hop']}{as_path}"


def _print_differences(rows: list[dict[str, Any]]) -> None:
    if not rows:
        click.echo("no route would change")
        return
    words = ("accepted", "rejected", "announced", "withdrawn", "changed")
    cells = ([row["peer"], row["direction"], *(str(row.get(word, "-")) for word in words)] for row in rows)
    for line in format.table(("peer", "direction", *words), cells, right=frozenset(words)):
        click.echo(line)


# -- what is tried -----------------------------------------------------------------------------------------------------


def _configuration(path: Path, policies: tuple[str, ...]) -> tuple[SpeakerConfig, Any]:
    """The file's speaker, and the functions that it and the command line name.

    Raises:
        ConfigError: the file has errors, or a function can't be imported.
    """
    from ..config.file import load
    from ..daemon.functions import FunctionLoader, references
    from ..errors import ConfigError

    node = load(path).config
    in_file: list[str] = []
    problems: list[str] = []
    loader = FunctionLoader(path.absolute().parent)
    functions = dict(loader.load(node, in_file))
    known = {reference for _, reference in references(node)}
    functions |= loader.load_named(
        (("POLICY", name) for name in policies if ":" in name and name not in known), problems
    )
    if in_file or problems:
        raise ConfigError(*(f"{path}: {problem}" for problem in in_file), *problems)
    return node.speaker, functions


def _peer(speaker: SpeakerConfig, name: str) -> PeerConfig:
    from .policy_routes import named

    peer = named(speaker, name)
    if peer is not None:
        return peer
    raise click.BadParameter(f"{name}: no peer has this name or address", param_hint="--peer")


def _refs(policies: tuple[str, ...], peer: PeerConfig | None, incoming: bool) -> tuple[Any, ...]:
    if policies:
        return policies
    if peer is None:
        raise click.UsageError("expected a POLICY, or --peer")
    refs = peer.import_policy if incoming else peer.export_policy
    if refs is None:
        raise click.UsageError(f"peer {peer.name or peer.address} has no {'import' if incoming else 'export'}_policy")
    return tuple(refs)


def _tracer(
    speaker: SpeakerConfig, functions: Any, refs: tuple[Any, ...], states: Any, existing: frozenset[str]
) -> Tracer:
    from ..config import resolved
    from ..policy.compile import compile_chain
    from ..policy.generation import Generation
    from ..policy.trace import Tracer

    compiled = compile_chain(
        refs,
        policies=speaker.policies,
        sets=speaker.sets,
        functions=functions,
        own_as=resolved.seen_as(speaker),
        allow_hints=True,
        generation=Generation(states, existing),
    )
    return Tracer(compiled)


# -- what is told ------------------------------------------------------------------------------------------------------


def _fields(block: Any) -> dict[str, Any]:
    from ..control.attributes import attribute_fields

    return _named(attribute_fields(block))


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(name, name): fields[name] for name in SHOWN}


def _changes(before: Any, after: Any) -> dict[str, Any]:
    """Fields that differ, as {"before", "after"}."""
    if before is None or after is None or before is after:
        return {}
    return _compared(_fields(before), _fields(after))


def _compared(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {name: {"before": old[name], "after": new[name]} for name in old if old[name] != new[name]}


def _text_of(changes: dict[str, Any]) -> str:
    return "".join(
        f"; {name} {_value(name, each['before'])} → {_value(name, each['after'])}" for name, each in changes.items()
    )


def _value(name: str, value: Any) -> str:
    return format.printable(with_names(value) if name == "communities" else value)


def _as_text(route: Route, trace: Trace, to: str | None) -> str:
    from ..routes import Reject

    verdict = trace.verdict
    if isinstance(verdict, Reject):
        end = f"rejected: {verdict.reason}"
    else:
        end = f"accepted{_text_of(_changes(route.block, verdict.block))}"
    where = f"from {route.peer}{f' to {to}' if to is not None else ''}"
    lines = [f"{route.prefix_text} {format.printable(where)}: {end}"]
    for note in trace.notes:
        why = f": {note.missing}" if note.missing else _text_of(_changes(note.before, note.after))
        lines.append(f"  {note.term}: {note.outcome}{why}")
    return "\n".join(format.printable(line) if not line.isprintable() else line for line in lines)


def _as_json(route: Route, trace: Trace, to: str | None) -> str:
    from ..routes import Reject

    verdict = trace.verdict
    rejected = isinstance(verdict, Reject)
    return format.json_line(
        {
            "prefix": route.prefix_text,
            "peer": route.peer,
            "to": to,
            "verdict": "rejected" if rejected else "accepted",
            "reason": verdict.reason if isinstance(verdict, Reject) else None,
            "before": _fields(route.block),
            "after": None if isinstance(verdict, Reject) else _fields(verdict.block),
            "terms": [_note(note) for note in trace.notes],
        }
    )


def _note(note: Note) -> dict[str, Any]:
    return {
        "term": note.term,
        "outcome": note.outcome.replace(" ", "_"),
        "missing": note.missing or None,
        "changes": _changes(note.before, note.after),
    }


# -- how many ----------------------------------------------------------------------------------------------------------


def _count(counts: Counter[tuple[str, str]], trace: Trace) -> None:
    from ..routes import Reject

    for note in trace.notes:
        if note.outcome != "no match":
            counts[note.term, note.outcome] += 1
    counts["", "reject" if isinstance(trace.verdict, Reject) else "accept"] += 1


def _print_summary(tracer: Tracer, counts: Counter[tuple[str, str]], as_json: bool) -> None:
    outcomes = ("accept", "reject", "next")
    if as_json:
        terms = [{"term": name, **{word: counts[name, word] for word in outcomes}} for name in tracer.term_names]
        total = {"accepted": counts["", "accept"], "rejected": counts["", "reject"], "terms": terms}
        click.echo(format.json_line({"summary": total}))
        return
    rows = [[name, *(str(counts[name, word]) for word in outcomes)] for name in tracer.term_names]
    rows.append(["all", *(str(counts["", word]) for word in outcomes[:2]), ""])
    for line in format.table(("term", *outcomes), rows, right=frozenset(outcomes)):
        click.echo(line)
