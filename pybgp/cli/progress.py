"""How far a file is read, on the standard error, where a person is looking and it takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final

_PATIENCE: Final = 1.0
"""Seconds that nothing is shown."""
_EVERY: Final = 0.2
_WIDTH: Final = 30
_CLEAR: Final = "\r\x1b[K"


def shown(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The chunks as they are; ``size`` is what they will be together, in octets.

    Nothing is shown where the standard error is no terminal, or the answer itself runs over the terminal.
    """
    if not size or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from chunks
        return
    started = last = time.monotonic()
    done = 0
    try:
        for chunk in chunks:
            done += len(chunk)
            yield chunk
            now = time.monotonic()
            if now - started > _PATIENCE and now - last > _EVERY:
                last = now
                sys.stderr.write(f"\r{bar(done, size, now - started)}")
                sys.stderr.flush()
    finally:
        if last != started:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()


def bar(done: int, size: int, seconds: float) -> str:
    """``[#####     ]  50 %  3.2 MB/s, 4 s left``."""
    part = min(1.0, done / size)
    filled = "#" * int(part * _WIDTH)
    rate = done / seconds
    left = (size - done) / rate if rate else 0
    return f"[{filled:{_WIDTH}}] {part:4.0%}  {rate / 1e6:.1f} MB/s, {max(0.0, left):.0f} s left "
