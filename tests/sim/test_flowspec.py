"""Flow specifications in whole speakers: who is told, and which are not to be used (RFC 8955 §6, RFC 9117 §4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.config.model import ConfederationConfig, FamilyConfig, FibConfig, SetConfig, TermConfig
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.rib.feasible import NO_DESTINATION
from pybgp.rib.kernel import KernelRoute, NextHop
from pybgp.rib.local import OWN, own_block
from pybgp.rib.path import Path, paths_of
from pybgp.rib.table import SLICE
from pybgp.speaker.damping import DAMPED
from pybgp.speaker.fib import KernelChanges
from pybgp.speaker.what_if import WhatIf

from .labeled_routes import key_of, routes
from .world import Node, World, ebgp, established, ibgp

RR, A, B, C, X, Y = (f"192.0.2.{host}" for host in (1, 11, 12, 13, 31, 32))
V4, V6, FLOW4, FLOW6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST, Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC
DROP = "traffic-rate-bytes:0:0"
FLOW = "destination 10.1.2.0/24 protocol =17"
HOST = "destination 10.1.2.3/32 destination-port =53"

pytestmark = pytest.mark.row("AFI-19")


def families(*more: Family, add_path: str = "off") -> dict[Family, FamilyConfig]:
    wanted = more or (V4, FLOW4)
    return {each: FamilyConfig(add_path=add_path) for each in wanted}  # type: ignore[arg-type]


def border(world: World, **options: object) -> dict[str, Node]:
    """A router with a client A, an internal peer B, and X (AS 65001) and Y (65002) outside."""
    some = {"families": families(), **options}
    peers = [
        ibgp(A, route_reflector_client=True, families=families()),
        ibgp(B, families=families()),
        ebgp(X, 65001, **some),
        ebgp(Y, 65002, families=families()),
    ]
    nodes = {RR: world.add(RR, peers=peers, fib=FibConfig())}
    for address in (A, B):
        nodes[address] = world.add(address, peers=[ibgp(RR, families=families())])
    for address, asn in ((X, 65001), (Y, 65002)):
        nodes[address] = world.add(address, asn=asn, peers=[ebgp(RR, 64512, families=families())])
    established(world, *nodes.values())
    return nodes


def why(node: Node, flow: str, peer: str, family: Family = FLOW4) -> str | None:
    """Why a flow specification of a peer isn't used, "" if it is; None if there is none."""
    (view,) = list(node.core.route_views(family, key=key_of(family, flow), peer=peer, direction="received")) or [None]
    return None if view is None else view.reason


def insert(node: Node, family: Family, text: str, as_path: str = "", **more: object) -> None:
    """A route of the node's own with an AS_PATH as if it came from elsewhere."""
    key = prefix_key(text)[1] if family in (V4, V6) else key_of(family, text)
    block = own_block().replace(set=(AsPath.parse(as_path), ExtendedCommunities.of((DROP,))))
    node.core.tables[family].insert([key], Path(OWN, 0, block, block))
    node.world.pump(node)


def receive(node: Node, family: Family, key: bytes, peer: str, as_path: str) -> None:
    """The peer's route again, with another AS_PATH."""
    table = node.core.tables[family]
    (path,) = [path for path in paths_of(table.get(key)) if path.source.name == peer]
    block = path.received.replace(set=(AsPath.parse(as_path),))
    table.insert([key], Path(path.source, path.path_id, block, block))
    node.world.pump(node)


# -- how they travel ---------------------------------------------------------------------------------------------------


def test_a_clients_flow_is_reflected_and_never_in_the_kernel(world: World) -> None:
    nodes = border(world)
    nodes[A].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(nodes[B], FLOW4) == [FLOW])
    world.advance(1)

    path = nodes[B].core.tables[FLOW4].best(key_of(FLOW4, FLOW))
    assert path is not None
    assert path.received.next_hop == b""
    assert ExtendedCommunities.of((DROP,)).encode() in path.received.octets
    assert nodes[RR].counters(A).families[FLOW4].received == nodes[RR].counters(A).families[FLOW4].accepted == 1
    assert nodes[RR].counters(B).families[FLOW4].advertised == 1
    assert nodes[RR].fib == {}
    assert routes(nodes[RR], FLOW4, direction="advertised", peer=B) == [FLOW]
    assert routes(nodes[A], FLOW4, direction="received", peer=RR) == []

    nodes[A].core.withdraw(FLOW4, key_of(FLOW4, FLOW))
    world.pump(nodes[A])
    world.run_until(lambda: not routes(nodes[B], FLOW4))
    assert nodes[RR].counters(B).families[FLOW4].advertised == 0


