"""Extended communities: of the kinds that have names, and any others."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...messages.attributes.extended_community_kinds import KINDS
from .families import octets, u16

_few = st.sampled_from(b"\0\0\0\0\1\2\4\x40\xff").map(lambda octet: bytes((octet,)))
_plain_values: SearchStrategy[bytes] = st.lists(_few, min_size=6, max_size=6).map(b"".join)
_named: SearchStrategy[bytes] = st.builds(
    lambda kind, value: kind.number.to_bytes(2) + value, st.sampled_from(KINDS), st.one_of(octets(6), _plain_values)
)
extended_communities: SearchStrategy[bytes] = st.one_of(_named, _named, octets(8))
"""Eight octets each; of most names some values have text and some don't."""
ipv6_extended_communities: SearchStrategy[bytes] = st.builds(
    lambda kind, value: kind.to_bytes(2) + value,
    st.one_of(st.sampled_from([0x0002, 0x0003, 0x000B, 0x000C, 0x000D, 0x4002]), u16),
    octets(18),
)
"""Twenty octets each."""
