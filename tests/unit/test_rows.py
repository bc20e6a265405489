"""Every rule of the RFCs that we say we keep has a test, and the page that says so is true."""

import re

import pytest

from tests import rows

REQUIRED = ("FSM", "COL", "TMR", "DEC", "RRF")
"""The chapters of ``rfc-rows.toml`` that are covered as a whole."""


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


def test_the_compliance_page_is_up_to_date(marked: dict[str, list[str]]) -> None:
    assert rows.PAGE.read_text() == rows.page(marked), "make docs writes it again"
