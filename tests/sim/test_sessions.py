"""What whole speakers do when sessions come and go: RFC 4271 §9, RFC 4724, RFC 2918, RFC 7313, RFC 8212."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.config.model import (
    DynamicPeersConfig,
    FamilyConfig,
    GracefulRestartConfig,
    MaxPrefixesConfig,
    PeerConfig,
    TimersConfig,
)
from pybgp.constants import RefreshSubtype
from pybgp.messages.attributes import fast
from pybgp.messages.families.ipv4_unicast import IPV4_UNICAST
from pybgp.messages.families.ipv6_unicast import IPV6_UNICAST
from pybgp.messages.open import Open
from pybgp.messages.refresh import RouteRefresh
from pybgp.speaker.martians import destinations

from .world import Node, World, ebgp, established, ibgp

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
P, Q, R = "10.65.1.0/26", "10.65.2.0/26", "10.65.3.0/26"
OFF = GracefulRestartConfig(role="off")
BOTH = GracefulRestartConfig(role="both", restart_time=60)


def pair(
    world: World, one: PeerConfig, other: PeerConfig, *, asns: tuple[int, int] = (64512, 64512), **options: object
):  # type: ignore[no-untyped-def]
    nodes = world.add(A, asn=asns[0], peers=[one], **options), world.add(B, asn=asns[1], peers=[other], **options)
    established(world, *nodes)
    return nodes


@pytest.mark.row("SND-03", "DEC-14", "SND-08")
def test_a_change_is_told_once_and_nothing_when_nothing_changed(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A))
    one.announce(P)
    world.run_until(lambda: two.has(P))
    world.advance(1)
    world.wire.clear()

    one.announce(P)
    one.withdraw(P)
    world.run_until(lambda: not two.has(P))
    world.advance(1)

    updates = [data for node, data in world.wire if node is one and data[18] == 2]
    assert len(updates) == 1


def test_no_update_waits_for_a_pattern_to_be_compiled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 0.1 s, for which everything in the loop had to wait; it is done when the peer is configured."""
    monkeypatch.setattr(fast, "_patterns", fast._Patterns())
    for codec in (IPV4_UNICAST, IPV6_UNICAST):
        for name in ("_keys", "_keys_behind_ids", "_ids_and_keys"):
            monkeypatch.setattr(codec, name, None)
    destinations.cache_clear()
    both = {family: FamilyConfig(add_path="both") for family in (Family.IPV4_UNICAST, Family.IPV6_UNICAST)}
    one, two = pair(world, ibgp(B, families=both), ibgp(A, families=both))

    compiled: list[object] = []
    compile_ = re.compile
    monkeypatch.setattr(re, "compile", lambda *pattern: compiled.append(pattern) or compile_(*pattern))
    one.announce(P)
    one.announce("2001:db8:65::/48")

    world.run_until(lambda: two.has(P) and two.has("2001:db8:65::/48"))
    assert not compiled


@pytest.mark.row("FSM-51", "GRS-13", "UPD-16")
def test_end_of_rib_follows_the_initial_routes(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A))
    world.advance(1)

    assert two.core.sessions.peers[A].received_end_of_rib == {Family.IPV4_UNICAST}
    assert one.core.sessions.peers[B].received_end_of_rib == {Family.IPV4_UNICAST}


@pytest.mark.row("POL-01")
def test_an_external_peer_without_policy_gets_and_gives_nothing_and_this_is_said_once(world: World) -> None:
    one, two = pair(world, PeerConfig(B, remote_as=65002), ebgp(A, 65001), asns=(65001, 65002))
    one.announce(P)
    two.announce(Q)
    world.run_until(lambda: one.received(Q, B) is not None)
    world.advance(1)

    path = one.received(Q, B)
    assert path is not None
    assert path.accepted is None
    assert "8212" in path.reason
    assert two.received(P, A) is None
    assert len(one.said("ebgp_without_policy")) == 1


