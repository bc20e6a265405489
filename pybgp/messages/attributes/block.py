"""A whole set of path attributes as one value: checked, canonical, immutable, shared by all its prefixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ...addresses import address_text
from ...constants import AttributeCode, AttributeFlags
from ..context import Context, PeerKind
from ..errors import (
    AttributeFlagsError,
    AttributeProblem,
    MalformedAsPath,
    MalformedAttributeList,
    MissingAttribute,
    Outcome,
    Problem,
    UnexpectedAttribute,
    UnrecognizedWellKnown,
    attribute_name,
)
from . import as4, registry
from .as_path import AsPath, SegmentType, measure, walk_segments
from .base import CANONICAL, EXTENDED_LENGTH, KIND_BITS, PARTIAL, Attribute, KnownAttribute, RawAttribute, pack, walk
from .communities import Communities
from .extended_communities import ExtendedCommunities
from .large_communities import LargeCommunities, LargeCommunity
from .origin import Origin
from .typed import attributes as typed_attributes

_OPTIONAL: Final = int(AttributeFlags.OPTIONAL)
_TRANSITIVE: Final = int(AttributeFlags.TRANSITIVE)
_ORIGIN_SIZE: Final = 4
_AS_SEQUENCE: Final = 2
_MASKED: Final = 64
"""Attribute types from here on have no bit in ``Block.mask``."""
_REPR_SIZE: Final = 1000
"""Characters of a representation at most: it is for a log."""
_LAST_HEAD: Final = AttributeCode.COMMUNITIES.value
_MP: Final = frozenset({AttributeCode.MP_REACH_NLRI, AttributeCode.MP_UNREACH_NLRI})
_AS4: Final = frozenset({AttributeCode.AS4_PATH, AttributeCode.AS4_AGGREGATOR})
_SAME_DOMAIN: Final = frozenset({AttributeCode.TUNNEL_ENCAPSULATION, AttributeCode.AIGP, AttributeCode.PREFIX_SID})
"""Attributes that an external peer may send if it belongs to our own administration."""
_NOT_IN_A_BLOCK: Final = _MP | _AS4 | {AttributeCode.NEXT_HOP}


class _Interned(dict[bytes, bytes]):
    """The same object for the same octets: many blocks have few next hops."""

    _LIMIT: Final = 65_536

    def __missing__(self, octets: bytes) -> bytes:
        if len(self) >= self._LIMIT:
            self.clear()
        self[octets] = octets
        return octets


INTERNED: Final = _Interned()


class Block:
    """What every prefix of an UPDATE has in common.

    ``octets`` are the attributes in ascending order with canonical flags, AS numbers in four octets, without
    NEXT_HOP, MP_REACH_NLRI, MP_UNREACH_NLRI, AS4_PATH and AS4_AGGREGATOR; it always begins with ORIGIN (4 octets)
    and AS_PATH. ``next_hop`` has 4, 16 or 32 octets, or none for routes of our own. ``next_hop_at`` is the offset
    behind AS_PATH, where NEXT_HOP would stand; ``tail_at`` that of the first attribute with a type above 8. ``mask``
    has bit n set for each attribute type n below 64 that is present. Blocks are equal when octets and next hop are.
    """

    # 300,000 are alive with a full table: nothing is stored that can be read from the octets, but what ranks a path.
    __slots__ = (
        "local_pref",  # int | None
        "mask",
        "med",  # int | None
        "neighbor_as",  # first AS of the first AS_SEQUENCE, 0 if there is none
        "next_hop",
        "next_hop_at",
        "octets",
        "origin",
        "path_length",  # as RFC 4271 §9.1.2.2 a counts
        "tail_at",
    )

    def __init__(
        self,
        octets: bytes,
        next_hop: bytes,
        origin: int,
        path_length: int,
        neighbor_as: int,
        med: int | None,
        local_pref: int | None,
        mask: int,
        next_hop_at: int,
        tail_at: int,
    ) -> None:
        # HOT: made once a distinct block, from values that agree with the octets; ``build`` is for everybody else.
        self.octets = octets
        self.next_hop = next_hop
        self.origin = origin
        self.path_length = path_length
        self.neighbor_as = neighbor_as
        self.med = med
        self.local_pref = local_pref
        self.mask = mask
        self.next_hop_at = next_hop_at
        self.tail_at = tail_at

    @classmethod
    def build(cls, attributes: Iterable[Attribute], next_hop: bytes) -> Block:
        """A block of our own making; ORIGIN IGP and an empty AS_PATH are added where they are missing.

        NEXT_HOP and the multiprotocol attributes are not part of a block, and left out.
        """
        by_code = {Origin.code: pack_attribute(Origin()), AsPath.code: pack_attribute(AsPath())}
        by_code |= {found.code: pack_attribute(found) for found in attributes if found.code not in _NOT_IN_A_BLOCK}
        return cls._from_octets(b"".join(octets for _, octets in sorted(by_code.items())), next_hop)

    @classmethod
    def _from_octets(cls, octets: bytes, next_hop: bytes) -> Block:
        """Read what ranks a path from canonical octets."""
        mask, tail_at, at = 0, len(octets), 0
        values: dict[int, bytes] = {}
        for _, code, value, whole in walk(octets):
            if code < _MASKED:
                mask |= 1 << code
            if code > _LAST_HEAD:
                tail_at = min(tail_at, at)
            at += len(whole)
            values[code] = value
        length, neighbor_as = measure(values[AttributeCode.AS_PATH])
        med, local_pref = values.get(AttributeCode.MULTI_EXIT_DISC), values.get(AttributeCode.LOCAL_PREF)
        return cls(
            octets,
            INTERNED[next_hop],
            octets[3],
            length,
            neighbor_as,
            None if med is None else int.from_bytes(med),
            None if local_pref is None else int.from_bytes(local_pref),
            mask,
            _end(octets, _ORIGIN_SIZE),
            tail_at,
        )

    def replace(
        self, *, next_hop: bytes | None = None, set: Iterable[Attribute] = (), remove: Iterable[int] = ()
    ) -> Block:
        """The block with some attributes set (added or changed), some removed, another next hop.

        ORIGIN and AS_PATH can be set, not removed. The same object when nothing changes.
        """
        by_code = {code: whole for _, code, _, whole in walk(self.octets)}
        for code in remove:
            if code > AttributeCode.AS_PATH:
                by_code.pop(code, None)
        by_code |= {found.code: pack_attribute(found) for found in set if found.code not in _NOT_IN_A_BLOCK}
        octets = b"".join(whole for _, whole in sorted(by_code.items()))
        if next_hop is None:
            next_hop = self.next_hop
        if octets == self.octets:
            return self if next_hop == self.next_hop else self._with_next_hop(next_hop)
        return self._from_octets(octets, next_hop)

    def _with_next_hop(self, next_hop: bytes) -> Block:
        return Block(
            self.octets,
            INTERNED[next_hop],
            self.origin,
            self.path_length,
            self.neighbor_as,
            self.med,
            self.local_pref,
            self.mask,
            self.next_hop_at,
            self.tail_at,
        )

    def value(self, code: int) -> bytes | None:
        """The value octets of an attribute, None if it isn't there."""
        if code < _MASKED and not self.mask >> code & 1:
            return None
        octets = self.octets
        at = self.tail_at if code > _LAST_HEAD else self.next_hop_at if code > AttributeCode.AS_PATH else 0
        size = len(octets)
        while at < size:
            end = _end(octets, at)
            if octets[at + 1] == code:
                return octets[at + (4 if octets[at] & EXTENDED_LENGTH else 3) : end]
            at = end
        return None

    def get(self, code: int) -> Attribute | None:
        """An attribute as a typed value (``MultiExitDisc``, ``Communities``, ...), None if it isn't there."""
        octets = self.value(code)
        if octets is None:
            return None
        kind = registry.known(code)
        return self.attributes[code] if kind is None else kind.decode(octets)

    @property
    def attributes(self) -> Mapping[int, Attribute]:
        """All attributes as typed values by type, ascending; made anew each time."""
        return typed_attributes(self.octets, self.next_hop_at)

    @property
    def as_path(self) -> tuple[int, ...]:
        """All AS numbers of the path in order, whatever their segments; ``as_path_text`` shows these."""
        return AsPath.decode(self.as_path_octets).asns

    @property
    def as_path_octets(self) -> bytes:
        """The value of AS_PATH: segments with AS numbers of four octets."""
        at = _ORIGIN_SIZE + (4 if self.octets[_ORIGIN_SIZE] & EXTENDED_LENGTH else 3)
        return self.octets[at : self.next_hop_at]

    @property
    def as_path_text(self) -> str:
        """The path as operators write it: "64512 65001 {65010,65011}"."""
        return str(AsPath.decode(self.as_path_octets))

    @property
    def origin_as(self) -> int | None:
        """The AS that the route comes from, the last one of the path (RFC 6811 §2).

        0: our own, for an empty path and one that ends in confederation segments. None: the path ends in an AS_SET.
        """
        # HOT: once a block where a policy asks for RPKI states; the usual path is one AS_SEQUENCE.
        path = self.as_path_octets
        if not path:
            return 0
        if path[0] == _AS_SEQUENCE and len(path) == 2 + 4 * path[1]:
            return int.from_bytes(path[-4:])
        *_, last = walk_segments(path, 4)
        if last.kind is SegmentType.AS_SEQUENCE:
            return last.asns[-1]
        return None if last.kind is SegmentType.AS_SET else 0

    def contains_as(self, asn: int) -> int:
        """How often ``asn`` stands in the path, sets and confederation segments included (RFC 4271 §9.1.2)."""
        if asn.to_bytes(4) not in self.octets[_ORIGIN_SIZE : self.next_hop_at]:
            return 0
        return self.as_path.count(asn)

    @property
    def communities(self) -> tuple[int, ...]:
        """The numbers of COMMUNITIES (RFC 1997), () if there are none."""
        value = self.value(AttributeCode.COMMUNITIES)
        return Communities.decode(value).values if value else ()

    @property
    def large_communities(self) -> tuple[LargeCommunity, ...]:
        """The triples of LARGE_COMMUNITY (RFC 8092), () if there are none."""
        value = self.value(AttributeCode.LARGE_COMMUNITIES)
        return LargeCommunities.decode(value).values if value else ()

    @property
    def extended_communities(self) -> tuple[bytes, ...]:
        """The extended communities (RFC 4360), 8 octets each, () if there are none."""
        value = self.value(AttributeCode.EXTENDED_COMMUNITIES)
        return ExtendedCommunities.decode(value).values if value else ()

    @property
    def originator_id(self) -> bytes | None:
        """ORIGINATOR_ID, 4 octets (RFC 4456 §8)."""
        return self.value(AttributeCode.ORIGINATOR_ID)

    @property
    def cluster_list(self) -> bytes:
        """The value of CLUSTER_LIST, 4 octets a cluster, empty if it isn't there (RFC 4456 §8)."""
        return self.value(AttributeCode.CLUSTER_LIST) or b""

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Block):
            return NotImplemented
        return self.octets == other.octets and self.next_hop == other.next_hop

    def __hash__(self) -> int:
        return hash((self.octets, self.next_hop))

    def __repr__(self) -> str:
        words = [f"{attribute_name(code).lower()}={found}" for code, found in self.attributes.items()]
        words.insert(2, f"next_hop={address_text(self.next_hop) if self.next_hop else '-'}")
        text = ", ".join(words)
        return f"<Block {text if len(text) <= _REPR_SIZE else text[: _REPR_SIZE - 1] + '…'}>"


