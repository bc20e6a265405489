"""Writing captures: BGP messages, or any packets, as a pcap file that other programs read."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final

from .link import RAW
from .values import Endpoint

_FILE: Final = Struct("<IHHiIII")
_RECORD: Final = Struct("<IIII")
_TCP: Final = Struct("!HHIIBBHHH")
_IPV4: Final = Struct("!BBHHHBBH4s4s")
_IPV6: Final = Struct("!IHBB16s16s")


def pcap(packets: Iterable[tuple[float, bytes]], link: int = RAW) -> bytes:
    """A pcap file of (time in seconds since 1970, packet), with microseconds; ``link`` is the link type of all."""
    out = [_FILE.pack(0xA1B2C3D4, 2, 4, 0, 0, 262_144, link)]
    for time, data in packets:
        ticks = round(time * 1_000_000)
        out.append(_RECORD.pack(ticks // 1_000_000, ticks % 1_000_000, len(data), len(data)))
        out.append(data)
    return b"".join(out)


def tcp_packet(
    source: Endpoint,
    destination: Endpoint,
    octets: bytes = b"",
    *,
    sequence: int = 0,
    acknowledgement: int = 0,
    flags: int = 0x10,
) -> bytes:
    """An IP packet with a TCP segment, of the version that the addresses have; checksums are right."""
    header = _TCP.pack(source.port, destination.port, sequence, acknowledgement, 0x50, flags, 0xFFFF, 0, 0)
    size = len(header) + len(octets)
    pseudo = source.address + destination.address + size.to_bytes(4) + (6).to_bytes(4)
    checksum = _checksum(pseudo + header + octets)
    segment = header[:16] + checksum.to_bytes(2) + header[18:] + octets
    if len(source.address) == 16:
        return _IPV6.pack(6 << 28, size, 6, 64, source.address, destination.address) + segment
    head = _IPV4.pack(0x45, 0, 20 + size, 0, 0x4000, 64, 6, 0, source.address, destination.address)
    return head[:10] + _checksum(head).to_bytes(2) + head[12:] + segment


def _checksum(octets: bytes) -> int:
    """RFC 1071: the ones' complement of the ones' complement sum; a multiple of 65535 keeps the sum's remainder."""
    total = int.from_bytes(octets + bytes(len(octets) % 2)) % 0xFFFF
    return 0xFFFF - (total or 0xFFFF) if any(octets) else 0xFFFF
