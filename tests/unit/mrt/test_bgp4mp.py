"""RFC 6396 §4.4 and RFC 8050 §3: messages and state changes."""

from __future__ import annotations

import pytest

from pybgp import mrt
from pybgp.addresses import Family, address_octets
from pybgp.errors import ProtocolError
from pybgp.messages import Keepalive, Update
from tests.unit.mrt.wire import KEEPALIVE, LOCAL_4, PEER_4, PEER_6, SECONDS, one, record

NARROW = "fde9 fdea 0003 0001 0a000001 0a000002"  # peer AS, local AS, interface, AFI, addresses
WIDE = "00011170 0000fdea 0003 0001 0a000001 0a000002"
UPDATE = (
    "ff" * 16 + "0031 02"  # header
    "0000 0014"  # nothing withdrawn, attributes
    "40 01 01 00  40 02 06 0201 0000fde9  40 03 04 0a000009"
    "18 0a0102 08 0b"  # 10.1.2.0/24, 11.0.0.0/8
)


@pytest.mark.parametrize(
    ("subtype", "wide", "local", "add_path"),
    [
        pytest.param(1, False, False, False, id="MESSAGE", marks=pytest.mark.row("MRT-03")),
        pytest.param(4, True, False, False, id="MESSAGE_AS4", marks=pytest.mark.row("MRT-03")),
        pytest.param(6, False, True, False, id="MESSAGE_LOCAL"),
        pytest.param(7, True, True, False, id="MESSAGE_AS4_LOCAL"),
        pytest.param(8, False, False, True, id="MESSAGE_ADDPATH", marks=pytest.mark.row("MRT-04")),
        pytest.param(9, True, False, True, id="MESSAGE_AS4_ADDPATH", marks=pytest.mark.row("MRT-04")),
        pytest.param(10, False, True, True, id="MESSAGE_LOCAL_ADDPATH", marks=pytest.mark.row("MRT-04")),
        pytest.param(11, True, True, True, id="MESSAGE_AS4_LOCAL_ADDPATH", marks=pytest.mark.row("MRT-04")),
    ],
)
def test_each_subtype_says_how_its_message_is_read(subtype: int, *, wide: bool, local: bool, add_path: bool) -> None:
    found = one(record(16, subtype, (WIDE if wide else NARROW) + KEEPALIVE))

    assert found == mrt.Message(
        seconds=SECONDS,
        peer_as=70000 if wide else 65001,
        local_as=65002,
        peer_address=PEER_4,
        local_address=LOCAL_4,
        interface=3,
        four_octet_as=wide,
        local=local,
        add_path=add_path,
        data=bytes.fromhex(KEEPALIVE),
    )
    assert found.decode() == Keepalive()
    assert found.context.four_octet_as is wide
    assert (Family.IPV4_UNICAST in found.context.add_path_receive) is add_path


@pytest.mark.row("MRT-03")
def test_an_update_is_decoded_as_its_record_says() -> None:
    found = one(record(16, 4, WIDE + UPDATE))

    assert isinstance(found, mrt.Message)
    update = found.decode()
    assert isinstance(update, Update)
    (reachable,) = update.reachable
    assert reachable.keys == [b"\x18\x0a\x01\x02", b"\x08\x0b"]
    assert reachable.block.as_path == (65001,)


def test_a_message_that_breaks_the_protocol_is_a_record_whose_decoding_fails() -> None:
    """It is what the peer sent: that it was wrong is worth knowing."""
    found = one(record(16, 4, WIDE + KEEPALIVE.replace("ff", "fe", 1)))

    assert isinstance(found, mrt.Message)
    with pytest.raises(ProtocolError):
        found.decode()


@pytest.mark.row("MRT-01")
def test_the_extended_type_has_microseconds_which_its_length_counts() -> None:
    """RFC 6396 §3."""
    plain, extended = record(16, 4, WIDE + KEEPALIVE), record(17, 4, "000f423f" + WIDE + KEEPALIVE)

    found = list(mrt.read(extended + plain))

    assert [(each.seconds, each.microseconds, each.extended) for each in found if isinstance(each, mrt.Message)] == [
        (SECONDS, 999_999, True),
        (SECONDS, 0, False),
    ]


@pytest.mark.row("MRT-03")
@pytest.mark.parametrize(
    ("subtype", "head", "peer_as"),
    [
        pytest.param(0, NARROW, 65001, id="STATE_CHANGE"),
        pytest.param(5, WIDE, 70000, id="STATE_CHANGE_AS4"),
    ],
)
def test_a_state_change_has_the_old_and_the_new_state(subtype: int, head: str, peer_as: int) -> None:
    """RFC 6396 §4.4.1: 1 is Idle, 6 Established."""
    found = one(record(16, subtype, head + "0005 0006"))

    assert isinstance(found, mrt.StateChange)
    assert (found.peer_as, found.peer_address) == (peer_as, PEER_4)
    assert (found.old_state, found.new_state) == (mrt.FsmState.OPEN_CONFIRM, mrt.FsmState.ESTABLISHED)


def test_a_session_over_ipv6_has_addresses_of_16_octets() -> None:
    body = f"0000fde9 0000fdea 0000 0002 {PEER_6.hex()} {address_octets('2001:db8::2').hex()} 0001 0002"

    found = one(record(16, 5, body))

    assert isinstance(found, mrt.StateChange)
    assert (found.peer_address, found.local_address) == (PEER_6, address_octets("2001:db8::2"))


@pytest.mark.row("MRT-05")
@pytest.mark.parametrize(
    ("kind", "subtype", "body", "why"),
    [
        pytest.param(16, 1, "fde9", "expected at least 8", id="no-head"),
        pytest.param(16, 1, "fde9 fdea 0000 0003 0a000001 0a000002", "address family 3", id="family"),
        pytest.param(16, 4, WIDE[:-4], "expected at least 20", id="addresses-cut-off"),
        pytest.param(16, 4, WIDE + KEEPALIVE[:-2], "not one whole message", id="message-cut-off"),
        pytest.param(16, 4, WIDE + KEEPALIVE + "00", "not one whole message", id="more-than-a-message"),
        pytest.param(16, 4, WIDE, "not one whole message", id="no-message"),
        pytest.param(16, 5, WIDE + "0001", "2 octets of states", id="one-state"),
        pytest.param(17, 5, "0000", "microseconds", id="no-microseconds"),
    ],
)
def test_a_session_record_that_is_not_as_it_should_be_is_damage(kind: int, subtype: int, body: str, why: str) -> None:
    good = record(16, 4, WIDE + KEEPALIVE)

    first, found, last = mrt.read(good + record(kind, subtype, body) + good)

    assert isinstance(found, mrt.Damage)
    assert (found.offset, found.size) == (len(good), len(record(kind, subtype, body)))
    assert why in found.why
    assert first == last
