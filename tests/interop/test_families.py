"""BIRD, FRR and GoBGP take our UPDATEs of every family that they have, show what we said, and pass it on.

A peer that is nothing but the codec announces routes with rich attributes, another one hears how the daemon reflects
them. ``PYBGP_CAPTURED_KEEP=folder`` keeps there what it heard: so the messages of ``tests/data/captured`` are made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pybgp.addresses import Family
from pybgp.constants import MessageType
from pybgp.messages import BlockCache, Context, Update, update
from pybgp.messages.families.registry import FAMILIES
from tests.support import until

from . import family_views
from .conftest import _running
from .family_daemons import REFLECTORS, Reflector
from .family_routes import block_of, keys_of
from .network import Network
from .raw_peer import RawPeer, whole

pytestmark = [pytest.mark.timeout(60)]

AS = 64512
SECOND = "10.77.9.1"
"""The second peer's address; it lives in the same host as the first one's."""
PATIENCE = 10
CONTEXT = Context(families=frozenset(each.family for each in FAMILIES.values()))


@dataclass(frozen=True, slots=True)
class Sessions:
    """A daemon, who speaks to it, and who hears what it passes on."""

    kind: str
    daemon: Reflector
    speaker: RawPeer
    listener: RawPeer

    def heard(self, since: int) -> list[Update]:
        """The UPDATEs that the listener has heard after so many."""
        return [update.decode(body, CONTEXT, BlockCache()) for body in self.listener.updates()[since:]]


@pytest.fixture(scope="module")
def sessions(folder: Path) -> Iterator[Callable[[str], Sessions]]:
    """``sessions("bird")``: Established both, with all families of the daemon; each daemon is started once."""
    found: dict[str, Sessions] = {}
    with Network(["raw", *REFLECTORS]) as network:
        raw = network["raw"]
        raw.ip(f"address add {SECOND}/16 dev eth0")

        def make(kind: str) -> Sessions:
            if kind not in found:
                host = network[kind]
                host.ip(f"neighbour replace {SECOND} lladdr {raw.mac} dev eth0 nud permanent")
                daemon = REFLECTORS[kind](host, AS, folder / kind)
                speaker, listener = (RawPeer(raw, local, AS, daemon.families) for local in (raw.ipv4, SECOND))
                daemon.clients = (speaker.local, listener.local)
                found[kind] = Sessions(kind, daemon, speaker, listener)
                _running.append(daemon)
                daemon.start()
                speaker.connect(host.ipv4)
                listener.connect(host.ipv4)
                keep(
                    kind, "open", [body for each, body in listener.heard if each == MessageType.OPEN], MessageType.OPEN
                )
                if Family.ROUTE_TARGET in daemon.families:  # else it waits for what we want of VPNs (RFC 4684 §6)
                    listener.announce(Family.ROUTE_TARGET, [b"\0"], block_of(Family.ROUTE_TARGET, raw))
                    for peer in (speaker, listener):
                        peer.say(update.end_of_rib(Family.ROUTE_TARGET))
            return found[kind]

        yield make
        for kind, each in found.items():
            ends = [body for body in each.listener.updates() if update.decode(body, CONTEXT, BlockCache()).end_of_rib]
            keep(kind, "end-of-rib", ends)
            each.speaker.close()
            each.listener.close()
            each.daemon.stop()
            _running.remove(each.daemon)


def each_family() -> list[object]:
    """Every daemon with every family that it has."""
    return [
        pytest.param(kind, family, id=f"{kind}-{family}", marks=pytest.mark.daemon(kind.partition("-")[0]))
        for kind, reflector in REFLECTORS.items()
        for family in reflector.families
    ]


@pytest.mark.parametrize(("kind", "family"), each_family())
def test_routes_of_a_family(sessions: Callable[[str], Sessions], kind: str, family: Family) -> None:
    those = sessions(kind)
    speaker, keys, block = those.speaker, keys_of(family), block_of(family, those.speaker.host)
    since = len(those.listener.updates())

    speaker.announce(family, keys, block)
    shows(those, family, len(keys))
    expected = passed_on(those, family, set(keys))
    until(
        lambda: passed_on(those, family, routes(those.heard(since), family)) == expected,
        limit=PATIENCE,
        why="all routes to be passed on",
        seen=lambda: those.heard(since),
    )
    for each in (each for said in those.heard(since) for each in said.reachable):
        assert each.block.as_path_text == block.as_path_text
        assert (each.block.communities, each.block.large_communities) == (block.communities, block.large_communities)
        assert set(each.block.extended_communities) == set(block.extended_communities)
    announced = len(those.listener.updates())
    speaker.withdraw(family, keys)
    until(
        lambda: gone(those.heard(announced), family) == {FAMILIES[family].identity(key) for key in keys},
        limit=PATIENCE,
        why="all routes to be withdrawn",
    )

    shows_nothing(those, family)
    assert not any(said.problems for said in those.heard(since))
    assert (speaker.notification(), those.listener.notification()) == (None, None)
    keep(kind, str(family), [body for body in those.listener.updates()[since:] if is_about(family, body)])


def shows(those: Sessions, family: Family, count: int) -> None:
    """The daemon has the routes, with their attributes."""
    once = family_views.ONCE[those.kind].get(family, ())
    until(
        lambda: all(text in plain(those, family) for text in once),
        limit=PATIENCE,
        why=f"{those.daemon} to show {once}",
        seen=lambda: plain(those, family),
    )
    shown = plain(those, family)
    assert [text for text in family_views.EACH[those.kind].get(family, ()) if shown.count(text) < count] == [], shown


def shows_nothing(those: Sessions, family: Family) -> None:
    once = family_views.ONCE[those.kind].get(family, ())
    until(
        lambda: not any(text in plain(those, family) for text in once),
        limit=PATIENCE,
        why=f"{those.daemon} to show nothing",
        seen=lambda: plain(those, family),
    )


def plain(those: Sessions, family: Family) -> str:
    """What it shows; GoBGP's JSON escapes signs that others don't."""
    shown = those.daemon.shown(family)
    for sign in "<>&":
        shown = shown.replace(f"\\u{ord(sign):04x}", sign)
    return shown


def routes(said: list[Update], family: Family) -> set[bytes]:
    return {key for each in said for group in each.reachable if group.family == family for key in group.keys}


def passed_on(those: Sessions, family: Family, keys: set[bytes]) -> set[bytes]:
    """The keys, or what is left of them where the daemon loses something: FRR the label of an Ethernet segment."""
    if those.kind == "frr" and family == Family.L2VPN_EVPN:
        return set(map(FAMILIES[family].identity, keys))
    return keys


def gone(said: list[Update], family: Family) -> set[bytes]:
    """The routes that are withdrawn, whatever their labels are."""
    codec = FAMILIES[family]
    keys = (key for each in said for group in each.withdrawn if group.family == family for key in group.keys)
    return {codec.identity(key) for key in keys}


def is_about(family: Family, body: bytes) -> bool:
    said = update.decode(body, CONTEXT, BlockCache())
    return family in {group.family for group in (*said.reachable, *said.withdrawn)}


def keep(kind: str, name: str, bodies: list[bytes], message: MessageType = MessageType.UPDATE) -> None:
    """Write messages to the folder for them, if there is one."""
    if folder := os.environ.get("PYBGP_CAPTURED_KEEP"):
        lines = [f"{whole(message, body).hex()}\n" for body in bodies]
        if lines:
            owner = kind if name in ("open", "end-of-rib") else kind.partition("-")[0]
            (Path(folder) / f"{owner}-{name}.hex").write_text("".join(lines))
