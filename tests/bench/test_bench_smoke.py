"""The benchmark runs: every scenario in small, with everything arriving. Nothing is said about how long it takes."""

from __future__ import annotations

import pytest

from .daemons import TARGETS
from .run import measure
from .scenarios import QUICK, Scenario

pytestmark = pytest.mark.root


@pytest.mark.parametrize("scenario", QUICK, ids=[scenario.key for scenario in QUICK])
def test_pybgp_gives_every_sink_every_route(scenario: Scenario) -> None:
    result = measure(TARGETS["pybgp"], scenario)

    assert result.updates > 0
    assert result.peak > 0


def test_the_harness_measures_itself() -> None:
    result = measure(TARGETS["copier"], QUICK[1])

    assert result.octets == sum(map(len, QUICK[1].streams())) * 5
