"""Two OPENs and what they come to: matrix section 2, as far as it needs a configuration (RFC 4271 §6.2)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.errors import (
    BadBgpIdentifier,
    BadPeerAs,
    ProtocolError,
    RoleMismatch,
    UnacceptableHoldTime,
    UnsupportedCapability,
    UnsupportedVersionNumber,
)
from pybgp.fsm.negotiate import Negotiated, negotiate
from pybgp.fsm.offer import open_message
from pybgp.fsm.settings import FamilySettings, SessionSettings
from pybgp.messages.capabilities import (
    AddPath,
    AddPathMode,
    EnhancedRouteRefresh,
    ExtendedMessage,
    ExtendedNextHop,
    FourOctetAs,
    Fqdn,
    GracefulRestart,
    MultiProtocol,
    Role,
    RouteRefresh,
    RouteRefreshCisco,
    UnknownCapability,
)
from pybgp.messages.context import PeerKind
from pybgp.messages.open import Open

from .rig import OUR_AS, OUR_ID, PEER_AS, PEER_ID, peer_open, settings

V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST
BOTH = {V4: FamilySettings(), V6: FamilySettings()}
KINDS = {"ibgp": PeerKind.INTERNAL, "ebgp": PeerKind.EXTERNAL}


def agree(ours: SessionSettings, theirs: Open) -> Negotiated:
    """What our OPEN and theirs come to, theirs having gone over the wire."""
    return negotiate(ours, open_message(ours), Open.decode(theirs.encode()[19:]))


def speaks(*capabilities: object, my_as: int = PEER_AS, **changes: Any) -> Open:
    """The peer's OPEN with just these capabilities."""
    return peer_open(my_as=my_as, capabilities=capabilities, **changes)


REFUSED = [
    ("OPN-01", speaks(version=3), {}, UnsupportedVersionNumber, "0004"),
    ("OPN-01", speaks(version=255), {}, UnsupportedVersionNumber, "0004"),
    ("OPN-02", speaks(my_as=64999), {}, BadPeerAs, None),
    ("OPN-02", speaks(FourOctetAs(70000), my_as=23456), {"remote_as": 70001}, BadPeerAs, None),
    ("OPN-02", speaks(my_as=OUR_AS), {"remote_as": None}, BadPeerAs, None),
    ("OPN-02", speaks(), {"remote_as": None, "kind": PeerKind.INTERNAL}, BadPeerAs, None),
    ("OPN-03", speaks(my_as=0), {"remote_as": None}, BadPeerAs, None),
    ("OPN-03", speaks(FourOctetAs(PEER_AS), my_as=0), {}, BadPeerAs, None),
    ("OPN-04", speaks(FourOctetAs(64999)), {}, BadPeerAs, None),
    ("OPN-04", speaks(FourOctetAs(PEER_AS), my_as=64999), {}, BadPeerAs, None),
    ("OPN-05", speaks(FourOctetAs(0)), {}, BadPeerAs, None),
    ("OPN-06", speaks(my_as=23456), {}, BadPeerAs, None),
    ("OPN-06", speaks(my_as=23456), {"remote_as": None}, BadPeerAs, None),
    ("OPN-07", speaks(hold_time=1), {}, UnacceptableHoldTime, "0001"),
    ("OPN-07", speaks(hold_time=2), {}, UnacceptableHoldTime, "0002"),
    ("OPN-09", speaks(router_id=bytes(4)), {}, BadBgpIdentifier, None),
    ("OPN-11", speaks(my_as=OUR_AS, router_id=OUR_ID), {"remote_as": OUR_AS, "kind": PeerKind.INTERNAL},
     BadBgpIdentifier, None),
    ("CAP-03", speaks(MultiProtocol(V4)), {"families": BOTH, "required_families": frozenset({V6})},
     UnsupportedCapability, "0104 0002 00 01"),
    ("CAP-07", speaks(MultiProtocol(V6)), {"required_families": frozenset({V4})},
     UnsupportedCapability, "0104 0001 00 01"),
    ("CAP-11", speaks(Role(0), Role(3)), {}, RoleMismatch, None),
    ("CAP-11", speaks(), {"role": 0, "role_strict": True}, RoleMismatch, None),
]  # fmt: skip


