"""What decides before all steps of BGP: which kind of source is believed first (DEC-20)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.rib.decision import Decision
from pybgp.rib.local import DIRECT, KERNEL, OWN
from pybgp.rib.path import Path
from pybgp.rib.preference import Preference
from pybgp.routes import Source

from .paths import EXTERNAL, INTERNAL, block, source

EBGP, IBGP = (replace(source(kind.name, kind=kind), preference=None) for kind in (EXTERNAL, INTERNAL))

pytestmark = pytest.mark.row("DEC-20")


def best(decision: Decision, *sources: Source) -> Source:
    return decision.order([Path(one, 0, block(), block()) for one in sources])[0].source


def test_by_default_direct_routes_come_before_ours_before_learned_ones_before_the_kernels() -> None:
    decision = Decision()

    order = decision.order([Path(one, 0, block(), block()) for one in (KERNEL, IBGP, OWN, EBGP, DIRECT)])

    assert [path.source for path in order] == [DIRECT, OWN, EBGP, IBGP, KERNEL]


@pytest.mark.parametrize(
    ("preference", "winner"),
    [
        (Preference(direct=1, own=2, ebgp=3, ibgp=4, kernel=5), KERNEL),
        (Preference(ibgp=300), IBGP),
        (Preference(ebgp=300), EBGP),
        (Preference(own=300), OWN),
    ],
)
def test_a_configured_preference_is_what_counts(preference: Preference, winner: Source) -> None:
    assert best(Decision(preference=preference), DIRECT, OWN, EBGP, IBGP, KERNEL) is winner


def test_a_sources_own_preference_is_stronger_than_that_of_its_kind() -> None:
    backup = replace(OWN, preference=5)

    assert best(Decision(), backup, KERNEL) is KERNEL
