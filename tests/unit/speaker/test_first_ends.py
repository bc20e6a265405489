"""When everybody has told us what they have after our start (RFC 4724 §4.1)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pybgp.addresses import Family
from pybgp.config.model import FamilyConfig, SpeakerConfig
from pybgp.speaker.first_ends import FirstEnds
from pybgp.speaker.peers import Peer

V4 = Family.IPV4_UNICAST
CONFIG = SpeakerConfig(local_as=64512, router_id="192.0.2.1", families={V4: FamilyConfig()})


class Peers:
    """Peers that are up, and who of them is wanted; counts how often one was asked for."""

    def __init__(self, count: int) -> None:
        self.all: dict[str, Any] = {f"p{number}": self._peer() for number in range(count)}
        self.away: set[str] = set()
        self.asked = 0
        self.ends = FirstEnds()
        self.ends.start(0.0, {V4}, frozenset({V4}))

    @staticmethod
    def _peer() -> Any:
        negotiated = SimpleNamespace(families={V4}, graceful_restart=object())
        fsm = SimpleNamespace(status=lambda: SimpleNamespace(up_since=0.0))
        config = SimpleNamespace(families=None)
        return SimpleNamespace(received_end_of_rib=set(), negotiated=negotiated, fsm=fsm, config=config)

    def expected(self, peer: Peer) -> bool:
        self.asked += 1
        return all(peer is not self.all.get(name) for name in self.away)

    def end(self, name: str) -> list[Family]:
        self.all[name].received_end_of_rib.add(V4)
        return self.look()

    def look(self) -> list[Family]:
        return self.ends.complete(cast("dict[str, Peer]", self.all), self.expected, CONFIG, 1.0)


def test_a_family_is_complete_with_the_last_end_of_rib() -> None:
    peers = Peers(3)

    assert peers.end("p2") == []
    assert peers.end("p0") == []
    assert peers.end("p1") == [V4]
    assert peers.look() == []


@pytest.mark.parametrize("order", ["as configured", "the other way round"])
def test_not_everybody_is_looked_at_for_each_end_of_rib(order: str) -> None:
    """500 peers that come up together took 0.2 s of looking at each other."""
    peers = Peers(500)

    for name in list(peers.all) if order == "as configured" else reversed(list(peers.all)):
        found = peers.end(name)

    assert found == [V4]
    assert peers.asked < 5 * 500


def test_nobody_waits_for_a_peer_that_is_disabled_meanwhile() -> None:
    peers = Peers(2)
    peers.end("p0")

    peers.away.add("p1")

    assert peers.look() == [V4]


def test_a_peer_whose_session_has_begun_anew_is_waited_for_again() -> None:
    peers = Peers(2)
    peers.look()
    peers.end("p1")
    peers.all["p1"].received_end_of_rib.clear()

    assert peers.end("p0") == []
    assert peers.end("p1") == [V4]
