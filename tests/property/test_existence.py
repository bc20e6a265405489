"""What is counted of prefix sets change by change is what a look at the whole Loc-RIB gives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.policy.prefix_set import PrefixSet
from pybgp.rib.decision import Decision
from pybgp.rib.existence import Existence
from pybgp.rib.moves import moves_of
from pybgp.rib.table import Table
from pybgp.routes import Source
from tests.unit.rib.paths import block, key, path, source

FAMILY = Family.IPV4_UNICAST
KEYS = [key(text) for text in ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "0.0.0.0/0")]
SETS = {name: PrefixSet([text]) for name, text in {"ten": "10.0.0.0/8 le 32", "long": "0.0.0.0/0 ge 24"}.items()}
SOURCES = [source("a"), source("b", address="192.0.2.2")]
STEPS = st.tuples(
    st.sampled_from(("announce", "refuse", "withdraw", "flush", "watch", "work")),
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True),
    st.sampled_from(SOURCES),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_the_count_agrees_with_the_table(steps: list[tuple[str, list[bytes], Source]]) -> None:
    table = Table(FAMILY, Decision())
    existence = Existence({FAMILY: table})
    scans = [existence.watch(SETS)]

    def flush() -> None:
        while table.pending:
            existence.changed(FAMILY, moves_of(table.take_pending(), table))

    for what, keys, by in [*steps, *[("work", KEYS, SOURCES[0])] * 3]:
        if what in ("announce", "refuse"):
            table.insert(keys, path(block(), by=by, reason="" if what == "announce" else "refused"))
        elif what == "withdraw":
            table.withdraw(keys, by.name)
        elif what == "flush":
            flush()
        elif what == "watch":
            flush()
            scans.append(existence.watch(SETS))
        else:
            flush()
            scans = [scan for scan in scans if next(scan, True) is None]

    best = [at for at, _ in table.loc_rib()]
    assert not scans
    assert existence.existing == {name for name, one in SETS.items() if any(one.matches(FAMILY, at) for at in best)}
