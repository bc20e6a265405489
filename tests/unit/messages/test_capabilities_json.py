"""The JSON form of capabilities."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.messages.capabilities import registry


@pytest.mark.parametrize(
    ("code", "value", "fields"),
    [
        pytest.param(1, "0001 00 01", {"family": "ipv4-unicast"}, id="multiprotocol"),
        pytest.param(2, "", None, id="route-refresh"),
        pytest.param(
            5, "0001 0001 0002", {"entries": [{"family": "ipv4-unicast", "next_hop_afi": 2}]}, id="extended-next-hop"
        ),
        pytest.param(6, "", None, id="extended-message"),
        pytest.param(
            8, "0001 04 03", {"entries": [{"family": "ipv4-labeled-unicast", "count": 3}]}, id="multiple-labels"
        ),
        pytest.param(9, "03", {"role": "customer"}, id="role"),
        pytest.param(9, "63", {"role": 99}, id="role-without-a-name"),
        pytest.param(
            64,
            "c078 0001 01 80",
            {
                "restart_time_s": 120,
                "restarting": True,
                "notification": True,
                "families": [{"family": "ipv4-unicast", "forwarding": True}],
            },
            id="graceful-restart",
        ),
        pytest.param(
            64,
            "1000 0001 01 01",
            {
                "restart_time_s": 0,
                "restarting": False,
                "notification": False,
                "families": [{"family": "ipv4-unicast", "forwarding": False, "reserved": 1}],
                "reserved": 1,
            },
            id="graceful-restart-with-reserved-bits",
        ),
        pytest.param(65, "00010000", {"asn": 65536}, id="four-octet-as"),
        pytest.param(69, "0001 01 03", {"entries": [{"family": "ipv4-unicast", "mode": "both"}]}, id="add-path"),
        pytest.param(70, "", None, id="enhanced-route-refresh"),
        pytest.param(
            71,
            "0001 01 80 015180",
            {"families": [{"family": "ipv4-unicast", "forwarding": True, "stale_time_s": 86400}]},
            id="long-lived-graceful-restart",
        ),
        pytest.param(73, "02 7231 00", {"host_name": "r1", "domain_name": ""}, id="fqdn"),
        pytest.param(128, "", None, id="route-refresh-cisco"),
    ],
)
def test_a_capability_has_its_fields(code: int, value: str, fields: Any, request: pytest.FixtureRequest) -> None:
    found = registry.to_json(code, bytes.fromhex(value))

    assert found == {"code": code, "name": registry.name(code)} | ({} if fields is None else {"value": fields})
    assert registry.from_json(found).encode() == bytes.fromhex(value)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        pytest.param(99, "0102", id="unknown"),
        pytest.param(65, "0102", id="wrong-length"),
        pytest.param(1, "0001 ff 01", id="reserved-octet"),
        pytest.param(69, "0001 01 07", id="unknown-mode"),
        pytest.param(73, "01 ff 00", id="no-utf-8"),
        pytest.param(5, "0001 0100 0002", id="safi-of-two-octets"),
    ],
)
def test_octets_that_the_fields_do_not_tell_are_kept(code: int, value: str) -> None:
    found = registry.to_json(code, bytes.fromhex(value))

    assert found["octets"] == value.replace(" ", "")
    assert registry.from_json(found).encode() == bytes.fromhex(value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "four-octet-as", "value": {}}, "four-octet-as: asn: missing"),
        ({"name": "four-octet-as", "value": {"asn": -1}}, "four-octet-as: asn = -1: expected 0..4294967295"),
        ({"name": "four-octet-as", "value": {"asn": 1, "size": 4}}, "size: unknown field, expected asn"),
        ({"name": "multiprotocol", "value": {"family": "ipv5"}}, "family: unknown address family 'ipv5'"),
        (
            {"name": "add-path", "value": {"entries": [{"family": "1/1", "mode": "x"}]}},
            "expected receive, send or both",
        ),
        (
            {"name": "multiple-labels", "value": {"entries": [{"family": "ipv4-vpn", "count": 1}]}},
            "count = 1: expected 2..255",
        ),
        ({"name": "role", "value": {"role": "boss"}}, "role = 'boss': expected provider, rs, "),
        ({"name": "fqdn", "value": {"host_name": "x" * 64}}, "expected at most 63 octets"),
        ({"name": "graceful-restart", "value": {"restart_time_s": 5, "restarting": 1}}, "expected true or false"),
        ({"name": "route-refresh", "value": {"x": 1}}, "x: unknown field, expected none"),
        ({"name": "telepathy"}, "name = 'telepathy': expected multiprotocol, "),
        ({"code": 99}, "octets: missing, the capability 99 has no other form"),
        ({"code": 256}, "code = 256: expected 0..255"),
        ({}, "name: missing"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", "\\(")):
        registry.from_json(fields)
