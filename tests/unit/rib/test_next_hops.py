"""Where a next hop leads, by the kernel's routes (RFC 4271 §5.1.3, §9.1.2.1, RFC 2545 §3)."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.rib.kernel import KernelRoute, NextHop
from pybgp.rib.next_hops import UNREACHABLE, Gateway, NextHops, Resolution

from .paths import key

V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST
GATEWAY = address_octets("192.0.2.1")
FAR = address_octets("203.0.113.9")
LINK_LOCAL = address_octets("fe80::9")


def connected(device: str = "eth0", metric: int = 0) -> KernelRoute:
    return KernelRoute("unicast", 2, (NextHop(None, device),), metric, scope=253)


def via(gateway: bytes = GATEWAY, device: str = "eth0", metric: int = 0) -> KernelRoute:
    return KernelRoute("unicast", 4, (NextHop(gateway, device),), metric)


def to(*addresses: bytes) -> tuple[Gateway, ...]:
    return tuple(map(Gateway, addresses))


@pytest.fixture
def next_hops() -> NextHops:
    known = NextHops()
    known.update(V4, {key("192.0.2.0/24"): (connected(),)})
    return known


def test_without_a_kernel_every_next_hop_is_on_the_link() -> None:
    none = NextHops()

    assert none.resolve(FAR) == Resolution((NextHop(FAR),))
    assert none.cost(FAR) == 0


@pytest.mark.row("DEC-17", "DEC-02")
def test_of_a_kernel_without_routes_no_next_hop_is_reachable() -> None:
    """It has been asked, and knows no way: that is another thing than having nobody to ask."""
    none = NextHops()
    none.resolve(FAR)

    assert none.update(V4, {}) == {FAR}
    assert none.resolve(FAR) == UNREACHABLE


def test_a_next_hop_on_a_connected_subnet_is_the_gateway_itself(next_hops: NextHops) -> None:
    assert next_hops.resolve(GATEWAY) == Resolution((NextHop(GATEWAY, "eth0"),))


@pytest.mark.row("DEC-17", "DEC-02")
def test_a_next_hop_that_no_kernel_route_covers_is_unreachable(next_hops: NextHops) -> None:
    """Only the routes of others are known here, so that none of BGP's is resolved through itself."""
    assert next_hops.resolve(FAR) == UNREACHABLE
    assert not next_hops.resolve(FAR).reachable


@pytest.mark.row("DEC-17")
def test_a_remote_next_hop_is_reached_through_the_kernels_gateway(next_hops: NextHops) -> None:
    next_hops.update(V4, {key("203.0.113.0/24"): (via(metric=20),)})

    assert next_hops.resolve(FAR) == Resolution((NextHop(GATEWAY, "eth0"),), 20)


def test_the_longest_match_decides(next_hops: NextHops) -> None:
    other = address_octets("192.0.2.2")
    next_hops.update(
        V4,
        {
            key("0.0.0.0/0"): (via(device="eth9"),),
            key("203.0.113.0/24"): (via(device="eth1"),),
            key("203.0.113.8/29"): (via(other, "eth2"),),
            key("203.0.113.16/29"): (via(device="eth3"),),
        },
    )

    assert next_hops.resolve(FAR).ways == (NextHop(other, "eth2"),)
    assert next_hops.resolve(address_octets("198.51.100.1")).ways == (NextHop(GATEWAY, "eth9"),)


@pytest.mark.row("DEC-08")
def test_of_several_routes_the_lowest_metric_counts_and_is_the_cost(next_hops: NextHops) -> None:
    next_hops.update(V4, {key("203.0.113.0/24"): (via(metric=50), via(device="eth1", metric=5))})

    assert next_hops.resolve(FAR) == Resolution((NextHop(GATEWAY, "eth1"),), 5)
    assert next_hops.cost(FAR) == 5


@pytest.mark.parametrize("kind", ["blackhole", "unreachable", "prohibit"])
def test_a_route_that_drops_does_not_lead_anywhere(next_hops: NextHops, kind: str) -> None:
    next_hops.update(V4, {key("0.0.0.0/0"): (via(),), key("203.0.113.0/24"): (KernelRoute(kind, 4),)})  # type: ignore[arg-type]

    assert next_hops.resolve(FAR) == UNREACHABLE


def test_several_ways_stay_several(next_hops: NextHops) -> None:
    ways = (NextHop(GATEWAY, "eth0", weight=3), NextHop(None, "tun0", onlink=True, weight=1))
    next_hops.update(V4, {key("203.0.113.0/24"): (KernelRoute("unicast", 4, ways),)})

    assert next_hops.resolve(FAR).ways == (NextHop(GATEWAY, "eth0", weight=3), NextHop(FAR, "tun0", True, 1))


