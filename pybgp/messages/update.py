"""UPDATE: withdrawn prefixes, attributes, reachable prefixes (RFC 4271 §4.3, RFC 4760, RFC 7606, RFC 7911).

``decode`` makes keys and blocks of a body; ``announce``, ``withdraw`` and ``end_of_rib`` make whole messages of keys
and attribute octets, packed up to the session's limit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from struct import Struct
from typing import Final, NamedTuple

from ..addresses import Family
from ..constants import HEADER_SIZE, MARKER, MAX_MESSAGE, AttributeCode, MessageType
from ..errors import UpdateError
from .attributes.aggregator import Aggregator
from .attributes.as4 import As4Aggregator, As4Path
from .attributes.as_path import CONFED, AsPath
from .attributes.base import KIND_BITS, RawAttribute, pack, walk
from .attributes.block import Block, Parsed, pack_attribute, parse
from .attributes.cache import BlockCache
from .attributes.mp_reach import MpReach, MpUnreach
from .attributes.next_hop import canonical_next_hop, why_no_host
from .context import Context
from .errors import (
    AttributeProblem,
    AttributesTooLong,
    InvalidNetworkField,
    InvalidNextHop,
    MalformedAttributeList,
    OptionalAttributeError,
    Outcome,
    Problem,
)
from .families.base import FamilyCodec, join
from .families.ipv4_unicast import IPV4_UNICAST
from .families.registry import codec

IPV4: Final = Family.IPV4_UNICAST
_MP_REACH: Final = AttributeCode.MP_REACH_NLRI.value
_MP_UNREACH: Final = AttributeCode.MP_UNREACH_NLRI.value
_MP_FLAGS: Final = 0x80
_HEAD: Final = Struct("!HBHH").pack
"""Length and type of the header, lengths of the withdrawn field and of the attributes."""
_FAMILY_HEAD: Final = Struct("!HBB").pack
_NEXT_HOP_HEAD: Final = bytes((0x40, AttributeCode.NEXT_HOP, 4))
_tuple: Final = tuple.__new__
_TWO_OCTET: Final = Context(four_octet_as=False)
_UPDATE: Final = MessageType.UPDATE.value
_FIXED: Final = HEADER_SIZE + 4
"""Octets of an UPDATE without attributes and prefixes."""


class Withdrawn(NamedTuple):
    """Prefixes of one family that are gone; ``path_id`` is 0 without ADD-PATH."""

    family: Family
    path_id: int
    keys: list[bytes]


class Reachable(NamedTuple):
    """Prefixes of one family with their attributes; ``path_id`` is 0 without ADD-PATH."""

    family: Family
    path_id: int
    keys: list[bytes]
    block: Block


class Update(NamedTuple):
    """What an UPDATE says; treat-as-withdraw is done already.

    ``end_of_rib`` is the family whose initial routes are complete (RFC 4724 §2), else None. ``problems`` are what was
    wrong, without ending the session.
    """

    withdrawn: list[Withdrawn]
    reachable: list[Reachable]
    end_of_rib: Family | None = None
    problems: tuple[Problem, ...] = ()


def split(body: bytes) -> tuple[bytes, bytes, bytes]:
    """The withdrawn field, the attribute field and the NLRI field of an UPDATE's body.

    Raises:
        MalformedAttributeList: the lengths don't fit the message (3/1, RFC 4271 §6.3).
    """
    size = len(body)
    attributes_at = nlri_at = size + 1
    if size >= 4:
        attributes_at = 4 + (body[0] << 8 | body[1])
        if attributes_at <= size:
            nlri_at = attributes_at + (body[attributes_at - 2] << 8 | body[attributes_at - 1])
    if nlri_at > size:
        raise MalformedAttributeList(0, f"withdrawn routes or attributes run past the message of {size} octets")
    return body[2 : attributes_at - 2], body[attributes_at:nlri_at], body[nlri_at:]


def decode(body: bytes, context: Context, blocks: BlockCache) -> Update:
    """Read the octets behind the header, check them, and say which prefixes go and come.

    Raises:
        UpdateError: what can't be put right, with the NOTIFICATION's subcode and data (RFC 4271 §6.3, RFC 7606).
    """
    # HOT: 2 µs for an UPDATE of 3 prefixes whose attributes are known, 4 µs with new ones of a usual shape
    # (tests/bench/codec.py). ``split`` is written out, and tuples are made without a NamedTuple's detour.
    if context.classic and body[:2] == b"\0\0" and len(body) > 4:
        nlri_at = 4 + (body[2] << 8 | body[3])
        if 4 < nlri_at < len(body):
            found = blocks.get(body[4:nlri_at], None, context)
            if type(found) is Block:
                field = body[nlri_at:]
                if context.plain_ipv4:
                    reachable = [_tuple(Reachable, (IPV4, 0, IPV4_UNICAST.split(field), found))]
                else:
                    groups = IPV4_UNICAST.split_with_ids(field)
                    reachable = [Reachable(IPV4, path_id, keys, found) for path_id, keys in groups]
                return _tuple(Update, ([], reachable, None, ()))
    return _decode(*split(body), context, blocks)


_Groups = list[tuple[int, list[bytes]]]
"""Keys by path identifier."""


class _Offer(NamedTuple):
    """Prefixes that an UPDATE makes reachable; ``next_hop`` is None where the attribute NEXT_HOP has it."""

    family: Family
    next_hop: bytes | None
    groups: _Groups


def _decode(withdrawn: bytes, attributes: bytes, nlri: bytes, context: Context, blocks: BlockCache) -> Update:
    """Everything but the usual cases.

    Prefixes are read before the attributes are judged: treat-as-withdraw needs all of them (RFC 7606 §3 j).
    """
    problems: list[Problem] = []
    rest, reach, unreach = _take_multiprotocol(attributes)
    if not (withdrawn or rest or nlri or reach) and (unreach is None or len(unreach.value) == 3):
        family = MpUnreach.decode(unreach.value).family if unreach else IPV4
        return Update([], [], family if _usable(family, unreach, context, problems) else None, tuple(problems))
    gone = [Withdrawn(IPV4, *group) for group in _read_classic(withdrawn, context, problems)]
    offers = [_Offer(IPV4, None, groups) for groups in [_read_classic(nlri, context, problems)] if groups]
    if unreach is not None:
        gone += _read_unreach(unreach, context, problems)
    if reach is not None:
        offer, is_host = _read_reach(reach, context, problems)
        if is_host:
            offers += [offer] if offer.groups else []
        else:
            gone += [Withdrawn(offer.family, *group) for group in offer.groups]
    parsed = _judge(rest, offers, context, blocks)
    for each in parsed:
        problems += [problem for problem in each.problems if problem not in problems]
    _raise_what_resets(problems, has_nlri=bool(nlri) or (reach is not None and _has_nlri(reach)))
    reachable = []
    for offer, each in zip(offers, parsed, strict=False):
        if each.block is None or any(other.block is None for other in parsed[: len(offers)]):
            gone += [Withdrawn(offer.family, *group) for group in offer.groups]
        else:
            reachable += [Reachable(offer.family, path_id, keys, each.block) for path_id, keys in offer.groups]
    return Update(_without_announced(gone, reachable), reachable, None, tuple(problems))


def _take_multiprotocol(attributes: bytes) -> tuple[bytes, RawAttribute | None, RawAttribute | None]:
    """The attribute field without MP_REACH_NLRI and MP_UNREACH_NLRI, and these two.

    Raises:
        MalformedAttributeList: one of them twice (3/1, RFC 7606 §3 g).
        OptionalAttributeError: one of them with wrong flags or cut off (3/9, RFC 7606 §5.3).
    """
    taken: dict[int, RawAttribute] = {}
    rest = []
    try:
        for raw in walk(attributes):
            if raw.code not in (_MP_REACH, _MP_UNREACH):
                rest.append(raw.octets)
                continue
            if raw.code in taken:
                raise MalformedAttributeList(raw.code, "more than once")
            if raw.flags & KIND_BITS != _MP_FLAGS:
                why = f"flags {raw.flags:02x}, expected {_MP_FLAGS:02x}"
                raise OptionalAttributeError(raw.code, why, data=raw.octets)
            taken[raw.code] = raw
    except MalformedAttributeList as error:
        if error.attribute in (_MP_REACH, _MP_UNREACH):
            if error.attribute in taken:
                raise MalformedAttributeList(error.attribute, error.why) from None
            raise OptionalAttributeError(error.attribute, error.why, data=error.data) from None
        rest.append(error.data)  # the parser of the block will meet it again
    return b"".join(rest), taken.get(_MP_REACH), taken.get(_MP_UNREACH)


def _read_classic(field: bytes, context: Context, problems: list[Problem]) -> _Groups:
    """The keys of the withdrawn or the NLRI field.

    Raises:
        InvalidNetworkField: 3/10.
    """
    if not field or not _usable(IPV4, None, context, problems):
        return []
    return _keys(IPV4_UNICAST, field, context)


def _read_unreach(raw: RawAttribute, context: Context, problems: list[Problem]) -> list[Withdrawn]:
    """What a MP_UNREACH_NLRI withdraws.

    Raises:
        OptionalAttributeError: 3/9 with the attribute.
    """
    try:
        found = MpUnreach.decode(raw.value)
        family = _usable(found.family, raw, context, problems)
        return [Withdrawn(found.family, *group) for group in _keys(family, found.nlri, context)] if family else []
    except (OptionalAttributeError, InvalidNetworkField) as error:
        raise _multiprotocol_error(raw, error) from None


def _read_reach(raw: RawAttribute, context: Context, problems: list[Problem]) -> tuple[_Offer, bool]:
    """What a MP_REACH_NLRI offers, and whether its next hop can be a host's; if not, its prefixes count as withdrawn.

    Raises:
        OptionalAttributeError: 3/9 with the attribute; a next hop of a size that the family doesn't have is one too.
    """
    try:
        found = MpReach.decode(raw.value)
        family = _usable(found.family, raw, context, problems)
        if family is None:
            return _Offer(found.family, None, []), True
        sizes = family.next_hop_sizes
        if found.family in context.extended_next_hop:
            sizes += family.extended_next_hop_sizes
        if len(found.next_hop) not in sizes:
            expected = " or ".join(map(str, sizes))
            raise OptionalAttributeError(raw.code, f"next hop of {len(found.next_hop)} octets, expected {expected}")
        offer = _Offer(found.family, canonical_next_hop(found.next_hop), _keys(family, found.nlri, context))
    except (OptionalAttributeError, InvalidNetworkField) as error:
        raise _multiprotocol_error(raw, error) from None
    why = why_no_host(found.next_hop, loopback=context.loopback)
    if why:
        invalid = InvalidNextHop(raw.code, why, data=raw.octets)
        problems.append(Problem(Outcome.TREAT_AS_WITHDRAW, raw.code, why, raw.octets, invalid))
    return offer, not why


def _multiprotocol_error(raw: RawAttribute, error: UpdateError) -> OptionalAttributeError:
    why = error.why if isinstance(error, AttributeProblem) else str(error)
    return OptionalAttributeError(raw.code, why, data=raw.octets)


def _usable(family: Family, raw: RawAttribute | None, context: Context, problems: list[Problem]) -> FamilyCodec | None:
    """The family's codec if the session has the family; else what is there is ignored (RFC 4760 §7)."""
    found = codec(family) if family in context.families else None
    if found is None:
        code, octets = (None, b"") if raw is None else (raw.code, raw.octets)
        why = f"family {family} was not negotiated"
        error = OptionalAttributeError(code or 0, why, data=octets)
        problems.append(Problem(Outcome.DISCARD, code, why, octets, error))
    return found


