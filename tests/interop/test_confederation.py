"""The speaker, FRR and BIRD are members 65001, 65002 and 65003 of the confederation that is AS 64512 (RFC 5065)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from .daemons import Daemon
from .lab import SPEAKER
from .network import Network
from .wiring import join, own_prefix, sees, start_all

pytestmark = [pytest.mark.daemon("bird", "frr"), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def members(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    kinds = {"speaker": (SPEAKER, 65001), "frr": ("frr", 65002), "bird": ("bird", 65003), "outside": ("bird", 64600)}
    with Network({name: kind for name, (kind, _) in kinds.items()}) as network:
        daemons = {name: start(network, name, kind, asn) for name, (kind, asn) in kinds.items()}
        speaker, frr, bird = daemons["speaker"], daemons["frr"], daemons["bird"]
        speaker.extra = "[confederation]\nidentifier = 64512\nmembers = [65001, 65002, 65003]\n"  # type: ignore[attr-defined]
        inside = (" bgp confederation identifier 64512", " bgp confederation peers 65001 65003")
        frr.more = ("router bgp 65002", *inside, "exit")
        join(speaker, frr)
        join(speaker, bird, (), ("confederation 64512;", "confederation member yes;"))
        join(speaker, daemons["outside"], seen_as=64512)
        start_all(daemons)
        yield daemons
        for daemon in daemons.values():
            daemon.stop()


@pytest.mark.row("CFD-01", "CFD-03", "CFD-04")
@pytest.mark.parametrize(
    ("receiver", "sender", "path"),
    [
        ("frr", "speaker", (65001,)),
        ("frr", "outside", (65001, 64600)),
        ("bird", "outside", (65001, 64600)),
        ("bird", "frr", (65001, 65002)),
        ("frr", "bird", (65001, 65003)),
        ("speaker", "frr", (65002,)),
        ("speaker", "bird", (65003,)),
        ("outside", "speaker", (64512,)),
        ("outside", "frr", (64512,)),
        ("outside", "bird", (64512,)),
    ],
)
def test_members_are_seen_inside_and_one_as_outside(
    members: dict[str, Daemon], receiver: str, sender: str, path: tuple[int, ...]
) -> None:
    """RFC 5065 §4.1, with FRR and BIRD as other members."""
    sees(members[receiver], members[sender], path)


@pytest.mark.row("CFD-09")
def test_what_belongs_to_an_as_crosses_its_members(members: dict[str, Daemon]) -> None:
    """RFC 5065 §5: LOCAL_PREF, MED, next hop."""
    outside = members["outside"]
    sees(members["bird"], outside, (65001, 64600))

    route = members["bird"].routes(4)[own_prefix(outside, 4)]

    assert (route.local_pref, route.med, route.next_hop) == (100, 10 * outside.host.number + 1, outside.host.ipv4)
