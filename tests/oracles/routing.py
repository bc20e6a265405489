"""What the RFCs make of a route from speaker to speaker, slowly and obviously: values in, values out, nothing kept.

The twin of ``policy.builtin``, ``rib.export``, ``rib.decision`` and ``rib.groups``: it has no octets, caches, groups or
order of arrival, and shares no code with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from pybgp.addresses import address_text
from pybgp.constants import Community
from pybgp.messages.attributes.block import Block

NO_EXPORT: Final = int(Community.NO_EXPORT)
NO_ADVERTISE: Final = int(Community.NO_ADVERTISE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The attributes of a route; addresses are text, ``next_hop`` "" is that of a route of our own."""

    origin: int = 0
    as_path: tuple[int, ...] = ()
    next_hop: str = ""
    med: int | None = None
    local_pref: int | None = None
    communities: frozenset[int] = frozenset()
    originator_id: str | None = None
    cluster_list: tuple[str, ...] = ()

    @classmethod
    def of(cls, block: Block) -> Attributes:
        """Those of a block that are looked at here."""
        clusters = block.cluster_list
        return cls(
            origin=block.origin,
            as_path=block.as_path,
            next_hop=address_text(block.next_hop) if block.next_hop else "",
            med=block.med,
            local_pref=block.local_pref,
            communities=frozenset(block.communities),
            originator_id=None if block.originator_id is None else address_text(block.originator_id),
            cluster_list=tuple(address_text(clusters[at : at + 4]) for at in range(0, len(clusters), 4)),
        )


Policy = Callable[[str, Attributes], Attributes | None]
"""A prefix and attributes to what passes, None for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one speaker must know of a session of its own; addresses are router identifiers too."""

    local: str
    remote: str
    local_as: int
    remote_as: int
    client: bool = False
    imports: Policy
    exports: Policy
    next_hop: str = "auto"
    """As in the configuration; all speakers are in one subnet."""
    add_path: bool = False
    """More than one path a prefix is sent."""

    @property
    def internal(self) -> bool:
        return self.local_as == self.remote_as


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A route in an Adj-RIB-In, or of our own (``session`` None), and what import made of it."""

    session: Session | None
    path_id: int
    received: Attributes
    accepted: Attributes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A speaker's."""

    cluster_id: str
    default_local_pref: int = 100
    client_to_client: bool = True
    always_compare_med: bool = False


def accept(prefix: str, received: Attributes, session: Session, options: Options) -> Attributes | None:
    """RFC 4271 §9.1.2 and §6.3, RFC 4456 §8, then the import policy."""
    if session.local_as in received.as_path or received.next_hop == session.local:
        return None
    if not session.internal and received.as_path[:1] != (session.remote_as,):
        return None
    if received.originator_id == session.local or options.cluster_id in received.cluster_list:
        return None
    return session.imports(prefix, received)


def best(candidates: Iterable[Candidate], options: Options) -> Candidate | None:
    """RFC 4271 §9.1.2.2 and RFC 4456 §9, step by step: what a step doesn't prefer is out."""
    left = [each for each in candidates if each.accepted is not None]
    if not left:
        return None
    own = [each for each in left if each.session is None]
    left = own or left
    left = _lowest(left, lambda each: -_local_pref(_accepted(each), options))
    left = _lowest(left, lambda each: len(_accepted(each).as_path))
    left = _lowest(left, lambda each: _accepted(each).origin)
    left = [
        each
        for each in left
        if not any(
            (options.always_compare_med or _neighbor(each) == _neighbor(other)) and _med(other) < _med(each)
            for other in left
        )
    ]
    left = _lowest(left, lambda each: each.session is None or each.session.internal)
    left = _lowest(left, lambda each: _octets(_accepted(each).originator_id or _remote(each)))
    left = _lowest(left, lambda each: len(_accepted(each).cluster_list))
    left = _lowest(left, lambda each: _octets(_remote(each)))
    return min(left, key=lambda each: each.path_id)


def tell(prefix: str, candidate: Candidate, to: Session, options: Options) -> Attributes | None:
    """What a peer is told of a route, None for nothing: RFC 4271 §5 and §9.1.3, RFC 4456, RFC 1997."""
    before = candidate.accepted
    origin = candidate.session
    if before is None or (origin is not None and origin.remote == to.remote):
        return None
    reflected = origin is not None and origin.internal and to.internal
    if reflected and origin is not None:
        if not (origin.client or to.client):
            return None
        if origin.client and to.client and not options.client_to_client:
            return None
    if NO_ADVERTISE in before.communities or (NO_EXPORT in before.communities and not to.internal):
        return None
    after = to.exports(prefix, before)
    if after is None:
        return None
    if to.internal:
        after = replace(after, local_pref=_local_pref(after, options))
    if reflected and origin is not None:
        return replace(
            after,
            originator_id=after.originator_id or origin.remote,
            cluster_list=(options.cluster_id, *after.cluster_list),
        )
    own_next_hop = not after.next_hop or to.next_hop == "self"
    after = replace(after, next_hop=to.local if own_next_hop else after.next_hop)
    if to.internal:
        return after
    return replace(
        after,
        as_path=(to.local_as, *after.as_path),
        med=after.med if origin is None or after.med != before.med else None,
        local_pref=None,
        originator_id=None,
        cluster_list=(),
    )


def _lowest(candidates: list[Candidate], value: Callable[[Candidate], int | bool | tuple[int, ...]]) -> list[Candidate]:
    lowest = min(map(value, candidates))  # type: ignore[type-var]
    return [each for each in candidates if value(each) == lowest]


def _accepted(candidate: Candidate) -> Attributes:
    assert candidate.accepted is not None
    return candidate.accepted


def _local_pref(attributes: Attributes, options: Options) -> int:
    return options.default_local_pref if attributes.local_pref is None else attributes.local_pref


def _med(candidate: Candidate) -> int:
    return _accepted(candidate).med or 0


def _neighbor(candidate: Candidate) -> int:
    return (_accepted(candidate).as_path or (0,))[0]


def _remote(candidate: Candidate) -> str:
    return candidate.session.remote if candidate.session is not None else "0.0.0.0"


def _octets(address: str) -> tuple[int, ...]:
    return tuple(map(int, address.split(".")))
