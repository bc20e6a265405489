"""``pybgp.messages.decode`` and ``encode``: whole messages, for programs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pybgp.errors import BadMessageLength, ConnectionNotSynchronized, ProtocolError
from pybgp.messages import Context, Keepalive, Notification, Open, RouteRefresh, Update, decode, encode
from tests.unit.messages import wire
from tests.unit.messages.wire import IPV4, IPV6, KEY, MANDATORY, PREFIX, body, message


@pytest.mark.parametrize(
    "value",
    [Open(4, 65000, 90, b"\x0a\0\0\1"), Notification(6, 2), Keepalive(), RouteRefresh(IPV6), Update((), (), IPV4)],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_message_survives(value: object) -> None:
    assert decode(encode(value)) == value  # type: ignore[arg-type]


def test_an_update_is_read_by_its_context() -> None:
    octets = message(2, body(MANDATORY, f"00000007 {PREFIX}"))

    found = decode(octets, Context(add_path_receive=frozenset({IPV4})))

    assert isinstance(found, Update)
    assert [(each.path_id, each.keys) for each in found.reachable] == [(7, [KEY])]


def test_an_update_is_written_by_its_context() -> None:
    found = decode(message(2, body(MANDATORY, PREFIX)))

    old = encode(found, Context(four_octet_as=False, add_path_send=frozenset({IPV4})))

    assert old == message(2, body(f"{wire.ORIGIN} {wire.OLD_AS_PATH} {wire.NEXT_HOP}", f"00000000 {PREFIX}"))


@pytest.mark.parametrize(
    "octets", [b"", message(4)[:18], message(4) * 2, message(4) + b"\xff", message(2, bytes(9))[:-1]]
)
def test_anything_but_one_message_is_a_wrong_length(octets: bytes) -> None:
    with pytest.raises(BadMessageLength):
        decode(octets)


def test_errors_are_those_of_the_protocol() -> None:
    with pytest.raises(ConnectionNotSynchronized):
        decode(bytes(19))
    with pytest.raises(ProtocolError) as caught:
        decode(message(2, body(f"{MANDATORY} 40 63 00", PREFIX)))
    assert Notification.from_error(caught.value) == Notification(3, 2, b"\x40\x63\0")


def test_the_codec_needs_no_slow_package() -> None:
    code = (
        "import sys; from pybgp.messages import decode, encode\n"
        "print(sorted({'asyncio', 'click', 'logging', 'netaddr', 'pyroute2', 'socket'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
