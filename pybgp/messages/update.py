"""UPDATE: withdrawn prefixes, attributes, reachable prefixes (RFC 4271 §4.3, RFC 4760, RFC 7606, RFC 7911).

``decode`` makes keys and blocks of a body; the way back (``announce``, ``withdraw``, ``end_of_rib``) is in ``packing``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final, NamedTuple, overload

from ..addresses import Family
from ..constants import AttributeCode
from .attributes.block import Block, Parsed, parse
from .attributes.cache import BlockCache
from .attributes.mp_reach import MpUnreach
from .context import Context
from .errors import (
    InvalidNetworkField,
    MalformedAttributeList,
    Outcome,
    Problem,
)
from .families.base import FamilyCodec, Groups
from .families.ipv4_unicast import IPV4_UNICAST
from .families.registry import codec
from .lazily import Seen, chained, made
from .multiprotocol import Offer, has_nlri_behind, keys_of, negotiated, read_reach, read_unreach, take
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
_FAMILY_HEAD: Final = Struct("!HBB").unpack_from
_LENGTHS: Final = Struct("!HH").unpack_from
"""The lengths of the withdrawn field and, if that is empty, of the attribute field."""
_tuple: Final = tuple.__new__


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


class _Alone(Seen[Reachable]):
    """The one ``Reachable`` of a usual UPDATE: made when it is looked at.

    So what lives of an UPDATE is four objects instead of five, and the collector of garbage has less to look at.
    """

    __slots__ = ("_block", "_family", "_keys", "_path_id")

    def __init__(self, family: Family, path_id: int, keys: list[bytes], block: Block) -> None:
        self._family = family
        self._path_id = path_id
        self._keys = keys
        self._block = block

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Reachable]:
        return iter((_tuple(Reachable, (self._family, self._path_id, self._keys, self._block)),))

    @overload
    def __getitem__(self, at: int) -> Reachable: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Reachable]: ...
    def __getitem__(self, at: int | slice) -> Reachable | Sequence[Reachable]:
        return tuple(self)[at]


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
                return _tuple(Update, ((), _Alone(IPV4, 0, IPV4_UNICAST.split(field), block), None, ()))
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
    return _Alone(name, 0, family.split(field), block)


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


def _decode(withdrawn: bytes, attributes: bytes, nlri: bytes, context: Context, blocks: BlockCache) -> Update:
    """Everything but the usual cases.

    Prefixes are read before the attributes are judged: treat-as-withdraw needs all of them (RFC 7606 §3 j).
    """
    problems: list[Problem] = []
    rest, reach, unreach = take(attributes)
    if not (withdrawn or rest or nlri or reach) and (unreach is None or len(unreach.value) == 3):
        family = MpUnreach.decode(unreach.value).family if unreach else IPV4
        return Update((), (), family if negotiated(family, unreach, context, problems) else None, tuple(problems))
    gone = [_withdrawn(IPV4, _read_classic(withdrawn, context, problems))]
    offers = [Offer(IPV4, None, groups) for groups in [_read_classic(nlri, context, problems)] if groups]
    if unreach is not None:
        gone.append(_withdrawn(*read_unreach(unreach, context, problems)))
    if reach is not None:
        offer, is_usable = read_reach(reach, context, problems)
        if is_usable:
            offers += [offer] if offer.groups else []
        else:
            gone.append(_withdrawn(offer.family, offer.groups))
    parsed = _judge(rest, offers, context, blocks)
    if parsed:  # the classic fields come first, and their NEXT_HOP can only add to what is wrong
        problems += parsed[0].problems
    _raise_what_resets(problems, has_nlri=bool(nlri) or (reach is not None and has_nlri_behind(reach)))
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


def _announced(offer: Offer, block: Block) -> Sequence[Reachable]:
    family = offer.family
    return made(lambda group: Reachable(family, *group, block), offer.groups)


def _read_classic(field: bytes, context: Context, problems: list[Problem]) -> Groups:
    """The keys of the withdrawn or the NLRI field.

    Raises:
        InvalidNetworkField: 3/10.
    """
    if not field or not negotiated(IPV4, None, context, problems):
        return []
    return keys_of(IPV4_UNICAST, field, context)


def _judge(rest: bytes, offers: list[Offer], context: Context, blocks: BlockCache) -> list[Parsed]:
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
