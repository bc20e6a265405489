"""RFC 4271 §4.3, RFC 4760, RFC 7911 §3: NLRI fields of IPv4 and IPv6 unicast."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.messages.errors import InvalidNetworkField
from pybgp.messages.families.base import FamilyCodec, join
from pybgp.messages.families.ipv4_unicast import IPV4_UNICAST
from pybgp.messages.families.ipv6_unicast import IPV6_UNICAST
from pybgp.messages.families.registry import FAMILIES, codec
from tests.unit.messages.wire import octets

BOTH = pytest.mark.parametrize("family", [IPV4_UNICAST, IPV6_UNICAST], ids=str)


def every_length(family: FamilyCodec) -> list[bytes]:
    """A key of each prefix length, all bits of the prefix set."""
    bits = (family.max_key - 1) * 8
    ones = (1 << bits) - 1
    return [
        bytes((length,)) + (ones >> (bits - length) << (bits - length)).to_bytes(bits // 8)[: (length + 7) // 8]
        for length in range(bits + 1)
    ]


@BOTH
def test_every_length_is_split_and_joined(family: FamilyCodec) -> None:
    keys = every_length(family)

    assert family.split(join(keys)) == keys
    assert family.split_with_ids(join(keys, 7)) == [(7, keys)]


@pytest.mark.row("UPD-06")
@BOTH
def test_bits_behind_the_length_are_masked(family: FamilyCodec) -> None:
    keys = every_length(family)
    dirty = [key[:1] + b"\xff" * (len(key) - 1) for key in keys]

    assert family.split(join(dirty)) == keys
    assert family.split_with_ids(join(dirty, 7)) == [(7, keys)]


@pytest.mark.row("UPD-06")
def test_one_dirty_prefix_is_masked_and_the_others_stay() -> None:
    assert IPV4_UNICAST.split(octets("18 0a0102 17 0a0001 20 01020304")) == [
        octets("18 0a0102"),
        octets("17 0a0000"),
        octets("20 01020304"),
    ]


@pytest.mark.row("UPD-07")
@BOTH
def test_length_0_is_the_default_route(family: FamilyCodec) -> None:
    assert family.split(b"\0") == [b"\0"]
    assert family.key_text(b"\0") in ("0.0.0.0/0", "::/0")


@pytest.mark.parametrize(
    ("family", "field"),
    [
        pytest.param(IPV4_UNICAST, "21 0102030400", id="UPD-04", marks=pytest.mark.row("UPD-04")),
        pytest.param(IPV4_UNICAST, "18 0a0102 ff 00", id="UPD-04 later", marks=pytest.mark.row("UPD-04")),
        pytest.param(IPV4_UNICAST, "18 0a", id="UPD-05", marks=pytest.mark.row("UPD-05")),
        pytest.param(IPV4_UNICAST, "18 0a0102 20 0a0102", id="UPD-05 later", marks=pytest.mark.row("UPD-05")),
        pytest.param(IPV6_UNICAST, "81" + "00" * 17, id="AFI-06 length", marks=pytest.mark.row("AFI-06")),
        pytest.param(IPV6_UNICAST, "40 20010db8", id="AFI-06 overrun", marks=pytest.mark.row("AFI-06")),
    ],
)
def test_a_bad_prefix_is_an_invalid_network_field(family: FamilyCodec, field: str) -> None:
    with pytest.raises(InvalidNetworkField) as caught:
        family.split(octets(field))
    assert (caught.value.code, caught.value.subcode, caught.value.data) == (3, 10, b"")
    with pytest.raises(InvalidNetworkField):
        family.split_with_ids(octets("00000001") + octets(field))


@pytest.mark.row("ADP-01", "ADP-03")
@BOTH
def test_prefixes_are_grouped_by_identifier(family: FamilyCodec) -> None:
    keys = every_length(family)
    field = join(keys[:3], 1) + join(keys[3:4], 0) + join(keys[4:6], 1) + join(keys[:1], 0xFFFFFFFF)

    assert family.split_with_ids(field) == [(1, keys[:3] + keys[4:6]), (0, keys[3:4]), (0xFFFFFFFF, keys[:1])]


@pytest.mark.row("ADP-07")
@pytest.mark.parametrize("field", ["00", "000001", "00000001", "00000001 18 0a0102 00000001"])
def test_an_identifier_without_a_prefix_is_an_error(field: str) -> None:
    with pytest.raises(InvalidNetworkField):
        IPV4_UNICAST.split_with_ids(octets(field))


def test_a_prefix_that_looks_like_the_identifier_is_no_confusion() -> None:
    """10.1.2.0/24 behind the identifier whose octets are those of 10.1.2.0/24."""
    field = octets("180a0102 18 0a0102 180a0102 00")

    assert IPV4_UNICAST.split_with_ids(field) == [(0x180A0102, [octets("180a0102"), b"\0"])]


@BOTH
def test_an_empty_field_has_no_keys(family: FamilyCodec) -> None:
    assert family.split(b"") == []
    assert family.split_with_ids(b"") == []


def test_repeated_prefixes_stay_for_the_table_to_merge() -> None:
    assert IPV4_UNICAST.split(octets("18 0a0102 18 0a0102")) == [octets("18 0a0102")] * 2


def test_the_registry_knows_its_families() -> None:
    assert all(codec(family.family) is family for family in FAMILIES.values())
    assert codec(Family(3, 71)) is None


def test_keys_have_text() -> None:
    assert IPV4_UNICAST.key_text(octets("1a 0a010240")) == "10.1.2.64/26"
    assert IPV6_UNICAST.key_text(octets("20 20010db8")) == "2001:db8::/32"
