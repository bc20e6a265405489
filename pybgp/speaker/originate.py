"""A prefix and what people say of it → a route of our own, or an aggregate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..addresses import Family, address_octets, prefix_key
from ..config.check_flows import family_of
from ..config.model import RouteConfig, SpeakerConfig
from ..messages.attributes.block import Block
from ..messages.attributes.edit import BlockEdit
from ..messages.attributes.flow_actions import action_community
from ..messages.families.flowspec import FlowSpecFamily
from ..messages.families.registry import codec, parse_route
from ..rib.aggregate import AggregateRules
from ..rib.flow_table import UNICAST_OF
from ..rib.kernel import RouteType
from ..rib.local import OwnRoute, own_block
from ..rib.next_hops import Gateway

if TYPE_CHECKING:
    from netaddr import IPNetwork


def own_key(prefix: str | IPNetwork, family: Family | None = None) -> tuple[Family, bytes]:
    """The family and key of a prefix, or of a flow specification as ``pybgp show routes`` writes it.

    Raises:
        ValueError: neither, not of this family, or a flow specification with a value that no packet can have.
    """
    if family is not None and family in UNICAST_OF:
        found = codec(family)
        assert found is not None
        read, key = family, found.parse(str(prefix))
    else:
        read, key = parse_route(prefix, UNICAST_OF) if isinstance(prefix, str) else prefix_key(prefix)
        if family not in (None, read):
            raise ValueError(f"{prefix} is not of family {family}, or nothing of that family can be announced")
    rules = codec(read)
    if isinstance(rules, FlowSpecFamily):
        rules.check_own(key)
    return read, key


def own_route(
    prefix: str | IPNetwork,
    *,
    family: Family | None = None,
    next_hop: str | None = None,
    next_hops: Iterable[tuple[str, int]] = (),
    while_reachable: bool = False,
    preference: int | None = None,
    type: RouteType = "unicast",
    local_pref: int | None = None,
    med: int | None = None,
    communities: Iterable[str] = (),
    prepend: Sequence[int] = (),
) -> tuple[Family, bytes, OwnRoute]:
    """The family, key and route; without ``next_hop`` every peer is given our address on its session.

    ``next_hops`` are gateways with weights that share the traffic; peers are given our address then too.

    Raises:
        ValueError: not a prefix, flow specification, address or community; a flow specification that leads somewhere.
    """
    family, key = own_key(prefix, family)
    if family in UNICAST_OF and (next_hop is not None or next_hops or type != "unicast"):
        raise ValueError(f"{prefix}: a flow specification has no next hop and no type")
    block = own_block(b"" if next_hop is None else address_octets(next_hop))
    several = tuple(sorted(Gateway(address_octets(address), weight) for address, weight in next_hops))
    block = with_attributes(block, local_pref=local_pref, med=med, communities=communities, prepend=prepend)
    return family, key, OwnRoute(block, type, several, while_reachable, preference)


def with_attributes(
    block: Block,
    *,
    local_pref: int | None = None,
    med: int | None = None,
    communities: Iterable[str] = (),
    prepend: Sequence[int] = (),
) -> Block:
    """A block of our own with what is given.

    Raises:
        ValueError: not a community, a number out of range.
    """
    changes = {
        "local_pref": local_pref,
        "med": med,
        "communities": tuple(communities) or None,
        "prepend": tuple(prepend) or None,
    }
    wanted = {name: value for name, value in changes.items() if value is not None}
    if not wanted:
        return block
    return BlockEdit.of(**wanted).apply(block, Family.IPV4_UNICAST)  # type: ignore[arg-type]


def configured_route(config: RouteConfig) -> tuple[Family, bytes, OwnRoute]:
    """One of the configuration's ``routes``.

    Raises:
        ValueError: as ``own_route`` does; not an action of flow specifications.
    """
    return own_route(
        config.prefix,
        family=family_of(config) if config.is_flow else None,
        next_hop=config.next_hop,
        next_hops=[(each.address, each.weight) for each in config.next_hops],
        while_reachable=config.while_reachable,
        preference=config.preference,
        type=config.type,
        local_pref=config.local_pref,
        med=config.med,
        communities=(*config.communities, *map(action_community, config.then)),
    )


def aggregates(config: SpeakerConfig) -> dict[Family, dict[bytes, AggregateRules]]:
    """The configuration's aggregates.

    Raises:
        ValueError: not a prefix or community.
    """
    found: dict[Family, dict[bytes, AggregateRules]] = {}
    for item in config.aggregates:
        family, key, route = own_route(item.prefix, communities=item.communities)
        found.setdefault(family, {})[key] = AggregateRules(
            base=route.block, suppress=item.suppress, as_set=item.as_set, blackhole=item.blackhole
        )
    return found


def suppressing(config: SpeakerConfig) -> dict[Family, tuple[bytes, ...]]:
    """The aggregates in whose place more specific routes are not told, in order; families without any are missing."""
    found: dict[Family, list[bytes]] = {}
    for item in config.aggregates:
        if item.suppress:
            family, key = prefix_key(item.prefix)
            found.setdefault(family, []).append(key)
    return {family: tuple(sorted(keys)) for family, keys in found.items()}
