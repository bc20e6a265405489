"""PMSI_TUNNEL: the tunnel that carries a VPN's multicast and flooded traffic (RFC 6514 §5, RFC 7432 §11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...addresses import address_text
from ...constants import OPTIONAL_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, Outcome
from ..fields import from_hex, number, only, present
from ..fields import text as text_field
from . import text as words
from .base import CANONICAL, EVERYBODY, AttributeValue
from .tlv import name_of, number_of

INGRESS_REPLICATION: Final = 6
TUNNEL_TYPES: Final = {
    0: "none",
    1: "rsvp-te-p2mp",
    2: "mldp-p2mp",
    3: "pim-ssm",
    4: "pim-sm",
    5: "bidir-pim",
    INGRESS_REPLICATION: "ingress-replication",
    7: "mldp-mp2mp",
    10: "assisted-replication",
    11: "bier",
}
"""IANA's registry "P-Multicast Service Interface Tunnel Tunnel Types"."""
_HEX: Final = "0x"
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class PmsiTunnel(AttributeValue):
    """Optional, transitive.

    ``tunnel_type`` is 0..255 (``TUNNEL_TYPES`` has names), ``tunnel_flags`` the flags of the value. ``label`` are the
    24 bits as they stand: a VXLAN's VNI, or an MPLS label four bits to the left (``mpls_label``); 0 if there is none.
    ``tunnel_id`` is the tunnel's, of ingress replication (6) the address of its endpoint.
    """

    code: ClassVar[int] = AttributeCode.PMSI_TUNNEL
    flags: ClassVar[int] = OPTIONAL_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.TREAT_AS_WITHDRAW
    accepted_from: ClassVar[frozenset[PeerKind]] = EVERYBODY
    rfc: ClassVar[str] = "6514 §5"
    length_rule: ClassVar[str] = "at least 5 octets"
    tunnel_type: int
    tunnel_flags: int = 0
    label: int = 0
    tunnel_id: bytes = b""

    @property
    def mpls_label(self) -> int:
        """The label if it is one of MPLS: the high 20 bits."""
        return self.label >> 4

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the value octets; types without a name are kept.

        Raises:
            AttributeLengthError: shorter than 5 octets; treat-as-withdraw (RFC 6514 §5).
        """
        if len(data) < _SHORTEST:
            raise AttributeLengthError(cls.code, data, expected=cls.length_rule)
        label = int.from_bytes(data[2:5])
        return cls(tunnel_type=data[1], tunnel_flags=data[0], label=label, tunnel_id=data[5:])

    def encode(self, context: Context = CANONICAL) -> bytes:
        return bytes((self.tunnel_flags, self.tunnel_type)) + self.label.to_bytes(3) + self.tunnel_id

    def __str__(self) -> str:
        kind = name_of(self.tunnel_type, TUNNEL_TYPES)
        return f"{kind} flags {self.tunnel_flags:02x} label {self.label} id {self._id_text()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "ingress-replication flags 00 label 256 id 192.0.2.1", other ids "0x0102".

        Raises:
            ValueError: nothing of the kind.
        """
        kind, *parts = words.words(text, 7, "TYPE flags HEX label NUMBER id ID")
        flags = from_hex(parts[1], "flags")
        if parts[0::2] != ["flags", "label", "id"] or len(flags) != 1:
            raise ValueError(f"{text!r}: expected TYPE flags HEX label NUMBER id ID")
        label = words.number(parts[3], 0xFFFFFF, "label")
        return cls.from_json({"type": kind, "flags": flags[0], "label": label, "tunnel_id": parts[5]})

    def to_json(self) -> dict[str, Any]:
        return {
            "type": name_of(self.tunnel_type, TUNNEL_TYPES),
            "flags": self.tunnel_flags,
            "label": self.label,
            "tunnel_id": self._id_text(),
        }

    @classmethod
    def from_json(cls, value: Any) -> Self:
        only(value, "type", "flags", "label", "tunnel_id")
        tunnel_id = text_field(value, "tunnel_id")
        return cls(
            tunnel_type=number_of(present(value, "type"), TUNNEL_TYPES, 255, "type"),
            tunnel_flags=number(value, "flags", 255),
            label=number(value, "label", 0xFFFFFF),
            tunnel_id=from_hex(tunnel_id[2:], "tunnel_id")
            if tunnel_id.startswith(_HEX)
            else words.address(tunnel_id, "tunnel_id", (4, 16)),
        )

    def _id_text(self) -> str:
        if self.tunnel_type == INGRESS_REPLICATION and len(self.tunnel_id) in (4, 16):
            return address_text(self.tunnel_id)
        return _HEX + self.tunnel_id.hex()
