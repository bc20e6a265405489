"""One implementation of each question; every front (socket, web, ``--json``) gives these answers.

An answer is JSON-ready: text, numbers, booleans, None, lists and dicts of these. The field names are documented in
``docs/reference/control-socket.md`` and stable. Times are ISO 8601 in UTC; a number's unit is in its name.

Long answers are iterators. They yield None where a while may pass without an item, so that whoever drives one can give
the event loop its turn. An answer that is one object, but takes a while, is made in ``Steps``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Literal, Protocol, get_args

from ..addresses import Family, address_text, key_text, parse_as, prefix_key
from ..config.model import UNICAST, RouteConfig, SpeakerConfig
from ..errors import ApiError
from ..messages.families.registry import codec, parse_route, route_text
from ..net.stalls import LoopStalls
from ..rib.aggregates import AggregateState
from ..rib.covering import covering_keys
from ..rib.explanation import Explanation
from ..rib.local import AGGREGATE
from ..routes import SourceKind
from ..rpki.table import VrpTable
from ..rpki.vrp import Vrp
from ..speaker.fib import Fib, InstalledRoute
from ..speaker.policy_views import PolicyView
from ..speaker.rpki import CacheStatus
from ..speaker.status import FamilyCounters, PeerStatus, RouteDirection, RouteView
from ..version import __version__
from .attributes import AttributeFields
from .filters import Test, route_filter

Match = Literal["exact", "longest", "covered"]
JsonObject = dict[str, Any]
Steps = Generator[None, None, JsonObject]
"""Each a fraction of a millisecond; it returns the answer."""

HEARTBEAT: Final = 64
"""Prefixes looked at before an iterator yields None."""


class UnknownPeer(ApiError):
    """No peer has this name or address."""


class BadArgument(ApiError):
    """A question that can't be understood."""


class Prefixes(Protocol):
    """What the questions need of ``rib.table.Table``."""

    def prefixes(self) -> Iterable[bytes]:
        """A copy: it may be walked while the table changes."""


class Rpki(Protocol):
    """What the questions need of ``speaker.rpki.Rpki``."""

    @property
    def table(self) -> VrpTable: ...

    def status(self) -> list[CacheStatus]: ...


class Aggregates(Protocol):
    """What the questions need of ``rib.aggregates.Aggregates``."""

    def states(self) -> Iterator[AggregateState]: ...


class Core(Protocol):
    """What the questions need of ``SpeakerCore``."""

    config: SpeakerConfig

    @property
    def aggregates(self) -> Aggregates: ...

    @property
    def rpki(self) -> Rpki: ...

    @property
    def tables(self) -> Mapping[Family, Prefixes]: ...

    draining_since: float | None

    @property
    def judging(self) -> bool: ...

    @property
    def flush_wanted(self) -> bool: ...

    def peer_status(self, now: float) -> Iterator[PeerStatus]: ...

    def policy_views(self) -> Iterator[PolicyView]: ...

    def route_views(
        self,
        family: Family | None = None,
        *,
        key: bytes | None = None,
        peer: str | None = None,
        direction: RouteDirection = "best",
    ) -> Iterator[RouteView]: ...


class Speaker(Protocol):
    """What the questions need of ``pybgp.net.speaker.Speaker``."""

    @property
    def core(self) -> Core: ...

    @property
    def fib(self) -> Fib | None: ...

    @property
    def loop_stalls(self) -> LoopStalls: ...

    def now(self) -> float: ...

    def reset(self, name: str, *, message: str = "") -> None: ...

    def refresh(self, name: str) -> bool: ...

    def tell_again(self, name: str) -> None: ...

    def disable(self, name: str, *, message: str = "") -> None: ...

    def enable(self, name: str) -> None: ...

    def explain(self, prefix: str, peer: str | None = None) -> Explanation: ...

    def announce_route(self, route: RouteConfig) -> None: ...

    def withdraw(self, prefix: str) -> None: ...

    def drain(self) -> None: ...

    def undo_drain(self) -> None: ...

    def unacknowledged(self) -> Mapping[str, int]: ...

    def wall(self, t: float) -> datetime: ...


def version() -> JsonObject:
    """Who answers."""
    return {"name": "pybgp", "version": __version__}


