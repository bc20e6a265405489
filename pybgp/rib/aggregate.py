"""What an aggregate says of the routes that it stands for (RFC 4271 §9.2.2.2, §5.1.6, §5.1.7).

Without AS_SET, which RFC 6472 asks for, the path begins here, and ATOMIC_AGGREGATE says that AS numbers were left out;
with it the path is what the contributors' paths have in common, and an AS_SET of the others. The next hop is ourselves,
because we alone know which more specific route is meant; MED and LOCAL_PREF aren't taken over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from .. import constants
from ..constants import AttributeCode
from ..messages.attributes.aggregator import Aggregator, AtomicAggregate
from ..messages.attributes.as_path import CONFED, MAX_SEGMENT, AsPath, Segment, SegmentType
from ..messages.attributes.base import Attribute, KnownAttribute, pieces
from ..messages.attributes.block import Block
from ..messages.attributes.communities import Communities
from ..messages.attributes.extended_communities import ExtendedCommunities
from ..messages.attributes.large_communities import LargeCommunities
from ..messages.attributes.origin import Origin

_ATOMIC_BIT: Final = 1 << AttributeCode.ATOMIC_AGGREGATE
_COMMUNITIES: Final[tuple[tuple[type[KnownAttribute], int], ...]] = (
    (Communities, 4),
    (ExtendedCommunities, 8),
    (LargeCommunities, 12),
)
"""The kinds of communities, and the octets of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateRules:
    """One aggregate as configured; ``base`` has the attributes that don't depend on the contributors."""

    base: Block
    suppress: bool = False
    as_set: bool = False
    blackhole: bool = True


class Trait(NamedTuple):
    """What of a contributor shows in the aggregate; contributors that are alike in it are only counted."""

    origin: int
    atomic: bool
    """ATOMIC_AGGREGATE is needed because of it."""
    as_path: bytes = b""
    communities: tuple[bytes, ...] = ()


def trait_of(block: Block, *, as_set: bool) -> Trait:
    """Without AS_SET neither AS numbers nor communities are taken over: they would change all the time."""
    atomic = bool(block.mask & _ATOMIC_BIT)
    if not as_set:
        return Trait(block.origin, atomic or block.as_path_octets != b"")
    return Trait(
        block.origin, atomic, block.as_path_octets, tuple(block.value(kind.code) or b"" for kind, _ in _COMMUNITIES)
    )


def aggregate_block(rules: AggregateRules, traits: Collection[Trait], *, local_as: int, router_id: bytes) -> Block:
    """The aggregate's attributes, from one trait at least. The order of ``traits`` doesn't matter."""
    attributes: list[Attribute] = [
        Origin(constants.Origin(max(trait.origin for trait in traits))),
        Aggregator(local_as, router_id),
    ]
    if any(trait.atomic for trait in traits):
        attributes.append(AtomicAggregate())
    if rules.as_set:
        attributes.append(aggregate_paths([AsPath.decode(trait.as_path) for trait in traits]))
        for at, (kind, size) in enumerate(_COMMUNITIES):
            values = {item for trait in traits for item in pieces(trait.communities[at], size)}
            values.update(pieces(rules.base.value(kind.code) or b"", size))
            if values:  # RFC 1997: all communities of all of them
                attributes.append(kind.decode(b"".join(sorted(values))))
    return rules.base.replace(set=attributes)


def aggregate_paths(paths: Iterable[AsPath]) -> AsPath:
    """The longest sequence that all begin with, and all other AS numbers as a set (RFC 4271 §9.2.2.2).

    Paths that are all the same stay as they are. Segments of a confederation are left out: what is aggregated is
    announced as a route of this AS.
    """
    plain = {tuple(segment for segment in path.segments if segment.kind not in CONFED) for path in paths}
    if len(plain) == 1:
        return AsPath(plain.pop())
    leads = [_lead(segments) for segments in plain]
    shortest = min(leads, key=len)
    same = next((at for at, asn in enumerate(shortest) if any(lead[at] != asn for lead in leads)), len(shortest))
    common = shortest[:same]
    others = sorted({asn for segments in plain for segment in segments for asn in segment.asns}.difference(common))
    sets = (tuple(others[at : at + MAX_SEGMENT]) for at in range(0, len(others), MAX_SEGMENT))
    return AsPath((*AsPath.sequence(common).segments, *(Segment(SegmentType.AS_SET, one) for one in sets)))


def _lead(segments: Iterable[Segment]) -> tuple[int, ...]:
    """The AS numbers in front of the first set."""
    found: list[int] = []
    for segment in segments:
        if segment.kind is not SegmentType.AS_SEQUENCE:
            break
        found += segment.asns
    return tuple(found)
