"""Types, lengths and values inside an attribute: AIGP, tunnel encapsulation and prefix SID are lists of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Self

from ..errors import OptionalAttributeError
from ..fields import from_hex, octets, only, present, whole
from .text import number

_HIGHEST: Final = 0xFF


class Tlv(NamedTuple):
    """One that has no class of its own: its type and its value as they stand."""

    kind: int
    value: bytes

    def encode(self) -> bytes:
        """The value octets."""
        return self.value

    def __str__(self) -> str:
        return f"{self.kind}={self.value.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "5=0102".

        Raises:
            ValueError: nothing of the kind.
        """
        kind, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{text!r}: expected TYPE=HEX")
        return cls(number(kind, _HIGHEST, "type"), from_hex(value, "value"))

    def to_json(self) -> dict[str, Any]:
        return {"type": self.kind, "value": self.value.hex()}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read the JSON form, an object with type (a number) and value (hexadecimal).

        Raises:
            ValueError: nothing of the kind.
        """
        only(value, "type", "value")
        return cls(whole(present(value, "type"), _HIGHEST, "type"), octets(value, "value"))


def read_tlvs(attribute: int, data: bytes, *, type_size: int = 1, head_counts: bool = False) -> Iterator[Tlv]:
    """TLVs with a length of two octets, one by one; ``head_counts``: the length is that of type and length too.

    Raises:
        OptionalAttributeError: of ``attribute``; a TLV runs past the end, or is shorter than its own head.
    """
    at, head = 0, type_size + 2
    while at < len(data):
        value_at = at + head
        if value_at > len(data):
            raise OptionalAttributeError(attribute, f"{len(data) - at} octets left, too few for a TLV")
        kind = int.from_bytes(data[at : at + type_size])
        length = int.from_bytes(data[at + type_size : value_at])
        end = (at if head_counts else value_at) + length
        if end < value_at:
            raise OptionalAttributeError(attribute, f"TLV of type {kind} has length {length}, expected at least {head}")
        if end > len(data):
            raise OptionalAttributeError(attribute, f"TLV of type {kind} runs {end - len(data)} octets past the end")
        yield Tlv(kind, data[value_at:end])
        at = end


def exhaust(found: Iterator[Any]) -> None:
    """Let a reader look at everything, and keep nothing: small TLVs take many times their octets as objects."""
    deque(found, maxlen=0)


def write_tlv(kind: int, value: bytes, *, type_size: int = 1, head_counts: bool = False) -> bytes:
    """``read_tlvs`` backwards, for one.

    Raises:
        OverflowError: the value is too long.
    """
    length = len(value) + (type_size + 2 if head_counts else 0)
    return kind.to_bytes(type_size) + length.to_bytes(2) + value


def name_of(kind: int, names: Mapping[int, str]) -> str | int:
    """A type by its name, or its number where it has none."""
    return names.get(kind, kind)


def number_of(value: Any, names: Mapping[int, str], highest: int, what: str) -> int:
    """The number of a type that is given by name or, in JSON or text, by number.

    Raises:
        ValueError: neither.
    """
    if isinstance(value, str):
        for kind, name in names.items():
            if name == value:
                return kind
        if not value.isdecimal():
            raise ValueError(f"{what} = {value!r}: expected a number or one of {', '.join(names.values())}")
        return number(value, highest, what)
    return whole(value, highest, what)
