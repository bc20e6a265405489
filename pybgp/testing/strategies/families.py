"""Families and their keys."""

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


@st.composite
def keys(draw: st.DrawFn, family: Family = IPV4) -> bytes:
    """A prefix as it stands in an NLRI field, host bits zero."""
    bits = 32 if family == IPV4 else 128
    length = draw(st.one_of(st.integers(0, bits), st.sampled_from([24, 32, 26, bits])))
    number = draw(st.integers(0, (1 << bits) - 1)) >> (bits - length) << (bits - length)
    return bytes((length,)) + number.to_bytes(bits // 8)[: (length + 7) // 8]


def key_lists(family: Family = IPV4, max_size: int = 20) -> SearchStrategy[list[bytes]]:
    """Different prefixes of one family, at least one."""
    return st.lists(keys(family), min_size=1, max_size=max_size, unique=True)
