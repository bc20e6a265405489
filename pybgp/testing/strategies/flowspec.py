"""Flow specifications as keys and as octets that somebody else might send."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...addresses import Family
from ...constants import Afi, Safi
from ...messages.families.flowspec import with_length
from .families import octets, u8

_LABEL_OF_FLOW = 13
_ONE_OCTET = (11, 12)
_TCP_FLAGS = 9
_distinguishers = st.one_of(
    octets(8), st.builds(lambda kind, rest: bytes((0, kind)) + rest, st.integers(0, 2), octets(6))
)


@st.composite
def _prefixes(draw: st.DrawFn, afi: int) -> bytes:
    bits = 32 if afi == Afi.IPV4 else 128
    length = draw(st.integers(0, bits))
    if afi == Afi.IPV4:
        return bytes((length,)) + draw(octets((length + 7) // 8))
    offset = draw(st.one_of(st.just(0), st.integers(0, max(0, length - 1))))
    return bytes((length, offset)) + draw(octets((length - offset + 7) // 8))


@st.composite
def _terms(draw: st.DrawFn, sizes: tuple[int, ...]) -> bytes:
    out = []
    count = draw(st.integers(1, 4))
    for left in reversed(range(count)):
        exponent = draw(st.sampled_from(sizes))
        operator = draw(u8) & 0x4F | exponent << 4 | (0 if left else 0x80)
        out.append(bytes((operator,)) + draw(octets(1 << exponent)))
    return b"".join(out)


def _component(afi: int, number: int) -> SearchStrategy[bytes]:
    if number in (1, 2):
        return _prefixes(afi)
    sizes = (0,) if number in _ONE_OCTET else (0, 1) if number == _TCP_FLAGS else (0, 1, 2, 3)
    return _terms(sizes)


@st.composite
def flow_rules(draw: st.DrawFn, family: Family = Family.IPV4_FLOWSPEC) -> bytes:
    """The octets of a rule without its length, a VPN's with its route distinguisher; ignored bits are anything."""
    last = 12 if family.afi == Afi.IPV4 else _LABEL_OF_FLOW
    numbers = draw(st.lists(st.integers(1, last), min_size=1, max_size=6, unique=True))
    rd = draw(_distinguishers) if family.safi == Safi.FLOWSPEC_VPN else b""
    return rd + b"".join(bytes((number,)) + draw(_component(family.afi, number)) for number in sorted(numbers))


@st.composite
def flow_fields(draw: st.DrawFn, family: Family = Family.IPV4_FLOWSPEC) -> bytes:
    """One rule with its length as it may stand in an NLRI field, short lengths sometimes in two octets."""
    rule = draw(flow_rules(family))
    if draw(st.booleans()):
        return (0xF000 | len(rule)).to_bytes(2) + rule
    return with_length(rule)