class Parsed(NamedTuple):
    """What came of an attribute field.

    ``block`` is None if there is no route for it, or its routes count as withdrawn; ``outcome`` is the strongest of the
    problems' outcomes.
    """

    block: Block | None
    outcome: Outcome = Outcome.NONE
    problems: tuple[Problem, ...] = ()


def parse(raw: bytes, next_hop: bytes | None, context: Context, *, has_nlri: bool = True) -> Parsed:
    """Check an attribute field by RFC 4271 §6.3 and RFC 7606, and make it canonical.

    ``raw`` is the field without MP_REACH_NLRI and MP_UNREACH_NLRI. ``next_hop`` is that of MP_REACH_NLRI, checked by
    the caller; with None the attribute NEXT_HOP counts, otherwise it is ignored (RFC 4760 §3). Without ``has_nlri``
    nothing is mandatory, and no block is made. What depends on the local speaker (own AS,
    own addresses) is not checked.
    """
    return _Parser(next_hop, context).parse(raw, has_nlri)


class _Parser:
    """One attribute field on its way to a block; every error is noted, the strongest decides."""

    __slots__ = ("_context", "_found", "_ignored", "_next_hop", "_problems", "_repeated", "_seen")

    def __init__(self, next_hop: bytes | None, context: Context) -> None:
        self._context = context
        self._next_hop = next_hop
        self._ignored = _MP if next_hop is None else _MP | {AttributeCode.NEXT_HOP}
        self._seen: set[int] = set()  # types met, good or bad
        self._repeated: set[int] = set()
        self._found: dict[int, tuple[int, bytes]] = {}  # type -> (flags to write, canonical value)
        self._problems: list[Problem] = []

    def parse(self, raw: bytes, has_nlri: bool) -> Parsed:
        try:
            for attribute in walk(raw):
                self._read(attribute)
        except MalformedAttributeList as error:
            self._note(Outcome.TREAT_AS_WITHDRAW, error, error.data)
        if has_nlri:
            self._check_mandatory()
        outcome = max((problem.outcome for problem in self._problems), default=Outcome.NONE)
        if not has_nlri or outcome >= Outcome.TREAT_AS_WITHDRAW:
            return Parsed(None, outcome, tuple(self._problems))
        try:
            return Parsed(self._block(), outcome, tuple(self._problems))
        except OverflowError:  # only of two-octet AS numbers, in extended messages
            too_long = MalformedAsPath(AttributeCode.AS_PATH, "longer than 65535 octets with four-octet AS numbers")
            self._note(Outcome.TREAT_AS_WITHDRAW, too_long, b"")
            return Parsed(None, Outcome.TREAT_AS_WITHDRAW, tuple(self._problems))

    def _read(self, raw: RawAttribute) -> None:
        code = raw.code
        if code in self._ignored:
            return
        if code in self._seen:  # RFC 7606 §3 g: the first one counts
            if code not in self._repeated:  # thousands of them are one problem
                self._repeated.add(code)
                self._note(Outcome.DISCARD, MalformedAttributeList(code, "more than once"), raw.octets)
            return
        self._seen.add(code)
        kind = registry.known(code)
        if kind is None:
            self._keep_unknown(raw)
        elif not self._may_send(kind):
            sender = self._context.kind
            article = "a" if sender is PeerKind.CONFEDERATION else "an"
            why = f"not allowed from {article} {sender.name.lower()} peer"
            self._note(Outcome.DISCARD, UnexpectedAttribute(code, why), raw.octets)
        elif code in _AS4 and self._context.four_octet_as:
            why = "from a peer with four-octet AS numbers"
            self._note(Outcome.DISCARD, UnexpectedAttribute(code, why), raw.octets)
        elif (raw.flags ^ kind.flags) & KIND_BITS:
            why = f"flags {raw.flags:02x}, expected {int(kind.flags):02x}"
            self._note(kind.wrong_flags, AttributeFlagsError(code, why), raw.octets)
        else:
            try:
                found = kind.canonical(raw.value, self._context)
            except AttributeProblem as error:
                self._note(max(kind.malformed, error.least), error, raw.octets)
            else:
                if found is not None:
                    self._found[code] = (_flags_to_write(kind.flags, raw.flags), found)

    def _may_send(self, kind: type[KnownAttribute]) -> bool:
        context = self._context
        return context.kind in kind.accepted_from or (context.same_domain and kind.code in _SAME_DOMAIN)

    def _keep_unknown(self, raw: RawAttribute) -> None:
        """RFC 4271 §5: transitive ones go on with Partial set, others end here; well-known ones can't be unknown."""
        if not raw.flags & _OPTIONAL:
            error = UnrecognizedWellKnown(raw.code, f"flags {raw.flags:02x} say well-known, but it isn't known")
            self._note(Outcome.RESET, error, raw.octets)
        elif raw.flags & _TRANSITIVE:
            flags = raw.flags & KIND_BITS | PARTIAL
            self._found[raw.code] = (flags, raw.value)

    def _check_mandatory(self) -> None:
        mandatory = [AttributeCode.ORIGIN, AttributeCode.AS_PATH]
        if self._next_hop is None:
            mandatory.append(AttributeCode.NEXT_HOP)
        for code in mandatory:
            if code not in self._seen:
                self._note(Outcome.TREAT_AS_WITHDRAW, MissingAttribute(code), b"")

    def _note(self, outcome: Outcome, error: AttributeProblem, octets: bytes) -> None:
        if error.carries_attribute:
            error.data = octets
        elif isinstance(error, MalformedAttributeList):
            error.data = b""
        error.with_traceback(None)  # or its frames live as long as the problem
        self._problems.append(Problem(outcome, error.attribute, error.why, octets, error))

    def _block(self) -> Block:
        found = self._found
        if not self._context.four_octet_as:
            self._merge_as4()
        next_hop = found[AttributeCode.NEXT_HOP][1] if self._next_hop is None else self._next_hop
        octets = [
            pack(flags, code, value) for code, (flags, value) in sorted(found.items()) if code not in _NOT_IN_A_BLOCK
        ]
        return Block._from_octets(b"".join(octets), next_hop)

    def _merge_as4(self) -> None:
        """Put the true AS numbers of AS4_PATH and AS4_AGGREGATOR where they belong (RFC 6793 §4.2.3)."""
        values = {code: value for code, (_, value) in self._found.items()}
        path, aggregator = as4.merge(
            values[AttributeCode.AS_PATH],
            values.get(AttributeCode.AGGREGATOR),
            values.get(AttributeCode.AS4_PATH),
            values.get(AttributeCode.AS4_AGGREGATOR),
        )
        self._found[AttributeCode.AS_PATH] = (AsPath.flags, path)
        if aggregator is not None:
            flags, _ = self._found[AttributeCode.AGGREGATOR]
            self._found[AttributeCode.AGGREGATOR] = (flags, aggregator)


def pack_attribute(attribute: Attribute) -> bytes:
    """A whole attribute as it stands in a block."""
    return pack(attribute.flags, attribute.code, attribute.encode(CANONICAL))


def _flags_to_write(defined: int, received: int) -> int:
    """The flags of the definition; Partial as received on what is optional and transitive (RFC 4271 §5)."""
    if defined & KIND_BITS == KIND_BITS:
        return defined | received & PARTIAL
    return defined


def _end(octets: bytes, at: int) -> int:
    """The offset behind the attribute at ``at``, in octets that are known to be well-formed."""
    if octets[at] & EXTENDED_LENGTH:
        return at + 4 + (octets[at + 2] << 8 | octets[at + 3])
    return at + 3 + octets[at + 2]
