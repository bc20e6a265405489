"""Captures by hand: a connection whose packets can be put in any order, and pcapng blocks."""

from __future__ import annotations

from struct import pack

from pybgp.addresses import address_octets
from pybgp.capture import CapturedMessage, Damage, Endpoint, messages
from pybgp.capture.write import pcap, tcp_packet
from pybgp.messages.header import KEEPALIVE, message

LEFT = Endpoint(address_octets("192.0.2.1"), 40_000)
RIGHT = Endpoint(address_octets("192.0.2.2"), 179)
LEFT_6 = Endpoint(address_octets("2001:db8::1"), 40_000)
RIGHT_6 = Endpoint(address_octets("2001:db8::2"), 179)
FIN, SYN, RST, ACK = 1, 2, 4, 16


def note(number: int, size: int = 0) -> bytes:
    """A message that differs from others: a NOTIFICATION with a number in it, and ``size`` octets more."""
    return message(3, b"\6\2" + number.to_bytes(2) + bytes(size))


def segment(octets: bytes, sequence: int, *, ack: int = 0, flags: int = ACK, back: bool = False) -> bytes:
    """A packet from left to right, or ``back``."""
    ends = (RIGHT, LEFT) if back else (LEFT, RIGHT)
    return tcp_packet(*ends, octets, sequence=sequence & 0xFFFFFFFF, acknowledgement=ack & 0xFFFFFFFF, flags=flags)


def syn(sequence: int, *, back: bool = False) -> bytes:
    """The first packet of a side whose first octet will have ``sequence`` + 1."""
    return segment(b"", sequence, flags=SYN | (ACK if back else 0), back=back)


def read(*packets: bytes, step: float = 0.01, ports: tuple[int, ...] = (179,)) -> list[CapturedMessage | Damage]:
    """What comes of packets, each ``step`` seconds after the one before."""
    return list(messages(pcap((1000 + step * number, each) for number, each in enumerate(packets)), ports))


def octets_of(found: list[CapturedMessage | Damage]) -> list[bytes]:
    """The messages, without what was damaged."""
    return [each.octets for each in found if isinstance(each, CapturedMessage)]


def damage_of(found: list[CapturedMessage | Damage]) -> list[str]:
    return [each.why for each in found if isinstance(each, Damage)]


ONE = segment(KEEPALIVE, 1)
"""A packet with a KEEPALIVE in it: IPv4, no options."""
ONE_6 = tcp_packet(LEFT_6, RIGHT_6, KEEPALIVE)


# -- pcapng ------------------------------------------------------------------------------------------------------------


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    size = 12 + len(body)
    return pack(f"{order}II", kind, size) + body + pack(f"{order}I", size)


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link: int = 101, *options: bytes, order: str = "<") -> bytes:
    end = option(0, b"", order) if options else b""
    return block(1, pack(f"{order}HHI", link, 0, 0) + b"".join(options) + end, order)


def enhanced(data: bytes, ticks: int = 0, number: int = 0, order: str = "<") -> bytes:
    head = pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data, order)


def old(data: bytes, ticks: int = 0, number: int = 0, order: str = "<") -> bytes:
    head = pack(f"{order}HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(2, head + data, order)


def simple(data: bytes, order: str = "<") -> bytes:
    return block(3, pack(f"{order}I", len(data)) + data, order)
