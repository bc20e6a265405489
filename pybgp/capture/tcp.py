"""One direction of a TCP connection, put in order (RFC 9293 §3.4, §3.10.7.4).

What was captured twice counts once, the first time; what came out of order waits for what is missing, in a bounded
memory; what is missing for good is a gap, and the octets behind it are handed out with its size.
"""

from __future__ import annotations

from heapq import heappop, heappush
from struct import Struct
from typing import Final, NamedTuple

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
_HEAD: Final = Struct("!HHIIBB").unpack_from
_HEAD_SIZE: Final = 20
MAX_HELD: Final = 1 << 20
"""Octets of one direction that wait at most; then what is missing counts as lost."""
_MAX_SEGMENTS: Final = 4096
_WINDOW: Final = 1 << 24
"""How far a sequence number may be from what is expected, in octets, before it is another connection's."""
_MAX_STRAYS: Final = 3
"""So many packets in a row from elsewhere are the connection's new place: the capture missed how it got there."""
_PATIENCE: Final = 60.0
"""Seconds that octets wait for what is missing."""
_ACKNOWLEDGED_PATIENCE: Final = 1.0
"""The same once the receiver has acknowledged them: only if the capture's order was wrong will they still come."""
_ACKNOWLEDGED_SEGMENTS: Final = 3
UNKNOWN: Final = -1
"""The size of a gap that nobody knows."""


class Segment(NamedTuple):
    """A TCP segment without its options."""

    source_port: int
    destination_port: int
    sequence: int
    acknowledgement: int
    flags: int
    octets: bytes


class Piece(NamedTuple):
    """Octets in order; ``missing`` octets before them were not captured (``UNKNOWN`` where nobody knows how many)."""

    missing: int
    octets: bytes


def segment(octets: bytes) -> Segment | None:
    """A segment of an IP packet's payload, None if its header is cut off."""
    if len(octets) < _HEAD_SIZE:
        return None
    source, destination, sequence, acknowledgement, offset, flags = _HEAD(octets)
    size = (offset >> 4) * 4
    if not _HEAD_SIZE <= size <= len(octets):
        return None
    return Segment(source, destination, sequence, acknowledgement, flags, octets[size:])


class Direction:
    """What one side sends. Positions are sequence numbers that don't wrap around."""

    __slots__ = ("_acknowledged", "_end", "_held", "_hole_since", "_next", "_order", "_strays", "held", "isn")

    def __init__(self) -> None:
        self.isn: int | None = None  # the sequence number of its SYN, None if that was not captured
        self.held = 0  # octets that wait
        self._next: int | None = None  # position of the next octet to hand out
        self._held: dict[int, bytes] = {}  # position -> octets that came too early
        self._order: list[int] = []  # heap of these positions
        self._acknowledged: int | None = None  # the receiver has everything before this position
        self._hole_since: float | None = None  # when the first octets came too early
        self._end: int | None = None  # position behind the last octet, once there was a FIN
        self._strays = 0  # packets in a row with sequence numbers from elsewhere

    @property
    def is_over(self) -> bool:
        """Everything up to its FIN was handed out."""
        return self._end is not None and self._next is not None and self._next >= self._end

    def open(self, sequence: int) -> bool:
        """Its SYN; False if it can't be one of this connection."""
        if self.isn is None and self._next is None:
            self.isn = sequence
            self._next = sequence + 1
        return self.isn == sequence

    def close(self, sequence: int) -> None:
        """Its FIN, the octet behind all others."""
        if self._end is None and self._next is not None:
            self._end = self._position(sequence)

    def add(self, sequence: int, octets: bytes, time: float | None) -> list[Piece]:
        """The octets that a segment brings, and those that have waited for it."""
        # HOT: nearly all segments are the expected one.
        if not octets:
            return []
        if self._next is None:
            self._next = sequence
        position = self._position(sequence)
        if position == self._next and not self._order:
            self._strays = 0
            self._next = position + len(octets)
            return [Piece(0, octets)]
        if abs(position - self._next) > _WINDOW:
            return self._stray(sequence, octets)
        self._strays = 0
        if position > self._next:
            return self._hold(position, octets, time)
        fresh = octets[self._next - position :]
        if not fresh:
            return self._give_up_what_is_lost(time)
        self._next += len(fresh)
        return [Piece(0, fresh), *self._in_order()]

    def acknowledge(self, sequence: int, time: float | None) -> list[Piece]:
        """The receiver says that it has everything before ``sequence``: what wasn't captured won't be sent again."""
        if self._next is None:
            return []
        position = self._position(sequence)
        if abs(position - self._next) <= _WINDOW:
            self._acknowledged = position
        return self._give_up_what_is_lost(time) if self._order else []

    def give_up(self) -> list[Piece]:
        """All octets that wait, with the gaps between them."""
        pieces = []
        while self._order:
            pieces += self._skip()
        return pieces

    def _position(self, sequence: int) -> int:
        """The position with that sequence number nearest to the next octet."""
        expected = self._next or 0
        return expected + ((sequence - expected + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)

    def _stray(self, sequence: int, octets: bytes) -> list[Piece]:
        self._strays += 1
        if self._strays < _MAX_STRAYS:
            return []
        pieces = self.give_up()
        self._strays = 0
        self._end = self._acknowledged = None
        self._next = sequence + len(octets)
        return [*pieces, Piece(UNKNOWN, octets)]

    def _hold(self, position: int, octets: bytes, time: float | None) -> list[Piece]:
        before = self._held.get(position)
        if before is None:
            if not self._order:
                self._hole_since = time
            heappush(self._order, position)
        if before is None or len(before) < len(octets):
            self.held += len(octets) - len(before or b"")
            self._held[position] = octets
        if self.held > MAX_HELD or len(self._order) > _MAX_SEGMENTS:
            return self._skip()
        return self._give_up_what_is_lost(time)

    def _give_up_what_is_lost(self, time: float | None) -> list[Piece]:
        if not self._order or self._next is None:
            return []
        waited = time - self._hole_since if time is not None and self._hole_since is not None else 0.0
        if self._acknowledged is not None and self._acknowledged > self._next:
            is_lost = waited > _ACKNOWLEDGED_PATIENCE or len(self._order) >= _ACKNOWLEDGED_SEGMENTS or time is None
        else:
            is_lost = waited > _PATIENCE
        return self._skip() if is_lost else []

    def _skip(self) -> list[Piece]:
        """Over the first gap."""
        position = self._order[0]
        missing = position - (self._next or 0)
        self._next = position
        pieces = self._in_order()
        return [Piece(missing, pieces[0].octets), *pieces[1:]]

    def _in_order(self) -> list[Piece]:
        """What has waited and is next now."""
        pieces = []
        expected = self._next or 0
        while self._order and self._order[0] <= expected:
            position = heappop(self._order)
            octets = self._held.pop(position)
            self.held -= len(octets)
            fresh = octets[expected - position :]
            if fresh:
                pieces.append(Piece(0, fresh))
                expected += len(fresh)
        self._next = expected
        self._hole_since = None if not self._order else self._hole_since
        return pieces
