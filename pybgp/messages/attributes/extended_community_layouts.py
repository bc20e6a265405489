"""How the six octets of an extended community behind its type are written, by what is in them (RFC 4360 §3).

A layout writes a value as the text behind the name's colon, and reads it again; what it can't write without losing a
bit (reserved octets that aren't 0, unknown flags) has no text, and is left in hexadecimal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct, unpack
from typing import Final, Protocol

from ...addresses import address_octets, address_text

_NUMBER: Final = re.compile(r"[0-9]{1,10}|0x[0-9a-f]{1,8}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?(inf|[0-9]{1,40}(\.[0-9]{1,60})?(e[+-]?[0-9]{1,3})?)", re.ASCII)
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.ASCII)
_FLOAT: Final = Struct("!f")


class Layout(Protocol):
    """How six octets are written."""

    def text(self, value: bytes) -> str | None:
        """The text, None if it wouldn't give the octets again."""

    def parse(self, text: str) -> bytes:
        """The octets.

        Raises:
            ValueError: not what ``text`` writes.
        """


def _number(text: str, bits: int) -> int:
    if not _NUMBER.fullmatch(text) or (value := int(text, 16 if text.startswith("0x") else 10)) >> bits:
        raise ValueError(f"{text!r}: expected a number of {bits} bits")
    return value


def _fields(text: str, *counts: int) -> list[str]:
    found = text.split(":")
    if len(found) not in counts:
        raise ValueError(f"{text!r}: expected {counts[0]} fields")
    return found


class TwoOctetAs:
    """``AS:NUMBER``: an AS of two octets and a number of 32 bits (RFC 4360 §3.1)."""

    def text(self, value: bytes) -> str:
        return f"{int.from_bytes(value[:2])}:{int.from_bytes(value[2:])}"

    def parse(self, text: str) -> bytes:
        asn, number = _fields(text, 2)
        return _number(asn, 16).to_bytes(2) + _number(number, 32).to_bytes(4)


class Ipv4Address:
    """``ADDRESS:NUMBER``: an address and a number of 16 bits (RFC 4360 §3.2)."""

    def text(self, value: bytes) -> str:
        return f"{address_text(value[:4])}:{int.from_bytes(value[4:])}"

    def parse(self, text: str) -> bytes:
        address, number = _fields(text, 2)
        if "." not in address:
            raise ValueError(f"{address!r}: expected an IPv4 address")
        return address_octets(address) + _number(number, 16).to_bytes(2)


class FourOctetAs:
    """``AS:NUMBER``: an AS of four octets and a number of 16 bits (RFC 5668 §2).

    An AS that fits two octets ends in "L" ("64512L:7"), since it is another community.
    """

    def text(self, value: bytes) -> str:
        asn = int.from_bytes(value[:4])
        return f"{asn}{'L' if asn <= 0xFFFF else ''}:{int.from_bytes(value[4:])}"

    def parse(self, text: str) -> bytes:
        asn, number = _fields(text, 2)
        if not asn.endswith("L") and _number(asn, 32) <= 0xFFFF:
            raise ValueError(f"{asn}: an AS of two octets")
        return _number(asn.removesuffix("L"), 32).to_bytes(4) + _number(number, 16).to_bytes(2)


class Rate:
    """``AS:RATE``: an AS of two octets and a 32-bit float (RFC 8955 §7.1)."""

    def text(self, value: bytes) -> str | None:
        (rate,) = _FLOAT.unpack_from(value, 2)
        if math.isnan(rate):  # there are many
            return None
        return f"{int.from_bytes(value[:2])}:{_float_text(rate)}"

    def parse(self, text: str) -> bytes:
        asn, rate = _fields(text, 2)
        if not _DECIMAL.fullmatch(rate):
            raise ValueError(f"{rate!r}: expected a number")
        try:
            return _number(asn, 16).to_bytes(2) + _FLOAT.pack(float(rate))
        except OverflowError:
            raise ValueError(f"{rate}: expected a 32-bit float") from None


def _float_text(value: float) -> str:
    """The shortest decimal number that is this 32-bit float; whole ones without a point."""
    if value.is_integer() and abs(value) < 1e15 and (value or math.copysign(1, value) > 0):
        return str(int(value))
    octets = _FLOAT.pack(value)
    texts = (f"{value:.{digits}g}" for digits in range(1, 10))
    return next((text for text in texts if _same_float(text, octets)), repr(value))


def _same_float(text: str, octets: bytes) -> bool:
    try:
        return _FLOAT.pack(float(text)) == octets
    except OverflowError:  # rounded up beyond the largest one
        return False


@dataclass(frozen=True, slots=True)
class Plain:
    """One number of ``bits`` bits at the end, everything in front of it 0; with ``names`` for some."""

    bits: int
    names: Mapping[str, int] | None = None

    def text(self, value: bytes) -> str | None:
        number = int.from_bytes(value)
        if number >> self.bits:
            return None
        return next((name for name, each in (self.names or {}).items() if each == number), str(number))

    def parse(self, text: str) -> bytes:
        found = (self.names or {}).get(text)
        return (_number(text, self.bits) if found is None else found).to_bytes(6)


