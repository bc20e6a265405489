"""BGP roles and ONLY_TO_CUSTOMER between whole speakers (RFC 9234), on a virtual clock."""

from __future__ import annotations

import pytest

from pybgp.addresses import prefix_key
from pybgp.messages.capabilities.role import ALLOWED_PAIRS, BgpRole
from pybgp.policy.roles import REMOTE

from .world import Node, World, ebgp, established, ibgp

A, B, X, Y = (f"192.0.2.{host}" for host in (1, 2, 31, 32))
P = "10.65.1.0/26"
OWN = 64512
OPPOSITE = {"provider": "customer", "customer": "provider", "rs": "rs_client", "rs_client": "rs", "peer": "peer"}
ROLES = [*OPPOSITE]


def otc(node: Node, peer: str) -> int | None:
    path = node.received(P, peer)
    assert path is not None
    octets = path.received.value(35)
    return None if octets is None else int.from_bytes(octets)


def told(world: World, node: Node, peer: str) -> int | None:
    """ONLY_TO_CUSTOMER as the peer sent it."""
    world.run_until(lambda: node.received(P, peer) is not None)
    return otc(node, peer)


@pytest.mark.row("CAP-10")
def test_a_mismatch_is_a_notification_on_both_sides(world: World) -> None:
    """RFC 9234 §4.2: 2/11."""
    one = world.add(A, peers=[ebgp(X, 65001, role="provider")])
    other = world.add(X, asn=65001, peers=[ebgp(A, OWN, role="provider")])
    world.advance(10)

    assert not one.core.all_established()
    errors = {one.counters(X).last_error, other.counters(A).last_error}
    assert any("ours is provider, so it must be customer" in error for error in errors), errors
    assert any(data[18] == 3 and data[19:21] == b"\x02\x0b" for _, data in world.wire)


@pytest.mark.row("CAP-11")
@pytest.mark.parametrize("strict", [False, True])
def test_a_peer_without_a_role_is_good_enough_unless_we_insist(world: World, strict: bool) -> None:
    """RFC 9234 §4.2."""
    one = world.add(A, peers=[ebgp(X, 65001, role="provider", role_strict=strict)])
    world.add(X, asn=65001, peers=[ebgp(A, OWN)])
    world.advance(10)

    assert one.core.all_established() is not strict


def test_every_pair_that_may_be_is_told_apart() -> None:
    assert {(BgpRole[one.upper()], BgpRole[other.upper()]) for one, other in OPPOSITE.items()} == ALLOWED_PAIRS
    assert REMOTE.keys() == set(BgpRole)


@pytest.mark.row("OTC-03", "OTC-04")
@pytest.mark.parametrize("ours", ROLES)
def test_who_marks_a_route_on_its_way_down(world: World, ours: str) -> None:
    """RFC 9234 §5: the sender, if it is a provider, peer or route server; else the receiver, if the sender is one."""
    one = world.add(A, peers=[ebgp(X, 65001, role=ours)])
    other = world.add(X, asn=65001, peers=[ebgp(A, OWN, role=OPPOSITE[ours]), ibgp(B, remote_as=65001)])
    inside = world.add(B, asn=65001, peers=[ibgp(X, remote_as=65001)])
    established(world, one, other, inside)

    one.announce(P)

    down = ours in ("provider", "peer", "rs")
    assert told(world, other, A) == (OWN if down else None)
    assert told(world, inside, X) == (OWN if down else None)


@pytest.mark.row("OTC-03")
@pytest.mark.parametrize("theirs", ROLES)
def test_a_sender_that_knows_no_roles_is_marked_by_the_receiver(world: World, theirs: str) -> None:
    """What the role is follows from our configuration alone, if the peer says none (RFC 9234 §4.2, §5)."""
    one = world.add(A, peers=[ebgp(X, 65001)])
    other = world.add(X, asn=65001, peers=[ebgp(A, OWN, role=OPPOSITE[theirs]), ibgp(B, remote_as=65001)])
    inside = world.add(B, asn=65001, peers=[ibgp(X, remote_as=65001)])
    established(world, one, other, inside)

    one.announce(P)

    assert told(world, other, A) is None
    assert told(world, inside, X) == (OWN if theirs in ("provider", "peer", "rs") else None)


