"""RFC 4684, RFC 4761, RFC 9552, and families that nobody knows: octets, text and JSON, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.errors import UpdateError
from pybgp.messages.context import Context
from pybgp.messages.errors import InvalidNetworkField, Outcome
from pybgp.messages.families.base import FamilyCodec, join
from pybgp.messages.families.link_state import LINK_STATE, LINK_STATE_VPN, LinkStateNlri
from pybgp.messages.families.opaque import Opaque
from pybgp.messages.families.registry import FAMILIES, codec, opaque, spoken
from pybgp.messages.families.route_target import ROUTE_TARGET, RouteTargetMembership
from pybgp.messages.families.vpls import L2VPN_VPLS, VplsBlock
from tests.unit.messages import wire
from tests.unit.messages.wire import AS_PATH, NEXT_HOP_6, ORIGIN, body, mp_reach, mp_unreach, octets

OTHERS = (ROUTE_TARGET, L2VPN_VPLS, LINK_STATE, LINK_STATE_VPN)
EACH = pytest.mark.parametrize("family", OTHERS, ids=str)
CONTEXT = Context(families=frozenset(family.family for family in OTHERS))
ADD_PATH = Context(families=CONTEXT.families, add_path_receive=CONTEXT.families)
AFI_SAFI = {ROUTE_TARGET: "0001 84", L2VPN_VPLS: "0019 41", LINK_STATE: "4004 47", LINK_STATE_VPN: "4004 48"}
RD = "0000 fc00 00000007"  # 64512:7
AS = "0000fc00"  # 64512
NODE = "0001 000d 03 0000000000000000 0100 0000"  # protocol, identifier, a TLV for the local node
LABELS = f"0011 {RD} 0001 0005 000a 000641"  # site 1, offset 5, 10 labels from 1601
RTC, LINK = pytest.mark.row("AFI-14"), pytest.mark.row("AFI-22")
READABLE = [
    pytest.param(ROUTE_TARGET, "00", "default", id="default", marks=RTC),
    pytest.param(ROUTE_TARGET, f"60 {AS} 0002 fc00 00000001", "64512:rt:64512:1", id="route target", marks=RTC),
    pytest.param(ROUTE_TARGET, f"60 {AS} 0202 0000fc00 0001", "64512:rt:64512L:1", id="four octets of AS", marks=RTC),
    pytest.param(ROUTE_TARGET, f"20 {AS}", "64512:0x/32", id="every route target", marks=RTC),
    pytest.param(ROUTE_TARGET, f"40 {AS} 0002fc00", "64512:0x0002fc00/64", id="the targets of an AS", marks=RTC),
    pytest.param(ROUTE_TARGET, f"31 {AS} 000280", "64512:0x000280/49", id="49 bits", marks=RTC),
    pytest.param(
        L2VPN_VPLS,
        LABELS,
        "rd 64512:7 ve_id 1 block_offset 5 block_size 10 label_base 1601",
        id="vpls",
        marks=pytest.mark.row("AFI-21"),
    ),
    pytest.param(LINK_STATE, NODE, "node 0x03000000000000000001000000", id="node", marks=LINK),
    pytest.param(LINK_STATE, "0063 0000", "99 0x", id="a type without a name", marks=LINK),
    pytest.param(LINK_STATE_VPN, f"0002 0009 {RD} 03", "link 64512:7 0x03", id="link in a VPN", marks=LINK),
]


def error_of(attribute: str, context: Context = CONTEXT) -> UpdateError:
    with pytest.raises(UpdateError) as caught:
        wire.read(body(f"{attribute} {ORIGIN} {AS_PATH}"), context)
    return caught.value


def announced(family: FamilyCodec, nlri: str, next_hop: str = "0a630001") -> list[list[bytes]]:
    attribute = mp_reach(family.next_hop_octets(octets(next_hop)).hex(), nlri, family=AFI_SAFI[family])
    return [group.keys for group in wire.read(body(f"{attribute} {ORIGIN} {AS_PATH}"), CONTEXT).reachable]


@pytest.mark.parametrize(("family", "key", "text"), READABLE)
def test_a_key_is_text_and_back(family: FamilyCodec, key: str, text: str) -> None:
    assert family.key_text(octets(key)) == text
    assert family.parse(text) == octets(key)
    assert family.from_json(family.value(octets(key)).to_json()) == octets(key)
    assert announced(family, key) == announced(family, key, NEXT_HOP_6) == [[octets(key)]]


@pytest.mark.parametrize(
    ("family", "nlri"),
    [
        pytest.param(ROUTE_TARGET, "01 80", id="1 bit", marks=RTC),
        pytest.param(ROUTE_TARGET, f"1f {AS}", id="31 bits", marks=RTC),
        pytest.param(ROUTE_TARGET, f"61 {AS} 0002 fc00 00000001 80", id="97 bits", marks=RTC),
        pytest.param(ROUTE_TARGET, f"60 {AS} 0002 fc00", id="overrun", marks=RTC),
        pytest.param(L2VPN_VPLS, "00", id="half a length", marks=pytest.mark.row("AFI-21")),
        pytest.param(L2VPN_VPLS, f"0011 {RD}", id="vpls overrun", marks=pytest.mark.row("AFI-21")),
        pytest.param(LINK_STATE, "0001 00", id="half a head", marks=LINK),
        pytest.param(LINK_STATE, "0001 0002 00", id="link-state overrun", marks=LINK),
        pytest.param(LINK_STATE_VPN, "0001 0007 00000000000000", id="no room for an RD", marks=LINK),
    ],
)
def test_a_length_that_cannot_be_is_an_error_with_the_attribute(family: FamilyCodec, nlri: str) -> None:
    for attribute in (
        mp_reach(family.next_hop_octets(octets("0a630001")).hex(), nlri, family=AFI_SAFI[family]),
        mp_unreach(nlri, family=AFI_SAFI[family]),
    ):
        error = error_of(attribute)
        assert (error.code, error.subcode, error.data) == (3, 9, octets(attribute))


@EACH
@pytest.mark.parametrize("size", [0, 5, 11, 25, 64])
def test_a_next_hop_of_another_size_is_an_error_with_the_attribute(family: FamilyCodec, size: int) -> None:
    attribute = mp_reach("0a" * size, "", family=AFI_SAFI[family])

    error = error_of(attribute)

    assert (error.code, error.subcode, error.data) == (3, 9, octets(attribute))


@pytest.mark.row("ADP-01", "ADP-07")
@EACH
def test_each_has_an_identifier_with_add_path(family: FamilyCodec) -> None:
    key = next(octets(str(param.values[1])) for param in READABLE if param.values[0] is family)
    field = join([key], 7) + join([key], 8)

    found = wire.read(body(mp_unreach(field.hex(), family=AFI_SAFI[family])), ADD_PATH)

    assert found.withdrawn == ((family.family, 7, [key]), (family.family, 8, [key]))
    assert error_of(mp_unreach("00000007", family=AFI_SAFI[family]), ADD_PATH).subcode == 9


@pytest.mark.row("AFI-14")
def test_what_is_behind_a_partial_route_target_is_masked() -> None:
    assert announced(ROUTE_TARGET, f"31 {AS} 0002ff") == [[octets(f"31 {AS} 000280")]]
    assert ROUTE_TARGET.parse("64512:0x0002ff/49") == octets(f"31 {AS} 000280")


@pytest.mark.row("AFI-21")
def test_a_vpls_route_of_another_length_costs_only_itself() -> None:
    """RFC 6074 §3.2.2.1 has 12 octets: nothing that labels could be read from."""
    other = f"000c {RD} c0000201"
    key = octets(other)

    found = wire.read(
        body(f"{mp_reach('0a630001', f'{other} {LABELS}', family='0019 41')} {ORIGIN} {AS_PATH}"), CONTEXT
    )

    assert [group.keys for group in found.reachable] == [[octets(LABELS)]]
    assert [(problem.outcome, problem.data) for problem in found.problems] == [(Outcome.DISCARD, key)]
    assert L2VPN_VPLS.value(key) == Opaque(key)
    assert L2VPN_VPLS.parse(L2VPN_VPLS.key_text(key)) == key
    assert L2VPN_VPLS.from_json(L2VPN_VPLS.value(key).to_json()) == key


@pytest.mark.row("AFI-21")
def test_a_block_of_labels_is_told_by_its_site_and_offset() -> None:
    identities = [
        L2VPN_VPLS.identity(
            L2VPN_VPLS.parse(f"rd 64512:7 ve_id {site} block_offset {at} block_size 8 label_base {base}")
        )
        for site, at, base in [(1, 1, 1600), (1, 1, 3200), (1, 9, 1600), (2, 1, 1600)]
    ]

    assert [identities.index(each) for each in identities] == [0, 0, 2, 3]


def test_values_have_fields() -> None:
    assert ROUTE_TARGET.value(octets(f"28 {AS} 00")) == RouteTargetMembership(40, 64512, b"\0")
    assert ROUTE_TARGET.value(b"\0") == RouteTargetMembership()
    assert L2VPN_VPLS.value(octets(LABELS)) == VplsBlock(
        rd=octets(RD), ve_id=1, block_offset=5, block_size=10, label_base=1601
    )
    assert LINK_STATE_VPN.value(octets(f"0002 0009 {RD} 03")) == LinkStateNlri(2, b"\3", octets(RD))
    assert ROUTE_TARGET.value(octets(f"60 {AS} 0002 fc00 00000001")).to_json() == {
        "origin_as": 64512,
        "route_target": "rt:64512:1",
    }
    assert LINK_STATE_VPN.value(octets(f"0002 0009 {RD} 03")).to_json() == {
        "type": "link",
        "rd": "64512:7",
        "octets": "0x03",
    }


@EACH
@pytest.mark.parametrize("key", ["", "00 01", "21 0000fc00 ff", "0011 00", "0001 0002 00", f"{LABELS} {LABELS}"])
def test_what_is_not_one_key_has_no_value(family: FamilyCodec, key: str) -> None:
    with pytest.raises(InvalidNetworkField):
        family.value(octets(key))


@pytest.mark.parametrize(
    ("family", "fields", "expected"),
    [
        (ROUTE_TARGET, {}, "route_target: missing"),
        (ROUTE_TARGET, {"route_target": "rt:1:1"}, "origin_as: missing"),
        (ROUTE_TARGET, {"origin_as": 1, "route_target": "default"}, "is not an extended community"),
        (ROUTE_TARGET, {"origin_as": 1, "route_target": "0x/31"}, "expected 32..96 bits"),
        (ROUTE_TARGET, {"origin_as": 1, "route_target": "0x00/32"}, "as many octets as"),
        (L2VPN_VPLS, {"rd": "1:1"}, "ve_id: missing"),
        (L2VPN_VPLS, {"octets": "00"}, "expected 0x"),
        (LINK_STATE, {"type": "nodes", "octets": "0x"}, "expected node, link, "),
        (LINK_STATE, {"type": "65536", "octets": "0x"}, "or a number"),
        (LINK_STATE, {"type": "node", "octets": "0x" + "00" * 65536}, "expected 65535 at most"),
        (LINK_STATE, {"type": "node", "rd": "1:1", "octets": "0x"}, "rd: unknown field"),
        (LINK_STATE_VPN, {"type": "node", "octets": "0x"}, "rd: missing"),
    ],
)
def test_wrong_json_says_what_was_expected(family: FamilyCodec, fields: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        family.from_json(fields)


@pytest.mark.parametrize(
    ("family", "text"),
    [
        (ROUTE_TARGET, ""),
        (ROUTE_TARGET, "4294967296:rt:1:1"),
        (ROUTE_TARGET, "rt:64512:1"),
        (L2VPN_VPLS, "rd 64512:7"),
        (LINK_STATE, "node"),
        (LINK_STATE, "node 0x 0x"),
        (LINK_STATE_VPN, "node 0x"),
    ],
)
def test_wrong_text_is_a_value_error(family: FamilyCodec, text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|missing"):
        family.parse(text)


@pytest.mark.row("AFI-23")
def test_of_an_unknown_family_the_field_is_one_key() -> None:
    unknown = Family(99, 7)
    family = opaque(unknown)
    key = octets("18 0a0102 18 0a0103")

    assert family.split(key) == [key]
    assert family.split_with_ids(b"\0\0\0\7" + key) == [(7, [key])]
    assert family.split(b"") == []
    assert family.value(key) == Opaque(key)
    assert family.key_text(key) == f"0x{key.hex()}"
    assert family.parse(family.key_text(key)) == key
    assert family.from_json({"octets": f"0x{key.hex()}"}) == key
    with pytest.raises(InvalidNetworkField):
        family.split_with_ids(octets("00000007"))


@pytest.mark.row("AFI-23")
def test_an_unknown_family_is_never_spoken() -> None:
    unknown = Family(99, 7)

    assert codec(unknown) is None
    assert spoken(unknown, Context(families=frozenset({unknown}))) is None


def test_the_sizes_of_next_hops() -> None:
    """RFC 4760, 2545, 4364, 4659, 8950, 7432, 4684, 4761, 9552; flow specifications have none (8955 §4)."""
    found = {str(each.family): (each.next_hop_sizes, each.extended_next_hop_sizes) for each in FAMILIES.values()}

    plain = {
        f"{afi}-{kind}": sizes
        for afi, sizes in {"ipv4": ((4,), (16, 32)), "ipv6": ((16, 32), ())}.items()
        for kind in ("unicast", "multicast", "labeled-unicast")
    }
    others = dict.fromkeys(["route-target", "l2vpn-evpn", "l2vpn-vpls"], ((4, 16), ()))
    vpns = {"ipv4-vpn": ((12,), (24, 48)), "ipv6-vpn": ((24, 48), ()), "link-state-vpn": ((12, 24, 48), ())}
    others["link-state"] = ((4, 16, 32), ())
    assert {name: sizes for name, sizes in found.items() if "flowspec" not in name} == plain | others | vpns


@pytest.mark.parametrize(
    ("address", "next_hop"),
    [
        pytest.param("c0000201", "0000000000000000 c0000201", id="IPv4"),
        pytest.param("20010db8" + "00" * 12, "0000000000000000 20010db8" + "00" * 12, id="IPv6"),
        pytest.param(
            "20010db8" + "00" * 12 + "fe80" + "00" * 14,
            "0000000000000000 20010db8" + "00" * 12 + "0000000000000000 fe80" + "00" * 14,
            id="global and link-local",
        ),
    ],
)
def test_next_hops_of_link_state_in_a_vpn_stand_behind_a_distinguisher(address: str, next_hop: str) -> None:
    """RFC 9552 §5.5: as in other VPNs, a route distinguisher of 0 is in front of the next hop."""
    assert LINK_STATE_VPN.next_hop_octets(octets(address)) == octets(next_hop)
    assert LINK_STATE_VPN.next_hop_address(octets(next_hop)) == octets(address)
    assert LINK_STATE.next_hop_octets(octets(address)) == octets(address)
