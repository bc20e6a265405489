"""RFC 4360, RFC 7153 and the registries behind it: extended communities by name."""

from __future__ import annotations

import pytest

from pybgp.constants import AttributeCode
from pybgp.messages.attributes import community_pattern
from pybgp.messages.attributes.extended_communities import ExtendedCommunities, is_transitive
from pybgp.messages.attributes.extended_community_kinds import KINDS
from pybgp.messages.attributes.extended_community_text import extended_community_text, parse_extended_community
from pybgp.messages.attributes.ipv6_extended_communities import (
    Ipv6ExtendedCommunities,
    ipv6_extended_community_text,
    parse_ipv6_extended_community,
)
from pybgp.messages.context import Context
from pybgp.messages.errors import Outcome
from tests.unit.messages import wire
from tests.unit.messages.wire import KEY, MANDATORY, PREFIX, octets

NAMED = [
    ("0005 fc00 00000007", "ospf-domain-id:64512:7"),
    ("0105 c0000201 0200", "ospf-domain-id:192.0.2.1:512"),
    ("0205 00030d40 0200", "ospf-domain-id:200000:512"),
    ("0107 c0000201 0000", "ospf-router-id:192.0.2.1:0"),
    ("0306 00000001 05 01", "ospf-route-type:0.0.0.1:5:1"),
    ("0009 fc00 00000000", "source-as:64512:0"),
    ("0209 0000fc00 0000", "source-as:64512L:0"),
    ("000a fc00 00000064", "l2vpn-id:64512:100"),
    ("010b c0000201 0007", "vrf-import:192.0.2.1:7"),
    ("030b 0000 00000064", "color:100"),
    ("030b 4000 00000064", "color:0x4000:100"),
    ("030c 00000000 0008", "encapsulation:vxlan"),
    ("030c 00000000 00ff", "encapsulation:255"),
    ("030d 000000000000", "default-gateway"),
    ("4004 fc00 4cee6b28", "link-bandwidth:64512:125000000"),  # 1 Gbit/s
    ("0004 fc00 3dcccccd", "transitive-link-bandwidth:64512:0.1"),
    ("4300 0000000000 00", "origin-validation-state:valid"),
    ("4300 0000000000 01", "origin-validation-state:not-found"),
    ("4300 0000000000 02", "origin-validation-state:invalid"),
    ("4300 0000000000 03", "origin-validation-state:3"),
    ("0600 00 00 00000007", "mac-mobility:7"),
    ("0600 01 00 00000000", "mac-mobility:0:sticky"),
    ("0601 00 0000 03e800", "esi-label:16000:all-active"),
    ("0601 01 0000 03e801", "esi-label:0x03e801:single-active"),
    ("0602 020000000001", "es-import:02:00:00:00:00:01"),
    ("0603 02000000000a", "router-mac:02:00:00:00:00:0a"),
    ("0604 0006 05dc 0000", "layer2-attributes:primary+control-word:1500"),
    ("0604 0000 0000 0000", "layer2-attributes:none:0"),
    ("8006 fc00 00000000", "traffic-rate-bytes:64512:0"),
    ("8006 0000 7f800000", "traffic-rate-bytes:0:inf"),
    ("8006 0000 80000000", "traffic-rate-bytes:0:-0"),
    ("8006 0000 7f7fffff", "traffic-rate-bytes:0:3.4028235e+38"),
    ("800c fc00 447a0000", "traffic-rate-packets:64512:1000"),
    ("8007 0000000000 00", "traffic-action:none"),
    ("8007 0000000000 03", "traffic-action:terminal+sample"),
    ("8008 fc00 00000007", "redirect:64512:7"),
    ("8108 c0000201 0007", "redirect:192.0.2.1:7"),
    ("8208 00030d40 0007", "redirect:200000:7"),
    ("8009 0000000000 2e", "traffic-marking:46"),
    ("010c c0000201 0001", "redirect-ip:192.0.2.1:1"),
]
WITHOUT_TEXT = [
    pytest.param("8006 0000 7fc00001", id="a rate that is no number"),
    pytest.param("8007 0000000000 04", id="an unknown action"),
    pytest.param("8009 0000000000 40", id="a DSCP of 7 bits"),
    pytest.param("8009 0000000001 2e", id="reserved octets beside DSCP"),
    pytest.param("4300 0000000100 01", id="reserved octets beside the validation state"),
    pytest.param("030c 00000001 0008", id="reserved octets beside the tunnel type"),
    pytest.param("030d 000000000001", id="a default gateway with a value"),
    pytest.param("0600 02 00 00000007", id="an unknown flag of MAC mobility"),
    pytest.param("0601 02 0000 03e800", id="an unknown flag of an ESI label"),
    pytest.param("0604 0008 05dc 0000", id="an unknown layer 2 attribute"),
    pytest.param("0604 0002 05dc 0001", id="reserved octets beside the MTU"),
    pytest.param("4002 fc00 00000007", id="no name in the registry"),
    pytest.param("4301 01 80 00000064", id="cost"),
]