@pytest.mark.row("FSM-42", "DEC-02")
def test_a_lost_session_without_graceful_restart_takes_its_routes_along(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A), graceful_restart=OFF)
    two.announce(P)
    world.run_until(lambda: one.has(P))

    world.kill(two)
    world.advance(1)

    assert one.best(P) is None


@pytest.mark.row("GRS-01", "GRS-04")
def test_a_restarting_peers_routes_stay_until_it_has_sent_them_again(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A), graceful_restart=BOTH)
    two.announce(P)
    two.announce(Q)
    world.run_until(lambda: one.has(P, Q))

    world.kill(two)
    world.advance(5)
    assert one.has(P, Q)
    assert one.counters(B).families[Family.IPV4_UNICAST].stale == 2

    again = world.add(B, peers=[ibgp(A)], graceful_restart=BOTH, preserved=frozenset({Family.IPV4_UNICAST}))
    again.announce(P)
    world.run_until(lambda: one.best(Q) is None, limit=100)
    assert one.has(P)


@pytest.mark.row("GRS-04")
@pytest.mark.parametrize("damping", [False, True], ids=["plain", "damped"])
def test_what_a_peer_that_is_back_has_not_sent_again_is_counted_as_stale(world: World, damping: bool) -> None:
    """Until End-of-RIB; at every moment it is what the routes say of themselves."""
    one, two = pair(world, ebgp(B, 65001, damping=damping), ebgp(A, 64512), asns=(64512, 65001), graceful_restart=BOTH)
    for prefix in (P, Q, R):
        two.announce(prefix)
    world.run_until(lambda: one.has(P, Q, R))
    world.kill(two)
    world.advance(5)
    preserved = frozenset({Family.IPV4_UNICAST})
    again = world.add(B, asn=65001, peers=[ebgp(A, 64512)], graceful_restart=BOTH, preserved=preserved)
    again.announce(P)
    seen = []

    def all_told() -> bool:
        status = one.counters(B)
        stale = status.families[Family.IPV4_UNICAST].stale
        assert stale == sum(view.stale for view in one.core.route_views(direction="received"))
        if status.state == "established" and stale not in seen:
            seen.append(stale)
        return status.graceful_restart == "helper"

    world.run_until(all_told, limit=100)

    assert seen == [3, 2, 0]
    assert one.counters(B).families[Family.IPV4_UNICAST].received == 1


@pytest.mark.row("GRS-10")
def test_another_configuration_does_not_end_our_own_restart(world: World) -> None:
    """Sessions that come up later still say Restart State and Forwarding State (RFC 4724 §4.1)."""
    one, two = pair(world, ibgp(B), ibgp(A), graceful_restart=BOTH)
    two.announce(P)
    world.run_until(lambda: one.has(P))
    world.kill(two)
    again = world.add(B, peers=[ibgp(A)], graceful_restart=BOTH, preserved=frozenset({Family.IPV4_UNICAST}))

    again.core.reconfigure(replace(again.core.config, peers=(ibgp(A, hold_time=80),)), world.now)
    again.core.reconfigure(replace(again.core.config, default_local_pref=80), world.now)
    world.pump(again)
    established(world, one)

    negotiated = one.core.sessions.peers[B].negotiated
    assert negotiated is not None
    assert negotiated.graceful_restart is not None
    assert negotiated.graceful_restart.restarting
    assert one.has(P)


@pytest.mark.row("GRS-02")
def test_stale_routes_go_when_the_peer_does_not_return(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A), graceful_restart=BOTH)
    two.announce(P)
    world.run_until(lambda: one.has(P))

    world.kill(two)
    world.advance(59)
    assert one.has(P)
    world.advance(3)
    assert not one.has(P)


