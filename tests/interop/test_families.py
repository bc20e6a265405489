"""BIRD, FRR and GoBGP take our UPDATEs of every family that they have, show what we said, and pass it on.

A peer that is nothing but the codec announces routes with rich attributes, another one hears how the daemon reflects
them. ``PYBGP_CAPTURED_KEEP=folder`` keeps there what it heard: so the messages of ``tests/data/captured`` are made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pybgp.addresses import Family
from pybgp.constants import AttributeCode, MessageType
from pybgp.messages import BlockCache, Update, update
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


@dataclass(frozen=True, slots=True)
class Sessions:
    """A daemon, who speaks to it, and who hears what it passes on."""

    kind: str
    daemon: Reflector
    speaker: RawPeer
    listener: RawPeer

    def is_about(self, family: Family, body: bytes) -> bool:
        said = update.decode(body, self.listener.context, BlockCache())
        return family in {group.family for group in (*said.reachable, *said.withdrawn)}

    def heard(self, since: int) -> list[Update]:
        """The UPDATEs that the listener has heard after so many."""
        context = self.listener.context
        return [update.decode(body, context, BlockCache()) for body in self.listener.updates()[since:]]


@pytest.fixture(scope="module")
def sessions(folder: Path) -> Iterator[Callable[..., Sessions]]:
    """``sessions("bird")``: Established both, with all families of the daemon; each daemon is started once.

    ``sessions("bird", add_path=True)`` is another one.
    """
    found: dict[str, Sessions] = {}
    hosts = ["raw", *REFLECTORS, *(f"{kind}-ap" for kind in REFLECTORS)]
    with Network(hosts) as network, ExitStack() as stack:
        raw = network["raw"]
        raw.ip(f"address add {SECOND}/16 dev eth0")

        @contextmanager
        def made(kind: str, name: str, add_path: bool) -> Iterator[Sessions]:
            host = network[name]
            host.ip(f"neighbour replace {SECOND} lladdr {raw.mac} dev eth0 nud permanent")
            daemon = REFLECTORS[kind](host, AS, folder / name)
            daemon.add_path = add_path
            speaker, listener = (
                RawPeer(raw, local, AS, daemon.families, add_path=add_path) for local in (raw.ipv4, SECOND)
            )
            daemon.clients = (speaker.local, listener.local)
            _running.append(daemon)
            stack.callback(_running.remove, daemon)  # not before: if it doesn't come up, the report shows its log
            try:
                daemon.start()
                speaker.connect(host.ipv4)
                listener.connect(host.ipv4)
                yield Sessions(kind, daemon, speaker, listener)
            finally:
                speaker.close()
                listener.close()
                daemon.stop()

        def make(kind: str, *, add_path: bool = False) -> Sessions:
            name = f"{kind}-ap" if add_path else kind
            if name not in found:
                those = found[name] = stack.enter_context(made(kind, name, add_path))
                opens = [body for each, body in those.listener.heard if each == MessageType.OPEN]
                keep(kind, "open", opens, MessageType.OPEN)
                if Family.ROUTE_TARGET in those.daemon.families:  # else it waits for what we want of VPNs (RFC 4684 §6)
                    those.listener.announce(
                        Family.ROUTE_TARGET, [b"\0"], block_of(Family.ROUTE_TARGET, raw), 1 if add_path else None
                    )
                    for peer in (those.speaker, those.listener):
                        peer.say(update.end_of_rib(Family.ROUTE_TARGET))
            return found[name]

        yield make
        for name, each in found.items():
            bodies = zip(each.listener.updates(), each.heard(0), strict=True)
            keep(name, "end-of-rib", [body for body, said in bodies if said.end_of_rib])


def each_family(*, add_path: bool = False) -> list[object]:
    """Every daemon with every family that it has, or has with ADD-PATH."""
    return [
        pytest.param(kind, family, id=f"{kind}-{family}", marks=pytest.mark.daemon(kind.partition("-")[0]))
        for kind, reflector in REFLECTORS.items()
        for family in reflector.families
        if not (add_path and family in reflector.without_add_path)
    ]


@pytest.mark.parametrize(("kind", "family"), each_family())
def test_routes_of_a_family(sessions: Callable[..., Sessions], kind: str, family: Family) -> None:
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
    keep(kind, str(family), [body for body in those.listener.updates()[since:] if those.is_about(family, body)])


@pytest.mark.parametrize(("kind", "family"), each_family(add_path=True))
def test_several_paths_of_a_family(sessions: Callable[..., Sessions], kind: str, family: Family) -> None:
    """RFC 7911: two paths with identifiers go in and come out, one is withdrawn, then the other."""
    those = sessions(kind, add_path=True)
    speaker, keys = those.speaker, keys_of(family)
    since = len(those.listener.updates())

    for path_id, med in ((7, 50), (0xFFFFFFFE, 60)):
        speaker.announce(family, keys, block_of(family, speaker.host, med), path_id)
    both = {(key, med) for key in passed_on(those, family, set(keys)) for med in (50, 60)}
    until(
        lambda: set(paths(those, family, since).values()) == both,
        limit=PATIENCE,
        why="both paths of all routes to be passed on",
        seen=lambda: those.heard(since),
    )
    for path_id, left in ((7, {60}), (0xFFFFFFFE, set())):
        speaker.withdraw(family, keys, path_id)
        until(
            lambda left=left: {med for _, med in paths(those, family, since).values()} == left,  # type: ignore[misc]
            limit=PATIENCE,
            why=f"only those with MED {left} to be left",
            seen=lambda: those.heard(since),
        )

    assert not any(said.problems for said in those.heard(since))
    assert (speaker.notification(), those.listener.notification()) == (None, None)
    keep(
        kind, f"{family}.add-path", [body for body in those.listener.updates()[since:] if those.is_about(family, body)]
    )


def paths(those: Sessions, family: Family, since: int) -> dict[tuple[bytes, int], tuple[bytes, int | None]]:
    """What the listener has at the end: (route, identifier) -> (key, MED)."""
    codec, found = FAMILIES[family], {}
    for said in those.heard(since):
        for gone in said.withdrawn:
            for key in gone.keys:
                found.pop((codec.identity(key), gone.path_id), None)
        for here in said.reachable:
            med = here.block.get(AttributeCode.MULTI_EXIT_DISC)
            for key in passed_on(those, family, set(here.keys) if here.family == family else set()):
                found[codec.identity(key), here.path_id] = (key, getattr(med, "value", None))
    return found


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


def keep(kind: str, name: str, bodies: list[bytes], message: MessageType = MessageType.UPDATE) -> None:
    """Write messages to the folder for them, if there is one."""
    if folder := os.environ.get("PYBGP_CAPTURED_KEEP"):
        lines = [f"{whole(message, body).hex()}\n" for body in bodies]
        if lines:
            owner = kind if name in ("open", "end-of-rib") else kind.partition("-")[0]
            (Path(folder) / f"{owner}-{name}.hex").write_text("".join(lines))
