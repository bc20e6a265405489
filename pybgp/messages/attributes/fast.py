"""One pattern that knows the usual attribute fields, and checks and measures them in one call.

It is a shortcut of ``block.parse``, not another opinion: whatever it recognises, the parser would have made the same
block of, without a problem (tests/property/test_messages_fast.py); for anything else it says None, and the parser
decides.

Usual is: AS numbers in four octets, ascending types, the flags of the definitions, at most one AS_SEQUENCE.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from struct import Struct
from typing import Final

from ..context import BLOCK_CLASSES, Context, PeerKind
from .block import INTERNED, Block
from .extended_communities import ORIGIN_VALIDATION_STATE

_Match = Callable[[bytes], re.Match[bytes] | None]

_NEXT_HOP_SIZE: Final = 7
_PATH_SIZE_AT: Final = 6
_ASES_AT: Final = 9
_EMPTY_PATH_SIZE: Final = 7
"""Octets of ORIGIN and an AS_PATH without segments."""
_ALWAYS: Final = 1 << 1 | 1 << 2
_MED: Final = 1 << 4
_LOCAL_PREF: Final = 1 << 5
_COMMUNITIES: Final = 8
_INSIDE_ONLY: Final = 1 << 9 | 1 << 10
_EXTENDED_COMMUNITIES: Final = 1 << 16
_UNPACK: Final = tuple(Struct(f"!{count}I").unpack_from for count in range(64))
_LABELS: Final = {8: Struct("!I"), 16: Struct("!Q"), 32: Struct("!III")}
"""One community of each attribute type that has some."""
_LARGE: Final = 32


_USUAL_LENGTHS: Final = (3, 4, 2, 5, 1, 6, 0, *range(7, 64))
"""ASes in a path, the likeliest first: a pattern tries its alternatives in order, some ns each."""


class _Numbers(dict[bytes, int]):
    """Four octets → number, in half the time of ``int.from_bytes``; and blocks share the objects."""

    _LIMIT: Final = 65_536

    def __missing__(self, octets: bytes) -> int:
        if len(self) >= self._LIMIT:
            self.clear()
        number = self[octets] = int.from_bytes(octets)
        return number


class _Same(dict[int, int]):
    """The same object for the same number, which blocks share: of those above 256 Python makes a new one each time."""

    _LIMIT: Final = 65_536

    def __missing__(self, number: int) -> int:
        if len(self) >= self._LIMIT:
            self.clear()
        self[number] = number
        return number


class _Patterns(dict[bool, _Match]):
    """With NEXT_HOP, or without since MP_REACH_NLRI has it → ``fullmatch``; compiled when asked for, in 6 ms."""

    def __missing__(self, classic: bool) -> _Match:
        match = self[classic] = re.compile(_usual_field(classic), re.DOTALL).fullmatch
        return match


_USUAL: Final = tuple(
    bool(number // 4 % 2) and number // 8 != PeerKind.CONFEDERATION for number in range(BLOCK_CLASSES)
)
"""By class of context: four-octet AS numbers, and no confederation, whose paths have segments of their own."""
_number: Final = _Numbers()
_same: Final = _Same()
_patterns: Final = _Patterns()


def prepare(*, classic: bool) -> None:
    """Do now what the first attributes would have to wait for; ``classic``: those with NEXT_HOP."""
    _patterns[classic]


def recognise(raw: bytes, next_hop: bytes | None, context: Context) -> Block | None:
    """The block of ``raw`` if it is of a usual shape, else None. The arguments are those of ``block.parse``."""
    # HOT: once a distinct block; no loop over attributes or AS numbers (codec() in tests/bench/adapter.py).
    if not _USUAL[context.block_class]:
        return None
    found = _patterns[next_hop is None](raw)
    if found is None:
        return None
    head, next_hop_here, med, local_pref, labels, tail = found.groups()
    rest_at = next_hop_at = len(head)
    if next_hop is None:
        next_hop = next_hop_here
        rest_at += _NEXT_HOP_SIZE
    length = head[_PATH_SIZE_AT] >> 2
    if not length and next_hop_at > _EMPTY_PATH_SIZE:  # FRR's habit: the extended length flag on short paths
        head = b"%b\x40\x02%b" % (head[:4], head[7:])
        next_hop_at -= 1
        length = head[_PATH_SIZE_AT] >> 2
    neighbor_as = 0
    if length:
        asns = _UNPACK[length](head, _ASES_AT)
        if 0 in asns:
            return None
        neighbor_as = _same[asns[0]]
    octets = head + raw[rest_at:]
    tail_at = len(octets)
    mask = _ALWAYS
    if med is not None:
        mask |= _MED
        med = _number[med]
    if local_pref is not None:
        if context.kind:
            return None
        mask |= _LOCAL_PREF
        local_pref = _number[local_pref]
    if labels:
        if labels[1] == _COMMUNITIES:
            mask |= 1 << _COMMUNITIES
            count = labels[2] >> 2
            if count > 1 and len(set(_UNPACK[count](labels, 3))) != count:
                return None
        else:
            mask |= _types(labels)
    if tail:
        mask |= _types(tail)
        tail_at -= len(tail)
        if context.kind and (mask & _INSIDE_ONLY or (mask & _EXTENDED_COMMUNITIES and ORIGIN_VALIDATION_STATE in tail)):
            return None
    if mask < 0:
        return None
    mask, next_hop = _same[mask], INTERNED[next_hop]
    return Block(octets, next_hop, head[3], length, neighbor_as, med, local_pref, mask, next_hop_at, tail_at)


def fields(raw: bytes) -> tuple[bytes, bytes, bytes | None, bytes | None, bytes, bytes] | None:
    """The parts of a usual attribute field with NEXT_HOP, None if it is of no usual shape.

    They are ORIGIN and AS_PATH; the next hop; the values of MULTI_EXIT_DISC and of LOCAL_PREF, if they are there; the
    attributes from ATOMIC_AGGREGATE to COMMUNITIES; those behind. AS numbers and communities have not been looked at.
    """
    found = _patterns[True](raw)
    return None if found is None else found.groups()  # type: ignore[return-value]


def _types(attributes: bytes) -> int:
    """The mask of some attributes; negative if communities are not as a block has them."""
    mask = at = 0
    while at < len(attributes):
        code, size = attributes[at + 1], attributes[at + 2]
        end = at + 3 + size
        label = _LABELS.get(code)
        if label is not None and size > label.size:
            values = list(label.iter_unpack(attributes[at + 3 : end]))
            unique = set(values)
            if len(unique) != len(values) or (code == _LARGE and sorted(unique) != values):
                return -1
        mask |= 1 << code
        at = end
    return mask


def _usual_field(classic: bool) -> bytes:
    """The pattern of a whole attribute field; its groups are what ``recognise`` unpacks."""
    path = b"|".join(map(_one_sequence, _USUAL_LENGTHS))
    next_hop = rb"\x40\x03\x04([\x01-\x7e\x80-\xdf].{3})" if classic else rb"()"
    parts = (
        rb"(\x40\x01\x01[\x00-\x02](?:\x40\x02(?:%b)|\x50\x02\x00(?:%b)))" % (path, path),
        next_hop,
        rb"(?:\x80\x04\x04(.{4}))?",  # MULTI_EXIT_DISC
        rb"(?:\x40\x05\x04(.{4}))?",  # LOCAL_PREF
        rb"((?:\x40\x06\x00)?",  # ATOMIC_AGGREGATE
        rb"(?:\xc0\x07\x08(?!\x00{4}).{8})?",  # AGGREGATOR
        rb"(?:\xc0\x08(?:%b))?)" % _items(4),  # COMMUNITIES
        rb"((?:\x80\x09\x04.{4})?",  # ORIGINATOR_ID
        rb"(?:\x80\x0a(?:%b))?" % _items(4),  # CLUSTER_LIST
        rb"(?:\xc0\x10(?:%b))?" % _items(8),  # EXTENDED COMMUNITIES
        rb"(?:\xc0\x20(?:%b))?" % _items(12),  # LARGE_COMMUNITY
        rb"(?:\xc0\x23\x04.{4})?)",  # ONLY_TO_CUSTOMER
    )
    return b"".join(parts)


def _one_sequence(count: int) -> bytes:
    """Length and value of an AS_PATH: one AS_SEQUENCE of ``count`` ASes, or nothing."""
    if not count:
        return rb"\x00"
    return rb"\x%02x\x02\x%02x.{%d}" % (2 + 4 * count, count, 4 * count)


def _items(unit: int) -> bytes:
    """Length and value of a list of items of ``unit`` octets: an alternative for each, as a pattern can't count."""
    return b"|".join(rb"\x%02x.{%d}" % (size, size) for size in range(unit, 256, unit))
