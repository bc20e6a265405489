"""The routes of a benchmark, as octets: deterministic, the same for every daemon.

``internet`` looks like a full table: prefixes of /16 to /24 in the mix that the Internet has, none twice, 3.3 for each
set of attributes, AS paths of 2 to 6. ``blocks`` looks like a Calico node: a few /26 with one set of attributes.
"""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Callable
from itertools import islice
from struct import Struct, pack
from typing import Final

MARKER: Final = b"\xff" * 16
UPDATE: Final = 2
U16: Final = Struct("!H").unpack_from

LENGTHS: Final = (16, 17, 18, 19, 20, 21, 22, 23, 24)
WEIGHTS: Final = (15, 10, 15, 25, 45, 50, 120, 100, 620)
WITHDRAWN_AT_ONCE: Final = 800
CHANGING: Final = b"\x18\xdf\xff\xff"
"""The route whose changes are timed: 223.255.255.0/24, above all tables."""
NEVER: Final = (10, 127)
"""First octets that are left out: the benchmark's own network, and loopback."""

_NLRI = rb"[\x11-\x18][\s\S]{3}|[\x19-\x20][\s\S]{4}|[\x09-\x10][\s\S]{2}|[\x01-\x08][\s\S]|\x00"
split: Final[Callable[..., list[bytes]]] = re.compile(_NLRI).findall
"""The prefixes of an NLRI field (from, to): length octet and address octets."""
split_with_ids: Final[Callable[..., list[bytes]]] = re.compile(rb"[\s\S]{4}(" + _NLRI + rb")").findall
"""The same where each prefix has a path identifier before it (RFC 7911); the identifiers are dropped."""


def message(kind: int, body: bytes) -> bytes:
    """A whole message (RFC 4271 §4.1)."""
    return MARKER + pack("!HB", 19 + len(body), kind) + body


def internet(
    count: int, *, address: str, asn: int, internal: bool, path_id: int | None = None, med: int | None = None
) -> bytes:
    """The stream of UPDATEs by which a peer announces ``count`` prefixes.

    ``address`` is the next hop; an internal peer sends LOCAL_PREF, an external one its own AS first. ``path_id`` stands
    before each prefix where ADD-PATH was negotiated. ``med`` is given to all, instead of to some.
    """
    rng = random.Random(f"internet {count}")
    keys = iter(prefixes(count, rng))
    stream = []
    while group := list(islice(keys, _group_size(rng))):
        attributes = _attributes(rng, socket.inet_aton(address), asn, internal, med)
        stream.append(update(attributes, group, path_id))
    return b"".join(stream)


def blocks(count: int, *, node: int, address: str, path_id: int | None = None) -> bytes:
    """The one UPDATE by which node number ``node`` announces its /26 blocks, out of 10.128.0.0/9."""
    first = (10 << 24) + (128 << 16) + node * count * 64
    keys = [b"\x1a" + (first + each * 64).to_bytes(4, "big") for each in range(count)]
    attributes = _attribute(0x40, 1, b"\0") + _attribute(0x40, 2, b"") + _attribute(0x40, 3, socket.inet_aton(address))
    return update(attributes + _attribute(0x40, 5, pack("!I", 100)), keys, path_id)


def update(attributes: bytes, keys: list[bytes], path_id: int | None) -> bytes:
    """An UPDATE that announces ``keys``."""
    if path_id is None:
        nlri = b"".join(keys)
    else:
        before = path_id.to_bytes(4, "big")
        nlri = before + before.join(keys)
    return message(UPDATE, b"\0\0" + pack("!H", len(attributes)) + attributes + nlri)


def med_attribute(value: int) -> bytes:
    """MULTI_EXIT_DISC, as it stands in an UPDATE."""
    return _attribute(0x80, 4, pack("!I", value))


def one_change(address: str, med: int) -> bytes:
    """An UPDATE of an internal peer that changes one route."""
    attributes = _attribute(0x40, 1, b"\0") + _attribute(0x40, 2, b"") + _attribute(0x40, 3, socket.inet_aton(address))
    return update(attributes + med_attribute(med) + _attribute(0x40, 5, pack("!I", 100)), [CHANGING], None)


def keys_of(stream: bytes) -> list[bytes]:
    """The prefixes that a stream of ours announces (without path identifiers), in its order."""
    keys: list[bytes] = []
    at = 0
    while at < len(stream):
        end = at + U16(stream, at + 16)[0]
        keys += split(stream, at + 23 + U16(stream, at + 21)[0], end)
        at = end
    return keys


def withdrawals(stream: bytes) -> bytes:
    """UPDATEs that withdraw all that ``stream`` announces, each as full as it may be."""
    keys, out = keys_of(stream), []
    for at in range(0, len(keys), WITHDRAWN_AT_ONCE):
        gone = b"".join(keys[at : at + WITHDRAWN_AT_ONCE])
        out.append(message(UPDATE, pack("!H", len(gone)) + gone + b"\0\0"))
    return b"".join(out)


def prefixes(count: int, rng: random.Random) -> list[bytes]:
    """``count`` prefixes that don't overlap, from 1.0.0.0 on, shuffled; the largest are laid out first, so none gap."""
    address, keys = 1 << 24, []
    for length in sorted(rng.choices(LENGTHS, WEIGHTS, k=count)):
        if address >> 24 in NEVER:
            address = (address >> 24) + 1 << 24
        keys.append(bytes([length]) + address.to_bytes(4, "big")[: (length + 7) // 8])
        address += 1 << 32 - length
    if address > 224 << 24:
        raise ValueError(f"{count} prefixes don't fit below 224.0.0.0")
    rng.shuffle(keys)
    return keys


def _group_size(rng: random.Random) -> int:
    """How many prefixes share a set of attributes: 3.3 on average."""
    share = rng.random()
    if share < 0.55:
        return 1
    if share < 0.75:
        return 2
    if share < 0.86:
        return rng.randrange(3, 6)
    return rng.randrange(6, 16) if share < 0.97 else rng.randrange(16, 38)


def _attributes(rng: random.Random, next_hop: bytes, asn: int, internal: bool, fixed_med: int | None) -> bytes:
    path = [] if internal else [asn]
    path += [
        rng.randrange(1000, 63000) if rng.random() < 0.75 else rng.randrange(131072, 400000)
        for _ in range(rng.randrange(1, 6) + internal)
    ]
    out = _attribute(0x40, 1, b"\0" if rng.random() < 0.9 else b"\2")
    out += _attribute(0x40, 2, pack(f"!BB{len(path)}I", 2, len(path), *path)) + _attribute(0x40, 3, next_hop)
    med = rng.randrange(200) if rng.random() < 0.3 else None
    if (fixed_med if fixed_med is not None else med) is not None:
        out += med_attribute(fixed_med if fixed_med is not None else med or 0)
    if internal:
        out += _attribute(0x40, 5, pack("!I", 100))
    if communities := rng.randrange(5):
        pairs = [number for _ in range(communities) for number in (1000 + rng.randrange(60) * 97, rng.randrange(500))]
        out += _attribute(0xC0, 8, pack(f"!{len(pairs)}H", *pairs))
    if rng.random() < 0.1:
        large = (131072 + rng.randrange(9999), rng.randrange(9), rng.randrange(999))
        out += _attribute(0xC0, 32, pack("!III", *large))
    return out


def _attribute(flags: int, code: int, value: bytes) -> bytes:
    return bytes([flags, code, len(value)]) + value
