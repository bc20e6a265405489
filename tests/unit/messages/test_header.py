"""RFC 4271 §4.1, §6.1 and RFC 8654: framing."""

from __future__ import annotations

import pytest

from pybgp.errors import BadMessageLength, BadMessageType, ConnectionNotSynchronized, HeaderError
from pybgp.messages.errors import NotificationTooShort
from pybgp.messages.header import KEEPALIVE, Framer, message
from tests.unit.messages import wire

OPEN = message(1, bytes(10))
UPDATE = message(2, bytes(4))


def error_of(data: bytes, framer: Framer | None = None) -> HeaderError:
    framer = framer or Framer()
    framer.feed(data)
    assert framer.error is not None
    return framer.error


@pytest.mark.parametrize(
    "marker",
    [pytest.param(bytes(16), id="zeros"), pytest.param(b"\xff" * 15 + b"\xfe", id="last octet")],
)
@pytest.mark.row("HDR-01")
def test_a_marker_that_is_not_all_ones_is_not_synchronized(marker: bytes) -> None:
    error = error_of(marker + OPEN[16:])

    assert isinstance(error, ConnectionNotSynchronized)
    assert (error.code, error.subcode, error.data) == (1, 1, b"")


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        pytest.param(4, 18, id="keepalive-18", marks=pytest.mark.row("HDR-02")),
        pytest.param(4, 0, id="keepalive-0", marks=pytest.mark.row("HDR-02")),
        pytest.param(4, 10, id="keepalive-10", marks=pytest.mark.row("HDR-02")),
        pytest.param(2, 4097, id="update-4097", marks=pytest.mark.row("HDR-03", "EXM-03")),
        pytest.param(2, 5000, id="update-5000", marks=pytest.mark.row("HDR-03")),
        pytest.param(1, 28, id="open-28", marks=pytest.mark.row("HDR-04")),
        pytest.param(2, 22, id="update-22", marks=pytest.mark.row("HDR-05")),
        pytest.param(4, 20, id="keepalive-20", marks=pytest.mark.row("HDR-06")),
        pytest.param(4, 25, id="keepalive-25", marks=pytest.mark.row("HDR-06")),
    ],
)
def test_a_length_is_judged_by_the_header_alone(kind: int, length: int) -> None:
    error = error_of(wire.message(kind, length=length))

    assert isinstance(error, BadMessageLength)
    assert (error.code, error.subcode, error.data) == (1, 2, length.to_bytes(2))


@pytest.mark.row("HDR-07")
def test_a_short_notification_is_an_error_that_must_not_be_answered() -> None:
    assert isinstance(error_of(wire.message(3, b"\6")), NotificationTooShort)


@pytest.mark.parametrize("kind", [0, 6, 255])
@pytest.mark.row("HDR-08")
def test_an_unknown_type_is_named_in_the_data(kind: int) -> None:
    error = error_of(wire.message(kind))

    assert isinstance(error, BadMessageType)
    assert (error.code, error.subcode, error.data) == (1, 3, bytes((kind,)))


@pytest.mark.row("HDR-08")
def test_a_type_that_was_not_negotiated_is_unknown() -> None:
    error = error_of(wire.message(5, bytes(4)), Framer(types={1, 2, 3, 4}))

    assert isinstance(error, BadMessageType)


@pytest.mark.row("HDR-09")
@pytest.mark.parametrize("size", [1, 7, 18, 19, 20, 64])
def test_any_chunking_gives_the_same_messages(size: int) -> None:
    stream = OPEN + KEEPALIVE + UPDATE + KEEPALIVE
    framer = Framer()

    found = [each for at in range(0, len(stream), size) for each in framer.feed(stream[at : at + size])]

    assert found == [(1, bytes(10)), (4, b""), (2, bytes(4)), (4, b"")]
    assert framer.error is None


@pytest.mark.row("HDR-09")
def test_every_split_point_gives_the_same_messages() -> None:
    stream = OPEN + KEEPALIVE + UPDATE

    for at in range(len(stream) + 1):
        framer = Framer()
        assert [*framer.feed(stream[:at]), *framer.feed(stream[at:])] == [(1, bytes(10)), (4, b""), (2, bytes(4))]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(bytes(19), ConnectionNotSynchronized, id="marker first"),
        pytest.param(b"\xff" * 16 + bytes(3), BadMessageLength, id="then the length"),
        pytest.param(wire.message(9, length=4097), BadMessageLength, id="before the type"),
        pytest.param(wire.message(9, length=20), BadMessageType, id="then the type"),
        pytest.param(wire.message(4, length=20), BadMessageLength, id="then the type's own length"),
    ],
)
@pytest.mark.row("HDR-10")
def test_the_first_check_that_fails_decides(header: bytes, expected: type[HeaderError]) -> None:
    assert type(error_of(header)) is expected


@pytest.mark.row("HDR-13")
def test_large_messages_pass_once_they_are_negotiated() -> None:
    framer = Framer()
    large = message(2, bytes(65535 - 19))
    assert framer.feed(OPEN) == [(1, bytes(10))]

    framer.max_receive = 65535

    assert framer.feed(large[:60000]) == []
    assert framer.feed(large[60000:]) == [(2, bytes(65535 - 19))]


@pytest.mark.row("HDR-13")
def test_an_open_stays_small_all_the_same() -> None:
    assert Framer(65535).feed(message(1, bytes(4096 - 19))) == [(1, bytes(4096 - 19))]
    assert isinstance(error_of(wire.message(1, length=4097), Framer(65535)), BadMessageLength)


def test_the_good_messages_before_an_error_are_handed_out() -> None:
    framer = Framer()

    assert framer.feed(KEEPALIVE + UPDATE + bytes(19) + KEEPALIVE) == [(4, b""), (2, bytes(4))]
    assert isinstance(framer.error, ConnectionNotSynchronized)
    assert framer.feed(KEEPALIVE) == []
