"""From a frame to the octets of a TCP segment."""

from __future__ import annotations

import tracemalloc
from random import Random

import pytest

from pybgp.addresses import address_octets
from pybgp.capture import CapturedMessage, Damage, Endpoint, messages
from pybgp.capture.fragments import Fragment, Fragments
from pybgp.capture.write import pcap, tcp_packet
from pybgp.messages.header import KEEPALIVE, message
from tests.unit.capture.build import LEFT, LEFT_6, ONE, ONE_6, RIGHT, RIGHT_6, damage_of, octets_of, read

MACS = bytes(12)


@pytest.mark.parametrize(
    ("link", "frame"),
    [
        (1, MACS + b"\x08\0" + ONE),
        (1, MACS + b"\x86\xdd" + ONE_6),
        (1, MACS + b"\x08\0" + ONE + bytes(6)),  # padded to the least size of a frame
        (1, MACS + b"\x81\0\0\x05\x08\0" + ONE),  # 802.1Q
        (1, MACS + b"\x88\xa8\0\x05\x81\0\0\x06\x86\xdd" + ONE_6),  # QinQ
        (1, MACS + b"\x88\x47\0\1\0\xff\0\2\1\xff" + ONE),  # two labels, the second with the bottom bit
        (113, bytes(14) + b"\x08\0" + ONE),
        (113, bytes(14) + b"\x81\0\0\x05\x86\xdd" + ONE_6),
        (276, b"\x08\0" + bytes(18) + ONE),
        (276, b"\x86\xdd" + bytes(18) + ONE_6),
        (101, ONE),
        (12, ONE_6),
        (14, ONE),
        (228, ONE),
        (229, ONE_6),
        (0, b"\2\0\0\0" + ONE),
        (0, b"\0\0\0\2" + ONE),
        (0, b"\x1e\0\0\0" + ONE_6),
        (108, b"\0\0\0\x18" + ONE_6),
    ],
)
def test_link_layers(link: int, frame: bytes) -> None:
    (found,) = messages(pcap([(0, frame)], link))

    assert isinstance(found, CapturedMessage)
    assert found.octets == KEEPALIVE


@pytest.mark.parametrize("frame", [MACS + b"\x08\x06" + bytes(28), MACS, b"", MACS + b"\x81\0\0", MACS + b"\x88\x47\0"])
def test_frames_without_an_ip_packet_are_left_out(frame: bytes) -> None:
    assert list(messages(pcap([(0, frame)], 1))) == []


def test_an_unknown_link_type_is_reported_once() -> None:
    found = list(messages(pcap([(0, ONE), (1, ONE)], 127)))

    assert damage_of(found) == ["link type 127 is not known, its packets are left out"]


def with_options(packet: bytes) -> bytes:
    """Two words of IPv4 options."""
    total = int.from_bytes(packet[2:4]) + 8
    return b"\x47" + packet[1:2] + total.to_bytes(2) + packet[4:20] + b"\1" * 8 + packet[20:]


def offloaded(packet: bytes) -> bytes:
    return packet[:2] + bytes(2) + packet[4:]


def ipv6(following: int, payload: bytes) -> bytes:
    return b"\x60\0\0\0" + len(payload).to_bytes(2) + bytes((following, 64)) + ONE_6[8:40] + payload


TCP_6 = ONE_6[40:]


@pytest.mark.parametrize(
    "packet",
    [
        with_options(ONE),
        offloaded(ONE),
        b"\x45\0" + (20 + len(ONE)).to_bytes(2) + bytes(4) + b"\x40\x04\0\0" + ONE[12:20] + ONE,  # IP in IP
        ipv6(41, ONE_6),
        ipv6(0, b"\x3c\0" + bytes(6) + b"\x06\1" + bytes(14) + TCP_6),  # hop by hop, destination options of 16 octets
        ipv6(43, b"\x06\0" + bytes(6) + TCP_6),  # routing
        ipv6(51, b"\x06\1" + bytes(10) + TCP_6),  # authentication: its length counts in another way
        ipv6(44, b"\x06\0\0\0\0\0\0\7" + TCP_6),  # a fragment that is all of it
    ],
    ids=["options", "offloaded", "ip-in-ip", "ipv6-in-ipv6", "extensions", "routing", "authentication", "atomic"],
)
def test_ip_headers(packet: bytes) -> None:
    assert octets_of(read(packet)) == [KEEPALIVE]


