"""The page that shows the state machine is the state machine."""

from __future__ import annotations

from pathlib import Path

from pybgp.fsm.states import Event, State
from pybgp.fsm.table import RFC_NAMES, STATE_NAMES, page, summary
from pybgp.fsm.transitions import DEFAULTS, TRANSITIONS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "fsm.md"


def test_the_page_is_up_to_date() -> None:
    """``python -m pybgp.fsm.table > docs/reference/fsm.md`` after a change of the table."""
    assert PAGE.read_text() == page()


def test_the_page_names_every_state_event_and_handler() -> None:
    text = page()

    assert set(STATE_NAMES) == set(State)
    assert set(RFC_NAMES) == set(Event)
    for answer in {*TRANSITIONS.values(), *DEFAULTS.values()}:
        assert summary(answer)
        assert summary(answer) in text
