"""Capture files of either format as packets."""

from __future__ import annotations

from collections.abc import Iterator

from ..sources import Source
from . import pcap, pcapng
from .source import Octets
from .values import Damage, Packet


def is_capture(head: bytes) -> bool:
    """Do these octets, the first four of a file or more, begin a pcap or pcapng file?"""
    return head[:4] == pcapng.SECTION or head[:4] in pcap.MAGIC


def packets(source: Source) -> Iterator[Packet | Damage]:
    """The packets of a capture in the order of the file; what can't be read as ``Damage``, in its place."""
    octets = Octets(source)
    head = octets.peek(4)
    if head == pcapng.SECTION:
        yield from pcapng.packets(octets)
    elif head in pcap.MAGIC:
        yield from pcap.packets(octets)
    else:
        yield Damage(why=f"neither pcap nor pcapng: it begins with {head.hex() or 'nothing'}", offset=0)
