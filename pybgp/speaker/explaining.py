"""Why a prefix goes where it goes, and which peers are told of it: one ``Explanation`` of what the core knows.

Every reason comes from the code that decides: the import (``Path.reason``), the decision, the FIB's rules, the export.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from ..addresses import Family, address_text, key_text, prefix_key
from ..config.model import UNICAST
from ..config.words import PROTOCOLS
from ..constants import AttributeCode, Community
from ..errors import ApiError
from ..messages.attributes.only_to_customer import OnlyToCustomer
from ..messages.context import PeerKind
from ..messages.families.registry import route_text
from ..rib.aggregates import AggregateState
from ..rib.covering import covering_keys
from ..rib.explain import candidates
from ..rib.explanation import Advertisement, Explanation, Hop, Kernel, NextHopWay, Told, WeightedWay
from ..rib.export import Export
from ..rib.groups import UpdateGroup
from ..rib.kernel import FibRoute, NextHop
from ..rib.local import AGGREGATE, DEFAULT_KEY, DEFAULT_ROUTE, OWN
from ..rib.next_hops import Gateway, NextHops, Resolution
from ..rib.path import Entry, Path, best_of, paths_of
from ..routes import SourceKind
from .constraint import WAITS, waiting
from .fib import Fib
from .views import damped_until, rpki_state

if TYPE_CHECKING:
    from .core import SpeakerCore
    from .peers import Peer

_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}


def explain(core: SpeakerCore, family: Family, key: bytes, peer: str | None) -> Explanation:
    """About ``key``, or the most specific prefix in the table that holds it; ``peer``: told to this one only.

    Raises:
        ApiError: there is no such peer.
    """
    if peer is not None and peer not in core.sessions.peers:
        raise ApiError(f"no peer {peer!r}")
    table = core.tables[family]
    found = key
    if family in UNICAST:
        found = next((each for each in covering_keys(key) if table.get(each) is not None), key)
    entry = table.get(found)
    peers = [each for each in core.sessions.peers.values() if peer in (None, each.name)]
    return Explanation(
        asked=route_text(family, key),
        prefix=route_text(family, found),
        family=str(family),
        candidates=tuple(
            candidates(
                family,
                found,
                entry,
                core.decision,
                core.programming.multipath,
                way=partial(_way, core, family, found),
                rpki=partial(rpki_state, core, family, found),
                damped_until=partial(damped_until, core, family, found),
                notes=partial(_notes, core, family, found),
            )
        ),
        kernel=_kernel(core, family, found, entry),
        peers=tuple(
            _advertisement(core, each, family, found, entry)
            for each in peers
            if entry is not None or (each.config.default_originate and family in UNICAST and found == DEFAULT_KEY)
        ),
    )


def _notes(core: SpeakerCore, family: Family, key: bytes, path: Path) -> tuple[str, ...]:
    if path.source is AGGREGATE:
        return tuple(
            _made_of(state) for state in core.aggregates.states() if (state.family, state.key) == (family, key)
        )
    notes = []
    otc = path.block.get(AttributeCode.ONLY_TO_CUSTOMER)
    if isinstance(otc, OnlyToCustomer):
        notes.append(f"only for customers since AS {otc.asn} (ONLY_TO_CUSTOMER, RFC 9234 §5)")
    external = path.source.kind is SourceKind.BGP and path.source.peer_kind is PeerKind.EXTERNAL
    if core.rules.draining and external and path.accepted is not None:
        marked = Community.GRACEFUL_SHUTDOWN in path.accepted.communities
        if marked and Community.GRACEFUL_SHUTDOWN not in path.received.communities:
            notes.append(
                "LOCAL_PREF 0 and graceful-shutdown (65535:0) are our own: this speaker is draining (RFC 8326 §4)"
            )
    return tuple(notes)


def _made_of(state: AggregateState) -> str:
    told = "which no peer is told (suppress)" if state.rules.suppress else "which are told, too"
    return f"made of {state.contributors} more specific route{'s' if state.contributors != 1 else ''}, {told}"


# -- next hops and the kernel ------------------------------------------------------------------------------------------


def _way(core: SpeakerCore, family: Family, key: bytes, path: Path) -> NextHopWay:
    next_hop = path.block.next_hop
    if next_hop:
        return _way_of(core.next_hops, family, next_hop, core.next_hops.resolve(next_hop))
    several = core.own.gateways_of(family, key) if path.source.name == OWN.name else ()
    if not several:
        return NextHopWay(reachable=True, cost=0)
    together = core.next_hops.way_of(family, key, several)
    return NextHopWay(
        reachable=bool(together.ways_for(family)),
        cost=together.cost,
        next_hops=tuple(_weighted(core.next_hops, family, key, gateway) for gateway in several),
    )


def _weighted(next_hops: NextHops, family: Family, key: bytes, gateway: Gateway) -> WeightedWay:
    found = next_hops.way_of(family, key, (gateway,))
    way = _way_of(next_hops, family, gateway.address, found)
    return WeightedWay(next_hop=address_text(gateway.address), weight=gateway.weight, way=way)


def _way_of(next_hops: NextHops, family: Family, next_hop: bytes, found: Resolution) -> NextHopWay:
    reachable, hops = bool(found.ways_for(family)), tuple(_hops(next_hops, next_hop))
    return NextHopWay(reachable=reachable, cost=found.cost, hops=hops)


def _hops(next_hops: NextHops, next_hop: bytes) -> Iterator[Hop]:
    for hop in next_hops.trace(next_hop):
        if hop.route is None:
            gateways = (NextHop(each.address[:16], weight=each.weight) for each in hop.gateways)
            leads_to = "; ".join(map(way_text, gateways)) or "drops"
            yield Hop(prefix=key_text(hop.family, hop.key), leads_to=leads_to, source="static", metric=0)
            continue
        ways = "; ".join(map(way_text, hop.route.next_hops)) if hop.route.type == "unicast" else hop.route.type
        source = _NAMES.get(hop.route.protocol, f"protocol {hop.route.protocol}")
        yield Hop(prefix=key_text(hop.family, hop.key), leads_to=ways, source=source, metric=hop.route.metric)


def way_text(way: NextHop) -> str:
    """``via 192.0.2.1 dev eth0 weight 3``, as ``ip route`` writes it."""
    words = [f"via {address_text(way.gateway)}"] if way.gateway else []
    words += [f"dev {way.device}"] if way.device else []
    words += ["onlink"] if way.onlink else []
    words += [f"weight {way.weight}"] if way.weight != 1 else []
    return " ".join(words)


def _kernel(core: SpeakerCore, family: Family, key: bytes, entry: Entry | None) -> Kernel:
    if core.fib_config is None:
        return Kernel(state="off")
    wanted = core.programming.wanted(family, key, entry)
    if isinstance(wanted, str):
        return Kernel(state="none", reason=wanted)
    return Kernel(state="unknown", ways=fib_text(wanted))


def fib_text(route: FibRoute) -> tuple[str, ...]:
    return tuple(map(way_text, route.next_hops)) if route.type == "unicast" else (route.type,)


def with_kernel(found: Explanation, fib: Fib) -> Explanation:
    """With what a FIB says of the prefix."""
    if found.family not in map(str, UNICAST):
        return found
    row = fib.route(*prefix_key(found.prefix))
    if row is None:
        return found
    reason = row.error or found.kernel.reason
    return replace(found, kernel=Kernel(state=row.state, ways=fib_text(row.route), reason=reason))


# -- peers -------------------------------------------------------------------------------------------------------------


def _advertisement(core: SpeakerCore, peer: Peer, family: Family, key: bytes, entry: Entry | None) -> Advertisement:
    membership = peer.members.get(family)
    if membership is None:
        return Advertisement(peer=peer.name, advertised=False, reason=_no_session(peer, family), behind=False)
    group, member = membership
    goes = dict(group.told(peer.name, key, entry))
    told = [_told(core, group, path, export) for path, export in goes.items()]
    best = best_of(entry)
    others = paths_of(entry) if group.rules.add_path else (best,) if best is not None else ()
    stopped = [_stopped(core, group, peer, key, entry, path) for path in others if path not in goes]
    reason = "" if told else stopped[0].reason if stopped else "no candidate can be used (RFC 4271 §9.1.2)"
    return Advertisement(
        peer=peer.name,
        advertised=bool(told),
        reason=reason,
        behind=member.backlog is not None,
        paths=(*told, *stopped),
    )


def _no_session(peer: Peer, family: Family) -> str:
    if not peer.established:
        why = peer.fsm.status()
        return f"no session: {why.state.name.lower()}{', ' + why.last_error if why.last_error else ''}"
    if peer.negotiated is not None and family not in peer.negotiated.families:
        return f"{family} is not negotiated with it (RFC 4760 §8)"
    if family in waiting(peer):
        return WAITS
    return f"{family} waits for the selection after our restart (RFC 4724 §4.1)"


def _told(core: SpeakerCore, group: UpdateGroup, path: Path, export: Export) -> Told:
    next_hop = address_text(export.next_hop) if export.next_hop else ""
    return Told(source=_source(path), path_id=_path_id(core, group, path), reason="", next_hop=next_hop)


def _stopped(core: SpeakerCore, group: UpdateGroup, peer: Peer, key: bytes, entry: Entry | None, path: Path) -> Told:
    if path.source.name == peer.name:
        internal = path.source.peer_kind is PeerKind.INTERNAL
        reason = "it is from this peer itself" + (" (RFC 4456 §8)" if internal else ", and not told back to it")
    else:
        reason = group.exporter.why_not(path, key) or _not_chosen(group, peer, key, entry, path)
    return Told(source=_source(path), path_id=_path_id(core, group, path), reason=reason)


def _not_chosen(group: UpdateGroup, peer: Peer, key: bytes, entry: Entry | None, path: Path) -> str:
    """It could go, but others are chosen for this peer."""
    selection = group.out.selection
    if selection is not None and not selection.reaches(path):
        return "the peer can't reach its next hop (orr, RFC 9107 §3.1)"
    if group.rules.add_path:
        return "others come before it (add_path_limit)"
    choice = group.out.one(entry, key)
    if choice is None or choice.path is path:
        return "another path is chosen for this peer (best_external, orr or route_server_client)"
    why = "orr, RFC 9107 §3.1" if group.rules.position is not None else "default_originate"
    if choice.to(peer.name) is None:
        return f"its own path is the best for it ({why}), which it isn't told (RFC 4456 §8, split horizon)"
    return f"the path of {_source(choice.path)} is the best for it ({why})"


def _source(path: Path) -> str:
    bgp = path.source.kind is SourceKind.BGP or path is DEFAULT_ROUTE or path.source is AGGREGATE
    return path.source.name if bgp else path.source.kind.value


def _path_id(core: SpeakerCore, group: UpdateGroup, path: Path) -> int:
    return core.outbound.ids.of(path) if group.rules.add_path else 0
