"""The SRv6 L3 and L2 service TLVs of PREFIX_SID: to which SIDs a service's packets are sent (RFC 9252 §2, §3.1)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Self

from ...addresses import address_text
from ..errors import OptionalAttributeError
from ..fields import array, number, only, present, text
from . import text as words
from .tlv import number_of, read_tlvs, write_tlv

L3_SERVICE: Final = 5
L2_SERVICE: Final = 6
_SERVICES: Final = {L3_SERVICE: "l3", L2_SERVICE: "l2"}
_SID_INFORMATION: Final = 1
_SID_STRUCTURE: Final = 1
_SID_SIZE: Final = 21
"""Octets of a SID information sub-TLV without its own sub-TLVs: reserved, SID, flags, behavior, reserved."""
_STRUCTURE_SIZE: Final = 6
_NO_STRUCTURE: Final = "-"


class Srv6SidStructure(NamedTuple):
    """Lengths in bits of a SID's parts, and which bits of it stand in the NLRI's label (RFC 9252 §3.2.1)."""

    locator_block: int
    locator_node: int
    function: int
    argument: int
    transposition_length: int
    transposition_offset: int


class Srv6Sid(NamedTuple):
    """A SID (16 octets), its flags, its endpoint behavior (0..65535, RFC 8986 §10.2) and its structure, if given."""

    sid: bytes
    behavior: int
    flags: int = 0
    structure: Srv6SidStructure | None = None

    def encode(self) -> bytes:
        """The value octets of the SID information sub-TLV."""
        head = b"\0" + self.sid + bytes((self.flags,)) + self.behavior.to_bytes(2) + b"\0"
        return head if self.structure is None else head + write_tlv(_SID_STRUCTURE, bytes(self.structure))

    def __str__(self) -> str:
        structure = _NO_STRUCTURE if self.structure is None else ":".join(map(str, self.structure))
        return f"{address_text(self.sid)}/{self.behavior}/{self.flags}/{structure}"

    def to_json(self) -> dict[str, Any]:
        structure = None if self.structure is None else self.structure._asdict()
        return {
            "sid": address_text(self.sid),
            "behavior": self.behavior,
            "flags": self.flags,
            "structure": structure,
        }


class Srv6Service(NamedTuple):
    """``kind`` is 5 for L3 services, 6 for L2; ``sids`` in the order of the wire."""

    kind: int
    sids: tuple[Srv6Sid, ...]

    @classmethod
    def read(cls, kind: int, value: bytes) -> Self | None:
        """A TLV of the usual shape that ``check_service`` has passed; None if there is more in it than SIDs."""
        sids = []
        for sub_kind, sub in read_tlvs(0, value[1:]):
            inside = list(read_tlvs(0, sub[_SID_SIZE:]))
            if sub_kind != _SID_INFORMATION or len(inside) > 1:
                return None
            if inside and (inside[0].kind != _SID_STRUCTURE or len(inside[0].value) != _STRUCTURE_SIZE):
                return None
            structure = Srv6SidStructure(*inside[0].value) if inside else None
            sids.append(Srv6Sid(sub[1:17], int.from_bytes(sub[18:20]), sub[17], structure))
        return cls(kind, tuple(sids))

    def encode(self) -> bytes:
        """The value octets: a reserved one, a sub-TLV for each SID."""
        return b"\0" + b"".join(write_tlv(_SID_INFORMATION, sid.encode()) for sid in self.sids)

    def __str__(self) -> str:
        return f"srv6-{_SERVICES[self.kind]}=" + ",".join(map(str, self.sids))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "srv6-l3=2001:db8::/19/0/40:24:16:0:16:64", SID, behavior, flags and structure or "-".

        Raises:
            ValueError: nothing of the kind.
        """
        name, _, value = text.partition("=")
        kind = number_of(name.removeprefix("srv6-"), _SERVICES, 0, "service")
        return cls(kind, tuple(_parse_sid(each) for each in value.split(",") if value))

    def to_json(self) -> dict[str, Any]:
        return {"service": f"srv6-{_SERVICES[self.kind]}", "sids": [sid.to_json() for sid in self.sids]}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read the JSON form: an object with service ("srv6-l3") and sids.

        Raises:
            ValueError: nothing of the kind.
        """
        only(value, "service", "sids")
        kind = number_of(text(value, "service").removeprefix("srv6-"), _SERVICES, 0, "service")
        return cls(kind, tuple(map(_sid_of, array(value, "sids"))))


def check_service(attribute: int, value: bytes) -> None:
    """See that the lengths inside a service TLV add up.

    Raises:
        OptionalAttributeError: of ``attribute``; they don't.
    """
    if not value:
        raise OptionalAttributeError(attribute, "SRv6 service TLV without its reserved octet")
    for kind, sub in read_tlvs(attribute, value[1:]):
        if kind != _SID_INFORMATION:
            continue
        if len(sub) < _SID_SIZE:
            raise OptionalAttributeError(attribute, f"SRv6 SID of {len(sub)} octets, expected at least {_SID_SIZE}")
        for inner, octets in read_tlvs(attribute, sub[_SID_SIZE:]):
            if inner == _SID_STRUCTURE and len(octets) != _STRUCTURE_SIZE:
                why = f"SRv6 SID structure of {len(octets)} octets, expected {_STRUCTURE_SIZE}"
                raise OptionalAttributeError(attribute, why)


def _parse_sid(text: str) -> Srv6Sid:
    parts = text.split("/")
    if len(parts) != 4:
        raise ValueError(f"{text!r}: expected SID/BEHAVIOR/FLAGS/STRUCTURE")
    sid, behavior, flags, written = parts
    structure = None if written == _NO_STRUCTURE else Srv6SidStructure(*words.numbers(written, 6, 255, "structure"))
    return Srv6Sid(
        words.address(sid, "sid", (16,)),
        words.number(behavior, 0xFFFF, "behavior"),
        words.number(flags, 255, "flags"),
        structure,
    )


def _sid_of(item: Any) -> Srv6Sid:
    only(item, "sid", "behavior", "flags", "structure")
    fields = present(item, "structure")
    structure = None
    if fields is not None:
        only(fields, *Srv6SidStructure._fields)
        structure = Srv6SidStructure(*(number(fields, name, 255) for name in Srv6SidStructure._fields))
    sid = words.address(present(item, "sid"), "sid", (16,))
    return Srv6Sid(sid, number(item, "behavior", 0xFFFF), number(item, "flags", 255), structure)
