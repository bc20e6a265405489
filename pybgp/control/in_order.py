"""Prefixes in the order in which people look for them, a step at a time.

A million sorted at once would keep every session waiting for a second. So they are dealt out by their first octet, then
the parts by the next one, until a part is small; the first ones are there as soon as the first part is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

AT_ONCE: Final = 512
"""Keys that are sorted, or dealt out, in one step: some 0.3 ms."""


def in_order(keys: list[bytes], order: Callable[[bytes], bytes]) -> Iterator[bytes | None]:
    """``keys`` by what ``order`` makes of each, the lowest first; None after each step of work."""
    waiting = [(keys, 0)]  # parts, the lowest last, and how many octets all of a part have in common
    while waiting:
        part, at = waiting.pop()
        if len(part) <= AT_ONCE:
            if part is not keys:
                yield None
            yield from sorted(part, key=order)
            continue
        by_octet: dict[bytes, list[bytes]] = {}
        for some in pieces(part):
            for key in some:
                by_octet.setdefault(order(key)[at : at + 1], []).append(key)
            yield None
        if len(by_octet) > 1:
            waiting += ((by_octet[octet], at + 1) for octet in sorted(by_octet, reverse=True))
            continue
        low = high = order(part[0])
        for some in pieces(part):
            low, high = min(low, *map(order, some)), max(high, *map(order, some))
            yield None
        if low == high:
            yield from part
        else:
            waiting.append((part, _shared(low, high)))


def pieces(keys: list[bytes]) -> Iterator[list[bytes]]:
    """As many at once as keep nobody waiting."""
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _shared(one: bytes, other: bytes) -> int:
    """With how many octets both begin."""
    for at, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return at
    return min(len(one), len(other))
