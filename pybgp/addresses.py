"""The edge between the wire's keys and people's text: prefixes, addresses, AS numbers, router ids, families.

A *key* is a prefix as it stands in an NLRI field: the length in bits, then as many octets as it needs, host bits
zero: ``b"\\x1a\\x0a\\x01\\x02\\x40"`` is 10.1.2.64/26 (RFC 4271 §4.3). Inside the RIB nothing else is used.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, NewType

from .constants import Afi, Safi

if TYPE_CHECKING:
    from netaddr import IPNetwork

AsNumber = NewType("AsNumber", int)
"""An autonomous system number, 0..4294967295 (RFC 6793)."""
IPV4_MAPPED: Final = bytes(10) + b"\xff\xff"
"""Before an IPv4 address that stands where an IPv6 one is wanted (RFC 4291 §2.5.5.2)."""


class _AfiSafi(NamedTuple):
    afi: int
    safi: int


class Family(_AfiSafi):
    """An address family: AFI and SAFI (RFC 4760), hashed and compared as that pair of numbers.

    What a family's NLRI looks like is the business of ``pybgp.messages.families``; this is its name only.
    """

    __slots__ = ()

    IPV4_UNICAST: ClassVar[Family]
    IPV6_UNICAST: ClassVar[Family]
    IPV4_MULTICAST: ClassVar[Family]
    IPV6_MULTICAST: ClassVar[Family]
    IPV4_LABELED_UNICAST: ClassVar[Family]
    IPV6_LABELED_UNICAST: ClassVar[Family]
    IPV4_VPN: ClassVar[Family]
    IPV6_VPN: ClassVar[Family]
    ROUTE_TARGET: ClassVar[Family]
    IPV4_FLOWSPEC: ClassVar[Family]
    IPV6_FLOWSPEC: ClassVar[Family]
    IPV4_FLOWSPEC_VPN: ClassVar[Family]
    IPV6_FLOWSPEC_VPN: ClassVar[Family]
    L2VPN_EVPN: ClassVar[Family]
    L2VPN_VPLS: ClassVar[Family]
    LINK_STATE: ClassVar[Family]
    LINK_STATE_VPN: ClassVar[Family]

    @classmethod
    def parse(cls, text: str) -> Family:
        """``"ipv4-unicast"`` or ``"afi/safi"`` in numbers.

        Raises:
            ValueError: neither a known name nor a pair of numbers.
        """
        if text in _FAMILY_BY_NAME:
            return _FAMILY_BY_NAME[text]
        afi, slash, safi = text.partition("/")
        if slash and afi.isdigit() and safi.isdigit() and int(afi) < 1 << 16 and int(safi) < 1 << 8:
            return cls(int(afi), int(safi))
        raise ValueError(f"unknown address family {text!r}: expected one of {', '.join(_FAMILY_BY_NAME)}")

    def __str__(self) -> str:
        return _NAME_BY_FAMILY.get(self, f"{self.afi}/{self.safi}")

    def __repr__(self) -> str:
        return f"Family({self})"


def _name_families() -> dict[str, Family]:
    """``Family.IPV4_UNICAST`` and its like, by the names that people write: "ipv4-unicast"."""
    named = {
        "IPV4_UNICAST": (Afi.IPV4, Safi.UNICAST),
        "IPV6_UNICAST": (Afi.IPV6, Safi.UNICAST),
        "IPV4_MULTICAST": (Afi.IPV4, Safi.MULTICAST),
        "IPV6_MULTICAST": (Afi.IPV6, Safi.MULTICAST),
        "IPV4_LABELED_UNICAST": (Afi.IPV4, Safi.LABELED_UNICAST),
        "IPV6_LABELED_UNICAST": (Afi.IPV6, Safi.LABELED_UNICAST),
        "IPV4_VPN": (Afi.IPV4, Safi.MPLS_VPN),
        "IPV6_VPN": (Afi.IPV6, Safi.MPLS_VPN),
        "ROUTE_TARGET": (Afi.IPV4, Safi.ROUTE_TARGET),
        "IPV4_FLOWSPEC": (Afi.IPV4, Safi.FLOWSPEC),
        "IPV6_FLOWSPEC": (Afi.IPV6, Safi.FLOWSPEC),
        "IPV4_FLOWSPEC_VPN": (Afi.IPV4, Safi.FLOWSPEC_VPN),
        "IPV6_FLOWSPEC_VPN": (Afi.IPV6, Safi.FLOWSPEC_VPN),
        "L2VPN_EVPN": (Afi.L2VPN, Safi.EVPN),
        "L2VPN_VPLS": (Afi.L2VPN, Safi.VPLS),
        "LINK_STATE": (Afi.LINK_STATE, Safi.LINK_STATE),
        "LINK_STATE_VPN": (Afi.LINK_STATE, Safi.LINK_STATE_VPN),
    }
    by_name = {}
    for name, (afi, safi) in named.items():
        family = Family(afi.value, safi.value)
        setattr(Family, name, family)
        by_name[name.lower().replace("_", "-")] = family
    return by_name


_DIGITS: Final = 20
"""More digits than any number has that is written in earnest."""
_FAMILY_BY_NAME = _name_families()
_NAME_BY_FAMILY = {family: name for name, family in _FAMILY_BY_NAME.items()}


def parse_as(text: str | int) -> AsNumber:
    """An AS number from an integer, asplain ("65546") or asdot ("1.10") text (RFC 5396).

    Raises:
        ValueError: not a number in 0..4294967295.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        number = text
    else:
        high, dot, low = str(text).partition(".")
        if not _is_number(high) or (dot and not (_is_number(low) and int(high) < 1 << 16 and int(low) < 1 << 16)):
            raise ValueError(f"{text!r} is not an AS number: expected 0..4294967295 or asdot like 1.10")
        number = (int(high) << 16) + int(low) if dot else int(high)
    if not 0 <= number < 1 << 32:
        raise ValueError(f"{text!r} is not an AS number: expected 0..4294967295")
    return AsNumber(number)


