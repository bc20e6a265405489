"""Interfaces and addresses of the host, kept up to date from netlink messages. No IO: octets in, values out."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from ..speaker.fib import LocalAddresses
from .wire import AF_INET, AF_INET6, Flags, Header, MessageType, attribute, attributes, message

_LINK: Final = struct.Struct("=BxHiII")
"""ifinfomsg: family, type, index, flags, change."""
_ADDRESS: Final = struct.Struct("=BBBBI")
"""ifaddrmsg: family, prefix length, flags, scope, index."""
_IFLA_IFNAME: Final = 3
_IFLA_EXT_MASK: Final = 29
_SKIP_STATISTICS: Final = struct.pack("=I", 8)
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_UP: Final = 1
"""IFF_UP: the kernel takes routes through it (with or without a carrier)."""


class Link(NamedTuple):
    name: str
    up: bool


class LinkChange(NamedTuple):
    """What a message meant for routes: the kernel drops those of ``gone`` devices without saying so."""

    gone: str | None = None
    """A device that went down or was deleted."""
    deleted: bool = False
    """The device is no more: IPv4 routes with one of several next hops through it went altogether."""
    gone_ipv4: str | None = None
    """A device that lost its last IPv4 address: its IPv4 routes went."""
    gone_source: bytes | None = None
    """An address that went: IPv4 routes that prefer it as source went."""
    appeared: str | None = None
    """A device that is new (perhaps under an old name) or came up."""
    renamed: tuple[str, str] | None = None
    """The old and the new name of a device; it kept its routes."""
    anything: bool = False
    """False: nothing that we know changed."""


NOTHING: Final = LinkChange()


def dump_links(sequence: int) -> bytes:
    """Ask for all interfaces, without their statistics."""
    payload = _LINK.pack(0, 0, 0, 0, 0) + attribute(_IFLA_EXT_MASK, _SKIP_STATISTICS)
    return message(MessageType.GET_LINK, Flags.REQUEST | Flags.DUMP, sequence, payload)


def dump_addresses(sequence: int) -> bytes:
    """Ask for all addresses of both families."""
    return message(MessageType.GET_ADDRESS, Flags.REQUEST | Flags.DUMP, sequence, _ADDRESS.pack(0, 0, 0, 0, 0))


class Links:
    """The host's interfaces by index and name, and its addresses."""

    __slots__ = ("_addresses", "_index", "_links")

    def __init__(self) -> None:
        self._links: dict[int, Link] = {}
        self._index: dict[str, int] = {}
        self._addresses: dict[tuple[int, bytes, int], bytes] = {}  # (interface, address, length) -> subnet's key

    def name_of(self, index: int) -> str:
        """The device's name, ``"if7"`` for an index that was never seen."""
        link = self._links.get(index)
        return link.name if link else f"if{index}"

    def index_of(self, name: str) -> int:
        """The device's index.

        Raises:
            KeyError: there is no such device.
        """
        return self._index[name]

    def is_up(self, name: str) -> bool:
        """The device exists and is administratively up."""
        index = self._index.get(name)
        return index is not None and self._links[index].up

    def snapshot(self) -> LocalAddresses:
        """The addresses as the core wants them; an address that is there twice counts with its larger subnet."""
        addresses: dict[bytes, bytes] = {}
        devices: dict[bytes, str] = {}
        for (index, address, _), key in self._addresses.items():
            if address not in addresses or key[0] < addresses[address][0]:
                addresses[address] = key
                devices[address] = self.name_of(index)
        return LocalAddresses(addresses, devices, frozenset(link.name for link in self._links.values() if link.up))

    def clear(self) -> None:
        """Before a new dump."""
        self._links.clear()
        self._index.clear()
        self._addresses.clear()

    def feed(self, data: bytes, header: Header) -> LinkChange:
        """Take one message of the four kinds; others change nothing."""
        handler = _HANDLERS.get(header.type)
        return handler(self, data, header) if handler else NOTHING

    def _new_link(self, data: bytes, header: Header) -> LinkChange:
        family, _, index, flags, _ = _LINK.unpack_from(data, header.start + 16)
        if family != 0:  # a bridge's view of its port
            return NOTHING
        found = dict(attributes(data, header.start + 32, header.end))
        name = found[_IFLA_IFNAME].rstrip(b"\0").decode(errors="replace")
        link, old = Link(name, bool(flags & _UP)), self._links.get(index)
        if link == old:
            return NOTHING
        self._links[index] = link
        if old is not None and old.name != name and self._index.get(old.name) == index:
            del self._index[old.name]
        self._index[name] = index
        return LinkChange(
            gone=old.name if old is not None and old.up and not link.up else None,
            appeared=name if link.up else None,
            renamed=(old.name, name) if old is not None and old.name != name else None,
            anything=True,
        )

    def _del_link(self, data: bytes, header: Header) -> LinkChange:
        family, _, index, _, _ = _LINK.unpack_from(data, header.start + 16)
        old = self._links.pop(index, None) if family == 0 else None
        if old is None:
            return NOTHING
        if self._index.get(old.name) == index:
            del self._index[old.name]
        for key in [key for key in self._addresses if key[0] == index]:
            del self._addresses[key]
        return LinkChange(gone=old.name, deleted=True, anything=True)

    def _new_address(self, data: bytes, header: Header) -> LinkChange:
        entry, subnet = _read_address(data, header)
        if entry is None or self._addresses.get(entry) == subnet:
            return NOTHING
        self._addresses[entry] = subnet
        return LinkChange(anything=True)

    def _del_address(self, data: bytes, header: Header) -> LinkChange:
        entry, _ = _read_address(data, header)
        if entry is None or self._addresses.pop(entry, None) is None:
            return NOTHING
        index, address, _ = entry
        if len(address) == 16:
            return LinkChange(anything=True)
        left = [other for other in self._addresses if len(other[1]) == 4 and (other[0] == index or other[1] == address)]
        return LinkChange(
            gone_ipv4=None if any(other[0] == index for other in left) else self.name_of(index),
            gone_source=None if any(other[1] == address for other in left) else address,
            anything=True,
        )


def _read_address(data: bytes, header: Header) -> tuple[tuple[int, bytes, int] | None, bytes]:
    """(interface, our address, prefix length) and the key of its subnet (a point-to-point peer's, if there is one)."""
    family, length, _, _, index = _ADDRESS.unpack_from(data, header.start + 16)
    if family not in (AF_INET, AF_INET6):
        return None, b""
    found = dict(attributes(data, header.start + 24, header.end))
    peer = found.get(_IFA_ADDRESS, found.get(_IFA_LOCAL, b""))
    address = found.get(_IFA_LOCAL, peer)
    bits = len(peer) * 8
    network = int.from_bytes(peer) >> (bits - length) << (bits - length)
    return (index, address, length), bytes([length]) + network.to_bytes(len(peer))[: (length + 7) // 8]


_HANDLERS: Final[dict[int, Callable[[Links, bytes, Header], LinkChange]]] = {
    MessageType.NEW_LINK: Links._new_link,
    MessageType.DEL_LINK: Links._del_link,
    MessageType.NEW_ADDRESS: Links._new_address,
    MessageType.DEL_ADDRESS: Links._del_address,
}