def status(speaker: Speaker, facts: Mapping[str, Any]) -> Steps:
    """The speaker and all its peers. ``facts`` are the daemon's own: process id, start, configuration file, ..."""
    config = speaker.core.config
    rows = []
    for row in speaker.core.peer_status(speaker.now()):
        rows.append(_peer(speaker, row))
        yield
    return {
        **version(),
        "time": _time(speaker, speaker.now()),
        "local_as": config.local_as,
        "router_id": config.router_id,
        "cluster_id": config.cluster_id or config.router_id,
        "listen": list(config.listen),
        **facts,
        "draining": _time(speaker, speaker.core.draining_since),
        "told": all_told(speaker, {row["name"]: row["behind"] for row in rows if row["state"] == "established"}),
        "peers_configured": len(rows),
        "peers_established": sum(row["state"] == "established" for row in rows),
        "families": _sums(rows),
        "loop_stalls": asdict(speaker.loop_stalls),
        "fib": fib_counters(speaker.fib) if speaker.fib is not None else None,
        "peers": rows,
    }


def all_told(speaker: Speaker, behind: Mapping[str, int]) -> bool:
    """Has every Established peer's TCP acknowledged all that we have to say? ``behind``: prefixes, by name."""
    core = speaker.core
    if core.judging or core.flush_wanted:
        return False
    unacknowledged = speaker.unacknowledged()
    return not any(prefixes or unacknowledged.get(name) for name, prefixes in behind.items())


def _sums(rows: list[JsonObject]) -> JsonObject:
    sums: JsonObject = {}
    for row in rows:
        for family, counters in row["families"].items():
            total = sums.setdefault(family, dict.fromkeys(("received", "accepted", "advertised", "stale"), 0))
            for name in total:
                total[name] += counters[name]
    return sums


# -- policies ----------------------------------------------------------------------------------------------------------


def policies(speaker: Speaker) -> list[JsonObject]:
    """The chains of policies in use, and the errors of Python policies."""
    return [
        {
            "policy": view.name,
            "import_of": list(view.import_of),
            "export_of": list(view.export_of),
            "fib": view.fib,
            "runs": view.runs,
            "errors": view.errors,
            "last_error": view.last_error or None,
        }
        for view in speaker.core.policy_views()
    ]


# -- aggregates --------------------------------------------------------------------------------------------------------


def aggregates(speaker: Speaker) -> list[JsonObject]:
    """The configured aggregates: which are announced, how many best routes contribute, how many no peer is told."""
    return [
        {
            "prefix": key_text(state.family, state.key),
            "family": str(state.family),
            "active": state.active,
            "contributors": state.contributors,
            "suppressed": state.contributors if state.rules.suppress else 0,
            "suppress": state.rules.suppress,
            "as_set": state.rules.as_set,
            "blackhole": state.rules.blackhole,
        }
        for state in speaker.core.aggregates.states()
    ]


# -- peers -------------------------------------------------------------------------------------------------------------


def peers(speaker: Speaker, name: str | None = None) -> Iterator[JsonObject]:
    """All peers, or the one with this name or address.

    Raises:
        UnknownPeer: there is none; at once, not at the first item.
    """
    rows = speaker.core.peer_status(speaker.now())
    if name is not None:
        known = list(rows)
        named = [row for row in known if row.name == name] or [row for row in known if row.address == name]
        if not named:
            raise UnknownPeer(f"no peer is called {name}")
        rows = iter(named)
    return (_peer(speaker, row) for row in rows)


def _peer(speaker: Speaker, row: PeerStatus) -> JsonObject:
    return {
        "name": row.name,
        "address": row.address,
        "description": row.description,
        "group": row.group or None,
        "remote_as": row.remote_as,
        "local_as": row.local_as,
        "type": "internal" if row.internal else "confederation" if row.confederation else "external",
        "client": row.client,
        "role": row.role,
        "dynamic": row.dynamic,
        "enabled": row.enabled,
        "switched": row.switched,
        "state": row.state,
        "since": _time(speaker, row.since),
        "uptime_s": _seconds(row.uptime),
        "router_id": row.router_id,
        "hold_time_s": _seconds(row.hold_time),
        "keepalive_time_s": _seconds(row.keepalive_time),
        "last_error": row.last_error,
        "last_error_at": _time(speaker, row.last_error_at),
        "last_notification": row.last_notification,
        "next_retry": _time(speaker, row.next_retry),
        "messages_in": row.messages_in,
        "messages_out": row.messages_out,
        "update_errors": row.update_errors,
        "update_errors_by_kind": {name: dict(counts) for name, counts in row.update_errors_by_kind.items()},
        "capabilities": list(row.capabilities),
        "families": {
            str(family): _family(counters, row.add_path.get(family, "off")) for family, counters in row.families.items()
        },
        "graceful_restart": row.graceful_restart,
        "behind": row.behind,
    }


