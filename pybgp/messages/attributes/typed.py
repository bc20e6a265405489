"""The attribute objects of a block's octets, which were checked when they came: nothing is checked twice.

It is a shortcut of the classes' ``decode``, not another opinion (tests/property/test_messages_typed.py): AS_PATH and
the communities, which differ from route to route, are made without ``__init__``; the short ones, which are the same for
many routes, are made once and shared; everything else is decoded.
"""

from __future__ import annotations

from struct import Struct, iter_unpack
from typing import Final

from ... import constants
from ...constants import AttributeCode
from ..slots import setter
from . import registry
from .as_path import AsPath, SegmentType
from .base import EXTENDED_LENGTH, Attribute
from .communities import Communities
from .large_communities import LargeCommunities, LargeCommunity
from .origin import Origin
from .unknown import UnknownAttribute

_ORIGIN_SIZE: Final = 4
_ASES_AT: Final = 9
"""Where the AS numbers begin behind ORIGIN, the header of AS_PATH and that of its first segment."""
_SHARED_SIZE: Final = 8
"""Octets of the longest value that is shared: AGGREGATOR's."""
_ORIGIN: Final = AttributeCode.ORIGIN.value
_AS_PATH: Final = AttributeCode.AS_PATH.value
_COMMUNITIES: Final = AttributeCode.COMMUNITIES.value
_LARGE: Final = AttributeCode.LARGE_COMMUNITIES.value
_ORIGINS: Final = tuple(map(Origin, constants.Origin))
_SEQUENCE: Final = SegmentType.AS_SEQUENCE
_UNPACK: Final = tuple(Struct(f"!{count}I").unpack_from for count in range(64))
"""What 64 numbers or more take, an attribute with the extended length has."""

_ONE_SEQUENCE: Final = tuple(bytes((0x40, _AS_PATH, 2 + count * 4, _SEQUENCE, count)) for count in range(64))
"""Headers of an AS_PATH that is one AS_SEQUENCE, and of this."""

_new: Final = object.__new__
_tuple: Final = tuple.__new__
_set_path: Final = setter(AsPath, "held")
_set_communities: Final = setter(Communities, "values")
_set_large: Final = setter(LargeCommunities, "values")


class _Shared(dict[bytes, Attribute]):
    """A whole attribute's octets → its object."""

    _LIMIT: Final = 16_384

    def __missing__(self, octets: bytes) -> Attribute:
        if len(self) >= self._LIMIT:
            self.clear()
        found = self[octets] = decoded(octets)
        return found


_shared: Final = _Shared()


def attributes(octets: bytes, next_hop_at: int) -> dict[int, Attribute]:
    """The objects of a block's octets by type; ``next_hop_at`` is the offset behind AS_PATH."""
    # HOT: 2 µs for a usual block, 12 µs by ``decoded`` (tests/bench/codec). A frozen dataclass sets its fields by name
    # through ``object.__setattr__``, in twice the time of a slot's own setter. Nearly every path is one AS_SEQUENCE.
    count = next_hop_at - _ASES_AT >> 2
    made: dict[int, Attribute] = {_ORIGIN: _ORIGINS[octets[_ORIGIN_SIZE - 1]]}
    if 0 < count < 64 and octets[_ORIGIN_SIZE:_ASES_AT] == _ONE_SEQUENCE[count]:
        made[_AS_PATH] = path = _new(AsPath)
        _set_path(path, _UNPACK[count](octets, _ASES_AT))
    else:
        made[_AS_PATH] = decoded(octets[_ORIGIN_SIZE:next_hop_at])
    at, size = next_hop_at, len(octets)
    while at < size:
        code, length = octets[at + 1], octets[at + 2]
        value_at = at + 3
        end = value_at + length
        if octets[at] & EXTENDED_LENGTH:
            end = value_at + 1 + (length << 8 | octets[value_at])
            made[code] = decoded(octets[at:end])
        elif code == _COMMUNITIES:
            made[code] = communities = _new(Communities)
            _set_communities(communities, _UNPACK[length >> 2](octets, value_at))
        elif length <= _SHARED_SIZE:
            made[code] = _shared[octets[at:end]]
        elif code == _LARGE:
            made[code] = large = _new(LargeCommunities)
            triples = iter_unpack("!III", octets[value_at:end])
            _set_large(large, tuple([_tuple(LargeCommunity, each) for each in triples]))
        else:
            made[code] = decoded(octets[at:end])
        at = end
    return made


def decoded(octets: bytes) -> Attribute:
    """The object of one whole attribute, as its class reads it."""
    flags, code = octets[0], octets[1]
    value = octets[4 if flags & EXTENDED_LENGTH else 3 :]
    kind = registry.known(code)
    if kind is None:
        return UnknownAttribute(code, flags & ~EXTENDED_LENGTH, value)
    return kind.decode(value)
