"""Laws of flow specifications: octets, text and JSON say the same, and nothing that a peer sends is a crash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.errors import UpdateError
from pybgp.messages.context import Context
from pybgp.messages.errors import InvalidNetworkField
from pybgp.messages.families.flowspec import FlowSpecFamily, FlowSpecification
from pybgp.messages.families.flowspec_order import precedence
from pybgp.messages.families.flowspec_prefixes import PrefixMatch
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.update import Update
from pybgp.testing import strategies as bgp
from tests.unit.messages import wire

FLOWS = [family for family in FAMILIES.values() if isinstance(family, FlowSpecFamily)]
CONTEXT = Context(families=frozenset(family.family for family in FLOWS))
WITH_IDS = Context(families=CONTEXT.families, add_path_receive=CONTEXT.families)


def fields(family: FlowSpecFamily) -> st.SearchStrategy[tuple[FlowSpecFamily, bytes]]:
    return st.tuples(st.just(family), bgp.flow_fields(family.family))


rules = st.sampled_from(FLOWS).flatmap(fields)


@given(rules)
def test_a_key_is_canonical_and_stable(rule: tuple[FlowSpecFamily, bytes]) -> None:
    family, field = rule

    [key] = family.split(field)

    assert family.split(key) == [key]
    assert family.judge([key]) == []
    assert len(key) <= len(field)
    assert family.value(key).encode() == key


@given(rules)
def test_text_and_json_give_the_key_again(rule: tuple[FlowSpecFamily, bytes]) -> None:
    family, field = rule
    [key] = family.split(field)

    assert family.parse(family.key_text(key)) == key
    assert family.from_json(family.value(key).to_json()) == key
    assert re.fullmatch("[ -~]+", family.key_text(key))


@given(rules, st.data())
def test_a_rule_that_is_cut_or_changed_is_a_value_or_a_protocol_error(
    rule: tuple[FlowSpecFamily, bytes], data: st.DataObject
) -> None:
    family, field = rule
    at = data.draw(st.integers(0, len(field) - 1))
    changed = field[:at] + bytes((data.draw(bgp.u8),)) + field[at + 1 :]

    for octets in (field[:at], changed, changed[at:]):
        read_all(family, octets)


@given(st.sampled_from(FLOWS), st.binary(max_size=60))
def test_any_octets_are_a_value_or_a_protocol_error(family: FlowSpecFamily, octets: bytes) -> None:
    read_all(family, octets)


def read_all(family: FlowSpecFamily, field: bytes) -> None:
    """Read a field in all ways that there are; what is right inside must have text and JSON that say the same."""
    try:
        keys = family.split(field)
    except InvalidNetworkField:
        keys = []
    bad = {each.key for each in family.judge(keys)}
    for key in keys:
        if key in bad:
            assert family.key_text(key) == f"0x{key.hex()}"
        else:
            assert family.parse(family.key_text(key)) == key
            assert family.from_json(family.value(key).to_json()) == key
    read_update(family, field)


def read_update(family: FlowSpecFamily, field: bytes) -> None:
    head = f"{family.family.afi:04x} {family.family.safi:02x}"
    for context in (CONTEXT, WITH_IDS):
        for attributes in (
            wire.attribute(0x90, 14, f"{head} 00 00 {field.hex()}") + wire.ORIGIN + wire.AS_PATH,
            wire.attribute(0x90, 15, f"{head} {field.hex()}"),
        ):
            found = update_or_error(wire.body(attributes), context)
            assert isinstance(found, Update) or (found.code, found.subcode) == (3, 9)


def update_or_error(body: bytes, context: Context) -> Update | UpdateError:
    try:
        return wire.read(body, context)
    except UpdateError as error:
        return error


json_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["components", "type", "prefix", "terms", "operator", "value", "size_octets", "and"]),
            inner,
            max_size=3,
        ),
    ),
)


@given(st.sampled_from(FLOWS), st.dictionaries(st.sampled_from(["components"]), json_like), st.text(max_size=30))
def test_other_json_and_text_are_a_value_error(family: FlowSpecFamily, fields: Mapping[str, object], text: str) -> None:
    for read in (lambda: family.from_json(fields), lambda: family.parse(text), lambda: family.parse(f"port {text}")):
        with suppress(ValueError):
            assert family.judge([read()]) == []


@given(
    st.sampled_from([Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC]).flatmap(
        lambda family: st.tuples(*[bgp.flow_fields(family).map(lambda field: value(family, field))] * 2)
    )
)
def test_the_order_is_that_of_the_algorithm_in_the_rfc(two: tuple[FlowSpecification, FlowSpecification]) -> None:
    one, other = two
    expected = first_by_rfc(one, other)

    assert (precedence(one) < precedence(other)) is (expected is one)
    assert (precedence(one) == precedence(other)) is (expected is None) is (one == other)


def value(family: Family, field: bytes) -> FlowSpecification:
    codec = FAMILIES[family]
    found = codec.value(codec.split(field)[0])
    assert isinstance(found, FlowSpecification)
    return found


def first_by_rfc(one: FlowSpecification, other: FlowSpecification) -> FlowSpecification | None:
    """Which of two rules goes first, None if they are equal: RFC 8955 §5.1 and RFC 8956 §4 step by step."""
    for mine, its in zip_longest(one.components, other.components):
        if mine is None or its is None:
            return other if mine is None else one
        if mine.kind.number != its.kind.number:
            return one if mine.kind.number < its.kind.number else other
        if isinstance(mine, PrefixMatch):
            if mine.offset != its.offset:
                return one if mine.offset < its.offset else other
            shorter = min(mine.length, its.length) - mine.offset
            if mine.bits[:shorter] != its.bits[:shorter]:
                return one if mine.bits[:shorter] < its.bits[:shorter] else other
            if mine.length != its.length:
                return one if mine.length > its.length else other
            continue
        left, right = mine.encode(), its.encode()
        shorter = min(len(left), len(right))
        if left[:shorter] != right[:shorter]:
            return one if left < right else other
        if len(left) != len(right):
            return one if len(left) > len(right) else other
    return None
