"""ROUTE-REFRESH: "send me that family again", and the marks round the answer (RFC 2918, RFC 7313)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ..addresses import Family
from ..constants import HEADER_SIZE, MessageType, RefreshErrorSubcode, RefreshSubtype
from ..errors import BadMessageLength, RouteRefreshError
from .header import message


@dataclass(frozen=True, slots=True)
class RouteRefresh:
    """A ROUTE-REFRESH message.

    ``subtype`` is a ``RefreshSubtype``: 0 asks, 1 and 2 stand before and behind the answer (RFC 7313 §4); others are
    read and must be ignored.
    """

    family: Family
    subtype: int = RefreshSubtype.REQUEST

    @classmethod
    def decode(cls, body: bytes, enhanced: bool = False) -> Self:
        """Read the octets behind the header; ``enhanced``: both sides sent the Enhanced Route Refresh capability.

        Raises:
            RouteRefreshError: subtype 1 or 2 and not 4 octets and ``enhanced``; the data is the message (RFC 7313 §5).
            BadMessageLength: not 4 octets otherwise.
        """
        if len(body) != 4:
            length = HEADER_SIZE + len(body)
            why = f"ROUTE-REFRESH of {length} octets, expected {HEADER_SIZE + 4}"
            if enhanced and len(body) > 2 and body[2] in (RefreshSubtype.BEGIN, RefreshSubtype.END):
                whole = message(MessageType.ROUTE_REFRESH, body)
                raise RouteRefreshError(why, data=whole, subcode=RefreshErrorSubcode.INVALID_MESSAGE_LENGTH)
            raise BadMessageLength(why, data=length.to_bytes(2))
        return cls(Family(int.from_bytes(body[:2]), body[3]), body[2])

    def encode(self) -> bytes:
        """The whole message, header included."""
        afi, safi = self.family
        return message(MessageType.ROUTE_REFRESH, afi.to_bytes(2) + bytes((self.subtype, safi)))
