"""The how-to pages tell the truth: their configurations run, whole, against peers on a virtual clock."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from pybgp.addresses import Family, address_octets, key_text, prefix_key
from pybgp.config.file import parse
from pybgp.config.model import FamilyConfig, NodeConfig, SpeakerConfig
from pybgp.messages.attributes.extended_community_text import extended_community_text
from pybgp.messages.families.registry import parse_route, route_text
from pybgp.rib.kernel import FibRoute, KernelRoute, NextHop
from pybgp.speaker.fib import KernelChanges

from .world import Node, World, ebgp, established, ibgp

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
V4 = Family.IPV4_UNICAST


def example(page: str, name: str) -> NodeConfig:
    found = re.search(rf"<!-- example: {name} -->\n```toml\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)
    assert found, f"no example {name} in {page}"
    return parse(found[1], name=page)


def start(world: World, node: NodeConfig) -> Node:
    """A speaker with this configuration, at the address of its router id."""
    config = node.speaker
    given = {one.name: getattr(config, one.name) for one in fields(SpeakerConfig)}
    return world.add(given.pop("router_id"), asn=given.pop("local_as"), peers=given.pop("peers"), fib=node.fib, **given)


# -- as-paths.md -------------------------------------------------------------------------------------------------------


def test_two_sites_with_one_as_number_take_each_others_routes(world: World) -> None:
    one = start(world, example("as-paths.md", "override"))
    sites = [world.add(f"192.0.2.{host}", asn=65010, peers=[ebgp("192.0.2.1", 64512)]) for host in (11, 12)]
    established(world, one, *sites, limit=300)

    sites[0].announce("10.65.1.0/26")

    world.run_until(lambda: sites[1].has("10.65.1.0/26"))


# -- flowspec.md -------------------------------------------------------------------------------------------------------


def test_a_customers_flow_specification_is_used_with_its_route(world: World) -> None:
    flows = {"families": dict.fromkeys((V4, Family.IPV4_FLOWSPEC), FamilyConfig())}
    one = start(world, example("flowspec.md", "reflector"))
    sender, router = (world.add(f"192.0.2.{host}", peers=[ibgp("192.0.2.1", **flows)]) for host in (11, 12))
    customer = world.add("192.0.2.31", asn=65001, peers=[ebgp("192.0.2.1", 64512, **flows)])
    established(world, one, sender, router, customer, limit=300)
    rule, drop = "destination 10.1.2.0/24 protocol =17", ("traffic-rate-bytes:0:0",)

    sender.announce("destination 192.0.2.7/32 protocol =17", communities=drop)
    customer.announce(rule, communities=drop)
    world.run_until(lambda: one.counters("192.0.2.31").families[Family.IPV4_FLOWSPEC].received == 1)
    said = str(one.core.explain(*parse_route(rule, one.core.tables)))
    assert said.partition("\n\nkernel")[0] in (PAGES / "flowspec.md").read_text()
    table = router.core.tables[Family.IPV4_FLOWSPEC]
    world.run_until(lambda: len(table) == 1)

    customer.announce("10.1.0.0/16")
    world.run_until(lambda: len(table) == 2)


def test_our_own_flow_specifications_are_told_as_the_page_says(world: World) -> None:
    families = {"families": dict.fromkeys((V4, Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC), FamilyConfig())}
    one = start(world, example("flowspec.md", "own"))
    router = world.add("192.0.2.12", peers=[ibgp("192.0.2.1", validate_flowspec=False, **families)])
    established(world, one, router, limit=300)

    def told(family: Family) -> dict[str, tuple[str, ...]]:
        views = router.core.route_views(family)
        return {
            route_text(view.family, view.key): tuple(map(extended_community_text, view.block.extended_communities))
            for view in views
        }

    world.run_until(lambda: len(told(Family.IPV4_FLOWSPEC)) == 1 and len(told(Family.IPV6_FLOWSPEC)) == 2)
    assert told(Family.IPV4_FLOWSPEC) == {
        "destination 192.0.2.7/32 protocol =17 source-port =123|=389": ("traffic-rate-bytes:0:0",)
    }
    assert told(Family.IPV6_FLOWSPEC) == {
        "destination 2001:db8:7::/48 protocol =6 destination-port >=8000&<=8080": (
            "traffic-rate-bytes:0:125000",
            "traffic-marking:8",
        ),
        "protocol =47": ("redirect:64512:99",),
    }

    routes = (replace(one.core.config.routes[0], then=("traffic-rate:9600",)),)
    one.core.reconfigure(replace(one.core.config, routes=routes), world.now)
    world.pump(one)
    world.run_until(lambda: not told(Family.IPV6_FLOWSPEC))
    world.run_until(lambda: list(told(Family.IPV4_FLOWSPEC).values()) == [("traffic-rate-bytes:0:9600",)])


# -- confederation.md, route-server.md ---------------------------------------------------------------------------------


def test_the_member_as_is_seen_inside_and_the_identifier_outside(world: World) -> None:
    one = start(world, example("confederation.md", "member"))
    member = start(world, example("confederation.md", "other-member"))
    outside = world.add("192.0.2.31", asn=64600, peers=[ebgp("192.0.2.1", 64512)])
    established(world, one, member, outside, limit=300)

    outside.announce("10.65.1.0/26")
    member.announce("10.65.2.0/26")
    world.run_until(lambda: member.has("10.65.1.0/26") and outside.has("10.65.2.0/26"))

    inside, world_wide = member.best("10.65.1.0/26"), outside.best("10.65.2.0/26")
    assert inside is not None
    assert inside.received.as_path_text == "(65001) 64600"
    assert world_wide is not None
    assert world_wide.received.as_path_text == "64512"


def test_a_route_server_and_its_client_do_what_the_page_says(world: World) -> None:
    server = start(world, example("route-server.md", "server"))
    client = start(world, example("route-server.md", "client"))
    other = world.add("192.0.2.32", asn=65002, peers=[ebgp("192.0.2.9", 64500)])
    established(world, server, client, other, limit=300)

    other.announce("10.65.1.0/26")
    world.run_until(lambda: client.has("10.65.1.0/26"))

    path = client.best("10.65.1.0/26")
    assert path is not None
    assert path.received.as_path_text == "65002"
    assert path.received.next_hop == address_octets("192.0.2.32")


# -- roles.md ----------------------------------------------------------------------------------------------------------


def test_a_customer_that_leaks_is_stopped(world: World) -> None:
    one = start(world, example("roles.md", "roles"))
    customer = world.add("192.0.2.11", asn=65001, peers=[ebgp("192.0.2.1", 64512), ebgp("192.0.2.12", 65002)])
    above = world.add(
        "192.0.2.12", asn=65002, peers=[ebgp("192.0.2.1", 64512), ebgp("192.0.2.11", 65001, role="provider")]
    )
    established(world, one, customer, above, limit=300)

    above.announce("10.65.1.0/26")
    world.run_until(lambda: one.received("10.65.1.0/26", "customer") is not None)

    path = one.received("10.65.1.0/26", "customer")
    assert path is not None
    assert path.reason == "a leak: ONLY_TO_CUSTOMER 65002 from a customer (RFC 9234 §5)"


# -- route-reflector.md ------------------------------------------------------------------------------------------------


def test_the_reflector_and_its_client_do_what_the_page_says(world: World) -> None:
    one = start(world, example("route-reflector.md", "reflector"))
    client = start(world, example("route-reflector.md", "client"))
    two = world.add("192.0.2.2", peers=[ibgp("192.0.2.1"), ibgp("192.0.2.11", route_reflector_client=True)])
    guest = world.add("192.0.2.12", peers=[ibgp("192.0.2.1")])
    established(world, one, two, client, guest, limit=300)
    world.run_until(lambda: guest.has("10.65.1.0/26"))

    path = guest.best("10.65.1.0/26")

    assert path is not None
    assert path.received.next_hop == address_octets("192.0.2.11")
    assert path.received.originator_id == address_octets("192.0.2.11")
    assert path.received.cluster_list == address_octets("192.0.2.1")
    world.advance(1)
    backup = one.received("10.65.1.0/26", "rr2")
    assert backup is not None
    assert backup.accepted is not None


def test_a_runaway_client_is_shut_out_and_the_others_keep_their_routes(world: World) -> None:
    one = start(world, example("route-reflector.md", "reflector"))
    good, bad = (world.add(address, peers=[ibgp("192.0.2.1")]) for address in ("192.0.2.11", "192.0.2.12"))
    world.run_until(lambda: good.core.all_established() and bad.core.all_established(), limit=300)
    good.announce("10.65.1.0/26")
    world.run_until(lambda: one.has("10.65.1.0/26"))

    for number in range(201):
        bad.announce(f"10.66.{number}.0/24")
    world.advance(2)

    assert not bad.core.all_established()
    assert [key_text(V4, key) for key in one.core.tables[V4].prefixes()] == ["10.65.1.0/26"]
    assert good.core.all_established()


# -- calico-node.md ----------------------------------------------------------------------------------------------------


def kernel(world: World, node: Node, prefix: str, route: KernelRoute) -> None:
    node.core.kernel(KernelChanges(V4, {prefix_key(prefix)[1]: (route,)}), world.now)
    world.pump(node)


@pytest.fixture
def calico(world: World) -> tuple[Node, Node]:
    """The page's node with its two workloads, and node2 with a block and something else."""
    node = start(world, example("calico-node.md", "node"))
    kernel(world, node, "192.0.2.0/24", KernelRoute("unicast", 2, (NextHop(None, "eth0"),), scope=253))
    for number, workload in enumerate(("10.65.1.7/32", "10.65.2.9/32")):
        kernel(world, node, workload, KernelRoute("unicast", 3, (NextHop(None, f"cali{number}"),), scope=253))
    other = world.add("192.0.2.2", peers=[ibgp("192.0.2.1")])
    other.announce("10.65.2.0/26")
    other.announce("172.16.0.0/24")
    world.run_until(lambda: other.core.all_established() and node.has("10.65.2.0/26", "172.16.0.0/24"), limit=300)
    world.advance(1)
    return node, other


