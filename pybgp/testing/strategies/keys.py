"""Keys of every address family, all of them right inside."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...addresses import Family
from ...constants import Afi, Safi
from ...messages.families import labels
from ...messages.families.registry import FAMILIES
from .families import IPV4, octets
from .flowspec import flow_fields

route_distinguishers = st.one_of(
    st.builds(lambda kind, rest: bytes((0, kind)) + rest, st.integers(0, 2), octets(6)),
    st.builds(lambda rest: b"\0\2\0\0" + rest, octets(4)),
    octets(8),
)
"""Of the types 0, 1 and 2, and of unknown ones."""
_label = st.integers(0, labels.HIGHEST)


def keys(family: Family = IPV4, *, multiple_labels: bool = False) -> SearchStrategy[bytes]:
    """Canonical keys of a family that pybgp knows; ``multiple_labels`` as two speakers that have that capability.

    Raises:
        ValueError: a family that pybgp doesn't know.
    """
    if family not in FAMILIES:
        raise ValueError(f"{family}: expected one of {', '.join(str(known.family) for known in FAMILIES.values())}")
    bits = 32 if family.afi == Afi.IPV4 else 128
    match family.safi:
        case Safi.UNICAST | Safi.MULTICAST:
            return _prefixes(bits)
        case Safi.LABELED_UNICAST:
            return _labeled(st.just(b""), bits, multiple_labels)
        case Safi.MPLS_VPN:
            return _labeled(route_distinguishers, bits, multiple_labels)
        case _:
            codec = FAMILIES[family]
            return flow_fields(family).map(lambda field: codec.split(field)[0])


def key_lists(family: Family = IPV4, max_size: int = 20) -> SearchStrategy[list[bytes]]:
    """Different keys of one family, at least one."""
    return st.lists(keys(family), min_size=1, max_size=max_size, unique=True)


@st.composite
def _prefixes(draw: st.DrawFn, bits: int) -> bytes:
    """A length and as many octets as it needs, host bits zero."""
    length = draw(st.one_of(st.integers(0, bits), st.sampled_from([24, 32, 26, bits])))
    number = draw(st.integers(0, (1 << bits) - 1)) >> (bits - length) << (bits - length)
    return bytes((length,)) + number.to_bytes(bits // 8)[: (length + 7) // 8]


@st.composite
def _labeled(draw: st.DrawFn, between: SearchStrategy[bytes], bits: int, multiple: bool) -> bytes:
    """Labels or what stands for them in a withdrawal, what is between, a prefix."""
    numbers = draw(st.lists(_label, max_size=1))
    if multiple and draw(st.booleans()):
        first = _label.filter(lambda label: label not in (0, 0x80000))  # these stand for no labels
        numbers = [draw(first), *draw(st.lists(_label, min_size=1, max_size=1))]
    head = labels.encode(numbers) + draw(between)
    prefix = draw(_prefixes(min(bits, 0xFF - 8 * len(head))))
    return bytes((8 * len(head) + prefix[0],)) + head + prefix[1:]