@pytest.mark.row("COM-07")
@pytest.mark.parametrize(("value", "text"), NAMED)
def test_known_kinds_have_names_both_ways(value: str, text: str) -> None:
    assert extended_community_text(octets(value)) == text
    assert parse_extended_community(text) == octets(value)


@pytest.mark.row("ATT-23")
@pytest.mark.parametrize("value", WITHOUT_TEXT)
def test_what_a_name_would_not_tell_stays_in_hexadecimal(value: str) -> None:
    text = f"0x{octets(value)[:2].hex()}:0x{octets(value)[2:].hex()}"

    assert extended_community_text(octets(value)) == text
    assert parse_extended_community(text) == octets(value)


def test_a_kind_may_be_written_in_hexadecimal_too() -> None:
    assert parse_extended_community("0x0002:0xfc0000000007") == parse_extended_community("rt:64512:7")


@pytest.mark.parametrize(
    "text",
    [
        "rt:64512:7:7",
        "rt:+1:7",
        "rt:1_0:7",
        "rt:2001:db8::1:7",
        "rt:4294967296:7",
        "vrf-import:64512:7",
        "color",
        "color:1:2:3",
        "color:0x10000:2",
        "default-gateway:1",
        "encapsulation:pigeon",
        "encapsulation:65536",
        "es-import:02:00:00:00:00",
        "esi-label:16000",
        "esi-label:1048576:all-active",
        "esi-label:16000:some-active",
        "mac-mobility:7:static",
        "layer2-attributes:cw:1500",
        "ospf-route-type:0:5:1",
        "ospf-route-type:0.0.0.1:256:1",
        "traffic-action:sample+drop",
        "traffic-marking:64",
        "traffic-rate-bytes:0:nan",
        "traffic-rate-bytes:0:1e39",
        "traffic-rate-bytes:0:1_000",
        "traffic-rate-bytes:65536:0",
        "0x0002:0xfc00000000",
        "no-such-name:1",
    ],
)
def test_other_text_is_no_extended_community(text: str) -> None:
    with pytest.raises(ValueError, match="not an extended community"):
        parse_extended_community(text)


def test_a_name_with_one_layout_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="'64': expected a number of 6 bits"):
        parse_extended_community("traffic-marking:64")


def test_no_two_kinds_have_one_number() -> None:
    assert len({kind.number for kind in KINDS}) == len(KINDS)


@pytest.mark.row("COM-08")
def test_the_second_bit_says_whether_a_community_leaves_the_as() -> None:
    """RFC 4360 §2; RFC 8097 §2 for the validation state."""
    names = {kind.name for kind in KINDS if not is_transitive(kind.number.to_bytes(2))}

    assert names == {"link-bandwidth", "origin-validation-state"}


STATE, TARGET = "4300 0000000000 02", "0002 fc00 00000007"


@pytest.mark.row("COM-08")
@pytest.mark.parametrize(
    ("context", "received", "kept"),
    [
        pytest.param(wire.INTERNAL, f"{STATE} {TARGET}", f"{STATE} {TARGET}", id="from inside"),
        pytest.param(wire.EXTERNAL, f"{STATE} {TARGET}", TARGET, id="from outside"),
        pytest.param(wire.EXTERNAL, f"{TARGET} 4300 0000000000 01 {STATE}", TARGET, id="two from outside"),
        pytest.param(wire.EXTERNAL, STATE, None, id="alone from outside"),
    ],
)
def test_a_validation_state_counts_only_from_inside(context: Context, received: str, kept: str | None) -> None:
    """RFC 8097 §2: dropped without a word if an external peer sent it."""
    labels = wire.attribute(0xC0, AttributeCode.EXTENDED_COMMUNITIES, received)

    update = wire.read(wire.body(MANDATORY + labels, PREFIX), context)

    [reachable] = update.reachable
    value = None if kept is None else octets(kept)
    assert (reachable.block.value(AttributeCode.EXTENDED_COMMUNITIES), update.problems) == (value, ())