def table(page: str, head: str) -> list[list[str]]:
    """The cells of a table, without the head."""
    found = re.search(rf"\| {head} \|.*\n\|.*\n((?:\|.*\n)+)", (PAGES / page).read_text())
    assert found
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


def test_the_node_tells_and_installs_what_the_page_says(calico: tuple[Node, Node]) -> None:
    node, other = calico
    rows = table("calico-node.md", "route")

    assert len(rows) == 5
    for prefix, told, installed in rows:
        assert (other.received(prefix, "192.0.2.1") is not None) is (told == "yes"), prefix
        route = node.fib.get(prefix_key(prefix)[1])
        if installed.startswith("blackhole"):
            assert route == FibRoute("blackhole")
        elif installed.startswith("via"):
            _, gateway, _, device, *flags = installed.split()
            expected = NextHop(address_octets(gateway), device, onlink=flags == ["onlink"])
            assert route == FibRoute("unicast", (expected,))
        else:
            assert route is None, prefix


def test_a_node_that_stops_says_nothing_and_peers_keep_its_routes(world: World, calico: tuple[Node, Node]) -> None:
    node, other = calico

    node.core.stop(world.now)
    world.pump(node)
    world.advance(60)

    assert other.has("10.65.1.0/26")
    assert "shutdown" not in other.counters("192.0.2.1").last_error.lower()
    world.advance(61)
    assert not other.has("10.65.1.0/26")


