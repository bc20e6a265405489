"""Every attribute as text, as JSON and in a log, and the table of RFC 7606."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.constants import AttributeCode
from pybgp.messages.attributes import registry
from pybgp.messages.attributes.aggregator import Aggregator, AtomicAggregate
from pybgp.messages.attributes.aigp import Aigp
from pybgp.messages.attributes.as4 import As4Aggregator, As4Path
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.attr_set import AttrSet
from pybgp.messages.attributes.base import LOGGED, Attribute
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.attributes.ipv6_extended_communities import Ipv6ExtendedCommunities
from pybgp.messages.attributes.large_communities import LargeCommunities
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.messages.attributes.mp_reach import MpReach, MpUnreach
from pybgp.messages.attributes.next_hop import NextHop
from pybgp.messages.attributes.only_to_customer import OnlyToCustomer
from pybgp.messages.attributes.origin import Origin
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.messages.attributes.pmsi_tunnel import PmsiTunnel
from pybgp.messages.attributes.prefix_sid import LabelIndex, OriginatorSrgb, PrefixSid
from pybgp.messages.attributes.srv6_service import Srv6Service, Srv6Sid, Srv6SidStructure
from pybgp.messages.attributes.tlv import Tlv
from pybgp.messages.attributes.tunnel_encapsulation import Tunnel, TunnelEncapsulation
from pybgp.messages.attributes.unknown import UnknownAttribute
from pybgp.messages.context import Context
from pybgp.messages.errors import Outcome
from tests.unit.messages.wire import octets

ROUTER = bytes((10, 0, 0, 1))
IPV6 = Family.IPV6_UNICAST
PATH = AsPath(
    (
        Segment(SegmentType.AS_CONFED_SEQUENCE, (1, 2)),
        Segment(SegmentType.AS_SEQUENCE, (3,)),
        Segment(SegmentType.AS_SET, (4, 5)),
    )
)
GLOBAL, LINK_LOCAL = octets("20010db8 00000000 00000000 00000001"), octets("fe800000 00000000 00000000 00000002")
PREFIX = octets("20 20010db8")

FORMS: list[tuple[Attribute, str, Any]] = [
    (Origin.decode(b"\2"), "incomplete", "incomplete"),
    (
        PATH,
        "(1 2) 3 {4,5}",
        [
            {"type": "as_confed_sequence", "asns": [1, 2]},
            {"type": "as_sequence", "asns": [3]},
            {"type": "as_set", "asns": [4, 5]},
        ],
    ),
    (AsPath(), "", []),
    (NextHop(ROUTER), "10.0.0.1", "10.0.0.1"),
    (MultiExitDisc(4294967295), "4294967295", 4294967295),
    (LocalPref(100), "100", 100),
    (AtomicAggregate(), "yes", True),
    (Aggregator(65001, ROUTER), "65001 10.0.0.1", {"as": 65001, "router_id": "10.0.0.1"}),
    (Communities.of(["64512:7", "no-export"]), "64512:7 no-export", ["64512:7", "65535:65281"]),
    (OriginatorId(ROUTER), "10.0.0.1", "10.0.0.1"),
    (ClusterList((ROUTER, bytes(4))), "10.0.0.1 0.0.0.0", ["10.0.0.1", "0.0.0.0"]),
    (
        MpReach(IPV6, GLOBAL + LINK_LOCAL, PREFIX),
        "ipv6-unicast next-hop 2001:db8::1,fe80::2 nlri 0x2020010db8",
        {"family": "ipv6-unicast", "next_hop": ["2001:db8::1", "fe80::2"], "nlri": [{"prefix": "2001:db8::/32"}]},
    ),
    (
        MpUnreach(IPV6, PREFIX),
        "ipv6-unicast nlri 0x2020010db8",
        {"family": "ipv6-unicast", "nlri": [{"prefix": "2001:db8::/32"}]},
    ),
    (ExtendedCommunities.of(["rt:64512:7"]), "rt:64512:7", ["rt:64512:7"]),
    (Ipv6ExtendedCommunities.of(["rt:[2001:db8::1]:7"]), "rt:[2001:db8::1]:7", ["rt:[2001:db8::1]:7"]),
    (As4Path(PATH.segments[1:2]), "3", [{"type": "as_sequence", "asns": [3]}]),
    (As4Aggregator(200000, ROUTER), "200000 10.0.0.1", {"as": 200000, "router_id": "10.0.0.1"}),
    (LargeCommunities.of(["64512:1:2"]), "64512:1:2", ["64512:1:2"]),
    (
        PmsiTunnel(tunnel_type=6, label=256, tunnel_id=ROUTER),
        "ingress-replication flags 00 label 256 id 10.0.0.1",
        {"type": "ingress-replication", "flags": 0, "label": 256, "tunnel_id": "10.0.0.1"},
    ),
    (
        PmsiTunnel(tunnel_type=99, tunnel_flags=1, tunnel_id=b"\1"),
        "99 flags 01 label 0 id 0x01",
        {"type": 99, "flags": 1, "label": 0, "tunnel_id": "0x01"},
    ),
    (
        TunnelEncapsulation((Tunnel(8, (Tlv(4, b"\3\x0b"), Tlv(200, b""))), Tunnel(999))),
        "vxlan(color=030b,200=) 999()",
        [
            {"type": "vxlan", "sub_tlvs": [{"type": "color", "value": "030b"}, {"type": 200, "value": ""}]},
            {"type": 999, "sub_tlvs": []},
        ],
    ),
    (Aigp.of(1000), "1000", [{"metric": 1000}]),
    (
        Aigp((Tlv(5, b"\1\2"), *Aigp.of(7).tlvs)),
        "5=0102 7",
        [{"type": 5, "value": "0102"}, {"metric": 7}],
    ),
    (OnlyToCustomer(65001), "65001", 65001),
    (
        PrefixSid((LabelIndex(7), OriginatorSrgb(((16000, 8000), (24000, 1))), Tlv(9, b"\1\2"))),
        "label-index=7 srgb=16000:8000,24000:1 9=0102",
        [
            {"label_index": 7},
            {"originator_srgb": [{"base": 16000, "size": 8000}, {"base": 24000, "size": 1}]},
            {"type": 9, "value": "0102"},
        ],
    ),
    (
        PrefixSid((Srv6Service(5, (Srv6Sid(GLOBAL, 19, 0, Srv6SidStructure(40, 24, 16, 0, 16, 64)),)),)),
        "srv6-l3=2001:db8::1/19/0/40:24:16:0:16:64",
        [
            {
                "service": "srv6-l3",
                "sids": [
                    {
                        "sid": "2001:db8::1",
                        "behavior": 19,
                        "flags": 0,
                        "structure": {
                            "locator_block": 40,
                            "locator_node": 24,
                            "function": 16,
                            "argument": 0,
                            "transposition_length": 16,
                            "transposition_offset": 64,
                        },
                    }
                ],
            }
        ],
    ),
    (
        PrefixSid((Srv6Service(6, (Srv6Sid(LINK_LOCAL, 24),)), Srv6Service(5, ()))),
        "srv6-l2=fe80::2/24/0/- srv6-l3=",
        [
            {"service": "srv6-l2", "sids": [{"sid": "fe80::2", "behavior": 24, "flags": 0, "structure": None}]},
            {"service": "srv6-l3", "sids": []},
        ],
    ),
    (
        AttrSet(65001, (Origin(), AsPath(), LocalPref(200), UnknownAttribute(99, 0xE0, b"\1"))),
        "65001 [ORIGIN igp; AS_PATH; LOCAL_PREF 200; 99 type 99 flags e0 value 01]",
        {
            "origin_as": 65001,
            "attributes": [
                {"attribute": "ORIGIN", "value": "igp"},
                {"attribute": "AS_PATH", "value": []},
                {"attribute": "LOCAL_PREF", "value": 200},
                {"attribute": "99", "value": {"code": 99, "flags": 224, "value": "01"}},
            ],
        },
    ),
    (AttrSet(0), "0 []", {"origin_as": 0, "attributes": []}),
    (UnknownAttribute(99, 0xE0, b"\1\2"), "type 99 flags e0 value 0102", {"code": 99, "flags": 224, "value": "0102"}),
    (UnknownAttribute(99, 0xE0, b""), "type 99 flags e0 value", {"code": 99, "flags": 224, "value": ""}),
]


@pytest.mark.row("ATT-40")
@pytest.mark.parametrize(("attribute", "text", "fields"), FORMS, ids=lambda value: type(value).__name__)
def test_an_attribute_has_text_and_json_that_read_back(attribute: Attribute, text: str, fields: Any) -> None:
    kind: Any = type(attribute)

    assert str(attribute) == text
    assert kind.parse(text) == attribute
    assert attribute.to_json() == fields
    assert registry.from_json(attribute.code, json.loads(json.dumps(fields))) == attribute


def test_every_attribute_that_pybgp_reads_has_its_forms_here() -> None:
    assert set(registry.ATTRIBUTES) <= {attribute.code for attribute, _, _ in FORMS}


def test_the_repr_of_an_attribute_fits_a_log() -> None:
    many = Communities(tuple(range(10_000)))

    assert repr(MultiExitDisc(5)) == "<MULTI_EXIT_DISC 5>"
    assert repr(AsPath()) == "<AS_PATH>"
    assert repr(UnknownAttribute(99, 0xE0, b"\1")) == "<99 type 99 flags e0 value 01>"
    assert len(repr(many)) == LOGGED
    assert repr(many).startswith("<COMMUNITIES 0:0 0:1 ")
    assert repr(many).endswith("…>")


BAD_TEXT = {
    "a path's bracket": (AsPath, "1 {2,3"),
    "a path's AS 0": (AsPath, "1 0 2"),
    "an AS too large": (AsPath, "4294967296"),
    "an empty set": (AsPath, "{}"),
    "a set of 256": (AsPath, "{" + ",".join(["1"] * 256) + "}"),
    "words for a path": (AsPath, "1 two"),
    "a confederation in AS4_PATH": (As4Path, "(1 2)"),
    "an origin": (Origin, "bgp"),
    "a MED below 0": (MultiExitDisc, "-1"),
    "a MED too large": (MultiExitDisc, "4294967296"),
    "other digits": (MultiExitDisc, "\u0663"),
    "an IPv6 NEXT_HOP": (NextHop, "2001:db8::1"),
    "half an aggregator": (Aggregator, "65001"),
    "an aggregator of AS 0": (Aggregator, "0 10.0.0.1"),
    "no community": (Communities, ""),
    "no cluster": (ClusterList, ""),
    "something for yes": (AtomicAggregate, "no"),
    "an unknown attribute": (UnknownAttribute, "type 99 flags e0 value xy"),
    "flags of two octets": (UnknownAttribute, "type 99 flags e0e0 value 00"),
    "an empty AIGP": (Aigp, ""),
    "a metric too large": (Aigp, str(1 << 64)),
    "the metric that is malformed": (Aigp, str((1 << 64) - 1)),
    "the metric that is malformed, as octets": (Aigp, "1=" + "ff" * 8),
    "a metric of the wrong length": (Aigp, "1=0102"),
    "a TLV's type": (Aigp, "256=00"),
    "a tunnel's id": (PmsiTunnel, "mldp-p2mp flags 00 label 0 id here"),
    "a tunnel's flags": (PmsiTunnel, "mldp-p2mp flags 0000 label 0 id 0x"),
    "a label of 25 bits": (PmsiTunnel, "none flags 00 label 16777216 id 0x"),
    "a tunnel's name": (TunnelEncapsulation, "wireguard()"),
    "a tunnel without brackets": (TunnelEncapsulation, "vxlan"),
    "a parameter that is too long": (TunnelEncapsulation, f"vxlan(color={'00' * 256})"),
    "no tunnel": (TunnelEncapsulation, ""),
    "an SRGB without a size": (PrefixSid, "srgb=16000"),
    "a label index as octets that are too few": (PrefixSid, "1=00"),
    "a SID without structure": (PrefixSid, "srv6-l3=2001:db8::/19/0"),
    "a service of layer 4": (PrefixSid, "srv6-l4="),
    "no TLV": (PrefixSid, ""),
    "a set in a set": (AttrSet, "1 [ATTR_SET 1 []]"),
    "an attribute twice": (AttrSet, "1 [LOCAL_PREF 1; LOCAL_PREF 2]"),
    "a set without brackets": (AttrSet, "1 ORIGIN igp"),
    "another unknown attribute": (AttrSet, "1 [99 type 98 flags e0 value]"),
    "an attribute without a name": (AttrSet, "1 [MEDIUM 5]"),
    "a family without a codec": (MpReach, "99/99 next-hop 10.0.0.1 nlri 0x"),
}


@pytest.mark.parametrize(("kind", "text"), BAD_TEXT.values(), ids=BAD_TEXT.keys())
def test_text_that_is_no_attribute_is_a_value_error(kind: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|hexadecimal"):
        kind.parse(text)


BAD_JSON = {
    "text for a number": (MultiExitDisc, "5"),
    "true for a number": (MultiExitDisc, True),
    "none for a path": (AsPath, None),
    "a path of numbers": (AsPath, [1]),
    "a segment's type": (AsPath, [{"type": "as_list", "asns": [1]}]),
    "a segment's field": (AsPath, [{"type": "as_set", "asns": [1], "asn": 2}]),
    "numbers for communities": (Communities, [1]),
    "text for communities": (LargeCommunities, "1:2:3"),
    "a number for an address": (OriginatorId, 5),
    "an aggregator without an address": (Aggregator, {"as": 1}),
    "a list for an aggregator": (Aggregator, [1]),
    "no family": (MpReach, {"next_hop": [], "nlri": []}),
    "a next hop too long": (MpReach, {"family": "99/99", "next_hop": ["0x" + "00" * 256], "nlri": "0x"}),
}


@pytest.mark.parametrize(("kind", "value"), BAD_JSON.values(), ids=BAD_JSON.keys())
def test_json_that_is_no_attribute_is_a_value_error(kind: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|missing|unknown"):
        kind.from_json(value)


def test_a_run_of_bare_as_numbers_is_one_sequence() -> None:
    """Two AS_SEQUENCEs in a row look like one in text; JSON has them apart."""
    two = AsPath((Segment(SegmentType.AS_SEQUENCE, (1,)), Segment(SegmentType.AS_SEQUENCE, (2,))))

    assert AsPath.parse(str(two)) == AsPath.sequence((1, 2))
    assert AsPath.from_json(two.to_json()) == two
    assert AsPath.parse(str(AsPath.sequence(range(1, 601)))) == AsPath.sequence(range(1, 601))


def test_destinations_have_their_path_identifier_where_the_session_has_them() -> None:
    context = Context(add_path_receive=frozenset({IPV6}))
    unreach = MpUnreach(IPV6, octets("00000007") + PREFIX)

    fields = unreach.to_json(context)

    assert fields["nlri"] == [{"prefix": "2001:db8::/32", "path_id": 7}]
    assert MpUnreach.from_json(fields, context) == unreach


@pytest.mark.parametrize(
    ("family", "nlri"), [(Family(16388, 99), b"\1\2"), (IPV6, b"\x81")], ids=["unknown family", "damaged"]
)
def test_nlri_that_cannot_be_read_stays_octets(family: Family, nlri: bytes) -> None:
    reach = MpReach(family, b"\1\2\3", nlri)

    assert reach.to_json()["nlri"] == "0x" + nlri.hex()
    assert MpReach.from_json(reach.to_json()) == reach
    assert MpReach.parse(str(reach)) == reach


def test_the_table_says_what_rfc_7606_has_for_each_attribute() -> None:
    rules = {rule.code: rule for rule in registry.error_rules()}

    med = rules[AttributeCode.MULTI_EXIT_DISC]
    assert (med.name, med.flags, med.length_rule) == ("MULTI_EXIT_DISC", 0x80, "4 octets")
    assert med.malformed is Outcome.TREAT_AS_WITHDRAW
    assert all(rule.rfc and rule.length_rule for rule in rules.values())