def _keys(family: FamilyCodec, field: bytes, context: Context) -> _Groups:
    if family.family in context.add_path_receive:
        return family.split_with_ids(field)
    keys = family.split(field)
    return [(0, keys)] if keys else []


def _judge(rest: bytes, offers: list[_Offer], context: Context, blocks: BlockCache) -> list[Parsed]:
    """What the attributes are worth: for each offer, or once without any."""
    if not offers:
        return [parse(rest, None, context, has_nlri=False)] if rest else []
    found = [blocks.get(rest, offer.next_hop, context) for offer in offers]
    return [Parsed(each) if isinstance(each, Block) else each for each in found]


def _raise_what_resets(problems: list[Problem], *, has_nlri: bool) -> None:
    """End the session for what can't be treated as withdrawn.

    Without any reachable prefix an error may have cost us the prefixes, so that treat-as-withdraw won't do (RFC 7606
    §5.2).
    """
    limit = Outcome.RESET if has_nlri else Outcome.TREAT_AS_WITHDRAW
    worst = max(problems, key=lambda problem: problem.outcome, default=None)
    if worst is not None and worst.outcome >= limit:
        raise worst.error


def _has_nlri(reach: RawAttribute) -> bool:
    return bool(MpReach.decode(reach.value).nlri)


def _without_announced(gone: list[Withdrawn], reachable: list[Reachable]) -> list[Withdrawn]:
    """A prefix that is withdrawn and announced in one UPDATE is announced (RFC 4271 §4.3)."""
    if not gone or not reachable:
        return gone
    announced: dict[tuple[Family, int], set[bytes]] = {}
    for family, path_id, keys, _ in reachable:
        announced.setdefault((family, path_id), set()).update(keys)
    out = []
    for family, path_id, keys in gone:
        also = announced.get((family, path_id), set())
        left = [key for key in keys if key not in also]
        if left:
            out.append(Withdrawn(family, path_id, left))
    return out