# -- own-routes.md -----------------------------------------------------------------------------------------------------


def test_the_aggregate_stands_for_the_blocks_as_the_page_says(world: World) -> None:
    node = start(world, example("own-routes.md", "aggregate"))
    outside = world.add("192.0.2.2", asn=65001, peers=[ebgp("192.0.2.1", 64512)])
    inside = world.add("192.0.2.3", peers=[ibgp("192.0.2.1")])
    established(world, node, outside, inside, limit=300)

    inside.announce("10.65.1.0/26")
    world.run_until(lambda: outside.has("10.65.0.0/16") and inside.has("10.65.0.0/16"))
    world.advance(1)

    assert not outside.has("10.65.1.0/26")


def test_the_pool_is_announced_while_there_is_a_default_route(world: World) -> None:
    node = start(world, example("own-routes.md", "conditional"))
    upstream = world.add("192.0.2.2", asn=65001, peers=[ebgp("192.0.2.1", 64512)])
    other = world.add("192.0.2.3", peers=[ibgp("192.0.2.1")])
    established(world, node, upstream, other, limit=300)
    world.advance(1)
    assert not upstream.has("10.65.0.0/16")

    other.announce("0.0.0.0/0")
    world.run_until(lambda: upstream.has("10.65.0.0/16"))

    other.withdraw("0.0.0.0/0")
    world.run_until(lambda: not upstream.has("10.65.0.0/16"))


