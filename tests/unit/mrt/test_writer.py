"""RFC 6396, RFC 8050: writing; that it can be read again is in tests/property/test_mrt.py."""

from __future__ import annotations

import pytest

from pybgp import mrt
from pybgp.addresses import Family, address_octets
from pybgp.messages.attributes.block import Block
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.header import KEEPALIVE
from tests.unit.mrt.wire import ATTRIBUTES, LOCAL_4, PEER_4, PEER_6, PEER_TABLE, SECONDS, one, record, sized

ONE = mrt.Peer(b"\x0a\0\0\xf1", PEER_4, 65001)
TWO = mrt.Peer(b"\x0a\0\0\xf2", PEER_6, 65002)
TABLE = mrt.PeerTable(seconds=SECONDS, collector_id=b"\x0a\0\0\xfe", view="view", peers=(ONE, TWO))
BLOCK = one(PEER_TABLE + record(13, 2, f"00000000 08 0a 0001 0000 64000000 {sized(ATTRIBUTES)}")).entries[0].block


def written(*records: mrt.Record) -> bytes:
    """The last one."""
    return list(mrt.write(records))[-1]


def rib(family: Family, *entries: mrt.RibEntry, add_path: bool = False, key: bytes = b"\x08\x0a") -> mrt.Rib:
    return mrt.Rib(SECONDS, 5, family, key, add_path, entries)


def message(**changes: object) -> mrt.Message:
    fields: dict[str, object] = {
        "seconds": SECONDS,
        "peer_as": 65001,
        "local_as": 65002,
        "peer_address": PEER_4,
        "local_address": LOCAL_4,
        "data": KEEPALIVE,
    }
    return mrt.Message(**fields | changes)  # type: ignore[arg-type]


@pytest.mark.row("MRT-02")
def test_a_peer_table_has_all_as_numbers_in_four_octets() -> None:
    assert written(TABLE) == record(
        13,
        1,
        "0a0000fe 0004 76696577 000202 0a0000f1 0a000001 0000fde903 0a0000f2 20010db8000000000000000000000001 0000fdea",
    )


@pytest.mark.row("MRT-02")
def test_routes_have_the_index_of_their_peer_in_the_last_table() -> None:
    attributes = mrt.route_attributes(BLOCK, Family.IPV4_UNICAST)

    found = written(TABLE, rib(Family.IPV4_UNICAST, mrt.RibEntry(TWO, 0x6400_0000, 0, attributes)))

    assert found == record(13, 2, f"00000005 08 0a 0001 0001 64000000 {sized(ATTRIBUTES)}")


@pytest.mark.row("MRT-04")
def test_with_path_identifiers_they_stand_behind_the_time() -> None:
    attributes = mrt.route_attributes(BLOCK, Family.IPV4_UNICAST)

    found = written(TABLE, rib(Family.IPV4_UNICAST, mrt.RibEntry(ONE, 0x6400_0000, 7, attributes), add_path=True))

    assert found == record(13, 8, f"00000005 08 0a 0001 0000 64000000 00000007 {sized(ATTRIBUTES)}")


@pytest.mark.row("MRT-02")
def test_the_next_hop_of_ipv6_is_in_an_abbreviated_mp_reach_nlri_in_its_place() -> None:
    block = Block.build(BLOCK.attributes.values(), address_octets("2001:db8::9"))

    found = mrt.route_attributes(block, Family.IPV6_UNICAST)

    assert found.octets == bytes.fromhex(
        "40 01 01 00  40 02 06 0201 0000fde9  80 0e 11 10 20010db8000000000000000000000009"
    )


@pytest.mark.row("MRT-02")
def test_a_family_without_a_subtype_of_its_own_is_generic() -> None:
    found = written(TABLE, rib(Family.L2VPN_EVPN, key=b"\x03\x01\0"))

    assert found == record(13, 6, "00000005 0019 46 030100 0000")