class Empty:
    """Nothing but the name: six octets of 0."""

    def text(self, value: bytes) -> str | None:
        return None if any(value) else ""

    def parse(self, text: str) -> bytes:
        if text:
            raise ValueError(f"{text!r}: expected nothing behind the name")
        return bytes(6)


@dataclass(frozen=True, slots=True)
class Flags:
    """Bits by name joined with "+", "none" without any; other bits have no text."""

    names: Mapping[str, int]

    def text(self, value: bytes) -> str | None:
        return flags_text(int.from_bytes(value), self.names)

    def parse(self, text: str) -> bytes:
        return parse_flags(text, self.names).to_bytes(6)


def flags_text(value: int, names: Mapping[str, int]) -> str | None:
    """Bits by name, None if one has none."""
    if value & ~sum(names.values()):
        return None
    return "+".join(name for name, bit in names.items() if value & bit) or "none"


def parse_flags(text: str, names: Mapping[str, int]) -> int:
    """The bits of ``flags_text``.

    Raises:
        ValueError: another name.
    """
    value = 0
    for name in () if text == "none" else text.split("+"):
        if name not in names:
            raise ValueError(f"{name!r}: expected none or {', '.join(names)}")
        value |= names[name]
    return value


class Color:
    """``COLOR``, or ``FLAGS:COLOR`` where there are flags: 16 bits in hexadecimal (RFC 9012 §4.3, RFC 9256 §8.8.1)."""

    def text(self, value: bytes) -> str:
        flags, color = unpack("!HI", value)
        return f"{flags:#06x}:{color}" if flags else str(color)

    def parse(self, text: str) -> bytes:
        *flags, color = _fields(text, 1, 2)
        return _number(flags[0] if flags else "0", 16).to_bytes(2) + _number(color, 32).to_bytes(4)


class OspfRouteType:
    """``AREA:TYPE:OPTIONS``: an area as a dotted quad and two numbers of 8 bits (RFC 4577 §4.2.6)."""

    def text(self, value: bytes) -> str:
        return f"{address_text(value[:4])}:{value[4]}:{value[5]}"

    def parse(self, text: str) -> bytes:
        area, kind, options = _fields(text, 3)
        if "." not in area:
            raise ValueError(f"{area!r}: expected a dotted quad")
        return address_octets(area) + bytes((_number(kind, 8), _number(options, 8)))


class Mac:
    """A MAC address (RFC 7432 §7.6, RFC 9135 §8.1)."""

    def text(self, value: bytes) -> str:
        return value.hex(":")

    def parse(self, text: str) -> bytes:
        if not _MAC.fullmatch(text):
            raise ValueError(f"{text!r}: expected a MAC address")
        return bytes.fromhex(text.replace(":", ""))


class MacMobility:
    """``SEQUENCE``, or ``SEQUENCE:sticky`` (RFC 7432 §7.7)."""

    def text(self, value: bytes) -> str | None:
        flags, reserved, sequence = unpack("!BBI", value)
        if flags > 1 or reserved:
            return None
        return f"{sequence}:sticky" if flags else str(sequence)

    def parse(self, text: str) -> bytes:
        sequence, *flags = _fields(text, 1, 2)
        if flags not in ([], ["sticky"]):
            raise ValueError(f"{flags[0]!r}: expected sticky")
        return bytes((len(flags), 0)) + _number(sequence, 32).to_bytes(4)


class EsiLabel:
    """``LABEL:all-active`` or ``LABEL:single-active``: an MPLS label, or 24 bits in hexadecimal (RFC 7432 §7.5)."""

    _MODES: Final = ("all-active", "single-active")

    def text(self, value: bytes) -> str | None:
        raw = int.from_bytes(value[3:])
        if value[0] > 1 or any(value[1:3]):
            return None
        return f"{raw:#08x}:{self._MODES[value[0]]}" if raw & 0xF else f"{raw >> 4}:{self._MODES[value[0]]}"

    def parse(self, text: str) -> bytes:
        label, mode = _fields(text, 2)
        if mode not in self._MODES:
            raise ValueError(f"{mode!r}: expected {' or '.join(self._MODES)}")
        raw = _number(label, 24) if label.startswith("0x") else _number(label, 20) << 4
        return bytes((self._MODES.index(mode), 0, 0)) + raw.to_bytes(3)


class LayerTwo:
    """``FLAGS:MTU``: primary, backup, control-word, and an MTU in octets, 0 for none (RFC 8214 §3.1)."""

    _FLAGS: Final = {"backup": 1, "primary": 2, "control-word": 4}

    def text(self, value: bytes) -> str | None:
        flags, mtu, reserved = unpack("!HHH", value)
        named = flags_text(flags, self._FLAGS)
        return None if reserved or named is None else f"{named}:{mtu}"

    def parse(self, text: str) -> bytes:
        flags, mtu = _fields(text, 2)
        return parse_flags(flags, self._FLAGS).to_bytes(2) + _number(mtu, 16).to_bytes(2) + bytes(2)
