"""Best paths → what the kernel should have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.config.model import SetConfig
from pybgp.policy.builtin import ACCEPT_ALL, reject_all
from pybgp.policy.chain import Policy
from pybgp.rib.aggregates import Aggregates
from pybgp.rib.decision import Decision
from pybgp.rib.kernel import FibRoute, KernelRoute, NextHop
from pybgp.rib.local import DIRECT, KERNEL, OwnRoutes, own_block
from pybgp.rib.moves import moves_of
from pybgp.rib.multipath import Multipath
from pybgp.rib.next_hops import NextHops
from pybgp.rib.path import Path
from pybgp.rib.table import Table
from pybgp.speaker.originate import own_route
from pybgp.speaker.programming import Programming
from tests.unit.policy.made import chain, term
from tests.unit.rib.paths import block, key, path, source

V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST
P, Q = key("10.65.1.0/26"), key("10.65.2.0/26")
GATEWAY = address_octets("192.0.2.9")
B = source("b", router_id="2.2.2.2", address="192.0.2.2")


class Rib:
    """Tables, own routes, the kernel's facts; ``changes()`` is what a flush tells the FIB."""

    def __init__(self, policy: Policy = ACCEPT_ALL, **multipath: Any) -> None:
        decision = Decision()
        self.tables = {family: Table(family, decision) for family in (V4, V6)}
        self.next_hops = NextHops()
        self.own = OwnRoutes(self.tables, self.next_hops)
        self.programming = Programming(
            policy, self.next_hops, self.own, Aggregates({}), Multipath(decision, **multipath)
        )

    def announce(self, prefix: str, **attributes: Any) -> None:
        self.own.announce(*own_route(prefix, **attributes))

    def changes(self, family: Family = V4) -> dict[bytes, FibRoute | None]:
        table = self.tables[family]
        changes = self.programming.changes(family, moves_of(table.take_pending(), table))
        return dict(changes.routes) if changes is not None else {}

    def why_not(self, family: Family, prefix: bytes) -> str:
        """Why the kernel is to have nothing for a prefix."""
        wanted = self.programming.wanted(family, prefix, self.tables[family].get(prefix))
        assert isinstance(wanted, str)
        return wanted


@pytest.fixture
def rib() -> Rib:
    return Rib()


def test_a_best_path_becomes_a_route_and_goes_with_it(rib: Rib) -> None:
    rib.tables[V4].insert([P], path())
    assert rib.changes() == {P: FibRoute("unicast", (NextHop(GATEWAY),))}

    rib.tables[V4].withdraw([P], "a")
    assert rib.changes() == {P: None}


def test_prefixes_that_go_the_same_way_share_one_route(rib: Rib) -> None:
    rib.tables[V4].insert([P], path(block(med=1)))
    rib.tables[V4].insert([Q], path(block(med=2)))

    found = rib.changes()

    assert found[P] is found[Q]


def test_only_a_change_of_the_best_path_is_told(rib: Rib) -> None:
    rib.tables[V4].insert([P], path(block(local_pref=200)))
    rib.changes()

    rib.tables[V4].insert([P], path(by=B))
    assert rib.changes() == {}
    rib.tables[V4].insert([P], path(block(local_pref=300, next_hop="192.0.2.2"), by=B))
    assert rib.changes() == {P: FibRoute("unicast", (NextHop(address_octets("192.0.2.2")),))}