def _family(counters: FamilyCounters, add_path: str) -> JsonObject:
    return {
        "received": counters.received,
        "accepted": counters.accepted,
        "advertised": counters.advertised,
        "stale": counters.stale,
        "add_path": add_path,
    }


# -- routes ------------------------------------------------------------------------------------------------------------


def routes(
    speaker: Speaker,
    *,
    prefix: str | None = None,
    match: Match | None = None,
    family: str | None = None,
    peer: str | None = None,
    direction: RouteDirection = "best",
    count: str | None = None,
    **conditions: str,
) -> Iterator[JsonObject | None]:
    """Routes as received, best, or as advertised to peers.

    ``match`` says which belong to ``prefix``: "exact", "longest" (the most specific one that holds it; what a bare
    address means) or "covered" (it and all inside). ``peer`` is the name or address of the one they come from; for
    advertised routes, of the one that is told. ``conditions`` are those of ``filters.route_filter``. With ``count``
    ("true") the only item is how many there are.

    Raises:
        UnknownPeer, BadArgument: at once, not at the first item.
    """
    if direction not in get_args(RouteDirection):
        raise BadArgument(f"direction {direction!r}: expected one of {', '.join(get_args(RouteDirection))}")
    name = next(peers(speaker, peer))["name"] if peer is not None else None
    views = _views(speaker.core, prefix, match, _parse_family(family), name, direction)
    try:
        wanted = route_filter(**conditions)
    except ValueError as error:
        raise BadArgument(str(error)) from None
    if wanted is not None:
        views = _filtered(views, wanted)
    if count is not None:
        if count != "true":
            raise BadArgument(f"count {count!r}: expected 'true'")
        return _counted(views)
    fields = AttributeFields()
    return (None if view is None else _route(speaker, view, fields) for view in views)


def _filtered(views: Iterator[RouteView | None], wanted: Test) -> Iterator[RouteView | None]:
    for number, view in enumerate(views):
        if view is None or wanted(view):
            yield view
        elif number % HEARTBEAT == 0:
            yield None


def _counted(views: Iterator[RouteView | None]) -> Iterator[JsonObject | None]:
    """One object; a prefix with several routes counts once as a prefix."""
    families: dict[Family, list[int]] = {}
    last: tuple[Family, bytes] | None = None
    for number, view in enumerate(views):
        if view is not None:
            sums = families.setdefault(view.family, [0, 0])
            sums[0] += 1
            if last != (view.family, view.key):
                last = view.family, view.key
                sums[1] += 1
        if view is None or number % HEARTBEAT == 0:
            yield None
    yield {
        "routes": sum(routes for routes, _ in families.values()),
        "prefixes": sum(prefixes for _, prefixes in families.values()),
        "families": {
            str(family): {"routes": routes, "prefixes": prefixes} for family, (routes, prefixes) in families.items()
        },
    }


def _views(
    core: Core,
    prefix: str | None,
    match: Match | None,
    family: Family | None,
    peer: str | None,
    direction: RouteDirection,
) -> Iterator[RouteView | None]:
    if prefix is None:
        if match not in (None, "covered"):
            raise BadArgument(f"match {match!r} needs a prefix")
        families = [family] if family is not None else list(core.tables)
        return (view for each in families for view in _walk(core, each, peer, direction))
    of_prefix, key = _parse_route(core, prefix, family)
    if family not in (None, of_prefix):
        raise BadArgument(f"{prefix} is not of family {family}")
    if of_prefix not in UNICAST and match not in (None, "exact"):
        raise BadArgument(f"match {match!r}: expected exact, the only one for {of_prefix}")
    match = match or ("exact" if "/" in prefix or of_prefix not in UNICAST else "longest")
    if match == "exact":
        return iter(core.route_views(of_prefix, key=key, peer=peer, direction=direction))
    if match == "longest":
        return _longest(core, of_prefix, key, peer, direction)
    if match == "covered":
        return _walk(core, of_prefix, peer, direction, inside=_Inside(key))
    raise BadArgument(f"match {match!r}: expected one of {', '.join(get_args(Match))}")


