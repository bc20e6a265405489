"""What tests of all kinds need: waiting for what happens elsewhere, never a plain sleep; and a port to listen on."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL = 0.05
"""Seconds between two looks."""


def until(
    condition: Callable[[], T],
    *,
    limit: float,
    why: str,
    seen: Callable[[], object] | None = None,
    interval: float = INTERVAL,
) -> T:
    """Look again until ``condition()`` is true, and return what it gave.

    A condition that can't be asked yet (``OSError``, ``LookupError``, ``ValueError``) counts as not true.

    Raises:
        AssertionError: not true within ``limit`` seconds; the message says what was waited for and what was last seen
            (``seen()`` where given, else the condition's own last value).
    """
    deadline = time.monotonic() + limit
    while True:
        last: object
        try:
            value = condition()
            if value:
                return value
            last = value
        except (OSError, LookupError, ValueError) as error:
            last = f"{type(error).__name__}: {error}"
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {limit:g} s for {why}; last seen: {seen() if seen else last}")
        time.sleep(interval)


def throughout(condition: Callable[[], object], *, seconds: float, why: str) -> None:
    """Look again and again for ``seconds``: ``condition()`` must be true each time.

    Raises:
        AssertionError: it was not, once.
    """
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        value = condition()
        assert value, f"{why}: no longer after {passed:.1f} s, saw {value}"
        time.sleep(INTERVAL)


def free_port() -> int:
    """A port that can be listened on, at one address or all.

    It is below those that the kernel gives to connections: a listener on all addresses would be in their way.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as sock:
            try:
                sock.bind(("", port))
            except OSError:
                continue
            return port
