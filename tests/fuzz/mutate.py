"""Octets → damaged octets: what links, lengths and liars do to a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

INTERESTING: Final = (0, 1, 2, 3, 4, 5, 7, 8, 14, 15, 16, 17, 24, 32, 33, 64, 127, 128, 129, 0xC0, 0xE0, 0xF0, 254, 255)
"""Octets that mean something somewhere: lengths, flags, types, the ends of ranges."""
MAX_SIZE: Final = 65_535

_Operation = Callable[[bytearray, Random, Sequence[bytes]], None]


def mutated(seed: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """``seed`` with a few changes; ``others`` are what can be spliced in."""
    out = bytearray(seed)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        random.choice(_OPERATIONS)(out, random, others)
    return bytes(out[:MAX_SIZE])


def _flip(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    if out:
        out[random.randrange(len(out))] ^= 1 << random.randrange(8)


def _interesting(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    if out:
        out[random.randrange(len(out))] = random.choice(INTERESTING)


def _near(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    """A length that lies by a little."""
    if out:
        at = random.randrange(len(out))
        out[at] = (out[at] + random.choice((-4, -3, -2, -1, 1, 2, 3, 4))) % 256


def _two_octets(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    if len(out) > 1:
        at = random.randrange(len(out) - 1)
        out[at : at + 2] = random.choice((0, 1, 255, 256, 4096, 65535, len(out), len(out) - at)).to_bytes(2)


def _cut(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    if out:
        at = random.randrange(len(out))
        del out[at : at + random.choice((1, 1, 2, 3, 4, 8, 16))]


def _truncate(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    del out[random.randrange(len(out) + 1) :]


def _insert(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    at = random.randrange(len(out) + 1)
    out[at:at] = random.randbytes(random.choice((1, 1, 2, 3, 4, 8)))


def _double(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    """A piece once more, or many times: attributes twice, bombs."""
    if out:
        at = random.randrange(len(out))
        piece = out[at : at + random.choice((1, 3, 4, 6, 8, 12, 20, 40))]
        room = max(1, (MAX_SIZE - len(out)) // len(piece))
        out[at:at] = piece * min(room, random.choice((1, 1, 1, 2, 10, 300)))


def _splice(out: bytearray, random: Random, others: Sequence[bytes]) -> None:
    if others:
        other = random.choice(others)
        first = random.randrange(len(other) + 1)
        piece = other[first : first + random.choice((4, 8, 16, 32, 64))]
        at = random.randrange(len(out) + 1)
        out[at : at + random.choice((0, 0, len(piece)))] = piece


_OPERATIONS: Final[tuple[_Operation, ...]] = (
    _flip,
    _interesting,
    _interesting,
    _near,
    _near,
    _two_octets,
    _cut,
    _truncate,
    _insert,
    _double,
    _splice,
)
