"""A capture's octets, taken off the front one piece after the other."""

from __future__ import annotations

from ..sources import PIECE, Source, chunks


class Octets:
    """Takes octets off the front; ``offset`` is how many were taken."""

    __slots__ = ("_at", "_buffer", "_chunks", "_gone")

    def __init__(self, source: Source) -> None:
        self._chunks = chunks(source)
        self._buffer = b""  # the chunks that are not used up, joined
        self._at = 0  # how much of the buffer is taken
        self._gone = 0  # octets taken before the buffer

    @property
    def offset(self) -> int:
        """How many octets were taken."""
        return self._gone + self._at

    def peek(self, size: int) -> bytes:
        """The next ``size`` octets, less only at the end; they stay."""
        self._fill(size)
        return self._buffer[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """The next ``size`` octets, less only at the end."""
        # HOT: twice a packet.
        at, end = self._at, self._at + size
        if end > len(self._buffer):
            self._fill(size)
            at = self._at
            end = min(at + size, len(self._buffer))
        self._at = end
        return self._buffer[at:end]

    def skip(self, size: int) -> int:
        """Take ``size`` octets without keeping them; how many there were."""
        left = size
        while left:
            got = len(self.take(min(left, PIECE)))
            if not got:
                break
            left -= got
        return size - left

    def _fill(self, size: int) -> None:
        """Have ``size`` octets in the buffer, if there are so many."""
        missing = size - (len(self._buffer) - self._at)
        if missing <= 0:
            return
        parts = [self._buffer[self._at :]]
        for chunk in self._chunks:
            parts.append(chunk)
            missing -= len(chunk)
            if missing <= 0:
                break
        self._gone += self._at
        self._at = 0
        self._buffer = b"".join(parts)
