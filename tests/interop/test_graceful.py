"""Helping peers that restart: their routes stay while they are away, as they asked (RFC 4724)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support import throughout, until

from .daemons import Daemon
from .lab import AS, SPEAKER
from .network import Network
from .wiring import VERSIONS, all_established, announcements, connect, own_prefix, peering_name

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def pair(request: pytest.FixtureRequest, start: Callable[..., Daemon]) -> Iterator[tuple[Daemon, Daemon]]:
    """The speaker and a peer that asks to be helped, with two routes of each version."""
    kind: str = request.param
    with Network(["speaker", "peer"]) as network:
        speaker, peer = start(network, "speaker", SPEAKER, AS), start(network, "peer", kind, AS)
        connect(speaker, peer, restarts=True)
        peer.configure(announced=announcements(peer, 1) + announcements(peer, 2))
        speaker.start()
        peer.start()
        all_established([speaker, peer])
        for version in VERSIONS:
            until(lambda v=version: _has(speaker, peer, v, 1, 2), limit=20, why="the peer's routes")  # type: ignore[misc]
        yield speaker, peer
        speaker.stop()
        peer.stop()


def _has(speaker: Daemon, peer: Daemon, version: int, *numbers: int) -> bool:
    return speaker.routes(version).keys() == {own_prefix(peer, version, number) for number in numbers}


@pytest.mark.parametrize(
    "pair", [pytest.param(kind, marks=pytest.mark.daemon(kind)) for kind in ("bird", "frr", "gobgp")], indirect=True
)
@pytest.mark.row("GRS-01", "GRS-04")
def test_a_restarting_peers_routes_stay(pair: tuple[Daemon, Daemon]) -> None:
    """RFC 4724 §4.2: kept while it is away; what it does not announce again is swept after its End-of-RIB."""
    speaker, peer = pair

    peer.kill()

    for version in VERSIONS:
        name = peering_name(peer, version)
        until(lambda n=name: not speaker.established(n), limit=10, why="the speaker to notice")  # type: ignore[misc]
    throughout(lambda: all(_has(speaker, peer, v, 1, 2) for v in VERSIONS), seconds=2, why="its routes stay")
    peer.configure(announced=announcements(peer, 1))
    peer.start()
    all_established([speaker, peer])
    for version in VERSIONS:
        until(lambda v=version: _has(speaker, peer, v, 1), limit=30, why="what is left of its routes")  # type: ignore[misc]
