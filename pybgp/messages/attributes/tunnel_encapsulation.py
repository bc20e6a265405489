"""TUNNEL_ENCAPSULATION: the tunnels that lead to a route's next hop, with their parameters (RFC 9012)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple, Self

from ...constants import OPTIONAL_TRANSITIVE, Afi, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, OptionalAttributeError, Outcome
from ..fields import array, from_hex, items, octets, only, present
from .base import CANONICAL, INSIDE_CONFEDERATION, AttributeValue, writable
from .tlv import Tlv, exhaust, name_of, number_of, read_tlvs, write_tlv

TUNNEL_TYPES: Final = {
    1: "l2tpv3",
    2: "gre",
    7: "ip-in-ip",
    8: "vxlan",
    9: "nvgre",
    10: "mpls",
    11: "mpls-in-gre",
    12: "vxlan-gpe",
    13: "mpls-in-udp",
    14: "ipv6-tunnel",
    15: "sr-policy",
    16: "bare",
    19: "geneve",
}
"""IANA's registry "BGP Tunnel Encapsulation Attribute Tunnel Types"."""
SUB_TLV_TYPES: Final = {
    1: "encapsulation",
    2: "protocol-type",
    4: "color",
    5: "load-balancing-block",
    6: "tunnel-egress-endpoint",
    7: "ds-field",
    8: "udp-destination-port",
    9: "embedded-label-handling",
    10: "mpls-label-stack",
    11: "prefix-sid",
    12: "preference",
    13: "binding-sid",
    14: "enlp",
    15: "priority",
    20: "srv6-binding-sid",
    128: "segment-list",
    129: "candidate-path-name",
    130: "policy-name",
}
"""IANA's registry "BGP Tunnel Encapsulation Attribute Sub-TLVs"."""
_LONG: Final = 128
"""Sub-TLVs from this type on have a length of two octets (RFC 9012 §2)."""
_EGRESS_ENDPOINT: Final = 6
_ENDPOINT_SIZES: Final = {10: Afi.IPV4, 22: Afi.IPV6}


class Tunnel(NamedTuple):
    """One tunnel: its type (0..65535) and its parameters, in the order of the wire."""

    kind: int
    sub_tlvs: tuple[Tlv, ...] = ()

    @property
    def endpoint(self) -> bytes | None:
        """The address that the tunnel leads to, 4 or 16 octets; None if it is that of the next hop (RFC 9012 §3.1)."""
        for kind, value in self.sub_tlvs:
            afi = _ENDPOINT_SIZES.get(len(value))
            if kind == _EGRESS_ENDPOINT and afi is not None and int.from_bytes(value[4:6]) == afi:
                return value[6:]
        return None

    def __str__(self) -> str:
        inside = ",".join(f"{name_of(kind, SUB_TLV_TYPES)}={value.hex()}" for kind, value in self.sub_tlvs)
        return f"{name_of(self.kind, TUNNEL_TYPES)}({inside})"


@dataclass(frozen=True, slots=True, repr=False)
class TunnelEncapsulation(AttributeValue):
    """``tunnels`` in the order of the wire; those of unknown types are kept and passed on. Optional, transitive.

    From an external peer it is dropped (RFC 9012 §11), unless ``Context.same_domain`` says that it is one of ours.
    """

    code: ClassVar[int] = AttributeCode.TUNNEL_ENCAPSULATION
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE_CONFEDERATION
    rfc: ClassVar[str] = "9012 §2"
    length_rule: ClassVar[str] = "whole TLVs of whole sub-TLVs, at least one"
    tunnels: tuple[Tunnel, ...]

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the tunnels.

        Raises:
            AttributeLengthError: empty; treat-as-withdraw (RFC 9012 §13).
            OptionalAttributeError: TLVs or sub-TLVs that don't add up; treat-as-withdraw.
        """
        return cls(tuple(Tunnel(kind, tuple(_sub_tlvs(value))) for kind, value in _read(data)))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        for tlv in _read(data):
            exhaust(_sub_tlvs(tlv.value))
        return data

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b"".join(
            write_tlv(kind, b"".join(map(_write_sub_tlv, sub_tlvs)), type_size=2) for kind, sub_tlvs in self.tunnels
        )

    def __str__(self) -> str:
        return " ".join(map(str, self.tunnels))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "vxlan(encapsulation=0102,color=030b) gre()".

        Raises:
            ValueError: nothing of the kind.
        """
        return cls._some([_parse_tunnel(word) for word in text.split()])

    def to_json(self) -> list[dict[str, Any]]:
        return [
            {
                "type": name_of(kind, TUNNEL_TYPES),
                "sub_tlvs": [{"type": name_of(sub, SUB_TLV_TYPES), "value": value.hex()} for sub, value in sub_tlvs],
            }
            for kind, sub_tlvs in self.tunnels
        ]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls._some([_tunnel_of(item) for item in items(value, "tunnel_encapsulation")])

    @classmethod
    def _some(cls, tunnels: list[Tunnel]) -> Self:
        if not tunnels:
            raise ValueError("tunnel_encapsulation is empty: expected at least one tunnel")
        return writable(cls(tuple(tunnels)))


def _read(data: bytes) -> Iterator[Tlv]:
    if not data:
        raise AttributeLengthError(TunnelEncapsulation.code, data, expected=TunnelEncapsulation.length_rule)
    return read_tlvs(TunnelEncapsulation.code, data, type_size=2)


def _sub_tlvs(data: bytes) -> Iterator[Tlv]:
    at, code = 0, TunnelEncapsulation.code
    while at < len(data):
        kind = data[at]
        value_at = at + (3 if kind >= _LONG else 2)
        end = value_at + int.from_bytes(data[at + 1 : value_at])
        if value_at > len(data) or end > len(data):
            raise OptionalAttributeError(code, f"sub-TLV of type {kind} runs past the end of its tunnel")
        yield Tlv(kind, data[value_at:end])
        at = end


def _write_sub_tlv(sub_tlv: Tlv) -> bytes:
    kind, value = sub_tlv
    return bytes((kind,)) + len(value).to_bytes(2 if kind >= _LONG else 1) + value


_WRITTEN: Final = re.compile(r"([a-z0-9-]+)\((?:([^()]*))\)")


def _parse_tunnel(word: str) -> Tunnel:
    found = _WRITTEN.fullmatch(word)
    if found is None:
        raise ValueError(f"{word!r}: expected TUNNEL(PARAMETER=HEX,...)")
    kind, inside = found.groups()
    parts = [part.partition("=") for part in inside.split(",")] if inside else []
    sub_tlvs = tuple(_sub_tlv(name, from_hex(value, name)) for name, _, value in parts)
    return Tunnel(number_of(kind, TUNNEL_TYPES, 0xFFFF, "tunnel"), sub_tlvs)


def _tunnel_of(item: Any) -> Tunnel:
    only(item, "type", "sub_tlvs")
    found = []
    for each in array(item, "sub_tlvs"):
        only(each, "type", "value")
        found.append(_sub_tlv(present(each, "type"), octets(each, "value")))
    return Tunnel(number_of(present(item, "type"), TUNNEL_TYPES, 0xFFFF, "type"), tuple(found))


def _sub_tlv(kind: Any, value: bytes) -> Tlv:
    number = number_of(kind, SUB_TLV_TYPES, 255, "type")
    if len(value) > (0xFFFF if number >= _LONG else 0xFF):
        raise ValueError(f"{kind} has {len(value)} octets: expected at most {0xFFFF if number >= _LONG else 0xFF}")
    return Tlv(number, value)
