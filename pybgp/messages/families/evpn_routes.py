"""The five kinds of EVPN routes as values (RFC 7432 §7.1 to §7.4, RFC 9136 §3.1).

``rd`` has 8 octets, ``esi`` (Ethernet Segment Identifier) 10, ``mac`` 6, addresses 4 or 16; ``ethernet_tag`` has 32
bits. Labels are the 24 bits as they stand: a VNI where packets travel in VXLAN (RFC 8365 §5.1.3), else a label of MPLS
and 4 bits behind it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import address_octets, address_text, prefix_key
from ..errors import InvalidNetworkField
from ..fields import array, number, only, text, whole
from .framing import masked
from .route_distinguisher import rd_field, rd_text
from .wording import colons, colons_field, sentence

_RD_SIZE: Final = 8
_ESI_SIZE: Final = 10
_LABEL_SIZE: Final = 3
_MAC_SIZE: Final = 6
_MAC_BITS: Final = 48
_LABEL: Final = 0xFFFFFF
_TAG: Final = 0xFFFFFFFF


class EvpnRoute(ABC):
    """One route; ``number`` is its type on the wire, ``name`` what people call it."""

    __slots__ = ()

    number: ClassVar[int]
    name: ClassVar[str]

    @classmethod
    @abstractmethod
    def decode(cls, body: bytes) -> Self:
        """Read what stands behind type and length.

        Raises:
            InvalidNetworkField: a length that the type can't have, inside or outside.
        """

    @classmethod
    @abstractmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The route whose ``to_json`` gave the fields.

        Raises:
            ValueError: a field that is missing, unknown or wrong.
        """

    @abstractmethod
    def body(self) -> bytes:
        """What stands behind type and length."""

    @abstractmethod
    def route_key(self) -> bytes:
        """What tells routes of this type apart; the rest are attributes of the route."""

    def beside_key(self) -> bytes:
        """What of the body is not in ``route_key``."""
        return b""

    @classmethod
    def body_of(cls, route_key: bytes, beside: bytes) -> bytes:
        """The body of both; without ``beside``, which a withdrawn route doesn't need, zeros are in its place."""
        return route_key

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The fields by name."""

    def encode(self) -> bytes:
        body = self.body()
        return bytes((self.number, len(body))) + body

    def __str__(self) -> str:
        return sentence(self.to_json())


@dataclass(frozen=True, slots=True, kw_only=True)
class EthernetAutoDiscovery(EvpnRoute):
    """Type 1: a router is attached to a segment."""

    number: ClassVar[int] = 1
    name: ClassVar[str] = "ethernet-auto-discovery"
    rd: bytes
    esi: bytes
    ethernet_tag: int
    label: int

    @classmethod
    def decode(cls, body: bytes) -> Self:
        _expect(cls, len(body), 25)
        return cls(
            rd=body[:8], esi=body[8:18], ethernet_tag=int.from_bytes(body[18:22]), label=int.from_bytes(body[22:])
        )

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "type", "rd", "esi", "ethernet_tag", "label")
        return cls(
            rd=rd_field(fields),
            esi=colons_field(fields, "esi", _ESI_SIZE),
            ethernet_tag=number(fields, "ethernet_tag", _TAG),
            label=number(fields, "label", _LABEL),
        )

    def body(self) -> bytes:
        return self.rd + self.esi + self.ethernet_tag.to_bytes(4) + self.label.to_bytes(3)

    def route_key(self) -> bytes:
        return self.rd + self.esi + self.ethernet_tag.to_bytes(4)

    def beside_key(self) -> bytes:
        return self.label.to_bytes(_LABEL_SIZE)

    @classmethod
    def body_of(cls, route_key: bytes, beside: bytes) -> bytes:
        return route_key + (beside or bytes(_LABEL_SIZE))

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.name,
            "rd": rd_text(self.rd),
            "esi": colons(self.esi),
            "ethernet_tag": self.ethernet_tag,
            "label": self.label,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MacIp(EvpnRoute):
    """Type 2: a host; ``ip`` is empty without an address, ``labels`` are one or two."""

    number: ClassVar[int] = 2
    name: ClassVar[str] = "mac-ip"
    rd: bytes
    esi: bytes
    ethernet_tag: int
    mac: bytes
    ip: bytes
    labels: tuple[int, ...]

    @classmethod
    def decode(cls, body: bytes) -> Self:
        _expect(cls, len(body), 33, 36, 37, 40, 49, 52)
        if body[22] != _MAC_BITS:
            raise InvalidNetworkField(f"{cls.name}: MAC address of {body[22]} bits, expected {_MAC_BITS}")
        labels_at = 30 + _address_size(cls, body[29], 0, 4, 16)
        rest = body[labels_at:]
        if len(rest) not in (3, 6):
            raise InvalidNetworkField(f"{cls.name}: {len(rest)} octets of labels, expected 3 or 6")
        return cls(
            rd=body[:8],
            esi=body[8:18],
            ethernet_tag=int.from_bytes(body[18:22]),
            mac=body[23:29],
            ip=body[30:labels_at],
            labels=tuple(int.from_bytes(rest[at : at + 3]) for at in range(0, len(rest), 3)),
        )

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "type", "rd", "esi", "ethernet_tag", "mac", "ip", "labels")
        labels = tuple(whole(label, _LABEL, "labels") for label in array(fields, "labels"))
        if len(labels) not in (1, 2):
            raise ValueError(f"labels = {list(labels)}: expected one or two")
        return cls(
            rd=rd_field(fields),
            esi=colons_field(fields, "esi", _ESI_SIZE),
            ethernet_tag=number(fields, "ethernet_tag", _TAG),
            mac=colons_field(fields, "mac", _MAC_SIZE),
            ip=_address_field(fields, "ip") if "ip" in fields else b"",
            labels=labels,
        )

    def body(self) -> bytes:
        labels = b"".join(label.to_bytes(3) for label in self.labels)
        return self.rd + self.esi + self._host() + labels

    def route_key(self) -> bytes:
        return self.rd + self._host()

    def beside_key(self) -> bytes:
        return self.esi + b"".join(label.to_bytes(_LABEL_SIZE) for label in self.labels)

    @classmethod
    def body_of(cls, route_key: bytes, beside: bytes) -> bytes:
        beside = beside or bytes(_ESI_SIZE + _LABEL_SIZE)
        return route_key[:_RD_SIZE] + beside[:_ESI_SIZE] + route_key[_RD_SIZE:] + beside[_ESI_SIZE:]

    def _host(self) -> bytes:
        lengths = bytes((_MAC_BITS,)), bytes((8 * len(self.ip),))
        return self.ethernet_tag.to_bytes(4) + lengths[0] + self.mac + lengths[1] + self.ip

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.name,
            "rd": rd_text(self.rd),
            "esi": colons(self.esi),
            "ethernet_tag": self.ethernet_tag,
            "mac": colons(self.mac),
            **({"ip": address_text(self.ip)} if self.ip else {}),
            "labels": list(self.labels),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusiveMulticast(EvpnRoute):
    """Type 3: a router wants what is sent to everybody; ``ip`` is the router."""

    number: ClassVar[int] = 3
    name: ClassVar[str] = "inclusive-multicast"
    rd: bytes
    ethernet_tag: int
    ip: bytes

    @classmethod
    def decode(cls, body: bytes) -> Self:
        _expect(cls, len(body), 17, 29)
        _address_size(cls, body[12], len(body) - 13)
        return cls(rd=body[:8], ethernet_tag=int.from_bytes(body[8:12]), ip=body[13:])

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "type", "rd", "ethernet_tag", "ip")
        return cls(
            rd=rd_field(fields), ethernet_tag=number(fields, "ethernet_tag", _TAG), ip=_address_field(fields, "ip")
        )

    def body(self) -> bytes:
        return self.rd + self.ethernet_tag.to_bytes(4) + bytes((8 * len(self.ip),)) + self.ip

    def route_key(self) -> bytes:
        return self.body()

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.name,
            "rd": rd_text(self.rd),
            "ethernet_tag": self.ethernet_tag,
            "ip": address_text(self.ip),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EthernetSegment(EvpnRoute):
    """Type 4: a router stands for election on a segment; ``ip`` is the router."""

    number: ClassVar[int] = 4
    name: ClassVar[str] = "ethernet-segment"
    rd: bytes
    esi: bytes
    ip: bytes

    @classmethod
    def decode(cls, body: bytes) -> Self:
        _expect(cls, len(body), 23, 35)
        _address_size(cls, body[18], len(body) - 19)
        return cls(rd=body[:8], esi=body[8:18], ip=body[19:])

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "type", "rd", "esi", "ip")
        return cls(rd=rd_field(fields), esi=colons_field(fields, "esi", _ESI_SIZE), ip=_address_field(fields, "ip"))

    def body(self) -> bytes:
        return self.rd + self.esi + bytes((8 * len(self.ip),)) + self.ip

    def route_key(self) -> bytes:
        return self.body()

    def to_json(self) -> dict[str, Any]:
        return {"type": self.name, "rd": rd_text(self.rd), "esi": colons(self.esi), "ip": address_text(self.ip)}


@dataclass(frozen=True, slots=True, kw_only=True)
class IpPrefix(EvpnRoute):
    """Type 5: a network of ``bits`` bits; ``gateway`` is unspecified where the next hop is meant (RFC 9136 §3.1)."""

    number: ClassVar[int] = 5
    name: ClassVar[str] = "ip-prefix"
    rd: bytes
    esi: bytes
    ethernet_tag: int
    network: bytes
    bits: int
    gateway: bytes
    label: int

    @classmethod
    def decode(cls, body: bytes) -> Self:
        _expect(cls, len(body), 34, 58)
        size = (len(body) - 26) // 2
        bits = body[22]
        if bits > 8 * size:
            raise InvalidNetworkField(f"{cls.name}: prefix length {bits}, expected 0..{8 * size}")
        return cls(
            rd=body[:8],
            esi=body[8:18],
            ethernet_tag=int.from_bytes(body[18:22]),
            network=masked(body[23 : 23 + size], bits),
            bits=bits,
            gateway=body[23 + size : -3],
            label=int.from_bytes(body[-3:]),
        )

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        only(fields, "type", "rd", "esi", "ethernet_tag", "prefix", "gateway", "label")
        gateway = _address_field(fields, "gateway")
        _, key = prefix_key(text(fields, "prefix"))
        network = address_octets(fields["prefix"].partition("/")[0])
        if len(network) != len(gateway):
            raise ValueError(f"gateway = {fields['gateway']!r}: expected an address of {len(network)} octets")
        return cls(
            rd=rd_field(fields),
            esi=colons_field(fields, "esi", _ESI_SIZE),
            ethernet_tag=number(fields, "ethernet_tag", _TAG),
            network=network,
            bits=key[0],
            gateway=gateway,
            label=number(fields, "label", _LABEL),
        )

    def body(self) -> bytes:
        tag, bits = self.ethernet_tag.to_bytes(4), bytes((self.bits,))
        return b"".join((self.rd, self.esi, tag, bits, self.network, self.gateway, self.label.to_bytes(3)))

    def route_key(self) -> bytes:
        return self.rd + self.ethernet_tag.to_bytes(4) + bytes((self.bits,)) + self.network

    def beside_key(self) -> bytes:
        return self.esi + self.gateway + self.label.to_bytes(_LABEL_SIZE)

    @classmethod
    def body_of(cls, route_key: bytes, beside: bytes) -> bytes:
        size = len(route_key) - _RD_SIZE - 5  # of the network, and of a gateway
        beside = beside or bytes(_ESI_SIZE + size + _LABEL_SIZE)
        return route_key[:_RD_SIZE] + beside[:_ESI_SIZE] + route_key[_RD_SIZE:] + beside[_ESI_SIZE:]

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.name,
            "rd": rd_text(self.rd),
            "esi": colons(self.esi),
            "ethernet_tag": self.ethernet_tag,
            "prefix": f"{address_text(self.network)}/{self.bits}",
            "gateway": address_text(self.gateway),
            "label": self.label,
        }


ROUTES: Final[dict[int, type[EvpnRoute]]] = {
    route.number: route for route in (EthernetAutoDiscovery, MacIp, InclusiveMulticast, EthernetSegment, IpPrefix)
}


def _expect(route: type[EvpnRoute], size: int, *sizes: int) -> None:
    if size not in sizes:
        raise InvalidNetworkField(f"{route.name}: {size} octets, expected {' or '.join(map(str, sizes))}")


def _address_size(route: type[EvpnRoute], bits: int, *sizes: int) -> int:
    """The octets of an address whose length is said to be ``bits``."""
    if bits not in [8 * size for size in sizes]:
        expected = " or ".join(str(8 * size) for size in sizes)
        raise InvalidNetworkField(f"{route.name}: address of {bits} bits, expected {expected}")
    return bits // 8


def _address_field(fields: Mapping[str, Any], name: str) -> bytes:
    try:
        return address_octets(text(fields, name))
    except ValueError as error:
        raise ValueError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None
