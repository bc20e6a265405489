"""How a bystander reads what one side sends."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.constants import Afi
from pybgp.messages.capabilities import (
    AddPath,
    AddPathMode,
    Capability,
    ExtendedMessage,
    ExtendedNextHop,
    FourOctetAs,
    MultipleLabels,
    MultiProtocol,
)
from pybgp.messages.context import Context, PeerKind
from pybgp.messages.open import Open
from pybgp.messages.overheard import Guess, context_of, everything
from tests.unit.messages.wire import MANDATORY, OLD_AS_PATH, ORIGIN, attribute, octets

V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST


def open_of(*capabilities: Capability, asn: int = 64512) -> Open:
    return Open(4, asn, 90, b"\x0a\0\0\1", capabilities)


def test_without_capabilities_it_is_rfc_4271() -> None:
    assert context_of(open_of(), open_of()) == Context(four_octet_as=False)


def test_the_as_numbers_say_whether_the_peer_is_external() -> None:
    assert context_of(open_of(), open_of()).kind is PeerKind.INTERNAL
    assert context_of(open_of(), open_of(asn=64513)).kind is PeerKind.EXTERNAL
    assert context_of(open_of(asn=23456), open_of(FourOctetAs(23456), asn=23456)).kind is PeerKind.INTERNAL


@pytest.mark.parametrize(("left", "right", "four"), [(1, 1, True), (1, 0, False), (0, 1, False)])
def test_four_octets_need_both(left: int, right: int, *, four: bool) -> None:
    """RFC 6793 §4.1."""
    opens = [open_of(*[FourOctetAs(64512)] * count) for count in (left, right)]

    assert context_of(*opens).four_octet_as is four


def test_families_are_what_both_offered() -> None:
    both = open_of(MultiProtocol(V4), MultiProtocol(V6))

    assert context_of(both, both).families == {V4, V6}
    assert context_of(both, open_of(MultiProtocol(V6))).families == {V6}
    assert context_of(both, open_of()).families == {V4}


def test_path_identifiers_go_one_way_at_a_time() -> None:
    """RFC 7911 §4: the sender says send, the receiver says receive."""
    sender = open_of(AddPath(((V4, AddPathMode.SEND), (V6, AddPathMode.BOTH))))
    receiver = open_of(AddPath(((V4, AddPathMode.BOTH), (V6, AddPathMode.BOTH))))

    assert context_of(sender, receiver).add_path_receive == {V4}
    assert context_of(receiver, sender).add_path_receive == frozenset()


def test_the_receiver_says_how_large_messages_may_be() -> None:
    """RFC 8654 §4."""
    assert context_of(open_of(), open_of(ExtendedMessage())).max_receive == 65535
    assert context_of(open_of(ExtendedMessage()), open_of()).max_receive == 4096


def test_next_hops_and_labels_need_both() -> None:
    """RFC 8950 §4, RFC 8277 §2.1."""
    labels = MultipleLabels(((V4, 2),))
    rich = open_of(ExtendedNextHop(((V4, Afi.IPV6),)), labels)

    assert context_of(rich, rich).extended_next_hop == {V4}
    assert context_of(rich, rich).multiple_labels == {V4}
    assert context_of(rich, open_of()).extended_next_hop == frozenset()
    assert context_of(open_of(), rich).multiple_labels == frozenset()


def update(attributes: str, nlri: str = "") -> bytes:
    value = octets(attributes)
    return b"\0\0" + len(value).to_bytes(2) + value + octets(nlri)


OLD_MANDATORY = f"{ORIGIN} {OLD_AS_PATH} 40 03 04 0a630001"
REACH_6 = attribute(0x80, 14, "0002 01 10 20010db8000000000000000000000001 00 00000001 20 20010db8")


@pytest.mark.parametrize(
    ("bodies", "four", "ids"),
    [
        ([update(MANDATORY, "18 0a0102")], True, set()),
        ([update(OLD_MANDATORY, "18 0a0102")], False, set()),
        ([update(MANDATORY, "00000001 18 0a0102")], True, {V4}),
        ([update(MANDATORY, "00000007 18 0a0102 00000007 18 0a0103")], True, {V4}),
        ([update(OLD_MANDATORY, "00000001 18 0a0102 00000002 18 0a0102")], False, {V4}),
        ([update(MANDATORY + REACH_6), update(MANDATORY, "18 0a0102")], True, {V6}),
        ([octets("000800000001 180a0102 0000")], True, {V4}),
        ([update(MANDATORY, "180a0102 00")], True, set()),
        ([update(MANDATORY, "00000001 00")], True, {V4}),
        ([update(MANDATORY, "080a07ff 080b")], True, {V4}),
        ([b"junk that is nothing", b"", bytes(4)], True, set()),
    ],
    ids=["usual", "two-octet", "ids", "many", "both", "by-family", "withdrawn", "doubt", "repeated", "untidy", "junk"],
)
def test_what_the_opens_would_have_said_is_guessed(bodies: list[bytes], four: bool, ids: set[Family]) -> None:
    guess = Guess()

    for body in bodies:
        found = guess.learn(body)

    assert found == everything(four_octet_as=four, add_path=frozenset(ids))
