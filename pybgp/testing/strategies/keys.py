"""Keys of every address family, all of them right inside."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...addresses import Family
from ...constants import Afi, Safi
from ...messages.families import labels
from ...messages.families.evpn_routes import (
    EthernetAutoDiscovery,
    EthernetSegment,
    EvpnRoute,
    InclusiveMulticast,
    IpPrefix,
    MacIp,
)
from ...messages.families.framing import masked
from ...messages.families.link_state import LinkStateNlri
from ...messages.families.registry import FAMILIES
from ...messages.families.vpls import VplsBlock
from .families import IPV4, octets, u16, u32
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
        case Safi.ROUTE_TARGET:
            return _route_targets()
        case Safi.EVPN:
            return _evpn_routes.map(EvpnRoute.encode)
        case Safi.VPLS:
            return _vpls_blocks.map(VplsBlock.encode)
        case Safi.LINK_STATE:
            return st.builds(LinkStateNlri, _link_state_kinds, st.binary(max_size=40)).map(LinkStateNlri.encode)
        case Safi.LINK_STATE_VPN:
            nlri = st.builds(LinkStateNlri, _link_state_kinds, st.binary(max_size=40), route_distinguishers)
            return nlri.map(LinkStateNlri.encode)
        case _:
            codec = FAMILIES[family]
            return flow_fields(family).map(lambda field: codec.split(field)[0])


def key_lists(family: Family = IPV4, max_size: int = 20) -> SearchStrategy[list[bytes]]:
    """Different keys of one family, at least one."""
    return st.lists(keys(family), min_size=1, max_size=max_size, unique=True)


_link_state_kinds = st.one_of(st.sampled_from([1, 2, 3, 4, 6]), u16)
_vpls_blocks = st.builds(
    VplsBlock, rd=route_distinguishers, ve_id=u16, block_offset=u16, block_size=u16, label_base=st.integers(0, 0xFFFFFF)
)
_addresses = st.one_of(octets(4), octets(16))
_evpn_label = st.integers(0, 0xFFFFFF)


def _ip_prefixes(size: int) -> SearchStrategy[EvpnRoute]:
    """EVPN's type 5 with addresses of ``size`` octets."""
    return st.integers(0, 8 * size).flatmap(
        lambda bits: st.builds(
            IpPrefix,
            rd=route_distinguishers,
            esi=octets(10),
            ethernet_tag=u32,
            network=octets(size).map(lambda network: masked(network, bits)),
            bits=st.just(bits),
            gateway=octets(size),
            label=_evpn_label,
        )
    )


_evpn_routes: SearchStrategy[EvpnRoute] = st.one_of(
    st.builds(EthernetAutoDiscovery, rd=route_distinguishers, esi=octets(10), ethernet_tag=u32, label=_evpn_label),
    st.builds(
        MacIp,
        rd=route_distinguishers,
        esi=octets(10),
        ethernet_tag=u32,
        mac=octets(6),
        ip=st.one_of(st.just(b""), _addresses),
        labels=st.lists(_evpn_label, min_size=1, max_size=2).map(tuple),
    ),
    st.builds(InclusiveMulticast, rd=route_distinguishers, ethernet_tag=u32, ip=_addresses),
    st.builds(EthernetSegment, rd=route_distinguishers, esi=octets(10), ip=_addresses),
    _ip_prefixes(4),
    _ip_prefixes(16),
)


@st.composite
def _route_targets(draw: st.DrawFn) -> bytes:
    """Route targets with the AS that wants them, whole, in part, or none at all."""
    bits = draw(st.one_of(st.just(0), st.just(96), st.integers(32, 96)))
    known = st.builds(lambda kind, rest: bytes((kind, 2)) + rest, st.integers(0, 2), octets(6))
    target = draw(st.one_of(known, octets(8)))
    whole = draw(u32).to_bytes(4) + target
    return bytes((bits,)) + masked(whole[: (bits + 7) // 8], bits)


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
