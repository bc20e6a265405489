"""Memory comes back when peers leave: nothing that only their routes needed stays, and the process doesn't grow."""

from __future__ import annotations

import json
import subprocess
import sys

from pybgp.addresses import Family
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.cache import BlockCache
from pybgp.messages.context import Context, PeerKind
from pybgp.rib.decision import Decision
from pybgp.rib.table import Table
from tests.unit.rib.paths import path

from . import soak, traffic


def test_the_resident_set_is_flat_over_200_peers_that_come_and_are_lost() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.bench.soak"], capture_output=True, text=True, check=True)

    found = json.loads(done.stdout)
    assert found["rounds"] == 200
    assert found["end_mib"] < found["warm_mib"] + 1
    assert set(found["left"].values()) == {0}, found["left"]


def test_a_peer_that_does_not_read_is_told_the_end_by_the_identifiers_that_it_knows() -> None:
    """They are kept as long as somebody may be told of them."""
    run = soak.Soak()
    conn = run.session("10.99.100.1")
    run.receive(conn, run.table(1, "10.99.100.1"))
    before = len(run.core.outbound.ids)
    run.core.congested(run.stays, run.now)

    run.core.connection_failed(conn, run.now, "connection lost")
    run.work()

    assert before == len(run.core.outbound.ids) == 1


def test_only_blocks_that_nobody_has_are_forgotten() -> None:
    blocks = BlockCache()
    context = Context(kind=PeerKind.INTERNAL)
    raws = [traffic.blocks(1, node=0, address=f"10.99.16.{number}")[23:-5] for number in (1, 2)]
    kept = blocks.get(raws[0], None, context)
    blocks.get(raws[1], None, context)

    for _ in blocks.forget_unused():
        pass

    assert isinstance(kept, Block)
    assert len(blocks) == 1
    assert blocks.get(raws[0], None, context) is kept


def test_a_table_that_has_been_large_becomes_small() -> None:
    table = Table(Family.IPV4_UNICAST, Decision())
    keys = [b"\x20" + number.to_bytes(4) for number in range(20_000)]
    table.insert(keys, path())
    table.withdraw(keys[5:], "a")
    large = sys.getsizeof(table._entries)

    table.shrink()

    assert sys.getsizeof(table._entries) < large / 100
    assert table.prefixes() == keys[:5]
    assert table.get(keys[0]) is not None
