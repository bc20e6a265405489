"""What every capability has: a code, a value in octets, and a way back (RFC 5492)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self


class CapabilityLengthError(ValueError):
    """The value's length is not one the capability can have: it counts as not sent, the session lives."""


class Capability(Protocol):
    """One capability of an OPEN; the classes are frozen values."""

    @property
    def code(self) -> int:
        """The capability code."""

    def encode(self) -> bytes:
        """The value octets, without code and length."""

    def __str__(self) -> str:
        """As people read it: a word, and what it says."""

    def to_json(self) -> dict[str, Any]:
        """Its fields by name, in what JSON has; ``from_json`` reads them again."""


class KnownCapability(Capability, Protocol):
    """A capability that pybgp can read."""

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read the value octets.

        Raises:
            CapabilityLengthError: a length that the capability can't have.
        """

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The capability that ``to_json`` gave the fields of.

        Raises:
            ValueError: a field that is missing, unknown or wrong; the text names it and says what was expected.
        """


def records(value: bytes, size: int, name: str) -> list[bytes]:
    """``value`` cut into pieces of ``size`` octets.

    Raises:
        CapabilityLengthError: it doesn't come out even.
    """
    if len(value) % size:
        raise CapabilityLengthError(f"{name} of {len(value)} octets, expected a multiple of {size}")
    return [value[at : at + size] for at in range(0, len(value), size)]


def exactly(value: bytes, size: int, name: str) -> None:
    """Check that ``value`` has ``size`` octets.

    Raises:
        CapabilityLengthError: it has not.
    """
    if len(value) != size:
        raise CapabilityLengthError(f"{name} of {len(value)} octets, expected {size}")
