"""RFC 7432 §7, RFC 9136 §3.1: EVPN routes as octets, text and JSON, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.errors import UpdateError
from pybgp.messages.context import Context
from pybgp.messages.errors import InvalidNetworkField, Outcome
from pybgp.messages.families.evpn import L2VPN_EVPN
from pybgp.messages.families.evpn_routes import MacIp
from pybgp.messages.families.opaque import Opaque
from pybgp.messages.update import Update
from tests.unit.messages import wire
from tests.unit.messages.wire import AS_PATH, ORIGIN, body, mp_reach, mp_unreach, octets

CONTEXT = Context(families=frozenset({Family.L2VPN_EVPN}))
ADD_PATH = Context(families=CONTEXT.families, add_path_receive=CONTEXT.families)
NEXT_HOP = "0a630001"
RD = "0001 c0000201 0007"  # 192.0.2.1:7
ESI = "00112233445566778899"
TAG = "00000064"  # 100
MAC = "30 020000000001"  # 48 bits
IP_4 = "20 c0000205"  # 32 bits, 192.0.2.5
IP_6 = "80 20010db8000000000000000000000005"
LABEL = "000641"  # 1601
SECOND = "0000c8"  # 200
IPV6 = "20010db8000000000000000000000000"
MANY = "rd 192.0.2.1:7 esi 00:11:22:33:44:55:66:77:88:99 ethernet_tag 100"
READABLE = [
    pytest.param(f"01 19 {RD} {ESI} {TAG} {LABEL}", f"ethernet-auto-discovery {MANY} label 1601", id="type 1"),
    pytest.param(
        f"02 21 {RD} {ESI} {TAG} {MAC} 00 {LABEL}", f"mac-ip {MANY} mac 02:00:00:00:00:01 labels 1601", id="type 2, 33"
    ),
    pytest.param(
        f"02 24 {RD} {ESI} {TAG} {MAC} 00 {LABEL} {SECOND}",
        f"mac-ip {MANY} mac 02:00:00:00:00:01 labels 1601,200",
        id="type 2, 36",
    ),
    pytest.param(
        f"02 25 {RD} {ESI} {TAG} {MAC} {IP_4} {LABEL}",
        f"mac-ip {MANY} mac 02:00:00:00:00:01 ip 192.0.2.5 labels 1601",
        id="type 2, 37",
    ),
    pytest.param(
        f"02 28 {RD} {ESI} {TAG} {MAC} {IP_4} {LABEL} {SECOND}",
        f"mac-ip {MANY} mac 02:00:00:00:00:01 ip 192.0.2.5 labels 1601,200",
        id="type 2, 40",
    ),
    pytest.param(
        f"02 31 {RD} {ESI} {TAG} {MAC} {IP_6} {LABEL}",
        f"mac-ip {MANY} mac 02:00:00:00:00:01 ip 2001:db8::5 labels 1601",
        id="type 2, 49",
    ),
    pytest.param(
        f"02 34 {RD} {ESI} {TAG} {MAC} {IP_6} {LABEL} {SECOND}",
        f"mac-ip {MANY} mac 02:00:00:00:00:01 ip 2001:db8::5 labels 1601,200",
        id="type 2, 52",
    ),
    pytest.param(
        f"03 11 {RD} {TAG} {IP_4}", "inclusive-multicast rd 192.0.2.1:7 ethernet_tag 100 ip 192.0.2.5", id="type 3, 17"
    ),
    pytest.param(
        f"03 1d {RD} {TAG} {IP_6}",
        "inclusive-multicast rd 192.0.2.1:7 ethernet_tag 100 ip 2001:db8::5",
        id="type 3, 29",
    ),
    pytest.param(
        f"04 17 {RD} {ESI} {IP_4}",
        "ethernet-segment rd 192.0.2.1:7 esi 00:11:22:33:44:55:66:77:88:99 ip 192.0.2.5",
        id="type 4, 23",
    ),
    pytest.param(
        f"04 23 {RD} {ESI} {IP_6}",
        "ethernet-segment rd 192.0.2.1:7 esi 00:11:22:33:44:55:66:77:88:99 ip 2001:db8::5",
        id="type 4, 35",
    ),
    pytest.param(
        f"05 22 {RD} {ESI} {TAG} 18 0a010200 c0000205 {LABEL}",
        f"ip-prefix {MANY} prefix 10.1.2.0/24 gateway 192.0.2.5 label 1601",
        id="type 5, 34",
    ),
    pytest.param(
        f"05 3a {RD} {ESI} {TAG} 20 {IPV6} {'00' * 16} {LABEL}",
        f"ip-prefix {MANY} prefix 2001:db8::/32 gateway :: label 1601",
        id="type 5, 58",
    ),
]
GOOD = octets(f"03 11 {RD} {TAG} {IP_4}")
BAD = [
    pytest.param("09 04 c0000201", "route type 9 is not known", id="AFI-13", marks=pytest.mark.row("AFI-13")),
    pytest.param("00 00", "route type 0 is not known", id="type 0"),
    pytest.param("01 18" + "00" * 24, "24 octets, expected 25", id="type 1"),
    pytest.param("02 22" + "00" * 34, "34 octets, expected 33", id="type 2"),
    pytest.param(f"02 21 {RD} {ESI} {TAG} 20 020000000001 00 {LABEL}", "MAC address of 32 bits", id="MAC length"),
    pytest.param(f"02 25 {RD} {ESI} {TAG} {MAC} 80 c0000205 {LABEL}", "0 octets of labels", id="address too long"),
    pytest.param(f"02 25 {RD} {ESI} {TAG} {MAC} 18 c0000205 {LABEL}", "address of 24 bits", id="24 bits of address"),
    pytest.param(f"02 25 {RD} {ESI} {TAG} {MAC} 00 c0000205 {LABEL}", "7 octets of labels", id="no address"),
    pytest.param("03 12" + "00" * 18, "18 octets, expected 17 or 29", id="type 3"),
    pytest.param(f"03 11 {RD} {TAG} 80 c0000205", "address of 128 bits, expected 32", id="type 3 address"),
    pytest.param("04 16" + "00" * 22, "22 octets, expected 23 or 35", id="type 4"),
    pytest.param(f"04 17 {RD} {ESI} 00 c0000205", "address of 0 bits, expected 32", id="type 4 address"),
    pytest.param("05 23" + "00" * 35, "35 octets, expected 34 or 58", id="type 5"),
    pytest.param(f"05 22 {RD} {ESI} {TAG} 21 0a010200 c0000205 {LABEL}", "prefix length 33", id="type 5 length"),
]


def read(nlri: str, context: Context = CONTEXT) -> Update:
    return wire.read(body(f"{mp_reach(NEXT_HOP, nlri, family='0019 46')} {ORIGIN} {AS_PATH}"), context)


@pytest.mark.row("AFI-12")
@pytest.mark.parametrize(("key", "text"), READABLE)
def test_a_route_is_text_and_back(key: str, text: str) -> None:
    assert L2VPN_EVPN.key_text(octets(key)) == text
    assert L2VPN_EVPN.parse(text) == octets(key)
    assert L2VPN_EVPN.from_json(L2VPN_EVPN.value(octets(key)).to_json()) == octets(key)
    assert [group.keys for group in read(key).reachable] == [[octets(key)]]


@pytest.mark.row("AFI-12")
@pytest.mark.parametrize(("nlri", "why"), BAD)
def test_a_route_that_is_not_right_inside_costs_only_itself(nlri: str, why: str) -> None:
    """RFC 7606 §5.4: its length is told, so the others can be read."""
    field = f"{GOOD.hex()} {nlri} {GOOD.hex()}"

    found = read(field)
    gone = wire.read(body(mp_unreach(field, family="0019 46")), CONTEXT)

    assert [group.keys for group in found.reachable] == [[GOOD, GOOD]]
    assert [group.keys for group in gone.withdrawn] == [[GOOD, GOOD]]
    for update in (found, gone):
        (problem,) = update.problems
        assert (problem.outcome, problem.data) == (Outcome.DISCARD, octets(nlri))
        assert why in problem.why


@pytest.mark.row("AFI-13")
@pytest.mark.parametrize(("nlri", "why"), BAD)
def test_such_a_route_can_be_looked_at(nlri: str, why: str) -> None:
    key = octets(nlri)

    value = L2VPN_EVPN.value(key)

    assert value == Opaque(key)
    assert str(value) == L2VPN_EVPN.key_text(key) == f"0x{key.hex()}"
    assert L2VPN_EVPN.parse(str(value)) == key
    assert L2VPN_EVPN.from_json(value.to_json()) == key
    assert L2VPN_EVPN.identity(key) == key
    assert [bad.why for bad in L2VPN_EVPN.judge([GOOD, key])] == [L2VPN_EVPN.judge([key])[0].why]


def test_an_update_with_nothing_but_unknown_routes_has_none() -> None:
    found = read("09 00")

    assert (found.withdrawn, found.reachable) == ((), ())
    assert wire.outcome(found) is Outcome.DISCARD


@pytest.mark.row("AFI-12")
@pytest.mark.parametrize("nlri", ["03", "03 11", f"03 11 {RD}", f"{GOOD.hex()} 09 05 00"])
@pytest.mark.parametrize("withdrawn", [False, True], ids=["reach", "unreach"])
def test_a_route_that_runs_past_the_field_is_an_error_with_the_attribute(nlri: str, withdrawn: bool) -> None:
    attribute = mp_unreach(nlri, family="0019 46") if withdrawn else mp_reach(NEXT_HOP, nlri, family="0019 46")

    with pytest.raises(UpdateError) as caught:
        wire.read(body(f"{attribute} {ORIGIN} {AS_PATH}"), CONTEXT)

    assert (caught.value.code, caught.value.subcode, caught.value.data) == (3, 9, octets(attribute))


@pytest.mark.parametrize("size", [0, 5, 12, 24, 32])
def test_a_next_hop_has_4_or_16_octets(size: int) -> None:
    attribute = mp_reach("0a" * size, GOOD.hex(), family="0019 46")

    with pytest.raises(UpdateError) as caught:
        wire.read(body(f"{attribute} {ORIGIN} {AS_PATH}"), CONTEXT)

    assert (caught.value.subcode, caught.value.data) == (9, octets(attribute))
    (found,) = wire.read(
        body(f"{mp_reach(wire.NEXT_HOP_6, GOOD.hex(), family='0019 46')} {ORIGIN} {AS_PATH}"), CONTEXT
    ).reachable
    assert found.block.next_hop == octets(wire.NEXT_HOP_6)


@pytest.mark.row("ADP-01", "ADP-07")
def test_a_route_has_an_identifier_with_add_path() -> None:
    found = read(f"00000007 {GOOD.hex()} 00000008 {GOOD.hex()}", ADD_PATH)

    assert [group[:3] for group in found.reachable] == [
        (Family.L2VPN_EVPN, 7, [GOOD]),
        (Family.L2VPN_EVPN, 8, [GOOD]),
    ]
    with pytest.raises(UpdateError, match="expected at least 6"):
        read("00000007 03", ADD_PATH)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            f"01 19 {RD} {ESI} {TAG} {LABEL}", f"01 19 {RD} {ESI} {TAG} {SECOND}", id="the label of type 1 (§7.1)"
        ),
        pytest.param(
            f"02 25 {RD} {ESI} {TAG} {MAC} {IP_4} {LABEL}",
            f"02 28 {RD} {'00' * 10} {TAG} {MAC} {IP_4} {SECOND} {LABEL}",
            id="segment and labels of type 2 (§7.2)",
        ),
        pytest.param(
            f"05 22 {RD} {ESI} {TAG} 18 0a010200 c0000205 {LABEL}",
            f"05 22 {RD} {'00' * 10} {TAG} 18 0a010200 00000000 {SECOND}",
            id="segment, gateway and label of type 5 (RFC 9136 §3.1)",
        ),
    ],
)
def test_what_belongs_to_the_route_does_not_tell_routes_apart(one: str, other: str) -> None:
    assert L2VPN_EVPN.identity(octets(one)) == L2VPN_EVPN.identity(octets(other))


def test_everything_else_tells_routes_apart() -> None:
    texts = [
        *(text for param in READABLE for text in param.values[1:] if "200" not in str(text)),
        f"mac-ip {MANY.replace('100', '101')} mac 02:00:00:00:00:01 labels 1601",
        f"mac-ip {MANY} mac 02:00:00:00:00:02 labels 1601",
        f"ip-prefix {MANY} prefix 10.1.2.0/25 gateway 192.0.2.5 label 1601",
        f"ip-prefix {MANY} prefix 0.0.0.0/0 gateway 0.0.0.0 label 1601",
        f"ip-prefix {MANY} prefix ::/0 gateway :: label 1601",
        "ethernet-segment rd 192.0.2.1:7 esi 01:11:22:33:44:55:66:77:88:99 ip 192.0.2.5",
    ]

    identities = [L2VPN_EVPN.identity(L2VPN_EVPN.parse(str(text))) for text in texts]

    assert len(set(identities)) == len(texts)


def test_host_bits_of_a_prefix_are_masked() -> None:
    ((_, _, keys, _),) = read(f"05 22 {RD} {ESI} {TAG} 18 0a0102ff c0000205 {LABEL}").reachable

    assert keys == [octets(f"05 22 {RD} {ESI} {TAG} 18 0a010200 c0000205 {LABEL}")]


def test_values_have_fields() -> None:
    value = L2VPN_EVPN.value(octets(f"02 25 {RD} {ESI} {TAG} {MAC} {IP_4} {LABEL}"))

    assert value == MacIp(
        rd=octets(RD),
        esi=octets(ESI),
        ethernet_tag=100,
        mac=octets("020000000001"),
        ip=octets("c0000205"),
        labels=(1601,),
    )
    assert value.to_json() == {
        "type": "mac-ip",
        "rd": "192.0.2.1:7",
        "esi": "00:11:22:33:44:55:66:77:88:99",
        "ethernet_tag": 100,
        "mac": "02:00:00:00:00:01",
        "ip": "192.0.2.5",
        "labels": [1601],
    }


@pytest.mark.parametrize("key", ["", "03", "03 11", "03 00 00"])
def test_what_is_not_one_route_has_no_value(key: str) -> None:
    with pytest.raises(InvalidNetworkField):
        L2VPN_EVPN.value(octets(key))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": "mac"}, "type = 'mac': expected ethernet-auto-discovery, mac-ip, "),
        ({"type": ["mac-ip"]}, "expected ethernet-auto-discovery"),
        ({"mac": "02:00:00:00:01"}, "mac = '02:00:00:00:01': expected 6 octets"),
        ({"mac": "x"}, "expected octets in hexadecimal"),
        ({"esi": "00"}, "expected 10 octets"),
        ({"ethernet_tag": 1 << 32}, "expected 0..4294967295"),
        ({"ip": "192.0.2"}, "ip: '192.0.2' is not an IPv4 or IPv6 address"),
        ({"labels": []}, "expected one or two"),
        ({"labels": [1, 2, 3]}, "expected one or two"),
        ({"labels": [1 << 24]}, "expected 0..16777215"),
        ({"gateway": "192.0.2.1"}, "gateway: unknown field"),
        ({"octets": "00"}, "unknown field, expected octets"),
    ],
)
def test_wrong_json_says_what_was_expected(change: dict[str, Any], expected: str) -> None:
    fields = L2VPN_EVPN.value(octets(f"02 25 {RD} {ESI} {TAG} {MAC} {IP_4} {LABEL}")).to_json()

    with pytest.raises(ValueError, match=expected):
        L2VPN_EVPN.from_json(fields | change)


def test_the_gateway_of_a_prefix_is_of_its_kind() -> None:
    with pytest.raises(ValueError, match="expected an address of 4 octets"):
        L2VPN_EVPN.parse(f"ip-prefix {MANY} prefix 10.0.0.0/8 gateway :: label 0")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mac-ip",
        "mac-ip rd",
        "mac-ip rd 1:1 rd 1:1",
        "0x",
        "0x03",
        f"0x{GOOD.hex() * 2}",
        "0xz",
        f"mac-ip {MANY} mac 02:00:00:00:00:01 labels 1601,",
    ],
)
def test_wrong_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        L2VPN_EVPN.parse(text)
