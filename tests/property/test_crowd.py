"""However many candidates a prefix has, and however they came, their order is that of a decision from scratch."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.rib import table as table_module
from pybgp.rib.decision import Decision
from pybgp.rib.path import Path, paths_of
from pybgp.rib.table import Table
from tests.unit.rib.paths import block, key, path, source

P = key("10.0.0.0/8")
SOURCES = [source(f"p{n}", router_id=f"1.1.1.{n}", address=f"192.0.2.{n}") for n in range(1, 5)]


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[Path, bool]]:
    """(path, withdrawn?) in the order of arrival."""
    one = st.tuples(
        st.sampled_from(SOURCES),
        st.integers(0, 7),
        st.sampled_from((100, 200)),
        st.sampled_from((65001, 65002, 65003)),
        st.sampled_from((None, 5, 10)),
        st.sampled_from(("", "", "refused")),
        st.booleans(),
    )
    return [
        (path(block((neighbor,), local_pref=pref, med=med), by=by, path_id=path_id, reason=reason), gone)
        for by, path_id, pref, neighbor, med, reason, gone in draw(st.lists(one, max_size=40))
    ]


@settings(max_examples=300, deadline=None)
@given(steps=steps(), always_compare_med=st.booleans(), at_once=st.booleans())
def test_many_candidates_are_ordered_as_from_scratch(
    steps: list[tuple[Path, bool]], always_compare_med: bool, at_once: bool
) -> None:
    """RFC 4271 §9.1.2.2: the MED rule too."""
    decision = Decision(always_compare_med=always_compare_med)
    table = Table(Family.IPV4_UNICAST, decision)
    with patch.object(table_module, "CROWD", 4):
        present: dict[tuple[str, int], Path] = {}
        for each, gone in steps:
            origin = (each.source.name, each.path_id)
            if gone:
                table.withdraw([P], *origin)
                present.pop(origin, None)
            else:
                table.insert([P], each)
                present[origin] = each
            if not at_once:
                assert paths_of(table.get(P)) == decision.order(list(present.values()))

    assert paths_of(table.get(P)) == decision.order(list(present.values()))
    for one in SOURCES:
        counters = table.counters(one.name)
        mine = [each for (name, _), each in present.items() if name == one.name]
        assert counters.received == len(mine)
        assert counters.accepted == sum(each.accepted is not None for each in mine)


def test_a_crowd_costs_few_comparisons() -> None:
    """The rank of a path is looked at a few dozen times for each that comes, not once for each that is there."""
    asked = 0

    class Counted(Decision):
        def rank(self, path: Path):  # type: ignore[no-untyped-def]
            nonlocal asked
            asked += 1
            return super().rank(path)

    table = Table(Family.IPV4_UNICAST, Counted())
    for path_id in range(2000):
        table.insert([P], path(block((65001 + path_id % 7,)), path_id=path_id))
    for path_id in range(2000):
        table.withdraw([P], "a", path_id)

    assert table.get(P) is None
    assert asked < 2000 * 150
