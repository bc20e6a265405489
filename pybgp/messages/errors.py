"""RFC 7606: what an error in an UPDATE costs, and the NOTIFICATION that RFC 4271 has for it.

An attribute's ``decode`` raises one of the ``AttributeProblem`` classes; the parser of the block adds the attribute's
octets and what the error costs, goes on, and lets the strongest outcome decide (RFC 7606 §3 h).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

from ..constants import AttributeCode, UpdateSubcode
from ..errors import BadMessageLength, ProtocolError, PybgpError, UpdateError


class Outcome(IntEnum):
    """What an error costs, ordered by strength (RFC 7606 §2, §3 h)."""

    NONE = 0
    DISCARD = 1
    """The attribute is dropped, the rest of the UPDATE is used."""
    TREAT_AS_WITHDRAW = 2
    """Every prefix of the UPDATE counts as withdrawn; the session lives."""
    DISABLE = 3
    """The family is switched off; the session lives."""
    RESET = 4
    """The session ends with a NOTIFICATION."""

    @property
    def word(self) -> str:
        """As logs and JSON say it: "treat-as-withdraw"."""
        return self.name.lower().replace("_", "-")


class NotificationTooShort(BadMessageLength):
    """A NOTIFICATION of less than 21 octets: the connection is closed, nothing is answered (RFC 4271 §6.4)."""


class AttributesTooLong(PybgpError):
    """Not even one prefix fits into a message beside these attributes: the route must be withdrawn (RFC 4271 §9.2)."""


class AttributeProblem(UpdateError):
    """Something is wrong with one path attribute.

    ``attribute`` is its type; ``why`` says what was seen and expected. ``data`` becomes the whole attribute as received
    once the parser knows it. ``least`` is what the error costs where that is more than what the attribute's errors cost
    in general.
    """

    carries_attribute: ClassVar[bool] = True
    """Does the NOTIFICATION carry the attribute as data (RFC 4271 §6.3)?"""

    def __init__(self, attribute: int, why: str, *, data: bytes = b"", least: Outcome = Outcome.NONE) -> None:
        super().__init__(f"{attribute_name(attribute)}: {why}", data=data)
        self.attribute = attribute
        self.why = why
        self.least = least


class AttributeFlagsError(AttributeProblem):
    """The Optional or Transitive bit is not what the attribute's definition says."""

    subcode = UpdateSubcode.ATTRIBUTE_FLAGS_ERROR


class AttributeLengthError(AttributeProblem):
    """The length is not one the attribute can have."""

    subcode = UpdateSubcode.ATTRIBUTE_LENGTH_ERROR

    def __init__(self, attribute: int, value: bytes, *, expected: str) -> None:
        super().__init__(attribute, f"length {len(value)}, expected {expected}")


class InvalidOrigin(AttributeProblem):
    """An ORIGIN above 2."""

    subcode = UpdateSubcode.INVALID_ORIGIN_ATTRIBUTE


class InvalidNextHop(AttributeProblem):
    """A next hop that can't be the address of a host."""

    subcode = UpdateSubcode.INVALID_NEXT_HOP_ATTRIBUTE


class MalformedAsPath(AttributeProblem):
    """AS_PATH segments that don't add up, or an AS number that must not be there."""

    subcode = UpdateSubcode.MALFORMED_AS_PATH
    carries_attribute = False


class OptionalAttributeError(AttributeProblem):
    """An optional attribute whose value is wrong."""

    subcode = UpdateSubcode.OPTIONAL_ATTRIBUTE_ERROR


class UnrecognizedWellKnown(AttributeProblem):
    """An attribute that claims to be well-known, and isn't known."""

    subcode = UpdateSubcode.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE


class MissingAttribute(AttributeProblem):
    """A mandatory attribute is not there; the data is its type."""

    subcode = UpdateSubcode.MISSING_WELL_KNOWN_ATTRIBUTE
    carries_attribute = False

    def __init__(self, attribute: int) -> None:
        super().__init__(attribute, "mandatory, but missing", data=bytes((attribute,)))


class MalformedAttributeList(AttributeProblem):
    """Lengths that contradict each other, or an attribute that may be there once only, twice."""

    subcode = UpdateSubcode.MALFORMED_ATTRIBUTE_LIST
    carries_attribute = False


