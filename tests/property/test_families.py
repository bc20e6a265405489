"""Laws that every address family keeps: octets, text and JSON say the same, on the wire and back, whatever comes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.constants import AttributeCode
from pybgp.errors import UpdateError
from pybgp.messages import update
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.cache import BlockCache
from pybgp.messages.attributes.mp_reach import MpReach, MpUnreach
from pybgp.messages.context import Context
from pybgp.messages.errors import InvalidNetworkField
from pybgp.messages.families.base import FamilyCodec, join
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.update import Reachable, Update, Withdrawn
from pybgp.testing import strategies as bgp

ALL = frozenset(codec.family for codec in FAMILIES.values())
CODECS = list(dict.fromkeys(each for codec in FAMILIES.values() for each in (codec, codec.multiple_labels)))
CODEC = st.sampled_from(CODECS)
ORIGIN_AND_PATH = bytes.fromhex("40 01 01 00  40 02 06 0201 0000fde9")
HEADER_SIZE = 19


def takes_several(codec: FamilyCodec) -> bool:
    return codec is not FAMILIES[codec.family]


def context_of(codec: FamilyCodec, *, path_ids: bool) -> Context:
    return Context(
        families=ALL,
        add_path_receive=ALL if path_ids else frozenset(),
        multiple_labels=ALL if takes_several(codec) else frozenset(),
    )


@st.composite
def codecs_and_keys(draw: st.DrawFn) -> tuple[FamilyCodec, list[bytes]]:
    """A family and different keys of it."""
    codec = draw(CODEC)
    keys = bgp.keys(codec.family, multiple_labels=takes_several(codec))
    return codec, draw(st.lists(keys, min_size=1, max_size=8, unique_by=codec.identity))


@given(codecs_and_keys())
def test_a_key_is_what_its_value_text_and_json_say(drawn: tuple[FamilyCodec, list[bytes]]) -> None:
    codec, keys = drawn

    assert codec.judge(keys) == []
    assert list(codec.values(keys)) == [codec.value(key) for key in keys]
    for key in keys:
        value = codec.value(key)
        assert value.encode() == key
        assert str(value) == codec.key_text(key)
        assert codec.parse(str(value)) == key
        assert codec.from_json(json.loads(json.dumps(value.to_json()))) == key
        assert len(key) <= codec.max_key


@given(codecs_and_keys(), bgp.u32)
def test_keys_are_split_as_they_were_joined(drawn: tuple[FamilyCodec, list[bytes]], path_id: int) -> None:
    codec, keys = drawn

    assert codec.split(join(keys)) == keys
    assert list(codec.split_with_ids(join(keys, path_id))) == [(path_id, keys)]


@st.composite
def fields(draw: st.DrawFn, codec: FamilyCodec) -> bytes:
    """NLRI fields: anything, or good ones with an octet changed, cut off or put in."""
    if not draw(st.integers(0, 3)):
        return draw(st.binary(max_size=60))
    keys = st.lists(bgp.keys(codec.family, multiple_labels=takes_several(codec)), min_size=1, max_size=3)
    field = join(draw(keys), draw(st.one_of(st.none(), bgp.u32)))
    at = draw(st.integers(0, max(0, len(field) - 1)))
    match draw(st.integers(0, 3)):
        case 0:
            return field[:at]
        case 1:
            return field[:at] + bytes((draw(bgp.u8),)) + field[at + 1 :]
        case 2:
            return field[:at] + bytes((draw(bgp.u8),)) + field[at:]
        case _:
            return field


CODEC_AND_FIELD = CODEC.flatmap(lambda codec: st.tuples(st.just(codec), fields(codec)))


@given(CODEC_AND_FIELD, st.sampled_from([0, 4]))
def test_what_is_read_is_canonical(drawn: tuple[FamilyCodec, bytes], id_size: int) -> None:
    """Reading again what was read changes nothing; a key is text and back, and right inside or judged not to be."""
    codec, field = drawn
    try:
        pairs = list(codec.walk(field, id_size))
    except InvalidNetworkField:
        return

    assert list(codec.walk(b"".join(map(b"".join, pairs)), id_size)) == pairs
    for _, key in pairs:
        assert codec.key_text(key)
        assert isinstance(codec.identity(key), bytes)
        if not codec.judge([key]):
            assert codec.value(key).encode() == key
            assert codec.parse(codec.key_text(key)) == key


@given(CODEC_AND_FIELD, st.booleans(), st.booleans())
def test_no_field_is_more_than_an_update_error(
    drawn: tuple[FamilyCodec, bytes], path_ids: bool, withdrawn: bool
) -> None:
    codec, field = drawn
    next_hop = b"\x0a\0\0\1".rjust(codec.next_hop_sizes[-1], b"\1") if codec.next_hop_sizes[-1] else b""
    reach = MpReach(codec.family, next_hop, field).encode()
    code, value = (15, MpUnreach(codec.family, field).encode()) if withdrawn else (14, reach)
    whole = bgp.attribute_octets(0x80, code, value)
    attributes = whole + (b"" if withdrawn else ORIGIN_AND_PATH)
    body = b"\0\0" + len(attributes).to_bytes(2) + attributes

    error, found = None, Update((), ())
    try:
        found = update.decode(body, context_of(codec, path_ids=path_ids), BlockCache())
    except UpdateError as raised:
        error = raised

    assert error is None or (error.code, error.subcode, error.data) == (3, 9, whole)
    for group in (*found.withdrawn, *found.reachable):
        assert group.family == codec.family
        assert codec.judge(group.keys) == []


@st.composite
def announcements(draw: st.DrawFn) -> tuple[FamilyCodec, list[bytes], Block, int | None]:
    codec, keys = draw(codecs_and_keys())
    return codec, keys, draw(bgp.blocks(codec.family)), draw(st.one_of(st.none(), bgp.u32))


@given(announcements())
def test_what_is_announced_arrives(sent: tuple[FamilyCodec, list[bytes], Block, int | None]) -> None:
    codec, keys, block, path_id = sent
    attributes = update.wire_attributes(codec.family, block.octets, block.next_hop, block.next_hop_at)

    messages = update.announce(codec.family, attributes, block.next_hop, keys, path_id=path_id, limit=0xFFFF)

    found = [read(message, codec, path_id) for message in messages]
    assert found == [Update((), (Reachable(codec.family, path_id or 0, keys, block),))]


@given(codecs_and_keys(), st.one_of(st.none(), bgp.u32), st.integers(200, 4096))
def test_what_is_withdrawn_arrives(drawn: tuple[FamilyCodec, list[bytes]], path_id: int | None, limit: int) -> None:
    codec, keys = drawn
    limit = max(limit, 40 + max(map(len, keys)))

    messages = update.withdraw(codec.family, keys, path_id=path_id, limit=limit)

    assert max(map(len, messages)) <= limit
    found = [read(message, codec, path_id) for message in messages]
    assert [key for each in found for group in each.withdrawn for key in group.keys] == keys
    assert all((*each.reachable, each.end_of_rib, *each.problems) == (None,) for each in found)
    assert {(group.family, group.path_id) for each in found for group in each.withdrawn} == {
        (codec.family, path_id or 0)
    }


def read(message: bytes, codec: FamilyCodec, path_id: int | None) -> Update:
    return update.decode(message[HEADER_SIZE:], context_of(codec, path_ids=path_id is not None), BlockCache())


@given(CODEC, st.booleans())
def test_the_end_of_a_rib_arrives(codec: FamilyCodec, path_ids: bool) -> None:
    body = update.end_of_rib(codec.family)[HEADER_SIZE:]

    found = update.decode(body, context_of(codec, path_ids=path_ids), BlockCache())

    assert found == Update((), (), codec.family)


@given(codecs_and_keys(), codecs_and_keys())
def test_an_announcement_overrules_a_withdrawal_in_the_same_update(
    drawn: tuple[FamilyCodec, list[bytes]], other: tuple[FamilyCodec, list[bytes]]
) -> None:
    """RFC 4271 §4.3; what tells routes apart are not their labels."""
    codec, keys = drawn
    gone = other[1] if other[0] is codec else keys[:1]
    next_hop = bytes((10,)) * codec.next_hop_sizes[0]
    attributes = (
        bgp.attribute_octets(0x80, AttributeCode.MP_REACH_NLRI, MpReach(codec.family, next_hop, join(keys)).encode())
        + bgp.attribute_octets(0x80, AttributeCode.MP_UNREACH_NLRI, MpUnreach(codec.family, join(gone)).encode())
        + ORIGIN_AND_PATH
    )
    body = b"\0\0" + len(attributes).to_bytes(2) + attributes

    found = update.decode(body, context_of(codec, path_ids=False), BlockCache())

    announced = set(map(codec.identity, keys))
    left = [key for key in gone if codec.identity(key) not in announced]
    assert found.withdrawn == ((Withdrawn(codec.family, 0, left),) if left else ())
    assert found.reachable[0].keys == keys


@given(CODEC, st.one_of(st.text(max_size=40), st.text("0123456789abx:./, label", max_size=40)))
def test_any_text_is_a_key_or_a_value_error(codec: FamilyCodec, text: str) -> None:
    try:
        key = codec.parse(text)
    except ValueError:
        return
    assert codec.split(key) == [key]


ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 1 << 33), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@given(codecs_and_keys(), st.data())
def test_any_json_is_a_key_or_a_value_error(drawn: tuple[FamilyCodec, list[bytes]], data: st.DataObject) -> None:
    codec, keys = drawn
    fields: Any = codec.value(keys[0]).to_json()
    name = data.draw(st.sampled_from([*fields, "more"]))
    if data.draw(st.booleans()):
        fields.pop(name, None)
    else:
        fields[name] = data.draw(ANY_JSON)
    if not data.draw(st.integers(0, 9)):
        fields = data.draw(ANY_JSON)

    try:
        key = codec.from_json(fields)
    except ValueError:
        return
    assert codec.split(key) == [key]


def test_every_family_that_has_a_name_is_known() -> None:
    named = {value for value in vars(Family).values() if isinstance(value, Family)}
    assert named == ALL


@given(codecs_and_keys())
def test_identity_and_labels_are_all_of_a_key(drawn: tuple[FamilyCodec, list[bytes]]) -> None:
    codec, keys = drawn
    for key in keys:
        identity, labels = codec.identity(key), codec.labels_of(key)
        assert codec.with_labels(identity, labels) == key
        gone = codec.with_labels(identity)
        assert codec.identity(gone) == identity
        assert codec.judge([gone]) == []
        assert codec.split(gone) == [gone]
        assert codec.labeled or (labels == b"" and gone == key)
