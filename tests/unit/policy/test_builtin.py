"""What holds without being configured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import address_octets
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.messages.context import PeerKind
from pybgp.policy.builtin import ACCEPT_ALL, EBGP_WITHOUT_POLICY, REJECT_ALL, import_check, may_advertise
from pybgp.routes import Source

from .made import PEER, accepted, block, refused, route

INTERNAL, EXTERNAL, CONFEDERATION = PeerKind.INTERNAL, PeerKind.EXTERNAL, PeerKind.CONFEDERATION
INSIDE = replace(PEER, peer_kind=INTERNAL, remote_as=64512)


@pytest.mark.parametrize(
    ("community", "kept_from"),
    [
        pytest.param("no-export", {EXTERNAL}, id="COM-01", marks=pytest.mark.row("COM-01")),
        pytest.param("no-advertise", set(PeerKind), id="COM-02", marks=pytest.mark.row("COM-02")),
        pytest.param("no-export-subconfed", {EXTERNAL, CONFEDERATION}, id="COM-03", marks=pytest.mark.row("COM-03")),
        pytest.param("nopeer", set(), id="COM-04", marks=pytest.mark.row("COM-04")),
        pytest.param("65535:65280", set(), id="unassigned"),
        pytest.param("64512:7", set(), id="ordinary"),
    ],
)
def test_a_well_known_community_keeps_a_route_from_these_peers(community: str, kept_from: set[PeerKind]) -> None:
    """RFC 1997, RFC 3765."""
    carrying = block(communities=["65001:1", community])

    assert {kind for kind in PeerKind if may_advertise(carrying, kind)} == kept_from


def test_octets_that_only_look_like_a_well_known_community_keep_nothing() -> None:
    """Across two communities, in another attribute, in a large community."""
    crossing = block(communities=["1:65535", "65535:257"])
    elsewhere = block((65001, 0xFFFFFF01), med=0xFFFFFF02, communities=["1:1", "4294967041:4294967042:4294967043"])

    assert b"\xff\xff\xff\x01" in crossing.octets
    assert [may_advertise(found, kind) for found in (crossing, elsewhere) for kind in PeerKind] == [None] * 6


def check(received: Block, source: Source = PEER, **given: Any) -> str | None:
    rules: dict[str, Any] = {
        "local_as": 64512,
        "router_id": address_octets("192.0.2.1"),
        "cluster_ids": frozenset({address_octets("192.0.2.100")}),
        "own_addresses": frozenset(map(address_octets, ("198.51.100.2", "2001:db8::2", "fe80::2"))),
        "allowas_in": 0,
        "enforce_first_as": True,
    }
    return import_check(**(rules | given))(received, source)


def test_an_ordinary_route_is_fine() -> None:
    assert check(block((65001, 65002))) is None
    assert check(block((), next_hop="198.51.100.9"), INSIDE) is None


@pytest.mark.row("ASP-04")
@pytest.mark.parametrize(
    ("path", "times"),
    [
        pytest.param((65001, 64512), 1, id="once"),
        pytest.param((65001, 64512, 64512), 2, id="twice"),
        pytest.param(
            AsPath((Segment(SegmentType.AS_SEQUENCE, (65001,)), Segment(SegmentType.AS_SET, (7, 64512)))),
            1,
            id="in-set",
        ),
        pytest.param(
            AsPath((Segment(SegmentType.AS_CONFED_SEQUENCE, (64512,)), Segment(SegmentType.AS_SEQUENCE, (65001,)))),
            1,
            id="in-confederation",
        ),
    ],
)
def test_our_own_as_may_be_in_the_path_as_often_as_allowed(path: AsPath | tuple[int, ...], times: int) -> None:
    """RFC 4271 §9.1.2; inside sets and confederation segments too."""
    looping = block(path)

    assert check(looping, allowas_in=times - 1) == "our own AS 64512 is in its AS_PATH (RFC 4271 §9.1.2)"
    assert check(looping, allowas_in=times) is None


@pytest.mark.row("ASP-04")
def test_our_own_as_number_elsewhere_is_no_loop() -> None:
    """The same octets across two AS numbers, and in other attributes."""
    shifted = block((65001, 64512 << 8, 7), med=64512, local_pref=64512, communities=["0:64512"])

    assert (64512).to_bytes(4) in shifted.octets
    assert check(shifted) is None


@pytest.mark.parametrize(
    "path",
    [
        pytest.param((65002, 65001), id="ASP-05-another", marks=pytest.mark.row("ASP-05")),
        pytest.param(
            AsPath((Segment(SegmentType.AS_SET, (65001,)),)), id="ASP-05-set-first", marks=pytest.mark.row("ASP-05")
        ),
        pytest.param((), id="ASP-06-empty", marks=pytest.mark.row("ASP-06")),
    ],
)
def test_an_external_path_begins_with_the_peers_as(path: AsPath | tuple[int, ...]) -> None:
    """RFC 4271 §6.3; a choice, and nothing to ask of internal peers."""
    received = block(path)

    assert check(received) == "its AS_PATH does not begin with AS 65001, the peer's (RFC 4271 §6.3)"
    assert check(received, enforce_first_as=False) is None
    assert check(received, INSIDE) is None


@pytest.mark.row("RRF-07")
def test_our_own_originator_id_comes_back_to_nobody() -> None:
    """RFC 4456 §8."""
    ours = block().replace(set=(OriginatorId(address_octets("192.0.2.1")),))
    another = block().replace(set=(OriginatorId(address_octets("192.0.2.100")),))

    assert check(ours, INSIDE) == "its ORIGINATOR_ID is our own router id (RFC 4456 §8)"
    assert check(another, INSIDE) is None


@pytest.mark.row("RRF-08")
def test_our_own_cluster_id_in_the_cluster_list_is_a_loop() -> None:
    """RFC 4456 §8; a cluster id, not octets that look like one across two."""
    passed = block().replace(set=(ClusterList(tuple(map(address_octets, ("192.0.2.7", "192.0.2.100")))),))
    crossing = block().replace(set=(ClusterList(tuple(map(address_octets, ("1.192.0.2", "100.1.1.1")))),))

    assert check(passed, INSIDE) == "our own CLUSTER_ID is in its CLUSTER_LIST (RFC 4456 §8)"
    assert check(crossing, INSIDE) is None


@pytest.mark.row("ATT-12")
@pytest.mark.parametrize("next_hop", ["198.51.100.2", "2001:db8::2"])
def test_a_next_hop_that_is_ourselves_is_no_way(next_hop: str) -> None:
    """RFC 4271 §6.3 a."""
    assert check(block(next_hop=next_hop)) == "its next hop is one of our own addresses (RFC 4271 §6.3)"


@pytest.mark.row("ATT-12")
@pytest.mark.parametrize(
    ("wide", "link_local", "ours"),
    [("2001:db8::2", "fe80::9", True), ("2001:db8::9", "fe80::2", True), ("2001:db8::9", "fe80::9", False)],
)
def test_neither_half_of_two_next_hops_may_be_ourselves(wide: str, link_local: str, ours: bool) -> None:
    """RFC 2545 §3."""
    received = block().replace(next_hop=address_octets(wide) + address_octets(link_local))

    assert (check(received) is not None) is ours


def test_accept_all_passes_the_same_block() -> None:
    given = route()

    assert accepted(ACCEPT_ALL.evaluate(given)) is given.block
    assert not ACCEPT_ALL.reads_prefix


@pytest.mark.row("POL-01")
def test_without_policy_nothing_passes_an_external_peer_and_the_reason_names_the_rfc() -> None:
    """RFC 8212 §2."""
    assert refused(EBGP_WITHOUT_POLICY.evaluate(route())) == "no policy for this external peer (RFC 8212)"


def test_reject_all_says_why() -> None:
    assert refused(REJECT_ALL("maintenance").evaluate(route())) == "maintenance"