class UnexpectedAttribute(AttributeProblem):
    """An attribute that this kind of peer must not send; it is dropped (RFC 7606 §7.5, §7.9, §7.10)."""

    subcode = UpdateSubcode.OPTIONAL_ATTRIBUTE_ERROR


class InvalidNetworkField(UpdateError):
    """A prefix whose length is too large, or that runs past its field (RFC 4271 §6.3, RFC 7606 §5.3)."""

    subcode = UpdateSubcode.INVALID_NETWORK_FIELD


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was wrong with an UPDATE that could be used all the same, or treated as withdrawn.

    ``attribute`` is the attribute's type, None if it concerns none; ``data`` is the attribute as received; ``error``
    would end the session if it had to.
    """

    outcome: Outcome
    attribute: int | None
    why: str
    data: bytes
    error: UpdateError

    @property
    def attribute_name(self) -> str:
        """``"MULTI_EXIT_DISC"``, ``"99"`` for one without a name, ``"-"`` for none."""
        return "-" if self.attribute is None else attribute_name(self.attribute)


def why_of(error: ProtocolError) -> str:
    """What is wrong, without the attribute's name in front."""
    return error.why if isinstance(error, AttributeProblem) else str(error)


def attribute_name(code: int) -> str:
    """An attribute type by its registry name, or its number."""
    try:
        return AttributeCode(code).name
    except ValueError:
        return str(code)


_SECTIONS: Final[Mapping[int, str]] = {
    AttributeCode.ORIGIN: "7606 7.1",
    AttributeCode.AS_PATH: "7606 7.2",
    AttributeCode.NEXT_HOP: "7606 7.3",
    AttributeCode.MULTI_EXIT_DISC: "7606 7.4",
    AttributeCode.LOCAL_PREF: "7606 7.5",
    AttributeCode.ATOMIC_AGGREGATE: "7606 7.6",
    AttributeCode.AGGREGATOR: "7606 7.7",
    AttributeCode.COMMUNITIES: "7606 7.8",
    AttributeCode.ORIGINATOR_ID: "7606 7.9",
    AttributeCode.CLUSTER_LIST: "7606 7.10",
    AttributeCode.MP_REACH_NLRI: "7606 7.11",
    AttributeCode.MP_UNREACH_NLRI: "7606 7.12",
    AttributeCode.EXTENDED_COMMUNITIES: "7606 7.14",
    AttributeCode.AS4_PATH: "6793 6",
    AttributeCode.AS4_AGGREGATOR: "6793 6",
    22: "6514 5",
    23: "9012 13",
    24: "7606 7.13",
    25: "7606 7.15",
    26: "7311 3.2",
    AttributeCode.LARGE_COMMUNITIES: "8092 6",
    35: "9234 5",
    40: "8669 6",
    128: "7606 7.16",
}
"""Where it says what an attribute's errors cost: RFC and section, by the attribute's type."""
_NOT_FROM_OUTSIDE: Final[Mapping[int, str]] = {23: "9012 11", 26: "7311 3.3", 40: "8669 4"}
"""Where it says that an external peer's is dropped, if that is elsewhere."""
_SRV6_SERVICE: Final = "9252 7"


def rfc_of(error: UpdateError) -> str:
    """The RFC and section that says what an error costs, as ``"7606 7.4"``."""
    if isinstance(error, AttributeFlagsError | MissingAttribute):
        return "7606 3"
    if isinstance(error, MalformedAttributeList):
        return "7606 4"
    if isinstance(error, InvalidNetworkField):
        return "7606 5.3"
    if isinstance(error, UnrecognizedWellKnown):
        return "4271 6.3"
    if not isinstance(error, AttributeProblem):
        return "4271 6.3"
    if isinstance(error, UnexpectedAttribute) and error.attribute in _NOT_FROM_OUTSIDE:
        return _NOT_FROM_OUTSIDE[error.attribute]
    if error.attribute == AttributeCode.PREFIX_SID and error.least:
        return _SRV6_SERVICE
    return _SECTIONS.get(error.attribute, "7606 3")


def attribute_code(name: str) -> int:
    """The type of what ``attribute_name`` gives.

    Raises:
        ValueError: neither a registry name nor a number of 0..255.
    """
    if name in AttributeCode.__members__:
        return AttributeCode[name]
    if name.isdecimal() and len(name) < 4 and int(name) < 256:
        return int(name)
    raise ValueError(f"{name!r} is not an attribute: expected a registry name or a number of 0..255")
