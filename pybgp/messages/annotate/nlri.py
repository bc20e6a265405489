"""NLRI fields: each destination, with its path identifier and its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ...addresses import Family
from ...constants import Safi
from ..context import Context
from ..errors import InvalidNetworkField
from ..families.base import FamilyCodec
from ..families.labeled import stack_size
from ..families.labels import LABEL_SIZE, WITHDRAWN
from ..families.prefix import PrefixFamily
from ..families.registry import spoken
from ..families.route_distinguisher import RD_SIZE, rd_text
from .draft import Draft

_ADD_PATH: Final = "7911 §3"


def field(node: Draft, family: Family, context: Context) -> None:
    """The destinations in the rest of ``node``; where one can't be read, that is where it looks wrong."""
    if not node.left:
        return
    codec = spoken(family, context)
    if codec is None:
        node.rest(f"routes of {family}, which was not negotiated: ignored", "4760 §7")
        return
    id_size = 4 if family in context.add_path_receive else 0
    octets = node.value
    extents = _extents(codec, octets, id_size)
    for size, key in extents.found:
        _destination(node, codec, size, id_size, key)
    if node.left:
        what = "what is no route" if extents.trouble else f"routes of {family}"
        node.rest(what, codec.rfc).bad(extents.trouble)


class _Extents:
    """How many octets each key takes, path identifier included, and why reading ended early."""

    __slots__ = ("found", "trouble")

    def __init__(self) -> None:
        self.found: list[tuple[int, bytes]] = []
        self.trouble = ""


def _extents(codec: FamilyCodec, octets: bytes, id_size: int) -> _Extents:
    """A key is as long as on the wire, but where the family's table says how to measure."""
    out = _Extents()
    measure = _MEASURES.get(codec.family)
    at = 0
    try:
        for identifier, key in codec.walk(octets, id_size):
            size = len(identifier) + (measure(octets, at + id_size) if measure else len(key))
            out.found.append((size, key))
            at += size
    except InvalidNetworkField as error:
        out.trouble = str(error)
    else:
        if at != len(octets):
            out.found = []  # keys that are shorter than on the wire: nobody knows where each stands
    return out


def _flowspec_size(octets: bytes, at: int) -> int:
    """The length is in one octet, or in the low 12 bits of two (RFC 8955 §4.1)."""
    if octets[at] < 0xF0:
        return 1 + octets[at]
    return 2 + ((octets[at] & 0x0F) << 8 | octets[at + 1])


_MEASURES: Final[dict[Family, Callable[[bytes, int], int]]] = dict.fromkeys(
    (Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC, Family.IPV4_FLOWSPEC_VPN, Family.IPV6_FLOWSPEC_VPN), _flowspec_size
)


def _destination(node: Draft, codec: FamilyCodec, size: int, id_size: int, key: bytes) -> None:
    text = codec.key_text(key)
    if not id_size:
        child = node.part(size, text, codec.rfc)
    else:
        child = node.part(size, f"{text}, path {node.number(4)}", codec.rfc)
        child.part(4, f"path identifier {child.number(4)}", _ADD_PATH)
    child.key = key
    detail = _DETAILS.get(codec.family) or (_prefix if isinstance(codec, PrefixFamily) else None)
    if detail is not None:
        detail(child, codec, key)
    elif id_size:
        child.rest(text)


def _prefix(node: Draft, codec: FamilyCodec, key: bytes) -> None:
    node.part(1, f"length {node.number(1)} bits")
    node.rest(f"prefix {codec.key_text(key)}")


def _labelled(node: Draft, codec: FamilyCodec, key: bytes) -> None:
    left = _labels(node, key)
    node.rest(f"prefix of {left} bits")


def _vpn(node: Draft, codec: FamilyCodec, key: bytes) -> None:
    left = _labels(node, key)
    _distinguisher(node)
    node.rest(f"prefix of {left - 8 * RD_SIZE} bits")


def _labels(node: Draft, key: bytes) -> int:
    """Length and labels; how many bits are left."""
    bits, size = key[0], stack_size(key)
    node.part(1, f"length {bits} bits")
    for at in range(0, size, LABEL_SIZE):
        octets = node.peek(LABEL_SIZE)
        is_last = ", the last one" if at + LABEL_SIZE == size else ""
        what = "no label: withdrawn" if octets == WITHDRAWN else f"label {int.from_bytes(octets) >> 4}{is_last}"
        node.part(LABEL_SIZE, what, "8277 §2")
    return bits - 8 * size


