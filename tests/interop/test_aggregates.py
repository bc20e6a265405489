"""What BIRD, FRR and GoBGP see of aggregates (RFC 4271 §9.2.2.2) and of a default route that is nobody's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support import until

from .daemons import Announcement, Attributes, Daemon, PyBgp
from .lab import AS, SPEAKER
from .network import Network
from .wiring import PATIENCE, at_once, join, peering_name, start_all

KINDS = ("bird", "frr", "gobgp")

pytestmark = [
    pytest.mark.daemon(*KINDS),
    pytest.mark.timeout(120),
    pytest.mark.skipif(SPEAKER != "pybgp", reason="is about pybgp's own options"),
]

SOURCES = {"one": 65401, "two": 65402}
RECEIVERS = {"bird": 65411, "frr": 65412, "gobgp": 65413}
PLAIN, MERGED, ALONE = "10.240.0.0/16", "10.241.0.0/16", "10.242.0.0/16"
DEFAULT = "0.0.0.0/0"
AGGREGATES = f"""
[[aggregates]]
prefix = "{PLAIN}"
[[aggregates]]
prefix = "{MERGED}"
as_set = true
[[aggregates]]
prefix = "{ALONE}"
suppress = true
communities = ["64512:99"]
"""


@pytest.fixture(scope="module")
def daemons(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    """Two BIRDs announce what is inside the aggregates; the other three get them."""
    asns = SOURCES | RECEIVERS
    kinds = {"speaker": SPEAKER, **dict.fromkeys(SOURCES, "bird"), **{kind: kind for kind in KINDS}}
    with Network(kinds) as network:
        daemons = {name: start(network, name, kind, asns.get(name, AS)) for name, kind in kinds.items()}
        speaker = daemons["speaker"]
        assert isinstance(speaker, PyBgp)
        speaker.extra = AGGREGATES
        for name in SOURCES:
            join(speaker, daemons[name])
        for name in RECEIVERS:
            join(speaker, daemons[name], ("default_originate = true",))
        start_all(daemons, {name: inside(daemons[name]) for name in SOURCES})
        yield daemons
        at_once(lambda daemon: daemon.stop(), daemons.values())


def inside(source: Daemon) -> list[Announcement]:
    """A more specific prefix of each aggregate."""
    number = source.host.number
    prefixes = (aggregate.replace(".0.0/16", f".{number}.0/24") for aggregate in (PLAIN, MERGED, ALONE))
    return [Announcement(prefix=prefix, communities=(f"{source.asn}:{number}",)) for prefix in prefixes]


def shows(daemon: Daemon, prefix: str, path: tuple[int, ...], why: str = "") -> Attributes:
    """Wait until the daemon has the prefix by this path, a set in any order."""

    def found() -> Attributes | None:
        route = daemon.routes(4).get(prefix)
        return route if route is not None and sorted(route.as_path) == sorted(path) else None

    return until(found, limit=PATIENCE, why=f"{daemon}: {prefix} by {path}", seen=lambda: daemon.routes(4))  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.row("SND-06")
def test_an_aggregate_says_that_it_is_one(daemons: dict[str, Daemon], kind: str) -> None:
    """RFC 4271 §5.1.6, §5.1.7: AS numbers are left out, by whom; what it stands for is told too."""
    speaker, receiver = daemons["speaker"], daemons[kind]

    route = shows(receiver, PLAIN, (AS,))

    assert (route.atomic_aggregate, route.aggregator) == (True, (AS, speaker.host.router_id))
    assert (route.origin, route.next_hop, route.med) == ("igp", speaker.host.ipv4, None)
    assert route.communities == set()
    for name in SOURCES:
        shows(receiver, inside(daemons[name])[0].prefix, (AS, daemons[name].asn))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.row("SND-06")
def test_an_aggregate_with_an_as_set_leaves_nothing_out(daemons: dict[str, Daemon], kind: str) -> None:
    """AS numbers and communities of all that it stands for, so ATOMIC_AGGREGATE isn't needed."""
    speaker, sources = daemons["speaker"], [daemons[name] for name in SOURCES]

    route = shows(daemons[kind], MERGED, (AS, *SOURCES.values()))

    assert (route.atomic_aggregate, route.aggregator) == (False, (AS, speaker.host.router_id))
    assert route.communities == {f"{each.asn}:{each.host.number}" for each in sources}


@pytest.mark.parametrize("kind", KINDS)
def test_an_aggregate_can_stand_alone(daemons: dict[str, Daemon], kind: str) -> None:
    """``suppress``: what it stands for isn't told."""
    receiver = daemons[kind]
    for prefix in (PLAIN, MERGED):
        shows(receiver, prefix, (AS,) if prefix == PLAIN else (AS, *SOURCES.values()))

    route = shows(receiver, ALONE, (AS,))

    assert route.communities == {"64512:99"}
    assert not receiver.routes(4).keys() & {inside(daemons[name])[2].prefix for name in SOURCES}


def test_an_aggregate_goes_with_the_last_that_it_stands_for(daemons: dict[str, Daemon]) -> None:
    one, two, receivers = daemons["one"], daemons["two"], [daemons[kind] for kind in KINDS]

    one.withdraw(*(each.prefix for each in inside(one)))
    for receiver in receivers:
        shows(receiver, MERGED, (AS, two.asn))
        assert {PLAIN, ALONE} <= receiver.routes(4).keys()
    two.withdraw(*(each.prefix for each in inside(two)))
    for receiver in receivers:
        until(
            lambda receiver=receiver: not receiver.routes(4).keys() & {PLAIN, MERGED, ALONE},  # type: ignore[misc]
            limit=PATIENCE,
            why=f"the aggregates to go from {receiver}",
        )
    for each in (one, two):
        each.announce(*inside(each))

    for receiver in receivers:
        shows(receiver, MERGED, (AS, one.asn, two.asn))


def test_a_default_route_is_told_to_whom_it_is_promised(daemons: dict[str, Daemon]) -> None:
    """``default_originate`` acts on a reload, and others aren't told."""
    speaker, receivers = daemons["speaker"], [daemons[kind] for kind in KINDS]
    for receiver in receivers:
        route = shows(receiver, DEFAULT, (AS,))
        assert (route.next_hop, route.origin) == (speaker.host.ipv4, "igp")
    assert all(DEFAULT not in daemons[name].routes(4) for name in SOURCES)
    before = list(speaker.peerings.values())

    speaker.configure(peerings=[replace(each, more=()) for each in before])

    for receiver in receivers:
        until(
            lambda receiver=receiver: DEFAULT not in receiver.routes(4),  # type: ignore[misc]
            limit=PATIENCE,
            why=f"the default route to go from {receiver}",
        )
        assert receiver.established(peering_name(speaker, 4))
    speaker.configure(peerings=before)
    for receiver in receivers:
        shows(receiver, DEFAULT, (AS,))
