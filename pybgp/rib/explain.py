"""The candidates of a prefix with what decided between them: asked of the decision, never worked out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest

from ..addresses import Family, address_text
from ..constants import Origin
from ..routes import Route, SourceKind
from .decision import Decision
from .explanation import Candidate, Comparison, NextHopWay
from .local import AGGREGATE
from .multipath import Multipath
from .path import Entry, Path, best_of, paths_of


def candidates(
    family: Family,
    key: bytes,
    entry: Entry | None,
    decision: Decision,
    multipath: Multipath,
    way: Callable[[Path], NextHopWay],
    rpki: Callable[[Path], str | None],
    damped_until: Callable[[Path], float | None],
    notes: Callable[[Path], tuple[str, ...]],
) -> Iterator[Candidate]:
    """In the order of preference. ``way`` says what its next hop resolves to, the others what is known of a path."""
    paths = paths_of(entry)
    best = best_of(entry)
    together = multipath.members(entry)
    for path, below in zip_longest(paths, paths[1:]):
        block = path.block
        route = Route(family, key, block, path.source)
        bgp = path.source.kind is SourceKind.BGP
        yield Candidate(
            peer=path.source.name if bgp else None,
            source=path.source.kind.value,
            kind=path.source.peer_kind.name.lower() if bgp else "",
            path_id=path.path_id,
            best=path is best,
            multipath=path in together,
            reason=path.reason,
            next_hop=address_text(block.next_hop) if block.next_hop else "",
            way=way(path),
            local_pref=block.local_pref,
            as_path=block.as_path_text,
            origin=Origin(block.origin).name.lower(),
            med=block.med,
            communities=route.communities + route.large_communities + route.extended_communities,
            rpki=rpki(path),
            damped_until=damped_until(path),
            before_next=None if below is None else _comparison(decision, path, below),
            aggregate=path.source is AGGREGATE,
            notes=notes(path),
        )


def _comparison(decision: Decision, path: Path, below: Path) -> Comparison:
    verdict = decision.why(path, below)
    return Comparison(
        step=verdict.step, words=verdict.words, rfc=verdict.rfc, winner=verdict.winner, loser=verdict.loser
    )
