"""What is decoded: UPDATEs as a peer with a full table sends them, in a stream, in MRT files, in a capture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from struct import Struct, pack
from typing import Final

from .. import traffic

ADDRESS: Final = "10.99.16.1"
ASN: Final = 65001
LOCAL_ADDRESS: Final = "10.99.0.1"
LOCAL_AS: Final = 65000
_SENDER: Final = bytes((10, 99, 16, 1))
_RECEIVER: Final = bytes((10, 99, 0, 1))
_TIME: Final = 1_700_000_000
_U16: Final = Struct("!H").unpack_from
_SEGMENT: Final = 1448
"""Octets of data in a TCP segment on Ethernet."""

STREAM: Final = "stream.bgp"
TABLE: Final = "table.mrt"
UPDATES: Final = "updates.mrt"
CAPTURE: Final = "session.pcap"


@dataclass(frozen=True, slots=True)
class Material:
    """The files in a folder; ``messages`` are those of ``stream.bgp``, header included."""

    folder: Path
    messages: list[bytes]

    @property
    def stream(self) -> bytes:
        return b"".join(self.messages)

    @classmethod
    def make(cls, folder: Path, updates: int) -> Material:
        """Write all files: ``updates`` UPDATEs of 3.3 prefixes and an attribute set each; of a fixed seed."""
        stream = traffic.internet(updates * 4 + 200, address=ADDRESS, asn=ASN, internal=False)
        messages = cut(stream)[:updates]
        if len(messages) < updates:
            raise ValueError(f"{len(messages)} UPDATEs made, {updates} wanted")
        (folder / STREAM).write_bytes(b"".join(messages))
        (folder / TABLE).write_bytes(_table(messages))
        (folder / UPDATES).write_bytes(b"".join(map(_bgp4mp, messages)))
        (folder / CAPTURE).write_bytes(_capture(messages))
        return cls(folder, messages)

    @classmethod
    def read(cls, folder: Path) -> Material:
        return cls(folder, cut((folder / STREAM).read_bytes()))

    @property
    def prefixes(self) -> int:
        return sum(len(prefixes(message)) for message in self.messages)


def cut(stream: bytes) -> list[bytes]:
    """The messages of a stream."""
    at, out = 0, []
    while at < len(stream):
        (size,) = _U16(stream, at + 16)
        out.append(stream[at : at + size])
        at += size
    return out


def attributes(message: bytes) -> bytes:
    """The attribute field of an UPDATE that withdraws nothing."""
    return message[23 : 23 + _U16(message, 21)[0]]


def prefixes(message: bytes) -> list[bytes]:
    """The prefixes of such an UPDATE, length and octets each."""
    return traffic.split(message[23 + _U16(message, 21)[0] :])


def _record(kind: int, subtype: int, body: bytes) -> bytes:
    return pack("!IHHI", _TIME, kind, subtype, len(body)) + body


def _table(messages: list[bytes]) -> bytes:
    """TABLE_DUMP_V2 (RFC 6396 §4.3): each UPDATE's first prefix, as two peers know it."""
    peers = b"".join(b"\2" + router + router + pack("!I", ASN + n) for n, router in enumerate((_SENDER, _RECEIVER)))
    out = [_record(13, 1, _RECEIVER + pack("!HH", 0, 2) + peers)]
    for number, message in enumerate(messages):
        field = attributes(message)
        entries = b"".join(pack("!HIH", peer, _TIME, len(field)) + field for peer in (0, 1))
        out.append(_record(13, 2, pack("!I", number) + prefixes(message)[0] + pack("!H", 2) + entries))
    return b"".join(out)


def _bgp4mp(message: bytes) -> bytes:
    """A BGP4MP_MESSAGE_AS4 record (RFC 6396 §4.4.3)."""
    return _record(16, 4, pack("!IIHH", ASN, LOCAL_AS, 0, 1) + _SENDER + _RECEIVER + message)


def _capture(messages: list[bytes]) -> bytes:
    """A pcap file of the sender's side of a session: Ethernet, IPv4, TCP, each segment with whole messages."""
    out = [pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    sequence, data = 1, b""
    for message in [*messages, b""]:
        if data and (not message or len(data) + len(message) > _SEGMENT):
            frame = _frame(sequence, data)
            out.append(pack("<IIII", _TIME, 0, len(frame), len(frame)) + frame)
            sequence, data = sequence + len(data) & 0xFFFFFFFF, b""
        data += message
    return b"".join(out)


def _frame(sequence: int, data: bytes) -> bytes:
    tcp = pack("!HHIIHHHH", 40000, 179, sequence, 1, 0x5018, 65535, 0, 0) + data
    head = pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + _SENDER + _RECEIVER
    total = sum(_U16(head, at)[0] for at in range(0, 20, 2))
    head = head[:10] + pack("!H", ~(total % 0xFFFF) & 0xFFFF) + head[12:]
    return bytes.fromhex("020000000002 020000000001 0800") + head + tcp
