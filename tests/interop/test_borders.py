"""A border router of an AS: what it tells BIRD, FRR and GoBGP inside, and how it uses what several tell it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support import until

from .daemons import Announcement, Daemon, PyBgp
from .lab import AS, SPEAKER
from .network import Network
from .wiring import PATIENCE, at_once, join, peering_name, start_all

KINDS = ("bird", "frr", "gobgp")

pytestmark = [
    pytest.mark.daemon(*KINDS),
    pytest.mark.timeout(120),
    pytest.mark.skipif(SPEAKER != "pybgp", reason="is about pybgp's own options"),
]

EAST, WEST = 65301, 65302
PREFERRED, INSIDE, OUTSIDE = "10.230.0.0/24", "10.231.0.0/24", "10.232.0.0/24"
"""Announced inside, and less preferred outside; only inside, by all; only outside, by both."""
DECISION = "[decision]\nmax_paths = { ebgp = 2, ibgp = 3 }\nas_path_relax = true"


@pytest.fixture(scope="module")
def border(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    """Peers inside are BIRD, FRR and GoBGP; outside are a BIRD and a GoBGP of two ASes."""
    kinds = {"speaker": SPEAKER, **{kind: kind for kind in KINDS}, "east": "bird", "west": "gobgp"}
    with Network(kinds) as network:
        asns = {"east": EAST, "west": WEST}
        daemons = {name: start(network, name, kind, asns.get(name, AS)) for name, kind in kinds.items()}
        speaker = daemons["speaker"]
        assert isinstance(speaker, PyBgp)
        speaker.fib = 'export_policy = "accept"\non_stop = "flush"'
        speaker.extra = DECISION
        for kind in KINDS:
            join(speaker, daemons[kind], ("best_external = true",))
        for name in asns:
            join(speaker, daemons[name])
        inside = [Announcement(prefix=PREFERRED, local_pref=200), Announcement(prefix=INSIDE)]
        outside = [Announcement(prefix=PREFERRED), Announcement(prefix=OUTSIDE)]
        start_all(daemons, dict.fromkeys(KINDS, inside) | dict.fromkeys(asns, outside))
        yield daemons
        at_once(lambda daemon: daemon.stop(), daemons.values())


# -- best external -----------------------------------------------------------------------------------------------------


def is_told(daemon: Daemon, speaker: Daemon, *wanted: tuple[int, ...]) -> None:
    """Wait until the daemon has of the speaker these AS paths to the prefix that it prefers its own route to."""

    def seen() -> list[tuple[int, ...]]:
        return [each.as_path for each in daemon.paths(PREFERRED) if each.peering == peering_name(speaker, 4)]

    until(lambda: seen() == list(wanted), limit=PATIENCE, why=f"{daemon} to be told {wanted}", seen=seen)


def test_peers_inside_are_told_the_best_external_path(border: dict[str, Daemon]) -> None:
    """The speaker's best is internal, so without it they would be told nothing; the option acts on a reload."""
    speaker, inside = border["speaker"], [border[kind] for kind in KINDS]
    for each in inside:
        is_told(each, speaker, (EAST,))
    before = list(speaker.peerings.values())

    border["east"].withdraw(PREFERRED)
    for each in inside:
        is_told(each, speaker, (WEST,))
    speaker.configure(peerings=[replace(each, more=()) for each in before])
    for each in inside:
        is_told(each, speaker)
    border["east"].announce(Announcement(prefix=PREFERRED))
    speaker.configure(peerings=before)

    for each in inside:
        is_told(each, speaker, (EAST,))


# -- several next hops -------------------------------------------------------------------------------------------------


def leads_to(speaker: Daemon, prefix: str, *wanted: Daemon) -> None:
    """Wait until the route in the speaker's kernel has exactly these gateways."""

    def seen() -> list[str]:
        routes = json.loads(speaker.host.run("ip", "-j", "route", "show", prefix, "proto", "bird") or "[]")
        return sorted(hop["gateway"] for route in routes for hop in route.get("nexthops", [route]))

    gateways = sorted(each.host.ipv4 for each in wanted)
    until(lambda: seen() == gateways, limit=PATIENCE, why=f"{prefix} by {wanted} in the kernel", seen=seen)


def test_equal_paths_from_inside_share_the_traffic(border: dict[str, Daemon]) -> None:
    """Of BIRD, FRR and GoBGP; what one withdraws, and who dies, is no next hop any longer."""
    speaker, bird, frr, gobgp = (border[name] for name in ("speaker", *KINDS))
    leads_to(speaker, INSIDE, bird, frr, gobgp)

    frr.withdraw(INSIDE)
    leads_to(speaker, INSIDE, bird, gobgp)
    bird.kill()
    leads_to(speaker, INSIDE, gobgp)
    bird.start()
    frr.announce(Announcement(prefix=INSIDE))

    leads_to(speaker, INSIDE, bird, frr, gobgp)


def test_equal_paths_through_different_ases_share_the_traffic(border: dict[str, Daemon]) -> None:
    """``as_path_relax``: without it they aren't equal."""
    speaker, east, west = border["speaker"], border["east"], border["west"]
    assert isinstance(speaker, PyBgp)
    leads_to(speaker, OUTSIDE, east, west)

    speaker.extra = DECISION.replace("true", "false")
    speaker.reload()
    leads_to(speaker, OUTSIDE, east)
    speaker.extra = DECISION
    speaker.reload()
    leads_to(speaker, OUTSIDE, east, west)
    east.withdraw(OUTSIDE)

    leads_to(speaker, OUTSIDE, west)