def _walk(
    core: Core,
    family: Family,
    peer: str | None,
    direction: RouteDirection,
    inside: Callable[[bytes], bool] | None = None,
) -> Iterator[RouteView | None]:
    """Prefix by prefix, so that the many that are looked at in vain don't keep the loop."""
    if family not in core.tables:
        return
    for count, key in enumerate(core.tables[family].prefixes()):
        if inside is None or inside(key):
            yield from core.route_views(family, key=key, peer=peer, direction=direction)
        if count % HEARTBEAT == HEARTBEAT - 1:
            yield None


def _longest(
    core: Core, family: Family, key: bytes, peer: str | None, direction: RouteDirection
) -> Iterator[RouteView | None]:
    """At most 33 or 129 exact questions: no index is kept for them."""
    for shorter in covering_keys(key):
        found = False
        for view in core.route_views(family, key=shorter, peer=peer, direction=direction):
            found = True
            yield view
        if found:
            return


class _Inside:
    """Whether a key is in a prefix, or is it."""

    __slots__ = ("_last", "_length", "_shift", "_whole")

    def __init__(self, key: bytes) -> None:
        length = self._length = key[0]
        self._whole = key[1 : 1 + length // 8]  # the octets that must be the same
        self._shift = 8 - length % 8
        self._last = key[-1] >> self._shift if length % 8 else None  # and the bits behind them

    def __call__(self, key: bytes) -> bool:
        whole = self._whole
        return (
            key[0] >= self._length
            and key.startswith(whole, 1)
            and (self._last is None or key[1 + len(whole)] >> self._shift == self._last)
        )


def _parse_prefix(text: str) -> tuple[Family, bytes]:
    try:
        return prefix_key(text)
    except ValueError as error:
        raise BadArgument(str(error)) from None


def _parse_route(core: Core, text: str, family: Family | None = None) -> tuple[Family, bytes]:
    """A route of ``family``, or of any family that the speaker has a table for."""
    try:
        if family is None or family in UNICAST:
            return parse_route(text, core.tables)
        found = codec(family)
        return family, found.identity(found.parse(text)) if found is not None else b""
    except ValueError as error:
        raise BadArgument(str(error)) from None


def _parse_family(text: str | None) -> Family | None:
    try:
        return None if text is None else Family.parse(text)
    except ValueError as error:
        raise BadArgument(str(error)) from None


def _route(speaker: Speaker, view: RouteView, fields: AttributeFields) -> JsonObject:
    return {
        "prefix": route_text(view.family, view.key, view.labels),
        "family": str(view.family),
        **_nlri(view),
        "peer": view.source.name if view.source.kind is SourceKind.BGP else None,
        "source": view.source.kind.value,
        "aggregate": view.source is AGGREGATE,
        "best": view.best,
        **fields.of(view.block),
        "path_id": view.path_id,
        "stale": view.stale,
        "damped_until": _time(speaker, view.damped_until),
        "rpki": view.rpki,
        "reason": view.reason,
        "to": view.to,
    }


def _nlri(view: RouteView) -> JsonObject:
    """The fields of what is no plain prefix."""
    found = codec(view.family)
    if found is None or found.plain:
        return {}
    return {"nlri": found.value(found.with_labels(view.key, view.labels)).to_json()}


def explain(speaker: Speaker, *, prefix: str | None = None, peer: str | None = None) -> JsonObject:
    """Why a prefix goes where it goes, and who is told of it (``peer``: name or address of the only one to say of).

    Raises:
        UnknownPeer, BadArgument
    """
    if prefix is None:
        raise BadArgument("explain needs a prefix")
    _parse_route(speaker.core, prefix)
    name = next(peers(speaker, peer))["name"] if peer is not None else None
    found = speaker.explain(prefix, name).to_json()
    for each in found["candidates"]:
        each["damped_until"] = _time(speaker, each["damped_until"])
    return found


# -- origin validation -------------------------------------------------------------------------------------------------


def rpki(speaker: Speaker, *, prefix: str | None = None, origin_as: str | None = None) -> JsonObject:
    """The caches, or with a prefix and an AS what the VRPs say of such a route (RFC 6811 §2).

    Raises:
        BadArgument: not a prefix, not an AS number, or only one of the two.
    """
    core = speaker.core.rpki
    if prefix is None and origin_as is None:
        return {
            "vrps": len(core.table),
            "static": len(speaker.core.config.rpki.roas),
            "caches": [_cache(speaker, row) for row in core.status()],
        }
    if prefix is None or origin_as is None:
        raise BadArgument("expected a prefix and an AS number, as in 192.0.2.0/24 65001")
    family, key = _parse_prefix(prefix)
    try:
        asn = parse_as(origin_as)
    except ValueError as error:
        raise BadArgument(str(error)) from None
    covering = core.table.covering(family, key)
    return {
        "prefix": key_text(family, key),
        "origin_as": asn,
        "state": core.table.state(family, key, asn).value,
        "vrps": [_vrp(vrp, key[0], asn) for vrp in covering],
    }


def _vrp(vrp: Vrp, length: int, asn: int) -> JsonObject:
    why = []
    if vrp.asn != asn or asn == 0:
        why.append("another AS")
    if length > vrp.max_length:
        why.append("too long")
    return {
        "prefix": vrp.prefix_text,
        "max_length": vrp.max_length,
        "asn": vrp.asn,
        "matches": not why,
        "why_not": " and ".join(why),
    }


def _cache(speaker: Speaker, row: CacheStatus) -> JsonObject:
    return {
        "name": row.name,
        "address": row.address,
        "port": row.port,
        "preference": row.preference,
        "state": row.state,
        "since": _time(speaker, row.since),
        "version": row.version,
        "session_id": row.session_id,
        "serial": row.serial,
        "used": row.used,
        "ipv4_vrps": row.ipv4_vrps,
        "ipv6_vrps": row.ipv6_vrps,
        "updated_at": _time(speaker, row.updated_at),
        "refresh_at": _time(speaker, row.refresh_at),
        "expires_at": _time(speaker, row.expires_at),
        "last_error": row.last_error,
    }


# -- the kernel --------------------------------------------------------------------------------------------------------


def fib(
    speaker: Speaker, *, prefix: str | None = None, match: Match | None = None, family: str | None = None
) -> Iterator[JsonObject | None]:
    """What is, or should be, in the kernel because of us.

    Raises:
        BadArgument: at once, not at the first item.
    """
    wanted = _parse_family(family)
    if prefix is None:
        rows = speaker.fib.routes() if speaker.fib is not None else iter(())
        return (_installed(row) if wanted in (None, row.family) else None for row in rows)
    of_prefix, key = _parse_prefix(prefix)
    if wanted not in (None, of_prefix):
        raise BadArgument(f"{prefix} is not of family {family}")
    if match not in (None, *get_args(Match)):
        raise BadArgument(f"match {match!r}: expected one of {', '.join(get_args(Match))}")
    if speaker.fib is None:
        return iter(())
    return _fib_of(speaker.fib, of_prefix, key, match or ("exact" if "/" in prefix else "longest"))


def _fib_of(fib: Fib, family: Family, key: bytes, match: Match) -> Iterator[JsonObject | None]:
    if match == "covered":
        inside = _Inside(key)
        for each in fib.routes():
            yield _installed(each) if each.family == family and inside(each.key) else None
        return
    for candidate in covering_keys(key) if match == "longest" else [key]:
        row = fib.route(family, candidate)
        if row is not None:
            yield _installed(row)
            return


def fib_counters(fib: Fib) -> JsonObject:
    """Counters since the start."""
    counters = fib.status()
    return {
        "installed": counters.installed,
        "pending": counters.pending,
        "failed": counters.failed,
        "adopted": counters.adopted,
        "foreign_bird": counters.foreign_bird,
    }


def _installed(row: InstalledRoute) -> JsonObject:
    return {
        "prefix": key_text(row.family, row.key),
        "family": str(row.family),
        "type": row.route.type,
        "next_hops": [
            {
                "gateway": address_text(hop.gateway) if hop.gateway else None,
                "device": hop.device,
                "onlink": hop.onlink,
                "weight": hop.weight,
            }
            for hop in row.route.next_hops
        ],
        "metric": row.route.metric,
        "state": row.state,
        "error": row.error,
    }


# -- times -------------------------------------------------------------------------------------------------------------


def _time(speaker: Speaker, t: float | None) -> str | None:
    return None if t is None else iso(speaker.wall(t))


def iso(time: datetime) -> str:
    """``2026-01-05T10:12:07Z``"""
    return time.isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def _seconds(value: float | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, 3)
