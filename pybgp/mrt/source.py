"""The octets of a file, unpacked if they are compressed, a piece at a time and never all at once."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from ..sources import PIECE, Source, chunks
from .errors import BadCompression

_XZ_MEMORY: Final = 128 << 20
"""Octets that unpacking xz may take for itself."""
_MAGIC: Final = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
_LONGEST_MAGIC: Final = max(map(len, _MAGIC))


def pieces(source: Source) -> Iterator[bytes]:
    """The octets of a source, unpacked if they begin as gzip, bzip2 or xz do.

    Raises:
        BadCompression: at the end of what can be unpacked.
    """
    rest = chunks(source)
    head = b""
    for chunk in rest:
        head += chunk
        if len(head) >= _LONGEST_MAGIC:
            break
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return _unpacked(name, _behind(head, rest))
    return _behind(head, rest)


def _behind(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


class _Unpacker(Protocol):
    """One compressed stream, a common face for zlib, bz2 and lzma."""

    def decompress(self, data: bytes, max_length: int) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class _Gzip:
    """``zlib.decompressobj`` with the face of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def _unpacker(name: str) -> _Unpacker:
    if name == "gzip":
        return _Gzip()
    if name == "bzip2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


def _unpacked(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack the streams that stand one behind the other; zeros behind the last are padding."""
    unpacker: _Unpacker | None = None
    for chunk in chunks:
        data = chunk
        while data or (unpacker is not None and not unpacker.needs_input):
            if unpacker is None:
                data = data.lstrip(b"\0")
                if not data:
                    break
                unpacker = _unpacker(name)
            try:
                piece = unpacker.decompress(data, PIECE)
            except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError) as error:
                raise BadCompression(f"{name}: {error}") from None
            if piece:
                yield piece
            data = b""
            if unpacker.eof:
                data = unpacker.unused_data
                unpacker = None
    if unpacker is not None:
        raise BadCompression(f"{name}: the file ends early")
