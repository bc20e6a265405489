"""Laws of every attribute: octets, text and JSON each give the value again, and nothing that is damaged is a crash."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybgp.constants import AttributeCode
from pybgp.messages.attributes import registry
from pybgp.messages.attributes.as4 import As4Path
from pybgp.messages.attributes.base import LOGGED, Attribute
from pybgp.messages.errors import AttributeProblem, attribute_name
from pybgp.testing import strategies as bgp

EVERY_TYPE = pytest.mark.parametrize("code", sorted(registry.ATTRIBUTES), ids=attribute_name)
PATHS = frozenset({AttributeCode.AS_PATH, AttributeCode.AS4_PATH, AttributeCode.ATTR_SET})
"""Text has two AS_SEQUENCEs in a row as one."""


def through_text(value: Any) -> Any:
    return json.loads(json.dumps(value))


def look_at(found: Attribute) -> None:
    """Everything that can be asked of a value; text and JSON give it, or what is the same to them, again."""
    text, fields = str(found), found.to_json()
    parsed, read = registry.parse(found.code, text), registry.from_json(found.code, through_text(fields))

    assert len(repr(found)) <= LOGGED
    assert str(parsed) == text
    assert parsed == found or found.code in PATHS
    assert read.to_json() == fields


def test_there_are_values_of_every_attribute_that_pybgp_reads() -> None:
    assert bgp.ATTRIBUTE_VALUES.keys() == registry.ATTRIBUTES.keys()


@pytest.mark.row("ATT-40")
@EVERY_TYPE
@given(st.data())
def test_octets_text_and_json_give_the_value_again(code: int, data: st.DataObject) -> None:
    found = data.draw(bgp.ATTRIBUTE_VALUES[code])
    octets = found.encode()

    assert registry.ATTRIBUTES[code].decode(octets) == found
    assert registry.ATTRIBUTES[code].canonical(octets) == octets
    assert registry.from_json(code, through_text(found.to_json())) == found
    look_at(found)


@given(bgp.unknown_attributes)
def test_an_unknown_attribute_survives_text_and_json(found: Attribute) -> None:
    assert registry.from_json(found.code, through_text(found.to_json())) == found
    look_at(found)


@pytest.mark.row("ATT-40")
@EVERY_TYPE
@given(st.data())
def test_what_can_be_read_is_written_the_same_ever_after(code: int, data: st.DataObject) -> None:
    """encode(decode(b)) is canonical and stable, and what a block has."""
    kind, octets = registry.ATTRIBUTES[code], data.draw(bgp.nearly_right_values(code))
    try:
        found = kind.decode(octets)
    except AttributeProblem:
        with pytest.raises(AttributeProblem) as caught:
            kind.canonical(octets)
        assert caught.value.attribute == code
        return

    written = found.encode()

    assert kind.canonical(octets) == written
    if found != As4Path(()):  # nothing is left without segments of confederations; it is not written
        assert kind.decode(written) == found
        look_at(found)


@EVERY_TYPE
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_no_truncation_and_no_changed_octet_is_a_crash(code: int, data: st.DataObject) -> None:
    kind = registry.ATTRIBUTES[code]
    whole = data.draw(bgp.ATTRIBUTE_VALUES[code]).encode()[:120]
    octet = bytes((data.draw(bgp.u8),))
    found: list[Attribute] = []

    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + octet + whole[at + 1 :]):
            with suppress(AttributeProblem):
                found.append(kind.decode(damaged))

    assert all(len(repr(each)) <= LOGGED for each in found)


def without_a_letter(text: str) -> st.SearchStrategy[str]:
    return st.integers(0, len(text)).map(lambda at: text[:at] + text[at + 1 :])


texts = st.one_of(
    st.text(max_size=30),
    st.text("0123456789abcdefx:=,;./[](){}- ", max_size=40),
    bgp.any_attributes.map(str).flatmap(without_a_letter),
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 1 << 65), st.text(max_size=6), st.just("0.0.0.0")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["type", "value", "metric", "asns", "sids", "label_index"]), inner, max_size=3),
    ),
    max_leaves=6,
)


@EVERY_TYPE
@settings(max_examples=50)
@given(texts)
def test_any_text_is_an_attribute_or_a_value_error(code: int, text: str) -> None:
    try:
        found = registry.parse(code, text)
    except ValueError:
        return
    assert registry.parse(code, str(found)) == found


@EVERY_TYPE
@settings(max_examples=50)
@given(json_values)
def test_any_json_is_an_attribute_or_a_value_error(code: int, value: Any) -> None:
    try:
        found = registry.from_json(code, value)
    except ValueError:
        return
    assert registry.from_json(code, through_text(found.to_json())) == found
