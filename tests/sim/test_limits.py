"""What counts for a limit of prefixes, and what is said before it is reached."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import Family
from pybgp.config.model import FamilyConfig, MatchConfig, MaxPrefixesConfig, PolicySets, TermConfig

from .world import World, ibgp

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
