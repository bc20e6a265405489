"""Community sets of all three kinds, with wildcards and names."""

from __future__ import annotations

import pytest

from pybgp.policy.community_set import CommunityIndex, parse, parse_set

from .made import block


@pytest.mark.parametrize(
    ("entry", "matching", "others"),
    [
        pytest.param("65001:7", ["65001:7"], ["65001:8", "65002:7", "65001:7:0"], id="standard"),
        pytest.param("65001:*", ["65001:0", "65001:65535"], ["65002:0", "65001:1:1"], id="any-value"),
        pytest.param("*:7", ["1:7", "65535:7"], ["7:8"], id="any-as"),
        pytest.param("*:*", ["1:2", "no-export"], ["1:2:3", "rt:1:2"], id="any-standard"),
        pytest.param("no-export", ["no-export", "65535:65281"], ["no-advertise"], id="no-export"),
        pytest.param("blackhole", ["65535:666"], ["65535:665"], id="blackhole"),
        pytest.param("graceful-shutdown", ["65535:0"], ["65535:1"], id="graceful-shutdown"),
        pytest.param("64512:7:1", ["64512:7:1"], ["64512:7:2", "64512:7"], id="large"),
        pytest.param("64512:7:*", ["64512:7:0", "64512:7:4294967295"], ["64512:8:0"], id="any-large-value"),
        pytest.param("*:7:1", ["4200000000:7:1"], ["7:7:7"], id="any-large-as"),
        pytest.param("rt:65001:1", ["rt:65001:1"], ["ro:65001:1", "rt:65001:2", "65001:1"], id="route-target"),
        pytest.param(
            "rt:65001:*", ["rt:65001:1", "rt:65001:4294967295"], ["rt:65002:1", "ro:65001:1"], id="any-target"
        ),
        pytest.param("ro:192.0.2.1:*", ["ro:192.0.2.1:9"], ["ro:192.0.2.2:9", "rt:192.0.2.1:9"], id="address"),
        pytest.param("rt:4200000000:*", ["rt:4200000000:9"], ["rt:4200000001:9", "rt:65001:9"], id="four-octet-as"),
        pytest.param("rt:*:9", ["rt:1:9", "rt:65001:9"], ["rt:1:8", "ro:1:9"], id="any-administrator"),
        pytest.param("0x030c:0x000000000007", ["0x030c:0x000000000007"], ["0x030c:0x000000000008"], id="opaque"),
    ],
)
def test_an_entry_stands_for_these_communities(entry: str, matching: list[str], others: list[str]) -> None:
    index = CommunityIndex({1: parse_set([entry])})

    found = [text for text in matching + others if index.bits(block(communities=[text]))]

    assert found == matching


@pytest.mark.parametrize(
    "entry",
    ["", "65536:1", "1:65536", "1:2:4294967296", "a:b", "no-such", "rt:1", "rt:x:1", "0x1:*", "1:2:3:4", "6*:1"],
)
def test_a_wrong_entry_says_what_was_expected(entry: str) -> None:
    with pytest.raises(ValueError, match="expected a community like 65001:7") as caught:
        parse(entry)

    assert repr(entry) in str(caught.value)


def test_an_index_tells_the_sets_apart_over_all_kinds() -> None:
    index = CommunityIndex(
        {1: parse_set(["65001:*", "64512:7:*"]), 2: parse_set(["65001:7"]), 4: parse_set(["rt:65001:1"]), 8: ()}
    )

    assert index.bits(block()) == 0
    assert index.bits(block(communities=["65001:7"])) == 1 | 2
    assert index.bits(block(communities=["7:7", "65001:8"])) == 1
    assert index.bits(block(communities=["64512:7:9", "rt:65001:1"])) == 1 | 4
