"""rtnetlink messages as octets: routes in a fixed layout, replies, and the walk over attributes.

A route message is nlmsghdr (16 octets), rtmsg (12), RTA_DST, then attributes that are the same for every prefix
that goes the same way. So a ``RouteTemplate`` is made once a way and joined with 4 or 16 octets of prefix a route;
reading does the same backwards (``RouteReader``). Numbers and layouts: linux/netlink.h, linux/rtnetlink.h; all are
in host byte order except addresses. A property test holds all this against pyroute2.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Iterator
from enum import IntEnum, IntFlag
from typing import Final, NamedTuple

from ..addresses import Family
from ..constants import Afi
from ..errors import FibError
from ..speaker.fib import FibRoute, KernelRoute, NextHop, RouteType

HEADER: Final = struct.Struct("=IHHII")
"""nlmsghdr: length, type, flags, sequence, port id."""
_RTMSG_REST: Final = struct.Struct("=6BI")
"""rtmsg behind family, dst_len: src_len, tos, table, protocol, scope and type, flags."""
_ATTRIBUTE: Final = struct.Struct("=HH")
_NEXT_HOP: Final = struct.Struct("=HBBi")
"""rtnexthop: length, flags, hops (weight - 1), interface index."""
_U32: Final = struct.Struct("=I")
_ERROR: Final = struct.Struct("=i")

RTMSG_AT: Final = HEADER.size
ATTRIBUTES_AT: Final = RTMSG_AT + 12


class MessageType(IntEnum):
    """nlmsg_type"""

    ERROR = 2
    DONE = 3
    NEW_LINK = 16
    DEL_LINK = 17
    GET_LINK = 18
    NEW_ADDRESS = 20
    DEL_ADDRESS = 21
    GET_ADDRESS = 22
    NEW_ROUTE = 24
    DEL_ROUTE = 25
    GET_ROUTE = 26


class Flags(IntFlag):
    """nlmsg_flags"""

    REQUEST = 0x1
    ACK = 0x4
    DUMP_INTERRUPTED = 0x10
    REPLACE = 0x100
    EXCLUSIVE = 0x200
    CREATE = 0x400
    APPEND = 0x800
    DUMP = 0x300
    CAPPED = 0x100
    ACK_TLVS = 0x200


class Attribute(IntEnum):
    """rta_type"""

    DST = 1
    OIF = 4
    GATEWAY = 5
    PRIORITY = 6
    PREFSRC = 7
    MULTIPATH = 9
    TABLE = 15
    VIA = 18


class Op(IntEnum):
    """What to do with one route of ours."""

    ADD = 0
    """Only where no route has that prefix and metric: CREATE and EXCL."""
    REPLACE = 1
    """In the place of the route with that prefix and metric, which must be ours: REPLACE without CREATE."""
    DELETE = 2


ROUTE_TYPES: Final[dict[int, RouteType]] = {1: "unicast", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
"""rtm_type; the others (local, broadcast, multicast, throw, ...) are none of our business."""
_TYPE_NUMBERS: Final[dict[RouteType, int]] = {name: number for number, name in ROUTE_TYPES.items()}

AF_INET: Final = 2
AF_INET6: Final = 10
SCOPE_UNIVERSE: Final = 0
SCOPE_LINK: Final = 253
SCOPE_NOWHERE: Final = 255
ONLINK: Final = 4
"""RTNH_F_ONLINK"""
_DEAD: Final = 1
"""RTNH_F_DEAD"""
_CLONED: Final = 0x200
"""RTM_F_CLONED: a cached route"""
_TABLE_COMPAT: Final = 252
_OP_FLAGS: Final = {
    Op.ADD: Flags.REQUEST | Flags.CREATE | Flags.EXCLUSIVE,
    Op.REPLACE: Flags.REQUEST | Flags.REPLACE,
    Op.DELETE: Flags.REQUEST,
}

IndexOf = Callable[[str], int]
"""Device name to interface index; raises ``KeyError`` where there is no such device."""


def address_family(family: Family) -> int:
    """AF_INET or AF_INET6.

    Raises:
        FibError: a family that no kernel table holds.
    """
    if family == Family.IPV4_UNICAST:
        return AF_INET
    if family == Family.IPV6_UNICAST:
        return AF_INET6
    raise FibError(f"the kernel has no table for {family}")


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to 4 octets."""
    return _ATTRIBUTE.pack(4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(kind: int, flags: int, sequence: int, payload: bytes) -> bytes:
    """One netlink message; the kernel fills in who we are."""
    return HEADER.pack(HEADER.size + len(payload), kind, flags, sequence, 0) + payload


def dump_routes(family: Family, table: int, sequence: int) -> bytes:
    """Ask for a whole table; with strict checking the kernel leaves the others out."""
    number = address_family(family)
    rest = _RTMSG_REST.pack(0, 0, table if table < 256 else 0, 0, 0, 0, 0)
    payload = bytes([number, 0]) + rest + (attribute(Attribute.TABLE, _U32.pack(table)) if table > 255 else b"")
    return message(MessageType.GET_ROUTE, Flags.REQUEST | Flags.DUMP, sequence, payload)


class RouteTemplate(NamedTuple):
    """A route message without its sequence number and prefix."""

    start: bytes
    """length, type, flags"""
    start_ack: bytes
    """the same, asking for an answer"""
    middle: bytes
    """port id and family"""
    rest: bytes
    """the rest of rtmsg and the head of RTA_DST"""
    size: int
    """octets of an address"""
    tail: bytes
    """the other attributes"""

    def encode(self, key: bytes, sequence: int, *, ack: bool = False) -> bytes:
        """The message for one prefix."""
        # HOT, once a route: 0.5 us.
        return b"".join(
            (
                self.start_ack if ack else self.start,
                _U32.pack(sequence),
                self.middle,
                key[:1],
                self.rest,
                key[1:].ljust(self.size, b"\0"),
                self.tail,
            )
        )


def route_template(
    op: Op, family: Family, route: FibRoute, index_of: IndexOf, *, table: int, protocol: int
) -> RouteTemplate:
    """The message for ``route``, whose metric is given (0 is none).

    A deletion names protocol, table, metric and type, and for IPv4 the next hops as well: there a metric of 0 in a
    deletion means "any". IPv6's metric is never 0, and next hops would delete a multipath route leg by leg.

    Raises:
        FibError: a device that doesn't exist, or next hops that no kernel takes.
    """
    number = address_family(family)
    size = 4 if number == AF_INET else 16
    flags, scope = 0, SCOPE_NOWHERE if op is Op.DELETE else SCOPE_UNIVERSE
    hops = b""
    if route.type == "unicast" and not (op is Op.DELETE and number == AF_INET6):
        hops, flags = _encode_next_hops(size, route.next_hops, index_of)
        if op is not Op.DELETE and all(hop.gateway is None for hop in route.next_hops):
            scope = SCOPE_LINK
    tail = (attribute(Attribute.PRIORITY, _U32.pack(route.metric)) if route.metric else b"") + hops
    if table > 255:
        tail += attribute(Attribute.TABLE, _U32.pack(table))
    kind = MessageType.DEL_ROUTE if op is Op.DELETE else MessageType.NEW_ROUTE
    length = ATTRIBUTES_AT + 4 + size + len(tail)
    rest = _RTMSG_REST.pack(
        0, 0, table if table < 256 else _TABLE_COMPAT, protocol, scope, _TYPE_NUMBERS[route.type], flags
    )
    start = struct.pack("=IH", length, kind)
    return RouteTemplate(
        start=start + struct.pack("=H", _OP_FLAGS[op]),
        start_ack=start + struct.pack("=H", _OP_FLAGS[op] | Flags.ACK),
        middle=bytes([0, 0, 0, 0, number]),
        rest=rest + _ATTRIBUTE.pack(4 + size, Attribute.DST),
        size=size,
        tail=tail,
    )


def _encode_next_hops(size: int, hops: tuple[NextHop, ...], index_of: IndexOf) -> tuple[bytes, int]:
    """Attributes and rtm_flags of the way out."""
    if not hops:
        raise FibError("a unicast route without a next hop")
    if len(hops) == 1:
        hop = hops[0]
        device = attribute(Attribute.OIF, _U32.pack(_index(hop, index_of))) if hop.device is not None else b""
        return _encode_gateway(size, hop) + device, ONLINK if hop.onlink else 0
    legs = []
    for hop in hops:
        gateway = _encode_gateway(size, hop)
        index = _index(hop, index_of) if hop.device is not None else 0
        flags = ONLINK if hop.onlink else 0
        legs.append(_NEXT_HOP.pack(_NEXT_HOP.size + len(gateway), flags, hop.weight - 1, index) + gateway)
    return attribute(Attribute.MULTIPATH, b"".join(legs)), 0


def _index(hop: NextHop, index_of: IndexOf) -> int:
    try:
        return index_of(hop.device or "")
    except KeyError:
        raise FibError(f"no device {hop.device}") from None


def _encode_gateway(size: int, hop: NextHop) -> bytes:
    if hop.gateway is None:
        if hop.device is None:
            raise FibError("a next hop with neither gateway nor device")
        return b""
    if len(hop.gateway) == size:
        return attribute(Attribute.GATEWAY, hop.gateway)
    if size == 4:  # RFC 8950: an IPv4 route through an IPv6 gateway
        return attribute(Attribute.VIA, struct.pack("=H", AF_INET6) + hop.gateway)
    raise FibError("an IPv6 route through an IPv4 gateway")


class Header(NamedTuple):
    """A message in a buffer: its header and where it lies."""

    type: int
    flags: int
    sequence: int
    port: int
    """Who asked for the change that this notification is about; 0 is the kernel itself."""
    start: int
    end: int


def messages(data: bytes) -> Iterator[Header]:
    """Walk over the messages of a datagram; a cut-off last one ends the walk."""
    at, size = 0, len(data)
    unpack = HEADER.unpack_from
    while at + 16 <= size:
        length, kind, flags, sequence, port = unpack(data, at)
        if length < 16 or at + length > size:
            return
        yield Header(kind, flags, sequence, port, at, at + length)
        at += (length + 3) & ~3


def attributes(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Walk over attributes: (type without the nested and byte-order bits, value)."""
    while at + 4 <= end:
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < 4 or at + length > end:
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += (length + 3) & ~3


def error_of(data: bytes, header: Header) -> tuple[int, str]:
    """An answer's errno (0: done) and the kernel's words (NLMSGERR_ATTR_MSG, else the errno's)."""
    if header.end < header.start + 20:
        return 0, ""
    number = -_ERROR.unpack_from(data, header.start + 16)[0]
    if number == 0:
        return 0, ""
    text = ""
    if header.flags & Flags.ACK_TLVS and header.type == MessageType.ERROR:
        behind = header.start + 20 + HEADER.size
        if not header.flags & Flags.CAPPED:
            length = _U32.unpack_from(data, header.start + 20)[0]
            behind = header.start + 20 + ((length + 3) & ~3)
        for kind, value in attributes(data, behind, header.end):
            if kind == 1:
                text = value.rstrip(b"\0").decode("utf-8", "replace")
    return number, text or os.strerror(number)


def error_name(number: int) -> str:
    """ "ENETUNREACH" for 101."""
    return errno.errorcode.get(number, str(number))


class RouteReader:
    """Reads route messages of one family and table; messages that differ only in the prefix share one ``KernelRoute``.

    The octets behind the prefix are looked up before they are parsed: a dump of 50,000 routes has few different ones.
    """

    __slots__ = ("_known", "_name_of", "_size", "_table")

    _MOST: Final = 16384

    def __init__(self, family: Family, table: int, name_of: Callable[[int], str]) -> None:
        self._size = 4 if family.afi == Afi.IPV4 else 16
        self._table = table
        self._name_of = name_of
        self._known: dict[bytes, KernelRoute | None] = {}

    def forget(self) -> None:
        """Interfaces have other names or numbers now."""
        self._known.clear()

    def read(self, data: bytes, header: Header) -> tuple[bytes, KernelRoute] | None:
        """The key and the route; None for another table or type, and cached, TOS and source-specific routes."""
        # HOT, once a route of a dump: 0.9 us when the octets behind the prefix are known (tests/fib/measure.py).
        start = header.start
        length = data[start + 17]
        behind = start + 40 + self._size
        if length and data[start + 36 : start + 40] == _DST_HEADS[self._size] and behind <= header.end:
            # RTA_TABLE and RTA_DST first, as every kernel writes them
            shape = data[start + 18 : start + 36] + data[behind : header.end]
            key = data[start + 17 : start + 18] + data[start + 40 : start + 40 + (length + 7) // 8]
        else:
            key = self._key(data, header, length)
            shape = data[start + 18 : header.end]
        try:
            route = self._known[shape]
        except KeyError:
            if len(self._known) >= self._MOST:
                self._known.clear()
            route = self._known[shape] = self._parse(data, header)
        return (key, route) if route is not None else None

    def _key(self, data: bytes, header: Header, length: int) -> bytes:
        octets = b""
        for kind, value in attributes(data, header.start + ATTRIBUTES_AT, header.end):
            if kind == Attribute.DST:
                octets = value
        return bytes([length]) + octets.ljust(self._size, b"\0")[: (length + 7) // 8]

    def _parse(self, data: bytes, header: Header) -> KernelRoute | None:
        at = header.start + RTMSG_AT + 2
        source_length, tos, table, protocol, scope, kind, flags = _RTMSG_REST.unpack_from(data, at)
        found = dict(attributes(data, header.start + ATTRIBUTES_AT, header.end))
        if Attribute.TABLE in found:
            table = _U32.unpack(found[Attribute.TABLE])[0]
        if table != self._table or tos or source_length or flags & _CLONED or kind not in ROUTE_TYPES:
            return None
        name = ROUTE_TYPES[kind]
        return KernelRoute(
            type=name,
            protocol=protocol,
            next_hops=self._next_hops(found, flags) if name == "unicast" else (),
            metric=_U32.unpack(found[Attribute.PRIORITY])[0] if Attribute.PRIORITY in found else 0,
            scope=scope,
            source=found.get(Attribute.PREFSRC),
        )

    def _next_hops(self, found: dict[int, bytes], flags: int) -> tuple[NextHop, ...]:
        if Attribute.MULTIPATH not in found:
            index = _U32.unpack(found[Attribute.OIF])[0] if Attribute.OIF in found else 0
            return (self._next_hop(found, index, flags, 1),)
        data, at, hops = found[Attribute.MULTIPATH], 0, []
        while at + _NEXT_HOP.size <= len(data):
            length, hop_flags, weight, index = _NEXT_HOP.unpack_from(data, at)
            if length < _NEXT_HOP.size:
                break
            inner = dict(attributes(data, at + _NEXT_HOP.size, at + length))
            if index or not hop_flags & _DEAD:  # IPv4 keeps the leg of a deleted device, without it
                hops.append(self._next_hop(inner, index, hop_flags, weight + 1))
            at += (length + 3) & ~3
        return tuple(hops)

    def _next_hop(self, found: dict[int, bytes], index: int, flags: int, weight: int) -> NextHop:
        gateway = found.get(Attribute.GATEWAY)
        if gateway is None and Attribute.VIA in found:
            gateway = found[Attribute.VIA][2:]
        return NextHop(gateway, self._name_of(index) if index else None, bool(flags & ONLINK), weight)


_DST_HEADS: Final = {size: _ATTRIBUTE.pack(4 + size, Attribute.DST) for size in (4, 16)}
