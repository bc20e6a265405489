"""NLRI whose inside pybgp doesn't know: of one route among others that it does, or of a whole family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...addresses import Family
from ..errors import InvalidNetworkField
from ..fields import from_hex, only, text
from .base import FamilyCodec, Nlri


@dataclass(frozen=True, slots=True)
class Opaque:
    """A key as it is, in hexadecimal: "0x0904c0000201"."""

    key: bytes

    def encode(self) -> bytes:
        return self.key

    def __str__(self) -> str:
        return f"0x{self.key.hex()}"

    def to_json(self) -> dict[str, Any]:
        return {"octets": str(self)}


def parse_opaque(family: FamilyCodec, word: str) -> bytes:
    """The key of the text form of an ``Opaque``.

    Raises:
        ValueError: not hexadecimal behind 0x, or not one NLRI of the family.
    """
    if not word.startswith("0x"):
        raise ValueError(f"{word!r}: expected 0x and octets in hexadecimal")
    return one_key(family, from_hex(word[2:], str(family.family)))


def opaque_from_json(family: FamilyCodec, fields: Mapping[str, Any]) -> bytes:
    """The key of the JSON form of an ``Opaque``.

    Raises:
        ValueError: another field than "octets", or not one NLRI of the family.
    """
    only(fields, "octets")
    return parse_opaque(family, text(fields, "octets"))


def one_key(family: FamilyCodec, field: bytes) -> bytes:
    """The only key of a field.

    Raises:
        ValueError: it has none, several, or isn't an NLRI field of the family.
    """
    try:
        keys = family.split(field)
    except InvalidNetworkField as error:
        raise ValueError(str(error)) from None
    if len(keys) != 1:
        raise ValueError(f"{family.family}: {len(keys)} NLRI, expected one")
    return keys[0]


class OpaqueFamily(FamilyCodec):
    """A family that pybgp doesn't know: as nothing says where an NLRI ends, the whole field is one key.

    For those who only look at messages; a session never speaks it.
    """

    __slots__ = ("family",)

    rfc = "4760 §5"
    max_key = 0xFFFF
    next_hop_sizes = tuple(range(256))

    def __init__(self, family: Family) -> None:
        self.family = family

    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        if not field:
            return
        if len(field) <= id_size:
            raise InvalidNetworkField(f"{self.family}: {len(field)} octets, expected more than {id_size}")
        yield field[:id_size], field[id_size:]

    def value(self, key: bytes) -> Nlri:
        if not key:
            raise InvalidNetworkField(f"{self.family}: nothing where a key is expected")
        return Opaque(key)

    def parse(self, text: str) -> bytes:
        return parse_opaque(self, text)

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        return opaque_from_json(self, fields)
