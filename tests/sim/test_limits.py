"""What counts for a limit of prefixes, and what is said before it is reached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.config.model import FamilyConfig, FibConfig, MatchConfig, MaxPrefixesConfig, PolicySets, TermConfig
from pybgp.rib.kernel import KernelRoute, NextHop
from pybgp.speaker.fib import KernelChanges

from .world import Node, World, established, ibgp

A, B = "192.0.2.1", "192.0.2.2"
FEW = PolicySets(prefix_sets={"few": ("10.65.1.0/24 le 32",)})
ONLY_FEW = {"only_few": (TermConfig(action="accept", match=MatchConfig(prefix_set="few")),)}


@pytest.mark.parametrize(("count", "up"), [("received", False), ("accepted", True)])
def test_a_limit_is_for_what_is_received_or_for_what_is_accepted(count: str, up: bool) -> None:
    world = World()
    limit = MaxPrefixesConfig(limit=2, count=count)  # type: ignore[arg-type]
    peer = ibgp(B, max_prefixes=limit, import_policy=("only_few",))
    one = world.add(A, peers=[peer], sets=FEW, policies=ONLY_FEW)
    two = world.add(B, peers=[ibgp(A)])
    world.run_until(two.core.all_established)

    for prefix in ("10.65.1.0/26", "10.66.1.0/26", "10.67.1.0/26"):
        two.announce(prefix)
    world.advance(1)

    assert one.core.all_established() is up
    two.announce("10.65.1.64/26")
    two.announce("10.65.1.128/26")
    world.advance(1)
    assert not one.core.all_established()


def test_each_family_is_warned_of_by_itself() -> None:
    world = World()
    families = {Family.IPV4_UNICAST: FamilyConfig(), Family.IPV6_UNICAST: FamilyConfig()}
    limit = MaxPrefixesConfig(limit=5, warn=1, action="warn")
    one = world.add(A, peers=[ibgp(B, max_prefixes=limit)], families=families)
    two = world.add(B, peers=[ibgp(A)], families=families)
    world.run_until(lambda: one.core.all_established() and two.core.all_established())

    two.announce("10.65.1.0/26")
    two.announce("2001:db8:1::/48", next_hop="2001:db8::2")
    two.announce("10.65.2.0/26")
    world.advance(1)

    assert sorted(str(event["family"]) for event in one.said("max_prefixes_warning")) == [
        "ipv4-unicast",
        "ipv6-unicast",
    ]


def test_a_policy_and_a_limit_that_come_together_are_looked_at_together() -> None:
    """What the policy no longer accepts doesn't count, in whichever family it is."""
    world = World()
    families = {Family.IPV4_UNICAST: FamilyConfig(), Family.IPV6_UNICAST: FamilyConfig()}
    one = world.add(A, peers=[ibgp(B)], sets=FEW, policies=ONLY_FEW, families=families)
    two = world.add(B, peers=[ibgp(A)], families=families)
    established(world, one, two)
    for number in range(3):
        two.announce(f"10.66.{number}.0/26")
        two.announce(f"2001:db8:{number}::/48", next_hop="2001:db8::2")
    world.advance(1)

    limited = ibgp(B, max_prefixes=MaxPrefixesConfig(limit=2, count="accepted"), import_policy=("only_few",))
    one.core.reconfigure(replace(one.core.config, peers=(limited,)), world.now)
    world.pump(one)
    world.advance(1)

    assert one.core.all_established()
    assert not one.said("max_prefixes_exceeded")


def test_accepted_prefixes_are_counted_anew_when_the_policy_changes() -> None:
    """No UPDATE comes, and there are more of them all the same."""
    world = World()
    limit = MaxPrefixesConfig(limit=2, count="accepted")
    peer = ibgp(B, max_prefixes=limit, import_policy=("only_few",))
    one = world.add(A, peers=[peer], sets=FEW, policies=ONLY_FEW)
    two = world.add(B, peers=[ibgp(A)])
    world.run_until(two.core.all_established)
    for prefix in ("10.65.1.0/26", "10.66.1.0/26", "10.67.1.0/26"):
        two.announce(prefix)
    world.advance(1)
    assert one.core.all_established()

    one.core.reconfigure(replace(one.core.config, peers=(replace(peer, import_policy=("accept",)),)), world.now)
    world.pump(one)

    assert not one.core.all_established()
    (said,) = one.said("max_prefixes_exceeded")
    assert said["limit"] == 2


def limited(limit: MaxPrefixesConfig) -> tuple[World, Node, Node]:
    world = World()
    one, two = world.add(A, peers=[ibgp(B, max_prefixes=limit)]), world.add(B, peers=[ibgp(A)])
    world.run_until(lambda: one.core.all_established() and two.core.all_established())
    return world, one, two


