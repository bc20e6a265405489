"""Maximum prefixes (RFC 4271 §6.7, RFC 4486 §4): a warning, then Cease/1 and a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..addresses import Family
from ..config.model import MaxPrefixesConfig
from ..constants import CeaseSubcode
from ..errors import Cease
from .peers import Peer

if TYPE_CHECKING:
    from .core import SpeakerCore


def forget_warnings(peer: Peer) -> None:
    """A new session, or another limit: what was said of it may be said again."""
    peer.warned -= {said for said in peer.warned if said.startswith(("max_prefixes ", "max_prefixes_over "))}


def count(core: SpeakerCore, peer: Peer, limit: MaxPrefixesConfig, family: Family) -> int:
    """What is held against the limit."""
    counters = core.tables[family].counters(peer.name)
    return counters.accepted if limit.count == "accepted" else counters.received


def check(core: SpeakerCore, peer: Peer, limit: MaxPrefixesConfig, now: float) -> None:
    """Compare what the peer has in the tables with its limit, a family at a time, and act.

    While import rules run again, nobody knows what is accepted in the end: ``Sessions`` asks again then.
    """
    if limit.count == "accepted" and core.judging:
        return
    for family in peer.members:
        prefixes = count(core, peer, limit, family)
        warned = f"max_prefixes {family}"
        if limit.warn is not None and prefixes >= limit.warn and warned not in peer.warned:
            peer.warned.add(warned)
            core.event("max_prefixes_warning", "warn", peer=peer.name, family=str(family), **{limit.count: prefixes},
                       warn=limit.warn, limit=limit.limit)  # fmt: skip
        if prefixes <= limit.limit:
            continue
        if limit.action == "warn":
            over = f"max_prefixes_over {family}"
            if over not in peer.warned:
                peer.warned.add(over)
                core.event("max_prefixes_exceeded", "warn", peer=peer.name, family=str(family), limit=limit.limit,
                           action="warn")  # fmt: skip
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
