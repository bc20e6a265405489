"""RFC 6396 §4.2, §4.3 and RFC 8050 §4: table dumps."""

from __future__ import annotations

import pytest

from pybgp import mrt
from pybgp.addresses import Family, address_octets
from pybgp.constants import AttributeCode
from pybgp.messages.families.registry import FAMILIES
from tests.unit.mrt.wire import ATTRIBUTES, PEER_4, PEER_6, PEER_TABLE, SECONDS, one, record, rib, sized

NEXT_HOP_6 = "20010db8000000000000000000000009"
WITHOUT_NEXT_HOP = "40 01 01 00  40 02 06 0201 0000fde9"
ENTRY = f"0000 64000000 {sized(ATTRIBUTES)}"  # peer 0, originated, attributes
ENTRY_WITH_ID = f"0001 64000000 00000007 {sized(ATTRIBUTES)}"  # peer 1, originated, path identifier 7, attributes


@pytest.mark.row("MRT-02")
def test_a_peer_index_table_has_peers_of_both_families_and_sizes_of_as_numbers() -> None:
    """RFC 6396 §4.3.1."""
    found = one(PEER_TABLE)

    assert found == mrt.PeerTable(
        seconds=SECONDS,
        collector_id=b"\x0a\0\0\xfe",
        view="view",
        peers=(mrt.Peer(b"\x0a\0\0\xf1", PEER_4, 65001), mrt.Peer(b"\x0a\0\0\xf2", PEER_6, 65002)),
    )


@pytest.mark.row("MRT-02")
def test_a_rib_record_has_a_destination_and_its_routes() -> None:
    """RFC 6396 §4.3.2, §4.3.4."""
    body = (
        "00000005"  # sequence number
        "09 0a80"  # 10.128.0.0/9
        f"0002 {ENTRY} {ENTRY}"  # two routes
    )

    found = rib(record(13, 2, body))

    assert found[:5] == (SECONDS, 5, Family.IPV4_UNICAST, b"\x09\x0a\x80", False)
    peer, originated, path_id, attributes = found.entries[0]
    assert (peer.asn, originated, path_id) == (65001, 0x6400_0000, 0)
    assert attributes is found.entries[1].attributes
    assert attributes.octets == bytes.fromhex(ATTRIBUTES)
    block = found.entries[0].block
    assert block is not None
    assert (block.as_path, block.next_hop) == ((65001,), b"\x0a\0\0\x09")


@pytest.mark.parametrize(
    ("subtype", "family", "add_path"),
    [
        pytest.param(2, Family.IPV4_UNICAST, False, id="RIB_IPV4_UNICAST", marks=pytest.mark.row("MRT-02")),
        pytest.param(3, Family.IPV4_MULTICAST, False, id="RIB_IPV4_MULTICAST", marks=pytest.mark.row("MRT-02")),
        pytest.param(4, Family.IPV6_UNICAST, False, id="RIB_IPV6_UNICAST", marks=pytest.mark.row("MRT-02")),
        pytest.param(5, Family.IPV6_MULTICAST, False, id="RIB_IPV6_MULTICAST", marks=pytest.mark.row("MRT-02")),
        pytest.param(8, Family.IPV4_UNICAST, True, id="RIB_IPV4_UNICAST_ADDPATH", marks=pytest.mark.row("MRT-04")),
        pytest.param(9, Family.IPV4_MULTICAST, True, id="RIB_IPV4_MULTICAST_ADDPATH", marks=pytest.mark.row("MRT-04")),
        pytest.param(10, Family.IPV6_UNICAST, True, id="RIB_IPV6_UNICAST_ADDPATH", marks=pytest.mark.row("MRT-04")),
        pytest.param(11, Family.IPV6_MULTICAST, True, id="RIB_IPV6_MULTICAST_ADDPATH", marks=pytest.mark.row("MRT-04")),
    ],
)
def test_each_subtype_is_of_a_family_with_path_identifiers_or_without(
    subtype: int, family: Family, *, add_path: bool
) -> None:
    entry = ENTRY_WITH_ID if add_path else ENTRY

    found = rib(record(13, subtype, f"00000000  08 0a  0001 {entry}"))

    assert (found.family, found.key, found.add_path) == (family, b"\x08\x0a", add_path)
    assert found.entries[0].path_id == (7 if add_path else 0)
    assert found.entries[0].block is not None


@pytest.mark.parametrize(
    ("subtype", "entry"),
    [
        pytest.param(6, ENTRY, id="RIB_GENERIC", marks=pytest.mark.row("MRT-02")),
        pytest.param(12, ENTRY_WITH_ID, id="RIB_GENERIC_ADDPATH", marks=pytest.mark.row("MRT-04")),
    ],
)
def test_a_generic_rib_record_says_its_family(subtype: int, entry: str) -> None:
    """RFC 6396 §4.3.3."""
    body = (
        "00000001"  # sequence number
        "0002 01"  # AFI 2, SAFI 1
        "20 20010db8"  # 2001:db8::/32
        f"0001 {entry}"
    )

    found = rib(record(13, subtype, body))

    assert (found.family, found.key) == (Family.IPV6_UNICAST, b"\x20\x20\x01\x0d\xb8")
    assert found.entries[0].path_id == (7 if subtype == 12 else 0)


