"""FQDN: the sender's host and domain name, for the operator's eyes (draft-walton-bgp-hostname-capability)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from ...constants import CapabilityCode
from .base import CapabilityLengthError


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
            octets = name.encode()[:63].decode("utf-8", "ignore").encode()
            out += bytes((len(octets),)) + octets
        return out

    def __str__(self) -> str:
        return f"fqdn {self.host_name}{'.' if self.domain_name else ''}{self.domain_name}"


def _counted(value: bytes) -> tuple[str, bytes]:
    """A name behind its length octet, and what follows."""
    if not value or len(value) < 1 + value[0]:
        raise CapabilityLengthError("fqdn that ends within a name")
    end = 1 + value[0]
    return value[1:end].decode("utf-8", "backslashreplace"), value[end:]
