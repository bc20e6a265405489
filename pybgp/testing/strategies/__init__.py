"""Hypothesis strategies for the values and octets of BGP; needs the package ``hypothesis``."""

from .attribute_values import (
    ATTRIBUTE_VALUES,
    any_attributes,
    as_paths,
    nearly_right_values,
    optional_attributes,
    unknown_attributes,
)
from .attributes import attribute_fields, attribute_octets, blocks, contexts, next_hops
from .extended import extended_communities, ipv6_extended_communities
from .families import BOTH, IPV4, IPV6, any_families, as_numbers, families, octets, u8, u16, u32
from .flowspec import flow_fields, flow_rules
from .keys import key_lists, keys, route_distinguishers
from .mrt import mrt_peers, mrt_records, peer_tables, ribs, session_records
from .opens import capabilities, notifications, opens, router_ids
from .updates import every_family, updates

__all__ = [
    "ATTRIBUTE_VALUES",
    "BOTH",
    "IPV4",
    "IPV6",
    "any_attributes",
    "any_families",
    "as_numbers",
    "as_paths",
    "attribute_fields",
    "attribute_octets",
    "blocks",
    "capabilities",
    "contexts",
    "every_family",
    "extended_communities",
    "families",
    "flow_fields",
    "flow_rules",
    "ipv6_extended_communities",
    "key_lists",
    "keys",
    "mrt_peers",
    "mrt_records",
    "nearly_right_values",
    "next_hops",
    "notifications",
    "octets",
    "opens",
    "optional_attributes",
    "peer_tables",
    "ribs",
    "route_distinguishers",
    "router_ids",
    "session_records",
    "u8",
    "u16",
    "u32",
    "unknown_attributes",
    "updates",
]
