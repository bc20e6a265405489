"""Whatever a capture file holds, only messages and reported damage come of it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from pybgp.capture import CapturedMessage, Damage, Packet, messages, packets
from pybgp.capture.framing import Framing, Skipped
from pybgp.capture.tcp import Direction
from pybgp.capture.write import pcap
from pybgp.messages.header import message
from tests.unit.capture.build import (
    ONE,
    ONE_6,
    enhanced,
    interface,
    note,
    octets_of,
    old,
    option,
    read,
    section,
    segment,
    simple,
    syn,
)

MACS = bytes(12)
NG = b"".join(
    (
        section(),
        interface(1, option(9, b"\x09")),
        interface(101),
        enhanced(MACS + b"\x81\0\0\x05\x08\0" + ONE, 1_000_000),
        section(">"),
        interface(113, option(14, bytes(8), ">"), order=">"),
        enhanced(bytes(14) + b"\x86\xdd" + ONE_6, 7, order=">"),
        old(bytes(14) + b"\x08\0" + ONE, 8, order=">"),
        simple(bytes(14) + b"\x08\0" + ONE, ">"),
    )
)
CLASSIC = pcap([(1, syn(0)), (2, segment(note(1) + note(2)[:9], 1)), (3, segment(note(2)[9:], 33)), (4, ONE_6)])
FILES = st.sampled_from([NG, CLASSIC])


def check(file: bytes) -> None:
    for found in messages(file):
        assert isinstance(found, CapturedMessage | Damage)
        assert 0 <= found.offset <= len(file)
        assert str(found)
        if isinstance(found, CapturedMessage):
            assert len(found.octets) == int.from_bytes(found.octets[16:18])


@given(FILES, st.integers(0, 600))
def test_truncated_files(file: bytes, size: int) -> None:
    check(file[:size])


@given(FILES, st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_octets(file: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(file)
    for at, octet in changes:
        changed[at % len(file)] = octet
    check(bytes(changed))


@given(st.binary(max_size=200), st.sampled_from([b"", CLASSIC[:24], NG[:28], NG[:72], section() + interface(101)]))
@example(b"", b"")
def test_random_octets(octets: bytes, head: bytes) -> None:
    check(head + octets)


@given(st.lists(st.binary(max_size=120), max_size=6), st.sampled_from([0, 1, 101, 108, 113, 228, 276]))
def test_random_packets(frames: list[bytes], link: int) -> None:
    check(pcap(enumerate(frames), link))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400) | st.integers(0, 0xFFFFFFFF),
            st.binary(max_size=60),
            st.integers(0, 31),
            st.integers(0, 400),
            st.booleans(),
        ),
        max_size=25,
    ),
    st.sampled_from([0.001, 2.0, 100.0]),
)
def test_random_segments(segments: list[tuple[int, bytes, int, int, bool]], step: float) -> None:
    made = [segment(data, number, flags=flags, ack=ack, back=back) for number, data, flags, ack, back in segments]

    for found in read(*made, step=step):
        assert isinstance(found, CapturedMessage | Damage)


@given(st.data(), st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(0, 0xFFFFFFFF))
def test_any_order_with_repetitions_gives_the_stream(data: st.DataObject, sizes: list[int], isn: int) -> None:
    """Segments cut anywhere, each sent at least once, in any order, overlapping: the messages are those sent."""
    sent = [note(number, size) for number, size in enumerate(sizes)]
    stream = b"".join(sent)
    cuts = sorted({0, len(stream), *data.draw(st.lists(st.integers(0, len(stream)), max_size=12))})
    pieces = list(pairwise(cuts))
    pieces += data.draw(st.lists(st.sampled_from(pieces), max_size=4))
    overlap = data.draw(st.integers(0, 10))
    made = [
        segment(stream[start : end + overlap], isn + 1 + start) for start, end in data.draw(st.permutations(pieces))
    ]

    found = read(syn(isn), *made, step=0.001)

    assert octets_of(found) == sent
    assert len(found) == len(sent)


@given(st.lists(st.binary(max_size=40), max_size=8), st.binary(max_size=40), st.data())
def test_framing_accounts_for_every_octet(bodies: list[bytes], junk: bytes, data: st.DataObject) -> None:
    stream = junk + b"".join(message(2, bytes(4) + body) for body in bodies) + junk
    size = data.draw(st.integers(1, 50))
    framing = Framing(synchronised=data.draw(st.booleans()))

    items = [item for at in range(0, len(stream), size) for item in framing.feed(stream[at : at + size])]
    items += framing.end()

    assert sum(item.size if isinstance(item, Skipped) else len(item) for item in items) == len(stream)


@given(st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=30)), max_size=30))
def test_what_is_held_is_counted(segments: list[tuple[int, bytes]]) -> None:
    direction = Direction()
    direction.open(0)

    for sequence, octets in segments:
        direction.add(sequence, octets, None)
    held = direction.held
    left = direction.give_up()

    assert direction.held == 0
    assert sum(len(piece.octets) for piece in left) <= held


@given(st.lists(st.tuples(st.floats(0, 1e9), st.binary(max_size=50)), max_size=8), st.integers(1, 100))
def test_what_is_written_can_be_read(frames: list[tuple[float, bytes]], size: int) -> None:
    file = pcap(frames)

    found = list(packets(file[at : at + size] for at in range(0, len(file), size)))

    assert [each.data for each in found if isinstance(each, Packet)] == [data for _, data in frames]
    assert all(abs((each.time or 0) - time) < 1e-5 for each, (time, _) in zip(found, frames, strict=True))
