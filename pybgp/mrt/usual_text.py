"""Lines of ``text`` for usual attributes and IPv4 prefixes, in a third of the time.

It is a shortcut of ``text``, not another opinion: for what isn't usual it says None, and what it writes is what
``text`` would have written (tests/property/test_mrt.py).
"""

from __future__ import annotations

import re
from struct import Struct
from typing import Final

from ..constants import AttributeCode, Community
from ..messages.attributes.base import EXTENDED_LENGTH
from ..messages.attributes.fast import fields

_PATH_FLAGS_AT: Final = 4
_PATH_SIZE_AT: Final = 6
_ASES_AT: Final = 9
_COMMUNITIES: Final = AttributeCode.COMMUNITIES.value
_VALUE_AT: Final = 3
_ORIGINS: Final = ("IGP", "EGP", "INCOMPLETE")
_NUMBERS: Final = tuple(Struct(f"!{count}I").unpack_from for count in range(64))
_PATHS: Final = tuple(" ".join(["%d"] * count) for count in range(64))
_HALVES: Final = tuple(Struct(f"!{2 * count}H").unpack_from for count in range(64))
_PAIRS: Final = tuple(" ".join(["%d:%d"] * count) for count in range(64))
_RESERVED: Final = b"\xff\xff"
"""Two octets that every community with a name begins with."""
_OCTET: Final = tuple(map(str, range(256)))
_KEY: Final = Struct("5B").unpack
_PADDING: Final = b"\0"
_KEYS: Final = re.compile(rb"\x00|[\x01-\x08].|[\x09-\x10]..|[\x11-\x18]...|[\x19-\x20]....", re.DOTALL).findall
"""Prefixes of IPv4, host bits and all."""
assert all(value.to_bytes(4).startswith(_RESERVED) for value in Community)


def route_text(octets: bytes) -> str | None:
    """The end of a line, from the path on, of attributes with NEXT_HOP and AS numbers in four octets."""
    # HOT: once a set of attributes; 2.5 µs instead of 7 (tests/bench/codec).
    found = fields(octets)
    if found is None:
        return None
    head, next_hop, med, local_pref, labels, tail = found
    if tail or head[_PATH_FLAGS_AT] & EXTENDED_LENGTH:
        return None
    communities = ""
    if labels:
        if labels[1] != _COMMUNITIES or _RESERVED in labels:
            return None
        count = labels[2] >> 2
        communities = _PAIRS[count] % _HALVES[count](labels, _VALUE_AT)
    count = head[_PATH_SIZE_AT] >> 2
    path = _PATHS[count] % _NUMBERS[count](head, _ASES_AT) if count else ""
    return (
        f"{path}|{_ORIGINS[head[3]]}|{address_text(next_hop)}|{int.from_bytes(local_pref) if local_pref else 0}"
        f"|{int.from_bytes(med) if med else 0}|{communities}|NAG||"
    )


def prefix_text(key: bytes) -> str:
    """A prefix of IPv4 of its length and octets."""
    bits, first, second, third, fourth = _KEY(key.ljust(5, _PADDING))
    return f"{_OCTET[first]}.{_OCTET[second]}.{_OCTET[third]}.{_OCTET[fourth]}/{_OCTET[bits]}"


def address_text(address: bytes) -> str:
    """An address of IPv4."""
    return f"{_OCTET[address[0]]}.{_OCTET[address[1]]}.{_OCTET[address[2]]}.{_OCTET[address[3]]}"


def rows(before: str, field: bytes, behind: str) -> list[str] | None:
    """A line for every prefix of an IPv4 NLRI field; None if they don't make up all of it."""
    # HOT: once a prefix: ``prefix_text`` is written out.
    keys = _KEYS(field)
    if len(b"".join(keys)) != len(field):
        return None
    out = []
    for key in keys:
        bits, first, second, third, fourth = _KEY(key.ljust(5, _PADDING))
        text = f"{_OCTET[first]}.{_OCTET[second]}.{_OCTET[third]}.{_OCTET[fourth]}/{_OCTET[bits]}"
        out.append(f"{before}{text}{behind}")
    return out
