"""Messages in hexadecimal for the tests of ``decode`` and ``encode``."""

from __future__ import annotations

import io
import sys

import pytest

MARKER = "ff" * 16
KEEPALIVE = f"{MARKER} 0013 04"
OPEN = f"{MARKER} 0025 01 04 fde9 00b4 c0000201 08 02 06 41 04 0000fde9"  # AS 65001, four-octet-as
OLD_OPEN = f"{MARKER} 001d 01 04 fdea 00b4 c0000202 00"  # AS 65002, no capabilities
UPDATE = (
    f"{MARKER} 003a 02"
    "0004 18 0a0900"  # withdrawn: 10.9.0.0/24
    "001b"
    "40 01 01 00"  # ORIGIN igp
    "40 02 06 0201 0000fde9"  # AS_PATH 65001
    "40 03 04 c0000201"  # NEXT_HOP 192.0.2.1
    "80 04 04 00000005"  # MULTI_EXIT_DISC 5
    "18 0a0100"  # 10.1.0.0/24
)
SHORT_MED = f"{MARKER} 0033 02 0000 001a 40010100 400206 02010000fde9 400304 c0000201 800403 000005 08 0a"
OLD_UPDATE = f"{MARKER} 002b 02 0000 0012 40010100 400204 0201 fde9 400304 c0000201 08 0a"
SHUTDOWN = f"{MARKER} 0019 03 06 02 03 627965"  # "bye"


def octets(*texts: str) -> bytes:
    return bytes.fromhex("".join(texts))


def say(monkeypatch: pytest.MonkeyPatch, said: bytes | str) -> None:
    """Make it the standard input."""
    data = said.encode() if isinstance(said, str) else said
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
