"""Capabilities: code, length, and the parts of a value (RFC 5492 §4 and each capability's RFC)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ...addresses import Family
from ...constants import CapabilityCode
from ..capabilities import UnknownCapability, registry
from .draft import Draft

_Detail = Callable[[Draft], None]


def capability(node: Draft) -> None:
    """The next capability of a parameter."""
    code = node.number(1)
    length = node.number(1, skip=1)
    if node.left < 2 or 2 + length > node.left:
        node.rest("a capability that is cut off").bad("cut off")
        return
    value = node.peek(length, skip=2)
    found = registry.decode(code, value)
    child = node.part(2 + length, str(found), _RFCS.get(code, ""))
    child.part(1, f"capability code {code}", "5492 §4")
    child.part(1, f"length {length}")
    detail = _DETAILS.get(code)
    if detail is None or isinstance(found, UnknownCapability):
        child.part(child.left, f"value {value.hex()}")
    else:
        detail(child)


def _multiprotocol(node: Draft) -> None:
    family = Family(node.number(2), node.number(1, skip=3))
    node.part(2, f"AFI {family.afi}")
    node.part(1, "reserved, ignored")
    node.part(1, f"SAFI {family.safi}: {family}")


def _add_path(node: Draft) -> None:
    while node.left:
        _family(node)
        mode = node.number(1)
        node.part(1, f"mode {mode}: {_MODES.get(mode, 'none, left out')}")


_MODES: Final = {1: "receive", 2: "send", 3: "receive and send"}


def _family(node: Draft) -> None:
    family = Family(node.number(2), node.number(1, skip=2))
    node.part(3, f"AFI {family.afi}, SAFI {family.safi}: {family}")


def _extended_next_hop(node: Draft) -> None:
    while node.left:
        family = Family(node.number(2), node.number(2, skip=2))
        node.part(4, f"AFI {family.afi}, SAFI {family.safi}: {family}")
        node.part(2, f"next hop of AFI {node.number(2)}")


def _graceful_restart(node: Draft) -> None:
    flags, time = node.number(2) >> 12, node.number(2) & 0xFFF
    node.part(2, f"flags {flags:x}{_flags(flags, ((8, 'restarting'), (4, 'notification')))}, restart time {time} s")
    while node.left:
        _family(node)
        node.part(1, f"flags {node.number(1):02x}{_flags(node.number(1), ((0x80, 'forwarding state kept'),))}")


def _long_lived(node: Draft) -> None:
    while node.left:
        _family(node)
        node.part(1, f"flags {node.number(1):02x}{_flags(node.number(1), ((0x80, 'forwarding state kept'),))}")
        node.part(3, f"stale time {node.number(3)} s")


def _flags(value: int, names: tuple[tuple[int, str], ...]) -> str:
    words = [name for bit, name in names if value & bit]
    return f" ({', '.join(words)})" if words else ""


def _four_octet_as(node: Draft) -> None:
    node.rest(f"AS {node.number(4)}")


def _fqdn(node: Draft) -> None:
    for what in ("host name", "domain name"):
        size = node.number(1)
        node.part(1, f"{what} of {size} octets")
        node.part(size, f"{what} {node.peek(size).decode('utf-8', 'backslashreplace')!r}")


_DETAILS: Final[dict[int, _Detail]] = {
    CapabilityCode.MULTIPROTOCOL: _multiprotocol,
    CapabilityCode.EXTENDED_NEXT_HOP: _extended_next_hop,
    CapabilityCode.GRACEFUL_RESTART: _graceful_restart,
    CapabilityCode.FOUR_OCTET_AS: _four_octet_as,
    CapabilityCode.ADD_PATH: _add_path,
    CapabilityCode.LONG_LIVED_GRACEFUL_RESTART: _long_lived,
    CapabilityCode.FQDN: _fqdn,
}
"""The parts of values that the codec can read."""

_RFCS: Final[dict[int, str]] = {
    CapabilityCode.MULTIPROTOCOL: "4760 §8",
    CapabilityCode.ROUTE_REFRESH: "2918 §2",
    CapabilityCode.EXTENDED_NEXT_HOP: "8950 §4",
    CapabilityCode.EXTENDED_MESSAGE: "8654 §3",
    CapabilityCode.MULTIPLE_LABELS: "8277 §2.1",
    CapabilityCode.ROLE: "9234 §4.1",
    CapabilityCode.GRACEFUL_RESTART: "4724 §3",
    CapabilityCode.FOUR_OCTET_AS: "6793 §3",
    CapabilityCode.ADD_PATH: "7911 §4",
    CapabilityCode.ENHANCED_ROUTE_REFRESH: "7313 §3.1",
    CapabilityCode.LONG_LIVED_GRACEFUL_RESTART: "9494 §3.1",
}