@pytest.mark.row("GRS-03")
def test_stale_routes_go_at_once_when_forwarding_was_not_preserved(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A), graceful_restart=BOTH)
    two.announce(P)
    world.run_until(lambda: one.has(P))
    world.kill(two)
    world.advance(1)

    again = world.add(B, peers=[ibgp(A)], graceful_restart=BOTH)
    established(world, again)
    world.advance(1)
    assert one.best(P) is None


@pytest.mark.row("NTF-02", "FSM-39")
def test_an_orderly_stop_says_so_and_the_routes_go(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A), graceful_restart=BOTH)
    two.announce(P)
    world.run_until(lambda: one.has(P))

    two.core.stop(world.now)
    world.pump(two)
    world.advance(1)

    assert "Administrative Shutdown" in one.counters(B).last_error or "shutdown" in one.counters(B).last_error.lower()


@pytest.mark.row("RFR-01", "RFR-03", "ADP-06")
def test_a_refresh_brings_everything_again_between_its_marks(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A))
    one.announce(P)
    world.run_until(lambda: two.has(P))
    world.advance(1)
    world.wire.clear()

    two.core.refresh_peer(A, world.now)
    world.pump(two)
    world.advance(1)

    answer = b"".join(data for node, data in world.wire if node is one)
    kinds = []
    while answer:
        size = int.from_bytes(answer[16:18])
        kinds.append((answer[18], answer[21] if answer[18] == 5 else None))
        answer = answer[size:]
    assert kinds == [(5, 1), (2, None), (5, 2)]


def refresh(world: World, node: Node, subtype: RefreshSubtype) -> None:
    """B says so to the node."""
    conn = node.core.sessions.peers[B].fsm.conn
    assert conn is not None
    node.core.received(conn, RouteRefresh(Family.IPV4_UNICAST, subtype).encode(), world.now)
    world.pump(node)


@pytest.mark.row("RFR-04")
def test_what_a_refresh_does_not_bring_again_is_swept(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A))
    two.announce(P)
    world.run_until(lambda: one.has(P))

    for subtype in (RefreshSubtype.BEGIN, RefreshSubtype.END):
        refresh(world, one, subtype)

    assert one.best(P) is None


@pytest.mark.row("RFR-09")
def test_a_refresh_that_never_ends_is_over_after_ten_minutes(world: World) -> None:
    one, two = pair(world, ibgp(B), ibgp(A))
    two.announce(P)
    world.run_until(lambda: one.has(P))
    refresh(world, one, RefreshSubtype.BEGIN)

    world.advance(590)
    assert one.has(P)
    world.advance(20)

    assert not one.has(P)
    assert [fields["family"] for fields in one.said("refresh_unfinished")] == ["ipv4-unicast"]
    assert one.core.all_established()


@pytest.mark.row("RFR-09")
@pytest.mark.parametrize("between", ["an end", "another session"])
def test_each_refresh_has_ten_minutes_of_its_own(world: World, between: str) -> None:
    one, two = pair(world, ibgp(B), ibgp(A))
    two.announce(P)
    world.run_until(lambda: one.has(P))
    refresh(world, one, RefreshSubtype.BEGIN)
    world.advance(5)

    if between == "an end":
        two.core.tell_peer_again(A, world.now)
        world.pump(two)
        world.advance(1)
        refresh(world, one, RefreshSubtype.END)
    else:
        one.core.reset_peer(B, world.now)
        world.pump(one)
        world.run_until(lambda: one.core.all_established() and one.has(P), limit=500)
    world.advance(500)
    refresh(world, one, RefreshSubtype.BEGIN)
    world.advance(590)
    assert one.has(P)
    world.advance(20)

    assert not one.has(P)


@pytest.mark.row("RFR-09", "GRS-01")
def test_a_refresh_ends_with_its_session_and_costs_no_stale_routes(world: World) -> None:
    """A peer that restarts hasn't withdrawn what it had no time to send again."""
    slow = GracefulRestartConfig(role="both", restart_time=1000)
    one, two = pair(world, ibgp(B), ibgp(A), graceful_restart=slow)
    two.announce(P)
    world.run_until(lambda: one.has(P))
    refresh(world, one, RefreshSubtype.BEGIN)

    world.kill(two)
    world.advance(900)

    assert one.has(P)
    assert not one.said("refresh_unfinished")


