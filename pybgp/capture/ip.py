"""IPv4 and IPv6 packets: what they carry, whole again when it was sent in fragments (RFC 791, RFC 8200).

Checksums are not looked at: who captures on the machine that sends sees packets before the network card fills them in.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from .fragments import Fragment, Fragments

TCP: Final = 6
_IPV4, _IPV6 = 4, 41
"""Protocol numbers of packets within packets (RFC 2003, RFC 4213)."""
_MAX_NESTING: Final = 4
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION = 0, 43, 44, 51, 60
_OTHER_EXTENSIONS: Final = frozenset({_HOP_BY_HOP, _ROUTING, _DESTINATION, 135, 139, 140})
_IPV4_HEAD: Final = Struct("!BBHHHBBH4s4s").unpack_from
_IPV6_HEAD: Final = Struct("!IHBB16s16s").unpack_from


class BadPacket(Exception):
    """What is wrong with a packet."""


class Payload(NamedTuple):
    """What an IP packet carries from ``source`` to ``destination`` (addresses of 4 or 16 octets)."""

    protocol: int
    source: bytes
    destination: bytes
    octets: bytes


class Ip:
    """Reads IP packets; remembers fragments until the others have come."""

    __slots__ = ("_fragments",)

    def __init__(self) -> None:
        self._fragments = Fragments()

    def payload(self, packet: bytes, time: float | None) -> Payload | None:
        """The innermost payload; None while fragments are missing.

        Raises:
            BadPacket: not an IP packet, or a header that is cut off.
        """
        for _ in range(_MAX_NESTING):
            found = self._one(packet, time)
            if found is None or found.protocol not in (_IPV4, _IPV6):
                return found
            packet = found.octets
        return None

    def _one(self, packet: bytes, time: float | None) -> Payload | None:
        version = packet[0] >> 4 if packet else 0
        if version == 4:
            return self._version_4(packet, time)
        if version == 6:
            return self._version_6(packet, time)
        raise BadPacket(f"IP version {version}, expected 4 or 6" if packet else "an empty IP packet")

    def _version_4(self, packet: bytes, time: float | None) -> Payload | None:
        if len(packet) < 20:
            raise BadPacket(f"IPv4 header of {len(packet)} octets, expected at least 20")
        first, _, total, identifier, fragment, _, protocol, _, source, destination = _IPV4_HEAD(packet)
        size = (first & 15) * 4
        if not 20 <= size <= len(packet):
            raise BadPacket(f"IPv4 header of {size} octets in a packet of {len(packet)}")
        if total and total < size:
            raise BadPacket(f"IPv4 total length {total}, less than the header of {size}")
        octets = packet[size : total or len(packet)]  # 0: the network card was to cut it (segmentation offload)
        if not fragment & 0x3FFF:
            return Payload(protocol, source, destination, octets)
        key = (source, destination, protocol, identifier)
        piece = Fragment((fragment & 0x1FFF) * 8, octets, bool(fragment & 0x2000))
        whole = self._fragments.add(key, piece, time)
        return None if whole is None else Payload(protocol, source, destination, whole)

    def _version_6(self, packet: bytes, time: float | None) -> Payload | None:
        if len(packet) < 40:
            raise BadPacket(f"IPv6 header of {len(packet)} octets, expected 40")
        _, length, following, _, source, destination = _IPV6_HEAD(packet)
        end = 40 + length if length else len(packet)
        if following == TCP:
            return Payload(TCP, source, destination, packet[40:end])
        return self._behind_extensions(packet[:end], 40, following, source, destination, time)

    def _behind_extensions(
        self, packet: bytes, at: int, following: int, source: bytes, destination: bytes, time: float | None
    ) -> Payload | None:
        was_whole = False
        while following in _OTHER_EXTENSIONS or following in (_FRAGMENT, _AUTHENTICATION):
            head = packet[at : at + 8]
            if len(head) < 8:
                raise BadPacket(f"IPv6 extension header {following} is cut off")
            if following == _FRAGMENT:
                if was_whole:
                    raise BadPacket("IPv6 fragments within a fragment")
                was_whole = True
                key = (source, destination, head[0], int.from_bytes(head[4:8]))
                piece = Fragment((head[2] << 8 | head[3]) & 0xFFF8, packet[at + 8 :], bool(head[3] & 1))
                whole = self._fragments.add(key, piece, time)
                if whole is None:
                    return None
                packet, at, following = whole, 0, head[0]
                continue
            at += (head[1] + 2) * 4 if following == _AUTHENTICATION else (head[1] + 1) * 8
            following = head[0]
            if at > len(packet):
                raise BadPacket("IPv6 extension header runs past the packet")
        return Payload(following, source, destination, packet[at:])