@pytest.mark.row("POL-05")
def test_the_notification_names_the_family_and_the_limit() -> None:
    """RFC 4486 §4."""
    world, one, two = limited(MaxPrefixesConfig(limit=1))
    world.wire.clear()

    two.announce("10.65.1.0/26")
    two.announce("10.65.2.0/26")
    world.advance(1)

    (notification,) = [data for node, data in world.wire if node is one and data[18] == 3]
    assert notification.endswith(bytes((6, 1, 0, 1, 1)) + (1).to_bytes(4))  # in a hard reset (RFC 8538 §3.1)


def test_with_a_limit_that_only_warns_the_session_stays_and_it_is_said_once() -> None:
    world, one, two = limited(MaxPrefixesConfig(limit=1, action="warn"))

    for number in range(4):
        two.announce(f"10.65.{number}.0/26")
        world.advance(1)

    assert one.core.all_established()
    (said,) = one.said("max_prefixes_exceeded")
    assert (said["limit"], said["action"]) == (1, "warn")


def test_who_is_shut_stays_away_whatever_time_is_for_a_restart() -> None:
    world, one, two = limited(MaxPrefixesConfig(limit=1, action="shut", restart_time=30))

    for prefix in ("10.65.1.0/26", "10.65.2.0/26"):
        two.announce(prefix)
    world.advance(1)
    two.withdraw("10.65.2.0/26")
    world.advance(3600)

    assert one.counters(B).state == "idle"
    assert "restart_time_s" not in one.said("max_prefixes_exceeded")[0]


@pytest.mark.parametrize(("action", "for_good"), [("shut", True), ("restart", False)])
def test_the_status_says_that_the_limit_keeps_a_peer_down(action: Any, for_good: bool) -> None:
    world, one, two = limited(MaxPrefixesConfig(limit=1, action=action, restart_time=300))
    for prefix in ("10.65.1.0/26", "10.65.2.0/26"):
        two.announce(prefix)
    world.run_until(lambda: one.counters(B).state == "idle")
    held = world.now
    world.advance(60)

    status = one.counters(B)
    assert (status.down, status.down_since) == ("max_prefixes", pytest.approx(held))
    assert "more than 1 prefixes of ipv4-unicast" in status.last_error
    assert (status.next_retry is None) is for_good

    two.withdraw("10.65.2.0/26")
    one.core.enable_peer(B, world.now)
    world.run_until(one.core.all_established)
    assert (one.counters(B).down, one.counters(B).down_since) == ("", None)


def test_each_session_is_warned_again() -> None:
    world, one, two = limited(MaxPrefixesConfig(limit=5, warn=1))
    for prefix in ("10.65.1.0/26", "10.65.2.0/26"):
        two.announce(prefix)
        world.advance(1)
    assert len(one.said("max_prefixes_warning")) == 1

    world.cut(one, two)
    world.run_until(lambda: len(one.said("session_up")) == 2, limit=300)
    world.advance(1)

    assert len(one.said("max_prefixes_warning")) == 2


def test_accepted_prefixes_are_counted_anew_when_next_hops_are_reached() -> None:
    world = World()
    limit = MaxPrefixesConfig(limit=2, count="accepted")
    one = world.add(A, peers=[ibgp(B, max_prefixes=limit)], fib=FibConfig())
    two = world.add(B, peers=[ibgp(A)])
    device = KernelRoute("unicast", 2, (NextHop(None, "eth0"),), scope=253)
    far = prefix_key("203.0.113.0/24")[1]
    one.core.kernel(KernelChanges(Family.IPV4_UNICAST, {prefix_key("192.0.2.0/24")[1]: (device,)}), world.now)
    world.run_until(lambda: one.core.all_established() and two.core.all_established())
    for number in range(3):
        two.announce(f"10.65.{number}.0/26", next_hop="203.0.113.9")
    world.advance(1)
    assert one.core.all_established()

    one.core.kernel(KernelChanges(Family.IPV4_UNICAST, {far: (device,)}), world.now)
    world.pump(one)

    assert not one.core.all_established()


def test_each_session_says_once_that_there_are_too_many(world: World) -> None:
    limit = MaxPrefixesConfig(limit=1, action="warn")
    one, two = world.add(A, peers=[ibgp(B, max_prefixes=limit)]), world.add(B, peers=[ibgp(A)])
    established(world, one, two)
    for prefix in ("10.65.1.0/26", "10.65.2.0/26", "10.65.3.0/26"):
        two.announce(prefix)
    world.advance(1)
    assert len(one.said("max_prefixes_exceeded")) == 1

    one.core.reset_peer(B, world.now)
    world.pump(one)
    world.run_until(lambda: len(one.said("session_up")) == 2, limit=200)
    world.advance(1)

    assert len(one.said("max_prefixes_exceeded")) == 2
