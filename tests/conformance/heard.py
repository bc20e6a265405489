"""What a BGP speaker says, read with a few lines of our own, so that the tests don't trust the codec they test."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

OPEN, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH = 1, 2, 3, 4, 5
NEXT_HOP, MP_REACH, MP_UNREACH = 3, 14, 15


@dataclass(frozen=True, slots=True)
class Route:
    """Attributes by type as they came, flags and length included, in their order.

    NEXT_HOP and MP_REACH_NLRI are not among them: ``next_hop`` is what one of them said, ``way`` is its type, 0 where
    that isn't known.
    """

    next_hop: bytes
    attributes: dict[int, bytes]
    way: int = 0


@dataclass(slots=True)
class Table:
    """The routes that a peer has been told and not been taken back: by prefix as text, then by path identifier."""

    add_path: bool = False
    four_octet_as: bool = True
    routes: dict[str, dict[int, Route]] = field(default_factory=dict)
    withdrawals: list[str] = field(default_factory=list)

    def update(self, body: bytes) -> None:
        """One UPDATE's body."""
        gone_size = int.from_bytes(body[:2])
        at = 2 + gone_size
        size = int.from_bytes(body[at : at + 2])
        attributes = {found[1]: found for found in attributes_of(body[at + 2 : at + 2 + size])}
        self._withdraw(4, body[2:at])
        if MP_UNREACH in attributes:
            value = value_of(attributes[MP_UNREACH])
            self._withdraw(16 if value[1] == 2 else 4, value[3:])
        rest = {code: found for code, found in attributes.items() if code not in (NEXT_HOP, MP_REACH, MP_UNREACH)}
        if NEXT_HOP in attributes:
            self._announce(4, body[at + 2 + size :], Route(value_of(attributes[NEXT_HOP]), rest, NEXT_HOP))
        if MP_REACH in attributes:
            value = value_of(attributes[MP_REACH])
            end = 4 + value[3]
            self._announce(16 if value[1] == 2 else 4, value[end + 1 :], Route(value[4:end], rest, MP_REACH))

    def put(self, prefix: str, path_id: int, route: Route) -> None:
        self.routes.setdefault(prefix, {})[path_id] = route

    def drop(self, prefix: str, path_id: int) -> None:
        self.withdrawals.append(prefix)
        paths = self.routes.get(prefix, {})
        paths.pop(path_id, None)
        if not paths:
            self.routes.pop(prefix, None)

    def _announce(self, size: int, field: bytes, route: Route) -> None:
        for prefix, path_id in prefixes_of(size, field, self.add_path):
            self.put(prefix, path_id, route)

    def _withdraw(self, size: int, field: bytes) -> None:
        for prefix, path_id in prefixes_of(size, field, self.add_path):
            self.drop(prefix, path_id)


def attributes_of(field: bytes) -> Iterator[bytes]:
    """Whole attributes, one after the other."""
    while field:
        wide = field[0] & 0x10
        end = 4 + int.from_bytes(field[2:4]) if wide else 3 + field[2]
        yield field[:end]
        field = field[end:]


def value_of(attribute: bytes) -> bytes:
    return attribute[4 if attribute[0] & 0x10 else 3 :]


def prefixes_of(size: int, field: bytes, add_path: bool = False) -> Iterator[tuple[str, int]]:
    """(prefix, path identifier) of a field of IPv4 (``size`` 4) or IPv6 (16) prefixes."""
    while field:
        path_id = 0
        if add_path:
            path_id, field = int.from_bytes(field[:4]), field[4:]
        end = 1 + (field[0] + 7) // 8
        yield prefix_text(size, field[:end]), path_id
        field = field[end:]


def prefix_text(size: int, key: bytes) -> str:
    octets = key[1:] + bytes(size - len(key) + 1)
    return f"{ipaddress.ip_address(octets)}/{key[0]}"


def messages_of(stream: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take the whole messages from the front of a stream, as (type, whole message)."""
    while len(stream) >= 19 and len(stream) >= (size := int.from_bytes(stream[16:18])):
        yield stream[18], bytes(stream[:size])
        del stream[:size]