def block_of(attributes: bytes, next_hop: bytes, context: Context) -> Block | None:
    """The block of attributes as they are sent (``wire_attributes``), None if they aren't fit for that."""
    return parse(attributes, next_hop, context).block


# Encoding


def wire_attributes(family: Family, octets: bytes, next_hop: bytes, next_hop_at: int) -> bytes:
    """The attribute octets of a block as ``announce`` takes them.

    IPv4 unicast with an IPv4 next hop goes into the classic fields, with NEXT_HOP behind AS_PATH (``next_hop_at``);
    everything else goes into MP_REACH_NLRI, which has the next hop.
    """
    if len(next_hop) == 4 and family == IPV4:
        return b"".join((octets[:next_hop_at], _NEXT_HOP_HEAD, next_hop, octets[next_hop_at:]))
    return octets


def next_hop_offset(octets: bytes) -> int:
    """The offset behind AS_PATH in a block's octets, where NEXT_HOP belongs."""
    origin, as_path = islice(walk(octets), 2)
    return len(origin.octets) + len(as_path.octets)


def announce(
    family: Family,
    attributes: bytes,
    next_hop: bytes,
    keys: Sequence[bytes],
    *,
    path_id: int | None = None,
    limit: int = MAX_MESSAGE,
) -> list[bytes]:
    """UPDATEs, header included, that announce ``keys``; as few as ``limit`` allows (RFC 4271 §9.2).

    ``attributes`` come from ``wire_attributes``; ``path_id`` None is without ADD-PATH.

    Raises:
        AttributesTooLong: a key does not fit into a message of its own.
    """
    # HOT: once an UPDATE and update group; one join for the prefixes and one for the message.
    if len(next_hop) == 4 and family == IPV4:
        room = limit - _FIXED - len(attributes)
        return [
            b"".join(
                (MARKER, _HEAD(_FIXED + len(attributes) + len(field), _UPDATE, 0, len(attributes)), attributes, field)
            )
            for field in _fields(keys, path_id, room)
        ]
    head = _FAMILY_HEAD(*family, len(next_hop)) + next_hop + b"\0"
    room = limit - _FIXED - len(attributes) - 4 - len(head)
    return [
        _with_attributes(pack(_MP_FLAGS, _MP_REACH, head + field) + attributes)
        for field in _fields(keys, path_id, room)
    ]


