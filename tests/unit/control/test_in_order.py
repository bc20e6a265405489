"""Prefixes in order, a step at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import Family, key_network, key_text, prefix_key
from pybgp.control import in_order as module
from pybgp.control.in_order import in_order
from pybgp.messages.families.registry import codec

V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST


def order(family: Family, key: bytes) -> bytes:
    found = codec(family)
    assert found is not None
    return found.order(key)


def found(keys: list[bytes], family: Family = V4) -> list[bytes]:
    return [key for key in in_order(list(keys), lambda key: order(family, key)) if key is not None]


@pytest.mark.parametrize(
    "prefixes",
    [
        ["0.0.0.0/0", "0.0.0.0/8", "9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/24", "10.9.0.0/16", "10.10.0.0/16"],
        ["::/0", "2001:db8::/32", "2001:db8::/48", "2001:db8:0:9::/64", "2001:db8:0:10::/64", "2001:db8:1::/48"],
    ],
    ids=["ipv4", "ipv6"],
)  # fmt: skip
def test_prefixes_go_by_number_and_the_shorter_one_of_two_at_an_address_is_first(prefixes: list[str]) -> None:
    family = prefix_key(prefixes[0])[0]

    keys = found([prefix_key(text)[1] for text in sorted(prefixes)], family)

    assert [key_text(family, key) for key in keys] == prefixes


@pytest.mark.parametrize(
    ("family", "routes"),
    [
        (Family.IPV4_VPN, ["64512:1 10.0.0.0/8", "64512:1 10.9.0.0/16", "64512:1 10.10.0.0/16", "64512:2 9.0.0.0/8"]),
        (Family.IPV4_LABELED_UNICAST, ["9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/24"]),
        (Family.ROUTE_TARGET, ["default", "9:rt:64512:7", "64512:rt:64512:2", "64512:rt:64512:10"]),
        (Family.IPV4_FLOWSPEC, ["destination 10.1.2.0/24", "destination 10.1.0.0/16", "protocol =6", "port =80"]),
        (Family.IPV4_FLOWSPEC_VPN, ["1:1 protocol =6", "1:2 destination 10.1.0.0/16"]),
    ],
    ids=lambda value: str(value) if isinstance(value, Family) else "",
)
def test_other_families_go_by_what_comes_first_in_their_text(family: Family, routes: list[str]) -> None:
    """Flow specifications by which of them a packet is tried on first (RFC 8955 §5.1)."""
    known = codec(family)
    assert known is not None
    keys = [known.identity(known.parse(text)) for text in routes]

    assert found(keys[::-1], family) == keys


keys_of = {
    family: st.integers(0, bits).flatmap(
        lambda length, bits=bits: st.integers(0, 2**length - 1).map(
            lambda number: bytes((length,)) + (number << -length % 8).to_bytes((length + 7) // 8)
        )
    )
    for family, bits in ((V4, 32), (V6, 128))
}


@pytest.mark.parametrize("family", [V4, V6], ids=str)
@given(data=st.data())
def test_the_order_is_that_of_addresses_and_lengths(family: Family, data: st.DataObject) -> None:
    keys = data.draw(st.lists(keys_of[family], unique=True, max_size=40))

    def numbers(key: bytes) -> tuple[int, int]:
        network = key_network(family, key)
        return network.first, network.prefixlen

    for at_once in (1, 3, module.AT_ONCE):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "AT_ONCE", at_once)
            assert found(keys, family) == sorted(keys, key=numbers)


@given(st.lists(st.binary(max_size=6), max_size=60), st.integers(1, 5))
def test_any_octets_come_in_order_also_the_same_again(keys: list[bytes], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AT_ONCE", at_once)

        given = [key for key in in_order(list(keys), lambda key: key) if key is not None]

    assert given == sorted(keys)


@pytest.mark.parametrize("front", [b"", bytes(20)], ids=["spread", "with the same beginning"])
def test_no_step_looks_at_more_keys_than_keep_nobody_waiting(front: bytes) -> None:
    looked_at = most = 0

    def order(key: bytes) -> bytes:
        nonlocal looked_at
        looked_at += 1
        return key

    keys = [front + (number * 40_503 % 65_536).to_bytes(2) for number in range(20_000)]
    first = None
    for number, key in enumerate(in_order(list(keys), order)):
        if key is None:
            most, looked_at = max(most, looked_at), 0
        elif first is None:
            first = number

    assert most <= 2 * module.AT_ONCE + 1
    assert first is not None
    assert first < 200  # long before the last of 20,000
