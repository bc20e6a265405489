"""Link-state: nodes, links and prefixes of an IGP (AFI 16388, SAFI 71, and 72 in a VPN; RFC 9552 §5.2).

A type, a length, and TLVs that pybgp carries as they are; types that it has no name for too, as RFC 9552 §5.2 asks.
In a VPN the next hops stand behind a route distinguisher of 0 (§5.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...addresses import Family
from ..errors import InvalidNetworkField
from ..fields import from_hex, only, text
from .base import FamilyCodec, Nlri
from .framing import cut
from .route_distinguisher import RD_SIZE, next_hop_with_rd, next_hop_without_rd, parse_rd, rd_text

_HEAD: Final = 4
_NAMES: Final = {1: "node", 2: "link", 3: "ipv4-prefix", 4: "ipv6-prefix", 5: "sr-policy", 6: "srv6-sid"}
"""IANA's registry "BGP-LS NLRI Types" (RFC 9552 §5.2, RFC 9857, RFC 9514)."""
_NUMBERS: Final = {name: number for number, name in _NAMES.items()}


@dataclass(frozen=True, slots=True)
class LinkStateNlri:
    """ "node 0x0300..."; ``content`` is everything behind type and length, and behind ``rd`` in a VPN."""

    kind: int
    content: bytes
    rd: bytes = b""

    def encode(self) -> bytes:
        body = self.rd + self.content
        return self.kind.to_bytes(2) + len(body).to_bytes(2) + body

    def __str__(self) -> str:
        return " ".join(self.to_json().values())

    def to_json(self) -> dict[str, Any]:
        """The fields, all of them text, in the order of the text form."""
        return {
            "type": _NAMES.get(self.kind, str(self.kind)),
            **({"rd": rd_text(self.rd)} if self.rd else {}),
            "octets": f"0x{self.content.hex()}",
        }


class LinkStateFamily(FamilyCodec):
    """``rd_size``: the octets of the route distinguisher in front of the TLVs."""

    __slots__ = ("_fields", "_rd_size", "family", "next_hop_sizes", "rfc")

    max_key = _HEAD + 0xFFFF

    def __init__(self, family: Family, rd_size: int, *, rfc: str) -> None:
        self.family = family
        self.rfc = rfc
        self.next_hop_sizes = (12, 24, 48) if rd_size else (4, 16, 32)
        self._rd_size = rd_size
        self._fields = ("type", "rd", "octets") if rd_size else ("type", "octets")

    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        for identifier, nlri in cut(self.family, field, id_size, _HEAD, _size):
            if len(nlri) < _HEAD + self._rd_size:
                raise InvalidNetworkField(f"{self.family}: {len(nlri) - _HEAD} octets, expected at least {RD_SIZE}")
            yield identifier, nlri

    def value(self, key: bytes) -> Nlri:
        if self.split(key) != [key]:
            raise InvalidNetworkField(f"{self.family}: {len(key)} octets are not one NLRI")
        content_at = _HEAD + self._rd_size
        return LinkStateNlri(int.from_bytes(key[:2]), key[content_at:], key[_HEAD:content_at])

    def parse(self, text: str) -> bytes:
        words = text.split()
        if len(words) != len(self._fields):
            raise ValueError(f"{text!r}: expected {' '.join(name.upper() for name in self._fields)}")
        return self.from_json(dict(zip(self._fields, words, strict=True)))

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        only(fields, *self._fields)
        octets = text(fields, "octets")
        content = from_hex(octets.removeprefix("0x"), "octets")
        rd = parse_rd(text(fields, "rd")) if self._rd_size else b""
        if len(rd) + len(content) > 0xFFFF:
            raise ValueError(f"octets: {len(content)}, expected {0xFFFF - len(rd)} at most")
        return LinkStateNlri(_kind(text(fields, "type")), content, rd).encode()

    def next_hop_address(self, octets: bytes) -> bytes:
        return next_hop_without_rd(octets) if self._rd_size else octets

    def next_hop_octets(self, address: bytes) -> bytes:
        return next_hop_with_rd(address) if self._rd_size else address


def _size(head: bytes) -> int:
    return _HEAD + int.from_bytes(head[2:])


def _kind(word: str) -> int:
    if word in _NUMBERS:
        return _NUMBERS[word]
    if word.isascii() and word.isdigit() and int(word) <= 0xFFFF:
        return int(word)
    raise ValueError(f"type = {word!r}: expected {', '.join(_NUMBERS)}, or a number")


LINK_STATE: Final = LinkStateFamily(Family.LINK_STATE, 0, rfc="9552 §5.2")
LINK_STATE_VPN: Final = LinkStateFamily(Family.LINK_STATE_VPN, RD_SIZE, rfc="9552 §5.2")