def test_a_flow_goes_from_one_as_to_another_with_the_route_to_its_destination(world: World) -> None:
    nodes = border(world)
    nodes[X].announce("10.1.0.0/16")
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(nodes[Y], FLOW4) == [FLOW] == routes(nodes[A], FLOW4))

    path = nodes[Y].core.tables[FLOW4].best(key_of(FLOW4, FLOW))
    assert path is not None
    assert str(AsPath.decode(path.received.as_path_octets)) == "64512 65001"
    assert why(nodes[A], FLOW, RR) == ""


def test_all_paths_of_a_flow(world: World) -> None:
    both = families(V4, FLOW4, add_path="both")
    rr = world.add(RR, peers=[ibgp(each, route_reflector_client=True, families=both) for each in (A, B, C)])
    clients = [world.add(each, peers=[ibgp(RR, families=both)]) for each in (A, B, C)]
    established(world, rr, *clients)
    for client in clients[:2]:
        client.announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(clients[2], FLOW4, direction="received") == [FLOW, FLOW])

    clients[0].core.withdraw(FLOW4, key_of(FLOW4, FLOW))
    world.pump(clients[0])
    world.run_until(lambda: routes(clients[2], FLOW4, direction="received") == [FLOW])


def test_of_several_paths_only_feasible_ones_are_told(world: World) -> None:
    both = families(V4, FLOW4, add_path="both")
    rr = world.add(RR, peers=[*(ibgp(each, families=both, route_reflector_client=True) for each in (A, B, C))])
    clients = {each: world.add(each, peers=[ibgp(RR, families=both)]) for each in (A, B, C)}
    established(world, rr, *clients.values())
    for client in (A, B):
        insert(clients[client], FLOW4, FLOW, "65009")
    insert(clients[A], V4, "10.1.0.0/16", "65009")
    world.run_until(lambda: routes(clients[C], FLOW4, direction="received") == [FLOW])
    world.advance(1)
    assert (why(rr, FLOW, A), why(rr, FLOW, B) == "") == ("", False)
    assert rr.counters(C).families[FLOW4].advertised == 1

    insert(clients[B], V4, "10.1.2.0/24", "65009")
    world.run_until(lambda: (why(rr, FLOW, A) == "", why(rr, FLOW, B)) == (False, ""))
    world.advance(1)
    (path,) = paths_of(clients[C].core.tables[FLOW4].get(key_of(FLOW4, FLOW)))
    assert path.received.originator_id == address_octets(B)


def test_members_of_an_exchange_check_each_others_flows(world: World) -> None:
    """RFC 9117 §4.2: the route server's AS is not in the paths."""
    member = {"families": families(), "route_server_client": True}
    rs = world.add(RR, peers=[ebgp(X, 65001, **member), ebgp(Y, 65002, **member)])
    x, y = (
        world.add(address, asn=asn, peers=[ebgp(RR, 64512, families=families(), enforce_first_as=False)])
        for address, asn in ((X, 65001), (Y, 65002))
    )
    established(world, rs, x, y)
    x.announce("10.1.0.0/16")
    x.announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(y, FLOW4) == [FLOW])
    path = y.core.tables[FLOW4].best(key_of(FLOW4, FLOW))
    assert path is not None
    assert str(AsPath.decode(path.received.as_path_octets)) == "65001"

    x.withdraw("10.1.0.0/16")
    world.run_until(lambda: not routes(y, FLOW4))


def test_flows_with_the_same_actions_share_an_update(world: World) -> None:
    nodes = border(world)
    before = len(world.wire)
    flows = [f"destination 10.1.2.{host}/32 protocol =17" for host in range(50)]
    block = own_block().replace(set=(ExtendedCommunities.of((DROP,)),))
    nodes[A].core.tables[FLOW4].insert([key_of(FLOW4, flow) for flow in flows], Path(OWN, 0, block, block))
    world.pump(nodes[A])
    world.run_until(lambda: len(routes(nodes[B], FLOW4)) == 50)
    sent = [octets for node, octets in world.wire[before:] if node is nodes[RR] and b"\x20\x0a\x01\x02\x07" in octets]
    assert len(sent) == 3  # to B, X and Y
    assert all(octets.count(b"\x20\x0a\x01\x02") == 50 and octets.count(b"\xff" * 16) == 1 for octets in sent)


