"""The speaker, FRR, BIRD and GoBGP are members 65001..65004 of the confederation that is AS 64512 (RFC 5065)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from .daemons import Daemon
from .lab import SPEAKER
from .network import Network
from .wiring import at_once, join, own_prefix, sees, start_all

pytestmark = [pytest.mark.daemon("bird", "frr", "gobgp"), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def members(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    kinds = {
        "speaker": (SPEAKER, 65001),
        "frr": ("frr", 65002),
        "bird": ("bird", 65003),
        "gobgp": ("gobgp", 65004),
        "outside": ("bird", 64600),
    }
    with Network({name: kind for name, (kind, _) in kinds.items()}) as network:
        daemons = {name: start(network, name, kind, asn) for name, (kind, asn) in kinds.items()}
        speaker, frr, bird = daemons["speaker"], daemons["frr"], daemons["bird"]
        speaker.extra = "[confederation]\nidentifier = 64512\nmembers = [65001, 65002, 65003, 65004]\n"  # type: ignore[attr-defined]
        inside = (" bgp confederation identifier 64512", " bgp confederation peers 65001 65003 65004")
        frr.more = ("router bgp 65002", *inside, "exit")
        daemons["gobgp"].more = (
            *("[global.confederation.config]", "enabled = true", "identifier = 64512"),
            "member-as-list = [65001, 65002, 65003]",
        )
        join(speaker, frr)
        join(speaker, daemons["gobgp"])
        join(speaker, bird, (), ("confederation 64512;", "confederation member yes;"))
        join(speaker, daemons["outside"], seen_as=64512)
        start_all(daemons)
        yield daemons
        at_once(lambda daemon: daemon.stop(), daemons.values())


@pytest.mark.row("CFD-01", "CFD-03", "CFD-04")
@pytest.mark.parametrize(
    ("receiver", "sender", "path"),
    [
        ("frr", "speaker", (65001,)),
        ("frr", "outside", (65001, 64600)),
        ("bird", "outside", (65001, 64600)),
        ("bird", "frr", (65001, 65002)),
        ("frr", "bird", (65001, 65003)),
        ("gobgp", "speaker", (65001,)),
        ("gobgp", "outside", (65001, 64600)),
        ("gobgp", "frr", (65001, 65002)),
        ("frr", "gobgp", (65001, 65004)),
        ("bird", "gobgp", (65001, 65004)),
        ("speaker", "gobgp", (65004,)),
        ("outside", "gobgp", (64512,)),
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
    """RFC 5065 §4.1, with FRR, BIRD and GoBGP as other members."""
    sees(members[receiver], members[sender], path)


@pytest.mark.row("CFD-09")
@pytest.mark.parametrize("receiver", ["bird", "frr", "gobgp"])
def test_what_belongs_to_an_as_crosses_its_members(members: dict[str, Daemon], receiver: str) -> None:
    """RFC 5065 §5: LOCAL_PREF, MED, next hop."""
    outside = members["outside"]
    sees(members[receiver], outside, (65001, 64600))

    route = members[receiver].routes(4)[own_prefix(outside, 4)]

    assert (route.local_pref, route.med, route.next_hop) == (100, 10 * outside.host.number + 1, outside.host.ipv4)