@pytest.mark.parametrize("path", ["decoded", "made by hand"])
@pytest.mark.parametrize(
    ("theirs", "ours", "error", "data"),
    [pytest.param(*case[1:], id=f"{case[0]}-{n}", marks=pytest.mark.row(case[0])) for n, case in enumerate(REFUSED)],
)
def test_an_open_is_refused(
    theirs: Open, ours: dict[str, Any], error: type[ProtocolError], data: str | None, path: str
) -> None:
    """Code, subcode and data, whether the codec or the negotiation sees it first."""
    mine = settings(**ours)

    with pytest.raises(error) as refused:
        agree(mine, theirs) if path == "decoded" else negotiate(mine, open_message(mine), theirs)

    assert (refused.value.code, refused.value.subcode) == (2, error.subcode)
    if data is not None:
        assert refused.value.data == bytes.fromhex(data)


ACCEPTED = [
    ("OPN-04", speaks(FourOctetAs(PEER_AS), my_as=23456), {}),
    ("OPN-04", speaks(FourOctetAs(70000), my_as=23456), {"remote_as": 70000}),
    ("OPN-06", speaks(my_as=23456), {"remote_as": 23456}),
    ("OPN-10", speaks(router_id=bytes((224, 0, 0, 1))), {}),
    ("OPN-10", speaks(router_id=bytes((127, 0, 0, 1))), {}),
    ("OPN-10", speaks(router_id=b"\xff" * 4), {}),
    ("OPN-11", speaks(router_id=OUR_ID), {}),
    ("OPN-15", speaks(*(UnknownCapability(200, bytes(250)) for _ in range(2))), {}),
    ("CAP-01", speaks(UnknownCapability(200, b"junk")), {}),
    ("CAP-11", speaks(Role(3), Role(3)), {"role": 0}),
    ("CAP-11", speaks(), {"role": 0}),
]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [pytest.param(*case[1:], id=f"{case[0]}-{n}", marks=pytest.mark.row(case[0])) for n, case in enumerate(ACCEPTED)],
)
def test_an_open_is_accepted(theirs: Open, ours: dict[str, Any]) -> None:
    agreed = agree(settings(**ours), theirs)

    assert agreed.remote_as == (theirs.asn)
    assert agreed.remote_router_id == theirs.router_id
    assert agreed.capabilities == theirs.capabilities


@pytest.mark.row("OPN-08", "TMR-03")
@pytest.mark.parametrize(
    ("ours", "theirs", "hold", "keepalive"),
    [(90, 90, 90, 30), (90, 3, 3, 1), (3, 65535, 3, 1), (90, 0, 0, 0), (0, 90, 0, 0), (65535, 65535, 65535, 21845)],
)
def test_the_shorter_hold_time_counts(ours: int, theirs: int, hold: int, keepalive: int) -> None:
    """RFC 4271 §4.2; 0 on either side means no timers."""
    agreed = agree(settings(hold_time=ours), speaks(hold_time=theirs))

    assert (agreed.hold_time, agreed.keepalive_time) == (hold, keepalive)


@pytest.mark.row("KAL-01")
@pytest.mark.parametrize(("configured", "hold", "keepalive"), [(10, 90, 10), (60, 90, 30), (10, 9, 3), (10, 0, 0)])
def test_a_configured_keepalive_time_is_at_most_a_third_of_the_hold_time(
    configured: int, hold: int, keepalive: float
) -> None:
    """RFC 4271 §4.4."""
    assert agree(settings(keepalive_time=configured), speaks(hold_time=hold)).keepalive_time == keepalive


