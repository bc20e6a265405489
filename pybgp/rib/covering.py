"""Which of a few prefixes cover a prefix: a look-up for each of their lengths, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_ALL_BITS: Final = 0xFF


class Covering:
    """Prefixes of one family; asked for those that are shorter than a key and hold it."""

    __slots__ = ("_lengths",)

    def __init__(self, keys: Iterable[bytes]) -> None:
        # (bits, whole octets, mask of the next one, keys), the longest first
        self._lengths: list[tuple[int, int, int, set[bytes]]] = []
        for key in keys:
            self.add(key)

    def add(self, key: bytes) -> None:
        """One more prefix."""
        length = key[0]
        for bits, _, _, known in self._lengths:
            if bits == length:
                known.add(key)
                return
        self._lengths.append((length, length // 8, _ALL_BITS << (8 - length % 8) & _ALL_BITS, {key}))
        self._lengths.sort(reverse=True)

    def discard(self, key: bytes) -> None:
        """One less, if it is there."""
        for at, (bits, _, _, known) in enumerate(self._lengths):
            if bits == key[0]:
                known.discard(key)
                if not known:
                    del self._lengths[at]
                return

    def of(self, key: bytes) -> Iterator[bytes]:
        """The prefixes that are less specific than ``key``, the longest first."""
        length = key[0]
        for bits, octets, mask, known in self._lengths:
            if bits < length:
                found = bytes((bits,)) + key[1 : 1 + octets]
                if mask:
                    found += bytes((key[1 + octets] & mask,))
                if found in known:
                    yield found

    def first(self, key: bytes) -> bytes | None:
        """The longest of them."""
        return next(self.of(key), None)


def covering_keys(key: bytes) -> Iterator[bytes]:
    """The key itself, then each prefix that holds it, the default route last."""
    number = int.from_bytes(key[1:])
    bits = 8 * (len(key) - 1)
    for length in range(key[0], -1, -1):
        size = (length + 7) // 8
        kept = number >> (bits - length) << (8 * size - length)
        yield bytes([length]) + kept.to_bytes(size)
