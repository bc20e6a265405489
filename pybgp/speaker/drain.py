"""Taking traffic off this speaker before it goes (RFC 8326): everybody is told that our routes will soon be gone.

An external peer gets them with GRACEFUL_SHUTDOWN, and gives them LOCAL_PREF 0 itself (§4). Inside our AS they have
LOCAL_PREF 0 at once, and the community. Routes that we only reflect stay as they are, because their traffic does not
come through us, unless their next hop becomes ours. Here what external peers send gets the same marks, so that our own
traffic, and what we tell others, goes another way where there is one. Sessions stay; the setting outlives a reload, not
a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core import SpeakerCore


def drain(core: SpeakerCore, now: float) -> None:
    """Tell all peers; when each has heard all of it shows in ``PeerStatus.behind``."""
    if core.draining_since is None:
        core.draining_since = now
        core.event("draining", rfc="8326")
        _tell(core, now, draining=True)


def undo(core: SpeakerCore, now: float) -> None:
    """Tell all peers the routes as they are."""
    if core.draining_since is not None:
        core.draining_since = None
        core.event("drain_undone")
        _tell(core, now, draining=False)


def _tell(core: SpeakerCore, now: float, *, draining: bool) -> None:
    core.rules.draining = draining
    core.sessions.rules_changed(now)
