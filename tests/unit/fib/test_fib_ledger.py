"""What is written into the state file, and how often a failure is said."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from pybgp.addresses import Family
from pybgp.fib.ledger import Ledger
from pybgp.fib.state import Identity, StateFile
from pybgp.fib.table import Table
from pybgp.speaker.fib import FibRoute, KernelRoute

V4 = Family.IPV4_UNICAST
HERE = Identity(protocol=12, table=254, boot_id="b", namespace=7)
KEY = b"\x18\x0a\x00\x00"


@pytest.fixture
def table() -> Table:
    return Table(V4, protocol=12, table=254, metric=0, name_of=str)


def test_a_file_written_whole_is_not_followed_by_what_was_to_be_written_before(tmp_path: Path, table: Table) -> None:
    """A place that had been released may be ours again."""
    ledger = Ledger(str(tmp_path / "fib.json"), {V4: table}, lambda why: None)
    ledger.open(HERE)
    table.plan.adopt(KEY, KernelRoute("blackhole", 12))
    table.plan.lost(KEY, 0, 0.0)
    ledger.collect()
    assert ledger.is_behind
    table.plan.adopt(KEY, KernelRoute("blackhole", 12))

    text = asyncio.run(ledger.whole())

    assert ledger.take_lines() == ""
    assert KEY.hex() in text
    ledger.close()


def test_a_file_that_cannot_be_written_is_said_once(
    tmp_path: Path, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    ledger = Ledger(str(tmp_path / "fib.json"), {V4: table}, said.append)
    ledger.open(HERE)

    def full(self: StateFile, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(StateFile, "rewrite", full)
        for _ in range(2):
            ledger.rewrite(asyncio.run(ledger.whole()))
    assert len(said) == 1
    assert ledger.broken

    ledger.claim(V4, [(KEY, FibRoute("blackhole", (), 0))])
    ledger.append(ledger.take_lines())  # in vain
    ledger.rewrite(asyncio.run(ledger.whole()))
    assert not ledger.broken
    ledger.close()