# -- validation, rule by rule ------------------------------------------------------------------------------------------


def test_a_destination_must_be_there(world: World) -> None:
    nodes = border(world)
    nodes[X].announce("0.0.0.0/0")
    flow = "source 10.1.2.0/24 protocol =17"
    nodes[X].announce(flow, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], flow, X) is not None)
    world.advance(1)
    assert why(nodes[RR], flow, X) == NO_DESTINATION
    assert routes(nodes[RR], FLOW4) == []
    found = nodes[RR].core.explain(FLOW4, key_of(FLOW4, flow))
    assert NO_DESTINATION in str(found)
    assert "none can be used" in str(found)


def test_an_ipv6_destination_with_an_offset_is_none(world: World) -> None:
    both = families(V6, FLOW6)
    rr = world.add(RR, peers=[ebgp(X, 65001, families=both)])
    x = world.add(X, asn=65001, peers=[ebgp(RR, 64512, families=both)])
    established(world, rr, x)
    x.announce("::/0")
    offset, plain = "destination ::1234:0:0/64-96 protocol =17", "destination 2001:db8::/32 protocol =17"
    for flow in (offset, plain):
        x.announce(flow, communities=(DROP,))
    world.run_until(lambda: routes(rr, FLOW6) == [plain])
    world.advance(1)
    assert why(rr, offset, X, FLOW6) == NO_DESTINATION


def test_the_originator_must_be_that_of_the_route(world: World) -> None:
    nodes = border(world)
    nodes[Y].announce("10.1.0.0/16")
    world.run_until(lambda: nodes[RR].has("10.1.0.0/16"))
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], FLOW, X) is not None)
    world.advance(1)
    assert f"its originator is {X}, that of the unicast route to its destination {Y}" in (why(nodes[RR], FLOW, X) or "")
    assert routes(nodes[A], FLOW4) == routes(nodes[B], FLOW4) == routes(nodes[Y], FLOW4) == []
    assert nodes[RR].counters(X).families[FLOW4].received == 1
    assert nodes[RR].counters(X).families[FLOW4].accepted == 0


def test_our_own_routes_are_nobody_elses(world: World) -> None:
    nodes = border(world)
    nodes[RR].announce("10.1.2.0/24")
    nodes[X].announce("10.1.0.0/16")
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], FLOW, X) is not None)
    world.advance(1)
    assert "destination this speaker" in (why(nodes[RR], FLOW, X) or "")


def test_the_best_match_is_the_most_specific_route(world: World) -> None:
    nodes = border(world)
    nodes[Y].announce("10.0.0.0/8")
    nodes[X].announce("10.1.0.0/16")
    for node in (X, Y):
        nodes[node].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], FLOW, X) == "" and why(nodes[RR], FLOW, Y) not in (None, ""))
    world.advance(1)
    assert why(nodes[RR], FLOW, X) == ""
    assert why(nodes[RR], FLOW, Y) != ""


def test_without_any_route_a_flow_from_outside_is_not_used(world: World) -> None:
    nodes = border(world)
    nodes[X].announce(FLOW, communities=(DROP,))
    nodes[A].announce(HOST, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], FLOW, X) is not None and routes(nodes[RR], FLOW4) == [HOST])
    world.advance(1)
    assert why(nodes[RR], FLOW, X) == "no unicast route leads to its destination 10.1.2.0/24 (RFC 8955 §6 b)"


def test_who_is_inside_may_speak_of_any_destination(world: World) -> None:
    """RFC 9117 §4.1 b.2: a controller that is in no data path."""
    nodes = border(world)
    nodes[X].announce("10.1.0.0/16")
    world.run_until(lambda: nodes[A].has("10.1.0.0/16"))
    nodes[A].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(nodes[B], FLOW4) == [FLOW])
    assert why(nodes[B], FLOW, RR) == ""


def test_an_internal_peers_flow_of_another_as_needs_its_route(world: World) -> None:
    nodes = border(world)
    insert(nodes[B], FLOW4, FLOW, "65009")
    world.run_until(lambda: why(nodes[RR], FLOW, B) is not None)
    world.advance(1)
    assert why(nodes[RR], FLOW, B) != ""
    insert(nodes[B], V4, "10.1.0.0/16", "65009")
    world.run_until(lambda: why(nodes[RR], FLOW, B) == "")


