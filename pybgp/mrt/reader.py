"""A file of MRT records → values, one by one; what is damaged is said, and reading goes on behind it (RFC 6396 §2).

The length in a header is the only thing that tells where the next record begins. Where it can't be right - too long, or
behind a record that is damaged there stands no header - the next record is searched for: octets that look like a header
of a kind that pybgp reads, with a time like that of the record before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import Struct
from typing import Final

from ..messages.attributes.cache import BlockCache
from ..sources import Source
from . import bgp4mp
from .errors import BadCompression, BadRecord
from .kinds import ASSIGNED, MrtType
from .records import Damage, Record, Unknown
from .source import pieces
from .table import TableReader

MAX_RECORD: Final = 1 << 24
"""Octets of a record, if nothing else is asked for: a RIB record of 500 peers has some 100,000."""
HEADER_SIZE: Final = 12
_HEADER: Final = Struct("!IHHI").unpack_from
_MICROSECONDS_SIZE: Final = 4
_ET: Final = MrtType.BGP4MP_ET.value
_TABLE_DUMP_V2: Final = MrtType.TABLE_DUMP_V2.value

_LOOKS_RIGHT: Final = re.compile(
    rb"(?s).{4}(?:\x00\x0c\x00[\x01\x02]|\x00\x0d\x00[\x01-\x06\x08-\x0c]|\x00[\x10\x11]\x00[\x00\x01\x04-\x0b])"
)
"""The front of a header of a kind that is read."""
_NEAR: Final = 1 << 22
"""Seconds, 48 days: what is found by searching is no further from the record before."""
_AHEAD: Final = 1 << 20
"""Octets in the window from which on more is read at a time, so that it is not copied for every few."""


def read(
    source: Source, *, blocks: BlockCache | None = None, max_record: int = MAX_RECORD
) -> Iterator[Record | Damage]:
    """The records of a file, and ``Damage`` where there is something else, in order.

    ``source`` is a file open for reading octets, or the octets, whole or in pieces; gzip, bzip2 and xz are seen by how
    they begin. It is read as far as the records are asked for. ``blocks`` may be shared with others. A record that
    says it has more than ``max_record`` octets is damage: nothing longer is ever held in memory.

    Errors of ``source`` itself (``OSError``) are passed on; whatever octets it gives, nothing else is raised.
    """
    return _Reader(source, BlockCache() if blocks is None else blocks, max_record).records()


class _Reader:
    """A window on the octets: ``_data`` from ``_at`` on are not read yet; ``_data`` begins at the file's ``_base``."""

    __slots__ = ("_at", "_base", "_data", "_ended", "_max", "_pieces", "_recent", "_table", "_wasted", "_why_ended")

    def __init__(self, source: Source, blocks: BlockCache, max_record: int) -> None:
        self._pieces = pieces(source)
        self._table = TableReader(blocks)
        self._max = max_record
        self._data = b""
        self._at = 0
        self._base = 0
        self._ended = False
        self._why_ended = ""  # where the source ended as it shouldn't
        self._recent: int | None = None  # the time of the last good record
        self._wasted = 0  # octets of bad records that will be looked at again: never more than those before them

    def records(self) -> Iterator[Record | Damage]:
        # HOT: once a record.
        parse = self._parse
        while True:
            at, data = self._at, self._data
            behind = at + HEADER_SIZE
            if behind > len(data):
                if self._fill(HEADER_SIZE):
                    continue
                break
            seconds, kind, subtype, size = _HEADER(data, at)
            if size > self._max:
                yield self._skip(f"a record of {size} octets, at most {self._max} are read")
                continue
            end = behind + size
            if end > len(data):
                if not self._fill(HEADER_SIZE + size):
                    have = len(self._data) - self._at - HEADER_SIZE
                    yield self._skip(f"a record of {size} octets, {have} left" + self._because())
                continue
            if self._wasted + size > self._max + self._base + at and not self._header_at(HEADER_SIZE + size):
                yield self._skip(f"type {kind}, subtype {subtype}: damage all around")
                continue
            try:
                record = parse(seconds, kind, subtype, data[behind:end])
            except BadRecord as error:
                yield self._pass_over(f"type {kind}, subtype {subtype}: {error}", HEADER_SIZE + size)
                continue
            if type(record) is Unknown and not self._header_at(HEADER_SIZE + size):
                yield self._pass_over(f"type {kind}, subtype {subtype} is unknown", HEADER_SIZE + size)
                continue
            self._recent = seconds
            self._at += HEADER_SIZE + size
            yield record
        left = len(self._data) - self._at
        if left or self._why_ended:
            why = f"{left} octets, too few for a header" if left else "no more octets"
            yield Damage(self._base + self._at, left, why + self._because())

    def _parse(self, seconds: int, kind: int, subtype: int, body: bytes) -> Record:
        """The record of a header and what stands behind it.

        Raises:
            BadRecord: what stands there is not what the header says.
        """
        record: Record | None = None
        if kind == _TABLE_DUMP_V2:
            record = self._table.read(seconds, subtype, body)
        elif kind == MrtType.BGP4MP:
            record = bgp4mp.read(seconds, 0, subtype, body)
        elif kind == _ET:
            if len(body) < _MICROSECONDS_SIZE:
                raise BadRecord(f"{len(body)} octets, expected {_MICROSECONDS_SIZE} of microseconds at least")
            microseconds = int.from_bytes(body[:_MICROSECONDS_SIZE])
            record = bgp4mp.read(seconds, microseconds, subtype, body[_MICROSECONDS_SIZE:], extended=True)
        elif kind == MrtType.TABLE_DUMP:
            record = self._table.read_old(seconds, subtype, body)
        return Unknown(seconds=seconds, type=kind, subtype=subtype, data=body) if record is None else record

    # -- damage --------------------------------------------------------------------------------------------------------

    def _pass_over(self, why: str, size: int) -> Damage:
        """Go on behind a bad record if another one begins there, else search for one."""
        if not self._header_at(size):
            self._wasted += size
            return self._skip(why)
        found = Damage(self._base + self._at, size, why)
        self._at += size
        return found

    def _header_at(self, size: int) -> bool:
        """May a record begin so far from here, or is the end of the file there?"""
        if not self._fill(size + HEADER_SIZE):
            return len(self._data) - self._at == size and not self._why_ended
        _, kind, _, length = _HEADER(self._data, self._at + size)
        return kind in ASSIGNED and length <= self._max

    def _skip(self, why: str) -> Damage:
        """Search for the next record from behind the first octet of this one."""
        start = self._base + self._at
        self._at += 1
        while True:
            found = _LOOKS_RIGHT.search(self._data, self._at)
            if found is not None:
                self._at = found.start()
                if self._is_record():
                    break
                self._at += 1
                continue
            self._at = max(self._at, len(self._data) - HEADER_SIZE + 1)  # as much as may be the front of a header
            if not self._fill(len(self._data) - self._at + 1):
                self._at = len(self._data)
                break
        return Damage(start, self._base + self._at - start, why)

    def _is_record(self) -> bool:
        """Does what looks like a header here have a time near the last one's, and another header behind its record?"""
        if not self._fill(HEADER_SIZE):
            return False
        seconds, _, _, size = _HEADER(self._data, self._at)
        near = self._recent is None or abs(seconds - self._recent) < _NEAR
        return near and size <= self._max and self._header_at(HEADER_SIZE + size)

    def _because(self) -> str:
        return f": {self._why_ended}" if self._why_ended else ""

    # -- octets --------------------------------------------------------------------------------------------------------

    def _fill(self, size: int) -> bool:
        """Have at least ``size`` octets from here on; False if the source has no more."""
        have = len(self._data) - self._at
        if have >= size or self._ended:  # no copy of what is left for each header that says too much
            return have >= size
        wanted = size if have < _AHEAD else max(size, have + have // 2)
        parts = [self._data[self._at :]]
        while have < wanted and not self._ended:
            try:
                piece = next(self._pieces, None)
            except BadCompression as error:
                self._why_ended = str(error)
                piece = None
            if piece is None:
                self._ended = True
            else:
                parts.append(piece)
                have += len(piece)
        if len(parts) > 1:
            self._base += self._at
            self._at = 0
            self._data = b"".join(parts)
        return have >= size
