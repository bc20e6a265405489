"""Where one NLRI ends and the next begins, in fields whose NLRI say how long they are (RFC 4760 §5, RFC 7911 §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ...addresses import Family
from ..errors import InvalidNetworkField

_SHORTEST: Final = 2
"""Octets of an NLRI that has nothing but a type and a length of 0: as an object it takes twenty times as many."""


def cut(
    family: Family, field: bytes, id_size: int, head_size: int, size_of: Callable[[bytes], int]
) -> Iterator[tuple[bytes, bytes]]:
    """(path identifier, NLRI) one by one, as they stand; ``size_of`` tells the whole size from the first octets.

    Raises:
        InvalidNetworkField: an NLRI that runs past the field, or whose identifier or head is cut off.
    """
    shortest: dict[bytes, bytes] = {}  # there are few different ones, and thousands of them in a field made to hurt
    at = 0
    while at < len(field):
        nlri_at = at + id_size
        head = field[nlri_at : nlri_at + head_size]
        if len(head) < head_size:
            left = len(field) - at
            raise InvalidNetworkField(f"{family}: {left} octets at octet {at}, expected at least {id_size + head_size}")
        end = nlri_at + size_of(head)
        if end > len(field):
            raise InvalidNetworkField(f"{family}: {end - nlri_at} octets of NLRI at octet {nlri_at} run past the field")
        nlri = field[nlri_at:end]
        yield field[at:nlri_at], shortest.setdefault(nlri, nlri) if len(nlri) <= _SHORTEST else nlri
        at = end


def size_of_bits(head: bytes) -> int:
    """The size of an NLRI that begins with its length in bits."""
    return 1 + (head[0] + 7) // 8


def masked(octets: bytes, bits: int) -> bytes:
    """``octets`` with everything behind the first ``bits`` zero: what is irrelevant on the wire isn't in a key."""
    behind = len(octets) * 8 - bits
    return (int.from_bytes(octets) >> behind << behind).to_bytes(len(octets)) if behind else octets
