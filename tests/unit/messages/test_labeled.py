"""RFC 8277, RFC 4364, RFC 4659: prefixes behind labels and route distinguishers."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.errors import UpdateError
from pybgp.messages import update
from pybgp.messages.context import Context
from pybgp.messages.errors import InvalidNetworkField
from pybgp.messages.families.base import FamilyCodec, join
from pybgp.messages.families.labeled import IPV4_LABELED_UNICAST, IPV6_LABELED_UNICAST, LabeledPrefix
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.families.route_distinguisher import parse_rd, rd_text
from pybgp.messages.families.vpn import IPV4_VPN, IPV6_VPN, VpnPrefix
from pybgp.messages.update import Update
from tests.unit.messages import wire
from tests.unit.messages.wire import AS_PATH, NEXT_HOP_6, ORIGIN, body, mp_reach, mp_unreach, octets

V4, V6, VPN4, VPN6 = IPV4_LABELED_UNICAST, IPV6_LABELED_UNICAST, IPV4_VPN, IPV6_VPN
EACH = pytest.mark.parametrize("family", [V4, V6, VPN4, VPN6], ids=str)
ALL = frozenset(family.family for family in (V4, V6, VPN4, VPN6))
CONTEXT = Context(families=ALL)
SEVERAL = Context(families=ALL, multiple_labels=ALL)
RD = "0000 fc00 00000001"  # 64512:1
NO_RD = "0000000000000000"
NEXT_HOP_4 = "0a630001"
LINK_LOCAL = "fe80" + "00" * 13 + "01"
AFI_SAFI = {V4: "0001 04", V6: "0002 04", VPN4: "0001 80", VPN6: "0002 80"}
NEXT_HOPS = {V4: NEXT_HOP_4, V6: NEXT_HOP_6, VPN4: NO_RD + NEXT_HOP_4, VPN6: NO_RD + NEXT_HOP_6}
READABLE = [
    # length (24 + 24), label 100 and S, prefix
    pytest.param(V4, "30 000641 0a0102", "10.1.2.0/24 label 100", id="ipv4"),
    pytest.param(V6, "38 000641 20010db8", "2001:db8::/32 label 100", id="ipv6"),
    pytest.param(V4, "18 fffff1", "0.0.0.0/0 label 1048575", id="default route, highest label"),
    pytest.param(V4, "30 800000 0a0102", "10.1.2.0/24", id="withdrawn"),
    pytest.param(V4, "30 800001 0a0102", "10.1.2.0/24 label 524288", id="a label that looks like withdrawn but for S"),
    pytest.param(VPN4, f"70 000641 {RD} 0a0102", "64512:1 10.1.2.0/24 label 100", id="vpnv4"),
    pytest.param(VPN6, f"78 000641 {RD} 20010db8", "64512:1 2001:db8::/32 label 100", id="vpnv6"),
    pytest.param(VPN4, f"58 800000 {RD}", "64512:1 0.0.0.0/0", id="vpnv4 default, withdrawn"),
    pytest.param(
        VPN4, "58 000641 0003000000000001", "0x0003000000000001 0.0.0.0/0 label 100", id="unknown route distinguisher"
    ),
]


def error_of(content: bytes, context: Context = CONTEXT) -> UpdateError:
    with pytest.raises(UpdateError) as caught:
        wire.read(content, context)
    return caught.value


def read_keys(family: FamilyCodec, nlri: str, context: Context = CONTEXT) -> list[bytes]:
    """What ``update.decode`` finds announced."""
    reach = mp_reach(NEXT_HOPS[family], nlri, family=AFI_SAFI[family])
    return [key for group in wire.read(body(f"{reach} {ORIGIN} {AS_PATH}"), context).reachable for key in group.keys]


@pytest.mark.row("AFI-07", "AFI-10")
@pytest.mark.parametrize(("family", "key", "text"), READABLE)
def test_a_key_is_text_and_back(family: FamilyCodec, key: str, text: str) -> None:
    assert family.key_text(octets(key)) == text
    assert family.parse(text) == octets(key)
    assert read_keys(family, key) == [octets(key)]


@pytest.mark.row("AFI-07")
@pytest.mark.parametrize("label", ["000640", "000641", "00064e", "00064f"])
def test_one_label_is_taken_whatever_its_s_bit(label: str) -> None:
    """RFC 8277 §2.2; the three bits before it mean nothing."""
    assert read_keys(V4, f"30 {label} 0a0102") == [octets("30 000641 0a0102")]
    assert read_keys(VPN4, f"70 {label} {RD} 0a0102") == [octets(f"70 000641 {RD} 0a0102")]


@pytest.mark.row("AFI-07")
def test_several_labels_are_taken_until_the_s_bit_where_that_was_agreed() -> None:
    """RFC 8277 §2.3."""
    # 100, 200 and S; then a prefix that begins like a label
    key = "48 000640 000c81 0a0102"

    assert read_keys(V4, key, SEVERAL) == [octets(key)]
    assert V4.multiple_labels.key_text(octets(key)) == "10.1.2.0/24 label 100,200"
    assert V4.multiple_labels.parse("10.1.2.0/24 label 100,200") == octets(key)
    with pytest.raises(ValueError, match="expected one at most"):
        V4.parse("10.1.2.0/24 label 100,200")
    assert read_keys(V4, f"48 00064e 000c8f 0a0102 {key}", SEVERAL) == [octets(key)] * 2


@pytest.mark.row("AFI-07")
def test_without_agreement_a_second_label_is_part_of_the_prefix() -> None:
    assert read_keys(V4, "30 000640 000c81") == [octets("30 000641 000c81")]
    assert error_of(reach_body(V4, "48 000640 000c81 0a0102")).subcode == 9


def reach_body(family: FamilyCodec, nlri: str) -> bytes:
    return body(f"{mp_reach(NEXT_HOPS[family], nlri, family=AFI_SAFI[family])} {ORIGIN} {AS_PATH}")


@pytest.mark.row("AFI-08")
@pytest.mark.parametrize("context", [CONTEXT, SEVERAL], ids=["one label", "several labels"])
@pytest.mark.parametrize("label", ["800000", "000000", "000641"])
def test_the_label_of_a_withdrawal_means_nothing(label: str, context: Context) -> None:
    """RFC 8277 §2.4."""
    announced = V4.parse("10.1.2.0/24 label 100")
    unreach = mp_unreach(f"30 {label} 0a0102", family="0001 04")

    ((family, path_id, (key,)),) = wire.read(body(unreach), context).withdrawn

    assert (family, path_id) == (V4.family, 0)
    assert V4.identity(key) == V4.identity(announced) == octets("18 0a0102")


@pytest.mark.row("AFI-08")
def test_a_prefix_to_withdraw_has_the_label_0x800000() -> None:
    assert VPN4.parse("64512:1 10.1.2.0/24") == octets(f"70 800000 {RD} 0a0102")
    assert V4.from_json({"prefix": "10.1.2.0/24", "labels": []}) == octets("30 800000 0a0102")


@pytest.mark.row("AFI-09")
@pytest.mark.parametrize(
    ("family", "nlri", "context"),
    [
        pytest.param(V4, "17 000641", CONTEXT, id="23 bits"),
        pytest.param(V4, "00", CONTEXT, id="0 bits"),
        pytest.param(V4, "39 000641 0a01020304", CONTEXT, id="57 bits of ipv4"),
        pytest.param(V6, "99" + "000641" + "20" * 17, CONTEXT, id="153 bits of ipv6"),
        pytest.param(V4, "38 000641 0a0102", CONTEXT, id="overrun"),
        pytest.param(V4, "30 000640 000640", SEVERAL, id="no label with S"),
        pytest.param(VPN4, "40 000640 000640 0006", SEVERAL, id="no label with S, nor room for one"),
        pytest.param(V4, "51 000640 000641 0a01020304", SEVERAL, id="81 bits with two labels"),
        pytest.param(VPN4, f"57 000641 {RD}", CONTEXT, id="87 bits", marks=pytest.mark.row("AFI-10")),
        pytest.param(VPN6, f"57 000641 {RD}", CONTEXT, id="87 bits of vpnv6", marks=pytest.mark.row("AFI-10")),
        pytest.param(VPN4, f"79 000641 {RD} 0a01020304", CONTEXT, id="121 bits", marks=pytest.mark.row("AFI-10")),
        pytest.param(
            VPN4, "58 000640 000640 000640 0000", SEVERAL, id="labels into the RD", marks=pytest.mark.row("AFI-10")
        ),
    ],
)
def test_a_length_that_cannot_be_is_an_error_with_the_attribute(
    family: FamilyCodec, nlri: str, context: Context
) -> None:
    spoken = family.multiple_labels if context is SEVERAL else family
    reach = mp_reach(NEXT_HOPS[family], nlri, family=AFI_SAFI[family])
    unreach = mp_unreach(nlri, family=AFI_SAFI[family])

    for attribute in (reach, unreach):
        error = error_of(body(f"{attribute} {ORIGIN} {AS_PATH}"), context)
        assert (error.code, error.subcode, error.data) == (3, 9, octets(attribute))
    with pytest.raises(InvalidNetworkField):
        spoken.split(octets(nlri))


@pytest.mark.row("AFI-10")
@pytest.mark.parametrize(
    ("text", "rd"),
    [
        ("64512:1", "0000 fc00 00000001"),
        ("65535:4294967295", "0000 ffff ffffffff"),
        ("192.0.2.1:7", "0001 c0000201 0007"),
        ("4200000000:1", "0002 fa56ea00 0001"),
        ("64512L:1", "0002 0000fc00 0001"),
        ("0x0003000000000001", "0003 000000000001"),
    ],
)
def test_a_route_distinguisher_says_its_type(text: str, rd: str) -> None:
    """RFC 4364 §4.2: "64512:1" of type 0 and of type 2 are different ones."""
    assert rd_text(octets(rd)) == text
    assert parse_rd(text) == octets(rd)


@pytest.mark.parametrize(
    "text", ["", "1", "1:", ":1", "65536:65536", "4294967296:1", "1.2.3:1", "0x00", "0xzz", "-1:1", "64512:4294967296"]
)
def test_what_is_no_route_distinguisher_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected AS:NUMBER"):
        parse_rd(text)


@pytest.mark.row("AFI-11")
@pytest.mark.parametrize(
    ("family", "on_wire", "address"),
    [
        pytest.param(VPN4, NO_RD + NEXT_HOP_4, NEXT_HOP_4, id="12"),
        pytest.param(VPN6, NO_RD + NEXT_HOP_6, NEXT_HOP_6, id="24"),
        pytest.param(VPN6, NO_RD + NEXT_HOP_6 + NO_RD + LINK_LOCAL, NEXT_HOP_6 + LINK_LOCAL, id="48"),
    ],
)
def test_a_next_hop_stands_behind_an_empty_route_distinguisher(family: FamilyCodec, on_wire: str, address: str) -> None:
    key = "58 000641" + RD
    content = body(f"{mp_reach(on_wire, key, family=AFI_SAFI[family])} {ORIGIN} {AS_PATH}")

    (found,) = wire.read(content, CONTEXT).reachable

    assert (found.keys, found.block.next_hop) == ([octets(key)], octets(address))
    attributes = octets(f"{ORIGIN} {AS_PATH}")
    assert update.announce(family.family, attributes, octets(address), found.keys)[0][19:] == content


@pytest.mark.row("AFI-11", "ENH-01")
@pytest.mark.parametrize(
    ("family", "next_hop"),
    [
        (V4, NEXT_HOP_6),
        (V4, NEXT_HOP_6 + LINK_LOCAL),
        (VPN4, NO_RD + NEXT_HOP_6),
        (VPN4, NO_RD + NEXT_HOP_6 + NO_RD + LINK_LOCAL),
        (FAMILIES[Family.IPV4_MULTICAST], NEXT_HOP_6),
    ],
)
def test_an_ipv6_next_hop_of_ipv4_must_be_negotiated(family: FamilyCodec, next_hop: str) -> None:
    """RFC 8950 §3."""
    afi_safi = AFI_SAFI.get(family, "0001 02")
    key = {V4: "30 000641 0a0102", VPN4: f"70 000641 {RD} 0a0102"}.get(family, wire.PREFIX)
    attribute = mp_reach(next_hop, key, family=afi_safi)
    content = body(f"{attribute} {ORIGIN} {AS_PATH}")
    names = frozenset({family.family})

    error = error_of(content, Context(families=names))
    (found,) = wire.read(content, Context(families=names, extended_next_hop=names)).reachable

    assert (error.subcode, error.data) == (9, octets(attribute))
    assert found.block.next_hop == family.next_hop_address(octets(next_hop))
    assert found.keys == [octets(key)]


@pytest.mark.row("AFI-11")
@EACH
@pytest.mark.parametrize("size", [0, 3, 8, 15, 20, 47])
def test_a_next_hop_of_another_size_is_an_error(family: FamilyCodec, size: int) -> None:
    attribute = mp_reach("0a" * size, "", family=AFI_SAFI[family])

    error = error_of(body(f"{attribute} {ORIGIN} {AS_PATH}"))

    assert (error.code, error.subcode, error.data) == (3, 9, octets(attribute))


@pytest.mark.row("ADP-01")
@EACH
def test_each_has_an_identifier_with_add_path(family: FamilyCodec) -> None:
    key = octets(f"58 000641 {RD}") if family in (VPN4, VPN6) else octets("18 000641")
    context = Context(families=ALL, add_path_receive=ALL)
    attributes = octets(f"{ORIGIN} {AS_PATH}")
    next_hop = family.next_hop_address(octets(NEXT_HOPS[family]))

    (announced,) = update.announce(family.family, attributes, next_hop, [key, key], path_id=7)
    (withdrawn,) = update.withdraw(family.family, [key], path_id=8)

    assert join([key, key], 7) in announced
    assert [each[:3] for each in wire.read(announced[19:], context).reachable] == [(family.family, 7, [key, key])]
    assert wire.read(withdrawn[19:], context) == Update(((family.family, 8, [key]),), ())  # type: ignore[arg-type]


@pytest.mark.row("ADP-07")
@EACH
@pytest.mark.parametrize("nlri", ["00", "000007", "00000007", "00000007 18 0006"])
def test_an_identifier_without_a_prefix_is_an_error_with_the_attribute(family: FamilyCodec, nlri: str) -> None:
    context = Context(families=ALL, add_path_receive=ALL)
    attribute = mp_unreach(nlri, family=AFI_SAFI[family])

    error = error_of(body(attribute), context)

    assert (error.code, error.subcode, error.data) == (3, 9, octets(attribute))


def test_a_route_that_comes_with_new_labels_is_not_withdrawn_in_the_same_update() -> None:
    """RFC 4271 §4.3: the label is no part of what tells routes apart."""
    reach = mp_reach(NEXT_HOP_4, "30 000641 0a0102", family="0001 04")
    unreach = mp_unreach("30 800000 0a0102  20 800000 0a", family="0001 04")

    found = wire.read(body(f"{reach} {unreach} {ORIGIN} {AS_PATH}"), CONTEXT)

    assert [key for group in found.withdrawn for key in group.keys] == [octets("20 800000 0a")]
    assert found.reachable[0].keys == [octets("30 000641 0a0102")]


def test_values_have_fields() -> None:
    assert V4.value(octets("30 000641 0a0102")) == LabeledPrefix(V4.family, octets("18 0a0102"), (100,))
    vpn = VPN6.value(octets(f"78 000641 {RD} 20010db8"))
    assert vpn == VpnPrefix(VPN6.family, octets("20 20010db8"), (100,), rd=octets(RD))
    assert vpn.to_json() == {"rd": "64512:1", "prefix": "2001:db8::/32", "labels": [100]}


@pytest.mark.parametrize("key", ["", "30", "30 000640 0a0102", "30 000641 0a0102 00", "31 000641 0a010201"])
def test_what_is_no_key_has_no_value(key: str) -> None:
    with pytest.raises(InvalidNetworkField):
        V4.value(octets(key))
    assert V4.key_text(octets(key)) == f"0x{octets(key).hex()}"


@pytest.mark.parametrize(
    ("family", "fields", "expected"),
    [
        (V4, {"prefix": "10.0.0.0/8"}, "labels: missing"),
        (V4, {"prefix": "2001:db8::/32", "labels": []}, "expected a prefix of ipv4-labeled-unicast"),
        (V4, {"prefix": "10.0.0.0/8", "labels": [1048576]}, "expected 0..1048575"),
        (V4, {"prefix": "10.0.0.0/8", "labels": [0, 5]}, "expected another first one"),
        (V4.multiple_labels, {"prefix": "10.0.0.0/8", "labels": [1] * 20}, "expected 255 at most"),
        (V4, {"prefix": "10.0.0.0/8", "labels": [1], "rd": "1:1"}, "rd: unknown field"),
        (VPN4, {"prefix": "10.0.0.0/8", "labels": [1]}, "rd: missing"),
        (VPN4, {"rd": "x", "prefix": "10.0.0.0/8", "labels": [1]}, "is not a route distinguisher"),
    ],
)
def test_wrong_json_says_what_was_expected(family: FamilyCodec, fields: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        family.from_json(fields)


@pytest.mark.parametrize(
    "text", ["", "10.1.2.0/24 100", "10.1.2.0/24 label", "10.1.2.0/24 label -1", "10.1.2.0/24 label 1,"]
)
def test_wrong_text_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        V4.parse(text)
