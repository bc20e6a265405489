"""Laws of the JSON forms: what is written can be read again, octet for octet, and text from anywhere is no crash."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pybgp.messages.capabilities import registry
from pybgp.messages.capabilities.base import Capability
from pybgp.testing import strategies as bgp

json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 1 << 33), st.text(max_size=6), st.just("ipv4-unicast")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)


def through_text(value: dict[str, Any]) -> Any:
    """As a program gets it that reads our output."""
    return json.loads(json.dumps(value))


@given(bgp.capabilities)
def test_a_capability_survives_json(sent: Capability) -> None:
    fields = through_text(registry.to_json(sent.code, sent.encode()))

    assert registry.from_json(fields) == sent
    assert registry.from_json({key: value for key, value in fields.items() if key != "name"}) == sent


@given(bgp.u8, st.binary(max_size=40))
def test_any_capability_keeps_its_octets(code: int, value: bytes) -> None:
    assert registry.from_json(through_text(registry.to_json(code, value))).encode() == value


@given(bgp.capabilities, st.sampled_from(["code", "name", "value", "octets"]), json_values, st.data())
def test_a_capability_made_by_hand_is_read_or_refused(
    sent: Capability, changed: str, value: Any, data: st.DataObject
) -> None:
    fields = registry.to_json(sent.code, sent.encode())
    inside = fields.get("value")
    if changed == "value" and inside and data.draw(st.booleans()):
        fields = {**fields, "value": {**inside, data.draw(st.sampled_from(list(inside))): value}}
    else:
        fields = {**fields, changed: value}

    with suppress(ValueError):
        registry.encode([registry.from_json(fields)])
