"""What a path becomes on its way to a peer (RFC 4271 §5, RFC 4456 §6-§8, RFC 4360, RFC 6793)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, address_octets, address_text
from pybgp.config.model import SetConfig, TermConfig
from pybgp.constants import AttributeCode as Code
from pybgp.constants import Origin
from pybgp.messages import update
from pybgp.messages.attributes.aggregator import Aggregator, AtomicAggregate
from pybgp.messages.attributes.aigp import Aigp
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.base import Attribute, RawAttribute, walk
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.attributes.ipv6_extended_communities import Ipv6ExtendedCommunities
from pybgp.messages.attributes.large_communities import LargeCommunities
from pybgp.messages.attributes.only_to_customer import OnlyToCustomer
from pybgp.messages.attributes.prefix_sid import PrefixSid
from pybgp.messages.attributes.tunnel_encapsulation import TunnelEncapsulation
from pybgp.messages.attributes.unknown import UnknownAttribute
from pybgp.messages.context import PeerKind
from pybgp.policy.builtin import ACCEPT_ALL, EBGP_WITHOUT_POLICY
from pybgp.policy.compile import compile_chain
from pybgp.rib.as_paths import prepend
from pybgp.rib.export import Export, Exporter, ExportRules, whole_subnet, within
from pybgp.rib.local import OWN, own_block
from pybgp.rib.path import Path

from .paths import EXTERNAL, INTERNAL, block, key, path, source

CLIENT = source("client", client=True, router_id="1.1.1.1", address="192.0.2.1")
NON_CLIENT = source("non-client", router_id="3.3.3.3", address="192.0.2.3")
OUTSIDE = source("outside", kind=EXTERNAL, router_id="4.4.4.4", address="192.0.2.4")

RULES = ExportRules(
    family=Family.IPV4_UNICAST,
    kind=INTERNAL,
    client=True,
    local_as=64512,
    router_id=address_octets("9.9.9.9"),
    cluster_id=address_octets("9.9.9.1"),
    own_next_hop=address_octets("192.0.2.254"),
    policy=ACCEPT_ALL,
)
TO_CLIENT = RULES
TO_NON_CLIENT = replace(RULES, client=False)
TO_OUTSIDE = replace(RULES, kind=EXTERNAL, client=False)


def export(of: Path, rules: ExportRules = RULES, **changes: Any) -> Export | None:
    return Exporter(replace(rules, **changes)).export(of, key("10.65.1.0/26"))


def exported(of: Path, rules: ExportRules = RULES, **changes: Any) -> Export:
    found = export(of, rules, **changes)
    assert found is not None
    return found


def raws(found: Export) -> dict[int, RawAttribute]:
    return {raw.code: raw for raw in walk(found.attributes)}


def own(**attributes: Any) -> Path:
    of = own_block()
    if attributes:
        of = block((), local_pref=None, next_hop=attributes.pop("next_hop", ""), **attributes)
    return path(of, by=OWN)


def policy(**changes: Any):  # type: ignore[no-untyped-def]
    term = TermConfig(action="accept", set=SetConfig(**changes))
    return compile_chain(("p",), policies={"p": (term,)}, sets=_no_sets(), functions={}, own_as=64512)


def _no_sets():  # type: ignore[no-untyped-def]
    from pybgp.config.model import PolicySets

    return PolicySets()


def attribute(found: Export, code: Code) -> str:
    """The value of an attribute in hex; nothing else is in the way of a spaceless comparison."""
    return raws(found)[code].value.hex(" ")


# -- AS_PATH -----------------------------------------------------------------------------------------------------------

SEQUENCE = "02 02 00 00 fd e9 00 00 fd ea"  # 65001 65002
SET = "01 02 00 00 fd e9 00 00 fd ea"  # {65001,65002}
OURS = "02 01 00 00 fc 00"  # 64512


@pytest.mark.row("ASP-01")
@pytest.mark.parametrize(
    ("of", "expected"),
    [
        pytest.param(path(block((65001, 65002)), by=OUTSIDE), SEQUENCE, id="external"),
        pytest.param(path(block((65001, 65002)), by=CLIENT), SEQUENCE, id="reflected"),
        pytest.param(own(), "", id="own"),
    ],
)
def test_inside_the_as_the_path_is_not_changed(of: Path, expected: str) -> None:
    """RFC 4271 §5.1.2 a; a route of our own has the attribute, with nothing in it."""
    found = exported(of, TO_CLIENT)

    assert raws(found)[Code.AS_PATH] == RawAttribute(
        0x40, 2, bytes.fromhex(expected), bytes((0x40, 2, len(bytes.fromhex(expected)))) + bytes.fromhex(expected)
    )


@pytest.mark.row("ASP-02")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", OURS, id="empty"),
        pytest.param(SEQUENCE, "02 03 00 00 fc 00 00 00 fd e9 00 00 fd ea", id="sequence-first"),
        pytest.param(SET, f"{OURS} {SET}", id="set-first"),
    ],
)
def test_outside_our_as_is_put_in_front(before: str, after: str) -> None:
    """RFC 4271 §5.1.2 b."""
    of = path(block(AsPath.decode(bytes.fromhex(before))), by=CLIENT)

    assert attribute(exported(of, TO_OUTSIDE), Code.AS_PATH) == after


@pytest.mark.row("ASP-03")
def test_a_full_segment_gets_another_one_in_front() -> None:
    """RFC 4271 §5.1.2 b: a count of 256 would be written as 0."""
    full = Segment(SegmentType.AS_SEQUENCE, tuple(range(1, 256)))
    of = path(block(AsPath((full,))), by=CLIENT)

    found = exported(of, TO_OUTSIDE)

    segments = AsPath.decode(raws(found)[Code.AS_PATH].value).segments
    assert segments == (Segment(SegmentType.AS_SEQUENCE, (64512,)), full)
    assert prepend(b"\x02\xfe" + bytes(254 * 4), 7)[:6] == b"\x02\xff\x00\x00\x00\x07"


@pytest.mark.row("ASP-11")
def test_a_policy_may_prepend_more_of_our_own() -> None:
    found = exported(own(), TO_OUTSIDE, policy=policy(prepend=("self", "self")))

    assert AsPath.decode(raws(found)[Code.AS_PATH].value).asns == (64512, 64512, 64512)


# -- four-octet AS numbers ---------------------------------------------------------------------------------------------

BIG = 196618  # does not fit two octets
CREATOR = address_octets("1.2.3.4")


@pytest.mark.row("AS4-01")
def test_between_new_speakers_numbers_have_four_octets_and_nothing_is_added() -> None:
    of = path(block((65001, BIG), more=(Aggregator(BIG, CREATOR),)), by=OUTSIDE)

    found = exported(of, TO_CLIENT)

    assert attribute(found, Code.AS_PATH) == "02 02 00 00 fd e9 00 03 00 0a"
    assert attribute(found, Code.AGGREGATOR) == "00 03 00 0a 01 02 03 04"
    assert not {Code.AS4_PATH, Code.AS4_AGGREGATOR} & raws(found).keys()


@pytest.mark.row("AS4-03")
def test_an_old_speaker_gets_as_trans_and_the_true_path_beside_it() -> None:
    """RFC 6793 §4.2.2."""
    found = exported(path(block((65001, BIG)), by=OUTSIDE), TO_CLIENT, four_octet_as=False)

    assert attribute(found, Code.AS_PATH) == "02 02 fd e9 5b a0"  # 65001 23456
    assert raws(found)[Code.AS4_PATH].flags == 0xC0
    assert attribute(found, Code.AS4_PATH) == "02 02 00 00 fd e9 00 03 00 0a"
    assert list(raws(found)) == sorted(raws(found))


@pytest.mark.row("AS4-03")
def test_an_old_speaker_gets_no_true_path_where_every_number_fits() -> None:
    found = exported(path(block((65001, 65002)), by=OUTSIDE), TO_CLIENT, four_octet_as=False)

    assert attribute(found, Code.AS_PATH) == "02 02 fd e9 fd ea"
    assert Code.AS4_PATH not in raws(found)


@pytest.mark.row("AS4-03", "ASP-02")
def test_our_own_large_as_is_told_an_old_external_peer_both_ways() -> None:
    found = exported(path(block((65001,)), by=CLIENT), TO_OUTSIDE, four_octet_as=False, local_as=BIG)

    assert attribute(found, Code.AS_PATH) == "02 02 5b a0 fd e9"
    assert attribute(found, Code.AS4_PATH) == "02 02 00 03 00 0a 00 00 fd e9"


@pytest.mark.row("AS4-04")
@pytest.mark.parametrize(
    ("asn", "short", "long"),
    [(BIG, "5b a0 01 02 03 04", "00 03 00 0a 01 02 03 04"), (65001, "fd e9 01 02 03 04", None)],
    ids=["does-not-fit", "fits"],
)
def test_an_old_speaker_gets_the_aggregators_true_as_beside_it(asn: int, short: str, long: str | None) -> None:
    found = exported(path(block(more=(Aggregator(asn, CREATOR),)), by=OUTSIDE), TO_CLIENT, four_octet_as=False)

    assert attribute(found, Code.AGGREGATOR) == short
    assert (attribute(found, Code.AS4_AGGREGATOR) if Code.AS4_AGGREGATOR in raws(found) else None) == long


# -- what goes where ---------------------------------------------------------------------------------------------------

UNKNOWN = UnknownAttribute(99, 0xE0, b"\x01\x02")
EVERYWHERE = (
    AtomicAggregate(),
    Aggregator(65001, CREATOR),
    ExtendedCommunities.of(("rt:64512:7",)),
    LargeCommunities.of(("64512:1:2",)),
    OnlyToCustomer(65001),
    UNKNOWN,
)
ALWAYS = {1, 2, 3, 6, 7, 8, 16, 32, 35, 99}
"""ORIGIN, AS_PATH, NEXT_HOP, ATOMIC_AGGREGATE, AGGREGATOR, the communities, OTC, and what nobody knows."""


def full(**more: Any) -> Block:
    return block(med=7, local_pref=200, communities=("64512:1",), more=EVERYWHERE, **more)


REFLECTED_BEFORE = {"originator_id": "7.7.7.7", "cluster_list": ("8.8.8.8",)}


@pytest.mark.row("PRP-01", "PRP-07", "PRP-08", "PRP-09", "RRF-03")
@pytest.mark.parametrize(
    ("of", "to", "also"),
    [
        pytest.param(path(full(), by=OUTSIDE), TO_CLIENT, {4, 5}, id="external-to-internal"),
        pytest.param(path(full(), by=OUTSIDE), TO_OUTSIDE, set(), id="external-to-external"),
        pytest.param(path(full(), by=CLIENT), TO_NON_CLIENT, {4, 5, 9, 10}, id="internal-to-internal"),
        pytest.param(path(full(**REFLECTED_BEFORE), by=CLIENT), TO_NON_CLIENT, {4, 5, 9, 10}, id="reflected-again"),
        pytest.param(path(full(**REFLECTED_BEFORE), by=CLIENT), TO_OUTSIDE, set(), id="reflected-to-external"),
        pytest.param(path(full(), by=OWN), TO_CLIENT, {4, 5}, id="own-to-internal"),
        pytest.param(path(full(), by=OWN), TO_OUTSIDE, {4}, id="own-to-external"),
    ],
)
def test_each_attribute_goes_where_it_belongs_in_ascending_order(of: Path, to: ExportRules, also: set[int]) -> None:
    found = exported(of, to)

    codes = [raw.code for raw in walk(found.attributes)]
    assert set(codes) == ALWAYS | also
    assert codes == sorted(codes)


@pytest.mark.row("PRP-01", "PRP-07", "ATT-30")
@pytest.mark.parametrize("to", [TO_CLIENT, TO_OUTSIDE], ids=["internal", "external"])
def test_what_goes_everywhere_is_not_changed(to: ExportRules) -> None:
    before = path(full(), by=OUTSIDE)

    after = raws(exported(before, to))

    kept = {raw.code: raw for raw in walk(before.received.octets) if raw.code in ALWAYS - {2, 3}}
    assert {code: after[code] for code in kept} == kept


@pytest.mark.row("PRP-02")
@pytest.mark.parametrize(
    ("by", "to", "expected"),
    [
        pytest.param(OUTSIDE, TO_CLIENT, 7, id="external-to-internal"),
        pytest.param(OUTSIDE, TO_OUTSIDE, None, id="external-to-external"),
        pytest.param(CLIENT, TO_OUTSIDE, None, id="internal-to-external"),
        pytest.param(CLIENT, TO_NON_CLIENT, 7, id="reflected"),
        pytest.param(OWN, TO_OUTSIDE, 7, id="own-to-external"),
    ],
)
def test_med_goes_no_further_than_the_neighbouring_as(by: Any, to: ExportRules, expected: int | None) -> None:
    """RFC 4271 §5.1.4."""
    found = raws(exported(path(block(med=7), by=by), to)).get(Code.MULTI_EXIT_DISC)

    assert (None if found is None else int.from_bytes(found.value)) == expected


@pytest.mark.row("PRP-02")
def test_a_policy_may_set_med_for_an_external_peer() -> None:
    found = exported(path(block(med=7), by=CLIENT), TO_OUTSIDE, policy=policy(med=42))

    assert attribute(found, Code.MULTI_EXIT_DISC) == "00 00 00 2a"


@pytest.mark.row("PRP-03")
@pytest.mark.parametrize("by", [OUTSIDE, CLIENT, OWN], ids=lambda by: by.name)
@pytest.mark.parametrize(("given", "sent"), [(None, 150), (300, 300)])
def test_local_pref_is_always_there_inside_the_as(by: Any, given: int | None, sent: int) -> None:
    """RFC 4271 §5.1.5."""
    found = exported(path(block(local_pref=given), by=by), TO_CLIENT, default_local_pref=150)

    assert raws(found)[Code.LOCAL_PREF].octets == b"\x40\x05\x04" + sent.to_bytes(4)


@pytest.mark.row("PRP-04")
@pytest.mark.parametrize("origin", list(Origin))
@pytest.mark.parametrize("to", [TO_CLIENT, TO_OUTSIDE], ids=["internal", "external"])
def test_the_origin_is_the_originators(to: ExportRules, origin: Origin) -> None:
    """RFC 4271 §5.1.1."""
    assert raws(exported(path(block(origin=origin), by=CLIENT), to))[Code.ORIGIN].value == bytes((origin,))


LINK_BANDWIDTH = bytes.fromhex("40 04 fc 00 00 00 00 00")  # non-transitive


@pytest.mark.row("PRP-05")
def test_non_transitive_extended_communities_end_at_the_border_of_the_as() -> None:
    """RFC 4360 §2."""
    of = path(block(more=(ExtendedCommunities.of((LINK_BANDWIDTH, "rt:64512:7")),)), by=CLIENT)

    inside, outside = exported(of, TO_NON_CLIENT), exported(of, TO_OUTSIDE)

    assert ExtendedCommunities.decode(raws(inside)[16].value).values[0] == LINK_BANDWIDTH
    assert str(ExtendedCommunities.decode(raws(outside)[16].value)) == "rt:64512:7"


@pytest.mark.row("PRP-05")
def test_non_transitive_ipv6_extended_communities_end_at_the_border_of_the_as() -> None:
    """RFC 5701 §2."""
    inner = b"\x40\x02" + bytes(18)
    of = path(block(more=(Ipv6ExtendedCommunities.of((inner, "rt:[2001:db8::1]:7")),)), by=CLIENT)

    inside, outside = exported(of, TO_NON_CLIENT), exported(of, TO_OUTSIDE)

    assert Ipv6ExtendedCommunities.decode(raws(inside)[25].value).values[0] == inner
    assert str(Ipv6ExtendedCommunities.decode(raws(outside)[25].value)) == "rt:[2001:db8::1]:7"


@pytest.mark.row("PRP-06")
def test_an_attribute_of_which_nothing_is_left_is_left_out() -> None:
    """RFC 4360 §3.3: never with length 0."""
    of = path(block(more=(ExtendedCommunities.of((LINK_BANDWIDTH,)), LargeCommunities.of(("1:2:3",)))), by=CLIENT)

    assert raws(exported(of, TO_OUTSIDE)).keys() == {1, 2, 3, 32}


@pytest.mark.row("PRP-06")
def test_a_policy_that_takes_all_communities_away_leaves_no_attribute() -> None:
    of = path(block(communities=("64512:1", "64512:2")), by=CLIENT)

    assert Code.COMMUNITIES not in raws(exported(of, TO_OUTSIDE, policy=policy(remove_communities=("64512:*",))))


# -- next hop ----------------------------------------------------------------------------------------------------------

OWN_NEXT_HOP = "192.0.2.254"
SUBNET = whole_subnet(key("192.0.2.0/24"), 4)
INSIDE_SUBNET, OUTSIDE_SUBNET = "192.0.2.9", "198.51.100.9"


@pytest.mark.parametrize(
    ("of", "to", "changes", "expected"),
    [
        pytest.param(path(by=OUTSIDE), TO_CLIENT, {}, INSIDE_SUBNET, id="NHP-01-from-others"),
        pytest.param(own(), TO_CLIENT, {}, OWN_NEXT_HOP, id="NHP-01-own"),
        pytest.param(own(next_hop="198.51.100.7"), TO_CLIENT, {}, "198.51.100.7", id="NHP-01-own-gateway"),
        pytest.param(path(by=CLIENT), TO_OUTSIDE, {"shared_subnet": SUBNET}, INSIDE_SUBNET, id="NHP-02-third-party"),
        pytest.param(
            path(by=CLIENT),
            TO_OUTSIDE,
            {"shared_subnet": SUBNET, "next_hop_mode": "self"},
            OWN_NEXT_HOP,
            id="NHP-02-self",
        ),
        pytest.param(
            path(block(next_hop=OUTSIDE_SUBNET), by=CLIENT),
            TO_OUTSIDE,
            {"shared_subnet": SUBNET},
            OWN_NEXT_HOP,
            id="NHP-02-elsewhere",
        ),
        pytest.param(own(), TO_OUTSIDE, {"shared_subnet": SUBNET}, OWN_NEXT_HOP, id="NHP-02-own"),
        pytest.param(path(by=CLIENT), TO_OUTSIDE, {}, OWN_NEXT_HOP, id="NHP-03-multihop"),
        pytest.param(path(by=CLIENT), TO_NON_CLIENT, {}, INSIDE_SUBNET, id="NHP-09-auto"),
        pytest.param(path(by=CLIENT), TO_NON_CLIENT, {"next_hop_mode": "self"}, INSIDE_SUBNET, id="NHP-09-self"),
        pytest.param(path(by=CLIENT), TO_NON_CLIENT, {"next_hop_mode": "self_all"}, OWN_NEXT_HOP, id="NHP-09-self-all"),
        pytest.param(path(by=OUTSIDE), TO_CLIENT, {"next_hop_mode": "self"}, OWN_NEXT_HOP, id="NHP-01-self"),
        pytest.param(path(by=CLIENT), TO_OUTSIDE, {"next_hop_mode": "keep"}, INSIDE_SUBNET, id="keep-to-external"),
        pytest.param(own(), TO_OUTSIDE, {"next_hop_mode": "keep"}, OWN_NEXT_HOP, id="keep-of-our-own"),
    ],
)
@pytest.mark.row("NHP-01", "NHP-02", "NHP-03", "NHP-09")
def test_the_next_hop_is(of: Path, to: ExportRules, changes: dict[str, Any], expected: str) -> None:
    """RFC 4271 §5.1.3, RFC 4456 §7."""
    found = exported(of, to, **changes)

    assert address_text(found.next_hop) == expected
    assert raws(found)[Code.NEXT_HOP].octets == b"\x40\x03\x04" + found.next_hop


@pytest.mark.row("NHP-02", "NHP-09")
@pytest.mark.parametrize("to", [TO_NON_CLIENT, TO_OUTSIDE], ids=["reflected", "external"])
def test_a_next_hop_that_the_policy_sets_is_kept(to: ExportRules) -> None:
    found = exported(path(by=CLIENT), to, policy=policy(next_hop="203.0.113.1"))

    assert address_text(found.next_hop) == "203.0.113.1"


V6, LINK_LOCAL = "2001:db8::254", "fe80::254"
IPV6 = replace(RULES, family=Family.IPV6_UNICAST, own_next_hop=address_octets(V6))


@pytest.mark.row("PRP-01")
@pytest.mark.parametrize(
    ("to", "own_next_hop"),
    [
        pytest.param(IPV6, address_octets(V6), id="global"),
        pytest.param(IPV6, address_octets(V6) + address_octets(LINK_LOCAL), id="global-and-link-local"),
        pytest.param(replace(IPV6, kind=EXTERNAL), address_octets(V6) + address_octets(LINK_LOCAL), id="external"),
    ],
)
def test_an_ipv6_next_hop_is_not_among_the_attributes(to: ExportRules, own_next_hop: bytes) -> None:
    """RFC 2545 §3, RFC 4760 §3: MP_REACH_NLRI has it."""
    found = exported(own(), to, own_next_hop=own_next_hop)

    assert found.next_hop == own_next_hop
    assert Code.NEXT_HOP not in raws(found)


@pytest.mark.row("ENH-02")
def test_an_ipv6_next_hop_for_an_ipv4_route_needs_the_peers_consent() -> None:
    """RFC 8950 §4."""
    of = path(block(next_hop="2001:db8::9"), by=CLIENT)

    assert exported(of, TO_NON_CLIENT, extended_next_hop=True).next_hop == address_octets("2001:db8::9")
    assert export(of, TO_NON_CLIENT) is None
    assert "RFC 8950" in Exporter(TO_NON_CLIENT).why_not(of, key("10.0.0.0/8"))


@pytest.mark.parametrize(
    ("address", "subnet", "expected"),
    [
        ("192.0.2.9", "192.0.2.0/24", True),
        ("192.0.3.9", "192.0.2.0/24", False),
        ("192.0.3.9", "192.0.2.0/23", True),
        ("192.0.2.129", "192.0.2.128/31", True),
        ("192.0.2.130", "192.0.2.128/31", False),
        ("192.0.2.9", "0.0.0.0/0", True),
        ("2001:db8::9", "2001:db8::/64", True),
        ("2001:db8:0:1::9", "2001:db8::/64", False),
        ("192.0.2.9", "2001:db8::/64", False),
        ("32.1.13.184", "2001:db8::/32", False),
        ("192.0.2.9", "::/0", False),
        ("c000:209::1", "192.0.2.0/24", False),
    ],
)
def test_an_address_is_in_a_subnet(address: str, subnet: str, expected: bool) -> None:
    """The octets of an address of the other family are no part of it."""
    size = 16 if ":" in subnet else 4

    assert within(address_octets(address), whole_subnet(key(subnet), size)) is expected


# -- reflection --------------------------------------------------------------------------------------------------------


@pytest.mark.row("RRF-01", "RRF-02", "RRF-03", "SND-01")
@pytest.mark.parametrize(
    ("by", "to", "told"),
    [
        pytest.param(CLIENT, TO_CLIENT, True, id="client-to-client"),
        pytest.param(CLIENT, TO_NON_CLIENT, True, id="client-to-non-client"),
        pytest.param(CLIENT, TO_OUTSIDE, True, id="client-to-external"),
        pytest.param(NON_CLIENT, TO_CLIENT, True, id="non-client-to-client"),
        pytest.param(NON_CLIENT, TO_NON_CLIENT, False, id="non-client-to-non-client"),
        pytest.param(NON_CLIENT, TO_OUTSIDE, True, id="non-client-to-external"),
        pytest.param(OUTSIDE, TO_CLIENT, True, id="external-to-client"),
        pytest.param(OUTSIDE, TO_NON_CLIENT, True, id="external-to-non-client"),
        pytest.param(OUTSIDE, TO_OUTSIDE, True, id="external-to-external"),
        pytest.param(OWN, TO_CLIENT, True, id="own-to-client"),
        pytest.param(OWN, TO_NON_CLIENT, True, id="own-to-non-client"),
        pytest.param(OWN, TO_OUTSIDE, True, id="own-to-external"),
    ],
)
def test_who_is_told(by: Any, to: ExportRules, told: bool) -> None:
    """RFC 4456 §6."""
    of = path(by=by)

    assert (export(of, to) is not None) is told
    assert bool(Exporter(to).why_not(of, key("10.0.0.0/8"))) is not told


@pytest.mark.row("RRF-04", "RRF-05", "RRF-06")
@pytest.mark.parametrize(
    ("before", "originator", "clusters"),
    [
        pytest.param({}, "1.1.1.1", "9.9.9.1", id="first-reflector"),
        pytest.param({"originator_id": "7.7.7.7"}, "7.7.7.7", "9.9.9.1", id="originator-known"),
        pytest.param(REFLECTED_BEFORE, "7.7.7.7", "9.9.9.1 8.8.8.8", id="second-reflector"),
        pytest.param({"cluster_list": ("8.8.8.8", "8.8.4.4")}, "1.1.1.1", "9.9.9.1 8.8.8.8 8.8.4.4", id="odd"),
    ],
)
def test_reflecting_says_who_brought_the_route_and_where_it_passed(
    before: dict[str, Any], originator: str, clusters: str
) -> None:
    """RFC 4456 §8."""
    found = raws(exported(path(block(**before), by=CLIENT), TO_NON_CLIENT))

    assert found[Code.ORIGINATOR_ID].octets == b"\x80\x09\x04" + address_octets(originator)
    assert found[Code.CLUSTER_LIST].flags == 0x80
    assert found[Code.CLUSTER_LIST].value == b"".join(map(address_octets, clusters.split()))


@pytest.mark.row("RRF-05")
def test_a_long_cluster_list_gets_the_long_form() -> None:
    clusters = tuple(f"10.0.0.{number}" for number in range(64))  # 256 octets, and ours

    found = exported(path(block(cluster_list=clusters), by=CLIENT), TO_NON_CLIENT)

    assert raws(found)[Code.CLUSTER_LIST].octets[:4] == b"\x90\x0a\x01\x04"
    assert raws(found).keys() == {1, 2, 3, 5, 9, 10}


@pytest.mark.row("RRF-09")
def test_reflection_changes_nothing_else() -> None:
    """RFC 4456 §10."""
    before = path(full(), by=CLIENT)

    after = raws(exported(before, TO_NON_CLIENT))

    assert {raw.code: raw for raw in walk(before.received.octets)} == {
        code: raw for code, raw in after.items() if code not in (Code.NEXT_HOP, Code.ORIGINATOR_ID, Code.CLUSTER_LIST)
    }
    assert after[Code.NEXT_HOP].value == before.received.next_hop


@pytest.mark.row("RRF-03")
@pytest.mark.parametrize("by", [OUTSIDE, OWN], ids=["external", "own"])
def test_external_and_own_routes_are_not_reflected_but_told(by: Any) -> None:
    found = raws(exported(path(by=by), TO_CLIENT))

    assert not {Code.ORIGINATOR_ID, Code.CLUSTER_LIST} & found.keys()


@pytest.mark.parametrize(
    "attribute",
    [
        pytest.param(Aigp.decode(bytes.fromhex("01 000b 0000000000000064")), id="AIGP"),
        pytest.param(PrefixSid.decode(bytes.fromhex("01 0007 00 0000 00000064")), id="PREFIX_SID"),
        pytest.param(TunnelEncapsulation.decode(bytes.fromhex("0008 0000")), id="TUNNEL_ENCAPSULATION"),
    ],
)
def test_what_belongs_to_the_domain_stays_in_it(attribute: Attribute) -> None:
    """RFC 7311 §3.3, RFC 8669 §8, RFC 9012 §11."""
    of = path(block().replace(set=[attribute]), by=CLIENT)

    assert attribute.code in raws(exported(of, TO_NON_CLIENT))
    assert attribute.code not in raws(exported(of, TO_OUTSIDE))


# -- who may not -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("community", "inside", "outside"),
    [
        pytest.param("no-export", True, False, id="COM-01", marks=pytest.mark.row("COM-01")),
        pytest.param("no-advertise", False, False, id="COM-02", marks=pytest.mark.row("COM-02")),
        pytest.param("no-export-subconfed", True, False, id="COM-03", marks=pytest.mark.row("COM-03")),
        pytest.param("nopeer", True, True, id="COM-04", marks=pytest.mark.row("COM-04")),
        pytest.param("65535:1", True, True, id="no-meaning"),
    ],
)
@pytest.mark.parametrize("by", [CLIENT, OUTSIDE, OWN], ids=lambda by: by.name)
def test_well_known_communities_are_obeyed(by: Any, community: str, inside: bool, outside: bool) -> None:
    """RFC 1997."""
    of = path(block(communities=(community, "64512:1")), by=by)

    assert (export(of, TO_CLIENT) is not None) is inside
    assert (export(of, TO_OUTSIDE) is not None) is outside


@pytest.mark.row("DEC-02", "POL-01")
def test_nothing_is_told_of_a_path_that_is_not_eligible_or_not_allowed() -> None:
    refused = path(reason="its next hop is unreachable")
    silent = Exporter(replace(TO_OUTSIDE, policy=EBGP_WITHOUT_POLICY))

    assert export(refused) is None
    assert Exporter(RULES).why_not(refused, b"") == "its next hop is unreachable"
    assert silent.export(path(by=CLIENT)) is None
    assert "8212" in silent.why_not(path(by=CLIENT), b"")


@pytest.mark.row("RRF-13")
def test_an_export_is_made_once() -> None:
    exporter = Exporter(RULES)
    of = path(by=CLIENT)

    assert exporter.export(of, key("10.0.0.0/8")) is exporter.export(of, key("10.1.0.0/16"))


@pytest.mark.parametrize("to", [TO_CLIENT, TO_NON_CLIENT, TO_OUTSIDE], ids=["client", "non-client", "external"])
@pytest.mark.parametrize("by", [CLIENT, OUTSIDE, OWN], ids=lambda by: by.name)
@pytest.mark.parametrize("four_octet_as", [True, False])
def test_the_peer_can_read_what_is_sent(by: Any, to: ExportRules, four_octet_as: bool) -> None:
    found = exported(path(full(), by=by), to, four_octet_as=four_octet_as)

    from pybgp.messages.context import Context

    read = update.block_of(
        found.attributes, found.next_hop, Context(kind=PeerKind(to.kind), four_octet_as=four_octet_as)
    )
    assert read is not None
    assert read.as_path[-1:] == (65001,)


# -- what a policy sets in so many words -------------------------------------------------------------------------------


def test_a_med_that_the_policy_sets_to_what_it_was_goes_outside() -> None:
    """RFC 4271 §5.1.4: another AS's MED stays inside, ours doesn't, even if it is the same number."""
    of = path(block((65001,), med=50), by=OUTSIDE)

    assert Code.MULTI_EXIT_DISC not in raws(exported(of, TO_OUTSIDE))
    assert int.from_bytes(raws(exported(of, TO_OUTSIDE, policy=policy(med=50)))[Code.MULTI_EXIT_DISC].value) == 50
    assert int.from_bytes(raws(exported(of, TO_OUTSIDE, policy=policy(med="+0")))[Code.MULTI_EXIT_DISC].value) == 50


@pytest.mark.parametrize(("next_hop", "expected"), [("198.51.100.7", "198.51.100.7"), ("keep", "198.51.100.7")])
def test_a_next_hop_that_the_policy_sets_to_what_it_was_is_kept(next_hop: str, expected: str) -> None:
    of = path(block((65001,), next_hop="198.51.100.7"), by=OUTSIDE)

    assert address_text(exported(of, TO_OUTSIDE).next_hop) == "192.0.2.254"
    assert address_text(exported(of, TO_OUTSIDE, policy=policy(next_hop=next_hop)).next_hop) == expected


@pytest.mark.parametrize("by", [CLIENT, OUTSIDE])
def test_a_policy_may_put_ourselves_as_next_hop_also_of_a_reflected_route(by: Any) -> None:
    of = path(block((65001,), next_hop="198.51.100.7"), by=by)

    assert address_text(exported(of, policy=policy(next_hop="self")).next_hop) == "192.0.2.254"


# -- borders inside and beside the AS ----------------------------------------------------------------------------------

REFLECTED = block((65001,), local_pref=70, originator_id="1.2.3.4", cluster_list=("9.9.9.8",))


def test_what_reflection_adds_ends_at_another_member_as() -> None:
    """ORIGINATOR_ID and CLUSTER_LIST are of one AS (RFC 4456 §8); LOCAL_PREF is of the confederation (RFC 5065 §5)."""
    found = raws(exported(path(REFLECTED, by=CLIENT), TO_OUTSIDE, kind=PeerKind.CONFEDERATION))

    assert found.keys() == {Code.ORIGIN, Code.AS_PATH, Code.NEXT_HOP, Code.LOCAL_PREF}


def test_a_next_hop_from_another_member_as_counts_as_inside() -> None:
    of = path(block(next_hop="192.0.2.9"), by=source("member", kind=PeerKind.CONFEDERATION))

    assert exported(of, TO_CLIENT, next_hop_mode="self").next_hop == address_octets("192.0.2.9")


def test_a_route_server_passes_on_nothing_that_belongs_inside_an_as() -> None:
    """RFC 7947 §2.2 is about what external peers may say at all."""
    found = raws(exported(path(REFLECTED, by=OUTSIDE), TO_OUTSIDE, route_server_client=True))

    assert found.keys() == {Code.ORIGIN, Code.AS_PATH, Code.NEXT_HOP}


@pytest.mark.parametrize(("mode", "marked"), [("auto", False), ("self_all", True)])
def test_what_we_reflect_is_marked_when_we_drain_if_its_traffic_comes_through_us(mode: str, marked: bool) -> None:
    """RFC 8326 §4."""
    found = raws(exported(path(block(), by=CLIENT), TO_NON_CLIENT, draining=True, next_hop_mode=mode))

    assert (Code.COMMUNITIES in found) is marked
