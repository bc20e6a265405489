"""Messages made to hurt: what they cost grows with their size and no faster, in steps and in octets of memory."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.errors import ProtocolError
from pybgp.messages import BlockCache, Context, Open, PeerKind, update
from pybgp.messages.attributes.base import pack
from pybgp.messages.attributes.mp_reach import MpReach
from pybgp.messages.families import registry

BOTH = frozenset({Family.IPV4_UNICAST, Family.IPV6_UNICAST})
PLAIN = Context(families=BOTH, max_receive=65_535)
TWO_OCTET = Context(families=BOTH, max_receive=65_535, four_octet_as=False, kind=PeerKind.EXTERNAL)
ADD_PATH = Context(families=BOTH, max_receive=65_535, add_path_receive=BOTH)
FAMILIES = frozenset(each.family for each in registry.FAMILIES.values())
RICH = Context(families=FAMILIES, max_receive=65_535, multiple_labels=FAMILIES)
RICH_ADD_PATH = Context(families=FAMILIES, max_receive=65_535, add_path_receive=FAMILIES)
LARGEST = 65_535 - 19
MEMORY = 20
"""Octets of memory at most for an octet of input."""
ROOM = 40_000
"""Octets that any message may cost, however small: classes and patterns that are made when they are first used."""
STEPS = 2.3
"""How many times the steps may double when the input doubles."""
ORIGIN, PATH, HOP = pack(0x40, 1, b"\0"), pack(0x40, 2, bytes.fromhex("02010000fde9")), bytes.fromhex("400304c0000202")


def body(attributes: bytes, nlri: bytes = b"\x18\x0a\1\2", withdrawn: bytes = b"") -> bytes:
    return len(withdrawn).to_bytes(2) + withdrawn + len(attributes).to_bytes(2) + attributes + nlri


def with_path(value: bytes) -> bytes:
    return body(ORIGIN + pack(0x40, 2, value) + HOP)


def with_one(flags: int, code: int, value: bytes) -> bytes:
    return body(ORIGIN + PATH + HOP + pack(flags, code, value))


def numbers(count: int, size: int) -> bytes:
    """``count`` different numbers of ``size`` octets."""
    return b"".join(number.to_bytes(size) for number in range(1, count + 1))


UPDATES: dict[str, tuple[Context, Callable[[int], bytes]]] = {
    # name -> context, size in octets (about) -> body
    "communities": (PLAIN, lambda size: with_one(0xC0, 8, numbers(size // 4, 4))),
    "communities, one of them twice": (
        PLAIN,
        lambda size: with_one(0xC0, 8, numbers(size // 4, 4) + bytes([0, 0, 0, 9])),
    ),
    "communities, all of them twice": (PLAIN, lambda size: with_one(0xC0, 8, numbers(size // 8, 4) * 2)),
    "large communities backwards": (
        PLAIN,
        lambda size: with_one(0xC0, 32, b"".join(number.to_bytes(12) for number in range(size // 12, 0, -1))),
    ),
    "the same community": (PLAIN, lambda size: with_one(0xC0, 8, bytes(size // 4 * 4))),
    "large communities": (PLAIN, lambda size: with_one(0xC0, 32, numbers(size // 12, 12))),
    "extended communities": (PLAIN, lambda size: with_one(0xC0, 16, numbers(size // 8, 8))),
    "clusters": (PLAIN, lambda size: with_one(0x80, 10, numbers(size // 4, 4))),
    "one unknown attribute": (PLAIN, lambda size: with_one(0xC0, 99, bytes(size))),
    "paths of 255 hops": (PLAIN, lambda size: with_path((b"\2\xff" + numbers(255, 4)) * (size // 1022))),
    "segments of one AS": (PLAIN, lambda size: with_path(b"\1\1\0\0\xfd\xe9" * (size // 6))),
    "confederation segments": (PLAIN, lambda size: with_path(b"\3\1\0\0\xfd\xe9" * (size // 6))),
    "two-octet path": (TWO_OCTET, lambda size: with_path((b"\2\xff" + numbers(255, 2)) * (size // 512))),
    "two-octet path too long for four": (TWO_OCTET, lambda size: with_path((b"\1\1\xfd\xe9") * (size // 4))),
    "two paths to merge": (
        TWO_OCTET,
        lambda size: body(
            ORIGIN
            + pack(0x40, 2, b"\1\1\x5b\xa0" * (size // 10))
            + HOP
            + pack(0xC0, 17, b"\1\1\0\1\0\0" * (size // 10 - 5))
        ),
    ),
    "the same attribute": (PLAIN, lambda size: body(ORIGIN + PATH + HOP + b"\xc0\x63\0" * (size // 3))),
    "the same bad attribute": (PLAIN, lambda size: body(ORIGIN + PATH + HOP + b"\x80\4\0" * (size // 3))),
    "every unknown attribute": (PLAIN, lambda size: body(ORIGIN + PATH + HOP + _all_codes(size))),
    "default routes": (PLAIN, lambda size: body(ORIGIN + PATH + HOP, bytes(size))),
    "default routes withdrawn": (PLAIN, lambda size: body(b"", b"", bytes(size))),
    "prefixes": (PLAIN, lambda size: body(ORIGIN + PATH + HOP, _prefixes(size // 4))),
    "prefixes with host bits": (PLAIN, lambda size: body(ORIGIN + PATH + HOP, b"\x17\x0a\1\1" * (size // 4))),
    "withdrawn and announced": (
        PLAIN,
        lambda size: body(ORIGIN + PATH + HOP, _prefixes(size // 8), _prefixes(size // 8)),
    ),
    "a bad prefix at the end": (PLAIN, lambda size: body(ORIGIN + PATH + HOP, _prefixes(size // 4) + b"\x21")),
    "one path identifier": (ADD_PATH, lambda size: body(ORIGIN + PATH + HOP, b"\0\0\0\1\x18\x0a\1\2" * (size // 8))),
    "path identifiers": (ADD_PATH, lambda size: body(ORIGIN + PATH + HOP, _with_ids(size // 8, b"\x18\x0a\1\2"))),
    "path identifiers of default routes": (
        ADD_PATH,
        lambda size: body(ORIGIN + PATH + HOP, _with_ids(size // 5, b"\0")),
    ),
    "IPv6 default routes": (PLAIN, lambda size: body(_reach(bytes(size)) + ORIGIN + PATH, b"")),
    **{
        f"{family}, {what}": (RICH, lambda size, at=family, nlri=nlri: _other(at, bytes.fromhex(nlri), size))
        for family, what, nlri in [
            (Family.L2VPN_EVPN, "routes of no known type", "0900"),
            (Family.L2VPN_EVPN, "routes of no known type with an octet", "09 01 00"),
            (Family.L2VPN_EVPN, "prefixes with host bits", "05 22" + "ff" * 22 + "08" + "ff" * 11),
            (Family.L2VPN_VPLS, "nothing in it", "0000"),
            (Family.LINK_STATE, "nothing in it", "0001 0000"),
            (Family.ROUTE_TARGET, "the default", "00"),
            (Family.IPV4_LABELED_UNICAST, "default routes", "18 000641"),
            (Family.IPV4_LABELED_UNICAST, "nine labels", "d8" + "000010" * 8 + "000011"),
            (Family.IPV6_VPN, "default routes", "58 000641 0000fc0000000001"),
        ]
    },
    "EVPN, path identifiers of routes of no known type": (
        RICH_ADD_PATH,
        lambda size: _other(Family.L2VPN_EVPN, _with_ids(size // 6, b"\x09\0"), size),
    ),
    "no attribute at all": (PLAIN, lambda size: bytes(size)),
    "only octets of ff": (PLAIN, lambda size: b"\xff" * size),
}


def _all_codes(size: int) -> bytes:
    each = b"".join(pack(0xC0, code, bytes(3)) for code in range(50, 128))
    return each * (size // len(each))


def _prefixes(count: int) -> bytes:
    return b"".join(b"\x18" + number.to_bytes(3) for number in range(count))


def _with_ids(count: int, key: bytes) -> bytes:
    return b"".join(number.to_bytes(4) + key for number in range(count))


def _other(family: Family, nlri: bytes, size: int) -> bytes:
    """As many of the same NLRI as fit, with a next hop of the family."""
    next_hop = bytes((10,)) * registry.FAMILIES[family].next_hop_sizes[0]
    field = nlri * (size // len(nlri) or 1)
    return body(pack(0x80, 14, MpReach(family, next_hop, field).encode()) + ORIGIN + PATH, b"")


def _reach(nlri: bytes) -> bytes:
    return pack(0x80, 14, bytes.fromhex("000201 10 20010db8000000000000000000000001 00") + nlri)


def decoded(octets: bytes, context: Context) -> object:
    try:
        return update.decode(octets, context, BlockCache(16))
    except ProtocolError as error:
        return error


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python ran."""
    count = 0

    def line(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.row("SEC-06", "SEC-07")
@pytest.mark.parametrize("name", UPDATES)
def test_an_update_costs_no_more_than_its_size(name: str) -> None:
    context, make = UPDATES[name]
    half, whole = make(LARGEST // 2 - 100), make(LARGEST - 200)
    decoded(whole, context)  # what is made once is made now

    assert steps(lambda: decoded(whole, context)) < STEPS * steps(lambda: decoded(half, context)) + 100


@pytest.mark.row("SEC-06", "SEC-07")
@pytest.mark.parametrize("name", UPDATES)
def test_an_update_takes_no_more_memory_than_a_few_times_its_size(name: str) -> None:
    context, make = UPDATES[name]
    octets = make(LARGEST - 200)
    assert 60_000 < len(octets) <= LARGEST
    decoded(octets, context)

    tracemalloc.start()
    try:
        kept = decoded(octets, context)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept is not None
    assert peak < MEMORY * len(octets) + ROOM, f"{peak / len(octets):.1f} octets an octet"


@pytest.mark.row("SEC-06")
@pytest.mark.parametrize(
    "capabilities",
    [b"\x02\x02\xc8\x00" * 1000, b"\x02\x06\x01\x04\0\1\0\1" * 500, b"\x02\x02\x45\0" * 1000],
    ids=["unknown", "multiprotocol", "add-path"],
)
def test_an_open_with_very_many_capabilities_can_be_read(capabilities: bytes) -> None:
    """Many small parameters: only the extended form has room for them (RFC 9072), whose lengths have two octets."""
    parameters = b"".join(
        capabilities[at : at + 1] + b"\0" + capabilities[at + 1 : at + 2 + capabilities[at + 1]]
        for at in range(0, len(capabilities), 2 + capabilities[1])
    )[:4000]
    size = 3 + capabilities[1]
    parameters = parameters[: len(parameters) // size * size]
    octets = bytes.fromhex("04 fde9 005a c0000201 ff ff") + len(parameters).to_bytes(2) + parameters

    found = Open.decode(octets)

    assert len(found.capabilities) == len(parameters) // size