@pytest.mark.row("DEC-17", "DEC-02")
def test_nothing_is_installed_for_what_is_not_eligible_or_leads_nowhere(rib: Rib) -> None:
    rib.tables[V4].insert([P], path(reason="AS loop"))
    assert rib.changes() == {}

    rib.next_hops.update(V4, {key("198.51.100.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)})
    rib.tables[V4].insert([Q], path())  # its next hop is elsewhere
    assert rib.changes() == {Q: None}


@pytest.mark.parametrize(
    ("prefix", "next_hop"),
    [("10.65.2.0/26", "192.0.2.9"), ("2001:db8:1::/48", "2001:db8::9"), ("2001:db8:1::/48", "::ffff:192.0.2.9")],
    ids=["ipv4", "ipv6", "mapped"],
)
def test_what_leads_nowhere_says_only_that(rib: Rib, prefix: str, next_hop: str) -> None:
    """A mapped next hop that IPv4 can't reach either is unreachable like any other."""
    family, _ = prefix_key(prefix)
    rib.next_hops.update(V4, {key("198.51.100.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)})
    rib.tables[family].insert([key(prefix)], path(block(next_hop=next_hop)))

    assert rib.why_not(family, key(prefix)) == "its next hop is unreachable (RFC 4271 §9.1.2)"


def test_own_routes_of_which_no_gateway_is_reached_say_that(rib: Rib) -> None:
    rib.next_hops.update(V4, {key("198.51.100.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)})
    rib.announce("10.65.1.0/26", next_hops=[("192.0.2.1", 1), ("192.0.2.2", 1)], while_reachable=False)

    assert rib.why_not(V4, P) == "its next hop is unreachable (RFC 4271 §9.1.2)"


@pytest.mark.row("DEC-17")
def test_a_remote_next_hop_is_resolved_by_the_kernels_route(rib: Rib) -> None:
    way = NextHop(address_octets("192.0.2.1"), "eth0")
    rib.next_hops.update(V4, {key("0.0.0.0/0"): (KernelRoute("unicast", 4, (way,)),)})
    rib.tables[V4].insert([P], path(block(next_hop="203.0.113.9")))

    assert rib.changes() == {P: FibRoute("unicast", (way,))}


@pytest.mark.row("NHP-07")
@pytest.mark.parametrize("next_hop", ["fe80::9", "2001:db8::9 fe80::9"])
def test_a_link_local_next_hop_goes_out_on_the_sessions_link(rib: Rib, next_hop: str) -> None:
    """RFC 2545 §3; the kernel takes no link-local gateway without a device."""
    rib.next_hops.update(V6, {key("2001:db8::/64"): (KernelRoute("unicast", 2, (NextHop(None, "eth1"),)),)})
    prefix = key("2001:db8:65::/64")

    rib.tables[V6].insert([prefix], path(block(next_hop=next_hop), by=replace(B, interface="eth1")))

    assert rib.changes(V6) == {prefix: FibRoute("unicast", (NextHop(address_octets("fe80::9"), "eth1"),))}


@pytest.mark.parametrize("kind", ["blackhole", "unreachable", "prohibit"])
def test_own_routes_that_drop_have_their_type(rib: Rib, kind: Any) -> None:
    rib.announce("10.65.1.0/26", type=kind)

    assert rib.changes() == {P: FibRoute(kind)}


def test_an_own_route_is_installed_if_it_says_where_to(rib: Rib) -> None:
    rib.announce("10.65.1.0/26")
    rib.announce("10.65.2.0/26", next_hop="192.0.2.9")

    assert rib.changes() == {P: None, Q: FibRoute("unicast", (NextHop(GATEWAY),))}


def test_an_own_route_that_changes_its_type_is_told(rib: Rib) -> None:
    rib.announce("10.65.1.0/26", type="blackhole")
    rib.changes()

    rib.announce("10.65.1.0/26", type="unreachable")

    assert rib.changes() == {P: FibRoute("unreachable")}


@pytest.mark.parametrize("by", [DIRECT, KERNEL], ids=["direct", "kernel"])
def test_what_came_from_the_kernel_does_not_go_there(rib: Rib, by: Any) -> None:
    rib.tables[V4].insert([P], path(own_block(), by=by))

    assert rib.changes() == {P: None}


@pytest.mark.row("DEC-20")
def test_a_connected_route_takes_ours_out_of_the_kernel(rib: Rib) -> None:
    rib.tables[V4].insert([P], path())
    rib.changes()

    rib.tables[V4].insert([P], path(own_block(), by=DIRECT))
    assert rib.changes() == {P: None}
    rib.tables[V4].withdraw([P], DIRECT.name)
    assert rib.changes() == {P: FibRoute("unicast", (NextHop(GATEWAY),))}


# -- the FIB's policy --------------------------------------------------------------------------------------------------


def tunnel(**match: Any) -> Policy:
    hints = SetConfig(device="tunl0", onlink=True, metric=1024)
    return chain(term(set=hints, **match), prefix_sets={"pods": ("10.65.1.0/24 le 32",)}, allow_hints=True)


def test_the_policy_names_device_onlink_and_metric() -> None:
    rib = Rib(tunnel())
    rib.next_hops.update(V4, {key("192.0.2.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)})
    rib.tables[V4].insert([P], path())

    assert rib.changes() == {P: FibRoute("unicast", (NextHop(GATEWAY, "tunl0", onlink=True),), 1024)}


def test_the_policy_may_look_at_prefixes() -> None:
    rib = Rib(tunnel(prefix_set="pods"))
    rib.tables[V4].insert([P, Q], path())

    assert rib.changes() == {P: FibRoute("unicast", (NextHop(GATEWAY, "tunl0", onlink=True),), 1024), Q: None}


def test_what_the_policy_rejects_is_not_installed() -> None:
    rib = Rib(reject_all("no"))
    rib.tables[V4].insert([P], path())
    rib.announce("10.65.2.0/26", type="blackhole")

    assert rib.changes() == {P: None, Q: None}


def test_a_metric_goes_with_a_blackhole_too() -> None:
    rib = Rib(chain(term(set=SetConfig(metric=7)), allow_hints=True))
    rib.announce("10.65.1.0/26", type="blackhole")

    assert rib.changes() == {P: FibRoute("blackhole", (), 7)}


@pytest.mark.parametrize("make", [lambda: Rib(), lambda: Rib(tunnel(prefix_set="pods"))], ids=["all", "prefixes"])
def test_everything_again_is_what_the_changes_were(make: Callable[[], Rib]) -> None:
    rib = make()
    rib.tables[V4].insert([P, Q], path())
    rib.announce("10.65.3.0/26", type="blackhole")
    changes = rib.changes()

    whole = rib.programming.whole(V4, rib.tables[V4].loc_rib())

    assert dict(whole.routes) == changes
    assert prefix_key("10.65.3.0/26")[1] in whole.routes


# -- multipath ---------------------------------------------------------------------------------------------------------

ONE, TWO, THREE = (address_octets(text) for text in ("192.0.2.11", "192.0.2.12", "192.0.2.13"))
A = source("a", router_id="1.1.1.1")
LAN = KernelRoute("unicast", 2, (NextHop(None, "eth0"),))


def ways(*gateways: bytes) -> FibRoute:
    return FibRoute("unicast", tuple(NextHop(gateway) for gateway in gateways))


def test_a_change_beside_the_best_path_reaches_the_kernel_too() -> None:
    rib = Rib(ibgp=2)
    rib.tables[V4].insert([P], path(block(next_hop="192.0.2.11"), by=A))
    assert rib.changes() == {P: ways(ONE)}

    rib.tables[V4].insert([P], path(block(next_hop="192.0.2.12"), by=B))
    assert rib.changes() == {P: ways(ONE, TWO)}
    rib.tables[V4].insert([P], path(block(next_hop="192.0.2.13"), by=B))
    assert rib.changes() == {P: ways(ONE, THREE)}
    rib.tables[V4].insert([P], path(block(next_hop="192.0.2.14", local_pref=1), by=B))
    assert rib.changes() == {P: ways(ONE)}
    rib.tables[V4].withdraw([P], "b")
    assert rib.changes() == {}


def test_which_of_two_equal_ways_is_best_is_no_matter_to_the_kernel() -> None:
    rib, other = Rib(ibgp=2), Rib(ibgp=2)
    for each, (low, high) in ((rib, ("192.0.2.11", "192.0.2.12")), (other, ("192.0.2.12", "192.0.2.11"))):
        each.tables[V4].insert([P], path(block(next_hop=low), by=A))
        each.tables[V4].insert([P], path(block(next_hop=high), by=B))

    assert rib.changes() == other.changes() == {P: ways(ONE, TWO)}


def test_a_next_hop_with_two_ways_of_its_own_gets_no_more_traffic_for_it() -> None:
    rib = Rib(ibgp=2)
    two_ways = KernelRoute("unicast", 4, (NextHop(ONE, "eth0"), NextHop(TWO, "eth0")))
    rib.next_hops.update(V4, {key("192.0.2.0/24"): (LAN,), key("203.0.113.0/24"): (two_ways,)})
    rib.tables[V4].insert([P], path(block(next_hop="203.0.113.1"), by=A))
    rib.tables[V4].insert([P], path(block(next_hop="192.0.2.13"), by=B))

    (route,) = rib.changes().values()

    assert route == FibRoute("unicast", (NextHop(ONE, "eth0"), NextHop(TWO, "eth0"), NextHop(THREE, "eth0", weight=2)))


def test_a_member_that_the_fibs_policy_rejects_is_left_out() -> None:
    rib = Rib(chain(term("reject", next_hop=("192.0.2.12/32",)), term()), ibgp=3)
    for at, next_hop in enumerate(("192.0.2.11", "192.0.2.12", "192.0.2.13")):
        rib.tables[V4].insert([P], path(block(next_hop=next_hop), by=source(f"p{at}", router_id=f"1.1.1.{at}")))

    assert rib.changes() == {P: ways(ONE, THREE)}


def test_a_route_of_our_own_through_several_gateways(rib: Rib) -> None:
    """They share the traffic by their weights; the route has one Path, without a next hop."""
    rib.next_hops.update(V4, {key("192.0.2.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)})
    rib.announce("10.65.1.0/26", next_hops=[("192.0.2.9", 3), ("192.0.2.2", 1), ("203.0.113.9", 5)])

    near = NextHop(address_octets("192.0.2.2"), "eth0", weight=1)
    assert rib.changes() == {P: FibRoute("unicast", (near, NextHop(GATEWAY, "eth0", weight=3)))}
    best = rib.tables[V4].get(P)
    assert isinstance(best, Path)
    assert best.received.next_hop == b""


def test_a_policy_may_say_another_way_for_a_route_through_several_gateways() -> None:
    rib = Rib(chain(term(set=SetConfig(device="tun0", onlink=True)), allow_hints=True))
    rib.announce("10.65.1.0/26", next_hops=[("192.0.2.9", 3), ("192.0.2.2", 1)])

    (route,) = rib.changes().values()

    other = NextHop(address_octets("192.0.2.2"), "tun0", onlink=True, weight=1)
    assert route == FibRoute("unicast", (other, NextHop(GATEWAY, "tun0", onlink=True, weight=3)))


# -- while a gateway can be reached ------------------------------------------------------------------------------------


def usable(rib: Rib, *prefixes: str) -> list[str]:
    """Which of them are the best route of their prefix, after what a flush does first."""
    rib.next_hops.take_changed()
    rib.own.follow()
    return [each for each in prefixes if rib.tables[V4].best(key(each)) is not None]


def test_a_route_of_our_own_is_used_while_a_gateway_can_be_reached(rib: Rib) -> None:
    rib.next_hops.update(V4, {key("192.0.2.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)})
    rib.announce("10.65.1.0/26", next_hop="192.0.2.9", while_reachable=True)
    rib.announce("10.65.2.0/26", next_hops=[("192.0.2.9", 1), ("203.0.113.1", 1)], while_reachable=True)
    rib.announce("10.65.3.0/26", next_hop="203.0.113.1", while_reachable=True)
    rib.announce("10.65.4.0/26", next_hop="203.0.113.1")
    all_four = ("10.65.1.0/26", "10.65.2.0/26", "10.65.3.0/26", "10.65.4.0/26")
    assert usable(rib, *all_four) == ["10.65.1.0/26", "10.65.2.0/26", "10.65.4.0/26"]

    rib.next_hops.update(V4, {key("192.0.2.0/24"): ()})
    assert usable(rib, *all_four) == ["10.65.4.0/26"]
    rib.next_hops.update(V4, {key("203.0.113.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth1"),)),)})
    assert usable(rib, *all_four) == ["10.65.2.0/26", "10.65.3.0/26", "10.65.4.0/26"]


def test_a_static_route_that_leads_nowhere_leaves_the_prefix_to_others(rib: Rib) -> None:
    rib.next_hops.update(V4, {key("192.0.2.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)})
    rib.tables[V4].insert([P], path())
    rib.announce("10.65.1.0/26", next_hop="203.0.113.1", while_reachable=True)

    best = rib.tables[V4].best(P)

    assert best is not None
    assert best.source.name == "a"
    assert rib.changes() == {P: FibRoute("unicast", (NextHop(GATEWAY, "eth0"),))}


@pytest.mark.parametrize("order", [1, -1])
def test_static_routes_do_not_keep_each_other_alive(rib: Rib, order: int) -> None:
    """A default route doesn't change it; each would be reached through the other."""
    way = KernelRoute("unicast", 4, (NextHop(GATEWAY, "eth0"),))
    rib.next_hops.update(V4, {key("0.0.0.0/0"): (way,)})
    routes = [("10.1.0.0/16", "10.2.0.1"), ("10.2.0.0/16", "10.1.0.1"), ("10.3.0.0/16", "10.1.0.1")][::order]
    for prefix, next_hop in routes:
        rib.announce(prefix, next_hop=next_hop, while_reachable=True)

    assert usable(rib, "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16") == ["10.3.0.0/16"]

    rib.next_hops.update(V4, {key("10.1.0.1/32"): (way,)})
    assert usable(rib, "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16") == ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"]


def test_a_routes_own_preference_makes_it_a_backup(rib: Rib) -> None:
    rib.announce("10.65.1.0/26", preference=50)
    rib.tables[V4].insert([P], path())
    best = rib.tables[V4].best(P)
    assert best is not None
    assert best.source.name == "a"

    rib.announce("10.65.1.0/26")
    best = rib.tables[V4].best(P)
    assert best is not None
    assert best.source.name == "local"


def test_ipv4_is_no_way_for_ipv6(rib: Rib) -> None:
    """A mapped next hop is reachable over IPv4, which would take IPv6 in MPLS only (RFC 4798 §3)."""
    mapped, prefix = "::ffff:192.0.2.9", key("2001:db8:1::/48")
    rib.next_hops.update(V4, {key("192.0.2.0/24"): (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)})
    rib.tables[V6].insert([prefix], path(block(next_hop=mapped), by=B))

    assert rib.next_hops.resolve(address_octets(mapped)).reachable
    assert rib.changes(V6) == {prefix: None}
    assert "IPv4" in rib.why_not(V6, prefix)
    rib.tables[V6].insert([prefix], path(block(next_hop=f"{mapped} fe80::9"), by=B))
    assert rib.changes(V6) == {prefix: FibRoute("unicast", (NextHop(address_octets("fe80::9"), "eth0"),))}