@pytest.mark.parametrize(
    ("capabilities", "families"),
    [
        pytest.param((MultiProtocol(V4), MultiProtocol(V6)), {V4, V6}, marks=pytest.mark.row("CAP-04"), id="CAP-04"),
        pytest.param((MultiProtocol(V6),), {V6}, marks=pytest.mark.row("CAP-06"), id="CAP-06"),
        pytest.param((), {V4}, marks=pytest.mark.row("CAP-05"), id="CAP-05"),
        pytest.param((RouteRefresh(),), {V4}, marks=pytest.mark.row("CAP-05"), id="CAP-05-others"),
        pytest.param((MultiProtocol(Family(1, 128)),), set(), marks=pytest.mark.row("CAP-07"), id="CAP-07"),
        pytest.param((MultiProtocol(V6),) * 2, {V6}, marks=pytest.mark.row("CAP-02"), id="CAP-02"),
    ],
)
def test_a_family_is_used_when_both_offer_it(capabilities: tuple[object, ...], families: set[Family]) -> None:
    """RFC 4760 §8."""
    assert agree(settings(families=BOTH), speaks(*capabilities)).families == families


@pytest.mark.row("CAP-08")
@pytest.mark.parametrize("code", [1, 2, 5, 6, 9, 64, 65, 69, 70, 71, 73])
def test_a_known_capability_of_a_wrong_length_counts_as_not_sent(code: int) -> None:
    """RFC 5492 §3 and the capability's own."""
    value = b"\3\3" if code == 9 else b"\1"

    agreed = agree(settings(families=BOTH, role=0), speaks(UnknownCapability(code, value)))

    assert agreed.families == {V4}
    assert not agreed.four_octet_as
    assert not agreed.route_refresh
    assert agreed.graceful_restart is None
    assert agreed.capabilities == (UnknownCapability(code, value),)
    assert agreed.remote_role is None


@pytest.mark.row("CAP-02")
def test_of_capabilities_sent_twice_the_last_counts_or_they_add_up() -> None:
    """RFC 5492 §4; RFC 4724 §3 for the last, RFC 4760 and 7911 for the sum."""
    both_ways = {family: FamilySettings(add_path_receive=True, add_path_send=True) for family in (V4, V6)}
    theirs = speaks(
        MultiProtocol(V4),
        MultiProtocol(V6),
        GracefulRestart(restart_time=10),
        AddPath(((V4, AddPathMode.SEND),)),
        GracefulRestart(restart_time=20),
        AddPath(((V4, AddPathMode.RECEIVE), (V6, AddPathMode.SEND))),
    )

    agreed = agree(settings(families=both_ways, graceful_restart="helper"), theirs)

    assert agreed.graceful_restart is not None
    assert agreed.graceful_restart.restart_time == 20
    assert agreed.add_path_receive == {V4, V6}
    assert agreed.add_path_send == {V4}


@pytest.mark.row("CAP-09")
@pytest.mark.parametrize("capability", [RouteRefresh(), RouteRefreshCisco()], ids=["2", "128"])
def test_either_code_of_route_refresh_will_do(capability: object) -> None:
    """RFC 2918 §2."""
    assert agree(settings(), speaks(capability)).route_refresh
    assert not agree(settings(), speaks()).route_refresh


@pytest.mark.row("CAP-10")
@pytest.mark.parametrize(("ours", "theirs"), list(itertools.product(range(5), range(5))))
def test_roles_must_fit(ours: int, theirs: int) -> None:
    """RFC 9234 §4.2, table 2: all 25 pairs."""
    fitting = {(0, 3), (3, 0), (1, 2), (2, 1), (4, 4)}
    mine = settings(role=ours)

    if (ours, theirs) in fitting:
        agreed = agree(mine, speaks(Role(theirs)))
        assert (agreed.local_role, agreed.remote_role) == (ours, theirs)
    else:
        with pytest.raises(RoleMismatch):
            agree(mine, speaks(Role(theirs)))


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ((4,), "the peer's role is peer, which does not fit (RFC 9234 §4.2); ours is rs, so it must be rs-client"),
        ((9,), "the peer's role is 9, which does not fit (RFC 9234 §4.2); ours is rs, so it must be rs-client"),
        ((), "the peer says no role, which role_strict asks for (RFC 9234 §4.2); ours is rs, so it must be rs-client"),
        ((0, 2), "the peer says several roles at once (provider, rs-client), expected one (RFC 9234 §4.2)"),
    ],
)
def test_a_role_mismatch_is_said_in_words(theirs: tuple[int, ...], expected: str) -> None:
    """Operators know roles by name: numbers would send them to the RFC."""
    with pytest.raises(RoleMismatch) as caught:
        agree(settings(role=1, role_strict=True), speaks(*map(Role, theirs)))

    assert str(caught.value) == expected


