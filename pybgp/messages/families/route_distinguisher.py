"""Route distinguishers: 8 octets that keep equal prefixes of different VPNs apart (RFC 4364 §4.2).

"64512:1" is type 0 (an AS of two octets, a number of four), "192.0.2.1:7" type 1 (an IPv4 address, a number of two
octets), "4200000000:1" type 2 (an AS of four octets, a number of two). An AS of type 2 that would fit type 0 ends in
"L": "64512L:1". Other types have no fields that we'd know: "0x0003000000000001".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...addresses import address_octets, address_text
from ..fields import from_hex, text

RD_SIZE: Final = 8
_NO_RD: Final = bytes(RD_SIZE)


def rd_text(rd: bytes) -> str:
    """The 8 octets as people write them."""
    kind = rd[0] << 8 | rd[1]
    if kind == 0:
        return f"{int.from_bytes(rd[2:4])}:{int.from_bytes(rd[4:])}"
    if kind == 1:
        return f"{address_text(rd[2:6])}:{int.from_bytes(rd[6:])}"
    if kind == 2:
        asn = int.from_bytes(rd[2:6])
        return f"{asn}{'L' if asn <= 0xFFFF else ''}:{int.from_bytes(rd[6:])}"
    return f"0x{rd.hex()}"


def parse_rd(word: str) -> bytes:
    """The 8 octets of what ``rd_text`` writes.

    Raises:
        ValueError: nothing of the kind, or a number that its type has no room for.
    """
    try:
        if word.startswith("0x"):
            rd = from_hex(word[2:], "rd")
            if len(rd) != RD_SIZE:
                raise ValueError
            return rd
        administrator, _, number = word.rpartition(":")
        if "." in administrator:
            return b"\0\1" + address_octets(administrator) + _number(number, 2)
        asn = administrator.removesuffix("L")
        if asn != administrator or len(_number(asn, 4).lstrip(b"\0")) > 2:
            return b"\0\2" + _number(asn, 4) + _number(number, 2)
        return b"\0\0" + _number(asn, 2) + _number(number, 4)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{word!r} is not a route distinguisher: expected AS:NUMBER, ADDRESS:NUMBER or 0x and 16 digits"
        ) from None


def rd_field(fields: Mapping[str, Any]) -> bytes:
    """The field "rd" of a JSON object.

    Raises:
        ValueError: it is missing or isn't a route distinguisher.
    """
    return parse_rd(text(fields, "rd"))


def next_hop_without_rd(octets: bytes) -> bytes:
    """The address, or the global and the link-local one, of a next hop of 12, 24 or 48 octets (RFC 4364 §4.3.2)."""
    if len(octets) == 48:
        return octets[RD_SIZE:24] + octets[24 + RD_SIZE :]
    return octets[RD_SIZE:]


def next_hop_with_rd(address: bytes) -> bytes:
    """Each address behind a route distinguisher of 0."""
    if len(address) == 32:
        return _NO_RD + address[:16] + _NO_RD + address[16:]
    return _NO_RD + address


def _number(digits: str, size: int) -> bytes:
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError
    return int(digits).to_bytes(size)
