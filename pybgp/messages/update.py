"""UPDATE: withdrawn prefixes, attributes, reachable prefixes (RFC 4271 §4.3, RFC 4760, RFC 7606, RFC 7911).

``decode`` makes keys and blocks of a body; the way back (``announce``, ``withdraw``, ``end_of_rib``) is in ``packing``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final, NamedTuple

from ..addresses import Family
from ..constants import AttributeCode
from ..errors import UpdateError
from .attributes.base import KIND_BITS, RawAttribute, walk
from .attributes.block import Block, Parsed, parse
from .attributes.cache import BlockCache
from .attributes.mp_reach import MpReach, MpUnreach
from .attributes.next_hop import canonical_next_hop, why_no_host
from .context import Context
from .errors import (
    AttributeProblem,
    InvalidNetworkField,
    InvalidNextHop,
    MalformedAttributeList,
    OptionalAttributeError,
    Outcome,
    Problem,
)
from .families.base import BadKey, FamilyCodec, Groups, by_identifier
from .families.ipv4_unicast import IPV4_UNICAST
from .families.registry import codec, spoken
from .lazily import chained, made
from .packing import announce, end_of_rib, next_hop_offset, to_two_octet, wire_attributes, withdraw

__all__ = [
    "Reachable",
    "Update",
    "Withdrawn",
    "announce",
    "block_of",
    "decode",
    "end_of_rib",
    "next_hop_offset",
    "split",
    "to_two_octet",
    "wire_attributes",
    "withdraw",
]

IPV4: Final = Family.IPV4_UNICAST
_MP_REACH: Final = AttributeCode.MP_REACH_NLRI.value
_MP_UNREACH: Final = AttributeCode.MP_UNREACH_NLRI.value
_MP_FLAGS: Final = 0x80
_FAMILY_HEAD: Final = Struct("!HBB").unpack_from
_LENGTHS: Final = Struct("!HH").unpack_from
"""The lengths of the withdrawn field and, if that is empty, of the attribute field."""
_tuple: Final = tuple.__new__
_JUDGED_AT_ONCE: Final = 64
"""Keys that a family is asked about in one go, so that what it says of them takes little memory."""


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

    withdrawn: Sequence[Withdrawn]
    reachable: Sequence[Reachable]
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
    # HOT: 1.7 µs for an UPDATE of 3 prefixes whose attributes are known, 4.4 µs with new ones of a usual shape
    # (codec() in tests/bench/adapter.py). ``split`` is written out, and tuples are made without a NamedTuple's detour.
    size = len(body)
    withdrawn, attributes = _LENGTHS(body) if size > 4 else (1, 0)
    if not withdrawn:
        nlri_at = 4 + attributes
        if 4 < nlri_at < size and context.classic:
            block = blocks.usual(body[4:nlri_at], None, context)
            if block is not None:
                field = body[nlri_at:]
                if context.add_path_receive:
                    return _tuple(Update, ((), _reachable(IPV4_UNICAST, field, block, context), None, ()))
                reachable = _tuple(Reachable, (IPV4, 0, IPV4_UNICAST.split(field), block))
                return _tuple(Update, ((), (reachable,), None, ()))
        elif nlri_at == size:
            update = _only_reach(body, context, blocks)
            if update is not None:
                return update
    return _decode(*split(body), context, blocks)


def _reachable(family: FamilyCodec, field: bytes, block: Block, context: Context) -> Sequence[Reachable]:
    name = family.family
    if context.add_path_receive and name in context.add_path_receive:
        groups = family.split_with_ids(field)
        return made(lambda group: Reachable(name, *group, block), groups)
    return (_tuple(Reachable, (name, 0, family.split(field), block)),)


def _only_reach(body: bytes, context: Context, blocks: BlockCache) -> Update | None:
    """An UPDATE with a MP_REACH_NLRI in front and usual attributes behind it; None for everything else."""
    # HOT: the usual UPDATE of all other families.
    wide = body[4] & 0x10
    value_at = 8 if wide else 7
    if body[4] | 0x10 != 0x90 or body[5] != _MP_REACH or len(body) < value_at + 4:
        return None
    end = value_at + (body[6] << 8 | body[7] if wide else body[6])
    afi, safi, size = _FAMILY_HEAD(body, value_at)
    nlri_at = value_at + 5 + size
    family = codec((afi, safi))
    if family is None or not family.plain or nlri_at >= end or end > len(body):
        return None
    if family.family not in context.families or size not in family.next_hop_sizes:
        return None
    next_hop = body[value_at + 4 : nlri_at - 1]
    block = blocks.usual(body[end:], next_hop, context)
    if block is None:
        return None
    try:
        return _tuple(Update, ((), _reachable(family, body[nlri_at:end], block, context), None, ()))
    except InvalidNetworkField:
        return None


class _Offer(NamedTuple):
    """Prefixes that an UPDATE makes reachable; ``next_hop`` is None where the attribute NEXT_HOP has it."""

    family: Family
    next_hop: bytes | None
    groups: Groups


def _decode(withdrawn: bytes, attributes: bytes, nlri: bytes, context: Context, blocks: BlockCache) -> Update:
    """Everything but the usual cases.

    Prefixes are read before the attributes are judged: treat-as-withdraw needs all of them (RFC 7606 §3 j).
    """
    problems: list[Problem] = []
    rest, reach, unreach = _take_multiprotocol(attributes)
    if not (withdrawn or rest or nlri or reach) and (unreach is None or len(unreach.value) == 3):
        family = MpUnreach.decode(unreach.value).family if unreach else IPV4
        return Update((), (), family if _usable(family, unreach, context, problems) else None, tuple(problems))
    gone = [_withdrawn(IPV4, _read_classic(withdrawn, context, problems))]
    offers = [_Offer(IPV4, None, groups) for groups in [_read_classic(nlri, context, problems)] if groups]
    if unreach is not None:
        gone.append(_read_unreach(unreach, context, problems))
    if reach is not None:
        offer, is_usable = _read_reach(reach, context, problems)
        if is_usable:
            offers += [offer] if offer.groups else []
        else:
            gone.append(_withdrawn(offer.family, offer.groups))
    parsed = _judge(rest, offers, context, blocks)
    if parsed:  # the classic fields come first, and their NEXT_HOP can only add to what is wrong
        problems += parsed[0].problems
    _raise_what_resets(problems, has_nlri=bool(nlri) or (reach is not None and _has_nlri(reach)))
    usable = all(each.block is not None for each in parsed)
    here: list[Sequence[Reachable]] = []
    for offer, each in zip(offers, parsed, strict=False):
        if usable and each.block is not None:
            here.append(_announced(offer, each.block))
        else:
            gone.append(_withdrawn(offer.family, offer.groups))
    reachable = chained(here)
    return Update(_without_announced(chained(gone), reachable), reachable, None, tuple(problems))


def _withdrawn(family: Family, groups: Groups) -> Sequence[Withdrawn]:
    return made(lambda group: Withdrawn(family, *group), groups)


def _announced(offer: _Offer, block: Block) -> Sequence[Reachable]:
    family = offer.family
    return made(lambda group: Reachable(family, *group, block), offer.groups)


def _take_multiprotocol(attributes: bytes) -> tuple[bytes, RawAttribute | None, RawAttribute | None]:
    """The attribute field without MP_REACH_NLRI and MP_UNREACH_NLRI, and these two.

    Raises:
        MalformedAttributeList: one of them twice (3/1, RFC 7606 §3 g).
        OptionalAttributeError: one of them with wrong flags or cut off (3/9, RFC 7606 §5.3).
    """
    taken: dict[int, RawAttribute] = {}
    others: list[bytes] = []
    first = at = 0  # where the others begin that are not in the list yet; where the next attribute begins
    try:
        for raw in walk(attributes):
            end = at + len(raw.octets)
            if raw.code in (_MP_REACH, _MP_UNREACH):
                _check_multiprotocol(raw, taken)
                taken[raw.code] = raw
                others.append(attributes[first:at])
                first = end
            at = end
    except MalformedAttributeList as error:
        if error.attribute in (_MP_REACH, _MP_UNREACH):
            if error.attribute in taken:
                raise MalformedAttributeList(error.attribute, error.why) from None
            raise OptionalAttributeError(error.attribute, error.why, data=error.data) from None
    others.append(attributes[first:])  # what is malformed in it, the parser of the block will meet again
    return b"".join(others), taken.get(_MP_REACH), taken.get(_MP_UNREACH)


def _check_multiprotocol(raw: RawAttribute, taken: dict[int, RawAttribute]) -> None:
    if raw.code in taken:
        raise MalformedAttributeList(raw.code, "more than once")
    if raw.flags & KIND_BITS != _MP_FLAGS:
        why = f"flags {raw.flags:02x}, expected {_MP_FLAGS:02x}"
        raise OptionalAttributeError(raw.code, why, data=raw.octets)


def _read_classic(field: bytes, context: Context, problems: list[Problem]) -> Groups:
    """The keys of the withdrawn or the NLRI field.

    Raises:
        InvalidNetworkField: 3/10.
    """
    if not field or not _usable(IPV4, None, context, problems):
        return []
    return _keys(IPV4_UNICAST, field, context)


def _read_unreach(raw: RawAttribute, context: Context, problems: list[Problem]) -> Sequence[Withdrawn]:
    """What a MP_UNREACH_NLRI withdraws.

    Raises:
        OptionalAttributeError: 3/9 with the attribute.
    """
    try:
        found = MpUnreach.decode(raw.value)
        family = _usable(found.family, raw, context, problems)
        groups = _keys(family, found.nlri, context) if family else []
    except (OptionalAttributeError, InvalidNetworkField) as error:
        raise _multiprotocol_error(raw, error) from None
    if family is not None:
        # a key that is wrong inside was never taken for a route: there is nothing to withdraw
        groups, _ = _judged(family, groups, raw, problems, at_most=Outcome.DISCARD)
    return _withdrawn(found.family, groups)


def _read_reach(raw: RawAttribute, context: Context, problems: list[Problem]) -> tuple[_Offer, bool]:
    """What a MP_REACH_NLRI offers, and whether that can be used; if not, its prefixes count as withdrawn.

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
        groups = _keys(family, found.nlri, context)
    except (OptionalAttributeError, InvalidNetworkField) as error:
        raise _multiprotocol_error(raw, error) from None
    groups, good = _judged(family, groups, raw, problems)
    next_hop = family.next_hop_address(found.next_hop)
    why = why_no_host(next_hop, loopback=context.loopback) if next_hop else ""
    if why:
        invalid = InvalidNextHop(raw.code, why, data=raw.octets)
        problems.append(Problem(Outcome.TREAT_AS_WITHDRAW, raw.code, why, raw.octets, invalid))
    return _Offer(found.family, canonical_next_hop(next_hop), groups), good and not why


