"""Laws of the JSON forms: what is written can be read again, octet for octet, and text from anywhere is no crash."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from pybgp.constants import MessageType
from pybgp.messages import Context, Notification, Open, RouteRefresh, Update, encode
from pybgp.messages.attributes.base import pack
from pybgp.messages.attributes.mp_reach import MpReach, MpUnreach
from pybgp.messages.capabilities import registry
from pybgp.messages.capabilities.base import Capability
from pybgp.messages.families import registry as registry_of_families
from pybgp.messages.header import KEEPALIVE, Framer, message
from pybgp.messages.json_form import from_json, to_json
from pybgp.messages.summary import summary
from pybgp.testing import strategies as bgp

FAMILIES = frozenset(each.family for each in registry_of_families.FAMILIES.values())
CONTEXTS = [
    Context(
        four_octet_as=four_octet_as,
        families=FAMILIES,
        add_path_receive=add_path,
        add_path_send=add_path,
        extended_next_hop=FAMILIES,
        max_receive=65535,
    )
    for four_octet_as in (True, False)
    for add_path in (frozenset(), FAMILIES)
]
contexts = st.sampled_from(CONTEXTS)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 1 << 33), st.text(max_size=6), st.just("ipv4-unicast")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)


def through_text(value: dict[str, Any]) -> Any:
    """As a program gets it that reads our output."""
    return json.loads(json.dumps(value))


def one_by_one(octets: bytes) -> list[bytes]:
    """The messages of several."""
    return [message(kind, body) for kind, body in Framer(65535).feed(octets)]


# Messages


@given(st.one_of(bgp.opens(), bgp.notifications, st.builds(RouteRefresh, bgp.any_families, bgp.u8)))
def test_a_message_survives_json(sent: Open | Notification | RouteRefresh) -> None:
    fields = through_text(to_json(sent.encode()))

    assert "octets" not in fields
    assert "error" not in fields
    assert from_json(fields) == sent.encode()


def test_a_keepalive_survives_json() -> None:
    assert from_json(through_text(to_json(KEEPALIVE))) == KEEPALIVE


@given(bgp.updates(path_ids=True), contexts)
def test_an_update_survives_json_without_its_octets(sent: Update, context: Context) -> None:
    for octets in one_by_one(encode(sent, context)):
        fields = through_text(to_json(octets, context))

        assert not {"octets", "error", "problems"} & fields.keys()
        assert all("octets" not in each or "value" not in each for each in fields["attributes"])
        assert from_json(fields) == octets


@st.composite
def multiprotocol_updates(draw: st.DrawFn) -> tuple[bytes, Context]:
    """Keys of any family, announced or withdrawn, with a next hop of one of its sizes; and how to read it."""
    codec = draw(st.sampled_from(list(registry_of_families.FAMILIES.values())))
    family, context = codec.family, draw(contexts)
    keys = draw(st.lists(bgp.keys(family), max_size=4))
    identified = family in context.add_path_receive
    nlri = b"".join((draw(bgp.octets(4)) if identified else b"") + key for key in keys)
    if draw(st.booleans()):
        return updates_of(b"", pack(0x80, 15, MpUnreach(family, nlri).encode()), b""), context
    next_hop = draw(st.sampled_from([*codec.next_hop_sizes, *codec.extended_next_hop_sizes]).flatmap(bgp.octets))
    return updates_of(b"", pack(0x80, 14, MpReach(family, next_hop, nlri).encode()), b""), context


@given(multiprotocol_updates())
def test_destinations_of_every_family_survive_json_without_their_octets(sent: tuple[bytes, Context]) -> None:
    octets, context = sent

    fields = through_text(to_json(octets, context))

    (attribute,) = fields["attributes"]
    assert "octets" not in attribute
    fields.pop("octets", None)  # there is an error, mandatory attributes are missing
    assert from_json(fields) == octets


def updates_of(withdrawn: bytes, attributes: bytes, announced: bytes) -> bytes:
    fields = (len(withdrawn).to_bytes(2), withdrawn, len(attributes).to_bytes(2), attributes, announced)
    return message(MessageType.UPDATE, b"".join(fields))


messages = st.one_of(
    st.builds(updates_of, st.binary(max_size=12), bgp.attribute_fields(), st.binary(max_size=12)),
    st.builds(updates_of, st.just(b""), bgp.attribute_fields(), st.just(b"\x08\x0a")),
    st.builds(message, st.integers(0, 6), st.binary(max_size=40)),
    st.builds(lambda sent, cut: sent.encode()[:cut], bgp.opens(), st.integers(0, 60)),
    st.builds(lambda sent, rest: message(1, sent.encode()[19:-4] + rest), bgp.opens(), st.binary(max_size=4)),
    st.binary(max_size=40),
)


@given(messages, contexts)
@example(message(2, b"\0\0\0\x06\x80\x0e\x03\0\1\1"), CONTEXTS[1])
@example(message(2, b"\0\0\0\x07\x90\x0f\0\3\x63\x63\1"), CONTEXTS[1])
def test_any_octets_survive_json(octets: bytes, context: Context) -> None:
    fields = through_text(to_json(octets, context))

    assert from_json(fields) == octets
    assert to_json(from_json(fields), context) == fields
    assert all(isinstance(words, str) for words in summary(octets, context).faults)


@given(st.one_of(bgp.updates().map(lambda sent: encode(sent)[:4096]), messages), json_values, st.data())
def test_a_message_changed_by_hand_is_written_or_refused(octets: bytes, value: Any, data: st.DataObject) -> None:
    fields = to_json(octets, CONTEXTS[1])
    fields.pop("octets", None)
    changed: Any = fields
    while isinstance(changed, dict | list) and changed:
        where = data.draw(st.sampled_from(list(changed) if isinstance(changed, dict) else range(len(changed))))
        if not isinstance(changed[where], dict | list) or not changed[where] or data.draw(st.booleans()):
            changed[where] = value
            break
        changed = changed[where]

    with suppress(ValueError):
        assert len(from_json(fields)) <= 65535


# Capabilities


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
