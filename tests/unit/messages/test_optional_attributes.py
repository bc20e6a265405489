"""AIGP, PMSI_TUNNEL, TUNNEL_ENCAPSULATION, PREFIX_SID, ATTR_SET: what is in them, and what an error in them costs."""

from __future__ import annotations

import pytest

from pybgp.addresses import address_octets
from pybgp.constants import AttributeCode
from pybgp.messages.attributes.aigp import Aigp
from pybgp.messages.attributes.attr_set import AttrSet
from pybgp.messages.attributes.base import Attribute
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.pmsi_tunnel import PmsiTunnel
from pybgp.messages.attributes.prefix_sid import LabelIndex, OriginatorSrgb, PrefixSid
from pybgp.messages.attributes.registry import known
from pybgp.messages.attributes.srv6_service import Srv6Service, Srv6Sid, Srv6SidStructure
from pybgp.messages.attributes.tlv import Tlv
from pybgp.messages.attributes.tunnel_encapsulation import Tunnel, TunnelEncapsulation
from pybgp.messages.context import Context, PeerKind
from pybgp.messages.errors import AttributeProblem, Outcome
from pybgp.messages.update import Update
from tests.unit.messages import wire
from tests.unit.messages.wire import EXTERNAL, INTERNAL, MANDATORY, PREFIX, attribute, octets

AIGP, PMSI, TUNNEL, SID, SET = 26, 22, 23, 40, 128
METRIC = "01 000b 00000000000003e8"  # 1000
TRUSTED = Context(kind=PeerKind.EXTERNAL, same_domain=True)

STRUCTURE = "01 0006 28 18 10 00 10 40"
SID_INFORMATION = f"01 001e 00 20010db8000000000000000000000001 00 0013 00 {STRUCTURE}"
COLOR = "04 08 030b 0000 00000064"
SEGMENTS = "80 0003 00 0102"  # a sub-TLV above 127 has a length of two octets
SRV6 = Srv6Sid(address_octets("2001:db8::1"), 19, 0, Srv6SidStructure(40, 24, 16, 0, 16, 64))

WIRE: dict[str, tuple[str, Attribute]] = {
    "aigp": (METRIC, Aigp.of(1000)),
    "aigp with others": (
        f"07 0003 {METRIC} 01 000b 0000000000000001",
        Aigp((Tlv(7, b""), *Aigp.of(1000).tlvs, *Aigp.of(1).tlvs)),
    ),
    "pmsi ingress replication": (
        "00 06 000100 c0000201",
        PmsiTunnel(tunnel_type=6, label=0x100, tunnel_id=address_octets("192.0.2.1")),
    ),
    "pmsi without a tunnel": ("01 00 000000", PmsiTunnel(tunnel_type=0, tunnel_flags=1)),
    "pmsi of an unknown type": ("00 c8 000000 0102", PmsiTunnel(tunnel_type=200, tunnel_id=b"\1\2")),
    "tunnels": (
        f"0008 000a {COLOR} 000f 0006 {SEGMENTS} 03e7 0000",
        TunnelEncapsulation(
            (
                Tunnel(8, (Tlv(4, octets("030b 0000 00000064")),)),
                Tunnel(15, (Tlv(128, octets("00 0102")),)),
                Tunnel(999),
            )
        ),
    ),
    "label index": (
        "01 0007 00 0000 00000007 03 0008 0000 003e80 001f40",
        PrefixSid((LabelIndex(7), OriginatorSrgb(((16000, 8000),)))),
    ),
    "label index with flags": ("01 0007 00 8000 00000007", PrefixSid((Tlv(1, octets("00 8000 00000007")),))),
    "srv6": (f"05 0022 00 {SID_INFORMATION}", PrefixSid((Srv6Service(5, (SRV6,)),))),
    "srv6 with an unknown sub-TLV": ("06 0005 00 09 0001 07", PrefixSid((Tlv(6, octets("00 09 0001 07")),))),
    "attr_set": (
        "0000fde9 40 01 01 00 40 02 06 0201 00030d40 c0 08 04 fde80001",
        AttrSet(65001, (*AttrSet.parse("1 [ORIGIN igp; AS_PATH 200000]").attributes, Communities.of(["65000:1"]))),
    ),
}


@pytest.mark.row("ATT-40")
@pytest.mark.parametrize(("value", "found"), WIRE.values(), ids=WIRE.keys())
def test_a_value_is_read_and_written_again(value: str, found: Attribute) -> None:
    kind = known(found.code)

    assert kind is not None
    assert kind.decode(octets(value)) == found
    assert found.encode() == octets(value)


def read(flags: int, code: int, value: str, context: Context = INTERNAL) -> Update:
    return wire.read(wire.body(f"{MANDATORY} {attribute(flags, code, value)}", PREFIX), context)