@pytest.mark.row("POL-05", "NTF-02")
def test_too_many_prefixes_end_the_session_for_a_while(world: World) -> None:
    limit = MaxPrefixesConfig(limit=2, warn=2, action="restart", restart_time=30)
    one, two = pair(world, ibgp(B, max_prefixes=limit), ibgp(A), graceful_restart=OFF)
    two.announce(P)
    two.announce(Q)
    world.run_until(lambda: one.has(P, Q))
    assert one.core.all_established()
    assert one.said("max_prefixes_warning")

    two.announce("10.65.3.0/26")
    world.run_until(lambda: not one.core.all_established())
    assert [event["restart_time_s"] for event in one.said("max_prefixes_exceeded")] == [30]
    world.advance(0.1)
    assert "Maximum Number of Prefixes" in two.counters(A).last_error
    world.advance(25)
    assert not one.core.all_established()
    two.withdraw("10.65.3.0/26")
    world.run_until(one.core.all_established, limit=300)


@pytest.mark.row("FSM-50")
def test_dynamic_peers_come_from_their_range_only_and_not_more_than_its_limit(world: World) -> None:
    template = PeerConfig("", remote_as=64512, route_reflector_client=True, passive=True)
    one = world.add(A, dynamic_peers=(DynamicPeersConfig("192.0.2.0/26", template=template, limit=2),))
    guests = [world.add(address, peers=[ibgp(A)]) for address in (B, C, "192.0.2.4", "192.0.2.77")]
    world.run_until(lambda: all(node.core.all_established() for node in guests[:2]))
    guests[0].announce(P)
    world.run_until(lambda: guests[1].has(P))
    world.advance(10)

    assert not guests[2].core.all_established()
    assert not guests[3].core.all_established()
    assert one.said("dynamic_limit")
    assert {(said["remote_address"], said["why"]) for said in one.said("connection_refused")} == {
        ("192.0.2.4", "2 peers of 192.0.2.0/26 are there (limit)"),
        ("192.0.2.77", "no such peer"),
    }
    world.kill(guests[0])
    world.run_until(guests[2].core.all_established, limit=300)


@pytest.mark.row("FSM-24", "FSM-50")
@pytest.mark.parametrize("state", ["open_sent", "open_confirm"])
def test_a_dynamic_peer_whose_connection_is_gone_is_forgotten(world: World, state: str) -> None:
    """RFC 4271 §8.2.2 would have it wait in Active; nobody dials it, so it only takes up room and wakes us."""
    template = PeerConfig("", remote_as=64512, passive=True)
    one = world.add(A, dynamic_peers=(DynamicPeersConfig("192.0.2.0/26", template=template, limit=1),))
    conn = one.core.new_conn()
    one.core.incoming(conn, world.now, remote_address=C, local_address=A)
    if state == "open_confirm":
        one.core.received(conn, Open(4, 64512, 90, address_octets(C), ()).encode(), world.now)
    assert [(peer.name, str(peer.state)) for peer in one.core.peer_status(world.now)] == [(C, state)]

    one.core.connection_failed(conn, world.now, "connection reset by peer")
    world.pump(one)

    assert list(one.core.peer_status(world.now)) == []
    guest = world.add(B, peers=[ibgp(A)])
    world.run_until(guest.core.all_established, limit=1)
    world.kill(guest)
    world.advance(600)
    assert one.core.next_deadline is None


