"""How much we think of each kind of source: what decides before all steps of BGP (administrative distance, DEC-20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..messages.context import PeerKind
from ..routes import Source, SourceKind

DIRECT_NAME: Final = "direct"
"""The source of the kernel's own routes: those of its interfaces' subnets."""
_EXTERNAL: Final = PeerKind.EXTERNAL  # by the name of its class an enum's member costs 0.1 µs (CPython 3.11)
_BGP: Final = SourceKind.BGP
_LOCAL: Final = SourceKind.LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """0..65535 each; the higher wins, as BIRD's ``preference`` does. Distances of other routers run the other way."""

    direct: int = 240
    own: int = 200
    ebgp: int = 100
    ibgp: int = 100
    kernel: int = 10

    def of(self, source: Source) -> int:
        """A source's own preference if it has one, else that of its kind."""
        if source.preference is not None:
            return source.preference
        if source.kind is _BGP:
            return self.ebgp if source.peer_kind is _EXTERNAL else self.ibgp
        if source.kind is _LOCAL:
            return self.own
        return self.direct if source.name == DIRECT_NAME else self.kernel
