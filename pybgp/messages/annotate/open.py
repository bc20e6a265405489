"""OPEN: fields, optional parameters, capabilities (RFC 4271 §4.2, RFC 5492, RFC 9072)."""

from __future__ import annotations

from typing import Final

from ...addresses import address_text
from ...constants import AS_TRANS
from ...errors import (
    BadBgpIdentifier,
    BadPeerAs,
    ProtocolError,
    UnacceptableHoldTime,
    UnsupportedVersionNumber,
)
from ..open import Open
from . import capabilities
from .draft import Draft
from .note import Flaw

_RFC: Final = "4271 §4.2"
_CAPABILITIES: Final = 2
_EXTENDED: Final = 255


def body(node: Draft) -> None:
    """The octets behind the header."""
    octets = node.value
    asn = int.from_bytes(octets[1:3])
    fields: dict[type[ProtocolError], Draft] = {
        UnsupportedVersionNumber: node.part(1, f"version {node.number(1)}", _RFC),
        BadPeerAs: node.part(2, f"my AS {asn}{', AS_TRANS' if asn == AS_TRANS else ''}", _RFC),
        UnacceptableHoldTime: node.part(2, f"hold time {node.number(2)} s", _RFC),
        BadBgpIdentifier: node.part(4, f"BGP Identifier {_identifier(octets[5:9])}", _RFC),
    }
    _parameters(node)
    try:
        Open.decode(octets)
    except ProtocolError as error:
        spot = fields.get(type(error))
        (spot or node.troubled() or node).flawed(Flaw.of_error(error))


def _identifier(octets: bytes) -> str:
    return address_text(octets) if len(octets) == 4 else octets.hex()


def _parameters(node: Draft) -> None:
    width = 1
    size = node.number(1)
    length = node.part(1, f"optional parameters: {size} octets", _RFC)
    if size and node.left and node.number(1) == _EXTENDED:
        width = 2
        node.part(1, "extended length", "9072 §2")
        size = node.number(2)
        length = node.part(2, f"optional parameters: {size} octets", "9072 §2")
    if size != node.left:
        length.bad("not what the message has")
    while node.left:
        if not _parameter(node, width):
            return


def _parameter(node: Draft, width: int) -> bool:
    """The next optional parameter; False if the rest is none."""
    kind = node.number(1)
    head = 1 + width
    size = head + node.number(width, skip=1)
    if node.left < head or size > node.left:
        node.rest("a parameter that is cut off").bad("cut off")
        return False
    is_known = kind == _CAPABILITIES
    child = node.part(size, "capabilities" if is_known else f"optional parameter {kind}", "5492 §4" if is_known else "")
    child.part(1, f"parameter type {kind}")
    child.part(width, f"length {size - head}")
    if not is_known:
        child.bad("not known")
    while is_known and child.left:
        capabilities.capability(child)
    child.part(child.left, f"value {child.value.hex()}")
    return True
