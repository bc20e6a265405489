"""RFC 5492 and the capabilities' own RFCs."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.messages.capabilities import (
    AddPath,
    AddPathMode,
    Capability,
    EnhancedRouteRefresh,
    ExtendedMessage,
    ExtendedNextHop,
    FourOctetAs,
    Fqdn,
    GracefulRestart,
    LongLivedGracefulRestart,
    MultipleLabels,
    MultiProtocol,
    Role,
    RouteRefresh,
    RouteRefreshCisco,
    UnknownCapability,
)
from pybgp.messages.capabilities.registry import decode, encode
from pybgp.messages.capabilities.role import ALLOWED_PAIRS
from tests.unit.messages.wire import IPV4, IPV6, octets

ON_THE_WIRE = [
    pytest.param(1, "0002 00 01", MultiProtocol(IPV6), "multiprotocol ipv6-unicast", id="multiprotocol"),
    pytest.param(2, "", RouteRefresh(), "route-refresh", id="route-refresh", marks=pytest.mark.row("CAP-09")),
    pytest.param(
        128, "", RouteRefreshCisco(), "route-refresh-cisco", id="route-refresh-cisco", marks=pytest.mark.row("CAP-09")
    ),
    pytest.param(
        5, "0001 0001 0002", ExtendedNextHop(((IPV4, 2),)), "extended-next-hop ipv4-unicast:2", id="extended-next-hop"
    ),
    pytest.param(
        8,
        "0001 04 02 0002 80 ff",
        MultipleLabels(((Family.IPV4_LABELED_UNICAST, 2), (Family.IPV6_VPN, 255))),
        "multiple-labels ipv4-labeled-unicast:2,ipv6-vpn:255",
        id="multiple-labels",
        marks=pytest.mark.row("AFI-07"),
    ),
    pytest.param(6, "", ExtendedMessage(), "extended-message", id="extended-message"),
    pytest.param(9, "03", Role(3), "role customer", id="role"),
    pytest.param(
        64,
        "c078 0001 01 80 0002 01 00",
        GracefulRestart(restarting=True, notification=True, restart_time=120, families=((IPV4, True), (IPV6, False))),
        "graceful-restart time 120 s, restarting, notification, ipv4-unicast forwarding, ipv6-unicast",
        id="graceful-restart",
    ),
    pytest.param(65, "00030d40", FourOctetAs(200000), "four-octet-as 200000", id="four-octet-as"),
    pytest.param(
        69,
        "0001 01 01 0002 01 03",
        AddPath(((IPV4, AddPathMode.RECEIVE), (IPV6, AddPathMode.BOTH))),
        "add-path ipv4-unicast:receive,ipv6-unicast:both",
        id="add-path",
    ),
    pytest.param(70, "", EnhancedRouteRefresh(), "enhanced-route-refresh", id="enhanced-route-refresh"),
    pytest.param(
        71,
        "0001 01 80 015180",
        LongLivedGracefulRestart(((IPV4, True, 86400),)),
        "long-lived-graceful-restart, ipv4-unicast forwarding stale time 86400 s",
        id="long-lived-graceful-restart",
    ),
    pytest.param(73, "05 6e6f646531 03 6c616e", Fqdn("node1", "lan"), "fqdn node1.lan", id="fqdn"),
    pytest.param(
        200,
        "0102",
        UnknownCapability(200, b"\1\2"),
        "capability-200 0102",
        id="unknown",
        marks=pytest.mark.row("CAP-01"),
    ),
]


@pytest.mark.parametrize(("code", "value", "capability", "text"), ON_THE_WIRE)
def test_a_capability_survives_the_wire(code: int, value: str, capability: Capability, text: str) -> None:
    assert decode(code, octets(value)) == capability
    assert encode([capability]) == bytes((code, len(octets(value)))) + octets(value)
    assert str(capability) == text


@pytest.mark.row("CAP-04")
def test_the_reserved_octet_of_multiprotocol_is_ignored() -> None:
    assert decode(1, octets("0001 ff 01")) == MultiProtocol(IPV4)


@pytest.mark.row("CAP-08")
@pytest.mark.parametrize(
    ("code", "value"),
    [
        (1, "0001 00"),
        (1, "0001 00 01 00"),
        (2, "00"),
        (5, "0001 0001"),
        (6, "00"),
        (9, ""),
        (9, "0000"),
        (64, ""),
        (64, "00"),
        (64, "0078 0001 01"),
        (65, "0000fd"),
        (65, "0000fde8 00"),
        (69, "0001 01"),
        (70, "00"),
        (71, "0001 01 80 0151"),
        (73, "05 6e6f"),
        (73, "01 61 01 62 00"),
        (128, "00"),
    ],
)
def test_a_wrong_length_counts_as_not_sent(code: int, value: str) -> None:
    found = decode(code, octets(value))

    assert found == UnknownCapability(code, octets(value))
    assert "malformed" in str(found)


@pytest.mark.row("CAP-10")
def test_only_three_pairs_of_roles_fit() -> None:
    fitting = {(ours, theirs) for ours in range(5) for theirs in range(5) if (ours, theirs) in ALLOWED_PAIRS}

    assert fitting == {(0, 3), (3, 0), (1, 2), (2, 1), (4, 4)}


@pytest.mark.row("CAP-12")
def test_an_unknown_add_path_mode_leaves_the_other_entries() -> None:
    assert decode(69, octets("0001 01 00 0002 01 02 0001 01 04")) == AddPath(((IPV6, AddPathMode.SEND),))


@pytest.mark.row("AFI-07")
def test_fewer_than_two_labels_are_no_multiple_labels() -> None:
    """RFC 8277 §2.1."""
    assert decode(8, octets("0001 04 01 0002 04 03 0001 80 00")) == MultipleLabels(((Family.IPV6_LABELED_UNICAST, 3),))
    assert decode(8, octets("0001 04 02 0002")) == UnknownCapability(8, octets("0001 04 02 0002"))


@pytest.mark.row("CAP-14")
def test_extended_next_hop_has_triples() -> None:
    found = decode(5, octets("0001 0001 0002 0001 0080 0002"))

    assert found == ExtendedNextHop(((IPV4, 2), (Family(1, 128), 2)))


@pytest.mark.row("CAP-15")
def test_reserved_bits_of_graceful_restart_survive_and_show() -> None:
    value = octets("7078 0001 01 81 0002 01 00")

    found = decode(64, value)

    assert isinstance(found, GracefulRestart)
    assert found.notification
    assert not found.restarting
    assert found.encode() == value
    assert "reserved bits 3 01,00" in str(found)


@pytest.mark.row("CAP-15", "GRS-12")
def test_graceful_restart_may_name_no_family() -> None:
    assert decode(64, octets("0000")) == GracefulRestart()


@pytest.mark.row("CAP-16")
def test_llgr_has_24_bit_times() -> None:
    assert decode(71, octets("0001 01 00 ffffff")) == LongLivedGracefulRestart(((IPV4, False, 0xFFFFFF),))


def test_a_long_host_name_is_cut_at_a_border_of_characters() -> None:
    assert Fqdn("x" * 62 + "ü").encode() == b"\x3e" + b"x" * 62 + b"\0"


def test_a_host_name_that_is_no_utf_8_is_shown_escaped() -> None:
    assert decode(73, b"\2a\xff\0") == Fqdn("a\\xff", "")
