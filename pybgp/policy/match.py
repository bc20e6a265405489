"""The conditions of a term that don't name a set, each a function of a route; none looks at the prefix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..addresses import Family, address_octets, prefix_key
from ..constants import Origin
from ..routes import Route, SourceKind
from .prefix_set import BITS, PrefixSet
from .spec import MatchLike

Condition = Callable[[Route], bool]


def conditions(match: MatchLike) -> tuple[Condition, ...]:
    """The conditions that don't name a set, the cheapest first.

    Raises:
        ValueError: a value that can't be meant; the text names the key.
    """
    found: list[Condition] = []
    if match.source is not None:
        found.append(_from_sources(match.source))
    if match.family is not None:
        found.append(_of_families(match.family))
    if match.local_pref is not None:
        found.append(_local_pref_is(match.local_pref))
    if match.med is not None:
        found.append(_med_is(match.med))
    if match.origin is not None:
        found.append(_origin_is(match.origin))
    if match.peer is not None:
        found.append(_from_peers(match.peer))
    if match.next_hop is not None:
        found.append(_next_hop_in(match.next_hop))
    return tuple(found)


def _from_sources(names: Sequence[str]) -> Condition:
    try:
        kinds = frozenset(map(SourceKind, names))
    except ValueError:
        expected = ", ".join(SourceKind)
        raise ValueError(f"source = {list(names)!r}: expected a list of {expected}") from None
    return lambda route: route.source.kind in kinds


def _of_families(families: Iterable[Family]) -> Condition:
    wanted = frozenset(families)
    return lambda route: route.family in wanted


def _from_peers(peers: Sequence[str]) -> Condition:
    """By name or address; an address may be written in any way, one with a zone is a name."""
    names = frozenset(peers)
    addresses = frozenset(filter(None, (_octets(peer) for peer in peers if "%" not in peer)))
    return lambda route: route.source.name in names or route.source.address in addresses


def _octets(text: str) -> bytes:
    try:
        return address_octets(text)
    except ValueError:
        return b""


def _local_pref_is(value: int) -> Condition:
    return lambda route: route.block.local_pref == value


def _med_is(value: int) -> Condition:
    """A route without MED counts as 0 (RFC 4271 §9.1.2.2 c)."""
    return lambda route: (route.block.med or 0) == value


def _origin_is(name: str) -> Condition:
    try:
        origin = Origin[name.upper()]
    except KeyError:
        raise ValueError(f"origin = {name!r}: expected igp, egp or incomplete") from None
    return lambda route: route.block.origin == origin


def _next_hop_in(prefixes: Sequence[str]) -> Condition:
    """Inside one of the prefixes; of a global and a link-local next hop (RFC 2545) either may be."""
    inside = PrefixSet(f"{prefix} le {BITS[prefix_key(prefix)[0]]}" for prefix in prefixes)

    def holds(route: Route) -> bool:
        next_hop = route.block.next_hop
        if len(next_hop) == 4:
            return inside.matches(Family.IPV4_UNICAST, b"\x20" + next_hop)
        halves = (next_hop[at : at + 16] for at in range(0, len(next_hop), 16))
        return any(inside.matches(Family.IPV6_UNICAST, b"\x80" + half) for half in halves)

    return holds
