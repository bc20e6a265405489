"""Flow specifications of a VPN: a route distinguisher in front of the components (SAFI 134, RFC 8955 §8, RFC 8956 §3).

The text form begins with the route distinguisher: "64512:7 destination 10.1.0.0/16 dscp =46".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...addresses import Family
from ..fields import only
from .flowspec import FlowSpecFamily, FlowSpecification, components_text, components_to_json, with_length, words_of
from .route_distinguisher import RD_SIZE, parse_rd, rd_field, rd_text


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnFlowSpecification(FlowSpecification):
    """Packets in the VPN of ``rd``, 8 octets."""

    rd: bytes

    def encode(self) -> bytes:
        return with_length(self.rd + b"".join(component.encode() for component in self.components))

    def __str__(self) -> str:
        return f"{rd_text(self.rd)} {components_text(self.components)}"

    def to_json(self) -> dict[str, Any]:
        return {"rd": rd_text(self.rd), "components": components_to_json(self.components)}


class VpnFlowSpecFamily(FlowSpecFamily):
    """SAFI 134."""

    __slots__ = ()

    in_front = RD_SIZE
    next_hop_sizes = (0, 4, 12, 16, 24)

    def value(self, key: bytes) -> VpnFlowSpecification:
        rule, components = self._read(key)
        return VpnFlowSpecification(self.family, components, rd=rule[:RD_SIZE])

    def parse(self, text: str) -> bytes:
        rd, *words = words_of(text) or [""]
        return self._key(VpnFlowSpecification(self.family, self._parse_components(words), rd=parse_rd(rd)))

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        only(fields, "rd", "components")
        components = self._components_from_json(fields)
        return self._key(VpnFlowSpecification(self.family, components, rd=rd_field(fields)))


IPV4_FLOWSPEC_VPN: Final = VpnFlowSpecFamily(Family.IPV4_FLOWSPEC_VPN, rfc="8955 §8")
IPV6_FLOWSPEC_VPN: Final = VpnFlowSpecFamily(Family.IPV6_FLOWSPEC_VPN, rfc="8956 §3, 8955 §8")