@pytest.mark.row("NHP-07")
def test_of_two_ipv6_addresses_the_global_one_is_looked_up_and_the_link_local_one_used(next_hops: NextHops) -> None:
    """RFC 2545 §3."""
    wide = address_octets("2001:db8::9")
    assert next_hops.resolve(wide + LINK_LOCAL) == UNREACHABLE

    next_hops.update(V6, {key("2001:db8::/64"): (connected("eth1"),)})
    assert next_hops.resolve(wide + LINK_LOCAL).ways == (NextHop(LINK_LOCAL, "eth1"),)

    router = address_octets("fe80::1")
    next_hops.update(V6, {key("2001:db8::/64"): (via(router, "eth2"),)})
    assert next_hops.resolve(wide + LINK_LOCAL).ways == (NextHop(router, "eth2"),)


@pytest.mark.row("NHP-07")
def test_a_link_local_next_hop_alone_is_on_the_senders_link(next_hops: NextHops) -> None:
    assert next_hops.resolve(LINK_LOCAL).ways == (NextHop(LINK_LOCAL),)


def test_a_mapped_next_hop_is_an_ipv4_address(next_hops: NextHops) -> None:
    """RFC 4659 §3.2.1.2, RFC 4798 §2: a provider edge that IPv4 and MPLS lead to; no IPv6 route is a way there."""
    mapped, far = (bytes(10) + b"\xff\xff" + address for address in (GATEWAY, FAR))
    next_hops.update(V6, {key("::/0"): (via(LINK_LOCAL),)})

    assert next_hops.resolve(mapped) == Resolution((NextHop(GATEWAY, "eth0"),))
    assert next_hops.resolve(mapped + LINK_LOCAL) == Resolution((NextHop(LINK_LOCAL, "eth0"),))
    assert next_hops.resolve(far) == UNREACHABLE
    assert next_hops.update(V4, {key("203.0.113.0/24"): (via(metric=20),)}) == {far}
    assert next_hops.resolve(far) == Resolution((NextHop(GATEWAY, "eth0"),), 20)
    assert [hop.key for hop in next_hops.trace(far)] == [key("203.0.113.0/24")]
    assert next_hops.update(V6, {key("::/0"): ()}) == frozenset()


def test_families_are_looked_up_apart(next_hops: NextHops) -> None:
    next_hops.update(V6, {key("::/0"): (via(address_octets("fe80::1")),)})

    assert not next_hops.resolve(FAR).reachable
    assert next_hops.resolve(address_octets("2001:db8:9::1")).reachable


def test_an_update_names_the_next_hops_in_use_that_now_lead_elsewhere(next_hops: NextHops) -> None:
    other, wide = address_octets("198.51.100.1"), address_octets("2001:db8::9")
    for one in (GATEWAY, FAR, other, wide):
        next_hops.resolve(one)

    assert next_hops.update(V4, {key("203.0.113.0/24"): (via(),)}) == {FAR}
    assert next_hops.update(V4, {key("203.0.113.0/24"): (via(),)}) == frozenset()
    assert next_hops.update(V4, {key("0.0.0.0/0"): (via(),)}) == {other}
    assert next_hops.update(V4, {key("203.0.113.0/24"): (via(metric=9),)}) == {FAR}
    assert next_hops.update(V4, {key("203.0.113.0/24"): (), key("0.0.0.0/0"): ()}) == {FAR, other}
    assert next_hops.resolve(FAR) == UNREACHABLE


def test_the_first_word_of_a_kernel_changes_what_was_answered_before() -> None:
    fresh = NextHops()
    fresh.resolve(FAR)
    fresh.resolve(GATEWAY)

    assert fresh.update(V4, {key("192.0.2.0/24"): (connected(),)}) == {FAR, GATEWAY}


# -- static routes -----------------------------------------------------------------------------------------------------


@pytest.mark.row("DEC-17")
def test_a_static_routes_next_hop_is_looked_up_again(next_hops: NextHops) -> None:
    """RFC 4271 §9.1.2.1: the cost is that of the kernel's route at the end."""
    next_hops.update(V4, {key("198.51.100.0/24"): (via(metric=7),)})
    next_hops.set_static(V4, key("203.0.113.0/24"), to(address_octets("10.0.0.1")))
    next_hops.set_static(V4, key("10.0.0.0/8"), to(address_octets("198.51.100.9")))

    assert next_hops.resolve(FAR) == Resolution((NextHop(GATEWAY, "eth0"),), 7)
    assert [hop.key for hop in next_hops.trace(FAR)] == [
        key("203.0.113.0/24"),
        key("10.0.0.0/8"),
        key("198.51.100.0/24"),
    ]