@pytest.mark.row("CAP-10")
def test_roles_mean_nothing_inside_an_as() -> None:
    """RFC 9234 §4: between ASes only."""
    mine = settings(role=0, role_strict=True, kind=PeerKind.INTERNAL, remote_as=OUR_AS)

    assert agree(mine, speaks(Role(0), my_as=OUR_AS)).remote_role is None


@pytest.mark.row("ADP-02", "CAP-12")
@pytest.mark.parametrize("ours", list(itertools.product((False, True), (False, True))))
@pytest.mark.parametrize("theirs", [0, 1, 2, 3])
def test_path_identifiers_need_a_sender_and_a_receiver(ours: tuple[bool, bool], theirs: int) -> None:
    """RFC 7911 §4, each direction by itself; another mode is no entry at all."""
    receive, send = ours
    mine = settings(families={V4: FamilySettings(add_path_receive=receive, add_path_send=send)})
    octets = bytes.fromhex("0001 01") + bytes((theirs,)) + bytes.fromhex("0001 01 04")

    agreed = agree(mine, speaks(MultiProtocol(V4), UnknownCapability(69, octets)))

    assert (V4 in agreed.add_path_receive) == (receive and theirs in (2, 3))
    assert (V4 in agreed.add_path_send) == (send and theirs in (1, 3))


@pytest.mark.row("CAP-13", "EXM-01")
@pytest.mark.parametrize(("ours", "theirs"), list(itertools.product((False, True), (False, True))))
def test_large_messages_go_to_whoever_said_it_takes_them(ours: bool, theirs: bool) -> None:
    """RFC 8654 §4."""
    agreed = agree(settings(extended_messages=ours), speaks(*[ExtendedMessage()] * theirs))

    assert agreed.context.max_receive == (65535 if ours else 4096)
    assert agreed.context.max_send == (65535 if theirs else 4096)
    assert agreed.extended_messages == (ours and theirs)


@pytest.mark.row("CAP-14")
@pytest.mark.parametrize(("ours", "theirs"), list(itertools.product((False, True), (False, True))))
def test_an_extended_next_hop_needs_both(ours: bool, theirs: bool) -> None:
    """RFC 8950 §4; another AFI than IPv6 is not what we can do."""
    mine = settings(families={V4: FamilySettings(extended_next_hop=ours)})
    sent = ExtendedNextHop(((V4, 2 if theirs else 1),))

    assert (V4 in agree(mine, speaks(sent)).context.extended_next_hop) == (ours and theirs)


@pytest.mark.row("CAP-15")
def test_graceful_restart_is_what_the_peer_promises() -> None:
    """RFC 4724 §3, RFC 8538 §2: N counts when both set it."""
    theirs = speaks(
        GracefulRestart(restarting=True, notification=True, restart_time=4095, families=((V4, True), (V6, False)))
    )

    agreed = agree(settings(graceful_restart="helper"), theirs).graceful_restart
    one_sided = agree(settings(graceful_restart="helper", notification_gr=False), theirs).graceful_restart

    assert agreed is not None
    assert one_sided is not None
    assert (agreed.restart_time, agreed.restarting, agreed.families) == (4095, True, {V4: True, V6: False})
    assert agreed.notification
    assert not one_sided.notification
    assert agree(settings(graceful_restart="off"), theirs).graceful_restart is None
    assert agree(settings(graceful_restart="helper"), speaks()).graceful_restart is None


