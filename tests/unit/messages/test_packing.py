"""RFC 4271 §9.2, RFC 4760, RFC 7606 §5.1, RFC 7911: UPDATEs to send."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.messages import Reachable, Update, Withdrawn, decode, encode
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.messages.context import Context
from pybgp.messages.errors import AttributesTooLong
from pybgp.messages.update import announce, end_of_rib, wire_attributes, withdraw
from tests.unit.messages import wire
from tests.unit.messages.wire import (
    AS_PATH,
    BOTH,
    IPV4,
    IPV6,
    KEY,
    KEY_6,
    NEXT_HOP,
    NEXT_HOP_6,
    ORIGIN,
    PREFIX,
    PREFIX_6,
    body,
    message,
    octets,
)

BLOCK = Block.build([AsPath.sequence([65001])], octets("0a630001"))
BLOCK_6 = BLOCK.replace(next_hop=octets(NEXT_HOP_6))


def announced(
    family: Family, block: Block, keys: list[bytes], path_id: int | None = None, limit: int = 4096
) -> list[bytes]:
    attributes = wire_attributes(family, block.octets, block.next_hop, block.next_hop_at)
    return announce(family, attributes, block.next_hop, keys, path_id=path_id, limit=limit)


def keys_24(count: int) -> list[bytes]:
    return [b"\x18\x0a" + number.to_bytes(2) for number in range(count)]


@pytest.mark.row("AFI-04", "PRP-08")
def test_ipv4_unicast_goes_into_the_classic_fields() -> None:
    assert announced(IPV4, BLOCK, [KEY]) == [message(2, body(f"{ORIGIN} {AS_PATH} {NEXT_HOP}", PREFIX))]


@pytest.mark.row("UPD-12", "AFI-01")
def test_everything_else_goes_into_mp_reach_which_stands_first() -> None:
    block = BLOCK_6.replace(set=[MultiExitDisc(7)])

    assert announced(IPV6, block, [KEY_6]) == [
        message(2, body(f"{wire.mp_reach(NEXT_HOP_6, PREFIX_6)} {ORIGIN} {AS_PATH} 80 04 04 00000007"))
    ]


@pytest.mark.row("AFI-04", "ENH-01")
def test_ipv4_with_an_ipv6_next_hop_goes_into_mp_reach() -> None:
    expected = wire.mp_reach(NEXT_HOP_6, PREFIX, family="0001 01")

    assert announced(IPV4, BLOCK_6, [KEY]) == [message(2, body(f"{expected} {ORIGIN} {AS_PATH}"))]


@pytest.mark.row("UPD-12", "UPD-17")
def test_withdrawals_have_nothing_else() -> None:
    assert withdraw(IPV4, [KEY]) == [message(2, body(withdrawn=PREFIX))]
    assert withdraw(IPV6, [KEY_6]) == [message(2, body(wire.mp_unreach()))]


@pytest.mark.row("ADP-01")
def test_identifiers_stand_in_front_of_every_prefix() -> None:
    other = octets("10 0a02")

    assert announced(IPV4, BLOCK, [KEY, other], 7) == [
        message(2, body(f"{ORIGIN} {AS_PATH} {NEXT_HOP}", f"00000007 {PREFIX} 00000007 10 0a02"))
    ]
    assert withdraw(IPV4, [KEY, other], path_id=0) == [
        message(2, body(withdrawn=f"00000000 {PREFIX} 00000000 10 0a02"))
    ]
    assert withdraw(IPV6, [KEY_6], path_id=9) == [message(2, body(wire.mp_unreach(f"00000009 {PREFIX_6}")))]


@pytest.mark.row("UPD-16")
@pytest.mark.parametrize(("family", "content"), [(IPV4, body()), (IPV6, body(wire.mp_unreach("")))])
def test_the_end_of_rib_has_the_familys_form(family: Family, content: bytes) -> None:
    assert end_of_rib(family) == message(2, content)
    assert decode(end_of_rib(family), Context(families=BOTH)) == Update((), (), family, ())


@pytest.mark.row("UPD-19")
def test_prefixes_are_packed_up_to_the_limit() -> None:
    messages = announced(IPV4, BLOCK, keys_24(2000))

    assert len(messages) == 2
    assert len(messages[0]) > 4092


@pytest.mark.row("UPD-18", "UPD-19")
@pytest.mark.parametrize("limit", [128, 4096, 65535])
@pytest.mark.parametrize("path_id", [None, 7])
@pytest.mark.parametrize("family", [IPV4, IPV6])
def test_no_message_is_longer_than_the_limit_and_none_could_hold_more(
    limit: int, path_id: int | None, family: Family
) -> None:
    keys = [bytes((length,)) + bytes((length + 7) // 8) for length in range(33)] + keys_24(5000)
    context = Context(families=BOTH, add_path_receive=BOTH if path_id is not None else frozenset(), max_receive=65535)
    block = BLOCK if family == IPV4 else BLOCK_6

    for messages in (
        announced(family, block, keys, path_id, limit),
        withdraw(family, keys, path_id=path_id, limit=limit),
    ):
        read = [decode(each, context) for each in messages]
        groups = [group for each in read if isinstance(each, Update) for group in (*each.withdrawn, *each.reachable)]
        assert [key for group in groups for key in group.keys] == keys
        assert {group.path_id for group in groups} == {path_id or 0}
        assert all(len(each) <= limit for each in messages)
        sizes = [len(each) for each in messages[:-1]]
        firsts = [len(group.keys[0]) + (0 if path_id is None else 4) for group in groups[1:]]
        assert all(size + first >= limit for size, first in zip(sizes, firsts, strict=True))


@pytest.mark.row("UPD-18", "EXM-02")
def test_attributes_that_leave_no_room_are_too_long() -> None:
    block = Block.build([AsPath.sequence(range(1, 1013))], octets("0a630001"))
    assert 23 + len(block.octets) + len(octets(NEXT_HOP)) == 4094

    with pytest.raises(AttributesTooLong):
        announced(IPV4, block, [KEY])

    assert len(announced(IPV4, block, [KEY], limit=65535)) == 1


@pytest.mark.row("UPD-18")
def test_a_key_fits_or_does_not_by_the_octet() -> None:
    size = len(announced(IPV4, BLOCK, [KEY])[0])

    assert len(announced(IPV4, BLOCK, [KEY], limit=size)) == 1
    with pytest.raises(AttributesTooLong):
        announced(IPV4, BLOCK, [KEY], limit=size - 1)


@pytest.mark.parametrize("family", [IPV4, IPV6])
def test_no_keys_are_no_message(family: Family) -> None:
    assert announced(family, BLOCK_6, []) == []
    assert withdraw(family, []) == []


@pytest.mark.row("UPD-13")
def test_encoding_an_update_never_mixes() -> None:
    mixed = Update(
        (Withdrawn(IPV4, 0, [b"\0"]),), (Reachable(IPV4, 0, [KEY], BLOCK), Reachable(IPV6, 0, [KEY_6], BLOCK_6))
    )

    stream = encode(mixed, Context(families=BOTH))

    assert stream == b"".join(
        (
            *withdraw(IPV4, [b"\0"]),
            *announced(IPV4, BLOCK, [KEY]),
            *announced(IPV6, BLOCK_6, [KEY_6]),
        )
    )
