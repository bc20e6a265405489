"""What comes of a capture: packets, messages with who sent them, and damage with where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..addresses import address_text
from ..messages.context import Context


class Endpoint(NamedTuple):
    """One end of a TCP connection; ``address`` has 4 or 16 octets."""

    address: bytes
    port: int

    def __str__(self) -> str:
        text = address_text(self.address)
        return f"{text}:{self.port}" if len(self.address) == 4 else f"[{text}]:{self.port}"


class Packet(NamedTuple):
    """A packet as it stands in a capture file.

    ``time`` is in seconds since 1970, None where the file has none; ``link`` is the link type of its interface (the
    numbers of https://www.tcpdump.org/linktypes.html); ``data`` is what was captured, which may be less than there
    was; ``offset`` is that of its record in the file.
    """

    time: float | None
    link: int
    data: bytes
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Something that could not be read, and was left out.

    ``offset`` is that of the packet or block in the file. Of what belongs to a TCP connection ``source``,
    ``destination`` and ``connection`` say to which, and which direction. ``octets`` are those that made no message.
    """

    why: str
    offset: int
    time: float | None = None
    source: Endpoint | None = None
    destination: Endpoint | None = None
    connection: int | None = None
    octets: bytes = b""

    def __str__(self) -> str:
        ends = "" if self.source is None else f"{self.source} > {self.destination}: "
        return f"octet {self.offset}: {ends}{self.why}"


class CapturedMessage(NamedTuple):
    """A whole BGP message, header included, that ``source`` sent to ``destination``.

    ``connection`` numbers the TCP connections of the capture from 1, in the order of their first packets; ``time`` and
    ``offset`` are those of the packet that completed the message. ``context`` is what ``messages.decode`` must know to
    read it: from the two OPENs where the capture has them (``learned``), else as good a guess as can be made.
    """

    octets: bytes
    source: Endpoint
    destination: Endpoint
    connection: int
    time: float | None
    offset: int
    context: Context
    learned: bool = True
