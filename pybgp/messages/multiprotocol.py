"""MP_REACH_NLRI and MP_UNREACH_NLRI in an UPDATE: what they offer and withdraw, as the session may have it (RFC 4760).

They are taken off an UPDATE's attributes before these are judged. What is wrong in them can't be treated as withdrawn,
since it may have cost the prefixes: it ends the session with 3/9 (RFC 7606 §5.3). Keys that are wrong inside only cost
less.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ..addresses import Family
from ..constants import AttributeCode
from ..errors import UpdateError
from .attributes.base import KIND_BITS, RawAttribute, walk
from .attributes.mp_reach import MpReach, MpUnreach
from .attributes.next_hop import canonical_next_hop, why_no_host
from .context import Context
from .errors import (
    InvalidNetworkField,
    InvalidNextHop,
    MalformedAttributeList,
    OptionalAttributeError,
    Outcome,
    Problem,
    why_of,
)
from .families.base import BadKey, FamilyCodec, Groups, by_identifier
from .families.registry import spoken

_MP_REACH: Final = AttributeCode.MP_REACH_NLRI.value
_MP_UNREACH: Final = AttributeCode.MP_UNREACH_NLRI.value
_MP_FLAGS: Final = 0x80
_JUDGED_AT_ONCE: Final = 64
"""Keys that a family is asked about in one go, so that what it says of them takes little memory."""


class Offer(NamedTuple):
    """Prefixes that an UPDATE makes reachable; ``next_hop`` is None where the attribute NEXT_HOP has it."""

    family: Family
    next_hop: bytes | None
    groups: Groups


def take(attributes: bytes) -> tuple[bytes, RawAttribute | None, RawAttribute | None]:
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
                _check(raw, taken)
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


def _check(raw: RawAttribute, taken: dict[int, RawAttribute]) -> None:
    if raw.code in taken:
        raise MalformedAttributeList(raw.code, "more than once")
    if raw.flags & KIND_BITS != _MP_FLAGS:
        why = f"flags {raw.flags:02x}, expected {_MP_FLAGS:02x}"
        raise OptionalAttributeError(raw.code, why, data=raw.octets)


def read_unreach(raw: RawAttribute, context: Context, problems: list[Problem]) -> tuple[Family, Groups]:
    """What a MP_UNREACH_NLRI withdraws.

    Raises:
        OptionalAttributeError: 3/9 with the attribute.
    """
    try:
        found = MpUnreach.decode(raw.value)
        family = negotiated(found.family, raw, context, problems)
        groups = keys_of(family, found.nlri, context) if family else []
    except (OptionalAttributeError, InvalidNetworkField) as error:
        raise _error(raw, error) from None
    if family is not None:
        # a key that is wrong inside was never taken for a route: there is nothing to withdraw
        groups, _ = _judged(family, groups, raw, problems, at_most=Outcome.DISCARD)
    return found.family, groups


def read_reach(raw: RawAttribute, context: Context, problems: list[Problem]) -> tuple[Offer, bool]:
    """What a MP_REACH_NLRI offers, and whether that can be used; if not, its prefixes count as withdrawn.

    Raises:
        OptionalAttributeError: 3/9 with the attribute; a next hop of a size that the family doesn't have is one too.
    """
    try:
        found = MpReach.decode(raw.value)
        family = negotiated(found.family, raw, context, problems)
        if family is None:
            return Offer(found.family, None, []), True
        sizes = family.next_hop_sizes
        if found.family in context.extended_next_hop:
            sizes += family.extended_next_hop_sizes
        if len(found.next_hop) not in sizes:
            expected = " or ".join(map(str, sizes))
            raise OptionalAttributeError(raw.code, f"next hop of {len(found.next_hop)} octets, expected {expected}")
        groups = keys_of(family, found.nlri, context)
    except (OptionalAttributeError, InvalidNetworkField) as error:
        raise _error(raw, error) from None
    groups, good = _judged(family, groups, raw, problems)
    next_hop = family.next_hop_address(found.next_hop)
    why = why_no_host(next_hop, loopback=context.loopback) if next_hop else ""
    if why:
        invalid = InvalidNextHop(raw.code, why, data=raw.octets)
        problems.append(Problem(Outcome.TREAT_AS_WITHDRAW, raw.code, why, raw.octets, invalid))
    return Offer(found.family, canonical_next_hop(next_hop), groups), good and not why


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


def _error(raw: RawAttribute, error: UpdateError) -> OptionalAttributeError:
    return OptionalAttributeError(raw.code, why_of(error), data=raw.octets)


def negotiated(
    family: Family, raw: RawAttribute | None, context: Context, problems: list[Problem]
) -> FamilyCodec | None:
    """The family's codec if the session has the family; else what is there is ignored (RFC 4760 §7)."""
    found = spoken(family, context)
    if found is None:
        code, octets = (None, b"") if raw is None else (raw.code, raw.octets)
        why = f"family {family} was not negotiated"
        error = OptionalAttributeError(code or 0, why, data=octets)
        problems.append(Problem(Outcome.DISCARD, code, why, octets, error))
    return found


def keys_of(family: FamilyCodec, field: bytes, context: Context) -> Groups:
    if family.family in context.add_path_receive:
        return family.split_with_ids(field)
    keys = family.split(field)
    return [(0, keys)] if keys else []


def has_nlri_behind(reach: RawAttribute) -> bool:
    return len(reach.value) > 5 + reach.value[3]  # it was read before; that would be another copy
