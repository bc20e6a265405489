"""Laws of extended communities: every one has text that gives its octets again."""

from __future__ import annotations

import re
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from pybgp.messages.attributes.extended_communities import NAMES, extended_community_text, parse_extended_community
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