@pytest.mark.row("MRT-04")
@pytest.mark.parametrize(
    ("family", "nlri"),
    [
        pytest.param("0002 01", "20 20010db8", id="IPv6 unicast"),
        pytest.param("0001 80", "70 000011 0000fde900000001 0a0102", id="VPNv4"),
        pytest.param("0019 46", "03 11 0001fde900000001 00000000 20 0a000001", id="EVPN"),
        pytest.param("0001 85", "05 01 18 0a0102", id="FlowSpec"),
        pytest.param("0019 41", "0011 0000fde900000001 0001 0001 0008 000100", id="VPLS"),
        pytest.param("4004 47", "0001 0004 01020304", id="link state"),
        pytest.param("0001 84", "60 0000fde9 0002fde900000001", id="route target"),
    ],
)
def test_a_path_identifier_in_front_of_a_generic_nlri_is_that_of_its_routes(family: str, nlri: str) -> None:
    """RFC 8050 §4.2."""
    found = rib(record(13, 12, f"00000001 {family} 00000007 {nlri} 0002 {ENTRY} {ENTRY}"))

    assert (found.add_path, found.key) == (True, bytes.fromhex(nlri))
    assert [(each.path_id, each.originated) for each in found.entries] == [(7, 0x6400_0000)] * 2


@pytest.mark.parametrize(
    ("family", "nlri"),
    [
        pytest.param("0001 80", "70 000011 0000fde900000001 0a0102", id="VPNv4"),
        pytest.param("0019 46", "03 11 0001fde900000001 00000000 20 0a000001", id="EVPN"),
        pytest.param("0001 85", "03 01 08 0a", id="FlowSpec"),
        pytest.param("4004 47", "0001 0004 01020304", id="link state"),
    ],
)
def test_the_nlri_of_any_family_ends_where_its_kind_says(family: str, nlri: str) -> None:
    found = one(PEER_TABLE + record(13, 6, f"00000001 {family} {nlri} 0001 {ENTRY}"))

    if isinstance(found, mrt.Damage):  # the family is known, and finds fault with what is inside
        assert "NLRI" not in found.why
        return
    assert isinstance(found, mrt.Rib)
    assert len(found.entries) == 1
    if found.family not in FAMILIES:
        assert found.key == bytes.fromhex(nlri)


@pytest.mark.row("MRT-02")
@pytest.mark.parametrize(
    ("value", "next_hop"),
    [
        pytest.param(f"10 {NEXT_HOP_6}", "2001:db8::9", id="abbreviated"),
        pytest.param(f"0002 01 10 {NEXT_HOP_6} 00 20 20010db8", "2001:db8::9", id="whole"),
        pytest.param(f"20 {NEXT_HOP_6} fe80{'00' * 13}01", "2001:db8::9", id="abbreviated-with-link-local"),
        pytest.param(f"10 {'00' * 16}", "::", id="none, as for a route of the collector's own"),
    ],
)
def test_the_next_hop_of_ipv6_is_read_from_both_forms_of_mp_reach_nlri(value: str, next_hop: str) -> None:
    """RFC 6396 §4.3.4: abbreviated to the next hop, but many write it whole."""
    attributes = f"{WITHOUT_NEXT_HOP} 80 0e {len(bytes.fromhex(value)):02x} {value}"

    found = rib(record(13, 4, f"00000000  20 20010db8  0001  0000 64000000 {sized(attributes)}"))

    block = found.entries[0].block
    assert block is not None
    assert block.next_hop[:16] == address_octets(next_hop)


def test_a_next_hop_that_no_peer_may_send_is_read_in_a_table() -> None:
    """FRR and GoBGP write 0.0.0.0 for their own routes."""
    attributes = f"{WITHOUT_NEXT_HOP} 40 03 04 00000000"

    found = rib(record(13, 2, f"00000000  08 0a  0001  0000 64000000 {sized(attributes)}"))

    block = found.entries[0].block
    assert block is not None
    assert block.next_hop == bytes(4)


def test_flags_that_a_daemon_left_out_cost_nothing() -> None:
    """BIRD 2 writes its own LOCAL_PREF with no flags at all."""
    attributes = f"{ATTRIBUTES} 00 05 04 00000064"

    found = rib(record(13, 2, f"00000000  08 0a  0001  0000 64000000 {sized(attributes)}"))

    block = found.entries[0].block
    assert block is not None
    assert block.local_pref == 100
    assert found.entries[0].problems == ()


def test_a_peer_one_behind_the_table_is_the_collector_itself() -> None:
    """GoBGP writes its own routes so (``bgpdump`` aborts there)."""
    found = rib(record(13, 2, f"00000000  08 0a  0001  0002 64000000 {sized(ATTRIBUTES)}"))

    assert found.entries[0].peer == (bytes(4), bytes(4), 0)


