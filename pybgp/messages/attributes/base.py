"""What every path attribute has: type, flags, a value in octets and a way back (RFC 4271 §4.3, §5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, NamedTuple, Protocol, Self

from ...constants import AttributeFlags
from ..context import Context, PeerKind
from ..errors import MalformedAttributeList, Outcome

CANONICAL: Final = Context()
"""The context of a ``Block``'s octets: AS numbers in four octets."""
EVERYBODY: Final = frozenset(PeerKind)
INSIDE: Final = frozenset({PeerKind.INTERNAL})
INSIDE_CONFEDERATION: Final = frozenset({PeerKind.INTERNAL, PeerKind.CONFEDERATION})

EXTENDED_LENGTH: Final = int(AttributeFlags.EXTENDED_LENGTH)
PARTIAL: Final = int(AttributeFlags.PARTIAL)
KIND_BITS: Final = int(AttributeFlags.OPTIONAL | AttributeFlags.TRANSITIVE)
"""The flags that an attribute's definition fixes."""


class Attribute(Protocol):
    """One path attribute; the classes are frozen values with a text form."""

    @property
    def code(self) -> int:
        """The attribute type."""

    @property
    def flags(self) -> int:
        """Optional, Transitive and Partial; the extended length flag is the encoder's business."""

    def encode(self, context: Context = CANONICAL) -> bytes:
        """The value octets, without flags, type and length."""


class KnownAttribute(Attribute, Protocol):
    """An attribute that pybgp can read.

    ``malformed`` is what an error in it costs (RFC 7606 §7); ``accepted_from`` are the kinds of peer that may send it,
    from others it is dropped.
    """

    code: ClassVar[int]
    flags: ClassVar[int]
    malformed: ClassVar[Outcome]
    accepted_from: ClassVar[frozenset[PeerKind]]

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeProblem: the value is not what the attribute's RFC says; ``malformed`` is what that costs.
        """


class RawAttribute(NamedTuple):
    """An attribute as it stands in an UPDATE: ``octets`` is all of it, header included."""

    flags: int
    code: int
    value: bytes
    octets: bytes


def walk(octets: bytes) -> Iterator[RawAttribute]:
    """The attributes of an attribute field, one by one.

    Raises:
        MalformedAttributeList: behind the last good one, when a header is cut off or a length runs past the end
            (RFC 7606 §4); its ``attribute`` is the type where it can be seen, else 0, its ``data`` the rest.
    """
    at, size = 0, len(octets)
    while at < size:
        flags = octets[at]
        value_at = at + (4 if flags & EXTENDED_LENGTH else 3)
        if value_at > size:
            code = octets[at + 1] if at + 1 < size else 0
            raise MalformedAttributeList(code, f"{size - at} octets left, too few for a header", data=octets[at:])
        code = octets[at + 1]
        length = int.from_bytes(octets[at + 2 : value_at])
        end = value_at + length
        if end > size:
            why = f"length {length} runs past the end of the attributes, {size - value_at} left"
            raise MalformedAttributeList(code, why, data=octets[at:])
        yield RawAttribute(flags, code, octets[value_at:end], octets[at:end])
        at = end


def pack(flags: int, code: int, value: bytes) -> bytes:
    """A whole attribute; the extended length is used only where it must be (RFC 4271 §4.3)."""
    size = len(value)
    if size < 256:
        return bytes((flags & ~EXTENDED_LENGTH, code, size)) + value
    return bytes((flags | EXTENDED_LENGTH, code)) + size.to_bytes(2) + value


def pieces(value: bytes, size: int) -> list[bytes]:
    """``value`` cut into pieces of ``size`` octets."""
    return [value[at : at + size] for at in range(0, len(value), size)]
