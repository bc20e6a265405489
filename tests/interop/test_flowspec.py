"""Flow specifications from GoBGP and BIRD through our reflector to BIRD, FRR and another GoBGP, and from another AS.

What is inside the AS may ask for any destination; what another AS asks for is told while it has the unicast route to
the destination, and is withdrawn with that (RFC 8955 §6, RFC 9117 §4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from pybgp.addresses import Family
from tests.support import until

from .conftest import _running
from .daemons.pybgp import PyBgp
from .family_daemons import BirdReflector, FrrReflector, GoBgpReflector
from .network import Network
from .raw_peer import HOLD_TIME

pytestmark = [pytest.mark.timeout(60), pytest.mark.daemon("gobgp", "bird", "frr"), pytest.mark.row("AFI-19")]

AS: Final = 64512
OUTSIDE: Final = 65001
PATIENCE: Final = 10
FLOW4, FLOW6 = Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC
FAMILIES: Final = (Family.IPV4_UNICAST, Family.IPV6_UNICAST, FLOW4, FLOW6)


class FlowBird(BirdReflector):
    """Has rules of its own, too."""

    rules: tuple[str, ...] = ()

    def _config(self) -> Iterator[str]:
        yield from super()._config()
        yield f"protocol static own {{ flow4 {{ table {self._table(FLOW4)}; }};"
        for rule in self.rules:
            yield f"  route flow4 {{ {rule} }} {{ bgp_ext_community.add((generic, 0x80060000, 0x0)); }};"
        yield "}"

    def set_rules(self, *rules: str) -> None:
        self.rules = rules
        self.reload()


class OutsideGoBgp(GoBgpReflector):
    """Of another AS."""

    def _config(self) -> Iterator[str]:
        yield from ("[global.config]", f"as = {OUTSIDE}", f'router-id = "{self.host.router_id}"')
        (peer,) = self.clients
        yield from ("[[neighbors]]", "[neighbors.config]", f'neighbor-address = "{peer}"', f"peer-as = {AS}")
        yield from ("[neighbors.transport.config]", f'local-address = "{self.host.ipv4}"', "passive-mode = true")
        yield from ("[neighbors.timers.config]", f"hold-time = {HOLD_TIME}")
        for family in FAMILIES:
            yield from ("[[neighbors.afi-safis]]", "[neighbors.afi-safis.config]")
            yield f'afi-safi-name = "{self.families[family].split()[0]}"'


class FlowReflector(PyBgp):
    clients: tuple[Any, ...] = ()

    def _config(self) -> Iterator[str]:
        yield from (f"local_as = {AS}", f'router_id = "{self.host.router_id}"')
        yield f'control = {{ socket = "{self.socket}" }}'
        for client in self.clients:
            outside = isinstance(client, OutsideGoBgp)
            yield from ("[[peers]]", f'name = "{client.host.name}"', f'address = "{client.host.ipv4}"')
            yield f"remote_as = {OUTSIDE if outside else AS}"
            yield f"families = {json.dumps([str(family) for family in FAMILIES])}"
            yield "timers = { connect_retry = 1, idle_hold = 1, idle_hold_max = 2 }"
            if outside:
                yield from ('import_policy = ["accept"]', 'export_policy = ["accept"]')
            else:
                yield "route_reflector_client = true"


@dataclass(frozen=True, slots=True)
class Circle:
    """Our reflector and those around it."""

    reflector: FlowReflector
    announcer: GoBgpReflector
    outside: OutsideGoBgp
    bird: FlowBird
    frr: FrrReflector
    listener: GoBgpReflector

    def say(self, who: GoBgpReflector, verb: str, family: Family, route: str) -> None:
        name = GoBgpReflector.families[family].split()[1]
        said = who.host.run("gobgp", "global", "rib", "-a", name, verb, *route.split())
        assert not said, said

    def seen(self, family: Family) -> tuple[str, str, str]:
        return self.bird.shown(family), self.frr.shown(family), self.listener.shown(family)

    def reason(self, rule: str, peer: str) -> str | None:
        """Why a rule of a peer isn't used; None if there is none."""
        rows = self.reflector.rows(rule, peer)
        return rows[0]["reason"] or "" if rows else None


