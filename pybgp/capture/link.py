"""Link layers: where the IP packet begins in a frame (https://www.tcpdump.org/linktypes.html)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

NULL, ETHERNET, RAW_BSD, RAW_OPENBSD, RAW, LOOP = 0, 1, 12, 14, 101, 108
COOKED, IPV4, IPV6, COOKED_2 = 113, 228, 229, 276
_IP: Final = (0x0800, 0x86DD)
_TAGS: Final = (0x8100, 0x88A8, 0x9100, 0x9200)
"""802.1Q, 802.1ad (QinQ) and what came before it."""
_MPLS: Final = 0x8847


def _ethertype(frame: bytes, at: int, payload: int) -> int | None:
    """Behind tags and labels; ``at`` is where the type stands, ``payload`` what follows where."""
    size = len(frame)
    while at + 2 <= size:
        kind = frame[at] << 8 | frame[at + 1]
        if kind in _IP:
            return payload
        if kind in _TAGS:
            at, payload = payload + 2, payload + 4
            continue
        return _behind_labels(frame, payload) if kind == _MPLS else None
    return None


def _behind_labels(frame: bytes, at: int) -> int | None:
    while at + 4 <= len(frame):
        bottom = frame[at + 2] & 1
        at += 4
        if bottom:
            return at
    return None


def _null(frame: bytes) -> int | None:
    """Four octets of address family, in the byte order of who captured: 2 is IPv4, 10, 24, 28 and 30 are IPv6."""
    word = frame[:4]
    number = min(int.from_bytes(word), int.from_bytes(word, "little"))
    return 4 if number in (2, 10, 24, 28, 30) else None


def _raw(frame: bytes) -> int | None:
    return 0


LINKS: Final[dict[int, Callable[[bytes], int | None]]] = {
    NULL: _null,
    ETHERNET: lambda frame: _ethertype(frame, 12, 14),
    RAW_BSD: _raw,
    RAW_OPENBSD: _raw,
    RAW: _raw,
    LOOP: _null,
    COOKED: lambda frame: _ethertype(frame, 14, 16),
    IPV4: _raw,
    IPV6: _raw,
    COOKED_2: lambda frame: _ethertype(frame, 0, 20),
}
"""Link type -> the offset of the IP packet in a frame; None if there is none."""