def row(*ids: str, name: str) -> dict[str, object]:
    return {"id": name, "marks": pytest.mark.row(*ids)}


@pytest.mark.parametrize(
    ("flags", "code", "value", "outcome"),
    [
        pytest.param(0x80, AIGP, "", Outcome.DISCARD, **row("ATT-34", "ATT-05", name="aigp empty")),
        pytest.param(0x80, AIGP, "05 0002", Outcome.DISCARD, **row("ATT-34", name="aigp length 2")),
        pytest.param(0x80, AIGP, "05 0004", Outcome.DISCARD, **row("ATT-34", name="aigp overrun")),
        pytest.param(0x80, AIGP, "01 000a 00000000000003", Outcome.DISCARD, **row("ATT-34", name="aigp length 10")),
        pytest.param(0x80, AIGP, f"{METRIC} 05", Outcome.DISCARD, **row("ATT-34", name="aigp half a head")),
        pytest.param(0x80, AIGP, f"01 000b {'ff' * 8}", Outcome.DISCARD, **row("ATT-34", name="aigp unreachable")),
        pytest.param(0xC0, AIGP, METRIC, Outcome.DISCARD, **row("ATT-34", "ATT-01", name="aigp flags")),
        pytest.param(0xC0, PMSI, "00 06 0001", Outcome.TREAT_AS_WITHDRAW, **row("ATT-37", name="pmsi 4 octets")),
        pytest.param(0x80, PMSI, "00 00 000000", Outcome.TREAT_AS_WITHDRAW, **row("ATT-01", name="pmsi flags")),
        pytest.param(0xC0, TUNNEL, "", Outcome.TREAT_AS_WITHDRAW, **row("ATT-36", "ATT-05", name="tunnels empty")),
        pytest.param(0xC0, TUNNEL, "0008 0001", Outcome.TREAT_AS_WITHDRAW, **row("ATT-36", name="tunnel overrun")),
        pytest.param(0xC0, TUNNEL, "0008 00", Outcome.TREAT_AS_WITHDRAW, **row("ATT-36", name="half a tunnel head")),
        pytest.param(0xC0, TUNNEL, "0008 0001 04", Outcome.TREAT_AS_WITHDRAW, **row("ATT-36", name="half a sub-TLV")),
        pytest.param(
            0xC0, TUNNEL, "0008 0003 80 0001", Outcome.TREAT_AS_WITHDRAW, **row("ATT-36", name="long sub-TLV")
        ),
        pytest.param(0xC0, SID, "", Outcome.DISCARD, **row("ATT-38", "ATT-05", name="sid empty")),
        pytest.param(0xC0, SID, "01 0006 00 0000 000000", Outcome.DISCARD, **row("ATT-38", name="label index of 6")),
        pytest.param(0xC0, SID, "03 0002 0000", Outcome.DISCARD, **row("ATT-38", name="srgb without ranges")),
        pytest.param(0xC0, SID, "03 0009 0000 003e80 001f40 00", Outcome.DISCARD, **row("ATT-38", name="srgb of 9")),
        pytest.param(0xC0, SID, "09 0003 0102", Outcome.DISCARD, **row("ATT-38", name="sid overrun")),
        pytest.param(0xC0, SID, "05 0000", Outcome.TREAT_AS_WITHDRAW, **row("ATT-38", name="srv6 without reserved")),
        pytest.param(
            0xC0, SID, "05 0005 00 01 0001 00", Outcome.TREAT_AS_WITHDRAW, **row("ATT-38", name="srv6 short sid")
        ),
        pytest.param(0xC0, SID, "05 0004 00 01 0001", Outcome.TREAT_AS_WITHDRAW, **row("ATT-38", name="srv6 overrun")),
        pytest.param(0xC0, SID, "06 0005 00", Outcome.TREAT_AS_WITHDRAW, **row("ATT-38", name="srv6 past the end")),
        pytest.param(
            0xC0, SID, "09 0001 00 05 0000", Outcome.TREAT_AS_WITHDRAW, **row("ATT-38", name="srv6 behind another")
        ),
        pytest.param(0xC0, SID, "05 0001 00 01 0006 00", Outcome.DISCARD, **row("ATT-38", name="another behind srv6")),
        pytest.param(0xC0, SET, "0000fd", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="set of 3 octets")),
        pytest.param(0xC0, SET, "0000fde9 40 01", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="set cut off")),
        pytest.param(0xC0, SET, "0000fde9 40 01 01 03", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="bad origin")),
        pytest.param(0xC0, SET, "0000fde9 c0 01 01 00", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="bad flags")),
        pytest.param(0xC0, SET, "0000fde9 40 63 00", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="well-known 99")),
        pytest.param(
            0xC0, SET, "0000fde9 40 01 01 00 40 01 01 00", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="twice")
        ),
        pytest.param(
            0xC0, SET, "0000fde9 c0 80 04 00000001", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="nested")
        ),
        pytest.param(0xC0, SET, "0000fde9 80 0f 03 000201", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="unreach")),
        pytest.param(
            0xC0, SET, "0000fde9 80 0e 05 0002010000", Outcome.TREAT_AS_WITHDRAW, **row("ATT-33", name="reach")
        ),
    ],
)
def test_a_malformed_attribute_costs_what_its_rfc_says(flags: int, code: int, value: str, outcome: Outcome) -> None:
    found = read(flags, code, value)

    assert wire.outcome(found) is outcome
    assert [problem.attribute for problem in found.problems] == [code]
    assert bool(found.reachable) is (outcome is Outcome.DISCARD)
    assert all(each.block.value(code) is None for each in found.reachable)


