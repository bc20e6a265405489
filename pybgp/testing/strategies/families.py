"""Families, and the numbers and octets that everything else is made of."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...addresses import Family

IPV4: Final = Family.IPV4_UNICAST
IPV6: Final = Family.IPV6_UNICAST
BOTH: Final = frozenset({IPV4, IPV6})


def octets(size: int) -> SearchStrategy[bytes]:
    """Exactly ``size`` octets."""
    return st.binary(min_size=size, max_size=size)


u8, u16, u32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
as_numbers = st.one_of(st.integers(1, 0xFFFF), st.integers(1, 0xFFFFFFFF), st.sampled_from([23456, 65536, 64512]))
families = st.sampled_from([IPV4, IPV6])
any_families = st.builds(Family, u16, u8)
