"""Routes of other families than unicast in whole speakers, as text."""

from __future__ import annotations

from pybgp.addresses import Family, address_octets
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.families.registry import codec, route_text
from pybgp.rib.local import OWN, own_block
from pybgp.rib.path import Path

from .world import Node


def key_of(family: Family, text: str) -> bytes:
    found = codec(family)
    assert found is not None
    return found.identity(found.parse(text))


def originate(node: Node, family: Family, text: str, *targets: str) -> None:
    """As a provider edge does: a route with a label of the node's own."""
    found = codec(family)
    assert found is not None
    key = found.parse(text)
    next_hop = address_octets(node.address)
    if family.afi == 2:
        next_hop = bytes(10) + b"\xff\xff" + next_hop
    block = own_block(next_hop)
    if targets:
        block = block.replace(set=(ExtendedCommunities.of(targets),))
    path = Path(OWN, 0, block, block, "", found.labels_of(key))
    node.core.tables[family].insert([found.identity(key)], path)
    node.world.pump(node)


def take_back(node: Node, family: Family, text: str) -> None:
    node.core.tables[family].withdraw([key_of(family, text)], OWN.name)
    node.world.pump(node)


def routes(node: Node, family: Family, **about: str) -> list[str]:
    """The best routes as text, or those of ``direction``."""
    views = node.core.route_views(family, **about)  # type: ignore[arg-type]
    return [route_text(view.family, view.key, view.labels) for view in views]
