"""Which of a few prefixes cover a prefix: a look-up for each of their lengths, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_ALL_BITS: Final = 0xFF


class Covering:
    """Prefixes of one family; asked for those that are shorter than a key and hold it."""

    __slots__ = ("_lengths",)

    def __init__(self, keys: Iterable[bytes]) -> None:
        known: dict[int, set[bytes]] = {}
        for key in keys:
            known.setdefault(key[0], set()).add(key)
        # (bits, whole octets, mask of the next one, keys), the longest first
        self._lengths = [
            (bits, bits // 8, _ALL_BITS << (8 - bits % 8) & _ALL_BITS, known[bits])
            for bits in sorted(known, reverse=True)
        ]

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
