"""A route server (RFC 7947) between BIRD, FRR and GoBGP: they see each other as if it weren't there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support import until

from .daemons import Announcement, Daemon
from .lab import SPEAKER
from .network import Network
from .wiring import PATIENCE, at_once, join, own_prefix, sees, start_all

KINDS = ("bird", "frr", "gobgp")

pytestmark = [
    pytest.mark.daemon(*KINDS),
    pytest.mark.timeout(120),
    pytest.mark.skipif(SPEAKER != "pybgp", reason="is configured as pybgp is"),
]

SHARED = "10.250.0.0/24"
"""BIRD and GoBGP announce it; BIRD's isn't for FRR."""
CLIENTS = {"bird": 65501, "frr": 65502, "gobgp": 65503}

POLICY = """
[[policies.no-path-of-birds]]
match = { peer = ["bird_4"], prefix = ["10.250.0.0/24"] }
action = "reject"
[[policies.no-path-of-birds]]
action = "accept"
"""


@pytest.fixture(scope="module")
def members(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    kinds = {"speaker": SPEAKER, **{kind: kind for kind in KINDS}}
    with Network(kinds) as network:
        daemons = {name: start(network, name, kind, CLIENTS.get(name, 64512)) for name, kind in kinds.items()}
        speaker = daemons["speaker"]
        speaker.extra = POLICY  # type: ignore[attr-defined]
        for kind in KINDS:
            more = ('export_policy = ["no-path-of-birds"]',) if kind == "frr" else ()
            join(speaker, daemons[kind], ("route_server_client = true", *more))
        shared = [Announcement(prefix=SHARED)]
        start_all(daemons, {"bird": shared, "gobgp": shared})
        yield daemons
        at_once(lambda daemon: daemon.stop(), daemons.values())


@pytest.mark.parametrize("receiver", KINDS)
@pytest.mark.row("POL-03")
def test_clients_see_each_other(members: dict[str, Daemon], receiver: str) -> None:
    """RFC 7947 §2.2: AS path, next hop, MED and communities are theirs."""
    for kind in set(KINDS) - {receiver}:
        sender = members[kind]
        sees(members[receiver], sender, (sender.asn,))

        route = members[receiver].routes(4)[own_prefix(sender, 4)]

        assert (route.next_hop, route.med) == (sender.host.ipv4, 10 * sender.host.number + 1)
        assert route.communities == {f"{sender.asn}:{sender.host.number}"}


@pytest.mark.row("POL-04")
def test_what_is_kept_from_one_client_hides_nothing_else_from_it(members: dict[str, Daemon]) -> None:
    """RFC 7947 §2.3: FRR may not have the best path, which is BIRD's, and gets GoBGP's."""
    until(
        lambda: members["frr"].routes(4)[SHARED].as_path == (CLIENTS["gobgp"],),
        limit=PATIENCE,
        why="FRR to have another path",
        seen=lambda: members["frr"].routes(4),
    )
    until(
        lambda: [route.as_path for route in members["gobgp"].paths(SHARED)] == [(CLIENTS["bird"],)],
        limit=PATIENCE,
        why="GoBGP to have BIRD's",
    )

    members["gobgp"].withdraw(SHARED)

    until(lambda: SHARED not in members["frr"].routes(4), limit=PATIENCE, why="FRR to have none")
