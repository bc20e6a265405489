"""What a comparison says of another configuration, and what that configuration then does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

from pybgp.addresses import key_text
from pybgp.config.model import SpeakerConfig
from pybgp.messages.attributes.block import Block
from pybgp.speaker.what_if import RouteChange, WhatIf

from .world import Node, World


def compare(node: Node, config: SpeakerConfig) -> list[RouteChange]:
    changes = WhatIf(node.core, config, fib=None, functions={}).changes()
    return [change for change in changes if change is not None]


Place = tuple[str, str, str]
"""Direction, peer and prefix."""


def held(node: Node) -> dict[Place, Counter[Block]]:
    """What is accepted of each peer, and what each peer is told; with ADD-PATH these may be several routes."""
    found: dict[Place, Counter[Block]] = defaultdict(Counter)
    for table in node.core.tables.values():
        for peer in node.core.sessions.peers:
            for key, path in table.adj_rib_in(peer):
                if path.accepted is not None:
                    found["import", peer, key_text(table.family, key)][path.accepted] += 1
    for view in node.core.route_views(direction="advertised"):
        found["export", view.to or "", key_text(view.family, view.key)][view.block] += 1
    return found


def comes_true(world: World, node: Node, config: SpeakerConfig, *, gone: Collection[str] = ()) -> set[Place]:
    """What has changed, which is what was foretold; peers that are ``gone``, or have too many prefixes for a limit, are
    told nothing, of course."""
    before = held(node)
    foretold: dict[Place, tuple[Counter[Block], Counter[Block]]] = defaultdict(lambda: (Counter(), Counter()))
    for change in compare(node, config):
        for peer in change.peers:
            at = change.direction, peer, key_text(change.family, change.key)
            for blocks, block in zip(foretold[at], (change.before, change.after), strict=True):
                blocks.update(() if block is None else (block,))
    assert held(node) == before
    said = len(node.said("max_prefixes_exceeded"))
    node.core.reconfigure(config, world.now)
    world.pump(node)
    exceeded = [event for event in node.said("max_prefixes_exceeded")[said:] if event["action"] != "warn"]
    gone = {*gone, *(str(event["peer"]) for event in exceeded)}
    world.advance(1)

    after = held(node)
    nothing: Counter[Block] = Counter()
    pairs = {at: (before.get(at, nothing), after.get(at, nothing)) for at in before.keys() | after.keys()}
    changed = {at: (old - new, new - old) for at, (old, new) in pairs.items() if old != new}
    changed = {at: each for at, each in changed.items() if at[0] == "import" or at[1] not in gone}
    assert foretold == changed
    return set(changed)