@pytest.mark.parametrize(("as_path", "used"), [("(65101)", True), ("[65101]", False), ("(65101) 65009", False)])
def test_inside_a_confederation(world: World, as_path: str, used: bool) -> None:
    confederation = ConfederationConfig(identifier=64512, members=(65101, 65102))
    some = {"families": families()}
    one = world.add(RR, asn=65102, confederation=confederation, peers=[ibgp(A, remote_as=65102, **some)])
    two = world.add(A, asn=65102, confederation=confederation, peers=[ibgp(RR, remote_as=65102, **some)])
    established(world, one, two)
    insert(two, FLOW4, FLOW, as_path)
    world.run_until(lambda: why(one, FLOW, A) is not None)
    world.advance(1)
    assert (why(one, FLOW, A) == "") is used


def test_no_more_specific_route_of_another_neighbour(world: World) -> None:
    nodes = border(world)
    nodes[X].announce("10.1.0.0/16")
    nodes[X].announce("10.1.2.0/25")
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(nodes[A], FLOW4) == [FLOW])

    nodes[Y].announce("10.1.2.128/25")
    world.run_until(lambda: not routes(nodes[A], FLOW4))
    assert why(nodes[RR], FLOW, X) == (
        "its destination 10.1.2.0/24 has more specific unicast routes of AS 65002, not of AS 65001 (RFC 8955 §6 c)"
    )

    nodes[Y].withdraw("10.1.2.128/25")
    world.run_until(lambda: routes(nodes[A], FLOW4) == [FLOW])


def test_what_is_more_specific_and_there_before_counts(world: World) -> None:
    nodes = border(world)
    nodes[Y].announce("10.1.2.128/25")
    nodes[X].announce("10.1.0.0/16")
    world.run_until(lambda: nodes[RR].has("10.1.2.128/25", "10.1.0.0/16"))
    nodes[X].announce(FLOW, communities=(DROP,))
    nodes[X].announce(HOST, communities=(DROP,))
    world.run_until(lambda: routes(nodes[RR], FLOW4) == [HOST])
    world.advance(1)
    assert "AS 65002" in (why(nodes[RR], FLOW, X) or "")


def test_the_first_as_must_be_that_of_the_route(world: World) -> None:
    """RFC 9117 §4.2; a route server doesn't put its own AS in front."""
    nodes = border(world, enforce_first_as=False)
    nodes[X].announce("10.1.0.0/16")
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(nodes[RR], FLOW4) == [FLOW])

    receive(nodes[RR], V4, prefix_key("10.1.0.0/16")[1], X, "65008 65001")
    assert why(nodes[RR], FLOW, X) == (
        "its AS_PATH begins with AS 65001, that of the unicast route to its destination with AS 65008 (RFC 9117 §4.2)"
    )
    receive(nodes[RR], FLOW4, key_of(FLOW4, FLOW), X, "65008 65009")
    assert why(nodes[RR], FLOW, X) == ""


def test_an_empty_path_from_outside_is_not_local(world: World) -> None:
    nodes = border(world, enforce_first_as=False)
    nodes[X].announce("10.1.0.0/16")
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(nodes[RR], FLOW4) == [FLOW])
    receive(nodes[RR], FLOW4, key_of(FLOW4, FLOW), X, "")
    assert "begins with no AS" in (why(nodes[RR], FLOW, X) or "")
    receive(nodes[RR], V4, prefix_key("10.1.0.0/16")[1], X, "")
    assert "begins with no AS" in (why(nodes[RR], FLOW, X) or "")


# -- what changes ------------------------------------------------------------------------------------------------------


def test_a_flow_follows_the_route_to_its_destination(world: World) -> None:
    nodes = border(world)
    nodes[X].announce(FLOW, communities=(DROP,))
    nodes[X].announce(HOST, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], HOST, X) is not None)
    world.advance(1)
    assert routes(nodes[RR], FLOW4) == []

    nodes[X].announce("10.1.0.0/16")
    world.run_until(lambda: sorted(routes(nodes[A], FLOW4)) == [FLOW, HOST])
    nodes[Y].announce("10.1.2.0/24")
    world.run_until(lambda: not routes(nodes[A], FLOW4))
    nodes[Y].withdraw("10.1.2.0/24")
    world.run_until(lambda: sorted(routes(nodes[A], FLOW4)) == [FLOW, HOST])
    nodes[X].withdraw("10.1.0.0/16")
    world.run_until(lambda: not routes(nodes[A], FLOW4))
    nodes[X].announce("0.0.0.0/0")
    world.run_until(lambda: sorted(routes(nodes[A], FLOW4)) == [FLOW, HOST])


