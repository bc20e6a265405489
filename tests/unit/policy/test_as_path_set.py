"""AS-path expressions, as routers have them."""

from __future__ import annotations

import re

import pytest

from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.policy.as_path_set import AsPathIndex, parse, parse_set

from .made import block


@pytest.mark.parametrize(
    ("expression", "matching", "others"),
    [
        pytest.param("^$", [""], ["65001"], id="own-routes"),
        pytest.param(".*", ["", "65001 65002"], [], id="any"),
        pytest.param("^65001$", ["65001"], ["65001 65001", "165001", "650011"], id="exactly-one"),
        pytest.param("_65002_", ["65002", "65001 65002", "65002 7", "1 {65002,7}"], ["650020", "165002"], id="passes"),
        pytest.param("^65001_", ["65001", "65001 7"], ["650017", "7 65001"], id="from-neighbour"),
        pytest.param("_65001$", ["65001", "7 65001"], ["65001 7", "165001"], id="originated-by"),
        pytest.param("^65001(_65002)*$", ["65001", "65001 65002 65002"], ["65001 65003", "65002"], id="repeated"),
        pytest.param("^6500[1-3]$", ["65001", "65003"], ["65004", "65000"], id="class"),
        pytest.param("^[^6]", ["7 65001"], ["65001", ""], id="negated-class"),
        pytest.param("^(65001|65002)_7$", ["65001 7", "65002 7"], ["65003 7"], id="alternatives"),
        pytest.param("^65001(_[0-9]+)?$", ["65001", "65001 7"], ["65001 7 8"], id="optional"),
        pytest.param("^65001(_65001){2}$", ["65001 65001 65001"], ["65001 65001"], id="counted"),
        pytest.param(r"\{7,8\}", ["65001 {7,8}"], ["7 8"], id="set-in-braces"),
        pytest.param("_65010_", ["(65010 65011) 7", "(7 65010)", "[65010,7]"], ["(650100)"], id="confederation"),
        pytest.param("65001 65002", ["65001 65002"], ["65001 7 65002"], id="blank"),
    ],
)
def test_an_expression_matches_the_path_as_text(expression: str, matching: list[str], others: list[str]) -> None:
    pattern = parse(expression)

    assert [path for path in matching + others if pattern.search(path)] == matching


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("", "expected an AS-path expression of digits", id="empty"),
        pytest.param("^AS65001$", "not 'AS'", id="letters"),
        pytest.param("(?=1)", "not '='", id="python-only"),
        pytest.param("(?:1)", "not ':'", id="python-group"),
        pytest.param("(?)", "something to repeat in front of '?'", id="question-first"),
        pytest.param("[1-9", "unterminated character set", id="open-class"),
        pytest.param("[_1]", "between square brackets", id="border-in-class"),
        pytest.param("(1", "unterminated subpattern", id="open-group"),
        pytest.param("1**", "multiple repeat", id="repeated-repeat"),
        pytest.param("\\1", "behind a backslash", id="back-reference"),
        pytest.param("1\\", "behind a backslash", id="nothing-escaped"),
        pytest.param("1{99999999999}", "expected an AS-path expression", id="absurd-count"),
    ],
)
def test_a_wrong_expression_says_what_was_expected(expression: str, expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(expected)) as caught:
        parse(expression)

    assert str(caught.value).startswith(f"{expression!r}: expected")


def test_an_index_tells_the_sets_apart_and_remembers() -> None:
    index = AsPathIndex({1: parse_set(["^65001_", "^7$"]), 2: parse_set(["_65002$"]), 4: parse_set([])})
    both = block((65001, 65002))

    assert [index.bits(both), index.bits(both), index.bits(block((7,))), index.bits(block(()))] == [3, 3, 1, 0]


def test_what_is_matched_is_the_whole_path_with_its_sets() -> None:
    index = AsPathIndex({1: parse_set([r"^65001_\{65010,65011\}$"])})
    path = AsPath((Segment(SegmentType.AS_SEQUENCE, (65001,)), Segment(SegmentType.AS_SET, (65010, 65011))))

    assert index.bits(block(path)) == 1
    assert index.bits(block((65001, 65010, 65011))) == 0