@pytest.mark.row("GRS-02", "FSM-50")
def test_a_dynamic_peer_that_does_not_return_is_forgotten_with_its_stale_routes(world: World) -> None:
    template = PeerConfig("", remote_as=64512, passive=True)
    ranges = (DynamicPeersConfig("192.0.2.0/26", template=template),)
    one = world.add(A, dynamic_peers=ranges, graceful_restart=BOTH)
    two = world.add(B, peers=[ibgp(A)], graceful_restart=BOTH)
    established(world, two)
    two.announce(P)
    world.run_until(lambda: one.has(P))

    world.kill(two)
    world.advance(59)
    assert one.has(P)
    world.advance(300)

    assert not one.has(P)
    assert list(one.core.peer_status(world.now)) == []


@pytest.mark.row("FSM-05", "FSM-42")
@pytest.mark.parametrize("passive", [True, False])
def test_a_peer_that_is_back_is_taken_at_once(world: World, passive: bool) -> None:
    """Not when our idle hold time is over, and not when it tries again after a refusal."""
    one, two = pair(world, ibgp(B, passive=passive), ibgp(A))
    world.kill(two)
    world.advance(0.5)

    again = world.add(B, peers=[ibgp(A)])

    world.run_until(lambda: one.core.all_established() and again.core.all_established(), limit=1)


@pytest.mark.row("SND-04")
def test_within_the_advertisement_interval_only_the_last_state_is_told(world: World) -> None:
    one, two = pair(world, ibgp(B, timers=TimersConfig(mrai=5)), ibgp(A))
    world.advance(1)
    one.announce(Q)
    world.run_until(lambda: two.has(Q), limit=1)
    world.wire.clear()

    for med in range(10):
        one.announce(P, med=med)
    world.run_until(lambda: two.has(P), limit=6)

    updates = [data for node, data in world.wire if node is one and data[18] == 2]
    path = two.best(P)
    assert len(updates) == 1
    assert path is not None
    assert path.received.med == 9


@pytest.mark.row("ASP-04", "UPD-26")
def test_our_own_as_in_the_path_makes_a_route_not_eligible(world: World) -> None:
    one, two = pair(world, ebgp(B, 65002), ebgp(A, 65001), asns=(65001, 65002))
    two.announce(P, prepend=(65001,))
    world.run_until(lambda: one.received(P, B) is not None)

    path = one.received(P, B)
    assert path is not None
    assert path.accepted is None


@pytest.mark.row("ADP-01", "ADP-04")
def test_add_path_brings_every_path(world: World) -> None:
    from pybgp.config.model import FamilyConfig

    families = {Family.IPV4_UNICAST: FamilyConfig(add_path="both")}
    peers = [ibgp(address, route_reflector_client=True, families=families) for address in (B, C, "192.0.2.4")]
    one = world.add(A, peers=peers)
    nodes = [world.add(address, peers=[ibgp(A, families=families)]) for address in (B, C, "192.0.2.4")]
    established(world, one, *nodes)
    nodes[0].announce(P)
    nodes[1].announce(P)
    world.run_until(lambda: one.counters("192.0.2.4").families[Family.IPV4_UNICAST].advertised == 2)
    world.advance(1)

    paths = [path for _, path in nodes[2].core.tables[Family.IPV4_UNICAST].adj_rib_in(A)]
    assert {path.received.next_hop for path in paths} == {address_octets(B), address_octets(C)}
    assert len({path.path_id for path in paths}) == 2
    nodes[0].withdraw(P)
    world.advance(1)
    left = [path for _, path in nodes[2].core.tables[Family.IPV4_UNICAST].adj_rib_in(A)]
    assert [path.received.next_hop for path in left] == [address_octets(C)]


@pytest.mark.row("KAL-02")
def test_who_tells_routes_says_no_keepalives(world: World) -> None:
    """An UPDATE a second each, where a KEEPALIVE would be due every three."""
    one, other = pair(world, ibgp(B, hold_time=9), ibgp(A, hold_time=9))
    world.advance(10)

    def messages() -> int:
        (row,) = other.core.peer_status(world.now)
        return int(row.messages_in)

    before = messages()
    for second in range(30):
        one.announce(P, med=second)
        other.announce(Q, med=second)
        world.advance(1)

    assert messages() - before == 30