def test_a_static_route_through_several_next_hops(world: World) -> None:
    node = start(world, example("own-routes.md", "static"))
    peer = world.add("192.0.2.2", peers=[ibgp("192.0.2.1")])
    one, other = address_octets("192.0.2.9"), address_octets("192.0.2.10")
    prefix = prefix_key("10.72.0.0/16")[1]
    link, host = prefix_key("192.0.2.0/24")[1], prefix_key("192.0.2.9/32")[1]
    world.run_until(lambda: all(each.core.all_established() for each in (node, peer)), limit=300)

    def kernel(key: bytes, *routes: KernelRoute) -> None:
        node.core.kernel(KernelChanges(V4, {key: routes}), world.now)
        world.pump(node)
        world.advance(1)

    kernel(link, KernelRoute("unicast", 2, (NextHop(None, "eth0"),), scope=253))
    both = FibRoute("unicast", (NextHop(one, "eth0", weight=2), NextHop(other, "eth0", weight=1)))
    assert node.fib[prefix] == both
    told = peer.best("10.72.0.0/16")
    assert told is not None
    assert told.received.next_hop == address_octets("192.0.2.1")

    kernel(host, KernelRoute("unreachable", 4))
    assert node.fib[prefix] == FibRoute("unicast", (NextHop(other, "eth0"),))
    assert peer.best("10.72.0.0/16") is told

    kernel(host)
    assert node.fib[prefix] == both


def test_static_routes_follow_their_gateway_and_one_is_a_backup(world: World) -> None:
    node = start(world, example("own-routes.md", "static"))
    peer = world.add("192.0.2.2", peers=[ibgp("192.0.2.1")])
    link = prefix_key("192.0.2.0/24")[1]
    world.run_until(lambda: all(one.core.all_established() for one in (node, peer)), limit=300)

    def kernel(present: bool) -> None:
        routes = (KernelRoute("unicast", 2, (NextHop(None, "eth0"),), scope=253),) if present else ()
        node.core.kernel(KernelChanges(V4, {link: routes}), world.now)
        world.pump(node)
        world.advance(1)

    kernel(True)
    assert peer.has("10.70.0.0/16", "10.71.0.0/16", "10.72.0.0/16")

    kernel(False)
    assert not any(map(peer.has, ("10.70.0.0/16", "10.71.0.0/16", "10.72.0.0/16")))
    assert node.fib == {}
    stays = node.received("10.70.0.0/16", "local")
    assert stays is not None
    assert stays.reason == "its next hop is unreachable (RFC 4271 §9.1.2)"

    kernel(True)
    assert peer.has("10.70.0.0/16", "10.72.0.0/16")
    peer.announce("10.71.0.0/16")
    world.advance(1)
    best = node.best("10.71.0.0/16")
    assert best is not None
    assert best.source.name == "192.0.2.2"
    peer.withdraw("10.71.0.0/16")
    world.advance(1)
    assert peer.has("10.71.0.0/16")
