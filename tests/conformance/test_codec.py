"""Every row that concerns messages, on the codec and the state machine: one parametrised test, named by the row."""

from __future__ import annotations

import pytest

from .case import Case, Made
from .cases import CASES
from .without_io import play


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id, marks=pytest.mark.row(*case.rows)) for case in CASES if not case.codec]
)
def test_row(case: Case) -> None:
    if isinstance(case.expect, Made):
        case.expect.check()
    else:
        case.expect.check(play(case))
