"""Router advertisements (RFC 4861 §4.2): how two routers on a link without addresses of their own find each other.

Only what that takes: we say that a router is here, which is nobody's default router, and believe it of others.
"""

from __future__ import annotations

import ipaddress
from typing import Final

ROUTER_SOLICITATION: Final = 133
ROUTER_ADVERTISEMENT: Final = 134
HOP_LIMIT: Final = 255
"""A packet with less has come through a router, and is not from this link (RFC 4861 §6.1)."""
_LEAST_ADVERTISEMENT: Final = 16
_LEAST_SOLICITATION: Final = 8
_SOURCE_LINK_LAYER_ADDRESS: Final = 1


def advertisement(mac: bytes = b"") -> bytes:
    """An advertisement of a router that is no default router; the kernel fills in the checksum.

    ``mac`` is our link-layer address, of 6 octets, where the link has some.
    """
    head = bytes((ROUTER_ADVERTISEMENT, 0, 0, 0, 0, 0)) + bytes(2) + bytes(8)  # lifetime 0: not for defaults (§4.2)
    return head + (bytes((_SOURCE_LINK_LAYER_ADDRESS, 1)) + mac if len(mac) == 6 else b"")


def is_advertisement(data: bytes, *, source: str, hop_limit: int) -> bool:
    """Is it a router's on this link (RFC 4861 §6.1.2)? ``source`` is an address, with or without a zone."""
    return _is_from_link(data, ROUTER_ADVERTISEMENT, _LEAST_ADVERTISEMENT, hop_limit) and _is_link_local(source)


def is_solicitation(data: bytes, *, hop_limit: int) -> bool:
    """Does somebody on this link ask for routers (RFC 4861 §6.1.1)?"""
    return _is_from_link(data, ROUTER_SOLICITATION, _LEAST_SOLICITATION, hop_limit)


def _is_from_link(data: bytes, kind: int, least: int, hop_limit: int) -> bool:
    if hop_limit != HOP_LIMIT or len(data) < least or data[0] != kind or data[1] != 0:
        return False
    at = least
    while at < len(data):  # every option has a length, which isn't 0
        if at + 2 > len(data) or data[at + 1] == 0:
            return False
        at += 8 * data[at + 1]
    return at == len(data)


def _is_link_local(text: str) -> bool:
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_link_local
    except ValueError:
        return False
