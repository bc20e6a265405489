"""The JSON form of messages: what is said, what is wrong, and what may be written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.messages import Context
from pybgp.messages.json_form import from_json, to_json

MARKER = "ff" * 16
UPDATE = (
    f"{MARKER} 003f 02"
    "0004 18 0a0900"  # withdrawn: 10.9.0.0/24
    "0020"
    "40 01 01 00"  # ORIGIN igp
    "40 02 06 0201 0000fde9"  # AS_PATH 65001
    "40 03 04 c0000201"  # NEXT_HOP 192.0.2.1
    "80 04 04 00000005"  # MULTI_EXIT_DISC 5
    "e0 63 02 0102"  # attribute 99, partial
    "18 0a0100"  # 10.1.0.0/24
)


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def update(attributes: str, nlri: str = "", withdrawn: str = "") -> bytes:
    fields = [octets(text) for text in (withdrawn, attributes, nlri)]
    body = len(fields[0]).to_bytes(2) + fields[0] + len(fields[1]).to_bytes(2) + fields[1] + fields[2]
    return octets(MARKER) + (19 + len(body)).to_bytes(2) + b"\2" + body


def test_an_update_is_told_as_it_stands_on_the_wire() -> None:
    assert to_json(octets(UPDATE)) == {
        "schema": 1,
        "type": "update",
        "session": {"peer": "internal", "as_size": 4, "add_path": []},
        "withdrawn": [{"prefix": "10.9.0.0/24"}],
        "attributes": [
            {"type": 1, "name": "ORIGIN", "value": "igp"},
            {"type": 2, "name": "AS_PATH", "value": [{"type": "as_sequence", "asns": [65001]}]},
            {"type": 3, "name": "NEXT_HOP", "value": "192.0.2.1"},
            {"type": 4, "name": "MULTI_EXIT_DISC", "value": 5},
            {"type": 99, "flags": "e0", "octets": "0102"},
        ],
        "announced": [{"prefix": "10.1.0.0/24"}],
    }
    assert from_json(to_json(octets(UPDATE))) == octets(UPDATE)


def test_identifiers_are_told_where_the_session_has_them() -> None:
    """RFC 7911 §3."""
    add_path = frozenset({Family.IPV4_UNICAST})
    message = update("", withdrawn="00000007 08 0a")

    found = to_json(message, Context(add_path_receive=add_path))

    assert found["withdrawn"] == [{"prefix": "10.0.0.0/8", "path_id": 7}]
    assert found["session"]["add_path"] == ["ipv4-unicast"]
    assert from_json(found) == message


def test_of_families_that_are_not_there_nothing_is_told() -> None:
    add_path = frozenset({Family.IPV4_UNICAST, Family.IPV6_UNICAST})

    found = to_json(update("80 0f 03 0002 01"), Context(families=add_path, add_path_receive=add_path))

    assert found["session"]["add_path"] == ["ipv6-unicast"]


def test_two_octet_as_numbers_are_told_by_the_session() -> None:
    message = update("40 02 04 0201 fde9")

    found = to_json(message, Context(four_octet_as=False))

    assert found["session"]["as_size"] == 2
    assert found["attributes"][0]["value"] == [{"type": "as_sequence", "asns": [65001]}]
    assert from_json(found) == message


def test_a_multiprotocol_attribute_has_its_family_next_hop_and_destinations() -> None:
    """RFC 4760 §3, RFC 2545 §3."""
    two = "20010db8" + "00" * 11 + "01" + "fe80" + "00" * 13 + "01"
    message = update(f"80 0e 2a 0002 01 20 {two} 00 20 20010db8 40010100400200")

    (reach, *_) = to_json(message)["attributes"]

    assert reach == {
        "type": 14,
        "name": "MP_REACH_NLRI",
        "value": {
            "family": "ipv6-unicast",
            "next_hop": ["2001:db8::1", "fe80::1"],
            "nlri": [{"prefix": "2001:db8::/32"}],
        },
    }


def test_a_flow_specification_has_no_next_hop() -> None:
    """RFC 8955 §4."""
    message = update("80 0e 09 0001 85 00 00 03 0381 06 40010100400200")

    (reach, *_) = to_json(message)["attributes"]

    assert reach["value"]["next_hop"] == []
    assert from_json(to_json(message)) == message


def test_a_damaged_update_has_its_error_what_could_be_read_and_its_octets() -> None:
    """A withdrawn prefix of 33 bits: 3/10, RFC 4271 §6.3."""
    message = update("40010100", withdrawn="21 0a0000000001")

    found = to_json(message)

    assert found["error"] == {
        "code": 3,
        "subcode": 10,
        "name": "UPDATE Message Error/Invalid Network Field",
        "why": "ipv4-unicast: prefix length 33, expected 0..32",
        "data": "",
    }
    assert found["attributes"] == [{"type": 1, "name": "ORIGIN", "value": "igp"}]
    assert found["octets"] == message.hex()
    assert from_json(found) == message


def test_what_rfc_7606_forgives_is_a_problem_with_its_outcome() -> None:
    message = update("40010100 400206 0201 0000fde9 400304 c0000201 80 04 03 000000", "08 0a")

    found = to_json(message)

    (problem,) = found["problems"]
    assert problem["outcome"] == "treat-as-withdraw"
    assert problem["attribute"] == "MULTI_EXIT_DISC"
    assert (problem["code"], problem["subcode"]) == (3, 5)
    assert problem["why"] == "length 3, expected 4 octets"
    assert problem["data"] == "800403000000"
    assert found["attributes"][3] == {
        "type": 4,
        "name": "MULTI_EXIT_DISC",
        "octets": "000000",
        "error": "length 3, expected 4 octets",
    }
    assert "octets" not in found
    assert from_json(found) == message


def test_attributes_that_are_cut_off_are_the_rest() -> None:
    message = update("40010100 4002ff", "08 0a")

    found = to_json(message)

    assert found["rest"] == "4002ff"
    assert from_json(found) == message


def test_flags_and_a_long_length_that_need_not_be_are_told() -> None:
    message = update("50 01 0001 00")

    found = to_json(message)

    assert found["attributes"] == [{"type": 1, "name": "ORIGIN", "flags": "50", "value": "igp"}]
    assert from_json(found) == message


def test_bits_behind_a_prefix_are_kept_in_the_octets() -> None:
    """RFC 4271 §4.3: they are irrelevant, but they were sent."""
    classic, multiprotocol = update("", withdrawn="09 0aff"), update("80 0f 07 0002 01 11 2001ff")

    found, other = to_json(classic), to_json(multiprotocol)

    assert (found["withdrawn"], found["octets"]) == ([{"prefix": "10.128.0.0/9"}], classic.hex())
    assert other["attributes"][0]["octets"] == "000201112001ff"
    assert "octets" not in other
    assert (from_json(found), from_json(other)) == (classic, multiprotocol)


def test_a_family_that_is_not_known_is_no_problem() -> None:
    message = update("80 0f 07 4007 63 01020304")

    found = to_json(message)

    assert "problems" not in found
    assert found["attributes"][0]["value"] == {"family": "16391/99", "nlri": "0x01020304"}


@pytest.mark.parametrize(
    ("text", "kind", "code", "subcode"),
    [
        pytest.param("00" + MARKER[2:] + "0013 04", "keepalive", 1, 1, id="marker"),
        pytest.param(f"{MARKER} 0014 04 00", "keepalive", 1, 2, id="length-of-type"),
        pytest.param(f"{MARKER} 0015 04", "keepalive", 1, 2, id="cut-off"),
        pytest.param(f"{MARKER} 0013 63", "unknown", 1, 3, id="type"),
        pytest.param("ffff", "unknown", 1, 2, id="no-header"),
        pytest.param(f"{MARKER} 001d 01 03 fde9 005a 01020304 00", "open", 2, 1, id="version"),
        pytest.param(f"{MARKER} 001d 01 04 fde9 0001 01020304 00", "open", 2, 6, id="hold-time"),
        pytest.param(f"{MARKER} 001d 01 04 fde9 005a 01020304 05", "open", 2, 0, id="parameters"),
        pytest.param(f"{MARKER} 0018 05 0001 00 01 00", "route-refresh", 1, 2, id="refresh"),
        pytest.param(f"{MARKER} 0017 02 0001 0000", "update", 3, 1, id="fields"),
    ],
)
def test_the_error_is_the_notification_that_tells_the_peer(text: str, kind: str, code: int, subcode: int) -> None:
    found = to_json(octets(text))

    assert found["type"] == kind
    assert (found["error"]["code"], found["error"]["subcode"]) == (code, subcode)
    assert from_json(found) == octets(text)


def test_an_open_has_its_capabilities() -> None:
    message = octets(f"{MARKER} 0025 01 04 5ba0 00b4 c0000201 08 02 06 41 04 00010000")

    found = to_json(message)

    assert found == {
        "schema": 1,
        "type": "open",
        "bgp_version": 4,
        "my_as": 23456,
        "asn": 65536,
        "hold_time_s": 180,
        "router_id": "192.0.2.1",
        "capabilities": [{"code": 65, "name": "four-octet-as", "value": {"asn": 65536}}],
    }
    assert from_json(found) == message


def test_an_open_with_several_parameters_keeps_its_octets() -> None:
    message = octets(f"{MARKER} 0025 01 04 fde9 00b4 c0000201 08 02 02 02 00 02 02 46 00")

    found = to_json(message)

    assert [each["name"] for each in found["capabilities"]] == ["route-refresh", "enhanced-route-refresh"]
    assert from_json(found) == message


def test_a_notification_has_its_words() -> None:
    """RFC 9003 §2, in a Hard Reset (RFC 8538 §3)."""
    message = octets(f"{MARKER} 001b 03 06 09 06 02 03 627965")

    found = to_json(message)

    assert found == {
        "schema": 1,
        "type": "notification",
        "code": 6,
        "subcode": 9,
        "name": "Cease/Hard Reset",
        "data": "060203627965",
        "inside": {
            "code": 6,
            "subcode": 2,
            "name": "Cease/Administrative Shutdown",
            "data": "03627965",
            "shutdown_text": "bye",
        },
    }
    assert from_json(found) == message


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        pytest.param({"type": "keepalive"}, f"{MARKER} 0013 04", id="keepalive"),
        pytest.param({"type": "route-refresh", "family": "ipv4-unicast"}, f"{MARKER} 0017 05 0001 00 01", id="refresh"),
        pytest.param(
            {"type": "notification", "code": 6, "subcode": 2, "shutdown_text": "bye"},
            f"{MARKER} 0019 03 06 02 03 627965",
            id="shutdown",
        ),
        pytest.param({"type": "notification", "code": 4}, f"{MARKER} 0015 03 04 00", id="notification"),
        pytest.param(
            {"type": "open", "asn": 65536, "router_id": "192.0.2.1", "hold_time_s": 180},
            f"{MARKER} 0025 01 04 5ba0 00b4 c0000201 08 02 06 41 04 00010000",
            id="open",
        ),
        pytest.param(
            {"type": "open", "my_as": 65001, "router_id": "192.0.2.1"},
            f"{MARKER} 001d 01 04 fde9 005a c0000201 00",
            id="old-open",
        ),
        pytest.param(
            {"type": "update", "withdrawn": ["10.0.0.0/8"]}, f"{MARKER} 0019 02 0002 080a 0000", id="withdraw"
        ),
        pytest.param({"type": "update"}, f"{MARKER} 0017 02 0000 0000", id="nothing"),
        pytest.param({"type": "update", "end_of_rib": "ipv4-unicast"}, f"{MARKER} 0017 02 0000 0000", id="end-of-rib"),
        pytest.param(
            {"type": "update", "end_of_rib": "ipv6-unicast"},
            f"{MARKER} 001d 02 0000 0006 80 0f 03 0002 01",
            id="end-of-rib-of-ipv6",
        ),
        pytest.param(
            {"type": "update", "attributes": [{"name": "LOCAL_PREF", "value": 100}]},
            f"{MARKER} 001e 02 0000 0007 40 05 04 00000064",
            id="attribute-by-name",
        ),
        pytest.param(
            {"type": "update", "attributes": [{"type": 99, "flags": "c0", "octets": "01"}]},
            f"{MARKER} 001b 02 0000 0004 c0 63 01 01",
            id="unknown-attribute",
        ),
    ],
)
def test_what_is_not_needed_may_be_left_out(fields: dict[str, Any], text: str) -> None:
    assert from_json(fields).hex() == octets(text).hex()


def attribute(**fields: Any) -> dict[str, Any]:
    return {"type": "update", "attributes": [fields]}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "type: missing"),
        ([], "expected an object"),
        ({"type": "route"}, "type = 'route': expected open, update, notification, keepalive, route-refresh"),
        ({"type": []}, "type = \\[\\]: expected open"),
        ({"type": "damage", "octets": "00"}, "type = 'damage': expected open"),
        ({"type": "unknown"}, "type = 'unknown': expected open"),
        ({"type": "keepalive", "schema": 2}, "schema = 2: expected 1"),
        ({"type": "keepalive", "hold_time_s": 2}, "hold_time_s: unknown field"),
        ({"type": "keepalive", "octets": "0"}, "octets = '0': expected octets in hexadecimal"),
        ({"type": "open", "router_id": "::1", "asn": 1}, "router_id = '::1': expected an IPv4 address"),
        ({"type": "open", "router_id": "1.2.3", "asn": 1}, "router_id = '1.2.3': expected an IPv4 address"),
        ({"type": "open", "router_id": "1.2.3.4"}, "asn: missing"),
        (
            {"type": "open", "router_id": "1.2.3.4", "asn": 1, "capabilities": [{"name": "x"}]},
            "capabilities\\[0\\]: name = 'x'",
        ),
        ({"type": "notification", "code": 256}, "code = 256: expected 0..255"),
        ({"type": "notification", "code": 6, "subcode": 2, "shutdown_text": "x" * 256}, "at most 255 octets"),
        ({"type": "route-refresh", "family": "ipv4-unicast", "subtype": "again"}, "expected request, begin, end"),
        ({"type": "update", "session": {"as_size": 3}}, "session: as_size = 3: expected 2 or 4"),
        ({"type": "update", "session": {"as_size": True}}, "session: as_size = True: expected 2 or 4"),
        ({"type": "update", "session": {"add_path": ["x"]}}, "session: add_path: unknown address family 'x'"),
        ({"type": "update", "session": {"peer": "x"}}, "expected internal, external, confederation"),
        ({"type": "update", "withdrawn": ["10.0.0.1/8"]}, "withdrawn: \\[0\\]: '10.0.0.1/8' has bits set"),
        ({"type": "update", "announced": [{"prefix": "10.0.0.0/8", "path_id": 1}]}, "path_id: the session has none"),
        (
            {"type": "update", "end_of_rib": "ipv6-unicast", "announced": ["10.0.0.0/8"]},
            "end_of_rib = 'ipv6-unicast': expected no destinations beside it",
        ),
        ({"type": "update", "announced": 5}, "announced: nlri = 5: expected a list"),
        ({"type": "update", "announced": [f"10.{at}.{b}.0/24" for at in range(9) for b in range(200)]}, "at most 4096"),
        (attribute(name="LOCAL_PREF", value=-1), "attributes\\[0\\] \\(LOCAL_PREF\\): value: "),
        (attribute(name="LOCAL_PREF"), "attributes\\[0\\] \\(LOCAL_PREF\\): value: missing"),
        (attribute(name="LOCALPREF", value=1), "name = 'LOCALPREF': expected the name of an attribute"),
        (attribute(name={}, value=1), "name = {}: expected the name of an attribute"),
        (attribute(type=99, octets=""), "attributes\\[0\\]: flags: missing, pybgp doesn't know the attribute 99"),
        (attribute(type=99, flags="c0"), "octets: missing, the attribute 99 has no other form"),
        (attribute(type=5, value=1, flags="c"), "flags = 'c': expected octets in hexadecimal"),
        (attribute(type=5, value=1, flags="c0c0"), "expected one octet in hexadecimal"),
        (
            {**attribute(name="AS_PATH", value=[{"type": "as_sequence", "asns": [65536]}]), "session": {"as_size": 2}},
            "an AS number over 65535, and session.as_size is 2",
        ),
    ],
)
def test_what_is_wrong_is_named(fields: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_json(fields)