@pytest.fixture(scope="module")
def circle(folder: Path) -> Iterator[Circle]:
    """All Established with the reflector."""
    kinds = {
        "announcer": GoBgpReflector,
        "outside": OutsideGoBgp,
        "bird": FlowBird,
        "frr": FrrReflector,
        "listener": GoBgpReflector,
    }
    with Network(["reflector", *kinds]) as network:
        here = network["reflector"]
        those: list[Any] = [kind(network[name], AS, folder / name) for name, kind in kinds.items()]
        reflector = FlowReflector(here, AS, folder / "reflector")
        reflector.clients = tuple(those)
        _running.extend([*those, reflector])
        try:
            for each in those:
                each.clients = (here.ipv4,)
                each.start()
            reflector.start()
            until(
                lambda: all(reflector.state(name) == "established" for name in kinds),
                limit=20,
                why="all to be Established",
                seen=lambda: {name: reflector.state(name) for name in kinds},
            )
            yield Circle(reflector, *those)
        finally:
            for each in (*those, reflector):
                each.stop()
                _running.remove(each)


def soon(what: Callable[[], bool], *, why: str, seen: Callable[[], object]) -> None:
    until(what, limit=PATIENCE, why=why, seen=seen)


RULES: Final = {
    FLOW4: (
        "match destination 10.1.2.0/24 protocol udp destination-port ==53",
        "dst 10.1.2.0/24; proto 17; dport 53;",
        ("Destination Address 10.1.2.0/24", "IP Protocol = 17", "Destination Port = 53"),
        "[destination: 10.1.2.0/24][protocol: ==udp][destination-port: ==53]",
    ),
    FLOW6: (
        "match destination 2001:db8:1::/48 protocol udp destination-port ==53",
        "dst 2001:db8:1::/48; next header 17; dport 53;",
        ("Destination Address 2001:db8:1::/48/off 0", "IP Protocol = 17", "Destination Port = 53"),
        "[destination: 2001:db8:1::/48/0][protocol: ==udp][destination-port: ==53]",
    ),
}
"""As GoBGP is told, and as BIRD, FRR and GoBGP show it."""


def everywhere(circle: Circle, family: Family, rate: float, as_path: str = "") -> bool:
    """Do all have the rule once, with this limit of octets a second?"""
    _, in_bird, in_frr, in_gobgp = RULES[family]
    bird, frr, gobgp = circle.seen(family)
    return (
        bird.count(in_bird) == bird.count("dst") == 1
        and f"BGP.as_path: {as_path}\n" in bird
        and all(frr.count(each) == 1 for each in in_frr)
        and f"FS:rate {rate:f}" in frr
        and list(json.loads(gobgp or "{}")) == [in_gobgp]
        and f'"rate":{rate:g}' in gobgp
    )


def nowhere(circle: Circle, family: Family) -> bool:
    bird, frr, gobgp = circle.seen(family)
    return "dst" not in bird and "Destination Address" not in frr and "destination" not in gobgp


@pytest.mark.parametrize("family", list(RULES), ids=["ipv4", "ipv6"])
def test_a_rule_of_our_as(circle: Circle, family: Family) -> None:
    """No unicast route leads to the destination, and its AS_PATH is empty (RFC 9117 §4.1)."""
    rule = RULES[family][0]
    for rate, action in ((0, "discard"), (9600, "rate-limit 9600")):
        circle.say(circle.announcer, "add", family, f"{rule} then {action}")
        soon(
            lambda rate=rate: everywhere(circle, family, rate),  # type: ignore[misc]
            why=f"the rule with {action}",
            seen=lambda: circle.seen(family),
        )
    circle.say(circle.announcer, "del", family, rule)
    soon(lambda: nowhere(circle, family), why="its end", seen=lambda: circle.seen(family))


