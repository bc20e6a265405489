"""OPEN: who the peer is and what it can do (RFC 4271 §4.2, RFC 5492, RFC 6793, RFC 9072)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final, Self, TypeVar

from ..constants import AS_TRANS, BGP_VERSION, HEADER_SIZE, MessageType, OpenSubcode
from ..errors import (
    BadBgpIdentifier,
    BadMessageLength,
    BadPeerAs,
    OpenError,
    UnacceptableHoldTime,
    UnsupportedOptionalParameter,
    UnsupportedVersionNumber,
)
from .capabilities import registry
from .capabilities.base import Capability
from .capabilities.four_octet_as import FourOctetAs
from .header import message

_FIXED: Final = Struct("!BHH4sB")
_CAPABILITIES: Final = 2
"""The only optional parameter in use (RFC 5492 §4)."""
_EXTENDED: Final = 255
"""Parameter type that says: two-octet lengths from here (RFC 9072 §2)."""
_C = TypeVar("_C")


@dataclass(frozen=True, slots=True)
class Open:
    """An OPEN message.

    ``my_as`` is the two-octet field, 23456 (AS_TRANS) where the AS does not fit; ``hold_time`` is in seconds, 0 or
    3..65535; ``router_id`` has 4 octets. ``capabilities`` are in the order of the message.
    """

    version: int
    my_as: int
    hold_time: int
    router_id: bytes
    capabilities: tuple[Capability, ...] = ()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read the octets behind the header, and check all that can be checked without a configuration.

        Raises:
            BadMessageLength: less than 10 octets.
            UnsupportedVersionNumber: a version other than 4.
            OpenError: optional parameters that don't add up (2/0).
            UnsupportedOptionalParameter: a parameter other than Capabilities.
            BadPeerAs: AS 0 (RFC 7607), or My AS and the four-octet capability contradict each other (RFC 6793 §4.1).
            BadBgpIdentifier: 0.0.0.0 (RFC 6286 §2.2).
            UnacceptableHoldTime: 1 or 2 seconds.
        """
        found = cls.read(body)
        found.check()
        return found

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read the octets behind the header, whatever AS number, identifier and hold time they say.

        Raises:
            BadMessageLength, UnsupportedVersionNumber, OpenError, UnsupportedOptionalParameter: as ``decode`` says.
        """
        if len(body) < _FIXED.size:
            length = HEADER_SIZE + len(body)
            raise BadMessageLength(f"OPEN of {length} octets, expected at least 29", data=length.to_bytes(2))
        version, my_as, hold_time, router_id, _ = _FIXED.unpack_from(body)
        if version != BGP_VERSION:
            raise UnsupportedVersionNumber(f"version {version}, expected {BGP_VERSION}", data=BGP_VERSION.to_bytes(2))
        return cls(version, my_as, hold_time, router_id, tuple(_capabilities(body[_FIXED.size - 1 :])))

    def check(self) -> None:
        """Check what ``read`` has not.

        Raises:
            BadPeerAs, BadBgpIdentifier, UnacceptableHoldTime: as ``decode`` says.
        """
        true_as = self.find(FourOctetAs)
        if not self.my_as or not self.asn:
            raise BadPeerAs("AS 0 is reserved (RFC 7607)")
        if true_as is not None and self.my_as not in (true_as.asn, AS_TRANS):
            raise BadPeerAs(f"My AS {self.my_as}, four-octet AS {true_as.asn}: expected the same, or {AS_TRANS}")
        if not any(self.router_id):
            raise BadBgpIdentifier("BGP Identifier 0.0.0.0")
        if self.hold_time in (1, 2):
            raise UnacceptableHoldTime(
                f"hold time {self.hold_time} s, expected 0 or 3..65535 s", data=self.hold_time.to_bytes(2)
            )

    @property
    def asn(self) -> int:
        """The sender's AS number: the four-octet capability's when there is one (RFC 6793 §4.1)."""
        true_as = self.find(FourOctetAs)
        return self.my_as if true_as is None else true_as.asn

    def find(self, kind: type[_C]) -> _C | None:
        """The last capability of a kind: of duplicates the last one counts. None if it was not sent."""
        return next((found for found in reversed(self.capabilities) if isinstance(found, kind)), None)

    def find_all(self, kind: type[_C]) -> tuple[_C, ...]:
        """All capabilities of a kind, for those whose duplicates add up (multiprotocol, ADD-PATH)."""
        return tuple(found for found in self.capabilities if isinstance(found, kind))

    def encode(self) -> bytes:
        """The whole message; all capabilities in one parameter, the extended form only when they don't fit else."""
        value = registry.encode(self.capabilities)
        size = len(value)
        if not size:
            parameters = b"\0"
        elif size + 2 <= 255:
            parameters = bytes((size + 2, _CAPABILITIES, size)) + value
        else:
            parameters = b"".join(
                (bytes((255, _EXTENDED)), (size + 3).to_bytes(2), bytes((_CAPABILITIES,)), size.to_bytes(2), value)
            )
        fixed = _FIXED.pack(self.version, self.my_as, self.hold_time, self.router_id, 0)
        return message(MessageType.OPEN, fixed[:-1] + parameters)


def _capabilities(octets: bytes) -> Iterator[Capability]:
    """The capabilities of the optional parameters; ``octets`` begins with Opt Parm Len."""
    for kind, value, whole in _parameters(octets):
        if kind != _CAPABILITIES:
            raise UnsupportedOptionalParameter(f"optional parameter {kind}", data=whole)
        at = 0
        while at < len(value):
            end = at + 2 + value[at + 1] if at + 1 < len(value) else len(value) + 1
            if end > len(value):
                raise _malformed("a capability is longer than its parameter")
            yield registry.decode(value[at], value[at + 2 : end])
            at = end


def _parameters(octets: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(type, value, whole parameter) of each optional parameter, in the short or the extended form (RFC 9072 §2)."""
    size, at, width = octets[0], 1, 1
    if size and len(octets) > 1 and octets[1] == _EXTENDED:
        if len(octets) < 4:
            raise _malformed("the extended length is cut off")
        size, at, width = int.from_bytes(octets[2:4]), 4, 2
    if at + size != len(octets):
        raise _malformed(f"{size} octets of optional parameters, but {len(octets) - at} to the end of the message")
    while at < len(octets):
        value_at = at + 1 + width
        end = value_at + int.from_bytes(octets[at + 1 : value_at])
        if value_at > len(octets) or end > len(octets):
            raise _malformed("a parameter runs past the end")
        yield octets[at], octets[value_at:end], octets[at:end]
        at = end


def _malformed(why: str) -> OpenError:
    return OpenError(f"optional parameters: {why}", subcode=OpenSubcode.UNSPECIFIC)
