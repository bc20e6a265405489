"""A capture as BGP messages: the file's packets, through link layer, IP and TCP."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from ..constants import BGP_PORT
from ..sources import Source
from . import tcp
from .conversation import Conversations
from .ip import TCP, BadPacket, Ip
from .link import LINKS
from .packets import packets
from .values import CapturedMessage, Damage, Packet

BGP: Final = frozenset({BGP_PORT})


def messages(source: Source, ports: Collection[int] = BGP) -> Iterator[CapturedMessage | Damage]:
    """The BGP messages of a capture, pcap or pcapng, in the order in which they were complete.

    ``source`` are octets, chunks of octets, or a binary file. ``ports`` are the TCP ports, on either side, that speak
    BGP. What can't be read comes as ``Damage`` in its place, and reading goes on; whatever the octets are, nothing is
    raised but by ``source`` itself. The memory used has a bound, and is far below it for what happens on real networks:
    1 MiB for each direction of a connection where octets are missing, 64 MiB for all.
    """
    reader = _Reader(frozenset(ports))
    offset = 0
    for each in packets(source):
        offset = each.offset
        if isinstance(each, Damage):
            yield each
        else:
            yield from reader.read(each)
    yield from reader.finish(offset)


class _Reader:
    """Packets in, messages out."""

    __slots__ = ("_conversations", "_ip", "_ports", "_unknown_links")

    def __init__(self, ports: frozenset[int]) -> None:
        self._ports = ports
        self._ip = Ip()
        self._conversations = Conversations()
        self._unknown_links: set[int] = set()  # reported once each

    def read(self, packet: Packet) -> Sequence[CapturedMessage | Damage]:
        """What a packet completes."""
        # HOT: once a packet; most of a capture is often not BGP. 10 µs for one with a message of 70 octets.
        time, link, data, offset = packet
        find = LINKS.get(link)
        if find is None:
            return self._unknown_link(link, time, offset)
        at = find(data)
        if at is None:
            return ()
        try:
            payload = self._ip.payload(data[at:] if at else data, time)
        except BadPacket as error:
            return (Damage(why=str(error), offset=offset, time=time),)
        if payload is None or payload.protocol != TCP:
            return ()
        segment = tcp.segment(payload.octets)
        if segment is None:
            why = f"TCP header of {len(payload.octets)} octets is cut off"
            return (Damage(why=why, offset=offset, time=time),)
        if segment.source_port not in self._ports and segment.destination_port not in self._ports:
            return ()
        self._conversations.add(payload.source, payload.destination, segment, time, offset)
        return self._conversations.take_output()

    def finish(self, offset: int) -> Sequence[CapturedMessage | Damage]:
        """The capture is over."""
        self._conversations.finish(offset)
        return self._conversations.take_output()

    def _unknown_link(self, link: int, time: float | None, offset: int) -> Sequence[Damage]:
        if link in self._unknown_links:
            return ()
        self._unknown_links.add(link)
        return (Damage(why=f"link type {link} is not known, its packets are left out", offset=offset, time=time),)
