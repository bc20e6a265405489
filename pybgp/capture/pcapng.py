"""pcapng files: sections of blocks; interfaces, each with a link layer and a clock (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from .pcap import MAX_PACKET
from .source import Octets
from .values import Damage, Packet

SECTION: Final = b"\x0a\x0d\x0d\x0a"
"""The first octets of a file: a section header, the same in both byte orders."""
_INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_WANTED: Final = frozenset({_INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED})
_BYTE_ORDER: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_MAX_BLOCK: Final = MAX_PACKET + (1 << 16)
_TSRESOL, _TSOFFSET = 9, 14
_MAX_INTERFACES: Final = 65536


class _Interface(NamedTuple):
    """``resolution`` is the clock's in seconds, ``start`` is added to its times; ``snap`` 0 is no limit."""

    link: int
    snap: int
    resolution: float
    start: int


class _BadBlock(Exception):
    """What is wrong with a block; the next one can be read."""


class _Section:
    """One section: its byte order and what its interfaces are."""

    __slots__ = ("_enhanced", "_interface", "_interfaces", "_old", "_option", "_order", "_word", "header")

    def __init__(self, order: str) -> None:
        self.header = Struct(f"{order}II").unpack_from
        self._interfaces: list[_Interface] = []
        self._order = order
        self._word = Struct(f"{order}I").unpack_from
        self._interface = Struct(f"{order}HHI")
        self._option = Struct(f"{order}HH").unpack_from
        self._enhanced = Struct(f"{order}IIIII")
        self._old = Struct(f"{order}HHIIII")

    def read(self, kind: int, body: bytes, offset: int) -> Packet | None:
        """The packet of a block, if it has one."""
        if kind == _ENHANCED:
            if len(body) < self._enhanced.size:
                raise _BadBlock(f"enhanced packet block with {len(body)} octets, expected at least 20")
            number, high, low, captured, _ = self._enhanced.unpack_from(body)
            return self._packet(number, high << 32 | low, captured, body, 20, offset)
        if kind == _OLD_PACKET:
            if len(body) < self._old.size:
                raise _BadBlock(f"packet block with {len(body)} octets, expected at least 20")
            number, _, high, low, captured, _ = self._old.unpack_from(body)
            return self._packet(number, high << 32 | low, captured, body, 20, offset)
        if kind == _SIMPLE:
            return self._simple(body, offset)
        self._add_interface(body)
        return None

    def _packet(self, number: int, ticks: int, captured: int, body: bytes, at: int, offset: int) -> Packet:
        interface = self._named(number)
        data = body[at : at + captured]
        if len(data) < captured:
            raise _BadBlock(f"packet of {captured} octets, but the block has room for {len(data)}")
        return Packet(interface.start + ticks * interface.resolution, interface.link, data, offset)

    def _simple(self, body: bytes, offset: int) -> Packet:
        interface = self._named(0)
        if len(body) < 4:
            raise _BadBlock(f"simple packet block with {len(body)} octets, expected at least 4")
        size = min(self._word(body)[0], interface.snap or MAX_PACKET)
        return Packet(None, interface.link, body[4 : 4 + size], offset)

    def _named(self, number: int) -> _Interface:
        if number >= len(self._interfaces):
            raise _BadBlock(f"packet of interface {number}, but the section has {len(self._interfaces)} so far")
        return self._interfaces[number]

    def _add_interface(self, body: bytes) -> None:
        if len(body) < self._interface.size:
            raise _BadBlock(f"interface block with {len(body)} octets, expected at least {self._interface.size}")
        if len(self._interfaces) >= _MAX_INTERFACES:
            raise _BadBlock(f"more than {_MAX_INTERFACES} interfaces")
        link, _, snap = self._interface.unpack_from(body)
        resolution, start = 1e-6, 0
        for code, value in self._options(body, self._interface.size):
            if code == _TSRESOL and value:
                resolution = 2.0 ** -(value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** -value[0]
            elif code == _TSOFFSET and len(value) == 8:
                start = Struct(f"{self._order}q").unpack(value)[0]
        self._interfaces.append(_Interface(link, snap, resolution, start))

    def _options(self, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        """Options to the end of the block; one that is cut off, and all behind it, are left out."""
        while at + 4 <= len(body):
            code, length = self._option(body, at)
            value = body[at + 4 : at + 4 + length]
            if not code or len(value) < length:
                return
            yield code, value
            at += 4 + (length + 3 & ~3)


def packets(octets: Octets) -> Iterator[Packet | Damage]:
    """The packets of a file whose first octets are ``SECTION``.

    A block that is wrong inside is left out; one whose length can't be right ends the file.
    """
    section = _Section("<")
    while head := octets.peek(12):
        offset = octets.offset
        if head[:4] == SECTION and len(head) == 12:
            order = _BYTE_ORDER.get(head[8:])
            if order is None:
                why = f"section header with byte-order magic {head[8:].hex()}; what follows can't be read"
                yield Damage(why=why, offset=offset)
                return
            section = _Section(order)
        if len(head) < 12:
            yield Damage(why=f"the file ends within a block's header, {len(head)} octets of it", offset=offset)
            return
        kind, size = section.header(head)
        if size < 12 or size % 4:
            why = f"block of {size} octets, expected a multiple of 4 from 12; what follows can't be read"
            yield Damage(why=why, offset=offset)
            return
        if kind not in _WANTED or size > _MAX_BLOCK:
            if octets.skip(size) < size:
                yield Damage(why=f"the file ends within a block of {size} octets", offset=offset)
            elif kind in _WANTED:
                yield Damage(why=f"block of {size} octets, expected at most {_MAX_BLOCK}", offset=offset)
            continue
        yield from _block(octets.take(size), section, kind, size, offset)


def _block(block: bytes, section: _Section, kind: int, size: int, offset: int) -> Iterator[Packet | Damage]:
    if len(block) < size:
        yield Damage(why=f"the file ends within a block of {size} octets", offset=offset)
        return
    try:
        if block[-4:] != block[4:8]:
            raise _BadBlock(f"block of {size} octets with {block[-4:].hex()} as its length at the end")
        packet = section.read(kind, block[8:-4], offset)
    except _BadBlock as error:
        yield Damage(why=str(error), offset=offset)
    else:
        if packet is not None:
            yield packet
