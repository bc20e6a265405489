"""What ``pybgp decode`` reads: hexadecimal text, streams of messages, MRT files, captures; their content tells."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from ..addresses import address_text
from ..constants import MARKER
from ..errors import PybgpError
from ..messages.context import Context
from ..messages.hex_text import octets_of
from .decode_reading import Listener, Reading

if TYPE_CHECKING:
    from .. import mrt
    from ..capture.framing import Framing, Skipped

HEAD: Final = 1 << 12
"""Octets that tell what an input is."""
_TEXT: Final = re.compile(rb"[\t\r\n\x20-\x7e\x80-\xff]*")
_MRT_TYPES: Final = (11, 12, 13, 16, 17, 32, 33, 48, 49)
_MRT_HEAD: Final = 12
_MRT_LONGEST: Final = 1 << 24


class Unrecognised(PybgpError):
    """Nothing tells what the input is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message, and where and when it was seen; ``time`` is in seconds since 1970."""

    octets: bytes
    context: Context
    offset: int | None = None
    time: float | None = None
    source: str | None = None
    destination: str | None = None
    source_as: int | None = None
    destination_as: int | None = None
    connection: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Octets of the input that make no message; ``offset`` is in octets from its beginning."""

    why: str
    offset: int
    octets: bytes = b""
    time: float | None = None
    source: str | None = None
    destination: str | None = None


def shown_address(octets: bytes) -> str:
    """An address of a record as people write it."""
    return address_text(octets) if len(octets) in (4, 16) else octets.hex()


def recognise(head: bytes) -> str:
    """ "hex", "bgp", "mrt" or "pcap", from the first octets.

    Raises:
        Unrecognised: it is none of them.
    """
    kind = _by_front(head)
    if kind is not None:
        return kind
    if _TEXT.fullmatch(head):
        return "hex"
    if MARKER in head:
        return "bgp"
    raise Unrecognised(f"begins with {head[:8].hex()}: expected hexadecimal text, BGP messages, MRT or a capture")


def _by_front(head: bytes) -> str | None:
    """What the first 16 octets tell; None if it takes more."""
    from ..capture import is_capture

    if is_capture(head):
        return "pcap"
    if head.startswith(MARKER):
        return "bgp"
    return "mrt" if _is_mrt(head) else None


def _is_mrt(head: bytes) -> bool:
    """Do these octets begin with the header of a record?"""
    kind, length = int.from_bytes(head[4:6]), int.from_bytes(head[8:12])
    return len(head) >= _MRT_HEAD and kind in _MRT_TYPES and not head[6] and length <= _MRT_LONGEST


def opened(chunks: Iterable[bytes], kind: str | None) -> tuple[str, Iterator[bytes]]:
    """What the input is, unless ``kind`` says it, and its octets, unpacked if they are compressed.

    No more is read than it takes to tell: the input may be live.

    Raises:
        Unrecognised: nothing tells what it is.
    """
    from ..mrt.source import pieces

    unpacked = iter(pieces(chunks))
    head = b""
    for piece in unpacked:
        head += piece
        if kind or _by_front(head) or len(head) >= HEAD:
            break
    return kind or recognise(head), chain((head,), unpacked)


def items(
    kind: str, chunks: Iterable[bytes], reading: Reading, ports: Collection[int]
) -> Iterator[Seen | Broken | mrt.Record]:
    """What stands in the input, in its order.

    Raises:
        ValueError: text that is not hexadecimal.
    """
    if kind == "hex":
        return _messages([octets_of(b"".join(chunks).decode("utf-8", "replace"))], reading)
    if kind == "bgp":
        return _messages(chunks, reading)
    if kind == "mrt":
        return _records(chunks, reading)
    return _captured(chunks, reading, ports)


def _messages(chunks: Iterable[bytes], reading: Reading) -> Iterator[Seen | Broken]:
    """A stream of messages, both sides of a session or one."""
    from ..capture.framing import Framing, Skipped

    framing, listener, offset = Framing(synchronised=True), Listener(reading), 0
    for found in chain.from_iterable(chain(map(framing.feed, chunks), _ending(framing))):
        if isinstance(found, Skipped):
            yield Broken(why=found.why, offset=offset, octets=found.sample)
            offset += found.size
        else:
            yield Seen(octets=found, context=listener.context(found), offset=offset)
            offset += len(found)


def _ending(framing: Framing) -> Iterator[list[bytes | Skipped]]:
    """What is left, once everything before it was handed out."""
    yield framing.end()


def _captured(chunks: Iterable[bytes], reading: Reading, ports: Collection[int]) -> Iterator[Seen | Broken]:
    from .. import capture

    for found in capture.messages(chunks, ports=ports):
        source = None if found.source is None else str(found.source)
        destination = None if found.destination is None else str(found.destination)
        if isinstance(found, capture.Damage):
            yield Broken(
                why=found.why,
                offset=found.offset,
                octets=found.octets,
                time=found.time,
                source=source,
                destination=destination,
            )
        else:
            yield Seen(
                octets=found.octets,
                context=reading.of(found.context),
                offset=found.offset,
                time=found.time,
                source=source,
                destination=destination,
                connection=found.connection,
            )


def _records(chunks: Iterable[bytes], reading: Reading) -> Iterator[Seen | Broken | mrt.Record]:
    """The records of an MRT file; those with messages as such."""
    from .. import mrt

    for record in mrt.read(chunks):
        if isinstance(record, mrt.Damage):
            yield Broken(why=record.why, offset=record.offset)
        elif isinstance(record, mrt.Message):
            yield _message(record, reading)
        else:
            yield record


def _message(record: mrt.Message, reading: Reading) -> Seen:
    """The other way round where the collector sent it itself."""
    peer = (shown_address(record.peer_address), record.peer_as)
    local = (shown_address(record.local_address), record.local_as)
    (source, source_as), (destination, destination_as) = (local, peer) if record.local else (peer, local)
    return Seen(
        octets=record.data,
        context=reading.of(record.context),
        time=record.seconds + record.microseconds / 1e6,
        source=source,
        destination=destination,
        source_as=source_as,
        destination_as=destination_as,
    )
