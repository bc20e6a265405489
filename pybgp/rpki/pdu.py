"""The RTR protocol's PDUs: octets ⇄ values (RFC 8210 §5; version 0 is RFC 6810 §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import ClassVar, Final

from ..errors import PybgpError
from .vrp import IPV4_RECORD, IPV6_RECORD, canonical

VERSIONS: Final = (0, 1)
HEADER: Final = Struct(">BBHI")
"""Version, type, session id (or flags, or error code), length with the header."""
HEADER_SIZE: Final = 8
MAX_SIZE: Final = 65_535
"""Octets of a PDU that we take; only router keys and error reports have no fixed size."""
_TIMES: Final = Struct(">III")


class PduType(IntEnum):
    SERIAL_NOTIFY = 0
    SERIAL_QUERY = 1
    RESET_QUERY = 2
    CACHE_RESPONSE = 3
    IPV4_PREFIX = 4
    IPV6_PREFIX = 6
    END_OF_DATA = 7
    CACHE_RESET = 8
    ROUTER_KEY = 9
    ERROR_REPORT = 10


PREFIX_SIZES: Final[Mapping[int, int]] = {
    PduType.IPV4_PREFIX: 10 + IPV4_RECORD,
    PduType.IPV6_PREFIX: 10 + IPV6_RECORD,
}
"""Octets of a whole PDU: the header, the flags and a zero beside the record."""


class RtrErrorCode(IntEnum):
    """RFC 8210 §12. All but ``NO_DATA_AVAILABLE`` end the connection."""

    CORRUPT_DATA = 0
    INTERNAL_ERROR = 1
    NO_DATA_AVAILABLE = 2
    INVALID_REQUEST = 3
    UNSUPPORTED_PROTOCOL_VERSION = 4
    UNSUPPORTED_PDU_TYPE = 5
    WITHDRAWAL_OF_UNKNOWN_RECORD = 6
    DUPLICATE_ANNOUNCEMENT_RECEIVED = 7
    UNEXPECTED_PROTOCOL_VERSION = 8


class RtrError(PybgpError):
    """A cache broke the protocol: ``code`` is what an Error Report tells it, ``pdu`` what it had sent."""

    def __init__(self, code: RtrErrorCode, message: str, pdu: bytes = b"") -> None:
        super().__init__(message)
        self.code = code
        self.pdu = pdu


@dataclass(frozen=True, slots=True)
class SerialNotify:
    """The cache has something new (§5.2)."""

    type: ClassVar = PduType.SERIAL_NOTIFY
    version: int
    session_id: int
    serial: int

    def encode(self) -> bytes:
        return _pack(self.version, self.type, self.session_id, self.serial.to_bytes(4))


@dataclass(frozen=True, slots=True)
class SerialQuery:
    """What has changed since ``serial``? (§5.3)"""

    type: ClassVar = PduType.SERIAL_QUERY
    version: int
    session_id: int
    serial: int

    def encode(self) -> bytes:
        return _pack(self.version, self.type, self.session_id, self.serial.to_bytes(4))


@dataclass(frozen=True, slots=True)
class ResetQuery:
    """All of it, please (§5.4)."""

    type: ClassVar = PduType.RESET_QUERY
    version: int

    def encode(self) -> bytes:
        return _pack(self.version, self.type, 0)


@dataclass(frozen=True, slots=True)
class CacheResponse:
    """Here it comes (§5.5)."""

    type: ClassVar = PduType.CACHE_RESPONSE
    version: int
    session_id: int

    def encode(self) -> bytes:
        return _pack(self.version, self.type, self.session_id)


@dataclass(frozen=True, slots=True)
class Prefix:
    """One VRP comes or goes (§5.6, §5.7); ``record`` as ``rpki.vrp`` has it, which says of which family it is."""

    version: int
    announce: bool
    record: bytes

    @property
    def type(self) -> PduType:
        return PduType.IPV4_PREFIX if len(self.record) == IPV4_RECORD else PduType.IPV6_PREFIX

    def encode(self) -> bytes:
        lengths, rest = self.record[:2], self.record[2:]
        return _pack(self.version, self.type, 0, bytes((self.announce,)) + lengths + b"\0" + rest)


@dataclass(frozen=True, slots=True)
class EndOfData:
    """That was all (§5.8); seconds until we should ask again, ask again after a failure, and forget. Version 0 has no
    times: they are None."""

    type: ClassVar = PduType.END_OF_DATA
    version: int
    session_id: int
    serial: int
    refresh: int | None = None
    retry: int | None = None
    expire: int | None = None

    def encode(self) -> bytes:
        body = self.serial.to_bytes(4)
        if self.version > 0:
            body += _TIMES.pack(self.refresh or 0, self.retry or 0, self.expire or 0)
        return _pack(self.version, self.type, self.session_id, body)


@dataclass(frozen=True, slots=True)
class CacheReset:
    """The cache can't say what has changed since then: ask for everything (§5.9)."""

    type: ClassVar = PduType.CACHE_RESET
    version: int

    def encode(self) -> bytes:
        return _pack(self.version, self.type, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterKey:
    """A BGPsec router's key (§5.10); read, and not used. Version 1 only."""

    type: ClassVar = PduType.ROUTER_KEY
    version: int
    announce: bool
    identifier: bytes
    """Subject Key Identifier, 20 octets."""
    asn: int
    key: bytes
    """Subject Public Key Info, DER."""

    def encode(self) -> bytes:
        body = self.identifier + self.asn.to_bytes(4) + self.key
        return _pack(self.version, self.type, self.announce << 8, body)


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """What was wrong with ``pdu`` (§5.11); codes that we don't know stay numbers."""

    type: ClassVar = PduType.ERROR_REPORT
    version: int
    code: int
    pdu: bytes = b""
    text: str = ""

    def encode(self) -> bytes:
        text = self.text.encode()[:1000]
        body = len(self.pdu).to_bytes(4) + self.pdu + len(text).to_bytes(4) + text
        return _pack(self.version, self.type, self.code, body)


Pdu = (
    SerialNotify
    | SerialQuery
    | ResetQuery
    | CacheResponse
    | Prefix
    | EndOfData
    | CacheReset
    | RouterKey
    | ErrorReport
)  # fmt: skip


def size_of(data: bytes | bytearray, at: int) -> int:
    """How many octets the PDU has whose header is at ``at``.

    Raises:
        RtrError: more than we take, or less than a header.
    """
    length = int.from_bytes(data[at + 4 : at + 8])
    if not HEADER_SIZE <= length <= MAX_SIZE:
        raise _corrupt(bytes(data[at : at + HEADER_SIZE]), f"length {length}, expected {HEADER_SIZE}..{MAX_SIZE}")
    return length


def decode(pdu: bytes) -> Pdu:
    """Read one whole PDU.

    Raises:
        RtrError: it is not one of version 0 or 1.
    """
    if len(pdu) < HEADER_SIZE:
        raise _corrupt(pdu, f"{len(pdu)} octets, expected a header of {HEADER_SIZE}")
    version, kind, field, length = HEADER.unpack_from(pdu)
    if length != len(pdu):
        raise _corrupt(pdu, f"length {length}, expected {len(pdu)}")
    if version not in VERSIONS:
        raise RtrError(RtrErrorCode.UNSUPPORTED_PROTOCOL_VERSION, f"version {version}, expected 0 or 1", pdu)
    reader = _READERS.get(kind)
    if reader is None or (kind == PduType.ROUTER_KEY and version == 0):
        raise RtrError(RtrErrorCode.UNSUPPORTED_PDU_TYPE, f"PDU type {kind} in version {version}", pdu)
    return reader(version, field, pdu)


def record_of(pdu: bytes) -> bytes:
    """The record of a prefix PDU of the right size.

    Raises:
        RtrError: its lengths can't be meant.
    """
    record = canonical(pdu[9:11] + pdu[12:])
    if record is None:
        raise _corrupt(pdu, f"prefix length {pdu[9]}, maximum length {pdu[10]}")
    return record


def _pack(version: int, kind: PduType, field: int, body: bytes = b"") -> bytes:
    return HEADER.pack(version, kind, field, HEADER_SIZE + len(body)) + body


def _corrupt(pdu: bytes, why: str) -> RtrError:
    return RtrError(RtrErrorCode.CORRUPT_DATA, why, pdu)


def _sized(pdu: bytes, size: int) -> None:
    if len(pdu) != size:
        raise _corrupt(pdu, f"{PduType(pdu[1]).name} of {len(pdu)} octets, expected {size}")


def _serial_notify(version: int, field: int, pdu: bytes) -> SerialNotify:
    _sized(pdu, 12)
    return SerialNotify(version, field, int.from_bytes(pdu[8:]))


def _serial_query(version: int, field: int, pdu: bytes) -> SerialQuery:
    _sized(pdu, 12)
    return SerialQuery(version, field, int.from_bytes(pdu[8:]))


def _reset_query(version: int, field: int, pdu: bytes) -> ResetQuery:
    _sized(pdu, 8)
    return ResetQuery(version)


def _cache_response(version: int, field: int, pdu: bytes) -> CacheResponse:
    _sized(pdu, 8)
    return CacheResponse(version, field)


def _prefix(version: int, field: int, pdu: bytes) -> Prefix:
    _sized(pdu, PREFIX_SIZES[pdu[1]])
    return Prefix(version, bool(pdu[8] & 1), record_of(pdu))


def _end_of_data(version: int, field: int, pdu: bytes) -> EndOfData:
    _sized(pdu, 24 if version else 12)
    times = _TIMES.unpack_from(pdu, 12) if version else ()
    return EndOfData(version, field, int.from_bytes(pdu[8:12]), *times)


def _cache_reset(version: int, field: int, pdu: bytes) -> CacheReset:
    _sized(pdu, 8)
    return CacheReset(version)


def _router_key(version: int, field: int, pdu: bytes) -> RouterKey:
    if len(pdu) < 32:
        raise _corrupt(pdu, f"ROUTER_KEY of {len(pdu)} octets, expected 32 or more")
    return RouterKey(
        version=version,
        announce=bool(field >> 8 & 1),
        identifier=pdu[8:28],
        asn=int.from_bytes(pdu[28:32]),
        key=pdu[32:],
    )


def _error_report(version: int, field: int, pdu: bytes) -> ErrorReport:
    inner = int.from_bytes(pdu[8:12])
    text_at = 16 + inner
    if len(pdu) < text_at or len(pdu) != text_at + int.from_bytes(pdu[12 + inner : text_at]):
        raise _corrupt(pdu, "ERROR_REPORT whose lengths don't add up")
    return ErrorReport(version, field, pdu[12 : 12 + inner], pdu[text_at:].decode(errors="replace"))


_READERS: Final[dict[int, Callable[[int, int, bytes], Pdu]]] = {
    PduType.SERIAL_NOTIFY: _serial_notify,
    PduType.SERIAL_QUERY: _serial_query,
    PduType.RESET_QUERY: _reset_query,
    PduType.CACHE_RESPONSE: _cache_response,
    PduType.IPV4_PREFIX: _prefix,
    PduType.IPV6_PREFIX: _prefix,
    PduType.END_OF_DATA: _end_of_data,
    PduType.CACHE_RESET: _cache_reset,
    PduType.ROUTER_KEY: _router_key,
    PduType.ERROR_REPORT: _error_report,
}
