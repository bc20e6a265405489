"""The fast pattern is a shortcut of the readable parser: they agree on everything."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pybgp.messages.attributes import fast
from pybgp.messages.attributes.block import Block, parse
from pybgp.messages.attributes.next_hop import why_no_host
from pybgp.messages.context import Context, PeerKind
from pybgp.testing import strategies as bgp

CONTEXTS = [Context(kind=kind, four_octet_as=size) for kind in PeerKind for size in (True, False)]
CONTEXTS += [Context(loopback=True), Context(kind=PeerKind.EXTERNAL, same_domain=True)]
MANDATORY = bytes.fromhex("40010100 400206 0201 0000fde9 400304 0a630001")
NEXT_HOPS = st.one_of(st.none(), bgp.next_hops(bgp.IPV6))


def agree(raw: bytes, next_hop: bytes | None, context: Context) -> bool:
    """Compare; was it recognised?"""
    found = fast.recognise(raw, next_hop, context)
    if found is None:
        return False
    parsed = parse(raw, next_hop, context)
    assert parsed.problems == ()
    assert parsed.block is not None
    for name in Block.__slots__:
        assert getattr(found, name) == getattr(parsed.block, name), name
    return True


NOT_CANONICAL = {
    "repeated community": "c00808 fde80001 fde80001",
    "repeated extended community": "c01010 0002fde800000001 0002fde800000001",
    "repeated large community": "c02018 000000010000000200000003 000000010000000200000003",
    "unsorted large communities": "c02018 000000010000000200000003 000000010000000200000002",
    "AS 0 in AGGREGATOR": "c00708 00000000 0a000001",
    "a second MED": "800404 00000001 800404 00000002",
    "MP_UNREACH_NLRI": "800f03 000201",
    "MP_REACH_NLRI": "800e05 0002010000",
    "Partial": "e00804 fde80001",
    "an unknown attribute": "c06301 00",
    "half an attribute": "8004",
}


@pytest.mark.parametrize("extra", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
def test_it_leaves_what_changes_on_the_way_to_the_parser(extra: str) -> None:
    assert fast.recognise(MANDATORY + bytes.fromhex(extra), None, CONTEXTS[0]) is None


@settings(max_examples=500)
@given(bgp.attribute_fields(), NEXT_HOPS, st.sampled_from(CONTEXTS))
@example(MANDATORY.replace(b"\0\0\xfd\xe9", bytes(4)), None, CONTEXTS[0])
@example(MANDATORY.replace(b"\x40\x02\x06", b"\x50\x02\0\x06"), None, CONTEXTS[0])
@example(MANDATORY.replace(b"\x0a\x63\0\x01", b"\x7f\0\0\x01"), None, Context(loopback=True))
@example(bytes.fromhex("40010100 500200 00 400304 0a630001".replace(" ", "")), None, CONTEXTS[0])
def test_the_pattern_agrees_with_the_parser(raw: bytes, next_hop: bytes | None, context: Context) -> None:
    agree(raw, next_hop, context)


@settings(max_examples=300)
@given(bgp.blocks(), st.sampled_from(CONTEXTS), st.booleans())
def test_it_agrees_on_blocks_as_they_are_sent(block: Block, context: Context, extended: bool) -> None:
    """With NEXT_HOP in its place, and with FRR's extended length of a short AS_PATH."""
    at = block.next_hop_at
    head = block.octets[:at]
    if extended and head[4] == 0x40:
        head = head[:4] + b"\x50\x02\0" + head[6:]

    agree(head + b"\x40\x03\x04" + block.next_hop + block.octets[at:], None, context)
    agree(head + block.octets[at:], bytes(15) + b"\2", context)


@given(bgp.blocks(), st.data())
def test_it_agrees_on_blocks_with_an_octet_changed(block: Block, data: st.DataObject) -> None:
    raw = block.octets[: block.next_hop_at] + b"\x40\x03\x04" + block.next_hop + block.octets[block.next_hop_at :]
    at = data.draw(st.integers(0, len(raw) - 1))

    agree(raw[:at] + bytes((data.draw(bgp.u8),)) + raw[at + 1 :], None, data.draw(st.sampled_from(CONTEXTS)))


def test_it_knows_what_is_usual() -> None:
    """Without this the laws above could hold for a pattern that never matches."""
    usual = {
        "nothing else": "",
        "MED": "800404 00000001",
        "LOCAL_PREF": "400505"[:4] + "04 00000064",
        "all": "800404 00000001 400504 00000064 400600 c00708 0000fde9 0a000001 c00808 fde80001 fde80002"
        " 800904 0a000001 800a08 0a000002 0a000003 c01008 0002fde800000001 c0200c 000000010000000200000003"
        " c02304 0000fde9",
    }
    for name, extra in usual.items():
        assert agree(MANDATORY + bytes.fromhex(extra), None, CONTEXTS[0]), name
    assert agree(MANDATORY + bytes.fromhex(usual["MED"]), None, Context(kind=PeerKind.EXTERNAL))
    assert not agree(MANDATORY + bytes.fromhex(usual["LOCAL_PREF"]), None, Context(kind=PeerKind.EXTERNAL))
    assert agree(MANDATORY.replace(b"\x40\x02\x06", b"\x50\x02\0\x06"), None, CONTEXTS[0])


def test_every_length_of_path_and_lists_is_usual() -> None:
    for count in range(64):
        path = bytes((0x40, 2, 2 + 4 * count, 2, count)) if count else b"\x40\x02\0"
        path += b"".join((65001 + number).to_bytes(4) for number in range(count))
        labels = b"".join(number.to_bytes(4) for number in range(1, count + 1))
        communities = bytes((0xC0, 8, len(labels))) + labels if labels else b""
        assert agree(b"\x40\1\1\0" + path + MANDATORY[-7:] + communities, None, CONTEXTS[0]), count


@given(bgp.next_hops())
def test_the_pattern_takes_no_next_hop_that_is_no_host(address: bytes) -> None:
    for first in range(256):
        raw = MANDATORY[:-4] + bytes((first,)) + address[1:]
        if why_no_host(bytes((first,)) + address[1:]):
            assert fast.recognise(raw, None, CONTEXTS[0]) is None
