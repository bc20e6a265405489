"""MP_REACH_NLRI and MP_UNREACH_NLRI: routes of other families than the classic fields have (RFC 4760 §3, §4).

They are not part of a ``Block``: ``update`` takes them off before it looks at the attributes. Their text has the
NLRI as octets, since a session must be known to read it; ``to_json`` takes the session's context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import Family, address_text
from ...constants import OPTIONAL_NON_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import InvalidNetworkField, OptionalAttributeError, Outcome
from ..families.base import FamilyCodec
from ..families.registry import agreed, codec
from ..fields import from_hex, items, number, only, present, text
from .base import CANONICAL, EVERYBODY, AttributeValue, pieces
from .text import address

_HEX: Final = "0x"


@dataclass(frozen=True, slots=True, repr=False)
class MpReach(AttributeValue):
    """Reachable prefixes of one family and their next hop; ``nlri`` is the field as it stands."""

    code: ClassVar[int] = AttributeCode.MP_REACH_NLRI
    flags: ClassVar[int] = OPTIONAL_NON_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.RESET
    wrong_flags: ClassVar[Outcome] = Outcome.RESET  # RFC 7606 §5.3
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4760 §3"
    length_rule: ClassVar[str] = "at least 5 octets and the next hop"
    family: Family
    next_hop: bytes
    nlri: bytes

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets; the reserved octet is ignored.

        Raises:
            OptionalAttributeError: shorter than its next hop says; the session ends (RFC 7606 §7.11).
        """
        size = data[3] if len(data) > 3 else 0
        if len(data) < 5 + size:
            why = f"{len(data)} octets, expected at least {5 + size}"
            raise OptionalAttributeError(AttributeCode.MP_REACH_NLRI, why)
        return cls(Family(data[0] << 8 | data[1], data[2]), data[4 : 4 + size], data[5 + size :])

    def encode(self, context: Context = CANONICAL) -> bytes:
        """The value octets."""
        head = self.family.afi.to_bytes(2) + bytes((self.family.safi, len(self.next_hop)))
        return b"".join((head, self.next_hop, b"\0", self.nlri))

    def __str__(self) -> str:
        next_hop = ",".join(_next_hops(self.family, self.next_hop)) or _HEX
        return f"{self.family} next-hop {next_hop} nlri {_HEX}{self.nlri.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "ipv6-unicast next-hop 2001:db8::1,fe80::1 nlri 0x2020010db8".

        Raises:
            ValueError: nothing of the kind.
        """
        parts = text.split()
        if len(parts) != 5 or parts[1::2] != ["next-hop", "nlri"]:
            raise ValueError(f"{text!r}: expected FAMILY next-hop ADDRESSES nlri HEX")
        return cls.from_json({"family": parts[0], "next_hop": parts[2].split(","), "nlri": parts[4]})

    def to_json(self, context: Context = CANONICAL) -> dict[str, Any]:
        """Family, addresses of the next hop, and the NLRI as the family's JSON; ``context`` as for ``nlri_json``."""
        return {
            "family": str(self.family),
            "next_hop": _next_hops(self.family, self.next_hop),
            "nlri": nlri_json(self.family, self.nlri, context),
        }

    @classmethod
    def from_json(cls, value: Any, context: Context = CANONICAL) -> Self:
        only(value, "family", "next_hop", "nlri")
        family = Family.parse(text(value, "family"))
        next_hop = _next_hop_of(family, items(present(value, "next_hop"), "next_hop"))
        return cls(family, next_hop, nlri_of(family, present(value, "nlri"), context))


@dataclass(frozen=True, slots=True, repr=False)
class MpUnreach(AttributeValue):
    """Withdrawn prefixes of one family; without any, alone in its UPDATE, the family's End-of-RIB (RFC 4724 §2)."""

    code: ClassVar[int] = AttributeCode.MP_UNREACH_NLRI
    flags: ClassVar[int] = OPTIONAL_NON_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.RESET
    wrong_flags: ClassVar[Outcome] = Outcome.RESET  # RFC 7606 §5.3
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "4760 §4"
    length_rule: ClassVar[str] = "at least 3 octets"
    family: Family
    nlri: bytes

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets.

        Raises:
            OptionalAttributeError: less than 3 octets; the session ends (RFC 7606 §5.3).
        """
        if len(data) < 3:
            raise OptionalAttributeError(AttributeCode.MP_UNREACH_NLRI, f"{len(data)} octets, expected at least 3")
        return cls(Family(data[0] << 8 | data[1], data[2]), data[3:])

    def encode(self, context: Context = CANONICAL) -> bytes:
        """The value octets."""
        return self.family.afi.to_bytes(2) + bytes((self.family.safi,)) + self.nlri

    def __str__(self) -> str:
        return f"{self.family} nlri {_HEX}{self.nlri.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "ipv6-unicast nlri 0x2020010db8".

        Raises:
            ValueError: nothing of the kind.
        """
        parts = text.split()
        if len(parts) != 3 or parts[1] != "nlri":
            raise ValueError(f"{text!r}: expected FAMILY nlri HEX")
        return cls.from_json({"family": parts[0], "nlri": parts[2]})

    def to_json(self, context: Context = CANONICAL) -> dict[str, Any]:
        """Family, and the NLRI as the family's JSON; ``context`` as for ``nlri_json``."""
        return {"family": str(self.family), "nlri": nlri_json(self.family, self.nlri, context)}

    @classmethod
    def from_json(cls, value: Any, context: Context = CANONICAL) -> Self:
        only(value, "family", "nlri")
        family = Family.parse(text(value, "family"))
        return cls(family, nlri_of(family, present(value, "nlri"), context))


