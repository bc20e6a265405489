"""The routes of the tables: as received, best, or as advertised; filtered, or counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

from ..addresses import Family
from ..config.model import UNICAST
from ..messages.families.registry import codec, route_text
from ..rib.covering import covering_keys
from ..rib.local import AGGREGATE
from ..routes import SourceKind
from ..speaker.status import RouteDirection, RouteView
from .answers import HEARTBEAT, JsonObject, time_text
from .arguments import BadArgument, Inside, Match, parse_family, parse_route, unknown_match
from .asked import Core, Speaker
from .attributes import AttributeFields
from .filters import Test, route_filter
from .in_order import in_order, pieces
from .peers import peers


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
    """Routes as received, best, or as advertised to peers, by family and prefix; of a prefix the best one first.

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
    views = _views(speaker.core, prefix, match, parse_family(family), name, direction, sort=count is None)
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
    *,
    sort: bool,
) -> Iterator[RouteView | None]:
    if prefix is None:
        if match not in (None, "covered"):
            raise BadArgument(f"match {match!r} needs a prefix")
        families = [family] if family is not None else sorted(core.tables)
        return (view for each in families for view in _walk(core, each, peer, direction, sort=sort))
    of_prefix, key = parse_route(core, prefix, family)
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
        return _walk(core, of_prefix, peer, direction, sort=sort, inside=Inside(key))
    raise unknown_match(match)


def _walk(
    core: Core,
    family: Family,
    peer: str | None,
    direction: RouteDirection,
    *,
    sort: bool,
    inside: Callable[[bytes], bool] | None = None,
) -> Iterator[RouteView | None]:
    """Prefix by prefix, so that the many that are looked at in vain don't keep the loop."""
    if family not in core.tables:
        return
    keys = core.shown_keys(family, direction)
    if inside is not None:
        found: list[bytes] = []
        for some in pieces(keys):
            found += filter(inside, some)
            yield None
        keys = found
    known = codec(family)
    for count, key in enumerate(in_order(keys, known.order) if sort and known is not None else keys):
        if key is not None:
            yield from core.route_views(family, key=key, peer=peer, direction=direction)
        if key is None or count % HEARTBEAT == HEARTBEAT - 1:
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
        "damped_until": time_text(speaker, view.damped_until),
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
