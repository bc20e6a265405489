"""Families whose NLRI is nothing but prefixes: a length in bits, and as many octets as it needs (RFC 4271 §4.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Final

from ... import addresses
from ...addresses import Family
from ..errors import InvalidNetworkField
from ..fields import only, text
from .base import FamilyCodec, Groups, by_address, by_identifier

FEW: Final = 1500
"""Keys; a message of 4096 octets seldom has more. To join them for their size is quicker, and takes 80 octets each."""
_Find = Callable[[bytes], list[bytes]]
_FindPairs = Callable[[bytes], Iterator[re.Match[bytes]]]


class Prefix(bytes):
    """A network, "10.1.2.64/26": its key, which is length and octets, with a class of its own for each family.

    Octets and not a dataclass: there may be a million, and the garbage collector doesn't look at octets.
    """

    __slots__ = ()
    family: ClassVar[Family]

    def encode(self) -> bytes:
        return bytes(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prefix) and self.family == other.family and bytes.__eq__(self, other)

    def __hash__(self) -> int:
        return bytes.__hash__(self)

    def __str__(self) -> str:
        return addresses.key_text(self.family, self)

    def __repr__(self) -> str:
        return f"<{self.family} {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _prefix, (self.family, bytes(self))

    def to_json(self) -> dict[str, Any]:
        return {"prefix": str(self)}


@cache
def _class_of(family: Family) -> type[Prefix]:
    return type("Prefix", (Prefix,), {"__slots__": (), "__module__": __name__, "family": family})


def _prefix(family: Family, key: bytes) -> Prefix:
    return _class_of(family)(key)


class PrefixFamily(FamilyCodec):
    """Prefixes of at most ``bits`` bits; ``usual`` are the lengths to try first.

    The patterns are compiled when they are used first, or by ``prepare``: 30 ms each for IPv6, which not every command
    needs.
    """

    __slots__ = (
        "_bits",
        "_ids_and_keys",
        "_keys",
        "_keys_behind_ids",
        "_usual",
        "_value",
        "family",
        "max_key",
        "next_hop_sizes",
        "rfc",
    )

    plain = True

    def __init__(
        self, family: Family, bits: int, next_hop_sizes: tuple[int, ...], usual: Iterable[int], *, rfc: str
    ) -> None:
        self.family = family
        self.rfc = rfc
        self._value = _class_of(family)
        self.max_key = 1 + bits // 8
        self.next_hop_sizes = next_hop_sizes
        self._bits = bits
        self._usual = tuple(usual)
        self._keys: _Find | None = None
        self._keys_behind_ids: _Find | None = None
        self._ids_and_keys: _FindPairs | None = None

    def order(self, identity: bytes) -> bytes:
        return by_address(identity)

    def prepare(self, *, path_ids: bool) -> None:
        if self._keys is None:
            self._compile_keys()
        if path_ids and self._keys_behind_ids is None:
            self._compile_keys_behind_ids()
            self._compile_ids_and_keys()

    def split(self, field: bytes) -> list[bytes]:
        # HOT: 70-90 ns a prefix. One C call finds the keys; that they make up the whole field shows in their length,
        # since what is no canonical prefix is skipped. ``join`` is quicker for a few, and takes 80 octets for each.
        keys = (self._keys or self._compile_keys())(field)
        if (len(b"".join(keys)) if len(keys) < FEW else sum(map(len, keys))) != len(field):
            del keys
            return [key for _, key in self.walk(field, 0)]
        return keys

    def split_with_ids(self, field: bytes) -> Groups:
        # HOT: nearly always all prefixes of an UPDATE have one identifier; then joining them again gives the field.
        if not field:
            return []
        identifier = field[:4]
        keys = (self._keys_behind_ids or self._compile_keys_behind_ids())(field)
        if keys and field.count(identifier) >= len(keys) and identifier + identifier.join(keys) == field:
            return [(int.from_bytes(identifier), keys)]
        if sum(map(len, keys)) + 4 * len(keys) != len(field):
            return by_identifier(lambda: self.walk(field, 4))
        del keys
        found = self._ids_and_keys or self._compile_ids_and_keys()
        return by_identifier(lambda: ((each[1], each[2]) for each in found(field)))

    def finder(self, without: Collection[int]) -> _Find:
        """What finds canonical keys whose first octet behind the length is none of ``without``, and skips all else.

        Only if the keys together have the size of the field are they what stands in it.
        """
        return re.compile(self._canonical_prefix(without), re.DOTALL).findall

    def _compile_keys(self) -> _Find:
        self._keys = re.compile(self._canonical_prefix(), re.DOTALL).findall
        return self._keys

    def _compile_keys_behind_ids(self) -> _Find:
        self._keys_behind_ids = re.compile(b".{4}(" + self._canonical_prefix() + b")", re.DOTALL).findall
        return self._keys_behind_ids

    def _compile_ids_and_keys(self) -> _FindPairs:
        self._ids_and_keys = re.compile(b"(.{4})(" + self._canonical_prefix() + b")", re.DOTALL).finditer
        return self._ids_and_keys

    def _canonical_prefix(self, without: Collection[int] = ()) -> bytes:
        """A pattern for one prefix without host bits: an alternative for each length, as a pattern can't count."""
        rest = (length for length in range(self._bits, -1, -1) if length not in self._usual)
        return b"|".join(_alternative(length, without) for length in (*self._usual, *rest))

    def key_text(self, key: bytes) -> str:
        return addresses.key_text(self.family, key)

    def value(self, key: bytes) -> Prefix:
        if [key] != self.split(key):
            raise InvalidNetworkField(f"{self.family}: {key.hex()} is not a prefix")
        return self._value(key)

    def values(self, keys: Sequence[bytes]) -> list[Prefix]:
        # HOT: 0.1 µs each, 1 µs by ``value``: ``split`` leaves nothing to be looked at.
        return list(map(self._value, keys))

    def parse(self, text: str) -> bytes:
        unicast, key = addresses.prefix_key(text)
        if unicast.afi != self.family.afi:
            raise ValueError(f"{text!r}: expected a prefix of {self.family}")
        return key

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        only(fields, "prefix")
        return self.parse(text(fields, "prefix"))

    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        """(identifier, key) one by one: for what isn't canonical, and to say what is wrong."""
        at = 0
        while at < len(field):
            length_at = at + id_size
            if length_at >= len(field):
                raise InvalidNetworkField(f"{self.family}: path identifier without a prefix at octet {at}")
            bits = field[length_at]
            if bits > self._bits:
                raise InvalidNetworkField(f"{self.family}: prefix length {bits}, expected 0..{self._bits}")
            end = length_at + 1 + (bits + 7) // 8
            if end > len(field):
                raise InvalidNetworkField(f"{self.family}: prefix of {bits} bits runs past the field")
            yield field[at:length_at], _masked(field[length_at:end])
            at = end


def _masked(key: bytes) -> bytes:
    """The bits behind the prefix length are irrelevant (RFC 4271 §4.3): zero in a key."""
    spare = -key[0] % 8
    return key if not spare else key[:-1] + bytes((key[-1] >> spare << spare,))


def _alternative(length: int, without: Collection[int] = ()) -> bytes:
    octets, rest = divmod(length, 8)
    pattern = b"\\x%02x" % length
    if octets:
        pattern += b"[^%b].{%d}" % (_class(without), octets - 1) if without else b".{%d}" % octets
    if rest:
        values = range(0, 256, 1 << 8 - rest)
        pattern += b"[%b]" % _class(values if octets else [value for value in values if value not in without])
    return pattern


def _class(values: Iterable[int]) -> bytes:
    return b"".join(b"\\x%02x" % value for value in values)
