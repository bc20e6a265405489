"""Checks of flow specifications among our own routes (RFC 8955): what only they have, and what they can't have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..addresses import Family
from .findings import Finding
from .model import RouteConfig, SpeakerConfig
from .toml_text import Path
from .words import FLOW_FAMILIES, flow_text

_ACTIONS: Final = ("traffic-", "redirect", "0x")
"""What extended communities begin with that say what is to be done."""


def of_route(route: RouteConfig, at: Path) -> Iterator[Finding]:
    """Of one route by itself, which stands there."""
    others = ((*at, "prefix"),)
    if not route.is_flow:
        given: tuple[tuple[str, object], ...] = (("family", route.family), ("then", list(route.then)))
        for key, value in given:
            if value:
                text = f"expected none, as {route.prefix} is no flow specification"
                yield Finding(path=(*at, key), value=value, text=text, others=others)
        return
    if route.type != "unicast":
        text = "expected none, as a flow specification is told to peers only"
        yield Finding(path=(*at, "type"), value=route.type, text=text, others=others)
    leads_to: tuple[tuple[str, object], ...] = (
        ("next_hop", route.next_hop),
        ("next_hops", [each.address for each in route.next_hops]),
    )
    for key, value in leads_to:
        if value:
            text = "expected none, as a flow specification has no next hop (RFC 8955 §4)"
            yield Finding(path=(*at, key), value=value, text=text, others=others)
    if route.family is not None:
        try:
            flow_text(route.prefix, family_of(route))
        except ValueError as error:
            text = f"expected the other one for {route.prefix} ({error})"
            yield Finding(path=(*at, "family"), value=route.family, text=text, others=others)
    yield from _second_thoughts(route, at)
    if not route.then and not any(each.startswith(_ACTIONS) for each in route.communities):
        text = f"{route.prefix}: nothing is done with its packets without then, they just pass (RFC 8955 §7)"
        yield Finding(path=(*at, "prefix"), text=text, others=((*at, "communities"),), warning=True)


def _second_thoughts(route: RouteConfig, at: Path) -> Iterator[Finding]:
    """Actions of which there is one already: of two, each router would take another (RFC 8955 §7.7)."""
    first: dict[str, int] = {}
    for index, action in enumerate(route.then):
        word = action.partition(":")[0]
        kind = "traffic-rate" if word == "discard" else word
        before = first.setdefault(kind, index)
        if before != index:
            text = f"expected each action only once, then[{before}] is {route.then[before]} (RFC 8955 §7.7)"
            yield Finding(path=(*at, "then", index), value=action, text=text, others=((*at, "then", before),))


def family_of(route: RouteConfig) -> Family:
    """The family of a flow specification: as it says, else the first one that can be meant."""
    if route.family is not None:
        return next(family for family in FLOW_FAMILIES if str(family) == route.family)
    first, second = FLOW_FAMILIES
    try:
        flow_text(route.prefix, first)
    except ValueError:
        return second
    return first


def untold(speaker: SpeakerConfig) -> Iterator[Finding]:
    """Flow specifications whose family no peer has."""
    told = set(speaker.families)
    for peer in (*speaker.peers, *(each.template for each in speaker.dynamic_peers)):
        told |= (peer.families or {}).keys()
    for index, route in enumerate(speaker.routes):
        if route.is_flow and family_of(route) not in told:
            text = f"no peer is told of it: none has the family {family_of(route)}"
            yield Finding(
                path=("routes", index, "prefix"), value=route.prefix, text=text, others=(("families",),), warning=True
            )
