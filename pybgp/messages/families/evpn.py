"""EVPN: what hosts, routers and networks an Ethernet has (AFI 25, SAFI 70, RFC 7432 §7, RFC 9136).

A type, a length, and what ``evpn_routes`` makes of it. A type that isn't known costs only that route, and so does a
known one that isn't right inside (RFC 7606 §5.4): its length is told before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ...addresses import Family
from ..errors import InvalidNetworkField, Outcome
from ..fields import present
from .base import BadKey, FamilyCodec, Nlri
from .evpn_routes import ROUTES, EvpnRoute, IpPrefix
from .framing import cut
from .opaque import Opaque, opaque_from_json, parse_opaque
from .wording import fields_of

_HEAD: Final = 2


class Evpn(FamilyCodec):
    """AFI 25, SAFI 70."""

    __slots__ = ()

    family = Family.L2VPN_EVPN
    rfc = "7432 §7, 9136 §3.1"
    max_key = _HEAD + 0xFF
    next_hop_sizes = (4, 16)
    labeled = True

    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        for identifier, nlri in cut(self.family, field, id_size, _HEAD, _size):
            yield identifier, _canonical(nlri)

    def judge(self, keys: Sequence[bytes]) -> list[BadKey]:
        bad = []
        for key in keys:
            try:
                _route(key)
            except InvalidNetworkField as error:
                bad.append(BadKey(key, Outcome.DISCARD, str(error)))
        return bad

    def value(self, key: bytes) -> Nlri:
        """A route, or an ``Opaque`` of what ``judge`` finds bad."""
        if len(key) < _HEAD or len(key) != _size(key):
            raise InvalidNetworkField(f"{self.family}: {len(key)} octets are not one route")
        try:
            return _route(key)
        except InvalidNetworkField:
            return Opaque(key)

    def identity(self, key: bytes) -> bytes:
        try:
            return key[:1] + _route(key).route_key()
        except InvalidNetworkField:
            return key

    def labels_of(self, key: bytes) -> bytes:
        """Segment, gateway and labels, as far as the type of route has them."""
        return _route(key).beside_key()

    def with_labels(self, identity: bytes, labels: bytes = b"") -> bytes:
        body = ROUTES[identity[0]].body_of(identity[1:], labels)
        return bytes((identity[0], len(body))) + body

    def parse(self, text: str) -> bytes:
        if text.startswith("0x"):
            return parse_opaque(self, text)
        return self.from_json(fields_of(text, "labels"))

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        if not isinstance(fields, Mapping) or "octets" in fields:
            return opaque_from_json(self, fields)
        name = present(fields, "type")
        for route in ROUTES.values():
            if route.name == name:
                return route.from_json(fields).encode()
        raise ValueError(f"type = {name!r}: expected {', '.join(route.name for route in ROUTES.values())}")


def _size(head: bytes) -> int:
    return _HEAD + head[1]


def _route(key: bytes) -> EvpnRoute:
    """The route of a key.

    Raises:
        InvalidNetworkField: its type isn't known, or it isn't right inside.
    """
    route = ROUTES.get(key[0])
    if route is None:
        raise InvalidNetworkField(f"route type {key[0]} is not known")
    return route.decode(key[_HEAD:])


def _canonical(nlri: bytes) -> bytes:
    """A prefix without host bits; everything else as it stands."""
    if nlri[0] != IpPrefix.number:
        return nlri
    try:
        return _route(nlri).encode()
    except InvalidNetworkField:
        return nlri


L2VPN_EVPN: Final = Evpn()
