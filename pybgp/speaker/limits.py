"""Maximum prefixes (RFC 4271 §6.7, RFC 4486 §4): a warning, then Cease/1 and a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.model import MaxPrefixesConfig
from ..constants import CeaseSubcode
from ..errors import Cease
from .peers import Peer

if TYPE_CHECKING:
    from .core import SpeakerCore


def check(core: SpeakerCore, peer: Peer, limit: MaxPrefixesConfig, now: float) -> None:
    """Compare what the peer has in the tables with its limit, a family at a time, and act."""
    for family in peer.members:
        received = core.tables[family].counters(peer.name).received
        if limit.warn is not None and received >= limit.warn and "max_prefixes" not in peer.warned:
            peer.warned.add("max_prefixes")
            core.event("max_prefixes_warning", "warn", peer=peer.name, family=str(family), received=received,
                       warn=limit.warn, limit=limit.limit)  # fmt: skip
        if received <= limit.limit:
            continue
        if limit.action == "warn":
            if "max_prefixes_over" not in peer.warned:
                peer.warned.add("max_prefixes_over")
                core.event("max_prefixes_exceeded", "warn", peer=peer.name, family=str(family), limit=limit.limit)
            continue
        pause = limit.restart_time if limit.action == "restart" else None
        core.event("max_prefixes_exceeded", "error", peer=peer.name, family=str(family), limit=limit.limit,
                   action=limit.action, restart_time_s=pause)  # fmt: skip
        data = family.afi.to_bytes(2) + bytes((family.safi,)) + limit.limit.to_bytes(4)
        error = Cease(
            f"more than {limit.limit} prefixes of {family}",
            data=data,
            subcode=CeaseSubcode.MAXIMUM_NUMBER_OF_PREFIXES_REACHED,
        )
        core.sessions.hold_down(peer, pause, error, now)
        return
