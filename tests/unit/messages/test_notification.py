"""RFC 4271 §4.5, RFC 4486, RFC 8538, RFC 9003: NOTIFICATION."""

from __future__ import annotations

import pytest

from pybgp import constants, errors
from pybgp.messages.notification import Notification, shutdown_data


@pytest.mark.parametrize(
    ("code", "subcode", "name"),
    [
        (1, 1, "Message Header Error/Connection Not Synchronized"),
        (2, 0, "OPEN Message Error"),
        (2, 2, "OPEN Message Error/Bad Peer AS"),
        (2, 3, "OPEN Message Error/Bad BGP Identifier"),
        (2, 11, "OPEN Message Error/Role Mismatch"),
        (3, 11, "UPDATE Message Error/Malformed AS_PATH"),
        (4, 0, "Hold Timer Expired"),
        (5, 1, "Finite State Machine Error/Unexpected Message in OpenSent"),
        (6, 1, "Cease/Maximum Number of Prefixes Reached"),
        (6, 2, "Cease/Administrative Shutdown"),
        pytest.param(6, 10, "Cease/BFD Down", marks=pytest.mark.row("NTF-07")),
        (7, 1, "ROUTE-REFRESH Message Error/Invalid Message Length"),
        (8, 0, "Send Hold Timer Expired"),
        (6, 99, "Cease/99"),
        pytest.param(99, 99, "99/99", marks=pytest.mark.row("NTF-01")),
    ],
)
def test_codes_have_names(code: int, subcode: int, name: str) -> None:
    assert Notification(code, subcode).name == name


def test_every_cease_subcode_has_a_name() -> None:
    for subcode in constants.CeaseSubcode:
        assert not Notification(6, subcode).name.endswith(str(int(subcode)))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0001 01 0000000a", "Cease/Maximum Number of Prefixes Reached (at most 10 of ipv4-unicast)"),
        ("0001 01 00000a", "Cease/Maximum Number of Prefixes Reached [00010100000a]"),
        ("", "Cease/Maximum Number of Prefixes Reached"),
    ],
)
def test_a_prefix_limit_is_said_in_words(data: str, expected: str) -> None:
    """RFC 4486 §4: the peer's operator reads what ours has set."""
    told = Notification(6, 1, bytes.fromhex(data))

    assert str(told) == expected
    assert str(told.as_hard_reset()) == expected.replace("Cease/", "Cease/Hard Reset (Cease/").replace(
        "Reached", "Reached)"
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [("fc00", " (AS 64512)"), ("0000fc00", " (AS 64512)"), ("fc0000", " [fc0000]"), ("", "")],
)
def test_the_as_that_was_refused_is_a_number(data: str, expected: str) -> None:
    assert str(Notification(2, 2, bytes.fromhex(data))) == f"OPEN Message Error/Bad Peer AS{expected}"


def test_a_notification_survives_the_wire() -> None:
    told = Notification(6, 1, bytes.fromhex("0001 01 000003e8"))

    assert told.encode().hex() == "ff" * 16 + "001c 03 06 01 00010100 0003e8".replace(" ", "")
    assert Notification.decode(told.encode()[19:]) == told


@pytest.mark.row("NTF-01")
def test_unknown_codes_are_read_as_they_are() -> None:
    assert Notification.decode(b"\x63\x63junk") == Notification(99, 99, b"junk")


@pytest.mark.row("HDR-07")
def test_less_than_two_octets_are_no_notification() -> None:
    with pytest.raises(errors.BadMessageLength) as caught:
        Notification.decode(b"\6")
    assert caught.value.data == b"\0\x14"


@pytest.mark.row("NTF-03")
@pytest.mark.parametrize("text", ["maintenance, back at 03:00", "wartung für 5 €", "x" * 255])
def test_a_shutdown_text_survives_the_wire(text: str) -> None:
    assert Notification(6, 2, shutdown_data(text)).shutdown_text == text


@pytest.mark.row("NTF-03")
def test_a_long_shutdown_text_is_cut_at_a_border_of_characters() -> None:
    data = shutdown_data("x" * 254 + "€")

    assert data[0] == 254
    assert data[1:] == b"x" * 254


@pytest.mark.row("NTF-04")
@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param(b"\xffmaintenance", "maintenance", id="length beyond the data"),
        pytest.param(b"\3a\xffb", "a\\xffb", id="no UTF-8"),
        pytest.param(b"\5a\nb\x1bc", "a\\nb\\x1bc", id="control characters"),
    ],
)
def test_a_strange_shutdown_text_is_shown_escaped(data: bytes, text: str) -> None:
    assert Notification(6, 4, data).shutdown_text == text


@pytest.mark.row("NTF-05")
@pytest.mark.parametrize("data", [b"", b"\0"])
def test_a_shutdown_needs_no_text(data: bytes) -> None:
    assert Notification(6, 2, data).shutdown_text is None
    assert shutdown_data("") == b""


def test_other_ceases_have_no_shutdown_text() -> None:
    assert Notification(6, 3, b"\4text").shutdown_text is None


@pytest.mark.row("NTF-06")
def test_a_hard_reset_shows_what_it_wraps() -> None:
    inner = Notification(6, 2, shutdown_data("bye"))

    wrapped = inner.as_hard_reset()

    assert (wrapped.code, wrapped.subcode) == (6, 9)
    assert wrapped.is_hard_reset
    assert wrapped.unwrapped == inner
    assert str(wrapped) == 'Cease/Hard Reset (Cease/Administrative Shutdown) "bye"'


@pytest.mark.row("NTF-06")
def test_a_hard_reset_may_wrap_nothing() -> None:
    assert Notification(6, 9, b"\6").unwrapped == Notification(6, 9, b"\6")


@pytest.mark.row("NTF-09")
def test_data_never_makes_the_message_too_long() -> None:
    error = errors.UpdateError("whole message", data=bytes(5000))

    assert len(Notification.from_error(error).encode()) == 4096


def test_an_error_becomes_its_notification() -> None:
    error = errors.BadMessageLength("18", data=b"\0\x12")

    assert Notification.from_error(error) == Notification(1, 2, b"\0\x12")


@pytest.mark.row("NTF-10")
def test_an_expired_hold_timer_has_no_data() -> None:
    assert Notification.from_error(errors.HoldTimerExpired("silence")) == Notification(4, 0, b"")
