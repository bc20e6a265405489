"""FRR is our provider, one BIRD our customer, another our peer (RFC 9234)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support import until

from .daemons import Daemon
from .lab import SPEAKER
from .network import Network
from .wiring import PATIENCE, all_established, join, own_prefix, peering_name, sees, start_all

pytestmark = [pytest.mark.daemon("bird", "frr"), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def standing(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    kinds = {"speaker": (SPEAKER, 64512), "up": ("frr", 65020), "down": ("bird", 65010), "side": ("bird", 65030)}
    with Network({name: kind for name, (kind, _) in kinds.items()}) as network:
        daemons = {name: start(network, name, kind, asn) for name, (kind, asn) in kinds.items()}
        speaker = daemons["speaker"]
        strict = "role_strict = true"
        join(speaker, daemons["up"], ('role = "customer"', strict), ("local-role provider",))
        join(speaker, daemons["down"], ('role = "provider"', strict), ("local role customer;", "require roles yes;"))
        join(speaker, daemons["side"], ('role = "peer"', strict), ("local role peer;", "require roles yes;"))
        start_all(daemons)
        yield daemons
        for daemon in daemons.values():
            daemon.stop()


def otc(bird: Daemon, sender: Daemon) -> str:
    """ONLY_TO_CUSTOMER as BIRD has it, "" if it isn't there."""
    text = bird._ask(f"show route {own_prefix(sender, 4)} all")  # type: ignore[attr-defined]
    return next((line.split()[1] for line in text.splitlines() if "BGP.otc:" in line), "")


@pytest.mark.row("CAP-10", "OTC-04", "OTC-05")
def test_routes_go_where_they_may_and_are_marked_on_their_way_down(standing: dict[str, Daemon]) -> None:
    """RFC 9234 §5: the provider's go to the customer, marked by FRR; the customer's go everywhere, marked by us."""
    up, down, side = standing["up"], standing["down"], standing["side"]
    sees(down, up, (64512, 65020))
    sees(down, side, (64512, 65030))
    sees(side, down, (64512, 65010))
    sees(up, down, (64512, 65010))

    assert (otc(down, up), otc(down, side), otc(side, down)) == ("65020", "65030", "64512")
    assert own_prefix(up, 4) not in side.routes(4)
    assert own_prefix(side, 4) not in up.routes(4)


@pytest.mark.row("CAP-10")
def test_roles_that_do_not_fit_end_the_session(standing: dict[str, Daemon]) -> None:
    """RFC 9234 §4.2."""
    speaker, down = standing["speaker"], standing["down"]
    name = peering_name(down, 4)
    before = dict(speaker.peerings)

    changed = before | {name: replace(before[name], more=('role = "peer"',))}
    speaker.configure(peerings=changed.values())
    until(
        lambda: "role" in speaker.last_error(name).lower(),
        limit=PATIENCE,
        why="the roles not to fit",
        seen=lambda: speaker.last_error(name),
    )
    speaker.configure(peerings=before.values())

    all_established([speaker])