@pytest.mark.row("OTC-01", "OTC-02")
@pytest.mark.parametrize("theirs", ROLES)
def test_what_comes_back_up_or_across_is_a_leak(world: World, theirs: str) -> None:
    """X has the route from its provider Y and no idea of roles towards us: it tells us what it must not."""
    one = world.add(A, peers=[ebgp(X, 65001, role=OPPOSITE[theirs])])
    leaking = world.add(X, asn=65001, peers=[ebgp(A, OWN), ebgp(Y, 65002, role="customer")])
    above = world.add(Y, asn=65002, peers=[ebgp(X, 65001, role="provider")])
    established(world, one, leaking, above)

    above.announce(P)

    assert told(world, one, X) == 65002
    path = one.received(P, X)
    assert path is not None
    reasons = {
        "customer": "a leak: ONLY_TO_CUSTOMER 65002 from a customer (RFC 9234 §5)",
        "rs_client": "a leak: ONLY_TO_CUSTOMER 65002 from a route server client (RFC 9234 §5)",
        "peer": "a leak: ONLY_TO_CUSTOMER 65002 from a peer that is AS 65001 (RFC 9234 §5)",
    }
    assert path.reason == reasons.get(theirs, "")
    assert (path.accepted is None) is (theirs in reasons)


@pytest.mark.row("OTC-02")
def test_a_peers_own_mark_is_no_leak(world: World) -> None:
    one = world.add(A, peers=[ebgp(X, 65001, role="peer", role_strict=True)])
    other = world.add(X, asn=65001, peers=[ebgp(A, OWN, role="peer")])
    established(world, one, other)

    other.announce(P)

    assert told(world, one, X) == 65001
    assert one.has(P)


@pytest.mark.row("OTC-05")
@pytest.mark.parametrize("ours", ROLES)
def test_a_marked_route_goes_down_only(world: World, ours: str) -> None:
    """RFC 9234 §5: from our provider Y to X, if that is a customer or route server client of ours."""
    one = world.add(A, peers=[ebgp(X, 65001, role=ours), ebgp(Y, 65002, role="customer")])
    other = world.add(X, asn=65001, peers=[ebgp(A, OWN)])
    above = world.add(Y, asn=65002, peers=[ebgp(A, OWN)])
    established(world, one, other, above)

    above.announce(P)
    world.advance(1)

    path = one.best(P)
    assert path is not None
    group = one.core.sessions.peers[X].members[next(iter(one.core.tables))][0]
    why = group.exporter.why_not(path, b"")
    if ours in ("provider", "rs"):
        assert otc(other, A) == 65002
        assert why == ""
    else:
        assert other.received(P, A) is None
        assert why == f"ONLY_TO_CUSTOMER 65002: not for a {REMOTE[BgpRole[ours.upper()]]} (RFC 9234 §5)"


@pytest.mark.row("OTC-06")
def test_without_a_role_a_mark_passes_as_it_is(world: World) -> None:
    one = world.add(A, peers=[ebgp(X, 65001), ebgp(Y, 65002, role="customer")])
    other = world.add(X, asn=65001, peers=[ebgp(A, OWN)])
    above = world.add(Y, asn=65002, peers=[ebgp(A, OWN, role="provider")])
    established(world, one, other, above)

    above.announce(P)

    assert told(world, other, A) == 65002


def test_explain_says_where_a_route_became_one_for_customers_only(world: World) -> None:
    one = world.add(A, peers=[ebgp(X, 65001, role="customer")])
    provider = world.add(X, asn=65001, peers=[ebgp(A, OWN, role="provider")])
    established(world, one, provider)
    provider.announce(P)
    assert told(world, one, X) == 65001

    explained = str(one.core.explain(*prefix_key(P)))

    assert "only for customers since AS 65001 (ONLY_TO_CUSTOMER, RFC 9234 §5)" in explained