@pytest.mark.parametrize(
    ("family", "destination"), [(FLOW4, "10.1.2.0/24"), (FLOW6, "2001:db8:1::/48")], ids=["ipv4", "ipv6"]
)
def test_a_rule_by_hand(circle: Circle, family: Family, destination: str) -> None:
    rule = f"destination {destination}; protocol =udp; destination-port =53"
    for rate, action in ((0, "discard"), (9600, "traffic-rate:9600")):
        circle.reflector.command("announce", rule, "--then", action)
        soon(
            lambda rate=rate: everywhere(circle, family, rate),  # type: ignore[misc]
            why=f"the rule with {action}",
            seen=lambda: circle.seen(family),
        )
    circle.reflector.command("withdraw", rule)
    soon(lambda: nowhere(circle, family), why="its end", seen=lambda: circle.seen(family))


def test_the_greatest_values_that_a_rule_by_hand_may_have(circle: Circle) -> None:
    """With more BIRD ends the session, so those are refused."""
    rule = (
        "destination 10.1.2.0/24; protocol =255; port =65535; destination-port =65535; source-port =65535; "
        "icmp-type =255; icmp-code =255; packet-length =65535; dscp =63"
    )
    circle.reflector.command("announce", rule, "--then", "mark:63")
    soon(
        lambda: "proto 255; port 65535;" in circle.seen(FLOW4)[0],
        why="the rule at BIRD",
        seen=lambda: circle.seen(FLOW4)[0],
    )
    circle.reflector.command("withdraw", rule)
    soon(lambda: nowhere(circle, FLOW4), why="its end", seen=lambda: circle.seen(FLOW4))


def test_birds_own_rule(circle: Circle) -> None:
    def told() -> bool:
        _, frr, gobgp = circle.seen(FLOW4)
        return "Destination Address 10.9.0.0/16" in frr and "[destination: 10.9.0.0/16][protocol: ==tcp]" in gobgp

    circle.bird.set_rules("dst 10.9.0.0/16; proto = 6;")
    soon(told, why="its rule at FRR and GoBGP", seen=lambda: circle.seen(FLOW4))
    circle.bird.set_rules()
    soon(lambda: nowhere(circle, FLOW4), why="its end", seen=lambda: circle.seen(FLOW4))


@pytest.mark.parametrize(
    ("family", "unicast", "prefix"),
    [
        pytest.param(FLOW4, Family.IPV4_UNICAST, "10.1.0.0/16", id="ipv4"),
        pytest.param(FLOW6, Family.IPV6_UNICAST, "2001:db8::/32", id="ipv6"),
    ],
)
def test_another_as_needs_the_route_to_the_destination(
    circle: Circle, family: Family, unicast: Family, prefix: str
) -> None:
    rule = RULES[family][0]
    ours = rule.removeprefix("match ").replace("udp", "=17").replace("==53", "=53")
    host = circle.outside.host
    route = f"{prefix} nexthop {host.ipv4 if unicast == Family.IPV4_UNICAST else host.ipv6}"
    circle.say(circle.outside, "add", family, f"{rule} then discard")
    soon(
        lambda: "no unicast route" in (circle.reason(ours, "outside") or ""),
        why="the reason why it isn't used",
        seen=lambda: circle.reason(ours, "outside"),
    )
    assert nowhere(circle, family)
    assert "can't be used: no unicast route" in circle.reflector.command("explain", ours)

    circle.say(circle.outside, "add", unicast, route)
    soon(
        lambda: everywhere(circle, family, 0, as_path=str(OUTSIDE)),
        why="the rule, with the route to its destination",
        seen=lambda: (circle.reason(ours, "outside"), circle.seen(family)),
    )
    circle.say(circle.outside, "del", unicast, route)
    soon(lambda: nowhere(circle, family), why="its end with the route", seen=lambda: circle.seen(family))
    circle.say(circle.outside, "del", family, rule)
    soon(lambda: circle.reason(ours, "outside") is None, why="its end", seen=lambda: circle.reason(ours, "outside"))