def test_on_the_link_the_static_routes_next_hop_is_the_gateway(next_hops: NextHops) -> None:
    next_hops.set_static(V4, key("203.0.113.0/24"), to(GATEWAY))

    assert next_hops.resolve(FAR) == Resolution((NextHop(GATEWAY, "eth0"),))


@pytest.mark.row("DEC-17")
def test_a_circle_of_static_routes_leads_nowhere(next_hops: NextHops) -> None:
    next_hops.set_static(V4, key("203.0.113.0/24"), to(address_octets("10.0.0.1")))
    next_hops.set_static(V4, key("10.0.0.0/8"), to(FAR))
    next_hops.set_static(V4, key("198.51.100.0/24"), to(address_octets("198.51.100.7")))

    assert next_hops.resolve(FAR) == UNREACHABLE
    assert next_hops.resolve(address_octets("198.51.100.1")) == UNREACHABLE


def test_a_static_route_that_drops_leads_nowhere_and_hides_shorter_ones(next_hops: NextHops) -> None:
    next_hops.update(V4, {key("0.0.0.0/0"): (via(),)})
    next_hops.set_static(V4, key("203.0.113.0/24"), ())

    assert next_hops.resolve(FAR) == UNREACHABLE
    next_hops.set_static(V4, key("203.0.113.0/24"), None)
    assert next_hops.take_changed() == {FAR}
    assert next_hops.resolve(FAR).reachable


def test_of_two_routes_for_one_prefix_the_kernels_forwards(next_hops: NextHops) -> None:
    next_hops.set_static(V4, key("203.0.113.0/24"), to(GATEWAY))
    next_hops.update(V4, {key("203.0.113.0/24"): (via(device="eth7"),)})

    assert next_hops.resolve(FAR).ways == (NextHop(GATEWAY, "eth7"),)


def test_what_lies_under_a_static_route_is_followed(next_hops: NextHops) -> None:
    next_hops.set_static(V4, key("203.0.113.0/24"), to(GATEWAY))
    next_hops.resolve(FAR)
    assert next_hops.take_changed() == frozenset()

    assert FAR in next_hops.update(V4, {key("192.0.2.0/24"): (connected(metric=5),)})
    assert next_hops.cost(FAR) == 5
    assert FAR in next_hops.update(V4, {key("192.0.2.0/24"): ()})


@pytest.mark.row("DEC-17")
def test_a_static_route_that_leads_nowhere_is_passed_over(next_hops: NextHops) -> None:
    next_hops.set_static(V4, key("203.0.113.0/24"), to(address_octets("198.51.100.1")))
    assert next_hops.resolve(FAR) == UNREACHABLE

    assert next_hops.update(V4, {key("203.0.0.0/16"): (via(device="eth3"),)}) == {FAR}
    assert next_hops.resolve(FAR).ways == (NextHop(GATEWAY, "eth3"),)
    assert [hop.key for hop in next_hops.trace(FAR)] == [key("203.0.113.0/24"), key("203.0.0.0/16")]


def test_a_circle_is_passed_over_but_its_routes_do_not_keep_each_other_alive(next_hops: NextHops) -> None:
    one, other = key("203.0.113.0/24"), key("10.0.0.0/8")
    next_hops.update(V4, {key("0.0.0.0/0"): (via(),)})
    next_hops.set_static(V4, one, to(address_octets("10.0.0.1")))
    next_hops.set_static(V4, other, to(FAR))
    next_hops.take_changed()

    assert next_hops.resolve(FAR).ways == (NextHop(GATEWAY, "eth0"),)
    assert next_hops.resolve(address_octets("10.0.0.1")).ways == (NextHop(GATEWAY, "eth0"),)
    assert next_hops.way_of(V4, one, to(address_octets("10.0.0.1"))) == UNREACHABLE
    assert next_hops.way_of(V4, other, to(FAR)) == UNREACHABLE


def test_a_route_is_not_reached_through_itself(next_hops: NextHops) -> None:
    inside = address_octets("198.51.100.7")
    next_hops.update(V4, {key("0.0.0.0/0"): (via(),)})
    next_hops.set_static(V4, key("198.51.100.0/24"), to(inside))

    assert next_hops.way_of(V4, key("198.51.100.0/24"), to(inside)) == UNREACHABLE
    next_hops.update(V4, {key("198.51.100.7/32"): (via(),)})
    assert next_hops.way_of(V4, key("198.51.100.0/24"), to(inside)).reachable


