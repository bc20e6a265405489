"""``Explanation``: why a prefix goes where it goes, and who is told of it; as values, as JSON, as text for a terminal.

What is in it is found by ``rib.explain`` and ``speaker.explaining``, which ask the code that decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..constants import with_names

_USABLE: Final = "DEC-02"
NAMED: Final = 8
"""Peers that one line of the text names; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Why a candidate comes before the next one: the step, its RFC ("" if none has it), both values."""

    step: str
    words: str
    rfc: str
    winner: str | int
    loser: str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One look-up on the way to a next hop: the prefix that held it, and where that leads."""

    prefix: str
    leads_to: str
    """"via 192.0.2.1 dev eth0", or what it does with packets: "blackhole"."""
    source: str
    """"static" (our own ``[[routes]]``), else who put the route into the kernel."""
    metric: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHopWay:
    """What a next hop resolves to: nothing (``reachable`` False), or the look-ups and their cost (DEC-08)."""

    reachable: bool
    cost: int
    hops: tuple[Hop, ...] = ()
    """None where no kernel is asked: every next hop counts as on the link."""
    next_hops: tuple[WeightedWay, ...] = ()
    """Of a route of our own with several ones, which has no ``hops`` then: it leads where any of them leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedWay:
    """One of several next hops, its part of the traffic (1..256), and what it resolves to."""

    next_hop: str
    weight: int
    way: NextHopWay


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One path to the prefix; attributes as accepted, or as received where nothing was accepted."""

    peer: str | None
    """None for a route that is not a peer's."""
    source: str
    """"bgp", "local", "kernel"."""
    kind: str
    """"external", "internal", "confederation"; of a peer only."""
    path_id: int
    best: bool
    multipath: bool
    """Goes to the kernel together with the best one."""
    reason: str
    """Why it can't be used, "" if it can."""
    next_hop: str
    """"" for ourselves, or several ones, which are in ``way``."""
    way: NextHopWay
    local_pref: int | None
    as_path: str
    origin: str
    med: int | None
    communities: tuple[str, ...]
    rpki: str | None
    """"valid", "invalid" or "not_found" (RFC 6811 §2), None if nothing validates."""
    damped_until: float | None
    """When a damped route is used again if it stays as it is, of the core's clock (RFC 2439)."""
    before_next: Comparison | None
    """What decided against the candidate below it."""
    aggregate: bool = False
    """Made of more specific routes here; its ``source`` is "local"."""
    notes: tuple[str, ...] = ()
    """What else is to be known of it: what an aggregate is made of, what our own draining has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """What the kernel is to do with the prefix, and whether it does."""

    state: str
    """"installed", "pending", "failed", "foreign", "adopted"; "none": nothing is wanted of it; "off": no FIB;
    "unknown": wanted, but who answers doesn't see the kernel."""
    ways: tuple[str, ...] = ()
    reason: str = ""
    """Why nothing is wanted; the kernel's words if it refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One path on its way to a peer: told, or stopped for a reason."""

    source: str
    """The peer it is from, or "local", "aggregate", "kernel"."""
    path_id: int
    """The identifier that we send, 0 without ADD-PATH."""
    reason: str
    """What stopped it, "" if it is told."""
    next_hop: str = ""
    """As told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertisement:
    """What a peer is told of the prefix."""

    peer: str
    advertised: bool
    reason: str
    """Why it is told nothing, "" if it is."""
    behind: bool
    """The peer is slow, or has just joined: it may not have got this yet."""
    paths: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything about one prefix; ``str()`` is what ``pybgp explain`` prints."""

    asked: str
    """What was asked for, as a prefix."""
    prefix: str
    """What is explained: ``asked``, or the most specific prefix of the table that holds it."""
    family: str
    candidates: tuple[Candidate, ...]
    """In the order of preference."""
    kernel: Kernel
    peers: tuple[Advertisement, ...]

    @property
    def best(self) -> Candidate | None:
        return next((each for each in self.candidates if each.best), None)

    def to_json(self) -> dict[str, Any]:
        """The fields by their names; tuples become lists when written."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(text(self.to_json()))


# -- text --------------------------------------------------------------------------------------------------------------

_Row = Mapping[str, Any]


def text(row: _Row) -> Iterator[str]:
    """The lines of an explanation, from its JSON form."""
    candidates = row["candidates"]
    if row["asked"] != row["prefix"]:
        yield f"{row['asked']} is not in the table; {row['prefix']} is the most specific prefix that holds it"
    if not candidates:
        if row["peers"]:
            yield f"{row['prefix']}: there is no such route; we originate it for peers with default_originate"
        else:
            yield f"{row['prefix']}: nobody has told us of it, nor of a prefix that holds it"
        yield from (f"  {line}" for line in _peers(row["peers"]))  # who is told a default route all the same
        return
    yield _headline(row, candidates)
    for number, each in enumerate(candidates, 1):
        yield ""
        yield from _candidate(number, each, has_next_hop="flowspec" not in row["family"])
    yield ""
    yield _kernel(row["kernel"])
    if row["peers"]:
        yield "peers:"
        yield from (f"  {line}" for line in _peers(row["peers"]))


def _headline(row: _Row, candidates: Sequence[_Row]) -> str:
    usable = sum(not each["reason"] for each in candidates)
    many = f"{len(candidates)} candidate{'s' if len(candidates) > 1 else ''}"
    if not candidates[0]["best"]:
        return f"{row['prefix']}: {many}, none can be used"
    unusable = f", {len(candidates) - usable} can't be used" if usable < len(candidates) else ""
    together = sum(each["multipath"] for each in candidates)
    shared = f", {together} share the traffic" if together > 1 else ""
    return f"{row['prefix']}: best is from {_from(candidates[0])} ({many}{unusable}{shared})"


def _from(each: _Row) -> str:
    return (
        f"{each['peer']} ({each['kind']})"
        if each["peer"]
        else "aggregate"
        if each["aggregate"]
        else str(each["source"])
    )


def _candidate(number: int, each: _Row, *, has_next_hop: bool) -> Iterator[str]:
    mark = "*" if each["best"] else "=" if each["multipath"] else "x" if each["reason"] else " "
    identifier = f", path id {each['path_id']}" if each["path_id"] else ""
    next_hop = f", {_next_hop(each)}" if has_next_hop else ""
    yield f"{mark} {number}. from {_from(each)}{identifier}{next_hop}"
    facts = [("LOCAL_PREF", each["local_pref"]), ("AS path", each["as_path"] or "empty"), ("origin", each["origin"])]
    communities = " ".join(with_names(each["communities"])) or None
    facts += [("MED", each["med"]), ("communities", communities), ("RPKI", each["rpki"])]
    yield "     " + ", ".join(f"{name} {value}" for name, value in facts if value is not None)
    yield from (f"     {note}" for note in each["notes"])
    if each["reason"]:
        until = f"; until {each['damped_until']}, if it stays as it is" if each["damped_until"] else ""
        yield f"     can't be used: {each['reason']}{until}"
    yield from (f"     {line}" for line in _way("next hop", each["way"]))
    found = each["before_next"]
    if found is not None:
        source = f" ({found['rfc']})" if found["rfc"] else ""
        values = "" if found["step"] == _USABLE else f", {found['winner']} against {found['loser']}"
        yield f"     before {number + 1}: {found['words']}{values}{source}"


def _next_hop(each: _Row) -> str:
    several = each["way"]["next_hops"]
    if several:
        return "next hops " + ", ".join(f"{one['next_hop']} weight {one['weight']}" for one in several)
    return f"next hop {each['next_hop'] or 'ourselves'}"


def _way(what: str, way: _Row) -> Iterator[str]:
    """Look-up by look-up."""
    for one in way["next_hops"]:
        yield from _way(f"next hop {one['next_hop']}", one["way"])
    for hop in way["hops"]:
        yield f"{what}: {hop['prefix']} {hop['leads_to']} ({hop['source']}, metric {hop['metric']})"
    if not way["reachable"] and not way["next_hops"]:
        yield f"{what}: no route leads to it"


def _kernel(row: _Row) -> str:
    words = {"off": "not written to (no [fib])", "none": "nothing of ours", "unknown": "wanted"}
    parts = [words.get(row["state"], row["state"]), "; ".join(row["ways"])]
    line = "kernel: " + ", ".join(part for part in parts if part)
    return f"{line}: {row['reason']}" if row["reason"] else line


def _peers(rows: Sequence[_Row]) -> Iterator[str]:
    """Peers that fare alike share a line."""
    alike: dict[str, list[str]] = {}
    for row in rows:
        alike.setdefault(_fate(row), []).append(row["peer"])
    for fate, names in alike.items():
        more = f" and {len(names) - NAMED} more (--json names them)" if len(names) > NAMED else ""
        yield f"{', '.join(names[:NAMED])}{more}: {fate}"


def _fate(row: _Row) -> str:
    late = " (but it is behind)" if row["behind"] else ""
    if not row["advertised"]:
        return f"not told{late}: {row['reason']}"
    told = [path for path in row["paths"] if not path["reason"]]
    if len(told) == 1 and not told[0]["path_id"] and told[0]["source"] == "default_originate":
        return f"told{late} the default route that we originate, next hop {told[0]['next_hop']}"
    if len(told) == 1 and not told[0]["path_id"]:
        other = f" the path of {told[0]['source']}" if len(row["paths"]) > 1 else ""
        instead = f"; not the best one: {row['paths'][1]['reason']}" if len(row["paths"]) > 1 else ""
        next_hop = f", next hop {told[0]['next_hop']}" if told[0]["next_hop"] else ""
        return f"told{late}{other}{next_hop}{instead}"
    ways = [f"the path of {path['source']} as path id {path['path_id']}" for path in told]
    stopped = [f"not that of {path['source']}: {path['reason']}" for path in row["paths"] if path["reason"]]
    return f"told{late} {', '.join(ways)}" + "".join(f"; {each}" for each in stopped)
