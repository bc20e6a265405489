"""Interfaces and addresses from messages (laid out as linux/rtnetlink.h has them)."""

from __future__ import annotations

import struct

from pybgp.fib.links import LinkChange, Links
from pybgp.fib.wire import MessageType, attribute, message, messages

UP, DOWN = 1, 0


def feed(links: Links, data: bytes) -> LinkChange:
    (header,) = messages(data)
    return links.feed(data, header)


def link(kind: MessageType, index: int, name: str, flags: int, family: int = 0) -> bytes:
    payload = struct.pack("=BxHiII", family, 1, index, flags, 0) + attribute(3, name.encode() + b"\0")
    return message(kind, 0, 0, payload)


def address(kind: MessageType, index: int, octets: bytes, length: int, peer: bytes | None = None) -> bytes:
    family = 2 if len(octets) == 4 else 10
    payload = struct.pack("=BBBBI", family, length, 0, 0, index)
    payload += attribute(1, peer or octets) + (attribute(2, octets) if family == 2 else b"")
    return message(kind, 0, 0, payload)


def eth0() -> Links:
    links = Links()
    feed(links, link(MessageType.NEW_LINK, 2, "eth0", UP))
    return links


def test_a_link_is_known_by_name_and_number() -> None:
    links = eth0()

    assert (links.index_of("eth0"), links.name_of(2), links.name_of(3)) == (2, "eth0", "if3")
    assert links.snapshot().links_up == {"eth0"}


def test_the_same_again_is_no_change() -> None:
    assert not feed(eth0(), link(MessageType.NEW_LINK, 2, "eth0", UP)).anything


def test_down_deleted_and_renamed_are_told_apart() -> None:
    assert feed(eth0(), link(MessageType.NEW_LINK, 2, "eth0", DOWN)) == LinkChange(gone="eth0", anything=True)
    assert feed(eth0(), link(MessageType.DEL_LINK, 2, "eth0", UP)) == LinkChange(
        gone="eth0", deleted=True, anything=True
    )
    assert feed(eth0(), link(MessageType.NEW_LINK, 2, "eth1", UP)) == LinkChange(
        appeared="eth1", renamed=("eth0", "eth1"), anything=True
    )


def test_a_bridge_that_loses_a_port_does_not_delete_the_device() -> None:
    """RTM_DELLINK of AF_BRIDGE."""
    links = eth0()

    assert not feed(links, link(MessageType.DEL_LINK, 2, "eth0", UP, family=7)).anything
    assert links.is_up("eth0")


def test_an_address_has_its_subnet() -> None:
    links = eth0()
    feed(links, address(MessageType.NEW_ADDRESS, 2, b"\x0a\x01\x02\x43", 26))
    feed(links, address(MessageType.NEW_ADDRESS, 2, bytes.fromhex("20010db8" + "00" * 11 + "01"), 64))

    local = links.snapshot()

    assert local.addresses == {
        b"\x0a\x01\x02\x43": b"\x1a\x0a\x01\x02\x40",
        bytes.fromhex("20010db8" + "00" * 11 + "01"): b"\x40" + bytes.fromhex("20010db800000000"),
    }
    assert set(local.devices.values()) == {"eth0"}


def test_a_point_to_point_address_has_its_peers_prefix() -> None:
    links = eth0()
    feed(links, address(MessageType.NEW_ADDRESS, 2, b"\x0a\x00\x00\x01", 32, peer=b"\x0a\x00\x00\x02"))

    assert links.snapshot().addresses == {b"\x0a\x00\x00\x01": b"\x20\x0a\x00\x00\x02"}


def test_the_larger_subnet_of_an_address_counts() -> None:
    links = eth0()
    feed(links, link(MessageType.NEW_LINK, 1, "lo", UP))
    feed(links, address(MessageType.NEW_ADDRESS, 1, b"\x0a\x00\x00\x01", 32))
    feed(links, address(MessageType.NEW_ADDRESS, 2, b"\x0a\x00\x00\x01", 24))

    assert links.snapshot().addresses == {b"\x0a\x00\x00\x01": b"\x18\x0a\x00\x00"}
    assert links.snapshot().devices == {b"\x0a\x00\x00\x01": "eth0"}


def test_only_the_last_ipv4_address_takes_the_routes_along() -> None:
    links = eth0()
    feed(links, address(MessageType.NEW_ADDRESS, 2, b"\x0a\x00\x00\x01", 24))
    feed(links, address(MessageType.NEW_ADDRESS, 2, b"\x0a\x00\x01\x01", 24))

    first = feed(links, address(MessageType.DEL_ADDRESS, 2, b"\x0a\x00\x01\x01", 24))
    last = feed(links, address(MessageType.DEL_ADDRESS, 2, b"\x0a\x00\x00\x01", 24))

    assert first == LinkChange(gone_source=b"\x0a\x00\x01\x01", anything=True)
    assert last == LinkChange(gone_ipv4="eth0", gone_source=b"\x0a\x00\x00\x01", anything=True)
