"""RFC 6793: four-octet AS numbers through peers that know two octets."""

from __future__ import annotations

import pytest

from pybgp.constants import AttributeCode
from pybgp.messages import update
from pybgp.messages.attributes.block import Block
from pybgp.messages.errors import Outcome
from tests.unit.messages import wire
from tests.unit.messages.wire import NEXT_HOP, OLD, ORIGIN, PREFIX, attribute, octets


def received(path: str, *extra: str) -> tuple[Block, Outcome]:
    """The block that comes of a two-octet peer's AS_PATH and other attributes."""
    attributes = " ".join((ORIGIN, attribute(0x40, 2, path), NEXT_HOP, *extra))
    found = wire.read(wire.body(attributes, PREFIX), OLD)
    return found.reachable[0].block, wire.outcome(found)


def as4_path(value: str) -> str:
    return attribute(0xC0, 17, value)


def as4_aggregator(asn: str) -> str:
    return attribute(0xC0, 18, f"{asn} 0a000001")


def test_a_short_path_is_widened() -> None:
    block, outcome = received("0202 fde9 5ba0")

    assert block.octets == octets("40 01 01 00 40 02 0a 0202 0000fde9 00005ba0")
    assert outcome is Outcome.NONE


@pytest.mark.row("AS4-07")
def test_as4_path_tells_the_truth_about_the_tail() -> None:
    """65001 AS_TRANS AS_TRANS and 196618 196619."""
    block, outcome = received("0203 fde9 5ba0 5ba0", as4_path("0202 0003000a 0003000b"))

    assert block.as_path == (65001, 196618, 196619)
    assert block.as_path_octets == octets("0203 0000fde9 0003000a 0003000b")
    assert block.path_length == 3
    assert outcome is Outcome.NONE


@pytest.mark.row("AS4-07")
@pytest.mark.parametrize(
    ("path", "as4", "text"),
    [
        pytest.param("0202 5ba0 5ba0", "0202 0003000a 0003000b", "196618 196619", id="as long"),
        pytest.param("0201 fde9 0102 5ba0 0007", "0102 0003000a 00000007", "65001 {196618,7}", id="set"),
        pytest.param("0102 5ba0 0007 0201 5ba0", "0201 0003000a", "{23456,7} 196618", id="set in front"),
        pytest.param("0202 fde9 fdea 0201 5ba0", "0202 0000fdea 0003000a", "65001 65002 196618", id="cut"),
        pytest.param("0301 fdf2 0202 fde9 5ba0", "0201 0003000a", "(65010) 65001 196618", id="confederation"),
    ],
)
def test_the_front_of_as_path_is_kept(path: str, as4: str, text: str) -> None:
    attributes = " ".join((ORIGIN, attribute(0x40, 2, path), NEXT_HOP, as4_path(as4)))
    internal = update.Context(four_octet_as=False)

    found = wire.read(wire.body(attributes, PREFIX), internal)

    assert found.reachable[0].block.as_path_text == text


@pytest.mark.row("AS4-06")
def test_an_as4_path_longer_than_as_path_is_ignored() -> None:
    """FRR 8.4.4 appends it."""
    block, outcome = received("0201 fde9", as4_path("0202 0003000a 0003000b"))

    assert block.as_path == (65001,)
    assert outcome is Outcome.NONE


@pytest.mark.row("AS4-05")
def test_an_aggregator_that_was_changed_makes_both_stale() -> None:
    aggregator = attribute(0xC0, 7, "fde9 0a000009")

    block, _ = received("0201 5ba0", aggregator, as4_path("0201 0003000a"), as4_aggregator("0003000a"))

    assert block.as_path == (23456,)
    assert block.value(AttributeCode.AGGREGATOR) == octets("0000fde9 0a000009")


@pytest.mark.row("AS4-05")
def test_as4_aggregator_tells_the_truth_about_as_trans() -> None:
    aggregator = attribute(0xC0, 7, "5ba0 0a000001")

    block, _ = received("0201 5ba0", aggregator, as4_path("0201 0003000a"), as4_aggregator("0003000a"))

    assert block.as_path == (196618,)
    assert block.value(AttributeCode.AGGREGATOR) == octets("0003000a 0a000001")
    assert block.value(AttributeCode.AS4_AGGREGATOR) is None


