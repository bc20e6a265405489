"""Where octets come from: a binary file that somebody else has opened, or the octets themselves, whole or in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol, runtime_checkable

PIECE: Final = 1 << 18
"""Octets read of a file at a time."""


@runtime_checkable
class BinaryFile(Protocol):
    """What is needed of a file that is open for reading octets."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` octets; none at the end."""


Source = BinaryFile | Iterable[bytes] | bytes


def chunks(source: Source) -> Iterator[bytes]:
    """The octets of a source, in order."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield bytes(source)
    elif isinstance(source, BinaryFile):
        while chunk := source.read(PIECE):
            yield chunk
    else:
        yield from source