@pytest.mark.row("CAP-17", "OPN-18")
def test_the_open_we_send() -> None:
    """RFC 4271 §4.2, RFC 5492 §4: one parameter, the capabilities in this order."""
    ours = settings(
        local_as=70000,
        hold_time=180,
        families={V4: FamilySettings(add_path_receive=True, extended_next_hop=True), V6: FamilySettings()},
        graceful_restart="both",
        restart_time=120,
        forwarding_preserved=frozenset({V6}),
        restarting=True,
        role=3,
        host_name="node-1",
    )

    octets = open_message(ours).encode()

    assert octets[18:] == bytes.fromhex(
        "01"  # OPEN
        "04 5ba0 00b4 c0000201"  # version, AS_TRANS, hold time, identifier
        "41 02 3f"  # parameters, type 2, length
        "01 04 00010001"
        "01 04 00020001"
        "02 00"
        "05 06 000100010002"
        "06 00"
        "09 01 03"
        "40 0a c078 0001 01 00 0002 01 80"  # R and N, 120 s, F for IPv6
        "41 04 00011170"
        "45 04 0001 01 01"
        "46 00"
        "49 08 06 6e6f64652d31 00"
    )


@pytest.mark.row("GRS-12")
def test_a_helper_offers_graceful_restart_without_families() -> None:
    """RFC 4724 §3: "I send End-of-RIB"."""
    offered = open_message(settings(graceful_restart="helper", restart_time=90, restarting=True)).find(GracefulRestart)

    assert offered == GracefulRestart(notification=True, restart_time=90)


@pytest.mark.row("CAP-17")
def test_what_is_switched_off_is_not_offered() -> None:
    off = settings(
        route_refresh=False,
        enhanced_refresh=False,
        extended_messages=False,
        four_octet_as=False,
        role=4,
        kind=PeerKind.INTERNAL,
    )

    assert open_message(off).capabilities == (MultiProtocol(V4),)
    assert open_message(off, plain=True).capabilities == ()


def test_what_both_can_do_is_the_same_seen_from_either_side() -> None:
    """Negotiation has no sides: A's view of A and B is B's with the directions swapped."""
    everything = {family: FamilySettings(add_path_receive=True, extended_next_hop=True) for family in (V4, V6)}
    a = settings(families=everything, graceful_restart="both", host_name="a")
    b = replace(
        settings(families={V4: FamilySettings(add_path_send=True)}, hold_time=30, host_name="b"),
        local_as=PEER_AS,
        remote_as=OUR_AS,
        router_id=PEER_ID,
    )
    open_a, open_b = open_message(a), open_message(b)

    at_a, at_b = negotiate(a, open_a, open_b), negotiate(b, open_b, open_a)

    assert at_a.families == at_b.families == {V4}
    assert at_a.add_path_receive == at_b.add_path_send == {V4}
    assert at_a.add_path_send == at_b.add_path_receive == frozenset()
    assert at_a.hold_time == at_b.hold_time == 30
    assert (at_a.host_name, at_b.host_name) == ("b", "a")
    assert open_b.find(Fqdn) == Fqdn("b")
    assert open_b.find(EnhancedRouteRefresh) is not None
    assert at_a.enhanced_refresh is at_b.enhanced_refresh is True


@pytest.mark.row("CAP-16")
def test_long_lived_graceful_restart_is_void_without_graceful_restart() -> None:
    """RFC 9494 §3.1."""
    agreed = agree(settings(graceful_restart="helper"), speaks(UnknownCapability(71, bytes(7))))

    assert agreed.graceful_restart is None


def test_a_session_over_loopback_says_so() -> None:
    """Its next hops may be loopback addresses."""
    ours = settings()

    assert negotiate(ours, open_message(ours), peer_open(), loopback=True).context.loopback
    assert not negotiate(ours, open_message(ours), peer_open()).context.loopback
