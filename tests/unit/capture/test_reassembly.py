"""TCP connections in order, and messages of them (RFC 9293, RFC 4271 §4.1)."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.capture import CapturedMessage, Damage, Endpoint, messages
from pybgp.capture.tcp import MAX_HELD
from pybgp.capture.write import pcap, tcp_packet
from pybgp.messages.capabilities import AddPath, AddPathMode
from pybgp.messages.header import KEEPALIVE
from pybgp.messages.open import Open
from tests.unit.capture.build import FIN, LEFT, RIGHT, RST, damage_of, note, octets_of, read, segment, syn

MESSAGES = [note(number) for number in range(6)]
STREAM = b"".join(MESSAGES)


def cut(stream: bytes, size: int, first: int = 1) -> list[bytes]:
    return [segment(stream[at : at + size], first + at) for at in range(0, len(stream), size)]


@pytest.mark.parametrize("size", [1, 5, 22, 1000])
def test_segments_become_messages_whatever_their_borders(size: int) -> None:
    assert octets_of(read(syn(0), *cut(STREAM, size))) == MESSAGES


def test_a_message_has_the_time_and_place_of_the_packet_that_completes_it() -> None:
    (_, message) = read(syn(0), segment(note(1, 3)[:10], 1), segment(note(1, 3)[10:] + KEEPALIVE, 11), step=1)

    assert isinstance(message, CapturedMessage)
    assert (message.time, message.source, message.destination, message.connection) == (1002, LEFT, RIGHT, 1)


@pytest.mark.parametrize("first", [0xFFFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF - 40])
def test_sequence_numbers_wrap_around(first: int) -> None:
    packets = cut(STREAM, 7, first + 1)

    assert octets_of(read(syn(first), *packets)) == MESSAGES
    assert octets_of(read(syn(first), *reversed(packets))) == MESSAGES


def test_both_directions_are_read() -> None:
    found = read(syn(0), syn(500, back=True), segment(note(1), 1), segment(note(2), 501, back=True))

    assert [(each.source, each.octets) for each in found if isinstance(each, CapturedMessage)] == [
        (LEFT, note(1)),
        (RIGHT, note(2)),
    ]
    assert {each.connection for each in found} == {1}


def test_retransmissions_and_overlaps_count_once() -> None:
    again = b"\xee" * len(STREAM)

    found = read(
        syn(0),
        segment(STREAM[:30], 1),
        segment(again[:30], 1),  # all of it again
        segment(again[:10] + STREAM[30:50], 21),  # ten octets again
        segment(STREAM[60:80], 61),  # too early
        segment(again[:5] + STREAM[50:70], 46),  # closes the hole from both sides
        segment(STREAM[80:], 81),
    )

    assert octets_of(found) == MESSAGES
    assert damage_of(found) == []


def test_of_two_early_segments_at_one_place_the_longer_counts() -> None:
    found = read(syn(0), segment(STREAM[20:30], 21), segment(STREAM[20:], 21), segment(STREAM[:20], 1))

    assert octets_of(found) == MESSAGES


def test_a_keepalive_probe_brings_nothing() -> None:
    found = read(syn(0), segment(note(1), 1), segment(b"\0", len(note(1))), segment(note(2), 1 + len(note(1))))

    assert octets_of(found) == [note(1), note(2)]


def test_what_is_missing_at_the_end_is_a_gap() -> None:
    """The next marker is where reading goes on."""
    found = read(syn(0), segment(STREAM[:30], 1), segment(STREAM[40:], 41))

    assert octets_of(found) == [MESSAGES[0], *MESSAGES[2:]]
    assert damage_of(found) == [
        "the end of a message is missing: 7 octets, a header has 19; 7 octets skipped",
        "10 octets were not captured",
        "10 octets were not captured; 6 octets skipped",
    ]


def test_a_hole_that_the_receiver_acknowledges_is_a_gap_at_once() -> None:
    """It won't be sent again."""
    early = [segment(STREAM[at : at + 23], 1 + at) for at in (23, 46, 69)]

    found = read(syn(0), *early, segment(b"", 1, ack=93, back=True), segment(note(9), 1000, back=True))

    assert octets_of(found) == [*MESSAGES[1:4], note(9)]
    assert found[0].time == pytest.approx(1000.04)