def nlri_json(family: Family, nlri: bytes, context: Context = CANONICAL) -> list[dict[str, Any]] | str:
    """The destinations of an NLRI field, each with its ``path_id`` where the session receives those (RFC 7911).

    A destination that is not right inside has its octets only ({"octets": "0x..."}); the field is hexadecimal text
    ("0x...") when pybgp doesn't know the family, or can't tell where a destination ends.
    """
    found = agreed(family, context)
    with_ids = family in context.add_path_receive
    try:
        if found is not None:
            return [
                _destination(found, key) | ({"path_id": int.from_bytes(path_id)} if with_ids else {})
                for path_id, key in found.walk(nlri, 4 if with_ids else 0)
            ]
    except InvalidNetworkField:
        pass
    return _HEX + nlri.hex()


def is_told(family: Family, nlri: bytes, context: Context = CANONICAL) -> bool:
    """Does ``nlri_json`` tell all octets? Not those that aren't canonical, as the bits behind a prefix's length."""
    found = agreed(family, context)
    if found is None:
        return True
    try:
        pairs = found.walk(nlri, 4 if family in context.add_path_receive else 0)
        return b"".join(part for pair in pairs for part in pair) == nlri
    except InvalidNetworkField:
        return True


def nlri_of(family: Family, value: Any, context: Context = CANONICAL) -> bytes:
    """The NLRI field of what ``nlri_json`` gives; a destination without a ``path_id`` may be text instead.

    Raises:
        ValueError: nothing of the kind, the text says which and what was expected; destinations of a family that pybgp
            doesn't know.
    """
    if isinstance(value, str):
        return _octets(value, "nlri")
    found = agreed(family, context)
    destinations = items(value, "nlri")
    if found is None:
        if destinations:
            raise ValueError(f"nlri of {family}: expected octets in hexadecimal")
        return b""
    with_ids = family in context.add_path_receive
    out = bytearray()
    for index, item in enumerate(destinations):
        try:
            out += _destination_of(found, item, with_ids=with_ids)
        except ValueError as error:
            raise ValueError(f"[{index}]: {error}") from None
    return bytes(out)


def _destination_of(found: FamilyCodec, item: Any, *, with_ids: bool) -> bytes:
    if isinstance(item, str) and not with_ids:
        return found.parse(item)
    if not isinstance(item, dict):
        raise ValueError(f"{item!r}: expected an object{'' if with_ids else ', or text'}")
    fields = dict(item)
    identifier = b""
    if with_ids:
        identifier = number(fields, "path_id", 0xFFFFFFFF).to_bytes(4)
        del fields["path_id"]
    elif "path_id" in fields:
        raise ValueError(f"path_id: the session has none for {found.family}")
    key = _octets(fields["octets"], "octets") if fields.keys() == {"octets"} else found.from_json(fields)
    return identifier + key


def _destination(family: FamilyCodec, key: bytes) -> dict[str, Any]:
    try:
        return family.value(key).to_json()
    except InvalidNetworkField:
        return {"octets": _HEX + key.hex()}


def _next_hops(family: Family, octets: bytes) -> list[str]:
    """The addresses of a next hop, global before link-local, none of a flow specification.

    Hexadecimal where it is more, or less, than the family's addresses.
    """
    found = codec(family)
    if found is not None and len(octets) in found.next_hop_sizes + found.extended_next_hop_sizes:
        addresses = found.next_hop_address(octets)
        if found.next_hop_octets(addresses) == octets:
            return [address_text(part) for part in pieces(addresses, 4 if len(addresses) == 4 else 16)]
    return [_HEX + octets.hex()]


def _next_hop_of(family: Family, texts: list[Any]) -> bytes:
    if len(texts) == 1 and str(texts[0]).startswith(_HEX):
        octets = _octets(texts[0], "next_hop")
    else:
        found = codec(family)
        if found is None:
            raise ValueError(f"next_hop of {family}: expected octets in hexadecimal")
        octets = found.next_hop_octets(b"".join(address(each, "next_hop", (4, 16)) for each in texts))
    if len(octets) > 255:
        raise ValueError(f"next_hop has {len(octets)} octets: expected at most 255")
    return octets


def _octets(value: Any, name: str) -> bytes:
    return from_hex(value.removeprefix(_HEX) if isinstance(value, str) else value, name)
