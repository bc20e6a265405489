"""A peer that doesn't read, and many that must not be forgotten. In full size: ``python -m tests.bench.endurance``."""

from __future__ import annotations

import pytest

from tests.bench.endurance import run


@pytest.mark.row("SND-07")
def test_a_client_that_is_stopped_holds_up_nobody_and_then_has_exactly_the_current_state() -> None:
    """20 clients, one of them under SIGSTOP while 40,000 route changes pass."""
    usual = run(clients=20, table=10_000, rounds=4, slow=False, communities=450)

    found = run(clients=20, table=10_000, rounds=4, slow=True, communities=450)

    assert found.behind > 0, "the stopped client's transport was never full"
    assert found.seconds < 3 * usual.seconds + 2  # the others; the machine is shared
    assert found.peak < 1.3 * usual.peak
    assert found.slow is not None
    assert found.slow == found.fresh
    assert found.slow["count"] == 10_001
    assert (found.lost, usual.lost) == (0, 0)


def test_no_session_drops_while_a_table_arrives() -> None:
    """60 sessions with a hold time of 3 s."""
    found = run(clients=60, table=50_000, rounds=1, slow=False, hold_time=3)

    assert (found.established, found.lost) == (61, 0)
    assert found.stalls["samples"] > 0
    assert found.stalls["max_ms"] < 1000  # a third of it is how often we say that we are there
