"""pcap and pcapng as packets."""

from __future__ import annotations

import io
from struct import pack

import pytest

from pybgp.capture import Damage, Packet, is_capture, packets
from pybgp.capture.write import pcap
from tests.unit.capture.build import block, enhanced, interface, old, option, section, simple


def pcap_file(magic: int, order: str, *, parts: int, extra: bytes = b"") -> bytes:
    return (
        pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, 101)
        + pack(f"{order}IIII", 1_700_000_000, parts, 3, 60)  # 3 of 60 octets were kept
        + extra
        + b"abc"
    )


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("magic", "parts", "extra"),
    [(0xA1B2C3D4, 250_000, b""), (0xA1B23C4D, 250_000_000, b""), (0xA1B2CD34, 250_000, bytes(8))],
    ids=["microseconds", "nanoseconds", "modified"],
)
def test_pcap_is_read_in_both_byte_orders_and_resolutions(order: str, magic: int, parts: int, extra: bytes) -> None:
    file = pcap_file(magic, order, parts=parts, extra=extra)

    assert list(packets(file)) == [Packet(1_700_000_000.25, 101, b"abc", 24)]
    assert is_capture(file)


def test_the_frame_check_sequence_bits_are_no_part_of_the_link_type() -> None:
    file = bytearray(pcap_file(0xA1B2C3D4, ">", parts=0))
    file[20] = 0x24  # f bit, and its length

    assert next(packets(bytes(file)))[1] == 101


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_source_may_be_chunks_or_a_file(size: int) -> None:
    file = pcap([(1.0, b"abc"), (2.0, b"de")])
    chunks = [file[at : at + size] for at in range(0, len(file), size)]

    whole = list(packets(file))

    assert list(packets(chunks)) == whole == list(packets(io.BytesIO(file)))
    assert [each.data for each in whole if isinstance(each, Packet)] == [b"abc", b"de"]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "neither pcap nor pcapng: it begins with nothing"),
        (b"GIF8....", "neither pcap nor pcapng: it begins with 47494638"),
        (pcap([])[:23], "file header of 23 octets, expected 24"),
        (pcap([(0.0, b"abc")])[:-1], "the file ends within a packet, 2 of 3 octets"),
        (pcap([(0.0, b"abc")])[:30], "the file ends within a record's header, 6 octets of it"),
        (pcap([]) + bytes(8) + b"\xff" * 8, "packet of 4294967295 octets, expected at most 1048576"),
    ],
    ids=["empty", "picture", "header", "packet", "record", "giant"],
)
def test_a_pcap_file_that_ends_or_lies_is_damage(file: bytes, why: str) -> None:
    *_, last = packets(file)

    assert isinstance(last, Damage)
    assert last.why.startswith(why)


@pytest.mark.parametrize("order", "<>")
def test_pcapng_has_three_kinds_of_packet_blocks(order: str) -> None:
    file = b"".join(
        (
            section(order),
            interface(order=order),
            enhanced(b"abc", 1_500_000, order=order),
            block(5, bytes(12), order),  # interface statistics: left out
            old(b"de", 2_500_000, order=order),
            simple(b"f", order),
        )
    )

    found = [each for each in packets(file) if isinstance(each, Packet)]

    assert [(each.time, each.link, each.data) for each in found] == [
        (1.5, 101, b"abc"),
        (2.5, 101, b"de"),
        (None, 101, b"f"),
    ]


@pytest.mark.parametrize(
    ("options", "ticks", "time"),
    [
        ([option(9, b"\x09")], 1_500_000_000, 1.5),
        ([option(9, b"\x81")], 3, 1.5),
        ([option(9, b"\x03"), option(14, (100).to_bytes(8, "little"))], 1500, 101.5),
        ([option(2, b"eth0"), option(9, b"\x00")], 7, 7.0),
    ],
    ids=["nanoseconds", "halves", "offset", "seconds"],
)
def test_an_interface_says_how_its_clock_ticks(options: list[bytes], ticks: int, time: float) -> None:
    file = section() + interface(101, *options) + enhanced(b"abc", ticks)

    (found,) = packets(file)

    assert isinstance(found, Packet)
    assert found.time == pytest.approx(time)


def test_a_section_has_its_own_byte_order_and_interfaces() -> None:
    file = section("<") + interface(1) + interface(113) + enhanced(b"a", number=1)
    file += section(">") + interface(228, order=">") + enhanced(b"b", order=">")

    assert [each.link for each in packets(file) if isinstance(each, Packet)] == [113, 228]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (enhanced(b"abc", number=3), "packet of interface 3, but the section has 1 so far"),
        (block(6, bytes(8)), "enhanced packet block with 8 octets, expected at least 20"),
        (block(2, bytes(8)), "packet block with 8 octets, expected at least 20"),
        (block(3, b""), "simple packet block with 0 octets, expected at least 4"),
        (block(1, b""), "interface block with 0 octets, expected at least 8"),
        (block(6, pack("<IIIII", 0, 0, 0, 9, 9) + b"abc"), "packet of 9 octets, but the block has room for 4"),
        (enhanced(b"abc")[:-1] + b"\7", "block of 36 octets with 24000007 as its length at the end"),
    ],
    ids=["interface", "enhanced", "old", "simple", "short-interface", "captured", "trailer"],
)
def test_reading_goes_on_behind_a_bad_block(bad: bytes, why: str) -> None:
    head = section() + interface()

    found = list(packets(head + bad + enhanced(b"next")))

    assert found[0] == Damage(why=why, offset=len(head))
    assert isinstance(found[1], Packet)
    assert found[1].data == b"next"


@pytest.mark.parametrize(
    ("tail", "why"),
    [
        (pack("<II", 6, 13) + bytes(20), "block of 13 octets, expected a multiple of 4 from 12"),
        (pack("<II", 5, 1 << 30) + bytes(20), "the file ends within a block of 1073741824 octets"),
        (pack("<II", 6, 64) + bytes(20), "the file ends within a block of 64 octets"),
        (b"\x06\0\0", "the file ends within a block's header, 3 octets of it"),
        (section()[:8] + b"abcd" + section()[12:], "section header with byte-order magic 61626364"),
    ],
    ids=["length", "giant", "cut", "header", "magic"],
)
def test_a_pcapng_file_that_ends_or_lies_is_damage(tail: bytes, why: str) -> None:
    *_, last = packets(section() + interface() + enhanced(b"abc") + tail)

    assert isinstance(last, Damage)
    assert last.why.startswith(why)
