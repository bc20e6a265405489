"""What the RFCs make of a route from speaker to speaker, slowly and obviously: values in, values out, nothing kept.

The twin of ``policy.builtin`` and ``roles``, of ``rib.export``, ``decision``, ``selection``, ``aggregates`` and
``groups``: it has no octets, caches, groups or order of arrival, and shares no code with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from typing import Final

from pybgp.addresses import address_text
from pybgp.constants import AttributeCode, Community
from pybgp.messages.attributes.as_path import CONFED, AsPath
from pybgp.messages.attributes.block import Block

NO_EXPORT: Final = int(Community.NO_EXPORT)
NO_ADVERTISE: Final = int(Community.NO_ADVERTISE)
NO_EXPORT_SUBCONFED: Final = int(Community.NO_EXPORT_SUBCONFED)
GRACEFUL_SHUTDOWN: Final = int(Community.GRACEFUL_SHUTDOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The attributes of a route; addresses are text, ``next_hop`` "" is that of a route of our own."""

    origin: int = 0
    as_path: tuple[int, ...] = ()
    """Without what is for the members of a confederation only:"""
    members: tuple[int, ...] = ()
    next_hop: str = ""
    med: int | None = None
    med_is_set: bool = field(default=False, compare=False)
    """By the policy that has just been asked, if only to the value that it had."""
    local_pref: int | None = None
    communities: frozenset[int] = frozenset()
    originator_id: str | None = None
    cluster_list: tuple[str, ...] = ()
    only_to_customer: int | None = None

    @classmethod
    def of(cls, block: Block) -> Attributes:
        """Those of a block that are looked at here."""
        clusters = block.cluster_list
        segments = AsPath.decode(block.as_path_octets).segments
        only_to_customer = block.value(AttributeCode.ONLY_TO_CUSTOMER)
        return cls(
            origin=block.origin,
            as_path=tuple(asn for segment in segments if segment.kind not in CONFED for asn in segment.asns),
            members=tuple(asn for segment in segments if segment.kind in CONFED for asn in segment.asns),
            next_hop=address_text(block.next_hop) if block.next_hop else "",
            med=block.med,
            local_pref=block.local_pref,
            communities=frozenset(block.communities),
            originator_id=None if block.originator_id is None else address_text(block.originator_id),
            cluster_list=tuple(address_text(clusters[at : at + 4]) for at in range(0, len(clusters), 4)),
            only_to_customer=None if only_to_customer is None else int.from_bytes(only_to_customer),
        )


Policy = Callable[[str, Attributes], Attributes | None]
"""A prefix and attributes to what passes, None for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one speaker must know of a session of its own."""

    local: str
    remote: str
    """Addresses."""
    local_id: str
    remote_id: str
    """Router identifiers."""
    local_as: int
    remote_as: int
    in_confederation: bool = False
    """Both are members of one confederation."""
    client: bool = False
    imports: Policy
    exports: Policy
    next_hop: str = "auto"
    """As in the configuration; all speakers are in one subnet."""
    add_path: bool = False
    """More than one path a prefix is sent."""
    add_path_limit: int = 0
    """So many at most, 0 for all."""
    best_external: bool = False
    default_originate: bool = False
    role: str | None = None
    """What we are for the other (RFC 9234)."""

    @property
    def internal(self) -> bool:
        return self.local_as == self.remote_as

    @property
    def external(self) -> bool:
        return not self.internal and not self.in_confederation


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A route in an Adj-RIB-In, or of our own (``session`` None), and what import made of it."""

    session: Session | None
    name: str
    """The peer's, or what kind of route of our own it is."""
    path_id: int
    received: Attributes
    accepted: Attributes | None


