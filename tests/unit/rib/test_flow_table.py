"""A table of flow specifications: nothing is eligible in it, however it came there, that has not been validated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pybgp.addresses import Family
from pybgp.messages.families.flowspec import IPV4_FLOWSPEC
from pybgp.rib.decision import Decision
from pybgp.rib.feasible import UNCOUNTED
from pybgp.rib.flow_table import FlowTable
from pybgp.rib.local import OWN, own_block
from pybgp.rib.moves import moves_of
from pybgp.rib.path import Path
from pybgp.rib.table import Table

from .paths import EXTERNAL, block, key, source

X, Y = (source(name, kind=EXTERNAL, address=f"192.0.2.{host}") for name, host in (("x", 31), ("y", 32)))
FLOW = IPV4_FLOWSPEC.parse("destination 10.1.2.0/24 protocol =17")
HOST = IPV4_FLOWSPEC.parse("destination 10.1.2.3/32 protocol =17")


class Tables:
    """Unicast and flow specifications, flushed as a core does."""

    def __init__(self) -> None:
        self.work: list[Iterator[None]] = []
        self.trusted: set[str] = set()
        self.unicast = Table(Family.IPV4_UNICAST, Decision())
        self.flows = FlowTable(
            Family.IPV4_FLOWSPEC,
            self.unicast.decision,
            self.unicast,
            validates=lambda name: name not in self.trusted,
            later=self.work.append,
        )

    def flush(self) -> int:
        """Returns how many flow specifications have something else."""
        self.flows.unicast_changed(moves_of(self.unicast.take_pending(), self.unicast))
        return sum(len(move.keys) for move in moves_of(self.flows.take_pending(), self.flows))

    def finish(self) -> None:
        self.flush()
        while self.work:
            list(self.work.pop(0))
            self.flush()

    def route(self, prefix: str, by: object = X, *path: int) -> None:
        self.unicast.insert([key(prefix)], made(by, *path))

    def reason(self, flow: bytes = FLOW) -> str:
        found = self.flows.get(flow)
        assert isinstance(found, Path)
        assert (found.accepted is None) is bool(found.reason)
        return found.reason


def made(by: object = X, *as_path: int, accepted: bool = True) -> Path:
    attributes = block(as_path or ((65001,) if by is X else (65002,)), next_hop="")
    return Path(by, 0, attributes, attributes if accepted else None, "" if accepted else "policy")  # type: ignore[arg-type]


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.mark.row("AFI-19")
def test_nothing_is_used_before_what_is_inside_has_been_looked_at(tables: Tables) -> None:
    tables.route("10.1.0.0/16")
    tables.flush()
    tables.flows.insert([FLOW, HOST], made())
    assert tables.reason() == UNCOUNTED
    assert tables.reason(HOST) == ""
    tables.flush()
    assert tables.reason() == UNCOUNTED
    tables.finish()
    assert tables.reason() == ""


def test_what_a_successor_becomes_is_validated(tables: Tables) -> None:
    tables.flows.insert([HOST], made(accepted=False))
    assert tables.reason(HOST) == "policy"

    list(tables.flows.replace(lambda key, path: made()))

    assert "no unicast route" in tables.reason(HOST)
    assert tables.flows.counters("x").accepted == 0


def test_a_successor_with_other_attributes_is_kept(tables: Tables) -> None:
    tables.flows.insert([HOST], made())
    before = tables.flows.get(HOST)

    list(tables.flows.replace(lambda key, path: made(X, 65001, 65009)))

    after = tables.flows.get(HOST)
    assert isinstance(after, Path)
    assert isinstance(before, Path)
    assert after.received != before.received
    assert after.reason == before.reason


def test_what_fares_as_before_has_not_changed(tables: Tables) -> None:
    tables.route("10.0.0.0/8", Y)
    tables.flush()
    tables.flows.insert([HOST], made())
    tables.flush()
    before = tables.flows.get(HOST)
    list(tables.flows.replace(lambda key, path: path))
    tables.route("10.1.0.0/16", Y)
    tables.flush()
    assert tables.flush() == 0
    assert tables.flows.get(HOST) is before


def test_what_policy_has_refused_meanwhile_stays_refused(tables: Tables) -> None:
    tables.flows.insert([HOST], made())
    tables.flows.insert([HOST], made(accepted=False))
    list(tables.flows.replace(lambda key, path: path))
    tables.route("10.1.0.0/16")
    tables.finish()
    assert tables.reason(HOST) == "policy"


@pytest.mark.parametrize("there", [False, True])
def test_a_route_that_comes_and_goes_between_flushes_counts_for_nothing(tables: Tables, there: bool) -> None:
    specific = made(Y)
    if there:
        tables.route("10.0.0.0/8")
        tables.unicast.insert([key("10.1.0.0/16")], specific)
        tables.flush()
        tables.unicast.withdraw([key("10.1.0.0/16")], "y")
    else:
        tables.route("10.1.0.0/16")
    tables.flows.insert([HOST], made())
    assert tables.reason(HOST) == ""
    if there:
        tables.unicast.insert([key("10.1.0.0/16")], specific)
    else:
        tables.unicast.withdraw([key("10.1.0.0/16")], "x")
    tables.flush()
    assert tables.reason(HOST) != ""


def test_a_trusted_peers_flows_and_our_own_need_no_route(tables: Tables) -> None:
    tables.trusted.add("y")
    tables.flows.insert([HOST], made(Y))
    tables.flows.insert([FLOW], Path(OWN, 0, own_block(), own_block()))
    tables.finish()
    assert tables.reason(HOST) == tables.reason() == ""


def test_judging_again_takes_turns(monkeypatch: pytest.MonkeyPatch, tables: Tables) -> None:
    monkeypatch.setattr("pybgp.rib.flow_table.SLICE", 2)
    flows = [IPV4_FLOWSPEC.parse(f"destination 10.1.2.{host}/32") for host in range(7)]
    tables.flows.insert(flows, made())
    tables.flush()
    tables.route("10.1.0.0/16")

    counts = [tables.flush()]
    while tables.work:
        if next(tables.work[0], tables) is tables:
            tables.work.pop()
        counts.append(tables.flush())

    assert counts == [2, 2, 2, 1]
    assert all(tables.reason(flow) == "" for flow in flows)
