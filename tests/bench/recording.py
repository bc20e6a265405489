"""What a sink received and when; read only after the run, so that receiving costs next to nothing."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from .traffic import MARKER, U16, UPDATE, split, split_with_ids

if TYPE_CHECKING:
    import socket

NOTIFICATION = 3
SLAB = 1 << 20
"""Octets of the memory added when a recording outgrows what was expected."""


class BrokenStream(Exception):
    """What came from the daemon is no BGP, or it ended the session."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a recording holds. ``complete_at`` is the moment (seconds of the monotonic clock) since which every expected
    prefix was there, None while some are ``missing``; ``surplus`` counts prefixes that nobody announced.
    """

    complete_at: float | None
    missing: int
    surplus: int
    updates: int
    octets: int


class Recording:
    """The stream of one session as it came: octets, and how many had come at which moment."""

    __slots__ = ("_free", "_marks", "_size", "_slabs")

    def __init__(self, expected_octets: int) -> None:
        # Filled, so that the pages are there before the clock starts.
        self._slabs = [bytearray(b"\xff") * max(expected_octets, 1 << 12)]
        self._free = memoryview(self._slabs[0])
        self._size = 0
        self._marks: list[tuple[int, float]] = []

    def receive(self, connection: socket.socket) -> int:
        """Take what is readable; octets, 0 at the end of the stream.

        Raises:
            OSError: nothing readable, or the connection is lost.
        """
        # HOT, once a recv: no parsing here.
        if not self._free:
            self._slabs.append(bytearray(SLAB))
            self._free = memoryview(self._slabs[-1])
        count = connection.recv_into(self._free)
        self._free = self._free[count:]
        self._size += count
        self._marks.append((self._size, monotonic()))
        return count

    def stream(self) -> bytes:
        """All octets so far."""
        return b"".join(self._slabs)[: self._size]

    def find(
        self, expected: frozenset[bytes], announced: frozenset[bytes], add_path: bool, having: bytes = b""
    ) -> Found:
        """Go through the stream and find when the last of the expected prefixes had come.

        A prefix that is withdrawn is missing again until it comes back. ``announced`` is all that can come: a daemon
        may send a peer its own routes too. A prefix that comes with attributes without ``having`` is missing.

        Raises:
            BrokenStream: no BGP message where one must start, or a NOTIFICATION.
        """
        stream = self.stream()
        read = split_with_ids if add_path else split
        missing, surplus = set(expected), set[bytes]()
        complete: int | None = None if missing else 0
        at = updates = 0
        while len(stream) - at >= 19:
            end = at + U16(stream, at + 16)[0]
            kind = stream[at + 18]
            if stream[at : at + 16] != MARKER or end < at + 19 or kind == NOTIFICATION:
                raise BrokenStream(f"octets {stream[at : at + 40].hex(' ')} at {at}")
            if end > len(stream):
                break
            if kind == UPDATE:
                updates += 1
                attributes_at = at + 21 + U16(stream, at + 19)[0]
                nlri_at = attributes_at + 2 + U16(stream, attributes_at)[0]
                if attributes_at > at + 21:
                    missing.update(expected.intersection(read(stream, at + 21, attributes_at)))
                    complete = None if missing else complete
                if nlri_at < end:
                    keys = read(stream, nlri_at, end)
                    if having in stream[attributes_at:nlri_at]:
                        missing.difference_update(keys)
                    else:
                        missing.update(expected.intersection(keys))
                        complete = None
                    if not announced.issuperset(keys):
                        surplus.update(set(keys) - announced)
                    if complete is None and not missing:
                        complete = end
            at = end
        moment = None if complete is None else self.moment(complete)
        return Found(moment, len(missing), len(surplus), updates, len(stream))

    def moment(self, offset: int) -> float:
        """When the first ``offset`` octets had come."""
        if not offset:
            return 0.0
        return self._marks[bisect_left(self._marks, offset, key=lambda mark: mark[0])][1]
