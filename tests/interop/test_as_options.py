"""What BIRD and FRR see of options about AS paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from .daemons import Daemon
from .lab import SPEAKER
from .network import Network
from .wiring import join, peering_name, sees, start_all

pytestmark = [pytest.mark.daemon("bird", "frr"), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def sites(start: Callable[..., Daemon]) -> Iterator[dict[str, Daemon]]:
    """Two sites of one AS, and FRR, which knows us as AS 65099."""
    kinds = {"speaker": (SPEAKER, 64512), "one": ("bird", 65010), "two": ("bird", 65010), "frr": ("frr", 65020)}
    with Network({name: kind for name, (kind, _) in kinds.items()}) as network:
        daemons = {name: start(network, name, kind, asn) for name, (kind, asn) in kinds.items()}
        speaker = daemons["speaker"]
        join(speaker, daemons["one"], ("as_override = true",))
        join(speaker, daemons["two"], ("as_override = true",))
        join(speaker, daemons["frr"], ("local_as = 65099", 'local_as_mode = "no_prepend"'), seen_as=65099)
        start_all(daemons)
        yield daemons
        for daemon in daemons.values():
            daemon.stop()


def test_what_neighbours_see_of_as_override_and_local_as(sites: dict[str, Daemon]) -> None:
    sees(sites["two"], sites["one"], (64512, 64512))
    sees(sites["frr"], sites["one"], (65099, 64512, 65010))
    sees(sites["one"], sites["frr"], (64512, 65020))


def test_other_options_act_on_a_reload(sites: dict[str, Daemon]) -> None:
    """Sessions stay; ``two`` sees that our AS was another towards FRR, ``one`` nothing private."""
    speaker, one, two, frr = (sites[name] for name in ("speaker", "one", "two", "frr"))
    more = {
        one: ("as_override = true", 'remove_private_as = "all"'),
        two: ("as_override = true",),
        frr: ("local_as = 65099", 'local_as_mode = "prepend"'),
    }
    names = {peering_name(daemon, 4): lines for daemon, lines in more.items()}
    since = [speaker.peer(name)["since"] for name in names]  # type: ignore[attr-defined]

    speaker.configure(peerings=[replace(each, more=names[each.name]) for each in speaker.peerings.values()])

    sees(two, frr, (64512, 65099, 65020))
    sees(one, frr, (64512,))
    assert [speaker.peer(name)["since"] for name in names] == since  # type: ignore[attr-defined]
