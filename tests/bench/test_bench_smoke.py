"""The benchmark runs: every kind of scenario in small, and everything arrives. How long it takes is not looked at."""

from __future__ import annotations

import pytest

from .daemons import TARGETS
from .run import measure
from .scenarios import QUICK, Scenario

pytestmark = pytest.mark.root
BY_KEY = {scenario.key: scenario for scenario in QUICK}


@pytest.mark.parametrize("key", ["a-add-path", "b", "d", "e", "f-100k", "g-a"])
def test_pybgp_gives_every_sink_every_route(key: str) -> None:
    scenario = BY_KEY[key]

    result = measure(TARGETS["pybgp"], scenario)

    assert result.updates > 0
    assert result.peak > 0
    assert (result.p99 is not None) == (scenario.kind == "latency")


@pytest.mark.parametrize(
    ("target", "key"),
    [
        pytest.param(name, key, marks=pytest.mark.daemon(name))
        for name, key in (("bird", "e"), ("frr", "f"), ("gobgp", "g-a"), ("openbgpd", "a-add-path"))
    ],
)
def test_other_daemons_do_the_same_work(target: str, key: str) -> None:
    assert measure(TARGETS[target], BY_KEY[key]).updates > 0


def test_the_harness_measures_itself() -> None:
    scenario: Scenario = BY_KEY["a-add-path"]

    result = measure(TARGETS["copier"], scenario)

    assert result.octets == sum(map(len, scenario.streams())) * 5
