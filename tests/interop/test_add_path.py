"""Several paths for a prefix (RFC 7911): the best ones of the speaker's to BIRD, FRR and GoBGP, and all of theirs."""

from __future__ import annotations

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
    pytest.mark.skipif(SPEAKER != "pybgp", reason="about its add_path_limit"),
]

HERE, THERE = "10.210.0.0/24", "10.220.0.0/24"
"""Announced by external peers of the speaker's, and by those of the others."""
OURS = {"one": 65101, "two": 65102, "three": 65103}
THEIRS = {"left": 65201, "right": 65202}


@pytest.fixture(scope="module")
def daemons(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    """``one``, ``two``, ``three`` -- speaker -- bird, frr, gobgp -- ``left``, ``right``; in the middle it is one AS."""
    kinds = {"speaker": SPEAKER, **dict.fromkeys((*OURS, *THEIRS), "bird"), **{kind: kind for kind in KINDS}}
    with Network(kinds) as network:
        asns = OURS | THEIRS
        daemons = {name: start(network, name, kind, asns.get(name, AS)) for name, kind in kinds.items()}
        speaker = daemons["speaker"]
        for name in OURS:
            join(speaker, daemons[name])
        for kind in KINDS:
            join(speaker, daemons[kind], add_path=True)
            for name in THEIRS:
                join(daemons[kind], daemons[name])
        limit(speaker, 2)
        for name in (*OURS, *THEIRS):  # GoBGP keeps an old path where a new one has its AS in it
            daemons[name].transit = False  # type: ignore[attr-defined]
        prefixes = dict.fromkeys(OURS, HERE) | dict.fromkeys(THEIRS, THERE)
        start_all(daemons, {name: [Announcement(prefix=prefix)] for name, prefix in prefixes.items()})
        yield daemons
        at_once(lambda daemon: daemon.stop(), daemons.values())


def limit(speaker: Daemon, number: int | None) -> None:
    changed = [replace(each, add_path_limit=number if each.add_path else None) for each in speaker.peerings.values()]
    speaker.configure(peerings=changed)


def has_paths(daemon: Daemon, prefix: str, peer: Daemon, *wanted: int) -> None:
    """Wait until it has of the peer exactly paths through these neighbouring ASes."""

    def seen() -> list[int]:
        name = peering_name(peer, 4)
        return sorted(each.as_path[0] for each in daemon.paths(prefix) if each.peering == name)

    until(lambda: seen() == sorted(wanted), limit=PATIENCE, why=f"{daemon} to have {wanted} of {peer}", seen=seen)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.row("ADP-03")
def test_all_paths_of_a_daemon_come(daemons: dict[str, Daemon], kind: str) -> None:
    has_paths(daemons["speaker"], THERE, daemons[kind], *THEIRS.values())


def test_a_daemon_gets_the_best_ones(daemons: dict[str, Daemon]) -> None:
    """Those with the lowest router ids; the next one takes the place of one that goes."""
    speaker, *others = (daemons[name] for name in ("speaker", *KINDS))
    assert isinstance(speaker, PyBgp)
    since = [speaker.peer(peering_name(each, 4))["since"] for each in others]
    for each in others:
        has_paths(each, HERE, speaker, 65101, 65102)

    daemons["one"].withdraw(HERE)
    for each in others:
        has_paths(each, HERE, speaker, 65102, 65103)
    daemons["one"].announce(Announcement(prefix=HERE))
    for each in others:
        has_paths(each, HERE, speaker, 65101, 65102)
    limit(speaker, 1)
    for each in others:
        has_paths(each, HERE, speaker, 65101)
    limit(speaker, None)
    for each in others:
        has_paths(each, HERE, speaker, 65101, 65102, 65103)

    assert [speaker.peer(peering_name(each, 4))["since"] for each in others] == since


@pytest.mark.parametrize("name", THEIRS)
def test_a_path_of_a_daemon_goes_and_comes_back(daemons: dict[str, Daemon], name: str) -> None:
    """It is withdrawn by its identifier: the other one stays."""
    speaker, others = daemons["speaker"], [daemons[kind] for kind in KINDS]
    left = {asn for each, asn in THEIRS.items() if each != name}

    daemons[name].withdraw(THERE)
    for each in others:
        has_paths(speaker, THERE, each, *left)
    daemons[name].announce(Announcement(prefix=THERE))

    for each in others:
        has_paths(speaker, THERE, each, *THEIRS.values())