@pytest.mark.row("COM-06")
def test_a_repeated_community_counts_once_whatever_it_is_written_as() -> None:
    found = ExtendedCommunities.of(("rt:64512:7", "color:100", "0x0002:0xfc0000000007"))

    assert str(found) == "rt:64512:7 color:100"


@pytest.mark.parametrize("text", ["color:100", "default-gateway", "es-import:02:00:00:00:00:01"])
def test_a_policy_may_name_communities_of_every_kind(text: str) -> None:
    pattern = community_pattern.parse(text)

    assert pattern.exact
    assert pattern.matches(int.from_bytes(parse_extended_community(text)))


@pytest.mark.parametrize("text", ["color:*", "source-as:64512:*", "0x0002:*"])
def test_wildcards_are_for_route_targets_and_origins(text: str) -> None:
    with pytest.raises(ValueError, match="expected a community"):
        community_pattern.parse(text)


# IPv6


ADDRESS = "20010db8 00000000 00000000 00000001"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (f"0002 {ADDRESS} 0007", "rt:[2001:db8::1]:7"),
        (f"0003 {ADDRESS} ffff", "ro:[2001:db8::1]:65535"),
        (f"000b {ADDRESS} 0007", "vrf-import:[2001:db8::1]:7"),
        (f"000c {ADDRESS} 0001", "redirect-ip:[2001:db8::1]:1"),
        (f"000d {ADDRESS} 0007", "redirect:[2001:db8::1]:7"),
        (f"4002 {ADDRESS} 0007", "0x4002:0x20010db80000000000000000000000010007"),
    ],
)
def test_ipv6_extended_communities_have_text_both_ways(value: str, text: str) -> None:
    """RFC 5701 §2; brackets, since an address has colons too."""
    assert ipv6_extended_community_text(octets(value)) == text
    assert parse_ipv6_extended_community(text) == octets(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rt:2001:db8::1:7",
        "rt:[192.0.2.1]:7",
        "rt:[2001:db8::1]:65536",
        "xx:[::]:1",
        "rt:[::1]",
        "rt:[:::]:1",
        "0x0:0x",
    ],
)
def test_other_text_is_no_ipv6_extended_community(text: str) -> None:
    with pytest.raises(ValueError, match="not an IPv"):
        parse_ipv6_extended_community(text)


@pytest.mark.row("ATT-24")
@pytest.mark.parametrize("size", [0, 8, 19, 21, 39])
def test_ipv6_extended_communities_of_another_length_cost_the_routes(size: int) -> None:
    """RFC 7606 §7.15."""
    update = wire.read(wire.body(MANDATORY + wire.attribute(0xC0, 25, bytes(size)), PREFIX))

    assert [withdrawn.keys for withdrawn in update.withdrawn] == [[KEY]]
    assert [(problem.outcome, problem.attribute) for problem in update.problems] == [(Outcome.TREAT_AS_WITHDRAW, 25)]


@pytest.mark.row("ATT-23")
@pytest.mark.parametrize("size", [0, 7, 9, 20])
def test_extended_communities_of_another_length_cost_the_routes(size: int) -> None:
    """RFC 7606 §7.14."""
    update = wire.read(wire.body(MANDATORY + wire.attribute(0xC0, 16, bytes(size)), PREFIX))

    assert [withdrawn.keys for withdrawn in update.withdrawn] == [[KEY]]
    assert [(problem.outcome, problem.attribute) for problem in update.problems] == [(Outcome.TREAT_AS_WITHDRAW, 16)]


@pytest.mark.row("ATT-24", "COM-06")
def test_ipv6_extended_communities_are_a_set_in_the_order_of_arrival() -> None:
    found = Ipv6ExtendedCommunities.decode(octets(f"4002 {ADDRESS} 0007 0002 {ADDRESS} 0007 4002 {ADDRESS} 0007"))

    assert found.to_json() == ["0x4002:0x20010db80000000000000000000000010007", "rt:[2001:db8::1]:7"]
    assert found.encode() == octets(f"4002 {ADDRESS} 0007 0002 {ADDRESS} 0007")
