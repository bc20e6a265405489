"""Octets for cases: messages from hex, on top of those of the codec's own tests."""

from __future__ import annotations

from pybgp.messages.header import message as whole
from tests.unit.messages import wire
from tests.unit.messages.wire import (
    AS_PATH,
    NEXT_HOP,
    NEXT_HOP_6,
    OLD_AS_PATH,
    ORIGIN,
    PREFIX,
    PREFIX_6,
    attribute,
    mp_reach,
    mp_unreach,
)

__all__ = [
    "AS_PATH",
    "GOOD",
    "GOOD_6",
    "GOOD_OLD",
    "NEXT_HOP",
    "NEXT_HOP_6",
    "OLD_AS_PATH",
    "ORIGIN",
    "P6",
    "PREFIX",
    "PREFIX_6",
    "P",
    "as_path",
    "attribute",
    "mp_reach",
    "mp_unreach",
    "raw",
    "update",
]

P, P6 = "10.1.2.0/24", "2001:db8::/32"


def update(attributes: str = "", nlri: str = PREFIX, withdrawn: str = "") -> bytes:
    """A whole UPDATE; the lengths are right."""
    return whole(2, wire.body(attributes, nlri, withdrawn))


def raw(kind: int, content: str | bytes = b"", length: int | None = None) -> bytes:
    """A whole message whose length field may lie."""
    return wire.message(kind, content, length)


def as_path(segments: str) -> str:
    return attribute(0x40, 2, segments)


GOOD = update(f"{ORIGIN} {AS_PATH} {NEXT_HOP}")
"""10.1.2.0/24 with what is mandatory, in four-octet AS numbers."""
GOOD_6 = update(f"{mp_reach()} {ORIGIN} {AS_PATH}", "")
"""2001:db8::/32 likewise."""
GOOD_OLD = update(f"{ORIGIN} {OLD_AS_PATH} {NEXT_HOP}")
"""10.1.2.0/24 with two-octet AS numbers."""
