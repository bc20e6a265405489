"""Laws of extended communities: every one has text that gives its octets again."""

from __future__ import annotations

import re
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from pybgp.messages.attributes.extended_community_text import NAMES, extended_community_text, parse_extended_community
from pybgp.messages.attributes.ipv6_extended_communities import (
    ipv6_extended_community_text,
    parse_ipv6_extended_community,
)
from pybgp.testing import strategies as bgp


@given(bgp.extended_communities)
def test_text_gives_the_octets_again(value: bytes) -> None:
    text = extended_community_text(value)

    assert parse_extended_community(text) == value
    assert re.fullmatch(r"[!-~]+", text)


@given(st.one_of(st.just(""), st.sampled_from(sorted(NAMES)).map("{}:".format)), st.text(max_size=20))
def test_any_text_is_a_community_or_a_value_error(name: str, text: str) -> None:
    with suppress(ValueError):
        value = parse_extended_community(name + text)
        assert len(value) == 8
        assert parse_extended_community(extended_community_text(value)) == value


@given(bgp.ipv6_extended_communities)
def test_text_gives_the_octets_of_an_ipv6_one_again(value: bytes) -> None:
    text = ipv6_extended_community_text(value)

    assert parse_ipv6_extended_community(text) == value
    assert re.fullmatch(r"[!-~]+", text)


@given(st.one_of(st.text(max_size=20), st.from_regex(r"rt:\[[0-9a-f:.]{0,20}\]:[0-9]{0,6}", fullmatch=True)))
def test_any_text_is_an_ipv6_one_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert len(parse_ipv6_extended_community(text)) == 20