def _is_number(text: str) -> bool:
    """Up to ten ASCII digits: Python has other digits, and doesn't read thousands of them."""
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def address_octets(text: str) -> bytes:
    """An address as 4 or 16 octets; a zone ("%eth0") is left out.

    Raises:
        ValueError: not an IPv4 or IPv6 address.
    """
    try:
        return ipaddress.ip_address(text.partition("%")[0]).packed
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv4 or IPv6 address") from None


def address_text(octets: bytes) -> str:
    """4 or 16 octets as people write them; of 32 (global and link-local, RFC 2545) the global one."""
    if len(octets) == 4:
        return f"{octets[0]}.{octets[1]}.{octets[2]}.{octets[3]}"
    return str(ipaddress.IPv6Address(octets[:16]))


def parse_endpoint(text: str) -> tuple[str, int]:
    """Host and port of "192.0.2.1:179" or "[::]:179".

    Raises:
        ValueError: no port.
    """
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def parse_router_id(text: str) -> bytes:
    """A BGP Identifier as 4 octets from dotted-quad text; 0.0.0.0 is none (RFC 6286).

    Raises:
        ValueError: not a dotted quad, or 0.0.0.0.
    """
    try:
        octets = ipaddress.IPv4Address(text).packed
    except ValueError:
        octets = bytes(4)
    if octets == bytes(4):
        raise ValueError(f"{text!r} is not a BGP Identifier: expected a dotted quad other than 0.0.0.0")
    return octets


def prefix_key(text: str | IPNetwork) -> tuple[Family, bytes]:
    """The family and key of a prefix ("10.1.2.64/26", an ``IPNetwork``); a bare address is a host route.

    Raises:
        ValueError: not a prefix, or bits set behind its length.
    """
    text = str(text)
    address, _, length_text = text.partition("/")
    try:
        octets = ipaddress.ip_address(address).packed
    except ValueError:
        raise ValueError(f"{text!r} is not a prefix: expected ADDRESS/LENGTH") from None
    bits = len(octets) * 8
    if length_text and not _is_number(length_text):
        raise ValueError(f"{text!r} is not a prefix: expected a length of 0..{bits}")
    length = int(length_text) if length_text else bits
    if length > bits:
        raise ValueError(f"{text!r} is not a prefix: expected a length of 0..{bits}")
    number = int.from_bytes(octets)
    if number & ((1 << (bits - length)) - 1):
        raise ValueError(f"{text!r} has bits set behind its length of {length}")
    family = Family.IPV4_UNICAST if bits == 32 else Family.IPV6_UNICAST
    return family, bytes([length]) + octets[: (length + 7) // 8]


def key_text(family: Family, key: bytes) -> str:
    """A key as people write it: "10.1.2.64/26", "2001:db8::/32"."""
    size = 4 if family.afi == Afi.IPV4 else 16
    return f"{address_text(key[1:].ljust(size, bytes(1)))}/{key[0]}"


def key_network(family: Family, key: bytes) -> IPNetwork:
    """A key as ``netaddr.IPNetwork``."""
    from netaddr import IPNetwork  # 54 ms: only for those who ask

    return IPNetwork(key_text(family, key))
