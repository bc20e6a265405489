"""RFC 8955 and RFC 8956: flow specifications as octets, text and JSON, what is wrong with them, and their order."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.errors import UpdateError
from pybgp.messages.attributes.cache import BlockCache
from pybgp.messages.context import Context
from pybgp.messages.errors import InvalidNetworkField, Outcome
from pybgp.messages.families.base import join
from pybgp.messages.families.flowspec import IPV4_FLOWSPEC, IPV6_FLOWSPEC, FlowSpecFamily
from pybgp.messages.families.flowspec_order import precedence
from pybgp.messages.families.flowspec_vpn import IPV4_FLOWSPEC_VPN, IPV6_FLOWSPEC_VPN
from pybgp.messages.update import decode
from tests.unit.messages import wire
from tests.unit.messages.wire import AS_PATH, ORIGIN, body, mp_reach, mp_unreach, octets

CONTEXT = Context(
    families=frozenset({Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC, Family.IPV4_FLOWSPEC_VPN, Family.IPV6_FLOWSPEC_VPN})
)
GOOD = "05 01 18 c00002"  # destination 192.0.2.0/24
READABLE = [
    pytest.param(
        IPV4_FLOWSPEC,
        "0b 01 18 c00002 03 81 06 04 81 19",
        "destination 192.0.2.0/24 protocol =6 port =25",
        id="first example of RFC 8955 §4.3",
    ),
    pytest.param(
        IPV4_FLOWSPEC,
        "12 01 18 c00002 02 18 cb0071 04 03 89 45 8b 91 1f90",
        "destination 192.0.2.0/24 source 203.0.113.0/24 port >=137&<=139|=8080",
        id="second example of RFC 8955 §4.3",
    ),
    pytest.param(
        IPV4_FLOWSPEC,
        "09 01 20 c0000201 0c 80 05",
        "destination 192.0.2.1/32 fragment dont-fragment+first-fragment",
        id="third example of RFC 8955 §4.3",
    ),
    pytest.param(
        IPV6_FLOWSPEC,
        "12 01 20 00 20010db8 02 68 40 123456789a 03 81 06",
        "destination 2001:db8::/32 source ::1234:5678:9a00:0/64-104 protocol =6",
        id="first example of RFC 8956 §3.8",
        marks=pytest.mark.row("AFI-20"),
    ),
    pytest.param(
        IPV6_FLOWSPEC,
        "09 02 68 3c 11 23456789 80",
        "source ::1:1234:5678:9800:0/60-104",
        id="an offset inside an octet",
        marks=pytest.mark.row("AFI-20"),
    ),
    pytest.param(IPV4_FLOWSPEC, "02 01 00", "destination 0.0.0.0/0", id="every IPv4 address"),
    pytest.param(IPV6_FLOWSPEC, "03 02 00 00", "source ::/0", id="every IPv6 address", marks=pytest.mark.row("AFI-20")),
    pytest.param(
        IPV4_FLOWSPEC,
        "0f 04 00 01 01 02 02 03 03 04 04 05 05 06 86 07",
        "port !<=>1|=2|>3|>=4|<5|<=6|!=7",
        id="numeric operators",
    ),
    pytest.param(IPV4_FLOWSPEC, "06 04 01 ff 91 0100", "port =255|=256", id="the smallest size that has room"),
    pytest.param(IPV4_FLOWSPEC, "03 04 87 00", "port <=>0", id="a numeric operator that is always true"),
    pytest.param(
        IPV4_FLOWSPEC,
        "09 09 00 02 41 12 02 04 c3 30",
        "tcp-flags syn&=syn+ack|!rst&!=ack+urg",
        id="bitmask operators",
    ),
    pytest.param(
        IPV4_FLOWSPEC,
        "09 09 11 0102 10 1002 80 00",
        "tcp-flags =syn+ns|0x1002|0x0",
        id="TCP flags with names and without",
    ),
    pytest.param(
        IPV4_FLOWSPEC,
        "14 04 01 50 11 0050 21 00000050 b1 0000000000000050",
        "port =80|=80/2|=80/4|=80/8",
        id="sizes that aren't the smallest",
    ),
    pytest.param(IPV6_FLOWSPEC, "06 0d a1 000fffff", "flow-label =1048575", id="a flow label"),
    pytest.param(IPV6_FLOWSPEC, "03 0d 81 07", "flow-label =7/1", id="a flow label in one octet"),
    pytest.param(
        IPV4_FLOWSPEC,
        "0d 07 81 08 08 81 00 0a 92 05dc 0b 81 2e",
        "icmp-type =8 icmp-code =0 packet-length >1500 dscp =46",
        id="ICMP, length, DSCP",
    ),
    pytest.param(
        IPV4_FLOWSPEC_VPN,
        "0d 0000fc0000000007 01 18 c00002",
        "64512:7 destination 192.0.2.0/24",
        id="IPv4 in a VPN",
    ),
    pytest.param(
        IPV6_FLOWSPEC_VPN,
        "0f 0001c00002010007 01 20 00 20010db8",
        "192.0.2.1:7 destination 2001:db8::/32",
        id="IPv6 in a VPN",
    ),
]
READABLE_ONES = pytest.mark.parametrize(("family", "key", "text"), READABLE)


@pytest.mark.row("AFI-16")
@READABLE_ONES
def test_a_rule_has_text_both_ways(family: FlowSpecFamily, key: str, text: str) -> None:
    assert family.split(octets(key)) == [octets(key)]
    assert family.judge([octets(key)]) == []
    assert family.key_text(octets(key)) == text
    assert family.parse(text) == octets(key)
    assert family.value(octets(key)).encode() == octets(key)


@READABLE_ONES
def test_a_rule_has_json_both_ways(family: FlowSpecFamily, key: str, text: str) -> None:
    assert family.from_json(family.value(octets(key)).to_json()) == octets(key)


def test_json_names_components_operators_and_sizes() -> None:
    rule = IPV4_FLOWSPEC.value(IPV4_FLOWSPEC.parse("destination 192.0.2.0/24 port >=137&<=139 tcp-flags !syn"))

    assert rule.to_json() == {
        "components": [
            {"type": "destination", "prefix": "192.0.2.0/24"},
            {
                "type": "port",
                "terms": [
                    {"operator": ">=", "value": 137, "size_octets": 1},
                    {"operator": "<=", "value": 139, "size_octets": 1, "and": True},
                ],
            },
            {"type": "tcp-flags", "terms": [{"operator": "none", "value": 2, "size_octets": 1}]},
        ]
    }


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("port 80|443", "port =80|=443"),
        ("port =0x50", "port =80"),
        ("protocol tcp", "protocol =6"),
        ("protocol =tcp|=udp|!=icmp", "protocol =6|=17|!=1"),
        ("destination 192.0.2.0/24; protocol =tcp; port =80;", "destination 192.0.2.0/24 protocol =6 port =80"),
        ("port =80 =443 protocol 6", "protocol =6 port =80|=443"),
        ("port [ =80 >=1024 &<=2048 ]; protocol 6", "protocol =6 port =80|>=1024&<=2048"),
        ("port >=1024& <=2048", "port >=1024&<=2048"),
        ("tcp-flags syn+ack !fin", "tcp-flags syn+ack|!fin"),
        ("protocol =6 destination 192.0.2.0/24", "destination 192.0.2.0/24 protocol =6"),
        ("fragment =0x3 ", "fragment =dont-fragment+is-fragment"),
    ],
)
def test_text_may_be_written_in_other_ways(text: str, canonical: str) -> None:
    assert IPV4_FLOWSPEC.key_text(IPV4_FLOWSPEC.parse(text)) == canonical


@pytest.mark.parametrize(
    ("family", "text", "why"),
    [
        (IPV4_FLOWSPEC, "", "at least one component"),
        (IPV4_FLOWSPEC, "port", "a name and what it matches"),
        (IPV4_FLOWSPEC, "ports =80", "'ports' is no component"),
        (IPV4_FLOWSPEC, "port =80 port =81", "each type once"),
        (IPV4_FLOWSPEC, "port =syn", "no value"),
        (IPV4_FLOWSPEC, "port =tcp", "no value"),
        (IPV4_FLOWSPEC, "protocol =tpc", "or for NUMBER icmp, igmp, ipip, tcp, udp"),
        (IPV4_FLOWSPEC, "destination 192.0.2.0/24; protocl =tcp", "'protocl' is no component"),
        (IPV4_FLOWSPEC, "destination 192.0.2.0/24 198.51.100.0/24", "not a prefix"),
        (IPV4_FLOWSPEC, ";", "at least one component"),
        (IPV4_FLOWSPEC, "port ==80", "no term"),
        (IPV4_FLOWSPEC, "port =80|", "no term"),
        (IPV4_FLOWSPEC, "port =80/3", "no term"),
        (IPV4_FLOWSPEC, "port =256/1", "that have room"),
        (IPV4_FLOWSPEC, "port =18446744073709551616", "can't have"),
        (IPV4_FLOWSPEC, "dscp =64", "can't have"),
        (IPV4_FLOWSPEC, "dscp =6/2", "that have room"),
        (IPV4_FLOWSPEC, "tcp-flags >=2", "no term"),
        (IPV4_FLOWSPEC, "tcp-flags =finn", "no value"),
        (IPV4_FLOWSPEC, "tcp-flags 0x10000", "can't have"),
        (IPV6_FLOWSPEC, "fragment dont-fragment", "no value"),
        (IPV4_FLOWSPEC, "flow-label =1", "no component"),
        (IPV4_FLOWSPEC, "destination 192.0.2.0", "not a prefix"),
        (IPV4_FLOWSPEC, "destination 192.0.2.1/24", "bits set outside"),
        (IPV4_FLOWSPEC, "destination 192.0.2.0/33", "expected ADDRESS/LENGTH of IPv4"),
        (IPV4_FLOWSPEC, "destination 192.0.2.0/8-24", "expected ADDRESS/LENGTH of IPv4"),
        (IPV4_FLOWSPEC, "destination 2001:db8::/32", "expected ADDRESS/LENGTH of IPv4"),
        (IPV4_FLOWSPEC, "destination 192.0.2/24", "not an IPv4 or IPv6 address"),
        (IPV6_FLOWSPEC, "destination 192.0.2.0/24", "OFFSET-LENGTH of IPv6"),
        (IPV6_FLOWSPEC, "destination 2001:db8::/16-32", "bits set outside 16-32"),
        (IPV6_FLOWSPEC, "destination ::/32-32", "OFFSET-LENGTH of IPv6"),
        (IPV4_FLOWSPEC_VPN, "", "at least one component"),
        (IPV4_FLOWSPEC_VPN, "64512:7", "at least one component"),
        (IPV4_FLOWSPEC_VPN, "destination 192.0.2.0/24", "a name and what it matches"),
        (IPV4_FLOWSPEC_VPN, "64512 port =80", "not a route distinguisher"),
        (IPV4_FLOWSPEC, "port " + "|".join(["=65535"] * 1365), "more than 4095 octets"),
    ],
)
def test_other_text_is_no_rule(family: FlowSpecFamily, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        family.parse(text)


PORT_80 = {"operator": "=", "value": 80}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "components: missing"),
        ({"components": [], "more": 1}, "more: unknown"),
        ({"components": []}, "at least one component"),
        ({"components": 7}, "expected a list"),
        ({"components": [7]}, "expected an object"),
        ({"components": [{"type": "ports"}]}, "no component"),
        ({"components": [{"type": "port", "prefix": "::/0"}]}, "prefix: unknown"),
        ({"components": [{"type": "port", "terms": []}]}, "at least one"),
        ({"components": [{"type": "port", "terms": [{**PORT_80, "and": True}]}]}, "none in front"),
        ({"components": [{"type": "port", "terms": [{**PORT_80, "and": 1}]}]}, "expected true or false"),
        ({"components": [{"type": "port", "terms": [{**PORT_80, "operator": "all"}]}]}, "operator = 'all'"),
        ({"components": [{"type": "port", "terms": [{**PORT_80, "value": -1}]}]}, "value = -1"),
        ({"components": [{"type": "port", "terms": [{**PORT_80, "size_octets": 3}]}]}, "that have room"),
        ({"components": [{"type": "destination", "prefix": 7}]}, "expected text"),
        ({"components": [{"type": "destination", "terms": []}]}, "terms: unknown"),
    ],
)
def test_other_json_is_no_rule(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        IPV4_FLOWSPEC.from_json(fields)


def test_a_rule_of_a_vpn_has_its_route_distinguisher_in_json() -> None:
    rule = IPV4_FLOWSPEC_VPN.value(IPV4_FLOWSPEC_VPN.parse("64512:7 dscp =46"))

    assert rule.to_json() == {
        "rd": "64512:7",
        "components": [{"type": "dscp", "terms": [{"operator": "=", "value": 46, "size_octets": 1}]}],
    }
    for fields in ({"components": rule.to_json()["components"]}, {**rule.to_json(), "rd": "7"}, {"rd": "64512:7"}):
        with pytest.raises(ValueError, match=r"rd: missing|route distinguisher|components: missing"):
            IPV4_FLOWSPEC_VPN.from_json(fields)


# Lengths


@pytest.mark.row("AFI-16")
def test_a_length_below_240_has_one_octet() -> None:
    """RFC 8955 §4.1."""
    rule_of_239 = IPV4_FLOWSPEC.parse(
        "destination 192.0.0.0/16 protocol =6 port " + "|".join(["=1"] * 114) + " dscp =7"
    )
    rule_of_240 = IPV4_FLOWSPEC.parse("protocol =6 port " + "|".join(["=1"] * 118))

    assert (rule_of_239[:1], len(rule_of_239)) == (b"\xef", 240)
    assert (rule_of_240[:2], len(rule_of_240)) == (b"\xf0\xf0", 242)


@pytest.mark.row("AFI-16")
def test_a_short_rule_behind_a_long_length_is_the_same_rule() -> None:
    long = "f005 01 18 c00002"

    assert IPV4_FLOWSPEC.split(octets(long + GOOD)) == [octets(GOOD)] * 2
    assert IPV4_FLOWSPEC.split_with_ids(octets(f"00000007 {long}")) == [(7, [octets(GOOD)])]


@pytest.mark.row("AFI-16")
def test_the_longest_rule_has_4095_octets() -> None:
    whole = octets("ffff 04") + octets("01 50") * 2046 + octets("81 50")
    assert IPV4_FLOWSPEC.split(whole) == [whole]
    assert IPV4_FLOWSPEC.judge([whole]) == []
    assert len(whole) == IPV4_FLOWSPEC.max_key
    with pytest.raises(InvalidNetworkField):
        IPV4_FLOWSPEC.split(whole[:-1])


@pytest.mark.row("AFI-17")
@pytest.mark.parametrize("field", ["05 01 18 c000", "f0", "f005 01 18 c000", f"{GOOD} 01", f"{GOOD} f1"])
def test_a_rule_that_runs_past_the_field_is_an_invalid_network_field(field: str) -> None:
    with pytest.raises(InvalidNetworkField):
        IPV4_FLOWSPEC.split(octets(field))
    with pytest.raises(InvalidNetworkField):
        IPV4_FLOWSPEC.split_with_ids(octets("00000001") + octets(field))


@pytest.mark.parametrize("field", ["00", "000001", "00000001"])
def test_an_identifier_without_a_rule_is_an_error(field: str) -> None:
    with pytest.raises(InvalidNetworkField):
        IPV4_FLOWSPEC.split_with_ids(octets(field))


# What must be ignored


@pytest.mark.parametrize(
    ("family", "dirty", "clean"),
    [
        pytest.param(IPV4_FLOWSPEC, "05 01 14 c000ff", "05 01 14 c000f0", id="bits behind a prefix"),
        pytest.param(IPV6_FLOWSPEC, "04 02 68 64 5f", "04 02 68 64 50", id="padding"),
        pytest.param(IPV4_FLOWSPEC, "03 04 89 50", "03 04 81 50", id="the spare bit of a numeric operator"),
        pytest.param(IPV4_FLOWSPEC, "03 09 8d 02", "03 09 81 02", id="the spare bits of a bitmask operator"),
        pytest.param(IPV4_FLOWSPEC, "05 04 41 50 c1 51", "05 04 01 50 c1 51", id="and in front of the first term"),
        pytest.param(IPV4_FLOWSPEC, "03 0b 81 ee", "03 0b 81 2e", id="two bits beside DSCP"),
        pytest.param(IPV4_FLOWSPEC, "03 0c 81 ff", "03 0c 81 0f", id="four bits beside fragments"),
        pytest.param(IPV6_FLOWSPEC, "03 0c 81 ff", "03 0c 81 0e", id="no don't fragment in IPv6"),
    ],
)
def test_what_must_be_ignored_is_zero_in_a_key(family: FlowSpecFamily, dirty: str, clean: str) -> None:
    assert family.split(octets(dirty)) == [octets(clean)]
    assert family.judge([octets(clean)]) == []


def test_the_value_of_a_key_that_is_not_canonical_is_an_error() -> None:
    for key in ("03 04 89 50", "f005 01 18 c00002", "", f"{GOOD} {GOOD}", "05 01 18"):
        with pytest.raises(InvalidNetworkField):
            IPV4_FLOWSPEC.value(octets(key))
        assert IPV4_FLOWSPEC.key_text(octets(key)) == "0x" + octets(key).hex()


# Damage inside


WRONG_INSIDE = pytest.mark.parametrize(
    ("family", "key", "why"),
    [
        pytest.param(IPV4_FLOWSPEC, "00", "without components", id="no component"),
        pytest.param(IPV4_FLOWSPEC, "03 00 81 06", "type 0, expected 1..12", id="type 0"),
        pytest.param(IPV4_FLOWSPEC, "06 0d a1 00000001", "type 13, expected 1..12", id="type 13 in IPv4"),
        pytest.param(IPV6_FLOWSPEC, "03 0e 81 01", "type 14, expected 1..13", id="type 14 in IPv6"),
        pytest.param(IPV4_FLOWSPEC, "06 03 81 06 03 81 07", "type 3 behind one of type 3", id="a type twice"),
        pytest.param(IPV4_FLOWSPEC, "06 04 81 06 03 81 07", "type 3 behind one of type 4", id="types that descend"),
        pytest.param(IPV4_FLOWSPEC, "01 01", "before the prefix", id="no prefix"),
        pytest.param(IPV4_FLOWSPEC, "04 01 18 c000", "before the prefix", id="half a prefix"),
        pytest.param(IPV4_FLOWSPEC, "06 01 21 c0000201", "bits 0 to 33", id="a prefix of 33 bits"),
        pytest.param(IPV6_FLOWSPEC, "02 01 00", "before the prefix", id="no offset"),
        pytest.param(IPV6_FLOWSPEC, "03 01 20 20", "bits 32 to 32", id="an offset that leaves nothing"),
        pytest.param(IPV6_FLOWSPEC, "03 01 20 21", "bits 33 to 32", id="an offset behind the length"),
        pytest.param(IPV6_FLOWSPEC, "04 01 81 80 00", "bits 128 to 129", id="a prefix of 129 bits"),
        pytest.param(IPV4_FLOWSPEC, "01 03", "before the last term", id="no term"),
        pytest.param(IPV4_FLOWSPEC, "03 03 01 06", "before the last term", id="no end bit"),
        pytest.param(IPV4_FLOWSPEC, "03 04 91 06", "before the last term", id="a value that runs past the rule"),
        pytest.param(IPV4_FLOWSPEC, "02 04 81", "before the last term", id="an operator without a value"),
        pytest.param(IPV4_FLOWSPEC, "06 09 a1 00000002", "value of 4 octets", id="TCP flags of 4 octets"),
        pytest.param(IPV4_FLOWSPEC, "04 0b 91 002e", "value of 2 octets", id="DSCP of 2 octets"),
        pytest.param(IPV4_FLOWSPEC, "04 0c 91 0001", "value of 2 octets", id="fragments of 2 octets"),
        pytest.param(IPV4_FLOWSPEC_VPN, "07 0000fc00000000", "without components", id="half a route distinguisher"),
        pytest.param(IPV4_FLOWSPEC_VPN, "08 0000fc0000000007", "without components", id="only a route distinguisher"),
        pytest.param(IPV6_FLOWSPEC_VPN, "0a 0000fc0000000007 03 81", "before the last term", id="VPN without a value"),
    ],
)


@pytest.mark.row("AFI-17")
@WRONG_INSIDE
def test_a_rule_that_is_wrong_inside_costs_the_routes(family: FlowSpecFamily, key: str, why: str) -> None:
    """RFC 8955 §4.2.2 and §10."""
    good = good_rule(family)

    assert family.split(octets(key) + good) == [octets(key), good]
    [bad] = family.judge([octets(key), good])
    assert (bad.key, bad.outcome) == (octets(key), Outcome.TREAT_AS_WITHDRAW)
    assert why in bad.why
    with pytest.raises(InvalidNetworkField):
        family.value(octets(key))


def good_rule(family: FlowSpecFamily) -> bytes:
    return family.parse("64512:7 protocol =6" if family.in_front else "protocol =6")


def family_field(family: FlowSpecFamily) -> str:
    return f"{family.family.afi:04x} {family.family.safi:02x}"


@pytest.mark.row("AFI-17")
@WRONG_INSIDE
def test_rules_beside_one_that_is_wrong_inside_are_withdrawn(family: FlowSpecFamily, key: str, why: str) -> None:
    good = good_rule(family)
    reach = mp_reach("", key + good.hex(), family=family_field(family))

    update = wire.read(body(reach + ORIGIN + AS_PATH), CONTEXT)

    assert [(gone.family, gone.keys) for gone in update.withdrawn] == [(family.family, [good])]
    assert update.reachable == ()
    assert [(problem.outcome, problem.data) for problem in update.problems] == [
        (Outcome.TREAT_AS_WITHDRAW, octets(key))
    ]


@WRONG_INSIDE
def test_withdrawing_a_rule_that_is_wrong_inside_withdraws_nothing(family: FlowSpecFamily, key: str, why: str) -> None:
    """It was never accepted; what stands beside it is withdrawn, and the session lives."""
    good = good_rule(family)

    update = wire.read(body(mp_unreach(key + good.hex(), family=family_field(family))), CONTEXT)

    assert [gone.keys for gone in update.withdrawn] == [[good]]
    assert [problem.outcome for problem in update.problems] == [Outcome.DISCARD]


@pytest.mark.parametrize(
    "field",
    [
        pytest.param(b"\0" * 60_000, id="no octet"),
        pytest.param(b"\1\4" * 30_000, id="one octet"),
        pytest.param(b"".join(b"\2" + number.to_bytes(2) for number in range(20_000)), id="all different"),
        pytest.param(b"\2\1\0" * 20_000, id="right"),
    ],
)
def test_thousands_of_small_rules_take_little_memory_and_are_one_problem(field: bytes) -> None:
    content = body(wire.attribute(0x90, 14, octets("0001 85 00 00") + field) + ORIGIN + AS_PATH)
    blocks = BlockCache()
    decode(content, CONTEXT, blocks)  # what is compiled once doesn't count

    tracemalloc.start()
    update = decode(content, CONTEXT, blocks)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 20 * len(content)
    assert len(update.problems) <= 1


def test_of_rules_with_identifiers_only_those_that_are_wrong_inside_are_left_out() -> None:
    rules = b"".join(number.to_bytes(4) + octets("02 01 00" if number % 2 else "01 04") for number in range(300))
    context = Context(families=CONTEXT.families, add_path_receive=CONTEXT.families)

    update = wire.read(body(wire.attribute(0x90, 15, octets("0001 85") + rules)), context)

    assert [tuple(gone) for gone in update.withdrawn] == [
        (Family.IPV4_FLOWSPEC, number, [octets("02 01 00")]) for number in range(1, 300, 2)
    ]
    assert len(update.problems) == 1


@pytest.mark.row("AFI-17")
def test_a_rule_that_runs_past_its_attribute_ends_the_session() -> None:
    reach = mp_reach("", "06 01 18 c00002", family="0001 85")

    with pytest.raises(UpdateError) as caught:
        wire.read(body(reach + ORIGIN + AS_PATH), CONTEXT)

    assert (caught.value.code, caught.value.subcode, caught.value.data) == (3, 9, octets(reach))


@pytest.mark.parametrize("family", [IPV4_FLOWSPEC, IPV6_FLOWSPEC, IPV4_FLOWSPEC_VPN, IPV6_FLOWSPEC_VPN], ids=str)
@pytest.mark.parametrize("next_hop", ["", "0a000001", "00000000", "00" * 16])
def test_a_next_hop_is_ignored(family: FlowSpecFamily, next_hop: str) -> None:
    """RFC 8955 §4."""
    reach = mp_reach(next_hop, good_rule(family).hex(), family=family_field(family))

    update = wire.read(body(reach + ORIGIN + AS_PATH), CONTEXT)

    [reachable] = update.reachable
    assert (reachable.family, reachable.keys) == (family.family, [good_rule(family)])
    assert (reachable.block.next_hop, update.problems) == (b"", ())


# Order


@pytest.mark.row("AFI-18")
@pytest.mark.parametrize(
    ("family", "first", "second"),
    [
        pytest.param(IPV4_FLOWSPEC, "destination 10.0.0.0/8", "source 10.0.0.0/8", id="the lower type"),
        pytest.param(IPV4_FLOWSPEC, "protocol =6 port =80", "protocol =6", id="any type before none"),
        pytest.param(IPV4_FLOWSPEC, "protocol =6 port =80", "protocol =6 dscp =1", id="the lower second type"),
        pytest.param(IPV4_FLOWSPEC, "destination 10.1.0.0/16", "destination 10.0.0.0/8", id="the longer prefix"),
        pytest.param(IPV4_FLOWSPEC, "destination 10.0.0.0/8", "destination 11.0.0.0/16", id="the lower prefix"),
        pytest.param(
            IPV4_FLOWSPEC, "destination 10.0.0.0/8 dscp =1", "destination 0.0.0.0/0 port =1", id="longer first"
        ),
        pytest.param(IPV4_FLOWSPEC, "port =80", "port =81", id="the lower octets"),
        pytest.param(IPV4_FLOWSPEC, "port =81", "port <80", id="operators count, and are no numbers"),
        pytest.param(IPV4_FLOWSPEC, "port =80|=81", "port =81", id="an operator without the end bit"),
        pytest.param(IPV4_FLOWSPEC, "tcp-flags =syn", "tcp-flags =syn/2", id="values of more octets later"),
        pytest.param(IPV6_FLOWSPEC, "source 2001:db8::/32", "source ::1/127-128", id="the lower offset"),
        pytest.param(IPV6_FLOWSPEC, "source ::200/112-120", "source ::200/112-119", id="longer at one offset"),
    ],
)
def test_of_two_rules_one_goes_first(family: FlowSpecFamily, first: str, second: str) -> None:
    """RFC 8955 §5.1, RFC 8956 §4."""
    one, other = (precedence(family.value(family.parse(text))) for text in (first, second))

    assert one < other


def test_keys_are_joined_as_those_of_every_family() -> None:
    keys = [octets(GOOD), octets("03 03 81 06")]

    assert IPV4_FLOWSPEC.split(join(keys)) == keys
    assert IPV4_FLOWSPEC.split_with_ids(join(keys, 7)) == [(7, keys)]
