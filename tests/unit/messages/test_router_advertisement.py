"""Router advertisements: what we send is one, and what doesn't come from the link is none (RFC 4861 §6.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybgp.messages.router_advertisement import advertisement, is_advertisement, is_solicitation

MAC = bytes.fromhex("020000000001")


@pytest.mark.parametrize("mac", [b"", MAC], ids=["no link-layer address", "with one"])
def test_what_we_send_is_an_advertisement_of_no_default_router(mac: bytes) -> None:
    """RFC 4861 §4.2: Router Lifetime 0."""
    data = advertisement(mac)

    assert is_advertisement(data, source="fe80::1%eth0", hop_limit=255)
    assert data[6:8] == b"\0\0"
    assert data[16:] == (b"\x01\x01" + MAC if mac else b"")


@pytest.mark.parametrize(
    ("data", "source", "hop_limit"),
    [
        (advertisement(), "fe80::1", 254),
        (advertisement(), "2001:db8::1", 255),
        (advertisement(), "nobody", 255),
        (advertisement()[:-1], "fe80::1", 255),
        (b"\x85" + advertisement()[1:], "fe80::1", 255),
        (b"\x86\x01" + advertisement()[2:], "fe80::1", 255),
        (advertisement() + b"\x01\x00" + MAC, "fe80::1", 255),
        (advertisement() + b"\x01\x02" + MAC, "fe80::1", 255),
        (advertisement() + b"\x01", "fe80::1", 255),
    ],
    ids=["through a router", "not link-local", "no address", "short", "type", "code", "option of 0", "cut", "half"],
)
def test_anything_else_is_none(data: bytes, source: str, hop_limit: int) -> None:
    assert not is_advertisement(data, source=source, hop_limit=hop_limit)


def test_a_solicitation() -> None:
    assert is_solicitation(b"\x85" + bytes(7), hop_limit=255)
    assert not is_solicitation(b"\x85" + bytes(7), hop_limit=64)


@given(st.binary(max_size=64))
def test_no_octets_make_it_fail(data: bytes) -> None:
    for head in (b"", b"\x86\x00", b"\x85\x00"):
        is_advertisement(head + data, source="fe80::1", hop_limit=255)
        is_solicitation(head + data, hop_limit=255)
