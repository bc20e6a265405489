"""Which prefixes cover a prefix: a table of lengths says the same as ``ipaddress``."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import prefix_key
from pybgp.rib.covering import Covering

NETWORKS = st.builds(
    lambda number, bits: ipaddress.ip_network((number, bits), strict=False),
    st.sampled_from((0x0A000000, 0x0A010203, 0x0A0102FF, 0x0A800000)),
    st.integers(0, 32),
)


@given(st.lists(NETWORKS, max_size=8), NETWORKS)
def test_shorter_prefixes_that_hold_a_prefix_come_longest_first(
    networks: list[ipaddress.IPv4Network], one: ipaddress.IPv4Network
) -> None:
    index = Covering(prefix_key(str(network))[1] for network in networks)

    found = list(index.of(prefix_key(str(one))[1]))

    covering = {network for network in networks if network.prefixlen < one.prefixlen and one.subnet_of(network)}
    expected = sorted(covering, key=lambda network: network.prefixlen, reverse=True)
    assert found == [prefix_key(str(network))[1] for network in expected]
    assert index.first(prefix_key(str(one))[1]) == (found[0] if found else None)


@given(st.lists(NETWORKS, max_size=8, unique=True), st.lists(NETWORKS, max_size=8), NETWORKS)
def test_prefixes_may_come_and_go(
    networks: list[ipaddress.IPv4Network], gone: list[ipaddress.IPv4Network], one: ipaddress.IPv4Network
) -> None:
    index = Covering(())
    for network in networks:
        index.add(prefix_key(str(network))[1])
    for network in gone:
        index.discard(prefix_key(str(network))[1])

    fresh = Covering(prefix_key(str(network))[1] for network in networks if network not in gone)
    assert list(index.of(prefix_key(str(one))[1])) == list(fresh.of(prefix_key(str(one))[1]))
    assert len(index._lengths) == len(fresh._lengths)
