"""ATTR_SET: a customer's own attributes, carried through a provider's AS (RFC 6368)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...constants import OPTIONAL_TRANSITIVE, AttributeCode, AttributeFlags
from ..context import Context, PeerKind
from ..errors import (
    AttributeLengthError,
    AttributeProblem,
    OptionalAttributeError,
    Outcome,
    attribute_code,
    attribute_name,
)
from ..fields import array, number, only, present, text
from . import text as words
from .base import (
    CANONICAL,
    EVERYBODY,
    KIND_BITS,
    PARTIAL,
    Attribute,
    AttributeValue,
    RawAttribute,
    pack,
    walk,
    writable,
)
from .unknown import UnknownAttribute

_OPTIONAL: Final = int(AttributeFlags.OPTIONAL)
_NOT_INSIDE: Final[frozenset[int]] = frozenset(
    {
        AttributeCode.MP_REACH_NLRI,
        AttributeCode.MP_UNREACH_NLRI,
        AttributeCode.AS4_PATH,
        AttributeCode.AS4_AGGREGATOR,
        AttributeCode.ATTR_SET,
    }
)
"""NLRI are not the customer's, AS numbers have four octets inside, and one set in another would have no end."""
_BETWEEN: Final = "; "


@dataclass(frozen=True, slots=True, repr=False)
class AttrSet(AttributeValue):
    """``origin_as`` is the customer's AS, ``attributes`` are its routes', in the order of the wire.

    Optional, transitive. AS numbers inside have four octets whatever the session has.
    """

    code: ClassVar[int] = AttributeCode.ATTR_SET
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "6368 §5"
    length_rule: ClassVar[str] = "4 octets and whole attributes"
    origin_as: int
    attributes: tuple[Attribute, ...] = ()

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the AS and the attributes, which are judged like others, but that every error is one of the set.

        Raises:
            AttributeLengthError: less than 4 octets; treat-as-withdraw (RFC 7606 §7.16).
            OptionalAttributeError: attributes that don't add up, one that is wrong, twice there or must not be there;
                treat-as-withdraw.
        """
        found = tuple(_typed(flags, code, value) for flags, code, value, _ in _read(data))
        return cls(int.from_bytes(data[:4]), found)

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        return data[:4] + b"".join(pack(flags, code, value) for flags, code, value, _ in _read(data))

    def encode(self, context: Context = CANONICAL) -> bytes:
        packed = (pack(each.flags, each.code, each.encode(CANONICAL)) for each in self.attributes)
        return self.origin_as.to_bytes(4) + b"".join(packed)

    def __str__(self) -> str:
        inside = (f"{attribute_name(each.code)} {each}".rstrip() for each in self.attributes)
        return f"{self.origin_as} [{_BETWEEN.join(inside)}]"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "65001 [ORIGIN igp; AS_PATH 65001 65002]".

        Raises:
            ValueError: nothing of the kind.
        """
        from . import registry  # which lists this class too

        origin_as, bracket, inside = text.partition(" [")
        if not bracket or not inside.endswith("]"):
            raise ValueError(f"{text!r}: expected AS [ATTRIBUTE TEXT; ...]")
        found = [each.partition(" ") for each in inside[:-1].split(_BETWEEN)] if inside != "]" else []
        attributes = [registry.parse(_code(name), value) for name, _, value in found]
        return cls._checked(words.number(origin_as, 0xFFFFFFFF, "origin_as"), attributes)

    def to_json(self) -> dict[str, Any]:
        inside = [{"attribute": attribute_name(each.code), "value": each.to_json()} for each in self.attributes]
        return {"origin_as": self.origin_as, "attributes": inside}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        from . import registry

        only(value, "origin_as", "attributes")
        attributes = []
        for item in array(value, "attributes"):
            only(item, "attribute", "value")
            attributes.append(registry.from_json(_code(text(item, "attribute")), present(item, "value")))
        return cls._checked(number(value, "origin_as", 0xFFFFFFFF), attributes)

    @classmethod
    def _checked(cls, origin_as: int, attributes: list[Attribute]) -> Self:
        codes = [each.code for each in attributes]
        if len(set(codes)) != len(codes) or not _NOT_INSIDE.isdisjoint(codes):
            raise ValueError("attributes: expected each once, and none that must not be in an ATTR_SET")
        return writable(cls(origin_as, tuple(attributes)))


def _read(data: bytes) -> Iterator[RawAttribute]:
    """The attributes of a set, with flags and values as they are written.

    Raises:
        AttributeProblem: as ``AttrSet.decode`` says.
    """
    if len(data) < 4:
        raise AttributeLengthError(AttrSet.code, data, expected=AttrSet.length_rule)
    seen = set(_NOT_INSIDE)
    try:
        for raw in walk(data[4:]):
            if raw.code in seen:
                raise OptionalAttributeError(raw.code, "more than once, or not for an ATTR_SET")
            seen.add(raw.code)
            yield _canonical(raw)
    except AttributeProblem as error:
        raise OptionalAttributeError(AttrSet.code, f"{attribute_name(error.attribute)} inside: {error.why}") from None


def _canonical(raw: RawAttribute) -> RawAttribute:
    from . import registry

    kind = registry.known(raw.code)
    expected, fixed = (_OPTIONAL, _OPTIONAL) if kind is None else (kind.flags, KIND_BITS)
    if (raw.flags ^ expected) & fixed:
        raise OptionalAttributeError(raw.code, f"flags {raw.flags:02x}")
    if kind is None:
        return raw._replace(flags=raw.flags & (KIND_BITS | PARTIAL))
    return raw._replace(flags=int(kind.flags), value=kind.canonical(raw.value) or b"")


def _typed(flags: int, code: int, value: bytes) -> Attribute:
    from . import registry

    kind = registry.known(code)
    return UnknownAttribute(code, flags, value) if kind is None else kind.decode(value)


def _code(name: str) -> int:
    code = attribute_code(name)
    if code in _NOT_INSIDE:
        raise ValueError(f"{name}: must not be in an ATTR_SET; expected another attribute")
    return code
