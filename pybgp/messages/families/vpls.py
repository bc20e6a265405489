"""VPLS: which block of labels a router has for the sites of an Ethernet (AFI 25, SAFI 65, RFC 4761 §3.2.2).

Routes of another length than 17 octets, as those of RFC 6074 have, aren't known and cost only themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

from ...addresses import Family
from ..errors import InvalidNetworkField, Outcome
from ..fields import number, only
from .base import BadKey, FamilyCodec, Nlri
from .framing import cut
from .opaque import Opaque, opaque_from_json, parse_opaque
from .route_distinguisher import rd_field, rd_text
from .wording import fields_of, sentence

_HEAD: Final = 2
_LENGTH: Final = 17
_NUMBERS: Final = Struct("!HHH")
_NUMBERS_AT: Final = _HEAD + 8
_LABEL_AT: Final = _NUMBERS_AT + _NUMBERS.size


@dataclass(frozen=True, slots=True, kw_only=True)
class VplsBlock:
    """Labels for the sites ``block_offset`` .. ``block_offset + block_size - 1``, made by the site ``ve_id``.

    ``label_base`` are the 24 bits as they stand.
    """

    rd: bytes
    ve_id: int
    block_offset: int
    block_size: int
    label_base: int

    def encode(self) -> bytes:
        numbers = _NUMBERS.pack(self.ve_id, self.block_offset, self.block_size)
        return _LENGTH.to_bytes(2) + self.rd + numbers + self.label_base.to_bytes(3)

    def __str__(self) -> str:
        return sentence(self.to_json())

    def to_json(self) -> dict[str, Any]:
        return {
            "rd": rd_text(self.rd),
            "ve_id": self.ve_id,
            "block_offset": self.block_offset,
            "block_size": self.block_size,
            "label_base": self.label_base,
        }


class Vpls(FamilyCodec):
    """AFI 25, SAFI 65."""

    __slots__ = ()

    family = Family.L2VPN_VPLS
    rfc = "4761 §3.2.2"
    max_key = _HEAD + _LENGTH
    next_hop_sizes = (4, 16)
    labeled = True
    withdrawn_whole = True
    """RFC 4761 has nothing like RFC 8277 §2.4, and to GoBGP 3.10 labels are of what tells routes apart."""

    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        return cut(self.family, field, id_size, _HEAD, _size)

    def judge(self, keys: Sequence[bytes]) -> list[BadKey]:
        return [
            BadKey(key, Outcome.DISCARD, f"{len(key) - _HEAD} octets, expected {_LENGTH}")
            for key in keys
            if len(key) != _HEAD + _LENGTH
        ]

    def value(self, key: bytes) -> Nlri:
        """A block of labels, or an ``Opaque`` of what ``judge`` finds bad."""
        if len(key) < _HEAD or len(key) != _size(key):
            raise InvalidNetworkField(f"{self.family}: {len(key)} octets are not one route")
        if len(key) != _HEAD + _LENGTH:
            return Opaque(key)
        ve_id, block_offset, block_size = _NUMBERS.unpack_from(key, _NUMBERS_AT)
        return VplsBlock(
            rd=key[_HEAD:_NUMBERS_AT],
            ve_id=ve_id,
            block_offset=block_offset,
            block_size=block_size,
            label_base=int.from_bytes(key[_LABEL_AT:]),
        )

    def identity(self, key: bytes) -> bytes:
        """Route distinguisher, site and offset; the labels are what the route says of them."""
        return key if len(key) != _HEAD + _LENGTH else key[: _NUMBERS_AT + 4]

    def labels_of(self, key: bytes) -> bytes:
        """How many labels there are, and the first."""
        return key[_NUMBERS_AT + 4 :]

    def with_labels(self, identity: bytes, labels: bytes = b"") -> bytes:
        return identity + (labels or bytes(_HEAD + _LENGTH - len(identity)))

    def parse(self, text: str) -> bytes:
        return parse_opaque(self, text) if text.startswith("0x") else self.from_json(fields_of(text))

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        if not isinstance(fields, Mapping) or "octets" in fields:
            return opaque_from_json(self, fields)
        only(fields, "rd", "ve_id", "block_offset", "block_size", "label_base")
        return VplsBlock(
            rd=rd_field(fields),
            ve_id=number(fields, "ve_id", 0xFFFF),
            block_offset=number(fields, "block_offset", 0xFFFF),
            block_size=number(fields, "block_size", 0xFFFF),
            label_base=number(fields, "label_base", 0xFFFFFF),
        ).encode()


def _size(head: bytes) -> int:
    return _HEAD + (head[0] << 8 | head[1])


L2VPN_VPLS: Final = Vpls()