@pytest.mark.row("KAL-02")
def test_keepalives_are_due_from_the_last_update_on_and_not_from_what_the_peer_said(world: World) -> None:
    """RFC 4271 §8.2.2, Established: an UPDATE restarts the timer. The peer has only KEEPALIVEs of its own to say."""
    one, other = pair(world, ibgp(B, hold_time=9), ibgp(A, hold_time=9))
    world.advance(10)
    one.announce(P)
    before = one.counters(B).messages_out

    for second in range(30):  # a KEEPALIVE would be due after 2.25 s at the earliest
        world.advance(2)
        one.announce(P, med=second)

    assert one.counters(B).messages_out - before == 30
    world.advance(1)
    assert other.received(P, A) is not None


@pytest.mark.row("KAL-02")
def test_keepalives_are_due_from_the_end_of_an_advertisement_interval_on(world: World) -> None:
    """What was held back leaves then, though nothing has come meanwhile (RFC 4271 §9.2.1.1)."""
    one, other = pair(world, ibgp(B, hold_time=9, timers=TimersConfig(mrai=2.2)), ibgp(A, hold_time=9))
    world.advance(10)
    other.frozen = True
    before = one.counters(B).messages_out

    one.announce(P)
    one.announce(P, med=1)
    world.advance(2.2 + 2)  # 2.25 s at the earliest, with jitter

    assert one.counters(B).messages_out - before == 2


def test_every_message_is_counted_where_it_is_sent_and_where_it_comes_in(world: World) -> None:
    """UPDATEs that a group's members share too, and requests for a refresh."""
    one = world.add(A, peers=[ibgp(B), ibgp(C)])
    others = world.add(B, peers=[ibgp(A, passive=True)]), world.add(C, peers=[ibgp(A, passive=True)])
    established(world, one, *others)
    for number in range(5):
        one.announce(f"10.65.{number}.0/24", med=number)
    world.run_until(lambda: all(node.has("10.65.4.0/24") for node in others))
    others[0].core.refresh_peer(A, world.now)
    others[0].core.flush(world.now)
    world.advance(100)

    for node in others:
        there, here = one.counters(node.address), node.counters(A)
        assert there.messages_out == here.messages_in > 10
        assert there.messages_in == here.messages_out


def test_a_peer_that_has_never_done_anything_is_idle_since_it_was_configured(world: World) -> None:
    world.advance(50)
    node = world.add(A, peers=[replace(ibgp(B), enabled=False)])
    began = world.now
    world.advance(10)

    assert node.counters(B).since == began


def test_the_status_tells_what_a_session_goes_by(world: World) -> None:
    limit = MaxPrefixesConfig(limit=7)
    one = world.add(A, peers=[ibgp(B, max_prefixes=limit, import_policy=["reject", "accept"])])
    before = one.counters(B)
    assert (before.local_address, before.import_policy, before.max_prefixes) == (None, "reject, accept", 7)

    two = world.add(B, peers=[ibgp(A)])
    established(world, one, two)

    now = one.counters(B)
    assert (now.local_address, now.export_policy) == (A, "accept")
    assert two.counters(A).max_prefixes is None


def test_peers_may_come_and_go_while_somebody_reads_what_they_are_told(world: World) -> None:
    """A long answer is read in slices."""
    one = world.add(A, peers=[ibgp(B), ibgp(C)])
    others = [world.add(address, peers=[ibgp(A)]) for address in (B, C)]
    established(world, one, *others)
    one.announce(P)
    world.advance(1)

    views = one.core.route_views(direction="advertised")
    first = next(views)
    one.core.add_peer(ibgp("192.0.2.4"), world.now)
    one.core.remove_peer(B, world.now)

    assert [first.to, *(view.to for view in views)] == [B, C]