@pytest.mark.row("ATT-36")
def test_unknown_tunnels_and_sub_tlvs_are_passed_on() -> None:
    value = "03e7 0006 c8 0003 010203"  # tunnel type 999, sub-TLV 200

    found = read(0xC0, TUNNEL, value)

    assert not found.problems
    assert found.reachable[0].block.octets.endswith(octets(attribute(0xC0, TUNNEL, value)))


@pytest.mark.row("ATT-33", "ATT-37")
@pytest.mark.parametrize(
    ("code", "value"),
    [
        (AttributeCode.TRAFFIC_ENGINEERING, "0102"),
        (PMSI, "00 c8 000000 0102"),
        (SET, "0000fde9 40 01 01 00"),
    ],
    ids=["traffic engineering", "pmsi of an unknown type", "set"],
)
def test_what_is_not_malformed_is_carried(code: int, value: str) -> None:
    flags = 0x80 if code == AttributeCode.TRAFFIC_ENGINEERING else 0xC0

    found = read(flags, code, value)

    assert not found.problems
    # non-transitive, and pybgp doesn't read it: quietly dropped (RFC 4271 §5)
    kept = None if code == AttributeCode.TRAFFIC_ENGINEERING else octets(value)
    assert found.reachable[0].block.value(code) == kept


@pytest.mark.parametrize(
    ("code", "flags", "value"),
    [
        pytest.param(AIGP, 0x80, METRIC, id="aigp"),
        pytest.param(SID, 0xC0, "01 0007 00 0000 00000007", id="prefix sid"),
        pytest.param(TUNNEL, 0xC0, "0008 0000", marks=pytest.mark.row("ATT-36"), id="tunnels"),
    ],
)
def test_what_is_for_our_own_domain_is_taken_from_inside_or_where_enabled(code: int, flags: int, value: str) -> None:
    """RFC 7311 §3.3: AIGP_SESSION is off for external peers by default; RFC 8669 §4, RFC 9012 §11."""
    inside, outside, trusted = (read(flags, code, value, context) for context in (INTERNAL, EXTERNAL, TRUSTED))

    assert inside.reachable[0].block.value(code) == trusted.reachable[0].block.value(code) == octets(value)
    assert not inside.problems
    assert not trusted.problems
    assert outside.reachable[0].block.value(code) is None
    assert wire.outcome(outside) is Outcome.DISCARD


def test_the_first_aigp_tlv_counts_and_the_others_are_kept() -> None:
    """RFC 7311 §3."""
    found = Aigp.decode(octets(f"05 0004 01 {METRIC} 01 000b ffffffffffffffff"))

    assert found.metric == 1000  # the highest one is malformed in the first TLV only (§3.2)
    assert [tlv.kind for tlv in found.tlvs] == [5, 1, 1]


def test_a_block_gives_the_new_attributes_as_values() -> None:
    value = octets(WIRE["srv6"][0])
    block = read(0xC0, SID, value.hex()).reachable[0].block

    assert block.get(SID) == PrefixSid.decode(value)
    assert block.attributes[SID] == PrefixSid.decode(value)
    assert "prefix_sid=srv6-l3=2001:db8::1/19/0/40:24:16:0:16:64" in repr(block)


def test_the_endpoint_of_a_tunnel() -> None:
    """RFC 9012 §3.1: four reserved octets, the AFI, the address; AFI 0 is the next hop itself."""
    given = TunnelEncapsulation.decode(octets("0008 000c 06 0a 00000000 0001 c0000201"))
    none = TunnelEncapsulation.decode(octets("0008 0008 06 06 00000000 0000"))

    assert given.tunnels[0].endpoint == address_octets("192.0.2.1")
    assert none.tunnels[0].endpoint is None


def test_a_set_says_which_of_its_attributes_is_wrong() -> None:
    with pytest.raises(AttributeProblem, match="ATTR_SET: MULTI_EXIT_DISC inside: length 1, expected 4 octets"):
        AttrSet.decode(octets("0000fde9 80 04 01 00"))