def _distinguisher(node: Draft) -> None:
    octets = node.peek(RD_SIZE)
    node.part(
        RD_SIZE, f"route distinguisher {rd_text(octets) if len(octets) == RD_SIZE else octets.hex()}", "4364 §4.2"
    )


_ESI, _TAG, _LABEL = (10, "Ethernet segment identifier"), (4, "Ethernet tag"), (3, "label field")
_EVPN: Final[dict[int, tuple[tuple[int, str], ...]]] = {
    1: (_ESI, _TAG, _LABEL),
    2: (_ESI, _TAG, (1, "MAC length"), (6, "MAC address"), (1, "IP length")),
    3: (_TAG, (1, "IP length")),
    4: (_ESI, (1, "IP length")),
    5: (_ESI, _TAG, (1, "prefix length")),
}
"""What follows the route distinguisher, by route type, up to the addresses (RFC 7432 §7, RFC 9136 §3.1)."""


def _evpn(node: Draft, codec: FamilyCodec, key: bytes) -> None:
    kind = node.number(1)
    node.part(1, f"route type {kind}", "7432 §7")
    node.part(1, f"length {node.number(1)}")
    _distinguisher(node)
    _fields(node, _EVPN.get(kind, ()))
    node.rest("addresses and labels" if kind in (2, 5) else "address" if kind in _EVPN else "what an unknown type has")


def _vpls(node: Draft, codec: FamilyCodec, key: bytes) -> None:
    node.part(2, f"length {node.number(2)}", "4761 §3.2.2")
    _distinguisher(node)
    _fields(node, ((2, "VE ID"), (2, "VE block offset"), (2, "VE block size"), (3, "label base field")))


def _route_target(node: Draft, codec: FamilyCodec, key: bytes) -> None:
    node.part(1, f"length {node.number(1)} bits")
    node.part(4, f"origin AS {node.number(4)}", "4684 §4")
    node.rest("route target, or the beginning of one")


def _link_state(node: Draft, codec: FamilyCodec, key: bytes) -> None:
    node.part(2, f"NLRI type {node.number(2)}", "9552 §5.2")
    node.part(2, f"length {node.number(2)}")
    if codec.family == Family.LINK_STATE_VPN:
        _distinguisher(node)
    _fields(node, ((1, "protocol"), (8, "identifier")))
    node.rest("descriptors")


def _fields(node: Draft, fields: tuple[tuple[int, str], ...]) -> None:
    """Fields of fixed sizes: short ones as numbers, others by name only."""
    for size, name in fields:
        node.part(size, f"{name} {node.number(size)}" if size <= 4 else name)


def _flowspec(node: Draft, codec: FamilyCodec, key: bytes) -> None:
    node.part(1 if node.number(1) < 0xF0 else 2, "length", "8955 §4.1")
    if codec.family.safi == Safi.FLOWSPEC_VPN:
        _distinguisher(node)
    try:
        components = codec.value(key).components  # type: ignore[attr-defined]
    except InvalidNetworkField:
        node.rest("components that can't be read")
        return
    for component in components:
        node.part(len(component.encode()), str(component), "8955 §4.2.2")


_Detail = Callable[[Draft, FamilyCodec, bytes], None]
_DETAILS: Final[dict[Family, _Detail]] = {
    **dict.fromkeys((Family.IPV4_LABELED_UNICAST, Family.IPV6_LABELED_UNICAST), _labelled),
    **dict.fromkeys((Family.IPV4_VPN, Family.IPV6_VPN), _vpn),
    Family.L2VPN_EVPN: _evpn,
    Family.L2VPN_VPLS: _vpls,
    Family.ROUTE_TARGET: _route_target,
    **dict.fromkeys((Family.LINK_STATE, Family.LINK_STATE_VPN), _link_state),
    **dict.fromkeys(_MEASURES, _flowspec),
}
"""The parts of one destination, behind the path identifier; prefixes and families without a line need none."""
