"""Actions of flow specifications in operators' words (RFC 8955 §7)."""

from __future__ import annotations

import pytest

from pybgp.messages.attributes.extended_community_text import parse_extended_community
from pybgp.messages.attributes.flow_actions import action_community


@pytest.mark.parametrize(
    ("action", "octets"),
    [
        ("discard", "8006 0000 00000000"),
        ("traffic-rate:0", "8006 0000 00000000"),
        ("traffic-rate:125000", "8006 0000 47f42400"),
        ("traffic-rate:1.25e+05", "8006 0000 47f42400"),
        ("redirect:64512:7", "8008 fc00 00000007"),
        ("redirect:192.0.2.1:7", "8108 c0000201 0007"),
        ("redirect:4200000000:7", "8208 fa56ea00 0007"),
        ("mark:46", "8009 00000000 002e"),
    ],
)
def test_an_action_is_an_extended_community(action: str, octets: str) -> None:
    assert parse_extended_community(action_community(action)) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    "text",
    ["", "drop", "discard:1", "discard:", "traffic-rate", "traffic-rate:", "traffic-rate:-1", "traffic-rate:inf",
     "traffic-rate:1e400", "traffic-rate:1e39", "traffic-rate:nan", "traffic-rate:-0", "traffic-rate:1:2",
     "redirect", "redirect:7", "mark:64", "mark:ef", "rt:64512:7"],
)  # fmt: skip
def test_other_words_are_no_action_and_what_is_expected_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected discard, traffic-rate:BYTES_PER_SECOND, redirect:AS:VALUE"):
        action_community(text)