@pytest.mark.row("AS4-08")
@pytest.mark.parametrize(
    "value", ["", "0201 0003", "0201 0003000a 02", "0200 0003000a", "0202 0003000a", "0501 0003000a"]
)
def test_a_malformed_as4_path_is_dropped(value: str) -> None:
    block, outcome = received("0201 5ba0", as4_path(value))

    assert block.as_path == (23456,)
    assert outcome is Outcome.DISCARD


@pytest.mark.row("AS4-09")
def test_confederation_segments_in_as4_path_are_left_out() -> None:
    block, outcome = received("0202 fde9 5ba0", as4_path("0301 0000fdf2 0201 0003000a"))

    assert block.as_path_text == "65001 196618"
    assert outcome is Outcome.NONE


@pytest.mark.row("AS4-10")
def test_an_as4_aggregator_of_a_wrong_length_is_dropped() -> None:
    block, outcome = received("0201 5ba0", attribute(0xC0, 7, "5ba0 0a000001"), attribute(0xC0, 18, "0003000a 0a0000"))

    assert block.value(AttributeCode.AGGREGATOR) == octets("00005ba0 0a000001")
    assert outcome is Outcome.DISCARD


@pytest.mark.row("AS4-11")
@pytest.mark.parametrize("extra", [as4_path("0201 00000000"), as4_aggregator("00000000")])
def test_as_0_in_an_as4_attribute_drops_it(extra: str) -> None:
    block, outcome = received("0201 5ba0", extra)

    assert block.as_path == (23456,)
    assert outcome is Outcome.DISCARD


@pytest.mark.row("AS4-01")
def test_a_new_peer_gets_four_octets_and_no_as4_attributes() -> None:
    block, _ = received("0202 fde9 5ba0", as4_path("0201 0003000a"))

    (message,) = update.announce(
        wire.IPV4,
        update.wire_attributes(wire.IPV4, block.octets, block.next_hop, block.next_hop_at),
        block.next_hop,
        [wire.KEY],
    )

    assert message[19:] == wire.body(f"{ORIGIN} 40 02 0a 0202 0000fde9 0003000a {NEXT_HOP}", PREFIX)


@pytest.mark.row("AS4-03")
@pytest.mark.parametrize(
    ("path", "short", "as4"),
    [
        pytest.param("0201 0000fde9", "0201 fde9", None, id="nothing to map"),
        pytest.param("", "", None, id="empty"),
        pytest.param("0202 0000fde9 0003000a", "0202 fde9 5ba0", "0202 0000fde9 0003000a", id="mapped"),
        pytest.param(
            "0301 0000fdf2 0201 0003000a", "0301 fdf2 0201 5ba0", "0201 0003000a", id="confederation left out"
        ),
    ],
)
def test_an_old_peer_gets_as_trans_and_as4_path(path: str, short: str, as4: str | None) -> None:
    octets_4 = octets(f"{ORIGIN} {attribute(0x40, 2, path)} 80 04 04 00000001 c0 20 0c 000000010000000200000003")

    octets_2 = update.to_two_octet(octets_4)

    true = as4_path(as4) if as4 else ""
    assert octets_2 == octets(
        f"{ORIGIN} {attribute(0x40, 2, short)} 80 04 04 00000001 {true} c0 20 0c 000000010000000200000003"
    )


@pytest.mark.row("AS4-04")
@pytest.mark.parametrize(
    ("asn", "short", "extra"), [("0003000a", "5ba0", as4_aggregator("0003000a")), ("0000fde9", "fde9", "")]
)
def test_an_old_peer_gets_as4_aggregator(asn: str, short: str, extra: str) -> None:
    octets_4 = octets(f"{ORIGIN} 40 02 00 c0 07 08 {asn} 0a000001")

    assert update.to_two_octet(octets_4) == octets(f"{ORIGIN} 40 02 00 c0 07 06 {short} 0a000001 {extra}")
