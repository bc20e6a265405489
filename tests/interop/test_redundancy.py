"""Reflectors beside each other (RFC 4456 §7, §8): pybgp, BIRD, FRR and GoBGP in one cluster, and each in its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support import until

from .daemons import Daemon, PyBgp
from .lab import AS, SPEAKER
from .network import Network
from .wiring import PATIENCE, at_once, gets, join, own_prefix, peering_name, start_all

KINDS = ("bird", "frr", "gobgp")

pytestmark = [
    pytest.mark.daemon(*KINDS),
    pytest.mark.timeout(120),
    pytest.mark.skipif(SPEAKER != "pybgp", reason="asks pybgp why"),
]


CLUSTER = "10.99.0.1"


@pytest.fixture(scope="module", params=[True, False], ids=["same-cluster", "own-clusters"])
def beside(request: pytest.FixtureRequest, start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    """Four reflectors: ``near`` is a client of the speaker's, ``away`` of all others', ``both`` of everyone's."""
    clients = {"near": "bird", "away": "bird", "both": "bird"}
    kinds = {"speaker": SPEAKER, **{kind: kind for kind in KINDS}, **clients}
    with Network(kinds) as network:
        daemons = {name: start(network, name, kind, AS) for name, kind in kinds.items()}
        speaker = daemons["speaker"]
        join(speaker, daemons["near"], client=True)
        join(speaker, daemons["both"], client=True)
        for kind in KINDS:
            join(daemons[kind], speaker, client=kind != "frr")
            # BIRD looks for its cluster only in what clients say, GoBGP marks only what it says to clients
            join(daemons[kind], daemons["both"], client=True)
            join(daemons[kind], daemons["away"], client=True)
        if request.param:
            for name in ("speaker", *KINDS):
                share_a_cluster(daemons[name])
        start_all(daemons)
        yield daemons
        at_once(lambda daemon: daemon.stop(), daemons.values())


def share_a_cluster(reflector: Daemon) -> None:
    match reflector.kind:
        case "pybgp":
            reflector.more = (f'cluster_id = "{CLUSTER}"',)
        case "bird":
            for name, each in reflector.peerings.items():
                reflector.peerings[name] = replace(each, more=(f"  rr cluster id {CLUSTER};",))
        case "frr":
            reflector.more = (f"router bgp {AS}", f" bgp cluster-id {CLUSTER}", "exit")
        case "gobgp":
            for name, each in reflector.peerings.items():
                reflector.peerings[name] = replace(each, more=(f'route-reflector-cluster-id = "{CLUSTER}"',))


def in_one_cluster(daemons: dict[str, Daemon]) -> bool:
    return bool(daemons["speaker"].more)


def cluster_of(reflector: Daemon, daemons: dict[str, Daemon]) -> str:
    return CLUSTER if in_one_cluster(daemons) else reflector.host.router_id


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.row("RRF-08", "RRF-12")
def test_what_another_reflector_says_of_its_clients(beside: dict[str, Daemon], kind: str) -> None:
    """RFC 4456 §8: of our own cluster it is ignored, and stays visible with the reason."""
    speaker, reflector, away = beside["speaker"], beside[kind], beside["away"]
    assert isinstance(speaker, PyBgp)
    cluster = cluster_of(reflector, beside)

    def row() -> tuple[str, list[str], bool] | None:
        rows = speaker.rows(own_prefix(away, 4), peering_name(reflector, 4))
        return (
            (rows[0]["originator_id"], rows[0]["cluster_list"], "CLUSTER_LIST" in rows[0]["reason"]) if rows else None
        )

    until(
        lambda: row() == (away.host.router_id, [cluster], in_one_cluster(beside)),
        limit=PATIENCE,
        why=f"{reflector}'s route of {away}",
        seen=row,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.row("RRF-12")
def test_what_another_reflector_takes_of_our_clients(beside: dict[str, Daemon], kind: str) -> None:
    """In one cluster nothing; only GoBGP doesn't look."""
    speaker, reflector, near = beside["speaker"], beside[kind], beside["near"]
    if kind == "gobgp" or not in_one_cluster(beside):
        gets(reflector, near, (cluster_of(speaker, beside),))
        return
    assert isinstance(speaker, PyBgp)
    told = lambda: speaker.rows(own_prefix(near, 4), peering_name(reflector, 4), "advertised")  # noqa: E731
    until(told, limit=PATIENCE, why="it to be told")
    gets(reflector, speaker, ())

    assert own_prefix(near, 4) not in reflector.routes(4)


@pytest.mark.row("RRF-08", "RRF-12")
def test_a_client_of_all_that_leaves_one(beside: dict[str, Daemon]) -> None:
    """RFC 4456 §7: with an own cluster each, a reflector has its client's routes from the others; in one it has not."""
    speaker, near, both = beside["speaker"], beside["near"], beside["both"]
    assert isinstance(speaker, PyBgp)
    gets(near, both, (cluster_of(speaker, beside),))

    speaker.command("peer", "disable", peering_name(both, 4))

    prefix = own_prefix(both, 4)
    if in_one_cluster(beside):
        until(lambda: prefix not in near.routes(4), limit=PATIENCE, why="the route to go")
    else:
        until(
            lambda: (
                (route := near.routes(4)[prefix]).cluster_list[0] == speaker.host.router_id
                and route.cluster_list[1:] in {(beside[kind].host.router_id,) for kind in KINDS}
                and route.originator_id == both.host.router_id
            ),
            limit=PATIENCE,
            why="the route by another reflector",
            seen=lambda: near.routes(4),
        )
    speaker.command("peer", "enable", peering_name(both, 4))
    gets(near, both, (cluster_of(speaker, beside),))
