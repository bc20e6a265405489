"""FQDN: the sender's host and domain name, for the operator's eyes (draft-walton-bgp-hostname-capability)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...constants import CapabilityCode
from ..fields import only, text
from .base import CapabilityLengthError

MAX_NAME: Final = 63
"""Octets of a name."""


@dataclass(frozen=True, slots=True)
class Fqdn:
    """``host_name`` and ``domain_name`` as UTF-8 of at most 63 octets each on send; FRR and Calico's peers send it."""

    code: ClassVar[int] = CapabilityCode.FQDN
    host_name: str
    domain_name: str = ""

    @classmethod
    def decode(cls, value: bytes) -> Self:
        host, rest = _counted(value)
        domain, rest = _counted(rest)
        if rest:
            raise CapabilityLengthError(f"fqdn with {len(rest)} octets behind the domain name")
        return cls(host, domain)

    def encode(self) -> bytes:
        out = b""
        for name in (self.host_name, self.domain_name):
            octets = name.encode()[:MAX_NAME].decode("utf-8", "ignore").encode()
            out += bytes((len(octets),)) + octets
        return out

    def __str__(self) -> str:
        return f"fqdn {self.host_name}{'.' if self.domain_name else ''}{self.domain_name}"

    def to_json(self) -> dict[str, Any]:
        return {"host_name": self.host_name, "domain_name": self.domain_name}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "host_name", "domain_name")
        return cls(_name(fields, "host_name"), _name({"domain_name": "", **fields}, "domain_name"))


def _name(fields: Mapping[str, Any], name: str) -> str:
    value = text(fields, name)
    if len(value.encode("utf-8", "replace")) > MAX_NAME:
        raise ValueError(f"{name} = {value!r}: expected at most {MAX_NAME} octets")
    return value


def _counted(value: bytes) -> tuple[str, bytes]:
    """A name behind its length octet, and what follows."""
    if not value or len(value) < 1 + value[0]:
        raise CapabilityLengthError("fqdn that ends within a name")
    end = 1 + value[0]
    return value[1:end].decode("utf-8", "backslashreplace"), value[end:]