def _judged(
    family: FamilyCodec,
    groups: Groups,
    raw: RawAttribute,
    problems: list[Problem],
    *,
    at_most: Outcome = Outcome.RESET,
) -> tuple[Groups, bool]:
    """The keys without those that are wrong inside, which cost ``at_most`` that, and whether the others can be used.

    Of all that are to cost the same, the first is a problem: an attribute has room for thousands.
    """
    if family.plain:
        return groups, True
    first: dict[Outcome, BadKey] = {}
    for _, keys in groups:
        for at in range(0, len(keys), _JUDGED_AT_ONCE):
            for each in family.judge(keys[at : at + _JUDGED_AT_ONCE]):
                first.setdefault(each.outcome, each)
    if not first:
        return groups, True
    for key, outcome, why in first.values():
        error = OptionalAttributeError(raw.code, why, data=raw.octets)
        problems.append(Problem(min(outcome, at_most), raw.code, why, key, error))
    return by_identifier(lambda: _right_inside(family, groups)), max(first) < Outcome.TREAT_AS_WITHDRAW


def _right_inside(family: FamilyCodec, groups: Groups) -> Iterator[tuple[bytes, bytes]]:
    """(path identifier, key) of the keys that ``judge`` has nothing against."""
    for path_id, keys in groups:
        identifier = path_id.to_bytes(4)
        for at in range(0, len(keys), _JUDGED_AT_ONCE):
            some = keys[at : at + _JUDGED_AT_ONCE]
            wrong = {each.key for each in family.judge(some)}
            yield from ((identifier, key) for key in some if key not in wrong)


