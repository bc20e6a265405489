"""Rules that hold without being configured: RFC 8212, well-known communities, loops, and what can't be ours to use."""

from __future__ import annotations

from collections.abc import Callable, Container, Set
from typing import Final

from ..constants import AttributeCode, Community
from ..messages.attributes.base import pieces
from ..messages.attributes.block import Block
from ..messages.context import PeerKind
from ..routes import Reject, Source
from .chain import Policy

ACCEPT_ALL: Final = Policy("accept")
"""Everything passes as it is."""


def reject_all(reason: str) -> Policy:
    """Nothing passes, for this reason."""
    return Policy("reject", last=Reject(reason))


REJECT_ALL: Final = reject_all
EBGP_WITHOUT_POLICY: Final = reject_all("no policy for this external peer (RFC 8212)")
"""What an external peer has that none is configured for (RFC 8212 §2)."""

_EXTERNAL: Final = PeerKind.EXTERNAL
_COMMUNITIES_BIT: Final = 1 << AttributeCode.COMMUNITIES
_LOOP_BITS: Final = 1 << AttributeCode.ORIGINATOR_ID | 1 << AttributeCode.CLUSTER_LIST
_RESTRICTING: Final = b"\xff\xff\xff"
"""NO_EXPORT, NO_ADVERTISE and NO_EXPORT_SUBCONFED begin with this."""


def may_advertise(block: Block, kind: PeerKind) -> str | None:
    """Why a well-known community keeps a route from peers of this kind, None if none does (RFC 1997).

    NOPEER is advice (RFC 3765), which a policy may follow.
    """
    # HOT: once a path and group; most blocks have no communities, or none that begins like these.
    if not block.mask & _COMMUNITIES_BIT or _RESTRICTING not in block.octets:
        return None
    communities = block.communities
    if Community.NO_ADVERTISE in communities:
        return "NO_ADVERTISE: for nobody (RFC 1997)"
    if kind is not PeerKind.INTERNAL and Community.NO_EXPORT_SUBCONFED in communities:
        return "NO_EXPORT_SUBCONFED: not outside our AS (RFC 1997)"
    if kind is PeerKind.EXTERNAL and Community.NO_EXPORT in communities:
        return "NO_EXPORT: not for external peers (RFC 1997)"
    return None


def import_check(
    *,
    local_as: int,
    router_id: bytes,
    cluster_ids: Set[bytes],
    own_addresses: Container[bytes],
    allowas_in: int,
    enforce_first_as: bool,
) -> Callable[[Block, Source], str | None]:
    """Why a received block can't be used here whatever policy says, None if it can; made once for a peer.

    Our own AS more often than ``allowas_in`` (RFC 4271 §9.1.2), another first AS than the external peer's (§6.3), our
    own ORIGINATOR_ID or one of our CLUSTER_IDs (RFC 4456 §8), or a next hop that is ourselves (§6.3; ``own_addresses``
    are 4 or 16 octets each).
    """
    own_as = local_as.to_bytes(4)

    def check(block: Block, source: Source) -> str | None:
        # HOT: once a block; 0.3 µs for the usual one, since nothing is parsed that doesn't hold the octets we look for.
        if own_as in block.octets and block.contains_as(local_as) > allowas_in:
            return f"our own AS {local_as} is in its AS_PATH (RFC 4271 §9.1.2)"
        if enforce_first_as and block.neighbor_as != source.remote_as and source.peer_kind is _EXTERNAL:
            return f"its AS_PATH does not begin with AS {source.remote_as}, the peer's (RFC 4271 §6.3)"
        if block.mask & _LOOP_BITS:
            if block.originator_id == router_id:
                return "its ORIGINATOR_ID is our own router id (RFC 4456 §8)"
            if not cluster_ids.isdisjoint(pieces(block.cluster_list, 4)):
                return "our own CLUSTER_ID is in its CLUSTER_LIST (RFC 4456 §8)"
        next_hop = block.next_hop
        if next_hop in own_addresses or (len(next_hop) == 32 and _one_is_ours(next_hop, own_addresses)):
            return "its next hop is one of our own addresses (RFC 4271 §6.3)"
        return None

    return check


def _one_is_ours(next_hop: bytes, own_addresses: Container[bytes]) -> bool:
    """A global and a link-local address (RFC 2545 §3)."""
    return next_hop[:16] in own_addresses or next_hop[16:] in own_addresses