def withdraw(
    family: Family, keys: Sequence[bytes], *, path_id: int | None = None, limit: int = MAX_MESSAGE
) -> list[bytes]:
    """UPDATEs, header included, that withdraw ``keys``; as few as ``limit`` allows."""
    if family == IPV4:
        return [
            b"".join((MARKER, _HEAD(_FIXED + len(field), _UPDATE, len(field), 0)[:-2], field, b"\0\0"))
            for field in _fields(keys, path_id, limit - _FIXED)
        ]
    head = family.afi.to_bytes(2) + bytes((family.safi,))
    room = limit - _FIXED - 4 - len(head)
    return [_with_attributes(pack(_MP_FLAGS, _MP_UNREACH, head + field)) for field in _fields(keys, path_id, room)]


def end_of_rib(family: Family) -> bytes:
    """The End-of-RIB marker of a family, header included (RFC 4724 §2)."""
    if family == IPV4:
        return _with_attributes(b"")
    return _with_attributes(pack(_MP_FLAGS, _MP_UNREACH, MpUnreach(family, b"").encode()))


def _with_attributes(attributes: bytes) -> bytes:
    """An UPDATE with nothing but attributes."""
    size = len(attributes)
    return b"".join((MARKER, _HEAD(_FIXED + size, _UPDATE, 0, size), attributes))


