"""A route of our own from words: read, checked and complained of as in a file."""

from __future__ import annotations

import pytest

from pybgp.config.model import NextHopConfig, RouteConfig
from pybgp.config.route_words import route_of_words
from pybgp.errors import ConfigError


def test_every_key_may_be_said() -> None:
    words = {
        "prefix": "10.65.1.0/26",
        "next_hops": "192.0.2.9,weight=2 192.0.2.10",
        "local_pref": "200",
        "med": "5",
        "communities": "64512:1 no-export,64512:7:1",
    }

    assert route_of_words(words) == RouteConfig(
        "10.65.1.0/26",
        next_hops=(NextHopConfig("192.0.2.9", weight=2), NextHopConfig("192.0.2.10")),
        local_pref=200,
        med=5,
        communities=("64512:1", "no-export", "64512:7:1"),
    )


def test_a_flow_specification_may_be_said() -> None:
    words = {"prefix": "protocol udp; port 53", "family": "ipv6-flowspec", "then": "traffic-rate:1e6 mark:46"}

    assert route_of_words(words) == RouteConfig(
        "protocol =17 port =53", family="ipv6-flowspec", then=("traffic-rate:1e6", "mark:46")
    )


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        (
            {},
            [
                "prefix: missing; expected a prefix like 10.0.0.0/8 or 2001:db8::/32, or a flow specification like "
                "destination 10.0.0.7/32; protocol =tcp"
            ],
        ),
        ({"prefix": "10.0.0.0/8", "med": "-1"}, ["med = -1: expected 0..4294967295"]),
        (
            {"prefix": "10.0.0.0/8", "med": "much", "communities": "64512:*"},
            [
                'med = "much": expected 0..4294967295',
                'communities[0] = "64512:*": expected one community, without *',
            ],
        ),
        (
            {"prefix": "10.0.0.0/8", "next_hops": "192.0.2.9,weight=0"},
            ["next_hops[0].weight = 0: expected 1..256"],
        ),
        (
            {"prefix": "10.0.0.0/8", "next_hops": "192.0.2.9,wait=1"},
            ["next_hops[0].wait: unknown key; did you mean weight?"],
        ),
        (
            {"prefix": "10.0.0.0/8", "next_hops": "192.0.2.9,weight=1,weight=2"},
            ["next_hops[0].weight: expected only once"],
        ),
        (
            {"prefix": "2001:db8::/32", "next_hop": "192.0.2.9"},
            ['next_hop = "192.0.2.9": expected an IPv6 address, as the prefix 2001:db8::/32 is IPv6'],
        ),
    ],
)
def test_all_that_is_wrong_is_said_at_once(words: dict[str, str], problems: list[str]) -> None:
    with pytest.raises(ConfigError) as wrong:
        route_of_words(words)

    assert list(wrong.value.problems) == problems
