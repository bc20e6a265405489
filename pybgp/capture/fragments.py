"""IP fragments, put together in a bounded memory (RFC 791 §3.2, RFC 8200 §4.5)."""

from __future__ import annotations

from typing import Final, NamedTuple

_MAX_DATAGRAMS: Final = 256
"""How many datagrams may be incomplete at once; the oldest is given up for a new one."""
_MAX_PIECES: Final = 8192
_MAX_SIZE: Final = 65535
_MAX_STORED: Final = 2 * _MAX_SIZE
"""Octets of a datagram's pieces: those of one that was cut up twice, differently."""
_LIFETIME: Final = 60.0
"""Seconds after which a datagram's number means another datagram (RFC 8200 §4.5)."""

_Key = tuple[bytes, bytes, int, int]


class Fragment(NamedTuple):
    """``offset`` is that of its octets in the datagram; ``more``: it is not the last one."""

    offset: int
    octets: bytes
    more: bool


class _Datagram:
    """Pieces so far; of the same octets twice the later ones count."""

    __slots__ = ("pieces", "size", "started", "stored")

    def __init__(self, started: float | None) -> None:
        self.started = started
        self.pieces: dict[int, bytes] = {}  # offset -> octets
        self.stored = 0  # octets in pieces: nothing is done before it can be complete
        self.size: int | None = None  # of the whole, once the last one is there

    def add(self, piece: Fragment) -> None:
        self.stored += len(piece.octets) - len(self.pieces.get(piece.offset, b""))
        self.pieces[piece.offset] = piece.octets
        if not piece.more:
            self.size = piece.offset + len(piece.octets)

    @property
    def may_be_complete(self) -> bool:
        """There are as many octets as the whole has."""
        return self.size is not None and self.stored >= self.size

    def whole(self) -> bytes | None:
        """All octets, None if some are missing."""
        out = bytearray()
        for offset, octets in sorted(self.pieces.items()):
            if offset > len(out):
                return None
            out[offset : offset + len(octets)] = octets
        return bytes(out[: self.size])


class Fragments:
    """Datagrams that are not complete."""

    __slots__ = ("_datagrams",)

    def __init__(self) -> None:
        self._datagrams: dict[_Key, _Datagram] = {}

    def add(self, key: _Key, piece: Fragment, time: float | None) -> bytes | None:
        """The whole datagram when ``piece`` completes it; what is too large, or in too many pieces, never is."""
        found = self._datagrams.get(key)
        if found is None or _is_over(found, time):
            self._datagrams.pop(key, None)
            if len(self._datagrams) >= _MAX_DATAGRAMS:
                del self._datagrams[next(iter(self._datagrams))]
            found = self._datagrams[key] = _Datagram(time)
        if piece.offset + len(piece.octets) > _MAX_SIZE or len(found.pieces) >= _MAX_PIECES:
            del self._datagrams[key]
            return None
        found.add(piece)
        if found.stored > _MAX_STORED:
            del self._datagrams[key]
            return None
        if not found.may_be_complete:
            return None
        del self._datagrams[key]  # pieces that overlap and leave a hole are nobody's honest datagram
        return found.whole()


def _is_over(found: _Datagram, time: float | None) -> bool:
    return time is not None and found.started is not None and time - found.started > _LIFETIME
