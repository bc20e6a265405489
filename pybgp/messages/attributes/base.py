"""What every path attribute has: type, flags, a value in octets and a way back (RFC 4271 §4.3, §5)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, ClassVar, Final, NamedTuple, Protocol, Self, TypeVar

from ...constants import AttributeFlags
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, MalformedAttributeList, Outcome, attribute_name

CANONICAL: Final = Context()
"""The context of a ``Block``'s octets: AS numbers in four octets."""
EVERYBODY: Final = frozenset(PeerKind)
INSIDE: Final = frozenset({PeerKind.INTERNAL})
INSIDE_CONFEDERATION: Final = frozenset({PeerKind.INTERNAL, PeerKind.CONFEDERATION})

EXTENDED_LENGTH: Final = int(AttributeFlags.EXTENDED_LENGTH)
PARTIAL: Final = int(AttributeFlags.PARTIAL)
KIND_BITS: Final = int(AttributeFlags.OPTIONAL | AttributeFlags.TRANSITIVE)
"""The flags that an attribute's definition fixes."""


MAX_VALUE: Final = 0xFFFF
"""Octets that the value of an attribute has at most (RFC 4271 §4.3)."""
LOGGED: Final = 200
"""Characters that the ``repr`` of an attribute has at most."""


class Attribute(Protocol):
    """One path attribute; the classes are frozen values with a text and a JSON form."""

    @property
    def code(self) -> int:
        """The attribute type."""

    @property
    def flags(self) -> int:
        """Optional, Transitive and Partial; the extended length flag is the encoder's business."""

    def encode(self, context: Context = CANONICAL) -> bytes:
        """The value octets, without flags, type and length."""

    def __str__(self) -> str:
        """As people write it, whole; the class's ``parse`` reads it again."""

    def to_json(self) -> Any:
        """What a program wants of it, in what JSON has; the class's ``from_json`` reads it again."""


class KnownAttribute(Attribute, Protocol):
    """An attribute that pybgp can read.

    ``malformed`` is what an error in it costs (RFC 7606 §7), ``wrong_flags`` what it costs that Optional and
    Transitive are not its own (§3 c, f); ``accepted_from`` are the kinds of peer that may send it, from others it
    is dropped. ``rfc`` is the source ("4271 §5.1.4"), ``length_rule`` the length that the value must have ("4
    octets"); both are for people.
    """

    code: ClassVar[int]
    flags: ClassVar[int]
    malformed: ClassVar[Outcome]
    wrong_flags: ClassVar[Outcome]
    accepted_from: ClassVar[frozenset[PeerKind]]
    rfc: ClassVar[str]
    length_rule: ClassVar[str]

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            AttributeProblem: the value is not what the attribute's RFC says; ``malformed`` is what that costs.
        """

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes | None:
        """The value octets as a ``Block`` has them: what ``decode(data, context).encode()`` gives, checked as well.

        None if nothing is left of what such a peer may send.

        Raises:
            AttributeProblem: as ``decode``.
        """

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form.

        Raises:
            ValueError: nothing of the kind; the text says what was expected.
        """

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read the JSON form.

        Raises:
            ValueError: nothing of the kind; the text says what was expected.
        """


class AttributeValue:
    """What the classes of attributes share: a ``repr`` that is fit for a log, "<MULTI_EXIT_DISC 5>".

    ``canonical`` is replaced where values may be large: objects of all their parts take many times their octets.
    ``wrong_flags`` is what RFC 7606 §3 c has for attributes whose own RFC says nothing else.
    """

    __slots__ = ()

    wrong_flags: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW

    @classmethod
    def canonical(cls: type[KnownAttribute], data: bytes, context: Context = CANONICAL) -> bytes | None:
        return cls.decode(data, context).encode()

    def __repr__(self: Attribute) -> str:
        name, text = attribute_name(self.code), str(self)
        room = LOGGED - len(name) - len("< >")
        if len(text) > room:
            text = text[: room - 1] + "…"
        return f"<{name} {text}>" if text else f"<{name}>"


_Each = TypeVar("_Each", bound=Attribute)


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


def writable(found: _Each) -> _Each:
    """``found`` if its value and the lengths inside can be written; for values that people made.

    Raises:
        ValueError: something is longer than its length can say.
    """
    try:
        size = len(found.encode())
    except OverflowError:
        size = MAX_VALUE + 1
    if size > MAX_VALUE:
        raise ValueError(f"{attribute_name(found.code)}: too long, expected at most {MAX_VALUE} octets")
    return found


def pieces(value: bytes, size: int) -> list[bytes]:
    """``value`` cut into pieces of ``size`` octets."""
    return [value[at : at + size] for at in range(0, len(value), size)]


def distinct(kind: type[KnownAttribute], value: bytes, size: int, *, ordered: bool = False) -> bytes:
    """An attribute's value that is a list of items of ``size`` octets, each once, in their order or ascending.

    Raises:
        AttributeLengthError: empty, or not whole items.
    """
    if not value or len(value) % size:
        raise AttributeLengthError(kind.code, value, expected=kind.length_rule)
    # Sorting finds what is repeated in a quarter of the memory that a dict or set would take.
    items = pieces(value, size)
    ascending = sorted(items)
    repeated = [one for one, other in pairwise(ascending) if one == other]
    if not repeated and (not ordered or items == ascending):
        return value
    return _concatenated(_firsts(ascending if ordered else items, repeated))


def _firsts(items: Iterable[bytes], repeated: list[bytes]) -> Iterator[bytes]:
    """The items, but those that are in ``repeated`` (ascending) only when they come first."""
    met = bytearray(len(repeated))
    for item in items:
        at = bisect_left(repeated, item)
        if at < len(repeated) and repeated[at] == item:
            if met[at]:
                continue
            met[at] = 1
        yield item


def _concatenated(items: Iterable[bytes]) -> bytes:
    out = bytearray()  # ``join`` would take 80 octets for each item
    for item in items:
        out += item
    return bytes(out)