def own(name: str, attributes: Attributes) -> Candidate:
    """A route that starts here."""
    return Candidate(session=None, name=name, path_id=0, received=attributes, accepted=attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A speaker's."""

    cluster_id: str
    default_local_pref: int = 100
    client_to_client: bool = True
    always_compare_med: bool = False
    member_as: int = 0
    confederation: int = 0
    """Its numbers inside and outside a confederation, 0 without one."""
    suppressing: tuple[str, ...] = ()
    """Aggregates in whose place more specific routes are not told."""
    draining: bool = False


# -- what comes in -----------------------------------------------------------------------------------------------------


def accept(prefix: str, received: Attributes, session: Session, options: Options) -> Attributes | None:
    """RFC 4271 §9.1.2 and §6.3, RFC 4456 §8, RFC 5065 §4, RFC 9234 §5, then the import policy, then RFC 8326 §4.2."""
    if options.confederation:
        if options.member_as in received.members or options.confederation in received.as_path:
            return None
    elif session.local_as in received.as_path:
        return None
    if received.next_hop == session.local:
        return None
    if session.external and received.as_path[:1] != (session.remote_as,):
        return None
    if session.in_confederation and not session.internal and received.members[:1] != (session.remote_as,):
        return None
    if received.originator_id == session.local_id or options.cluster_id in received.cluster_list:
        return None
    only_to_customer = received.only_to_customer
    if only_to_customer is not None:
        if session.role in ("provider", "rs"):
            return None
        if session.role == "peer" and only_to_customer != session.remote_as:
            return None
    elif session.role in ("customer", "rs_client", "peer"):
        only_to_customer = session.remote_as
    accepted = session.imports(prefix, replace(received, only_to_customer=only_to_customer))
    if accepted is not None and session.external and options.draining:
        return replace(accepted, local_pref=0, communities=accepted.communities | {GRACEFUL_SHUTDOWN})
    if accepted is not None and session.external and GRACEFUL_SHUTDOWN in accepted.communities:
        return replace(accepted, local_pref=0)
    return accepted


# -- which is best -----------------------------------------------------------------------------------------------------


def best(candidates: Iterable[Candidate], options: Options) -> Candidate | None:
    """RFC 4271 §9.1.2.2 and RFC 4456 §9, step by step: what a step doesn't prefer is out."""
    left = [each for each in candidates if each.accepted is not None]
    if not left:
        return None
    ours = [each for each in left if each.session is None]
    left = ours or left
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
    left = _lowest(left, lambda each: each.session is None or not each.session.external)
    left = _lowest(left, lambda each: ip_address(_accepted(each).originator_id or _remote_id(each)).packed)
    left = _lowest(left, lambda each: len(_accepted(each).cluster_list))
    left = _lowest(left, lambda each: ip_address(each.session.remote).packed if each.session is not None else b"")
    return min(left, key=lambda each: each.path_id)


def in_order(candidates: Iterable[Candidate], options: Options) -> Iterator[Candidate]:
    """The best, then the best of the others, and so on."""
    left = list(candidates)
    while (first := best(left, options)) is not None:
        yield first
        left.remove(first)


def aggregate(prefix: str, loc_rib: Mapping[str, Candidate]) -> Attributes | None:
    """What is announced of a configured aggregate, by the best routes that are inside of it (RFC 4271 §9.2.2.2)."""
    inside = [_accepted(each) for more, each in loc_rib.items() if _is_inside(more, prefix)]
    return Attributes(origin=max(each.origin for each in inside)) if inside else None


def feasible(
    destination: str | None, flow: Candidate, unicast: Mapping[str, Candidate], *, confed_set: bool = False
) -> bool:
    """RFC 8955 §6 with RFC 9117 §4: may a peer's flow specification be used, by the best unicast routes?

    ``confed_set``: among the members of its path is an AS_CONFED_SET.
    """
    session, received = flow.session, flow.received
    assert session is not None
    if destination is None:
        return False
    wanted = ip_network(destination)
    holding = [each for each in unicast if wanted == ip_network(each) or _is_inside(destination, each)]
    local = not received.as_path and not confed_set
    if not holding:
        return local and not session.external
    match = unicast[max(holding, key=lambda each: ip_network(each).prefixlen)]
    if not local and (match.session is None or _originator(flow) != _originator(match)):
        return False
    neighbor = (match.received.as_path or (0,))[0]
    if session.external and (received.as_path[:1] or (0,)) != (neighbor or -1,):
        return False
    inside = [each.received for prefix, each in unicast.items() if _is_inside(prefix, destination)]
    return all((each.as_path or (0,))[0] == neighbor for each in inside)


def _originator(candidate: Candidate) -> str:
    assert candidate.session is not None
    return candidate.received.originator_id or candidate.session.remote


# -- what goes out -----------------------------------------------------------------------------------------------------


def told(prefix: str, candidates: Iterable[Candidate], to: Session, options: Options) -> list[Attributes]:
    """What a peer is told of a prefix: of the best path, or of those that take its place or go with it."""
    chosen: list[Candidate] = []
    if to.default_originate and ip_network(prefix).prefixlen == 0:
        ours = own("default_originate", Attributes())
        if _sent(prefix, ours, to, options) is not None:
            chosen.append(ours)
    if not chosen or to.add_path:
        chosen += _chosen(prefix, candidates, to, options)
    sent = [_sent(prefix, each, to, options) for each in chosen if each.name != to.remote]
    return [each for each in sent if each is not None]


def _chosen(prefix: str, candidates: Iterable[Candidate], to: Session, options: Options) -> list[Candidate]:
    """Of all that may be told to somebody like the peer; what is its own counts, and is left out later."""
    first = best(candidates, options)
    if first is None:
        return []
    if to.add_path:
        told = [each for each in in_order(candidates, options) if _sent(prefix, each, to, options) is not None]
        return told[: to.add_path_limit] if to.add_path_limit else told
    if to.best_external and to.internal and first.session is not None and first.session.internal:
        if first.name != to.remote and _sent(prefix, first, to, options) is not None:
            return [first]
        for each in in_order(candidates, options):
            from_outside = each.session is None or not each.session.internal
            if from_outside and each.name != to.remote and _sent(prefix, each, to, options) is not None:
                return [each]
        return []
    return [first]


def _sent(prefix: str, candidate: Candidate, to: Session, options: Options) -> Attributes | None:
    """What becomes of a route on its way, None if it may not go: RFC 4271 §5 and §9.1.3, RFC 4456, RFC 1997, RFC 5065,
    RFC 9234 §5, RFC 8326 §4."""
    before = candidate.accepted
    origin = candidate.session
    if before is None:
        return None
    if candidate.name != "aggregate" and any(_is_inside(prefix, each) for each in options.suppressing):
        return None
    reflected = origin is not None and origin.internal and to.internal
    if reflected and origin is not None:
        if not (origin.client or to.client):
            return None
        if origin.client and to.client and not options.client_to_client:
            return None
    if NO_ADVERTISE in before.communities or (NO_EXPORT in before.communities and to.external):
        return None
    if NO_EXPORT_SUBCONFED in before.communities and not to.internal:
        return None
    if to.role in ("customer", "rs_client", "peer") and before.only_to_customer is not None:
        return None
    after = to.exports(prefix, replace(before, med_is_set=False))
    if after is None:
        return None
    if options.draining and not reflected:
        after = replace(after, communities=after.communities | {GRACEFUL_SHUTDOWN}, local_pref=0)
    if not to.external:
        after = replace(after, local_pref=_local_pref(after, options))
    if reflected and origin is not None:
        return replace(
            after,
            originator_id=after.originator_id or origin.remote_id,
            cluster_list=(options.cluster_id, *after.cluster_list),
        )
    comes_in = to.external or origin is None or origin.external  # else its next hop is that of the whole inside
    if not after.next_hop or (to.next_hop == "self" and comes_in):
        after = replace(after, next_hop=to.local)
    if to.internal:
        return after
    after = replace(after, originator_id=None, cluster_list=())
    if not to.external:
        return replace(after, members=(options.member_as, *after.members))
    only_to_customer = after.only_to_customer
    if only_to_customer is None and to.role in ("provider", "rs", "peer"):
        only_to_customer = to.local_as
    return replace(
        after,
        as_path=(to.local_as, *after.as_path),
        members=(),
        med=after.med if origin is None or after.med_is_set else None,
        local_pref=None,
        only_to_customer=only_to_customer,
    )


def _is_inside(prefix: str, other: str) -> bool:
    """Is the first one more specific than the other, and inside of it?"""
    one, wider = ip_network(prefix), ip_network(other)
    return one.prefixlen > wider.prefixlen and one.supernet(new_prefix=wider.prefixlen) == wider


def _lowest(candidates: list[Candidate], value: Callable[[Candidate], int | bool | bytes]) -> list[Candidate]:
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


def _remote_id(candidate: Candidate) -> str:
    return candidate.session.remote_id if candidate.session is not None else "0.0.0.0"