def _fields(keys: Sequence[bytes], path_id: int | None, room: int) -> list[bytes]:
    """The keys as NLRI fields of at most ``room`` octets."""
    if not keys:
        return []
    whole = join(keys, path_id)
    if len(whole) <= room:
        return [whole]
    return list(_cut(keys if path_id is None else [path_id.to_bytes(4) + key for key in keys], room))


def _cut(keys: Sequence[bytes], room: int) -> Iterator[bytes]:
    """Join as many keys as fit, again and again; where to cut is looked up in the running total of their sizes."""
    ends = list(accumulate(map(len, keys)))
    first, sent = 0, 0
    while first < len(keys):
        behind = bisect_right(ends, sent + room)
        if behind == first:
            raise AttributesTooLong(f"a prefix of {len(keys[first])} octets where {max(room, 0)} are left")
        yield b"".join(keys[first:behind])
        first, sent = behind, ends[behind - 1]


def to_two_octet(octets: bytes) -> bytes:
    """A block's octets for a peer that knows AS numbers of two octets only (RFC 6793 §4.2.2).

    An AS above 65535 becomes AS_TRANS; AS4_PATH and AS4_AGGREGATOR tell the truth where that took place.
    """
    out = []
    for raw in walk(octets):
        if raw.code == AttributeCode.AS_PATH:
            path = AsPath.decode(raw.value)
            out.append((raw.code, pack(raw.flags, raw.code, path.encode(_TWO_OCTET))))
            true = As4Path(tuple(segment for segment in path.segments if segment.kind not in CONFED))
            if true.segments and max(path.asns) > 0xFFFF:
                out.append((true.code, pack_attribute(true)))
        elif raw.code == AttributeCode.AGGREGATOR:
            aggregator = Aggregator.decode(raw.value)
            out.append((raw.code, pack(raw.flags, raw.code, aggregator.encode(_TWO_OCTET))))
            if aggregator.asn > 0xFFFF:
                out.append((As4Aggregator.code, pack_attribute(As4Aggregator(aggregator.asn, aggregator.address))))
        else:
            out.append((raw.code, raw.octets))
    return b"".join(whole for _, whole in sorted(out))