def _multiprotocol_error(raw: RawAttribute, error: UpdateError) -> OptionalAttributeError:
    why = error.why if isinstance(error, AttributeProblem) else str(error)
    return OptionalAttributeError(raw.code, why, data=raw.octets)


def _usable(family: Family, raw: RawAttribute | None, context: Context, problems: list[Problem]) -> FamilyCodec | None:
    """The family's codec if the session has the family; else what is there is ignored (RFC 4760 §7)."""
    found = spoken(family, context)
    if found is None:
        code, octets = (None, b"") if raw is None else (raw.code, raw.octets)
        why = f"family {family} was not negotiated"
        error = OptionalAttributeError(code or 0, why, data=octets)
        problems.append(Problem(Outcome.DISCARD, code, why, octets, error))
    return found


def _keys(family: FamilyCodec, field: bytes, context: Context) -> Groups:
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
    return len(reach.value) > 5 + reach.value[3]  # it was read before; that would be another copy


def _without_announced(gone: Sequence[Withdrawn], reachable: Sequence[Reachable]) -> Sequence[Withdrawn]:
    """A prefix that is withdrawn and announced in one UPDATE is announced (RFC 4271 §4.3), whatever its labels."""
    if not gone or not reachable:
        return gone
    announced = sorted(
        (family, path_id, key) for family, path_id, keys, _ in reachable for key in _routes(family, keys)
    )
    out = []
    for family, path_id, keys in gone:
        routes = _routes(family, keys)
        left = [key for key, route in zip(keys, routes, strict=True) if not _has(announced, (family, path_id, route))]
        if left:
            out.append(Withdrawn(family, path_id, left))
    return tuple(out)


def _routes(family: Family, keys: list[bytes]) -> list[bytes]:
    """What tells the routes of these keys apart."""
    found = codec(family)
    return keys if found is None or found.plain else list(map(found.identity, keys))


def _has(ordered: list[tuple[Family, int, bytes]], item: tuple[Family, int, bytes]) -> bool:
    at = bisect_left(ordered, item)
    return at < len(ordered) and ordered[at] == item


def block_of(attributes: bytes, next_hop: bytes, context: Context) -> Block | None:
    """The block of attributes as they are sent (``wire_attributes``), None if they aren't fit for that."""
    return parse(attributes, next_hop, context).block
