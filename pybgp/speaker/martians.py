"""Prefixes that are no destinations of unicast traffic, whatever policy says: multicast and loopback.

RFC 4271 §6.3: a semantically incorrect prefix is logged and ignored; it is no reason to end the session.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import itemgetter
from typing import Final

from ..addresses import Family
from ..messages.families.ipv4_unicast import IPV4_UNICAST

_LOOPBACK_6: Final = b"\x80" + bytes(15) + b"\1"
_FIRST_OCTETS: Final = {
    Family.IPV4_UNICAST: frozenset(bytes((first,)) for first in (0x7F, *range(0xE0, 0xF0))),
    Family.IPV6_UNICAST: frozenset((b"\xff", b"\0")),  # ::1 is in what begins with 0
}
_NONE: Final[frozenset[bytes]] = frozenset()
_first_octet: Final = itemgetter(slice(1, 2))


@cache
def destinations() -> Callable[[bytes], list[bytes]]:
    """What finds the keys of a field of IPv4 prefixes that are canonical and none of ``martians``, and skips all else.

    So the usual field is split and looked at in one call; compiled when it is used first.
    """
    return IPV4_UNICAST.finder(frozenset(map(ord, _FIRST_OCTETS[Family.IPV4_UNICAST])))


def martians(family: Family, keys: list[bytes]) -> frozenset[bytes]:
    """Those of ``keys`` that must not get into a table: 127/8 and 224/4, ::1 and ff00::/8."""
    first_octets = _FIRST_OCTETS.get(family, _NONE)
    if first_octets.isdisjoint(map(_first_octet, keys)):
        return _NONE
    return frozenset(key for key in keys if key[1:2] in first_octets and (key[1] or key == _LOOPBACK_6))
