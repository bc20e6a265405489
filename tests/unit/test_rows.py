"""Every rule of the RFCs that we say we keep has a test, and the page that says so is true."""

import re

import pytest

from tests import rows
from tests.conformance.cases import CASES
from tests.conformance.elsewhere import ELSEWHERE, LATER

REQUIRED = ("FSM", "COL", "TMR", "DEC", "RRF")
"""The chapters of ``rfc-rows.toml`` that are covered as a whole."""
MESSAGES = (
    *("HDR", "OPN", "CAP", "UPD", "ATT", "ASP", "AS4", "CFD", "NTF", "KAL", "RFR"),
    *("SND", "PRP", "NHP", "AFI", "ADP", "EXM", "ENH", "COM", "OTC", "AIG"),
)
"""The chapters about messages: each of their rules has a case in ``tests/conformance``, or a reason for having none."""


@pytest.fixture(scope="module")
def marked() -> dict[str, list[str]]:
    return dict(rows.marked())


def test_ids_are_unique_and_in_order() -> None:
    ids = re.findall(r'(?m)^id = "(.*)"$', rows.ROWS.read_text())

    assert len(ids) == len(set(ids))
    order = list(rows.chapters())
    assert ids == sorted(ids, key=lambda each: (order.index(each[:3]), int(each[4:])))


def test_marks_name_rules_that_exist(marked: dict[str, list[str]]) -> None:
    unknown = {row: nodes[:3] for row, nodes in marked.items() if row not in rows.rows()}

    assert not unknown


@pytest.mark.parametrize("chapter", REQUIRED)
def test_every_rule_of_the_chapter_has_a_test(chapter: str, marked: dict[str, list[str]]) -> None:
    without = [row.id for row in rows.rows().values() if row.id.startswith(chapter) and row.id not in marked]

    assert not without


@pytest.mark.parametrize("chapter", MESSAGES)
def test_every_rule_about_messages_has_a_case(chapter: str) -> None:
    has_case = {row for case in CASES for row in case.rows}

    without = [row for row in rows.rows() if row.startswith(chapter) and row not in has_case]

    assert [row for row in without if row not in ELSEWHERE | LATER] == []


def test_reasons_for_having_no_case_are_no_longer_than_they_must(marked: dict[str, list[str]]) -> None:
    has_case = {row for case in CASES for row in case.rows}

    assert not [row for row in ELSEWHERE | LATER if row in has_case or row not in rows.rows()]
    assert not [row for row in ELSEWHERE if row not in marked]


def test_cases_have_names_of_their_own() -> None:
    names = [case.id for case in CASES]

    assert not {name for name in names if names.count(name) > 1}


def test_the_compliance_page_is_up_to_date(marked: dict[str, list[str]]) -> None:
    assert rows.PAGE.read_text() == rows.page(marked), "make docs writes it again"
