"""What is still stale of a peer that has returned, counted as it sends its routes again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.messages.context import PeerKind
from pybgp.rib.decision import Decision
from pybgp.rib.local import own_block
from pybgp.rib.path import Path, paths_of
from pybgp.rib.table import Table
from pybgp.routes import Source, SourceKind
from pybgp.speaker.renewal import Renewal

KEYS = [b"\x18\x0a\x41" + bytes((number,)) for number in range(4)]
SINCE = 5
IDS = st.integers(0, 1)
SOME = st.lists(st.sampled_from(KEYS), min_size=1, max_size=4)
"""Also with the same prefix twice."""
BLOCK = own_block(b"\xc0\0\2\2")


def path(name: str, epoch: int, path_id: int) -> Path:
    source = Source(kind=SourceKind.BGP, name=name, peer_kind=PeerKind.INTERNAL, router_id=b"\1\1\1\1", epoch=epoch)
    return Path(source, path_id, BLOCK, BLOCK)


@given(
    kept=st.lists(st.tuples(SOME, st.integers(1, 3), IDS), max_size=4),
    others=SOME,
    changes=st.lists(st.tuples(st.sampled_from(("announce", "withdraw", "drop")), SOME, IDS), max_size=8),
)
def test_what_is_counted_is_what_is_there(
    kept: list[tuple[list[bytes], int, int]], others: list[bytes], changes: list[tuple[str, list[bytes], int]]
) -> None:
    table = Table(Family.IPV4_UNICAST, Decision())
    for keys, epoch, path_id in kept:
        table.insert(keys, path("back", epoch, path_id))
    table.insert(others, path("other", 4, 0))
    renewal = Renewal(table, cast(Any, SimpleNamespace(name="back", stale_before=SINCE)))

    for change, keys, path_id in changes:
        if change == "announce":
            renewal.insert(keys, path("back", SINCE, path_id))
        elif change == "withdraw":
            renewal.withdraw(keys, "back", path_id)
        else:  # what an earlier end of a session has left goes in slices
            list(table.drop(lambda one: one.source.name == "back" and one.source.epoch < 2))

        paths = [one for key in KEYS for one in paths_of(table.get(key)) if one.source.name == "back"]
        assert renewal.stale == sum(one.source.epoch < SINCE for one in paths)
