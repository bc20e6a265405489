"""Checks of our own routes, of the FIB and the other shells, and of keys that this version does not act on yet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..rib.damping import RECOMMENDED_SUPPRESS, DampingRules
from . import check_flows
from .findings import Finding
from .model import AggregateConfig, DecisionConfig, FibConfig, NodeConfig, RouteConfig, RpkiCacheConfig, SpeakerConfig
from .schema import DECISION
from .schema_peers import GRACEFUL_RESTART
from .schema_shells import CONTROL, FIB, LOG
from .tables import Table
from .toml_text import Path, path_text
from .words import PROTOCOLS

LOCAL_TABLE: Final = 255
MAX_NEXT_HOPS: Final = 64
NOT_YET: Final = "read and checked, but nothing comes of it in this version"


def findings(config: NodeConfig) -> Iterator[Finding]:
    """All that is neither about peers nor about policies."""
    yield from _routes(config.speaker.routes)
    yield from check_flows.untold(config.speaker)
    yield from _once("aggregates", config.speaker.aggregates)
    yield from _own_twice(config.speaker)
    yield from _nothing_inside(config.speaker.aggregates)
    yield from _damping(config.speaker.damping)
    yield from _damps_nobody(config.speaker)
    yield from _one_path(config.speaker.decision)
    yield from _caches(config.speaker.rpki.caches)
    if config.fib is not None:
        yield from _fib(config.fib)
    yield from _sockets(config)
    yield from _not_yet(config)


def _routes(routes: Sequence[RouteConfig]) -> Iterator[Finding]:
    yield from _once("routes", routes)
    for index, route in enumerate(routes):
        yield from of_route(route, ("routes", index))


def of_route(route: RouteConfig, at: Path) -> Iterator[Finding]:
    """All that is to be said of one route by itself, which stands there."""
    yield from check_flows.of_route(route, at)
    if route.is_flow:
        return
    if route.next_hop is not None:
        yield from _leads(route, at, (*at, "next_hop"), route.next_hop)
    if route.next_hops:
        yield from _several(route, at)


def _several(route: RouteConfig, at: Path) -> Iterator[Finding]:
    path = (*at, "next_hops")
    seen: dict[str, Path] = {}
    if route.next_hop is not None:
        text = f'expected only one of next_hop and next_hops, next_hop = "{route.next_hop}"'
        yield Finding(path=path, text=text, others=((*at, "next_hop"),))
    if len(route.next_hops) > MAX_NEXT_HOPS:
        yield Finding(path=path, text=f"expected at most {MAX_NEXT_HOPS}, there are {len(route.next_hops)}")
    for position, item in enumerate(route.next_hops):
        place = (*path, position, "address")
        yield from _leads(route, at, place, item.address)
        first = seen.setdefault(item.address, place)
        if first != place:
            text = f"expected each address only once, {path_text(first[:-1])} has it"
            yield Finding(path=place, value=item.address, text=text)


def _leads(route: RouteConfig, at: Path, path: Path, next_hop: str) -> Iterator[Finding]:
    """Can the route lead to this next hop?"""
    if route.type != "unicast":
        text = f'expected none with type = "{route.type}"'
        yield Finding(path=path, value=next_hop, text=text, others=((*at, "type"),))
    elif ":" in route.prefix and ipaddress.ip_address(next_hop).version == 4:
        text = f"expected an IPv6 address, as the prefix {route.prefix} is IPv6"
        yield Finding(path=path, value=next_hop, text=text, others=((*at, "prefix"),))


def _once(name: str, items: Sequence[RouteConfig | AggregateConfig]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], int] = {}
    for index, item in enumerate(items):
        family = str(check_flows.family_of(item)) if isinstance(item, RouteConfig) and item.is_flow else ""
        first = seen.setdefault((item.prefix, family), index)
        if first != index:
            yield Finding(
                path=(name, index, "prefix"),
                value=item.prefix,
                text=f"expected each prefix only once, {name}[{first}] has it",
            )


def _own_twice(speaker: SpeakerConfig) -> Iterator[Finding]:
    routes = {route.prefix: index for index, route in enumerate(speaker.routes)}
    for index, aggregate in enumerate(speaker.aggregates):
        if aggregate.prefix in routes:
            yield Finding(
                path=("aggregates", index, "prefix"),
                value=aggregate.prefix,
                text=f"expected a prefix that is not in routes, routes[{routes[aggregate.prefix]}] has it",
            )


def _nothing_inside(aggregates: Sequence[AggregateConfig]) -> Iterator[Finding]:
    for index, aggregate in enumerate(aggregates):
        bits = 128 if ":" in aggregate.prefix else 32
        if aggregate.prefix.endswith(f"/{bits}"):
            yield Finding(
                path=("aggregates", index, "prefix"),
                value=aggregate.prefix,
                text=f"expected a prefix shorter than {bits} bits, nothing is more specific than this one",
            )


def _damping(rules: DampingRules) -> Iterator[Finding]:
    path: Path = ("damping", "suppress")
    others: tuple[Path, ...] = tuple(("damping", key) for key in ("reuse", "half_life", "max_suppress_time"))
    if not rules.reuse < rules.suppress < rules.ceiling:
        text = (
            f"expected more than reuse = {rules.reuse:g} and less than {rules.ceiling:.0f}, which no figure of merit "
            "exceeds: reuse * 2^(max_suppress_time / half_life) (RFC 2439 §4.2)"
        )
        yield Finding(path=path, value=rules.suppress, text=text, others=others)
    elif rules.suppress < RECOMMENDED_SUPPRESS:
        text = f"below {RECOMMENDED_SUPPRESS}: routes that change only now and then are lost too (RFC 7196 §4)"
        yield Finding(path=path, value=rules.suppress, text=text, warning=True)


def _damps_nobody(speaker: SpeakerConfig) -> Iterator[Finding]:
    if speaker.damping == DampingRules():
        return
    if not any(peer.damping for peer in (*speaker.peers, *(each.template for each in speaker.dynamic_peers))):
        text = "without effect, since no peer has damping = true"
        yield Finding(path=("damping",), text=text, warning=True)


def _one_path(decision: DecisionConfig) -> Iterator[Finding]:
    """What only tells which paths are used together."""
    if max(decision.max_paths_ebgp, decision.max_paths_ibgp) > 1:
        return
    for key in ("as_path_relax", "link_bandwidth"):
        if getattr(decision, key):
            text = "without effect, since max_paths is 1: no two paths are used together"
            yield Finding(
                path=("decision", key), value=True, text=text, others=(("decision", "max_paths"),), warning=True
            )


def _caches(caches: Sequence[RpkiCacheConfig]) -> Iterator[Finding]:
    seen: dict[tuple[str, int], int] = {}
    for index, cache in enumerate(caches):
        first = seen.setdefault((cache.address, cache.port), index)
        if first != index:
            yield Finding(
                path=("rpki", "caches", index, "address"),
                value=cache.address,
                text=f"expected each address and port only once, rpki.caches[{first}] has them",
            )


def _fib(fib: FibConfig) -> Iterator[Finding]:
    if fib.table == LOCAL_TABLE:
        yield Finding(
            path=("fib", "table"), value=fib.table, text="expected another table, 255 is the kernel's own (local)"
        )
    for index, rule in enumerate(fib.imports):
        for position, protocol in enumerate(rule.protocols):
            number = PROTOCOLS[protocol] if protocol in PROTOCOLS else int(protocol)
            if number == fib.protocol:
                yield Finding(
                    path=("fib", "imports", index, "protocols", position),
                    value=protocol,
                    text=f"expected another protocol, {fib.protocol} is ours (fib.protocol)",
                    others=(("fib", "protocol"),),
                )


def _sockets(config: NodeConfig) -> Iterator[Finding]:
    for index, path in enumerate(config.control.birdc):
        if path == config.control.socket:
            yield Finding(
                path=("control", "birdc", index), value=path, text="expected another path, control.socket has it"
            )
    if config.web is not None and config.web.listen in config.speaker.listen:
        yield Finding(path=("web", "listen"), value=config.web.listen, text="expected another port, BGP listens there")


# -- keys of later versions --------------------------------------------------------------------------------------------


def _not_yet(config: NodeConfig) -> Iterator[Finding]:
    speaker = config.speaker
    tables: Mapping[str, tuple[Table, Any]] = {
        "decision": (DECISION, speaker.decision),
        "graceful_restart": (GRACEFUL_RESTART, speaker.graceful_restart),
        "fib": (FIB, config.fib),
        "control": (CONTROL, config.control),
        "log": (LOG, config.log),
    }
    for name, (table, value) in tables.items():
        if value is not None:
            yield from _not_yet_in((name,), table, value)
    for index, peer in enumerate(speaker.peers):
        if peer.graceful_restart is not None:
            yield from _not_yet_in(("peers", index, "graceful_restart"), GRACEFUL_RESTART, peer.graceful_restart)
    if config.web is not None:
        yield Finding(path=("web",), text=NOT_YET, warning=True)


def _not_yet_in(base: Path, table: Table, value: Any) -> Iterator[Finding]:
    """Keys of one table that are marked as later and have another value than the default."""
    for key in table.keys.values():
        inner = table.inner(key)
        if inner is not None:
            yield from _not_yet_in((*base, key.name), inner, table.value(value, key))
        elif key.later and table.value(value, key) != table.default(key):
            found = key.kind.plain(table.value(value, key))
            yield Finding(path=(*base, key.name), value=found, text=NOT_YET, warning=True)
