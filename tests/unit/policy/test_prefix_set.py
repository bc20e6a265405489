"""Prefix lists: which prefixes an entry stands for, and what a wrong one is told."""

from __future__ import annotations

import re
import timeit

import pytest

from pybgp.addresses import Family, key_text, prefix_key
from pybgp.policy.prefix_set import PrefixIndex, PrefixSet, parse, parse_set


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        pytest.param("10.0.0.0/8", ["10.0.0.0/8"], ["10.0.0.0/9", "0.0.0.0/0", "11.0.0.0/8"], id="exactly"),
        pytest.param("10.0.0.0/8 ge 16", ["10.1.0.0/16", "10.1.2.3/32"], ["10.0.0.0/15", "11.0.0.0/16"], id="ge"),
        pytest.param("10.0.0.0/8 le 16", ["10.0.0.0/8", "10.1.0.0/16"], ["10.1.0.0/17", "11.0.0.0/16"], id="le"),
        pytest.param("10.65.0.0/17 ge 24 le 28", ["10.65.127.240/28"], ["10.65.128.0/24", "10.65.0.0/29"], id="both"),
        pytest.param("0.0.0.0/0", ["0.0.0.0/0"], ["0.0.0.0/1", "::/0"], id="default-route"),
        pytest.param("0.0.0.0/0 le 32", ["0.0.0.0/0", "192.0.2.1/32"], ["::/0", "2001:db8::/32"], id="all-of-a-family"),
        pytest.param("2001:db8:65::/48 le 128", ["2001:db8:65::1/128"], ["2001:db8:66::/64"], id="ipv6"),
        pytest.param(
            "2001:db8::/29 ge 32 le 32", ["2001:dbf::/32"], ["2001:dc0::/32", "2001:db8::/33"], id="odd-length"
        ),
        pytest.param("192.0.2.1", ["192.0.2.1/32"], ["192.0.2.0/32", "192.0.2.0/31"], id="host"),
    ],
)
def test_an_entry_stands_for_the_prefixes_inside_it_with_these_lengths(
    entry: str, inside: list[str], outside: list[str]
) -> None:
    prefixes = PrefixSet([entry])

    assert [text for text in inside + outside if prefixes.matches(*prefix_key(text))] == inside


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("", "expected ADDRESS/LENGTH", id="empty"),
        pytest.param("banana", "expected ADDRESS/LENGTH", id="no-prefix"),
        pytest.param("10.0.0.0/33", "expected a length of 0..32", id="too-long"),
        pytest.param("10.0.0.1/8", "bits set behind its length", id="host-bits"),
        pytest.param("10.0.0.0/8 gt 9", "expected PREFIX, PREFIX ge N", id="unknown-word"),
        pytest.param("10.0.0.0/8 le 9 ge 8", "expected PREFIX, PREFIX ge N", id="order"),
        pytest.param("10.0.0.0/8 ge", "expected a number of bits behind 'ge'", id="no-number"),
        pytest.param("10.0.0.0/8 ge x", "expected PREFIX, PREFIX ge N", id="not-a-number"),
        pytest.param("10.0.0.0/8 ge -9", "expected PREFIX, PREFIX ge N", id="negative"),
        pytest.param("10.0.0.0/8 ge 7", "expected lengths 8 <= ge <= le <= 32", id="ge-below-length"),
        pytest.param("10.0.0.0/8 ge 24 le 20", "expected lengths 8 <= ge <= le <= 32", id="le-below-ge"),
        pytest.param("10.0.0.0/8 le 33", "expected lengths 8 <= ge <= le <= 32", id="le-too-long"),
    ],
)
def test_a_wrong_entry_says_what_was_expected(entry: str, expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(expected)):
        parse(entry)


def test_an_index_tells_the_sets_apart() -> None:
    index = PrefixIndex(
        {
            1: parse_set(["10.0.0.0/8 le 32"]),
            2: parse_set(["10.1.0.0/16", "10.1.0.0/16 ge 24", "2001:db8::/32"]),
            4: parse_set([]),
            8: parse_set(["10.1.0.0/16 le 20"]),
        }
    )

    found = {
        text: index.bits(*prefix_key(text)) for text in ("10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16", "11.0.0.0/8")
    }

    assert found == {"10.1.0.0/16": 1 | 2 | 8, "10.1.2.0/24": 1 | 2, "10.2.0.0/16": 1, "11.0.0.0/8": 0}
    assert index.bits(*prefix_key("2001:db8::/32")) == 2


def test_families_that_are_not_prefixes_are_in_no_set() -> None:
    assert not PrefixSet(["0.0.0.0/0 le 32", "::/0 le 128"]).matches(Family.parse("25/70"), b"\x02\x21")


def test_ten_thousand_entries_cost_about_what_ten_do() -> None:
    """A look-up, not a search: a thousand times the entries may not cost three times as much (they cost the same)."""

    def cost(entries: int) -> float:
        keys = [b"\x18" + (0x0A0000 + number).to_bytes(3) for number in range(entries)]
        prefixes = PrefixSet(f"{key_text(Family.IPV4_UNICAST, key)} le 32" for key in keys)
        wanted = [key for _, key in map(prefix_key, ("10.0.0.0/26", "10.39.15.128/25", "172.16.0.0/24"))]
        return min(
            timeit.repeat(lambda: [prefixes.matches(Family.IPV4_UNICAST, key) for key in wanted], number=300, repeat=7)
        )

    assert cost(10_000) < 3 * cost(10)