def test_only_flows_that_depend_on_a_route_are_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = border(world)
    nodes[X].announce("10.1.0.0/16")
    for flow in (FLOW, HOST, "destination 10.2.0.0/16 protocol =6"):
        nodes[X].announce(flow, communities=(DROP,))
    world.run_until(lambda: len(routes(nodes[RR], FLOW4)) == 2)
    world.advance(1)
    table = nodes[RR].core.flows[V4]
    looked: list[bytes] = []
    judge = type(table)._judge_again

    def counted(self: object, key: bytes, made: object) -> None:
        if self is table:
            looked.append(key)
        judge(self, key, made)  # type: ignore[arg-type]

    monkeypatch.setattr(type(table), "_judge_again", counted)
    nodes[Y].announce("10.3.0.0/16")
    world.run_until(lambda: nodes[RR].has("10.3.0.0/16"))
    assert looked == []
    nodes[Y].announce("10.1.2.3/32")
    world.run_until(lambda: why(nodes[RR], HOST, X) not in (None, ""))
    assert sorted(looked) == sorted({key_of(FLOW4, HOST), key_of(FLOW4, FLOW)})


def test_many_flows_are_judged_again_in_slices(world: World) -> None:
    nodes = border(world)
    keys = [key_of(FLOW4, f"destination 10.1.{n >> 8}.{n & 255}/32 protocol =17") for n in range(2 * SLICE)]
    block = own_block()
    nodes[X].core.tables[FLOW4].insert(keys, Path(OWN, 0, block, block))
    nodes[X].announce("10.1.0.0/16")
    world.run_until(lambda: len(routes(nodes[A], FLOW4)) == len(keys))
    core = nodes[RR].core
    key = prefix_key("10.1.0.0/16")[1]
    core.tables[V4].withdraw([key], X)
    core.flush(world.now)
    assert len(routes(nodes[RR], FLOW4)) == len(keys) - SLICE
    world.pump(nodes[RR])
    world.run_until(lambda: not routes(nodes[A], FLOW4))


def test_policy_is_asked_again_of_what_is_not_feasible(world: World) -> None:
    nodes = border(world)
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], FLOW, X) not in (None, ""))
    core = nodes[RR].core
    closed = tuple(
        replace(peer, import_policy=("reject",)) if peer.address == X else peer for peer in core.config.peers
    )
    before = core.config
    core.reconfigure(replace(before, peers=closed), world.now, fib=FibConfig())
    world.pump(nodes[RR])
    world.advance(1)
    assert "reject" in (why(nodes[RR], FLOW, X) or "")
    core.reconfigure(before, world.now, fib=FibConfig())
    world.pump(nodes[RR])
    nodes[X].announce("10.1.0.0/16")
    world.run_until(lambda: why(nodes[RR], FLOW, X) == "")


def test_a_policys_next_hop_is_not_for_flows(world: World) -> None:
    nodes = border(world)
    core = nodes[RR].core
    nodes[A].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: routes(nodes[B], FLOW4) == [FLOW])
    term = TermConfig(action="accept", set=SetConfig(next_hop="198.51.100.9", local_pref=200))
    peers = tuple(replace(peer, import_policy=("elsewhere",)) for peer in core.config.peers)
    config = replace(core.config, peers=peers, policies={"elsewhere": (term,)})
    core.reconfigure(config, world.now, fib=FibConfig())
    core.kernel(
        KernelChanges(V4, {b"\x18\xc0\x00\x02": (KernelRoute("unicast", 2, (NextHop(None, "eth0"),)),)}), world.now
    )
    world.pump(nodes[RR])
    world.run_until(lambda: not world.in_flight)

    path = core.tables[FLOW4].best(key_of(FLOW4, FLOW))
    assert path is not None
    assert path.accepted is not None
    assert (path.accepted.next_hop, path.accepted.local_pref) == (b"", 200)
    assert routes(nodes[B], FLOW4) == [FLOW]


