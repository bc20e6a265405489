"""RFC 4271 §6.3: prefixes that are no destinations."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pybgp.addresses import Family, prefix_key
from pybgp.messages.families.ipv4_unicast import IPV4_UNICAST
from pybgp.speaker.martians import destinations, martians

IPV4 = Family.IPV4_UNICAST


@pytest.mark.row("UPD-10")
@pytest.mark.parametrize(
    "prefix", ["127.0.0.0/8", "127.0.0.1/32", "224.0.0.0/4", "239.255.255.255/32", "::1/128", "ff00::/8", "ff02::1/128"]
)
def test_multicast_and_loopback_are_none(prefix: str) -> None:
    family, key = prefix_key(prefix)

    assert martians(family, [key]) == {key}


@pytest.mark.parametrize(
    "prefix",
    ["0.0.0.0/0", "126.0.0.0/8", "128.0.0.0/8", "223.255.255.0/24", "240.0.0.0/4", "::/0", "64:ff9b::/96"],
)
def test_all_others_may_be(prefix: str) -> None:
    family, key = prefix_key(prefix)

    assert martians(family, [key]) == frozenset()


@given(st.lists(st.tuples(st.integers(0, 32), st.binary(min_size=4, max_size=4)), max_size=20))
@example([(32, bytes((127, 0, 0, 1)))])
@example([(4, bytes((224, 0, 0, 0))), (0, bytes(4))])
@example([(24, bytes((10, 127, 224, 0)))])
def test_what_is_found_quickly_is_all_destinations_of_a_field(prefixes: list[tuple[int, bytes]]) -> None:
    """If it is all of the field; it is unless something there is a martian or not canonical."""
    field = b"".join(bytes((length,)) + octets[: (length + 7) // 8] for length, octets in prefixes)
    keys = IPV4_UNICAST.split(field)

    found = destinations()(field)

    is_canonical = b"".join(keys) == field
    assert (found == keys) == (is_canonical and not martians(IPV4, keys))
    assert (b"".join(found) == field) == (found == keys and is_canonical)
