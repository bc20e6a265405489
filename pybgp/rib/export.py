"""What a path becomes on its way to a peer: split horizon, reflection (RFC 4456), external rewriting (RFC 4271 §5).

An export is a pure function of the path, of the key where the policy reads it, and of ``ExportRules``; peers with equal
rules form an update group, for which everything is worked out and encoded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, NamedTuple

from ..addresses import Family, key_text
from ..constants import HEADER_SIZE, MAX_MESSAGE, AttributeCode
from ..messages import update
from ..messages.attributes.aigp import Aigp
from ..messages.attributes.base import pieces
from ..messages.attributes.block import Block
from ..messages.attributes.extended_communities import ExtendedCommunities, is_transitive
from ..messages.attributes.ipv6_extended_communities import Ipv6ExtendedCommunities
from ..messages.capabilities.role import BgpRole
from ..messages.context import PeerKind
from ..messages.families.registry import codec
from ..policy import roles
from ..policy.builtin import may_advertise
from ..policy.chain import Policy
from ..policy.import_checks import going_away
from ..routes import NEXT_HOP_SELF, SET_MED, SET_NEXT_HOP, Reject, Source, SourceKind
from . import as_paths
from .as_paths import PathChange, RemovePrivate, prepend, prepend_member
from .covering import Covering
from .local import AGGREGATE, DEFAULT_KEY, DEFAULT_ROUTE
from .path import Path
from .targets import Targets

_NUMBER_SIZE: Final = 7
"""Octets of MULTI_EXIT_DISC and of LOCAL_PREF."""
_AS_PATH: Final = int(AttributeCode.AS_PATH)
_CLUSTER_LIST_BIT: Final = 1 << AttributeCode.CLUSTER_LIST
_AS_SEQUENCE: Final = 2
_SHORTEST_PATH: Final = 4 + 3 + 2
"""Octets of ORIGIN and of an AS_PATH with a segment, up to its first AS."""
_ORIGIN_SIZE: Final = 4
_UPDATE_SIZE: Final = HEADER_SIZE + 4
"""Octets of an UPDATE without attributes and prefixes."""
_REACH_SIZE: Final = 9
"""Octets of MP_REACH_NLRI, its header included, besides next hop and prefixes (RFC 4760 §3)."""
PATH_ID_SIZE: Final = 4
_ADDRESS_SIZES: Final = (4, 16, 32)
_EXTENDED_COMMUNITIES: Final = ((ExtendedCommunities, 8), (Ipv6ExtendedCommunities, 20))
"""The attributes whose communities say themselves whether they leave the AS, and the octets of one."""
_EXTENDED_COMMUNITIES_MASK: Final = sum(1 << kind.code for kind, _ in _EXTENDED_COMMUNITIES)
_NOT_OUTSIDE: Final = (
    AttributeCode.ORIGINATOR_ID,
    AttributeCode.CLUSTER_LIST,
    AttributeCode.TUNNEL_ENCAPSULATION,
    AttributeCode.AIGP,
    AttributeCode.PREFIX_SID,
)
"""What belongs to the AS or its domain: RFC 4456 §8, RFC 9012 §11, RFC 7311 §3.3, RFC 8669 §8."""
_INSIDE_AN_AS: Final = _NOT_OUTSIDE[:2]
"""What reflection adds, and ends at the border of a member AS, too."""
_ORIGINATOR_ID: Final = b"\x80\x09\x04"
"""What stands before its value."""
_INSIDE_AN_AS_MASK: Final = sum(1 << code for code in _INSIDE_AN_AS)
_AIGP_BIT: Final = 1 << AttributeCode.AIGP
_INTERNAL: Final = PeerKind.INTERNAL  # by the name of its class an enum's member costs 0.1 µs (CPython 3.11)
_EXTERNAL: Final = PeerKind.EXTERNAL
_CONFEDERATION: Final = PeerKind.CONFEDERATION
_BGP: Final = SourceKind.BGP
_tuple: Final = tuple.__new__  # half of what calling a NamedTuple costs


Cost = Callable[[str, str], int | None]
"""(peer's name, next hop) → the interior cost from that peer to the next hop, None if it can't reach it."""


@dataclass(frozen=True, slots=True)
class Position:
    """From where a reflector looks for a client (RFC 9107 §3.1)."""

    peer: str
    cost: Cost


class Export(NamedTuple):
    """Attributes ready for the wire (NEXT_HOP included where the classic form has it), the next hop, and the labels."""

    attributes: bytes
    next_hop: bytes
    labels: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRules:
    """Everything that can change the octets a peer gets; peers that agree in all of it share an update group.

    ``own_next_hop`` is our address on the session (4, 16 or 32 octets). ``shared_subnet`` is the ``whole_subnet``
    shared with a directly connected external peer, within which third-party next hops are allowed (RFC 4271 §5.1.3).
    """

    family: Family
    kind: PeerKind
    client: bool = False
    local_as: int
    own_as: int = 0
    """Our AS behind ``local_as``, where the peer is shown both; 0 where not."""
    remote_as: int = 0
    """The peer's AS, where ``as_override`` or ``remove_private_as`` ask for it; 0 where not."""
    as_override: bool = False
    remove_private_as: RemovePrivate = "off"
    role: BgpRole | None = None
    """Ours towards an external peer (RFC 9234)."""
    route_server_client: bool = False
    """Other external peers' routes go through as they are (RFC 7947 §2.2)."""
    same_domain: bool = False
    """An external peer of our own administration, which is told AIGP, prefix SIDs and tunnels."""
    cost: Callable[[bytes], int] | None = field(default=None, compare=False)
    """What it costs to get to a next hop; by so much AIGP grows where we put ourselves in its place (RFC 7311 §3.4)."""
    router_id: bytes
    cluster_id: bytes
    """The cluster of a client, the speaker's for others (RFC 4456 §7)."""
    own_next_hop: bytes
    next_hop_mode: Literal["auto", "self", "self_all", "keep"] = "auto"
    shared_subnet: bytes | None = None
    peer_addresses: frozenset[bytes] = frozenset()
    """Where ``shared_subnet`` is set: addresses of peers, none of which is the next hop of a route of our own; else one
    of them would be told its own (RFC 4271 §5.1.3)."""
    peer_ranges: frozenset[bytes] = frozenset()
    """The ``whole_subnet`` of the prefixes that dynamic peers come from, likewise."""
    default_local_pref: int = 100
    client_to_client: bool = True
    """Reflect between clients (RFC 4456 §7)."""
    four_octet_as: bool = True
    add_path: bool = False
    add_path_limit: int = 0
    """With ``add_path``: tell so many of the best paths, 0 for all."""
    best_external: bool = False
    """Tell the best external path where the best is internal and may not be told (draft-ietf-idr-best-external)."""
    position: Position | None = None
    """From where to compare costs to next hops, where not from here (RFC 9107)."""
    extended_next_hop: bool = False
    limit: int = MAX_MESSAGE
    mrai: float = 0
    default_originate: bool = False
    """Tell a default route of our own, instead of what the table has (beside it, with ADD-PATH)."""
    default_route_target: bool = True
    """Off: of memberships, the default one is not told (RFC 4684 §4)."""
    targets: Targets | None = None
    """The route targets that the peer has asked for, None if it is told all VPN routes (RFC 4684)."""
    suppressing: tuple[bytes, ...] = ()
    """Aggregates in whose place more specific routes are not told (RFC 4271 §9.2.2.2)."""
    draining: bool = False
    """We are about to go: GRACEFUL_SHUTDOWN, and LOCAL_PREF 0 inside the AS (RFC 8326)."""
    policy: Policy


class Exporter:
    """Turns paths into exports by one set of rules, and remembers the latest."""

    __slots__ = (
        "_accepts_all",
        "_aigp_costs",
        "_by_mark",
        "_cache",
        "_classic",
        "_cluster_id",
        "_hides_default",
        "_kept_inside",
        "_kept_inside_mask",
        "_local_pref",
        "_marked",
        "_next_hop_sizes",
        "_no_others",
        "_own_cluster_list",
        "_path_changes",
        "_path_heads",
        "_role",
        "_room",
        "_sets_all_next_hops",
        "_shared",
        "_suppressing",
        "_too_long",
        "reads_prefix",
        "rules",
        "too_long",
    )

    _CACHE_LIMIT: Final = 20_000

    def __init__(self, rules: ExportRules) -> None:
        self.rules = rules
        self._suppressing = Covering(rules.suppressing) if rules.suppressing else None
        self._hides_default = False
        self.reads_prefix = rules.policy.reads_prefix or self._suppressing is not None
        self._marked = rules.policy.by_mark and self._suppressing is None
        self._by_mark: dict[tuple[Path, int], Export | None] = {}  # where the policy looks at prefixes
        self._cache: dict[Path, Export | None] = {}
        self._classic = rules.family == Family.IPV4_UNICAST
        self._cluster_id = rules.cluster_id
        self._no_others = (b"", rules.cluster_id)  # clusters of a source that leave only ours to be passed
        self._own_cluster_list = _attribute(0x80, AttributeCode.CLUSTER_LIST, rules.cluster_id)
        self._sets_all_next_hops = rules.next_hop_mode == "self_all"
        self._accepts_all = rules.policy.accepts_all
        self._aigp_costs: dict[Path, int] = {}  # as they were told
        self._kept_inside = _INSIDE_AN_AS if rules.same_domain else _NOT_OUTSIDE
        self._kept_inside_mask = sum(1 << code for code in self._kept_inside)
        self._role = rules.role if rules.family in roles.FAMILIES else None
        self._path_changes = tuple(_path_changes(rules))
        plain = len(self._path_changes) == _USUAL_CHANGES
        self._path_heads = [_path_head(count, rules.local_as) for count in range(62 if plain else 0)]
        self._shared: dict[bytes, bool] = {}  # next hop -> whether it is in the shared subnet
        self._local_pref = b"\x40\x05\x04" + rules.default_local_pref.to_bytes(4)
        self._room = _room(rules)
        self._next_hop_sizes = _next_hop_sizes(rules)
        self._too_long = f"its attributes don't fit into a message of {rules.limit} octets (RFC 4271 §4.3)"
        self.too_long = 0  # paths that were not told for this reason; whoever says so sets it back

    def export(self, path: Path, key: bytes = b"") -> Export | None:
        """What a peer of this group is told of ``path``, None for nothing. ``key`` counts if ``reads_prefix``."""
        # HOT: once a path and group (and once a mark of the policy's, where that looks at prefixes).
        cache = self._cache
        known = cache.get(path, self) if not self.reads_prefix else self
        if known is not self:
            return known  # type: ignore[return-value]  # self stands for "not there"
        if self.reads_prefix:
            return self._export_by_prefix(path, key)
        if len(cache) >= self._CACHE_LIMIT:
            cache.clear()
        result = cache[path] = self._export(path, key)
        return result

    def alike(self, keys: list[bytes], *paths: Path | None) -> Iterable[list[bytes]]:
        """The prefixes in parts whose exports of these paths are the same."""
        policy = self.rules.policy
        if not self.reads_prefix:
            return (keys,)
        if not self._marked:
            return ([key] for key in keys)
        parts = [keys]
        for path in paths:
            if path is not None and path.accepted is not None:
                block = path.accepted
                parts = [some for part in parts for _, some in policy.by_marks(self.rules.family, part, block)]
        return parts

    def _export_by_prefix(self, path: Path, key: bytes) -> Export | None:
        policy = self.rules.policy
        if not self._marked or path.accepted is None:
            return self._export(path, key)
        mark = policy.mark(self.rules.family, key, path.accepted)
        known = self._by_mark.get((path, mark), self)
        if known is self:
            if len(self._by_mark) >= self._CACHE_LIMIT:
                self._by_mark.clear()
            known = self._by_mark[path, mark] = self._export(path, key, mark)
        return known  # type: ignore[return-value]

    def _export(self, path: Path, key: bytes, mark: int | None = None) -> Export | None:
        made = self._make(path, key, mark) if self._suppressing is None else self._unless_suppressed(path, key)
        if made is self._too_long:
            self.too_long += 1
        return made if isinstance(made, Export) else None

    def originated(self) -> Export | None:
        """The default route of our own that every member is told, if there is one and the policy accepts it."""
        export = self.export(DEFAULT_ROUTE, DEFAULT_KEY) if self.rules.default_originate else None
        self._hides_default = export is not None and not self.rules.add_path
        return export

    def forget(self) -> None:
        """Paths that are gone need no memory."""
        self._cache.clear()
        self._by_mark.clear()

    def why_not(self, path: Path, key: bytes) -> str:
        """Why nothing is told of ``path``, "" if something is; from the code that decides."""
        made = self._unless_suppressed(path, key)
        return made if isinstance(made, str) else ""

    def _unless_suppressed(self, path: Path, key: bytes) -> Export | str:
        """Aggregates themselves are told, also those inside of a wider one: somebody has asked for each of them."""
        if self._suppressing is not None and path.accepted is not None and path.source is not AGGREGATE:
            aggregate = self._suppressing.first(key)
            if aggregate is not None:
                prefix = key_text(self.rules.family, aggregate)
                return f"the aggregate {prefix} is told in its place (suppress, RFC 4271 §9.2.2.2)"
        if self._hides_default and key == DEFAULT_KEY and path is not DEFAULT_ROUTE:
            return "the default route that we originate is told in its place (default_originate)"
        return self._make(path, key)

    def _make(self, path: Path, key: bytes, mark: int | None = None) -> Export | str:
        rules = self.rules
        received = path.accepted
        if received is None:
            return path.reason
        source = path.source
        kind = rules.kind
        reflected = kind is _INTERNAL and source.peer_kind is _INTERNAL and source.kind is _BGP
        transparent = rules.route_server_client and source.peer_kind is _EXTERNAL
        refusal = self._unreflected(source) if reflected else None
        if refusal is None and not transparent:
            refusal = may_advertise(received, kind)
        if refusal is None and self._role is not None:
            refusal = roles.may_not_go(self._role, received)
        if refusal is not None:
            return refusal
        block, explicit = received, 0
        if not self._accepts_all:
            policy = rules.policy
            if mark is None:
                mark = policy.mark(rules.family, key, received)
            verdict = policy.decide(source, received, rules.family, key, mark)
            if isinstance(verdict, Reject):
                return verdict.reason
            block, explicit = verdict.block, verdict.explicit
        if rules.draining and (not reflected or self._sets_all_next_hops):
            block = going_away(block)
        next_hop = block.next_hop
        if explicit & NEXT_HOP_SELF:
            next_hop = rules.own_next_hop
        elif not (reflected or transparent) or self._sets_all_next_hops:
            if explicit & SET_NEXT_HOP or next_hop != received.next_hop:  # the policy's, which is kept
                next_hop = next_hop or rules.own_next_hop
            else:
                next_hop = self._next_hop(next_hop, source)
        if block.mask & _AIGP_BIT and next_hop != block.next_hop and block.next_hop:
            block = self._with_aigp_grown(path, block)
        if reflected:
            head, tail = self._reflected(path, block)
        elif kind is _INTERNAL:
            head, tail = self._internal(block)
        elif kind is _CONFEDERATION:
            head, tail = self._to_member(block)
        elif transparent:
            head, tail = self._transparent(block)
        else:
            keep_med = source.kind is not _BGP or bool(explicit & SET_MED) or block.med != received.med
            head, tail = self._external(block, keep_med=keep_med)
        return self._finish(head, tail, next_hop)

    def _unreflected(self, source: Source) -> str | None:
        """Why a route of an internal peer is not for this one, None if it is reflected."""
        rules = self.rules
        if not (rules.client or source.client):
            return "learned from a non-client, for a non-client (RFC 4456 §6)"
        if rules.client and source.client and not rules.client_to_client:
            return "from a client, and reflection between clients is off (RFC 4456 §7)"
        return None

    def _finish(self, head: bytes, tail: bytes, next_hop: bytes) -> Export | str:
        """NEXT_HOP goes between AS_PATH and the rest where the classic form has it (RFC 4271 §4.3, RFC 4760 §3)."""
        if not self.rules.four_octet_as:
            whole = update.to_two_octet(head + tail)
            at = _ORIGIN_SIZE + _attribute_size(whole, _ORIGIN_SIZE)
            head, tail = whole[:at], whole[at:]
        if self._classic and len(next_hop) == 4:
            attributes = b"".join((head, b"\x40\x03\x04", next_hop, tail))
            fits = len(attributes) <= self._room
        else:
            size = self._next_hop_sizes.get(len(next_hop))
            if size is None:
                return "its next hop is not of a form that the peer takes (RFC 8950 §4)"
            attributes = head + tail
            fits = len(attributes) + _REACH_SIZE + size <= self._room
        return _tuple(Export, (attributes, next_hop, b"")) if fits else self._too_long

    def _next_hop(self, next_hop: bytes, source: Source) -> bytes:
        """What becomes of a next hop that no policy has set (RFC 4271 §5.1.3, RFC 4456 §7, RFC 5065 §5.1)."""
        rules = self.rules
        mode = rules.next_hop_mode
        if not next_hop or mode == "self_all":
            return rules.own_next_hop
        if source.kind is not _BGP and self._is_peer(next_hop):
            return rules.own_next_hop
        if mode == "keep":
            return next_hop
        if rules.kind is not _EXTERNAL:
            inside = source.kind is _BGP and source.peer_kind is not _EXTERNAL  # from our AS or confederation
            return rules.own_next_hop if mode == "self" and not inside else next_hop
        if mode == "auto" and rules.shared_subnet is not None and self._is_shared(next_hop):
            return next_hop
        return rules.own_next_hop

    def _is_peer(self, next_hop: bytes) -> bool:
        rules = self.rules
        if rules.shared_subnet is None:
            return False
        return next_hop in rules.peer_addresses or any(within(next_hop, each) for each in rules.peer_ranges)

    def _is_shared(self, next_hop: bytes) -> bool:
        shared = self._shared.get(next_hop)
        if shared is None:
            if len(self._shared) >= self._CACHE_LIMIT:
                self._shared.clear()
            subnet = self.rules.shared_subnet
            shared = self._shared[next_hop] = subnet is not None and within(next_hop, subnet)
        return shared

    def _reflected(self, path: Path, block: Block) -> tuple[bytes, bytes]:
        """ORIGINATOR_ID if absent, our CLUSTER_ID in front of CLUSTER_LIST (RFC 4456 §8); nothing else changes."""
        octets = block.octets
        at = block.tail_at
        source = path.source
        if (
            not block.mask & _INSIDE_AN_AS_MASK
            and block.local_pref is not None
            and source.cluster_id in self._no_others
        ):
            start = block.next_hop_at  # the usual: straight from a client, which has only one cluster to pass
            added = (octets[start:at], _ORIGINATOR_ID, source.router_id, self._own_cluster_list, octets[at:])
            return octets[:start], b"".join(added)
        originator = block.originator_id
        if originator is None:
            originator = source.router_id
        else:
            at += _attribute_size(octets, at)
        cluster_list = self._clusters(source)
        if block.mask & _CLUSTER_LIST_BIT:
            cluster_list += block.cluster_list
            at += _attribute_size(octets, at)
        tail = (
            self._with_local_pref(block),
            _ORIGINATOR_ID,
            originator,
            _attribute(0x80, AttributeCode.CLUSTER_LIST, cluster_list),
            octets[at:],
        )
        return octets[: block.next_hop_at], b"".join(tail)

    def _clusters(self, source: Source) -> bytes:
        """Those that the route passes here: of the client it goes to, behind it that of the one it comes from."""
        to, of = self._cluster_id, source.cluster_id
        if to == of or not of:
            return to
        return to + of if self.rules.client else of

    def _internal(self, block: Block) -> tuple[bytes, bytes]:
        """An external or own route for an internal peer: LOCAL_PREF must be there (RFC 4271 §5.1.5)."""
        octets = block.octets
        return octets[: block.next_hop_at], self._with_local_pref(block) + octets[block.tail_at :]

    def _with_local_pref(self, block: Block) -> bytes:
        """The attributes from MED to COMMUNITIES, with LOCAL_PREF put in where it is missing."""
        octets = block.octets
        start, end = block.next_hop_at, block.tail_at
        if block.local_pref is not None:
            return octets[start:end]
        at = start + (_NUMBER_SIZE if block.med is not None else 0)
        return b"".join((octets[start:at], self._local_pref, octets[at:end]))

    def _external(self, block: Block, *, keep_med: bool) -> tuple[bytes, bytes]:
        """Our AS in front; LOCAL_PREF, MED of others and what belongs to the inside stay inside (RFC 4271 §5)."""
        if block.mask & _EXTENDED_COMMUNITIES_MASK:
            block = _transitive_only(block)
        block = self._outside(block)
        octets = block.octets
        at = rest = block.next_hop_at
        med = b""
        if block.med is not None:
            rest += _NUMBER_SIZE
            med = octets[at:rest] if keep_med else b""
        if block.local_pref is not None:
            rest += _NUMBER_SIZE
        return octets[:_ORIGIN_SIZE] + self._prepended(block), med + octets[rest:]

    def _outside(self, block: Block) -> Block:
        if block.mask & self._kept_inside_mask:
            block = block.replace(remove=self._kept_inside)
        if self._role is not None:
            block = roles.marked_on_export(self._role, block, self.rules.local_as)
        return block

    def _transparent(self, block: Block) -> tuple[bytes, bytes]:
        """As another external peer sent it: path, MED and all communities stay (RFC 7947 §2.2)."""
        block = self._outside(block)
        octets = block.octets
        at = rest = block.next_hop_at + (_NUMBER_SIZE if block.med is not None else 0)
        if block.local_pref is not None:
            rest += _NUMBER_SIZE
        return octets[: block.next_hop_at], octets[block.next_hop_at : at] + octets[rest:]

    def _to_member(self, block: Block) -> tuple[bytes, bytes]:
        """Another member AS of our confederation: ours in front, all else as inside the AS (RFC 5065 §4.1, §5)."""
        if block.mask & _INSIDE_AN_AS_MASK:
            block = block.replace(remove=_INSIDE_AN_AS)
        as_path = prepend_member(block.as_path_octets, self.rules.local_as)
        head = block.octets[:_ORIGIN_SIZE] + _attribute(0x40, _AS_PATH, as_path)
        return head, self._with_local_pref(block) + block.octets[block.tail_at :]

    def _with_aigp_grown(self, path: Path, block: Block) -> Block:
        """By the cost of the way to the next hop that isn't seen any more (RFC 7311 §3.4)."""
        cost = self._aigp_costs.get(path)
        if cost is None:
            if len(self._aigp_costs) >= self._CACHE_LIMIT:
                self._aigp_costs.clear()
            cost = self.rules.cost(block.next_hop) if self.rules.cost is not None else 0
            self._aigp_costs[path] = cost
        aigp = block.get(AttributeCode.AIGP)
        return block.replace(set=(aigp.grown(cost),)) if isinstance(aigp, Aigp) and cost else block

    def _prepended(self, block: Block) -> bytes:
        """The AS_PATH attribute with our AS in front, and what else is to be done to it."""
        octets = block.octets
        if block.next_hop_at > _SHORTEST_PATH and octets[4] == 0x40:
            size, kind, count = octets[6:9]
            if kind == _AS_SEQUENCE and size == 2 + 4 * count and count < len(self._path_heads):  # the usual path
                return self._path_heads[count] + octets[9 : block.next_hop_at]
        as_path = block.as_path_octets
        for change in self._path_changes:
            as_path = change(as_path)
        return _attribute(0x40, _AS_PATH, as_path)


_USUAL_CHANGES: Final = 2


def _path_changes(rules: ExportRules) -> Iterator[PathChange]:
    """What happens to the AS_PATH on its way to an external peer, in order; two steps without options."""
    own, remote = rules.local_as, rules.remote_as
    yield as_paths.without_confederation
    if rules.remove_private_as != "off":
        yield partial(as_paths.without_private, mode=rules.remove_private_as, own=own, remote=remote)
    if rules.as_override:
        yield partial(as_paths.overridden, own=own, remote=remote)
    if rules.own_as:
        yield partial(prepend, asn=rules.own_as)
    yield partial(prepend, asn=own)


def _path_head(count: int, asn: int) -> bytes:
    """What stands before ``count`` AS numbers when ``asn`` is put in front of them, in one AS_SEQUENCE."""
    return bytes((0x40, _AS_PATH, 2 + 4 * (count + 1), _AS_SEQUENCE, count + 1)) + asn.to_bytes(4)


def _room(rules: ExportRules) -> int:
    """Octets that attributes may have so that any prefix of the family fits behind them (RFC 4271 §4.3)."""
    family = codec(rules.family)
    longest = family.max_key if family is not None else 0
    return rules.limit - _UPDATE_SIZE - longest - (PATH_ID_SIZE if rules.add_path else 0)


def _next_hop_sizes(rules: ExportRules) -> dict[int, int]:
    """Octets of the addresses that may be next hops in MP_REACH_NLRI → octets that they have there."""
    family = codec(rules.family)
    if family is None:
        return {}
    sizes = family.next_hop_sizes + (family.extended_next_hop_sizes if rules.extended_next_hop else ())
    wire = {size: len(family.next_hop_octets(bytes(size))) for size in _ADDRESS_SIZES}
    return {size: on_wire for size, on_wire in wire.items() if on_wire in sizes}


def _attribute(flags: int, code: int, value: bytes) -> bytes:
    size = len(value)
    if size < 256:
        return bytes((flags, code, size)) + value
    return bytes((flags | 0x10, code)) + size.to_bytes(2) + value


def _attribute_size(octets: bytes, at: int) -> int:
    """Octets of the attribute that starts at ``at``, its header included."""
    if octets[at] & 0x10:
        return 4 + (octets[at + 2] << 8 | octets[at + 3])
    return 3 + octets[at + 2]


def _transitive_only(block: Block) -> Block:
    """Non-transitive extended communities end at the border of the AS (RFC 4360 §2, RFC 5701 §2, RFC 7153)."""
    for kind, size in _EXTENDED_COMMUNITIES:
        items = pieces(block.value(kind.code) or b"", size)
        kept = [item for item in items if is_transitive(item)]
        if items and not kept:
            block = block.replace(remove=(kind.code,))
        elif len(kept) < len(items):
            block = block.replace(set=(kind.decode(b"".join(kept)),))
    return block


def whole_subnet(key: bytes, size: int) -> bytes:
    """A key with all octets of an address, by whose ``size`` the families are told apart."""
    return key.ljust(1 + size, b"\0")


def within(next_hop: bytes, subnet: bytes) -> bool:
    """Does the address lie in the subnet (a ``whole_subnet``)?"""
    size = 4 if len(next_hop) == 4 else 16
    if len(subnet) - 1 != size:
        return False
    return (int.from_bytes(next_hop[:size]) ^ int.from_bytes(subnet[1:])) >> (size * 8 - subnet[0]) == 0