def test_a_hole_is_waited_for_a_minute() -> None:
    early, late = segment(STREAM[23:46], 24), segment(STREAM[:23], 1)

    assert octets_of(read(syn(0), early, late, step=59)) == MESSAGES[:2]
    assert octets_of(read(syn(0), early, segment(STREAM[46:69], 47), late, step=61)) == MESSAGES[1:3]


def test_a_second_hole_is_waited_for_from_the_first_one_on() -> None:
    one, other = segment(STREAM[23:46], 24), segment(STREAM[69:92], 70)
    first, last = segment(STREAM[:23], 1), segment(STREAM[92:115], 93)

    assert octets_of(read(syn(0), one, other, first, segment(STREAM[46:69], 47), step=25)) == MESSAGES[:4]
    found = read(syn(0), one, other, first, last, segment(STREAM[46:69], 47), step=25)
    assert octets_of(found) == [*MESSAGES[:2], *MESSAGES[3:5]]


def test_what_waits_is_bounded() -> None:
    """After 1 MiB the hole counts as lost."""
    big = note(1, 4000)
    count = MAX_HELD // len(big) + 1
    early = [segment(big, 1000 + number * len(big)) for number in range(count)]
    times = ((1000.0, each) for each in (syn(0), *early))

    found = list(messages(pcap(times)))

    assert octets_of(found) == [big] * count
    assert found[0].time == 1000.0  # not only when the capture was over
    assert damage_of(found) == ["999 octets were not captured"]


def test_a_capture_may_begin_within_a_message() -> None:
    found = read(segment(note(1)[5:] + note(2), 7_000), segment(note(3), 7_000 + 18 + 23))

    assert octets_of(found) == [note(2), note(3)]
    assert damage_of(found) == ["the capture begins within a message; 18 octets skipped"]


def test_ones_before_a_marker_belong_to_the_message_before() -> None:
    rest = b"\x01\x02" + b"\xff" * 20

    assert octets_of(read(segment(rest + note(2), 1))) == [note(2)]


@pytest.mark.parametrize("size", [1, 3, 16, 19])
def test_the_next_marker_is_found_across_segments(size: int) -> None:
    assert octets_of(read(*cut(b"\0\1\xff\xff\2" * 9 + STREAM, size))) == MESSAGES


def test_a_marker_without_a_header_that_can_be_true_is_none() -> None:
    lies = b"\0" + b"\xff" * 16 + b"\0\x13\x09" + b"\xff" * 16 + b"\xf0\0\2"  # type 9; 61440 octets

    assert octets_of(read(segment(lies + note(2), 1))) == [note(2)]


@pytest.mark.parametrize("bad", [b"\xff" * 15 + b"\xfe\0\x13\4", b"\xff" * 16 + b"\0\x12\4", b"nonsense" * 4])
def test_octets_that_are_no_message_are_skipped_and_shown(bad: bytes) -> None:
    found = read(syn(0), segment(note(1) + bad + note(2), 1))

    assert octets_of(found) == [note(1), note(2)]
    (damage,) = [each for each in found if isinstance(each, Damage)]
    assert damage.octets == bad
    assert damage.connection == 1


def test_messages_of_unknown_types_are_handed_out() -> None:
    strange = KEEPALIVE[:18] + b"\x63"

    assert octets_of(read(syn(0), segment(strange + note(1), 1))) == [strange, note(1)]


def test_a_new_syn_is_a_new_connection() -> None:
    found = read(
        syn(0),
        segment(note(1), 1),
        segment(b"", 24, flags=RST),
        syn(90_000),
        segment(note(2), 90_001),
        syn(90_000),  # again
        segment(note(3), 90_024),
    )

    assert [(each.connection, each.octets) for each in found if isinstance(each, CapturedMessage)] == [
        (1, note(1)),
        (2, note(2)),
        (2, note(3)),
    ]


def test_what_comes_behind_the_end_of_a_connection_makes_no_new_one() -> None:
    found = read(
        syn(0),
        syn(500, back=True),
        segment(note(1), 1, flags=FIN),
        segment(b"", 501, ack=25, flags=FIN | 16, back=True),
        segment(b"", 25, ack=502),
        segment(note(1), 1),
    )

    assert octets_of(found) == [note(1)]
    assert {each.connection for each in found} == {1}


