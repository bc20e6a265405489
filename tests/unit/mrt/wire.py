"""Octets for the tests of MRT, from hex."""

from __future__ import annotations

from pybgp import mrt
from pybgp.addresses import address_octets

SECONDS = 0x6500_0000
TIME = "65000000"
PEER_4 = address_octets("10.0.0.1")
PEER_6 = address_octets("2001:db8::1")
LOCAL_4 = address_octets("10.0.0.2")

ATTRIBUTES = "40 01 01 00  40 02 06 0201 0000fde9  40 03 04 0a000009"  # ORIGIN, AS_PATH 65001, NEXT_HOP 10.0.0.9
KEEPALIVE = "ff" * 16 + "0013 04"
PEERS = (
    "0a0000fe"  # collector's BGP Identifier
    "0004 76696577"  # view name: "view"
    "0002"  # peers
    "02 0a0000f1 0a000001 0000fde9"  # IPv4, AS in four octets: AS 65001
    "01 0a0000f2 20010db8000000000000000000000001 fdea"  # IPv6, AS in two octets: AS 65002
)


def record(kind: int, subtype: int, body: str, time: str = TIME) -> bytes:
    """A record of a type and subtype around a body in hex."""
    octets = bytes.fromhex(body)
    return bytes.fromhex(time) + kind.to_bytes(2) + subtype.to_bytes(2) + len(octets).to_bytes(4) + octets


PEER_TABLE = record(13, 1, PEERS)


def sized(octets: str) -> str:
    """Behind their length in two octets."""
    return f"{len(bytes.fromhex(octets)):04x} {octets}"


def one(octets: bytes) -> mrt.Record | mrt.Damage:
    """The last thing in a file of such octets."""
    return list(mrt.read(octets))[-1]


def rib(octets: bytes) -> mrt.Rib:
    """The RIB record behind a peer table."""
    found = one(PEER_TABLE + octets)
    assert isinstance(found, mrt.Rib), found
    return found
