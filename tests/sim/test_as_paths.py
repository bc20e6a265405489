"""A peer's options about AS numbers, paths and what routes may carry, between whole speakers on a virtual clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.config.model import PeerConfig

from .world import Node, World, ebgp, established, ibgp

A, B, C, X, Y = (f"192.0.2.{host}" for host in (1, 2, 3, 31, 32))
P, Q = "10.65.1.0/26", "10.65.2.0/26"
OWN = 64512


def path_at(world: World, node: Node, prefix: str = P) -> str:
    world.run_until(lambda: node.best(prefix) is not None)
    path = node.best(prefix)
    assert path is not None
    return path.received.as_path_text


def reason_at(world: World, node: Node, peer: str, prefix: str = P) -> str:
    world.run_until(lambda: node.received(prefix, peer) is not None)
    path = node.received(prefix, peer)
    assert path is not None
    return path.reason if path.accepted is None else ""


def reconfigure(world: World, node: Node, *peers: PeerConfig) -> None:
    node.core.reconfigure(replace(node.core.config, peers=peers), world.now)
    world.pump(node)
    world.advance(1)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, "64512 65001 65010", id="none"),
        pytest.param({"as_override": True}, "64512 65001 64512", id="as-override"),
        pytest.param({"remove_private_as": "all"}, "64512 65010", id="remove-all-but-the-peers"),
        pytest.param({"remove_private_as": "replace"}, "64512 64512 65010", id="replace"),
        pytest.param({"local_as": 65099}, "65099 65001 65010", id="local-as"),
        pytest.param(
            {"local_as": 65099, "local_as_mode": "no_prepend"}, "65099 64512 65001 65010", id="local-as-and-ours"
        ),
        pytest.param({"local_as": 65099, "as_override": True}, "65099 65001 65099", id="local-as-overrides"),
    ],
)
def test_what_an_external_peer_sees_of_a_path(world: World, options: dict[str, object], expected: str) -> None:
    """X gives us its customer's route, whose AS number Y has as well."""
    seen = options.get("local_as", OWN)
    one = world.add(A, peers=[ebgp(X, 65001), ebgp(Y, 65010, **options)])
    near = world.add(X, asn=65001, peers=[ebgp(A, OWN), ebgp(C, 65010)])
    far = world.add(Y, asn=65010, peers=[ebgp(A, int(str(seen)), allowas_in=1)])
    behind = world.add(C, asn=65010, peers=[ebgp(X, 65001)])
    established(world, one, near, far, behind)

    behind.announce(P)

    assert path_at(world, far) == expected


def test_local_as_in_front_of_received_paths_is_seen_inside(world: World) -> None:
    """The route looks as if it had come through the AS that we were, and its own peers see both."""
    one = world.add(A, peers=[ebgp(X, 65001, local_as=65099, local_as_mode="prepend"), ibgp(B)])
    inside = world.add(B, peers=[ibgp(A)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, 65099)])
    established(world, one, inside, outside)

    outside.announce(P)
    inside.announce(Q)

    assert path_at(world, inside) == "65099 65001"
    assert path_at(world, outside, Q) == "65099 64512"


@pytest.mark.row("ASP-04")
def test_both_of_our_as_numbers_are_a_loop(world: World) -> None:
    """RFC 4271 §9.1.2: with local_as we are two, and a path through either has been here."""
    one = world.add(A, peers=[ebgp(X, 65001, local_as=65099)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, 65099), ebgp(C, OWN)])
    behind = world.add(C, asn=OWN, peers=[ebgp(X, 65001)])
    established(world, one, outside, behind)

    behind.announce(P)

    assert reason_at(world, one, X) == "our own AS 64512 is in its AS_PATH (RFC 4271 §9.1.2)"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({"max_as_path_length": 1}, "its AS_PATH has 2 AS numbers, max_as_path_length is 1", id="path"),
        pytest.param({"max_communities": 2}, "it has 3 communities, max_communities is 2", id="communities"),
    ],
)
def test_a_limit_stops_a_route_says_why_and_lets_it_in_when_it_is_raised(
    world: World, options: dict[str, int], reason: str
) -> None:
    """All kinds of communities count together; the session stays when the limit changes."""
    one = world.add(A, peers=[ebgp(X, 65001, **options)])
    outside = world.add(X, asn=65001, peers=[ebgp(A, OWN), ebgp(C, 65010)])
    behind = world.add(C, asn=65010, peers=[ebgp(X, 65001)])
    established(world, one, outside, behind)
    behind.announce(P, communities=["65010:1", "rt:65010:1", "65010:1:1"])
    behind.announce(Q)
    assert reason_at(world, one, X) == reason
    assert reason_at(world, one, X, Q) == (reason if "max_as_path_length" in options else "")

    (key,) = options
    reconfigure(world, one, ebgp(X, 65001, **{key: 3}))

    assert reason_at(world, one, X) == ""
    assert not one.said("session_down")


def test_as_override_acts_on_a_reload_without_the_session_ending(world: World) -> None:
    one = world.add(A, peers=[ebgp(X, 65001), ebgp(Y, 65001)])
    near, far = (world.add(at, asn=65001, peers=[ebgp(A, OWN)]) for at in (X, Y))
    established(world, one, near, far)
    near.announce(P)
    assert "our own AS 65001" in reason_at(world, far, A)

    reconfigure(world, one, ebgp(X, 65001), ebgp(Y, 65001, as_override=True))

    assert path_at(world, far) == "64512 64512"
    assert not one.said("session_down")
