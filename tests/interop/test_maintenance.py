"""What BIRD, FRR and GoBGP see of maintenance: GRACEFUL_SHUTDOWN (RFC 8326), and the operator's message (RFC 9003)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from tests.support import until

from .daemons import Announcement, Daemon
from .daemons.frr import Frr
from .lab import AS, SPEAKER
from .network import Network
from .wiring import all_established, announcements, at_once, connect, own_prefix, peering_name

pytestmark = [
    pytest.mark.daemon("bird", "frr", "gobgp"),
    pytest.mark.timeout(120),
    pytest.mark.skipif(SPEAKER != "pybgp", reason="its own commands"),
]

GRACEFUL_SHUTDOWN = {"65535:0", "graceful-shutdown"}
"""As BIRD and as FRR write it."""


@pytest.fixture(scope="module")
def daemons(start: Callable[..., Daemon]) -> Iterator[list[Daemon]]:
    """pybgp, and three external peers."""
    kinds = {"speaker": SPEAKER, "bird": "bird", "frr": "frr", "gobgp": "gobgp"}
    with Network(kinds) as network:
        made = [start(network, name, kind, AS + number) for number, (name, kind) in enumerate(kinds.items())]
        for other in made[1:]:
            connect(made[0], other)
        made[0].configure(announced=announcements(made[0]))
        at_once(lambda daemon: daemon.start(), made)
        all_established(made)
        yield made
        at_once(lambda daemon: daemon.stop(), made)


def say(speaker: Daemon, *words: str) -> str:
    return speaker.host.run(sys.executable, "-m", "pybgp", *words, "-s", str(speaker.folder / "pybgp.sock"))


def test_draining_is_seen_and_taken_back(daemons: list[Daemon]) -> None:
    speaker, *peers = daemons
    prefix = own_prefix(speaker, 4)

    def marked(peer: Daemon) -> bool:
        route = peer.routes(4).get(prefix)
        return route is not None and not GRACEFUL_SHUTDOWN.isdisjoint(map(str.lower, route.communities))

    for peer in peers:
        until(lambda peer=peer: prefix in peer.routes(4), limit=20, why=f"{peer}: the route")  # type: ignore[misc]

    say(speaker, "drain")
    for peer in peers:
        until(lambda peer=peer: marked(peer), limit=20, why=f"{peer}: the mark")  # type: ignore[misc]
    say(speaker, "drain", "--undo")

    for peer in peers:
        until(lambda peer=peer: not marked(peer), limit=20, why=f"{peer}: no mark")  # type: ignore[misc]


def test_a_peer_that_drains_is_the_last_choice(daemons: list[Daemon]) -> None:
    """RFC 8326 §4.1: its routes get LOCAL_PREF 0, and the usual one again when it takes the mark back."""
    speaker, *peers = daemons

    for mark, local_pref in (("65535:0", 0), ("64512:1", None)):
        for peer in peers:
            peer.announce(Announcement(prefix=own_prefix(peer, 4), communities=(mark,)))
        until(
            lambda wanted=local_pref: (
                [speaker.routes(4)[own_prefix(peer, 4)].local_pref for peer in peers]  # type: ignore[misc]
                == [wanted] * len(peers)
            ),
            limit=20,
            why=f"LOCAL_PREF to be {local_pref}",
            seen=lambda: speaker.routes(4),
        )


def heard(peer: Daemon, name: str) -> str:
    """What the peer shows of the end of its last session, and has logged."""
    if isinstance(peer, Frr):
        return str(peer._neighbor(name))
    return peer.last_error(name) + peer.log()


@pytest.mark.row("NTF-03")
def test_the_operators_message_arrives(daemons: list[Daemon]) -> None:
    speaker, *peers = daemons
    name = peering_name(speaker, 4)

    say(speaker, "peer", "disable", "--all", "--message", "new line cards")

    for peer in peers:
        until(lambda peer=peer: "new line cards" in heard(peer, name), limit=20, why=f"{peer}: the message",
              seen=lambda peer=peer: heard(peer, name)[-3000:])  # type: ignore[misc] # fmt: skip
