"""Reflectors above reflectors (RFC 4456 §7): pybgp below and above BIRD, FRR and GoBGP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support import until

from .daemons import Daemon
from .lab import AS, SPEAKER
from .network import Network
from .wiring import PATIENCE, at_once, gets, join, own_prefix, peering_name, start_all

KINDS = ("bird", "frr", "gobgp")

pytestmark = [
    pytest.mark.daemon(*KINDS),
    pytest.mark.timeout(120),
]


@pytest.fixture(scope="module")
def tree(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    """leaf -- low -- speaker -- top -- far, three times: each is a reflector's client of the next, all but the last.

    Low and top are BIRDs, FRRs and GoBGPs. The speaker is the client of top, low the client of the speaker; leaf and
    far are no reflectors.
    """
    kinds = {"speaker": SPEAKER}
    for kind in KINDS:
        kinds |= {f"{kind}_leaf": "bird", f"{kind}_low": kind, f"{kind}_top": kind, f"{kind}_far": "bird"}
    with Network(kinds) as network:
        daemons = {name: start(network, name, kind, AS) for name, kind in kinds.items()}
        for kind in KINDS:
            leaf, low, top, far = (daemons[f"{kind}_{part}"] for part in ("leaf", "low", "top", "far"))
            join(low, leaf, client=True)
            join(daemons["speaker"], low, client=True)
            if kind == "gobgp":  # it marks what it reflects to its clients only
                name = peering_name(daemons["speaker"], 4)
                low.peerings[name] = replace(low.peerings[name], client=True)
            join(top, daemons["speaker"], client=True)
            join(top, far, client=True)
        start_all(daemons)
        yield daemons
        at_once(lambda daemon: daemon.stop(), daemons.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.row("RRF-04", "RRF-05")
def test_a_route_climbs_through_reflectors(tree: dict[str, Daemon], kind: str) -> None:
    """RFC 4456 §8: each reflector puts its cluster in front; the originator stays."""
    leaf, low, top, far = (tree[f"{kind}_{part}"] for part in ("leaf", "low", "top", "far"))
    speaker = tree["speaker"]

    gets(speaker, leaf, (low,))
    gets(top, leaf, (speaker, low))
    gets(far, leaf, (top, speaker, low))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.row("RRF-04", "RRF-05")
def test_a_route_comes_down_through_reflectors(tree: dict[str, Daemon], kind: str) -> None:
    leaf, low, top, far = (tree[f"{kind}_{part}"] for part in ("leaf", "low", "top", "far"))
    speaker = tree["speaker"]

    gets(speaker, far, (top,))
    gets(low, far, (speaker, top))
    gets(leaf, far, (low, speaker, top))
    gets(leaf, top, (low, speaker, top) if kind == "gobgp" else (low, speaker))  # GoBGP marks also what is its own


@pytest.mark.row("RRF-01")
def test_a_route_crosses_to_the_other_branches_and_is_withdrawn_there(tree: dict[str, Daemon]) -> None:
    """From below each lower reflector to what is below and above the others."""
    speaker = tree["speaker"]
    ends = [
        (tree[f"{kind}_{end}"], tree[f"{kind}_{via}"])
        for kind in KINDS
        for end, via in (("leaf", "low"), ("far", "top"))
    ]
    senders = {kind: tree[f"{kind}_leaf"] for kind in KINDS}
    others = [(daemon, via, kind) for daemon, via in ends for kind, sender in senders.items() if daemon is not sender]
    for daemon, via, kind in others:
        gets(daemon, senders[kind], (via, speaker, tree[f"{kind}_low"]))

    for sender in senders.values():
        sender.withdraw(own_prefix(sender, 4))

    for daemon, _, kind in others:
        prefix = own_prefix(senders[kind], 4)
        until(lambda daemon=daemon, prefix=prefix: prefix not in daemon.routes(4), limit=PATIENCE,  # type: ignore[misc]
              why=f"{prefix} to go from {daemon}")  # fmt: skip