def fragments(packet: bytes, size: int, number: int = 7) -> list[bytes]:
    """An IPv4 packet cut into pieces of ``size`` octets, a multiple of 8."""
    payload, pieces = packet[20:], []
    for at in range(0, len(payload), size):
        piece = payload[at : at + size]
        field = (at // 8) | (0x2000 if at + size < len(payload) else 0)
        head = b"\x45\0" + (20 + len(piece)).to_bytes(2) + number.to_bytes(2) + field.to_bytes(2) + packet[8:20]
        pieces.append(head + piece)
    return pieces


@pytest.mark.parametrize("seed", range(5))
def test_ipv4_fragments_come_in_any_order(seed: int) -> None:
    packet = tcp_packet(LEFT, RIGHT, message(2, bytes(4)) + KEEPALIVE)
    pieces = fragments(packet, 16)
    Random(seed).shuffle(pieces)

    assert octets_of(read(*pieces, pieces[0])) == [message(2, bytes(4)), KEEPALIVE]


def test_ipv6_fragments() -> None:
    pieces = [
        ipv6(44, b"\x06\0\0\x10\0\0\0\1" + TCP_6[16:]),  # offset 16, the last one
        ipv6(44, b"\x06\0\0\x01\0\0\0\1" + TCP_6[:16]),  # offset 0, more follow
    ]

    assert octets_of(read(*pieces)) == [KEEPALIVE]


def test_fragments_that_overlap_and_leave_a_hole_are_nothing() -> None:
    fragments = Fragments()
    key = (b"left", b"right", 6, 7)

    pieces = [Fragment(0, bytes(16), True), Fragment(8, bytes(16), True), Fragment(32, bytes(8), False)]

    assert [fragments.add(key, piece, None) for piece in pieces] == [None] * 3


def test_fragments_of_an_old_number_are_another_datagram() -> None:
    first, second = fragments(tcp_packet(LEFT, RIGHT, KEEPALIVE), 24)

    assert octets_of(read(first, second, step=59)) == [KEEPALIVE]
    assert octets_of(read(first, second, step=61)) == []


def test_fragments_have_bounded_room() -> None:
    one, other = fragments(tcp_packet(LEFT, RIGHT, KEEPALIVE), 24)
    noise = [fragments(tcp_packet(LEFT, RIGHT, KEEPALIVE), 24, number)[0] for number in range(100, 400)]

    assert octets_of(read(one, *noise[:255], other)) == [KEEPALIVE]
    assert octets_of(read(one, *noise, other)) == []


def test_fragments_that_overlap_have_bounded_room() -> None:
    """Each begins 8 octets behind the one before, and goes to where the largest datagram ends."""
    fragments = Fragments()
    key = (b"left", b"right", 6, 7)
    tracemalloc.start()

    for at in range(0, 8 * 500, 8):
        fragments.add(key, Fragment(at, bytes(65528 - at), True), None)

    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 200_000


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"\x25" + ONE[1:], "IP version 2, expected 4 or 6"),
        (ONE[:19], "IPv4 header of 19 octets, expected at least 20"),
        (b"\x4f" + ONE[1:50], "IPv4 header of 60 octets in a packet of 50"),
        (b"\x44" + ONE[1:], "IPv4 header of 16 octets in a packet of 59"),
        (ONE[:2] + b"\0\x10" + ONE[4:], "IPv4 total length 16, less than the header of 20"),
        (ONE[:30], "TCP header of 10 octets is cut off"),
        (ONE[:32] + b"\x10" + ONE[33:], "TCP header of 39 octets is cut off"),
        (ONE_6[:39], "IPv6 header of 39 octets, expected 40"),
        (ipv6(0, b"\x06"), "IPv6 extension header 0 is cut off"),
        (ipv6(0, b"\x06\xff" + bytes(6)), "IPv6 extension header runs past the packet"),
        (ipv6(44, bytes((44, 0)) + bytes(6) + bytes((44, 0)) + bytes(6)), "IPv6 fragments within a fragment"),
    ],
)
def test_headers_that_are_cut_off_are_damage(packet: bytes, why: str) -> None:
    (found,) = read(packet)

    assert isinstance(found, Damage)
    assert (found.why, found.offset, found.time) == (why, 24, 1000)


def test_ports_are_on_either_side_and_any_number() -> None:
    there = tcp_packet(LEFT._replace(port=1790), RIGHT._replace(port=50_000), KEEPALIVE)
    back = tcp_packet(RIGHT._replace(port=50_001), LEFT._replace(port=1790), KEEPALIVE)

    assert octets_of(read(there, back, ONE, ports=(1790,))) == [KEEPALIVE, KEEPALIVE]
    assert octets_of(read(there, back, ONE, ports=(1790, 179))) == [KEEPALIVE] * 3


def test_checksums_of_what_we_write_are_right() -> None:
    """RFC 1071: the sum over header and checksum is all ones."""
    for packet in (ONE, tcp_packet(LEFT, RIGHT, b"odd")):
        for octets in (packet[:20], packet[12:20] + b"\0\6" + (len(packet) - 20).to_bytes(2) + packet[20:]):
            assert int.from_bytes(octets + bytes(len(octets) % 2)) % 0xFFFF == 0
    pseudo = ONE_6[8:40] + len(TCP_6).to_bytes(4) + b"\0\0\0\6" + TCP_6
    assert int.from_bytes(pseudo + bytes(len(pseudo) % 2)) % 0xFFFF == 0


def test_an_endpoint_as_text() -> None:
    assert str(LEFT) == "192.0.2.1:40000"
    assert str(Endpoint(address_octets("2001:db8::1"), 179)) == "[2001:db8::1]:179"
    assert RIGHT_6 != LEFT_6