def test_attributes_that_make_no_route_say_why() -> None:
    attributes = "40 01 01 00"

    found = rib(record(13, 2, f"00000000  08 0a  0001  0000 64000000 {sized(attributes)}"))

    assert found.entries[0].block is None
    assert [problem.attribute for problem in found.entries[0].problems] == [AttributeCode.NEXT_HOP]


def test_a_route_of_the_collector_may_have_no_path() -> None:
    """GoBGP leaves AS_PATH out of its own routes."""
    attributes = "40 01 01 00  40 03 04 00000000"

    found = rib(record(13, 2, f"00000000  08 0a  0001  0000 64000000 {sized(attributes)}"))

    block = found.entries[0].block
    assert block is not None
    assert block.as_path == ()


def test_a_route_without_attributes_is_none_of_bgp() -> None:
    """BIRD dumps its static and direct routes so."""
    found = rib(record(13, 2, "00000000  08 0a  0001  0000 64000000 0000"))

    assert found.entries[0].attributes == mrt.RouteAttributes(b"", None)


def test_host_bits_are_not_part_of_a_key() -> None:
    found = rib(record(13, 2, f"00000000  09 0aff  0001 {ENTRY}"))

    assert found.key == b"\x09\x0a\x80"


@pytest.mark.parametrize(
    ("subtype", "prefix", "peer", "family"),
    [
        pytest.param(1, "0a010000", "0a000001", Family.IPV4_UNICAST, id="IPv4"),
        pytest.param(2, "20010db8" + "00" * 12, "20010db8" + "00" * 11 + "01", Family.IPV6_UNICAST, id="IPv6"),
    ],
)
def test_the_old_table_dump_has_a_route_a_record(subtype: int, prefix: str, peer: str, family: Family) -> None:
    """RFC 6396 §4.2: AS numbers of two octets, also in AS_PATH."""
    attributes = (
        "40 01 01 00"  # ORIGIN
        "40 02 06 0202 fde9 5ba0"  # AS_PATH 65001 23456
        "40 03 04 0a000009"  # NEXT_HOP
        "c0 11 06 0201 00011170"  # AS4_PATH 70000
    )
    body = (
        "0001 0002"  # view, sequence number
        f"{prefix} 10"  # prefix, length
        "01 64000000"  # status, originated
        f"{peer} fde9 {sized(attributes)}"
    )

    found = one(record(12, subtype, body))

    assert isinstance(found, mrt.TableDump)
    assert (found.view, found.sequence, found.status, found.family) == (1, 2, 1, family)
    assert found.key == b"\x10" + bytes.fromhex(prefix)[:2]
    assert found.entry.peer == (bytes(4), bytes.fromhex(peer), 65001)
    assert found.entry.block is not None
    assert found.entry.block.as_path == (65001, 70000)


@pytest.mark.row("MRT-05")
@pytest.mark.parametrize(
    ("subtype", "body", "why"),
    [
        pytest.param(1, "0a0000fe 0004 7669", "runs past the record", id="peers-cut-off"),
        pytest.param(1, "0a0000fe 0000 0000 ff", "peers of 8 octets in a PEER_INDEX_TABLE of 9", id="peers-and-more"),
        pytest.param(2, "0000", "expected at least 7", id="rib-too-short"),
        pytest.param(2, f"00000000 21 0a01020304 0001 {ENTRY}", "prefix length 33", id="prefix-too-long"),
        pytest.param(4, f"00000000 81 {'00' * 17} 0001 {ENTRY}", "prefix length 129", id="ipv6-prefix-too-long"),
        pytest.param(2, f"00000000 08 0a 0002 {ENTRY}", "runs past the record", id="an-entry-too-few"),
        pytest.param(2, f"00000000 08 0a 0001 {ENTRY} 00", "RIB entries of", id="an-octet-too-many"),
        pytest.param(2, f"00000000 08 0a 0001 0009 {ENTRY[5:]}", "peer 9 of a table of 2", id="no-such-peer"),
        pytest.param(2, "00000000 08 0a 0001 0000 64000000 0010 40", "RIB entries of", id="attributes-cut-off"),
        pytest.param(6, f"00000000 0063 63 08 0a 0001 {ENTRY}", "isn't known", id="unknown-family"),
        pytest.param(6, "00000000 0001", "expected at least 8", id="generic-too-short"),
    ],
)
def test_a_table_record_that_is_not_as_it_should_be_is_damage(subtype: int, body: str, why: str) -> None:
    found = list(mrt.read(PEER_TABLE + record(13, subtype, body) + PEER_TABLE))

    assert isinstance(found[1], mrt.Damage)
    assert found[1].offset == len(PEER_TABLE)
    assert why in found[1].why
    assert found[2] == found[0]


@pytest.mark.row("MRT-02")
def test_routes_before_the_peers_are_damage() -> None:
    found = one(record(13, 2, f"00000000 08 0a 0001 {ENTRY}"))

    assert isinstance(found, mrt.Damage)
    assert "before any PEER_INDEX_TABLE" in found.why