@pytest.mark.row("MRT-03", "MRT-04")
@pytest.mark.parametrize(
    ("changes", "subtype"),
    [
        pytest.param({"four_octet_as": False}, 1, id="MESSAGE"),
        pytest.param({}, 4, id="MESSAGE_AS4"),
        pytest.param({"four_octet_as": False, "local": True}, 6, id="MESSAGE_LOCAL"),
        pytest.param({"local": True}, 7, id="MESSAGE_AS4_LOCAL"),
        pytest.param({"four_octet_as": False, "add_path": True}, 8, id="MESSAGE_ADDPATH"),
        pytest.param({"add_path": True}, 9, id="MESSAGE_AS4_ADDPATH"),
        pytest.param({"four_octet_as": False, "local": True, "add_path": True}, 10, id="MESSAGE_LOCAL_ADDPATH"),
        pytest.param({"local": True, "add_path": True}, 11, id="MESSAGE_AS4_LOCAL_ADDPATH"),
    ],
)
def test_a_message_says_by_its_subtype_how_it_is_read(changes: dict[str, bool], subtype: int) -> None:
    head = "0000fde9 0000fdea" if changes.get("four_octet_as", True) else "fde9 fdea"

    found = written(message(**changes))

    assert found == record(16, subtype, f"{head} 0000 0001 0a000001 0a000002 {KEEPALIVE.hex()}")


@pytest.mark.row("MRT-01")
def test_microseconds_are_counted_in_the_length() -> None:
    found = written(message(extended=True, microseconds=42))

    assert found == record(17, 4, f"0000002a 0000fde9 0000fdea 0000 0001 0a000001 0a000002 {KEEPALIVE.hex()}")


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(
            [rib(Family.IPV4_UNICAST, mrt.RibEntry(ONE, 0, 0, mrt.RouteAttributes(b"", None)))], id="no-peers"
        ),
        pytest.param([message(peer_as=70000, four_octet_as=False)], id="as-number"),
        pytest.param([message(seconds=-1)], id="time"),
        pytest.param([message(peer_address=PEER_6)], id="address-families"),
        pytest.param([message(peer_address=b"", local_address=b"")], id="no-address"),
        pytest.param([mrt.PeerTable(seconds=0, collector_id=b"\1")], id="collector"),
        pytest.param([mrt.PeerTable(seconds=0, peers=(mrt.Peer(bytes(4), b"\1", 1),))], id="peer-address"),
        pytest.param([mrt.PeerTable(seconds=0, view="x" * 70000)], id="view"),
    ],
)
def test_what_does_not_fit_is_a_value_error(records: list[mrt.Record]) -> None:
    with pytest.raises(ValueError):
        list(mrt.write(records))


@pytest.mark.parametrize(
    ("family", "key", "next_hop", "field"),
    [
        pytest.param(Family.IPV4_VPN, "70 000011 0000fde900000001 0a0102", "192.0.2.1", "0c 0000000000000000 c0000201"),
        pytest.param(Family.L2VPN_EVPN, "03 11 0001fde900000001 00000000 20 0a000001", "192.0.2.1", "04 c0000201"),
        pytest.param(Family.IPV4_FLOWSPEC, "03 01 08 0a", "", "00"),
        pytest.param(Family.IPV6_MULTICAST, "20 20010db8", "2001:db8::9", f"10 20010db8{'00' * 11}09"),
    ],
    ids=str,
)
def test_the_next_hop_of_any_family_stands_as_on_the_wire(family: Family, key: str, next_hop: str, field: str) -> None:
    """RFC 6396 §4.3.4: length and next hop of MP_REACH_NLRI; that of a VPN has a route distinguisher in front."""
    if family not in FAMILIES:
        pytest.skip(f"{family} is not known yet")
    block = Block.build(BLOCK.attributes.values(), address_octets(next_hop) if next_hop else b"")
    attributes = mrt.route_attributes(block, family)
    sent = rib(family, mrt.RibEntry(ONE, 0, 0, attributes), key=bytes.fromhex(key))

    found = one(PEER_TABLE + written(TABLE, sent))

    assert bytes.fromhex(f"80 0e {len(bytes.fromhex(field)):02x} {field}") in attributes.octets
    assert found == sent