def test_validation_can_be_turned_off_and_on(world: World) -> None:
    nodes = border(world)
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], FLOW, X) not in (None, ""))
    core = nodes[RR].core
    before = core.config
    trusting = tuple(replace(peer, validate_flowspec=False) if peer.address == X else peer for peer in before.peers)
    core.reconfigure(replace(before, peers=trusting), world.now, fib=FibConfig())
    world.pump(nodes[RR])
    world.run_until(lambda: routes(nodes[Y], FLOW4) == [] and routes(nodes[RR], FLOW4) == [FLOW])
    assert core.all_established()
    core.reconfigure(before, world.now, fib=FibConfig())
    world.pump(nodes[RR])
    world.run_until(lambda: routes(nodes[RR], FLOW4) == [])
    assert core.all_established()


def foretold(node: Node, **options: object) -> list[tuple[str, tuple[str, ...], bool]]:
    """What would change if X were configured so: direction, peers, and whether there is a route then."""
    core = node.core
    peers = tuple(replace(peer, **options) if peer.address == X else peer for peer in core.config.peers)  # type: ignore[arg-type]
    changes = WhatIf(core, replace(core.config, peers=peers), fib=core.fib_config, functions={}).changes()
    return [(each.direction, each.peers, each.after is not None) for each in changes if each is not None]


def test_what_validation_would_say_is_foretold(world: World) -> None:
    nodes = border(world)
    nodes[X].announce(FLOW, communities=(DROP,))
    nodes[A].announce(HOST, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], FLOW, X) not in (None, "") and why(nodes[X], HOST, RR) is not None)
    rr = nodes[RR]
    assert foretold(rr, max_as_path_length=5) == []
    assert foretold(rr, export_policy=("reject",)) == [("export", (X,), False)]
    exports = [("export", (peer,), True) for peer in (A, B, Y)]
    assert foretold(rr, validate_flowspec=False) == [("import", (X,), True), *exports]
    assert foretold(rr, validate_flowspec=False, import_policy=("reject",)) == []

    nodes[X].announce("10.1.0.0/16")
    world.run_until(lambda: why(rr, FLOW, X) == "")
    gone = [each for each in foretold(rr, import_policy=("reject",)) if each[0] == "import"]
    assert gone == [("import", (X,), False)] * 2
    assert foretold(rr, validate_flowspec=False) == []


def test_a_new_decision_ranks_what_was_not_feasible(world: World) -> None:
    nodes = border(world)
    nodes[X].announce("10.1.0.0/16")
    for client in (A, X):
        nodes[client].announce(FLOW, communities=(DROP,), med=1)
    world.run_until(lambda: why(nodes[RR], FLOW, X) == "" == why(nodes[RR], FLOW, A))
    core = nodes[RR].core
    core.reconfigure(replace(core.config, default_local_pref=200), world.now, fib=FibConfig())
    world.pump(nodes[RR])
    nodes[X].withdraw("10.1.0.0/16")
    world.run_until(lambda: why(nodes[RR], FLOW, X) not in (None, ""))
    assert routes(nodes[RR], FLOW4, direction="best") == [FLOW]
    assert why(nodes[RR], FLOW, A) == ""


def test_what_damping_gives_back_is_validated(world: World) -> None:
    nodes = border(world, damping=True)
    nodes[X].announce("10.1.0.0/16")
    for _ in range(12):
        nodes[X].announce(FLOW, communities=(DROP,))
        world.advance(0.5)
        nodes[X].core.withdraw(FLOW4, key_of(FLOW4, FLOW))
        world.pump(nodes[X])
        world.advance(0.5)
    nodes[X].announce(FLOW, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], FLOW, X) == DAMPED)
    nodes[X].withdraw("10.1.0.0/16")
    world.run_until(lambda: why(nodes[RR], FLOW, X) != DAMPED, limit=7200)
    assert "no unicast route" in (why(nodes[RR], FLOW, X) or "")


def test_nothing_is_kept_of_what_is_gone(world: World) -> None:
    nodes = border(world)
    for flow in (FLOW, HOST):
        nodes[X].announce(flow, communities=(DROP,))
    world.run_until(lambda: why(nodes[RR], HOST, X) is not None)
    world.advance(1)
    table = nodes[RR].core.flows[V4]
    assert table._offered
    assert table._by_destination
    world.cut(nodes[RR], nodes[X])
    world.run_until(lambda: len(table) == 0)
    world.advance(1)
    assert not table._offered
    assert not table._by_destination
    assert not table._destinations
    assert not table._destinations._in_order
    assert not table._destinations._count.neighbors
