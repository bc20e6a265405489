"""A direction's octets as BGP messages, finding its feet again after a gap (RFC 4271 §4.1).

Unlike ``messages.header.Framer`` it doesn't end at an error: who listens in can't close the connection.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ..constants import HEADER_SIZE, MARKER, MAX_MESSAGE, MessageType

_MARKERS: Final = re.compile(rb"\xff{16,}")
_ONES_AT_THE_END: Final = re.compile(rb"\xff{1,15}\Z")
_SAMPLE: Final = 64
_SIZES: Final[dict[int, tuple[int, int]]] = {
    MessageType.OPEN: (29, MAX_MESSAGE),
    MessageType.UPDATE: (23, MAX_MESSAGE),
    MessageType.NOTIFICATION: (21, MAX_MESSAGE),
    MessageType.KEEPALIVE: (HEADER_SIZE, HEADER_SIZE),
    MessageType.ROUTE_REFRESH: (23, MAX_MESSAGE),
}
"""What is believed of a header that was found by looking for a marker."""


class Skipped(NamedTuple):
    """``size`` octets that belong to no whole message; ``sample`` are the first of them."""

    why: str
    size: int
    sample: bytes


class Framing:
    """Cuts one direction's octets into messages.

    ``synchronised``: the next octet begins a message. If not, or not any more, everything is skipped up to the next
    marker with a header behind it that can be true.
    """

    __slots__ = ("_need", "_rest", "_sample", "_skipped", "_why", "synchronised")

    def __init__(self, *, synchronised: bool) -> None:
        self.synchronised = synchronised
        self._rest = bytearray()  # the beginning of a message, or what may be one of a marker
        self._need = HEADER_SIZE  # octets the rest must have before it's worth looking again
        self._why = "the capture begins within a message"
        self._skipped = 0  # octets skipped since the last message
        self._sample = b""

    def feed(self, octets: bytes) -> list[bytes | Skipped]:
        """The messages that ``octets`` completes, header included, and what had to be skipped between them."""
        # HOT: once a segment; one slice a message.
        rest = self._rest
        rest += octets
        if len(rest) < self._need:
            return []
        out: list[bytes | Skipped] = []
        at, size = 0, len(rest)
        self._need = HEADER_SIZE
        while size - at >= HEADER_SIZE:
            if not self.synchronised:
                at = self._search(at, out)
                continue
            length = rest[at + 16] << 8 | rest[at + 17]
            if rest[at : at + 16] != MARKER or length < HEADER_SIZE:
                self._lose(_why_no_header(rest[at : at + HEADER_SIZE]))
                self._skip(at, at + 1)
                at += 1
                continue
            if size - at < length:
                self._need = length
                break
            out.append(bytes(rest[at : at + length]))
            at += length
        del rest[:at]
        return out

    def gap(self, missing: str) -> list[bytes | Skipped]:
        """Octets are missing here; what is left of a message before them is skipped."""
        out = self.end()
        self._lose(missing)
        return out

    def end(self) -> list[bytes | Skipped]:
        """Nothing more comes: what is left makes no message."""
        why = self._why if not self.synchronised else self._why_no_end()
        self._skip(0, len(self._rest))
        self._rest.clear()
        self._need = HEADER_SIZE
        out: list[bytes | Skipped] = [Skipped(why, self._skipped, self._sample)] if self._skipped else []
        self._skipped, self._sample = 0, b""
        return out

    def _why_no_end(self) -> str:
        have, why = len(self._rest), "the end of a message is missing"
        if have < HEADER_SIZE:
            return f"{why}: {have} octets, a header has {HEADER_SIZE}"
        return f"{why}: {have} of {self._rest[16] << 8 | self._rest[17]} octets"

    def _lose(self, why: str) -> None:
        self.synchronised = False
        self._why = why

    def _search(self, at: int, out: list[bytes | Skipped]) -> int:
        """Go to the next header that can be true, or to what may become one; the offset from which to go on."""
        rest, size = self._rest, len(self._rest)
        start = at
        while True:
            found = _MARKERS.search(rest, at)
            if found is None:
                ones = _ONES_AT_THE_END.search(rest, max(at, size - 15))
                return self._wait(start, ones.start() if ones else size)
            at = found.end()
            candidate = at - 16
            if size - candidate < HEADER_SIZE:
                return self._wait(start, candidate)
            if _is_plausible(rest, candidate):
                self._skip(start, candidate)
                if self._skipped:
                    out.append(Skipped(self._why, self._skipped, self._sample))
                self._skipped, self._sample = 0, b""
                self.synchronised = True
                return candidate

    def _wait(self, start: int, at: int) -> int:
        """Skip up to ``at``, with less than a header left."""
        self._skip(start, at)
        return at

    def _skip(self, start: int, end: int) -> None:
        self._skipped += end - start
        if len(self._sample) < _SAMPLE:
            self._sample += self._rest[start : min(end, start + _SAMPLE - len(self._sample))]


def _why_no_header(head: bytearray) -> str:
    if head[:16] != MARKER:
        return f"no message header: {head.hex()}, expected 16 octets ff in front"
    return f"no message header: length {head[16] << 8 | head[17]}, expected at least {HEADER_SIZE}"


def _is_plausible(octets: bytearray, at: int) -> bool:
    length, kind = octets[at + 16] << 8 | octets[at + 17], octets[at + 18]
    least, most = _SIZES.get(kind, (1, 0))
    return least <= length <= most
