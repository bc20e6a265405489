"""Which routes a question is about, besides prefix, family and peer: by what their attributes and their source are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..addresses import Family, address_octets, parse_as
from ..messages.attributes.block import Block
from ..policy import as_path_set, community_set
from ..policy.as_path_set import AsPathIndex
from ..policy.community_set import CommunityIndex
from ..policy.prefix_set import PrefixSet
from ..routes import SourceKind
from ..speaker.status import RouteView

Test = Callable[[RouteView], bool]


def route_filter(
    *,
    community: str | None = None,
    as_path: str | None = None,
    source: str | None = None,
    next_hop: str | None = None,
    origin_as: str | None = None,
) -> Test | None:
    """One test for all that is asked; None if nothing is.

    ``community`` is one as policies write it ("65001:*", "rt:65001:1"), or several with commas, all of which a route
    must have. ``as_path`` is an expression of ``as_path_sets``, ``next_hop`` an address or a prefix that it is in.

    Raises:
        ValueError: a value that can't be meant.
    """
    tests: list[Test] = []
    if source is not None:
        tests.append(_from(source))
    if community is not None:
        tests.append(_with_communities(community.split(",")))
    if as_path is not None:
        tests.append(_with_path(as_path))
    if origin_as is not None:
        tests.append(_originated_by(origin_as))
    if next_hop is not None:
        tests.append(_with_next_hop(next_hop))
    if len(tests) < 2:
        return tests[0] if tests else None
    return lambda view: all(test(view) for test in tests)


def _from(name: str) -> Test:
    try:
        kind = SourceKind(name)
    except ValueError:
        raise ValueError(f"source {name!r}: expected one of {', '.join(SourceKind)}") from None
    return lambda view: view.source.kind is kind


def _with_communities(entries: Sequence[str]) -> Test:
    wanted = {1 << number: community_set.parse_set([entry.strip()]) for number, entry in enumerate(entries)}
    index, everything = CommunityIndex(wanted), sum(wanted)
    return lambda view: index.bits(view.block) == everything


def _with_path(expression: str) -> Test:
    index = AsPathIndex({1: as_path_set.parse_set([expression])})
    return lambda view: bool(index.bits(view.block))


def _originated_by(text: str) -> Test:
    try:
        asn = parse_as(text)
    except ValueError as error:
        raise ValueError(f"origin_as {error}") from None
    return lambda view: view.block.origin_as == asn


def _with_next_hop(text: str) -> Test:
    """Of a global and a link-local next hop (RFC 2545) either may be meant."""
    if "/" not in text:
        octets = address_octets(text)
        return lambda view: octets in _next_hops(view.block)
    version = 128 if ":" in text else 32
    inside = PrefixSet([f"{text} le {version}"])
    family = Family.IPV6_UNICAST if version == 128 else Family.IPV4_UNICAST
    return lambda view: any(
        inside.matches(family, bytes((version,)) + octets)
        for octets in _next_hops(view.block)
        if len(octets) * 8 == version
    )


def _next_hops(block: Block) -> tuple[bytes, ...]:
    next_hop = block.next_hop
    return (next_hop[:16], next_hop[16:]) if len(next_hop) == 32 else (next_hop,)
