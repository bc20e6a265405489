"""pcap files: one link layer, a record a packet (draft-ietf-opsawg-pcap).

Both byte orders, with micro- and with nanoseconds, and the old "modified" format with eight more octets a record.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from .source import Octets
from .values import Damage, Packet

MAX_PACKET: Final = 1 << 20
"""Octets of the largest packet that is believed; capture programs stop at 262,144."""
_HEADER_SIZE: Final = 24
_MICRO, _NANO, _MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34


class Magic(NamedTuple):
    """What the first four octets say: byte order, parts of a second, octets of a record's header."""

    order: str
    resolution: float
    record_size: int


_SHAPES: Final = {_MICRO: (1e-6, 16), _NANO: (1e-9, 16), _MODIFIED: (1e-6, 24)}
MAGIC: Final = {
    Struct(f"{order}I").pack(number): Magic(order, resolution, record_size)
    for number, (resolution, record_size) in _SHAPES.items()
    for order in "<>"
}


def packets(octets: Octets) -> Iterator[Packet | Damage]:
    """The packets of a file whose first octets are one of ``MAGIC``.

    A record that can't be right ends the file: nothing in it says where the next one begins.
    """
    magic = MAGIC[octets.peek(4)]
    header = octets.take(_HEADER_SIZE)
    if len(header) < _HEADER_SIZE:
        yield Damage(why=f"file header of {len(header)} octets, expected {_HEADER_SIZE}", offset=0)
        return
    link = Struct(f"{magic.order}I").unpack_from(header, 20)[0] & 0xFFFF  # above it: how long the frames' checksum is
    unpack = Struct(f"{magic.order}IIII").unpack_from
    size, resolution = magic.record_size, magic.resolution
    while True:
        offset = octets.offset
        record = octets.take(size)
        if len(record) < size:
            if record:
                yield Damage(why=f"the file ends within a record's header, {len(record)} octets of it", offset=offset)
            return
        seconds, parts, captured, _ = unpack(record)
        if captured > MAX_PACKET:
            why = f"packet of {captured} octets, expected at most {MAX_PACKET}; what follows can't be read"
            yield Damage(why=why, offset=offset)
            return
        time = seconds + parts * resolution
        data = octets.take(captured)
        if len(data) < captured:
            why = f"the file ends within a packet, {len(data)} of {captured} octets"
            yield Damage(why=why, offset=offset, time=time)
            return
        yield Packet(time, link, data, offset)