def test_a_fin_ends_what_is_left_of_a_message() -> None:
    found = read(
        syn(0),
        syn(500, back=True),
        segment(note(1)[:9], 1, flags=FIN),
        segment(b"", 501, flags=FIN, back=True),
        segment(b"", 501),
    )

    assert damage_of(found) == ["the end of a message is missing: 9 octets, a header has 19; 9 octets skipped"]
    assert found[0].time == pytest.approx(1000.03)


def test_one_wild_sequence_number_is_nothing_three_are_a_new_place() -> None:
    far = 1 << 30
    wild = [segment(each, far + 23 * number) for number, each in enumerate(MESSAGES)]

    assert octets_of(read(syn(0), segment(note(7), 1), wild[0], segment(note(8), 24), wild[1])) == [note(7), note(8)]
    good = [segment(note(number), 1 + 23 * number) for number in range(4)]
    assert octets_of(read(syn(0), good[0], wild[0], good[1], wild[1], good[2], wild[2], good[3])) == MESSAGES[:4]
    assert octets_of(read(syn(0), segment(note(7), 1), *wild)) == [note(7), *MESSAGES[2:]]


def test_a_packet_that_was_not_captured_whole_is_a_gap() -> None:
    whole = segment(STREAM, 1)

    found = read(syn(0), whole[:70], segment(note(9), 1 + len(STREAM)))

    assert octets_of(found) == [MESSAGES[0], note(9)]
    assert "108 octets were not captured" in damage_of(found)


def test_the_longest_silent_connection_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pybgp.capture.conversation.MAX_CONNECTIONS", 2)
    left = [LEFT._replace(port=port) for port in (1001, 1002, 1003)]

    def packet(number: int, octets: bytes, sequence: int) -> bytes:
        from pybgp.capture.write import tcp_packet

        return tcp_packet(left[number], RIGHT, octets, sequence=sequence)

    found = read(
        *(packet(number, KEEPALIVE, sequence) for number, sequence in ((0, 1), (1, 1), (0, 20), (2, 1), (0, 39)))
    )

    assert [each.connection for each in found] == [1, 2, 1, 3, 1]


def test_all_connections_together_have_a_bound_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pybgp.capture.conversation.MAX_HELD", 30)

    found = read(syn(0), segment(note(1), 1000), segment(note(2), 2000), segment(note(3), 1))

    assert octets_of(found) == [note(1), note(2)]
    assert damage_of(found) == ["999 octets were not captured", "977 octets were not captured"]


def test_a_lone_acknowledgement_is_no_connection() -> None:
    (found,) = read(segment(b"", 7, back=True), segment(b"", 8, flags=FIN), syn(0), segment(note(1), 1))

    assert found.connection == 1


def test_each_direction_is_read_as_the_two_opens_say() -> None:
    """RFC 7911 §4: left sends path identifiers, right does not."""
    ipv4 = Family.IPV4_UNICAST
    left = Open(4, 64512, 90, b"\x0a\0\0\1", (AddPath(((ipv4, AddPathMode.SEND),)),)).encode()
    right = Open(4, 64513, 90, b"\x0a\0\0\2", (AddPath(((ipv4, AddPathMode.RECEIVE),)),)).encode()

    found = read(
        syn(0),
        syn(500, back=True),
        segment(left, 1),
        segment(right + KEEPALIVE, 501, back=True),
        segment(KEEPALIVE, 1 + len(left)),
    )

    assert [
        (each.source, each.learned, set(each.context.add_path_receive))
        for each in found
        if isinstance(each, CapturedMessage) and each.octets == KEEPALIVE
    ] == [(RIGHT, True, set()), (LEFT, True, {ipv4})]


@pytest.mark.parametrize(
    ("address", "loopback"), [("127.0.0.2", True), ("::1", True), ("128.0.0.1", False), ("::2", False)]
)
def test_next_hops_may_be_loopback_where_the_connection_is(address: str, loopback: bool) -> None:
    one, other = Endpoint(address_octets(address), 40_000), Endpoint(address_octets(address), 179)

    (found,) = messages(pcap([(1000.0, tcp_packet(one, other, KEEPALIVE))]))

    assert isinstance(found, CapturedMessage)
    assert found.context.loopback is loopback