def test_several_gateways_share_the_traffic_and_one_that_is_gone_has_none(next_hops: NextHops) -> None:
    near, far = address_octets("192.0.2.7"), address_octets("198.51.100.7")
    next_hops.update(V4, {key("198.51.100.0/24"): (connected("eth1", metric=3),)})
    next_hops.set_static(V4, key("203.0.113.0/24"), (Gateway(near, 1), Gateway(far, 2)))

    assert next_hops.resolve(FAR) == Resolution(
        (NextHop(near, "eth0", weight=1), NextHop(far, "eth1", weight=2)), cost=0
    )
    next_hops.update(V4, {key("198.51.100.0/24"): ()})
    assert next_hops.resolve(FAR).ways == (NextHop(near, "eth0"),)
    assert next_hops.take_moved() == {(V4, key("203.0.113.0/24"))}
    assert next_hops.take_moved() == frozenset()


def test_of_several_gateways_a_circle_does_not_hide_what_another_ones_way_falls_back_to(next_hops: NextHops) -> None:
    """The second gateway's static route is dead, not in the circle that the first one is part of."""
    head, dead = key("10.0.0.0/8"), key("198.51.100.0/24")
    next_hops.update(V4, {key("198.51.0.0/16"): (via(),)})
    next_hops.set_static(V4, dead, to(address_octets("172.16.0.1")))
    next_hops.set_static(V4, key("203.0.113.0/24"), to(address_octets("10.0.0.1"), address_octets("198.51.100.1")))
    gateways = to(address_octets("203.0.113.1"))
    next_hops.set_static(V4, head, gateways)

    assert next_hops.way_of(V4, head, gateways).ways == (NextHop(GATEWAY, "eth0"),)


def test_what_is_aside_is_followed_too_until_it_is_given_back(next_hops: NextHops) -> None:
    next_hops.resolve(GATEWAY), next_hops.resolve(FAR)

    next_hops.set_aside()
    assert next_hops.update(V4, {key("192.0.2.0/24"): ()}) == {GATEWAY}
    assert next_hops.resolve(GATEWAY) == UNREACHABLE
    assert len(next_hops) == 2

    next_hops.give_back()
    assert len(next_hops) == 1


def test_those_in_use_are_looked_for_when_they_have_doubled(
    next_hops: NextHops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pybgp.rib.next_hops.MANY", 4)
    for host in range(10):
        next_hops.resolve(bytes((192, 0, 2, host)))
    next_hops.set_aside()
    for host in range(10):
        next_hops.resolve(bytes((192, 0, 2, host)))
    next_hops.give_back()

    for host in range(10, 20):
        next_hops.resolve(bytes((192, 0, 2, host)))
        assert not next_hops.crowded
    next_hops.resolve(bytes((192, 0, 2, 20)))
    assert next_hops.crowded


def test_of_another_table_and_main_the_longest_prefix_decides() -> None:
    """The subnets of the interfaces are in main, whatever table our routes go into."""
    known = NextHops()
    known.update(V4, {key("192.0.2.0/24"): (connected(),), key("203.0.113.0/24"): (via(metric=7),)}, main=True)

    assert known.resolve(GATEWAY) == Resolution((NextHop(GATEWAY, "eth0"),))
    assert known.resolve(FAR) == Resolution((NextHop(GATEWAY, "eth0"),), 7)
    assert known.update(V4, {key("0.0.0.0/0"): (via(device="eth1"),)}) == set()
    assert known.update(V4, {key("203.0.113.0/24"): (via(device="eth2"),)}) == {FAR}
    assert known.resolve(FAR) == Resolution((NextHop(GATEWAY, "eth2"),))
    assert known.update(V4, {key("203.0.113.0/24"): ()}) == {FAR}
    assert known.update(V4, {key("203.0.113.0/24"): ()}, main=True) == {FAR}
    assert known.resolve(FAR) == Resolution((NextHop(GATEWAY, "eth1"),))


def test_a_default_route_that_drops_closes_a_table() -> None:
    """As that of a VRF, beside a default route of a lower metric or without one: main isn't behind it."""
    known = NextHops()
    known.update(V4, {key("203.0.113.0/24"): (via(),)}, main=True)
    known.resolve(FAR)
    drops = KernelRoute("unreachable", 3, (), 4278198272)

    assert known.update(V4, {key("0.0.0.0/0"): (drops,)}) == {FAR}
    assert known.resolve(FAR) == UNREACHABLE
    assert known.update(V4, {key("0.0.0.0/0"): (via(device="eth1"), drops)}) == {FAR}
    assert known.resolve(FAR) == Resolution((NextHop(GATEWAY, "eth1"),))
