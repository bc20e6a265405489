"""NOTIFICATION: why a session ends, in numbers and in words (RFC 4271 §4.5, RFC 4486, RFC 9003, RFC 8538)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from ..addresses import Family
from ..constants import (
    HEADER_SIZE,
    MAX_MESSAGE,
    CeaseSubcode,
    ErrorCode,
    FsmSubcode,
    HeaderSubcode,
    MessageType,
    OpenSubcode,
    RefreshErrorSubcode,
    UpdateSubcode,
)
from ..errors import BadMessageLength, ProtocolError
from .header import message

MAX_SHUTDOWN_TEXT: Final = 255
"""Octets of a shutdown communication (RFC 9003 §2)."""

_CODE_NAMES: Final = {
    ErrorCode.MESSAGE_HEADER: "Message Header Error",
    ErrorCode.OPEN_MESSAGE: "OPEN Message Error",
    ErrorCode.UPDATE_MESSAGE: "UPDATE Message Error",
    ErrorCode.HOLD_TIMER_EXPIRED: "Hold Timer Expired",
    ErrorCode.FINITE_STATE_MACHINE: "Finite State Machine Error",
    ErrorCode.CEASE: "Cease",
    ErrorCode.ROUTE_REFRESH_MESSAGE: "ROUTE-REFRESH Message Error",
    ErrorCode.SEND_HOLD_TIMER_EXPIRED: "Send Hold Timer Expired",
}
_SUBCODES: Final[dict[int, type[IntEnum]]] = {
    ErrorCode.MESSAGE_HEADER: HeaderSubcode,
    ErrorCode.OPEN_MESSAGE: OpenSubcode,
    ErrorCode.UPDATE_MESSAGE: UpdateSubcode,
    ErrorCode.FINITE_STATE_MACHINE: FsmSubcode,
    ErrorCode.CEASE: CeaseSubcode,
    ErrorCode.ROUTE_REFRESH_MESSAGE: RefreshErrorSubcode,
}
_UPPER_CASE: Final = {"As": "AS", "Bgp": "BGP", "Bfd": "BFD", "Of": "of"}
_PREFIX_LIMIT_SIZE: Final = 7
_BAD_PEER_AS: Final = (ErrorCode.OPEN_MESSAGE, OpenSubcode.BAD_PEER_AS)
_WITH_TEXT: Final = (CeaseSubcode.ADMINISTRATIVE_SHUTDOWN, CeaseSubcode.ADMINISTRATIVE_RESET)
_SPECIAL_NAMES: Final[dict[tuple[int, int], str]] = {
    (ErrorCode.UPDATE_MESSAGE, UpdateSubcode.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE): "Unrecognized Well-known Attribute",
    (ErrorCode.UPDATE_MESSAGE, UpdateSubcode.MISSING_WELL_KNOWN_ATTRIBUTE): "Missing Well-known Attribute",
    (ErrorCode.UPDATE_MESSAGE, UpdateSubcode.MALFORMED_AS_PATH): "Malformed AS_PATH",
    (ErrorCode.UPDATE_MESSAGE, UpdateSubcode.INVALID_NEXT_HOP_ATTRIBUTE): "Invalid NEXT_HOP Attribute",
    (ErrorCode.UPDATE_MESSAGE, UpdateSubcode.INVALID_ORIGIN_ATTRIBUTE): "Invalid ORIGIN Attribute",
    (ErrorCode.FINITE_STATE_MACHINE, FsmSubcode.IN_OPEN_SENT): "Unexpected Message in OpenSent",
    (ErrorCode.FINITE_STATE_MACHINE, FsmSubcode.IN_OPEN_CONFIRM): "Unexpected Message in OpenConfirm",
    (ErrorCode.FINITE_STATE_MACHINE, FsmSubcode.IN_ESTABLISHED): "Unexpected Message in Established",
}


@dataclass(frozen=True, slots=True)
class Notification:
    """A NOTIFICATION; any code and subcode can be read, known or not (RFC 4271 §6.4)."""

    code: int
    subcode: int = 0
    data: bytes = b""

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read the octets behind the header.

        Raises:
            BadMessageLength: less than two octets.
        """
        if len(body) < 2:
            length = HEADER_SIZE + len(body)
            raise BadMessageLength(f"NOTIFICATION of {length} octets, expected at least 21", data=length.to_bytes(2))
        return cls(body[0], body[1], body[2:])

    @classmethod
    def from_error(cls, error: ProtocolError, limit: int = MAX_MESSAGE) -> Self:
        """The NOTIFICATION for an error of the peer's; its data is cut so that the message has at most ``limit``."""
        return cls(int(error.code), int(error.subcode), error.data[: limit - HEADER_SIZE - 2])

    def encode(self) -> bytes:
        """The whole message, header included."""
        return message(MessageType.NOTIFICATION, bytes((self.code, self.subcode)) + self.data)

    @property
    def name(self) -> str:
        """``"Cease/Administrative Shutdown"``; numbers where there is no name."""
        return error_name(self.code, self.subcode)

    @property
    def shutdown_text(self) -> str | None:
        """The operator's words in an Administrative Shutdown or Reset, None if there are none (RFC 9003 §2).

        A length beyond the data, octets that are no UTF-8 and control characters are shown escaped, never an error.
        """
        if self.code != ErrorCode.CEASE or self.subcode not in _WITH_TEXT or not self.data or not self.data[0]:
            return None
        text = self.data[1 : 1 + self.data[0]].decode("utf-8", "backslashreplace")
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text) or None

    @property
    def prefix_limit(self) -> tuple[Family, int] | None:
        """The family and limit in a Maximum Number of Prefixes Reached, None if it says none (RFC 4486 §4)."""
        if (self.code, self.subcode) != (ErrorCode.CEASE, CeaseSubcode.MAXIMUM_NUMBER_OF_PREFIXES_REACHED):
            return None
        if len(self.data) != _PREFIX_LIMIT_SIZE:
            return None
        return Family(int.from_bytes(self.data[:2]), self.data[2]), int.from_bytes(self.data[3:])

    @property
    def is_hard_reset(self) -> bool:
        """Is it a Hard Reset, which graceful restart doesn't soften (RFC 8538 §3)?"""
        return self.code == ErrorCode.CEASE and self.subcode == CeaseSubcode.HARD_RESET

    @property
    def unwrapped(self) -> Notification:
        """The NOTIFICATION inside a Hard Reset; itself if there is none (RFC 8538 §3)."""
        if self.is_hard_reset and len(self.data) >= 2:
            return Notification(self.data[0], self.data[1], self.data[2:])
        return self

    def as_hard_reset(self) -> Notification:
        """The same, wrapped in a Hard Reset (RFC 8538 §3)."""
        return Notification(ErrorCode.CEASE, CeaseSubcode.HARD_RESET, bytes((self.code, self.subcode)) + self.data)

    def __str__(self) -> str:
        inner = self.unwrapped
        name = self.name if inner is self else f"{self.name} ({inner.name})"
        text = inner.shutdown_text
        if text is not None:
            return f'{name} "{text}"'
        limit = inner.prefix_limit
        if limit is not None:
            return f"{name} (at most {limit[1]} of {limit[0]})"
        if (inner.code, inner.subcode) == _BAD_PEER_AS and len(inner.data) in (2, 4):
            return f"{name} (AS {int.from_bytes(inner.data)})"  # no RFC says so, but BIRD and FRR send the refused one
        return f"{name} [{inner.data.hex()}]" if inner.data else name


def error_name(code: int, subcode: int) -> str:
    """A code and subcode in the registry's words, ``"99/7"`` where it has none; no subcode for 0."""
    try:
        name = _CODE_NAMES[ErrorCode(code)]
    except ValueError:
        return f"{code}/{subcode}"
    if not subcode:
        return name
    return f"{name}/{_subcode_name(code, subcode)}"


def _subcode_name(code: int, subcode: int) -> str:
    if (code, subcode) in _SPECIAL_NAMES:
        return _SPECIAL_NAMES[code, subcode]
    try:
        words = _SUBCODES[code](subcode).name.title().split("_")
    except (KeyError, ValueError):
        return str(subcode)
    return " ".join(_UPPER_CASE.get(word, word) for word in words)


def shutdown_data(text: str) -> bytes:
    """Data for an Administrative Shutdown or Reset: a length octet and the text, cut at a border of characters.

    At most 255 octets of UTF-8 (RFC 9003 §2); an empty text gives no data at all, as RFC 4486 had it.
    """
    octets = text.encode("utf-8", "replace")[:MAX_SHUTDOWN_TEXT].decode("utf-8", "ignore").encode()
    return bytes((len(octets),)) + octets if octets else b""
